/** When what an endpoint answers is bad enough to open its circuit (REL-08): 70 % of at least ten within five minutes. */
import { Health } from '../../src/sending/health.ts';

const SECOND = 1_000;

/** Notes results, true for a success, one a second; what the last of them said. */
function after(results: boolean[], health = new Health(), from = 0): boolean {
  return results.map((ok, index) => health.note('ep_1', ok, from + index * SECOND)).at(-1)!;
}
const times = (count: number, ok: boolean): boolean[] => Array.from({ length: count }, () => ok);

describe('the results of an endpoint', () => {
  it('say nothing while there are fewer than ten of them', () => {
    expect(after(times(9, false))).toBe(false);
    expect(after(times(10, false))).toBe(true);
  });

  it('open the circuit at 70 % of failures, and not below', () => {
    expect(after([...times(3, true), ...times(7, false)])).toBe(true);
    expect(after([...times(4, true), ...times(9, false)])).toBe(false);
    expect(after([...times(4, true), ...times(10, false)])).toBe(true);
    // A success is no reason to.
    expect(after([...times(9, false), true])).toBe(false);
  });

  it('that fail now and then never open it', () => {
    const health = new Health();
    for (let index = 0; index < 1_000; index += 1)
      expect(health.note('ep_1', index % 3 !== 0, index * SECOND)).toBe(false);
  });

  it('are forgotten after five minutes', () => {
    const health = new Health();
    expect(after(times(9, false), health)).toBe(false);
    expect(health.note('ep_1', false, 330 * SECOND)).toBe(false);
    expect(after(times(9, false), health, 331 * SECOND)).toBe(true);
  });

  it('of endpoints that are called no more make room for others, and no others do', () => {
    const health = new Health();
    expect(after(times(9, false), health, 330 * SECOND)).toBe(false);
    for (let index = 0; index < 10_001; index += 1) health.note(`ep_many${index}`, false, 339 * SECOND);
    expect(health.note('ep_1', false, 340 * SECOND)).toBe(true);
  });

  it('are those of one endpoint alone', () => {
    const health = new Health();
    for (let index = 0; index < 50; index += 1) health.note('ep_2', false, index);
    expect(health.note('ep_1', false, 60)).toBe(false);
  });

  it('count from the beginning once the circuit has been opened or closed', () => {
    const health = new Health();
    expect(after(times(10, false), health)).toBe(true);
    health.forget('ep_1');
    expect(after(times(9, false), health, 10 * SECOND)).toBe(false);
  });
});
