/** What the soak's verdicts are reckoned with. */
import { histogramPercentile } from './histogram.ts';
import { Chance, mostWithin, percentile, slope } from './numbers.ts';

it('percentiles are of the nearest rank, and of nothing there is none', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect([50, 95, 99, 100].map((percent) => percentile(values, percent))).toEqual([50, 95, 99, 100]);
  expect(percentile([], 95)).toBeNaN();
});

it('a slope is that of the line of least squares', () => {
  expect(slope([0, 1, 2, 3].map((x) => ({ x, y: 7 + 2 * x })))).toBeCloseTo(2);
  expect(slope([{ x: 1, y: 5 }])).toBe(0);
});

it('a window takes what is less than its length apart', () => {
  expect(mostWithin([0, 999, 1000, 1001, 5000], 1000)).toBe(3);
  expect(mostWithin([], 1000)).toBe(0);
});

it('a histogram gives the percentile of what was observed between two looks', () => {
  const before = new Map([
    [0.1, 100],
    [0.2, 100],
    [Infinity, 100],
  ]);
  const after = new Map([
    [0.1, 100],
    [0.2, 200],
    [Infinity, 200],
  ]);
  expect(histogramPercentile(before, after, 95)).toBeCloseTo(0.195);
  expect(histogramPercentile(after, after, 95)).toBeNaN();
});

it('the same seed gives the same chances, spread over the whole range', () => {
  const draw = (seed: number): number[] => {
    const chance = new Chance(seed);
    return Array.from({ length: 1000 }, () => chance.next());
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(8)).not.toEqual(draw(7));
  expect(draw(7).filter((value) => value < 0.5).length).toBeGreaterThan(400);
  expect(Math.min(...draw(7))).toBeLessThan(0.02);
  expect(Math.max(...draw(7))).toBeGreaterThan(0.98);
});
