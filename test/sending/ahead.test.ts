/** What a sender has on the wire, and what is claimed and waits for that. */
import { newId } from '../../src/ids.ts';
import type { Job } from '../../src/queue/job.ts';
import { Ahead } from '../../src/sending/ahead.ts';
import { Lanes } from '../../src/sending/lanes.ts';
import { Slots } from '../../src/sending/slots.ts';

const jobOf = (endpointId: string): Job => ({ id: newId('delivery'), endpointId }) as Job;

/** Requests that are on the wire since an instant. */
function onTheWire(slots: Slots, count: number, startedAt: number) {
  return Array.from({ length: count }, () => {
    const entry = { job: jobOf('a'), startedAt, ended: Promise.resolve(), answered: false };
    slots.add(entry);
    return entry;
  });
}

describe('slots', () => {
  it('are held until the answer, or for a second', () => {
    const slots = new Slots(4);
    const [first] = onTheWire(slots, 3, 0);
    expect(slots.free(10)).toBe(1);
    slots.answer(first!);
    expect([slots.free(10), slots.size]).toEqual([2, 3]);
    slots.remove(first!);
    expect([slots.free(10), slots.size]).toEqual([2, 2]);
    expect(slots.nextParking(10)).toBe(1_000);
    expect(slots.free(1_001)).toBe(4);
    expect(slots.nextParking(1_001)).toBe(Infinity);
  });

  it('are none while results pile up that are not recorded', () => {
    const slots = new Slots(4);
    const entries = onTheWire(slots, 16, 0);
    for (const entry of entries.slice(0, 15)) slots.answer(entry);
    expect(slots.free(10)).toBe(3);
    slots.answer(entries[15]!);
    expect(slots.free(10)).toBe(0);
    slots.remove(entries[0]!);
    expect(slots.free(10)).toBe(4);
  });

  it('have an end, however many are on the wire for long, and those that are being born hold one, too, for a moment', async () => {
    const slots = new Slots(4);
    onTheWire(slots, 30, 0);
    expect(slots.free(2_000)).toBe(2);
    const told: string[] = [];
    const free = slots.reserve(1, 60_000, () => told.push('called'));
    expect(slots.free(2_000)).toBe(1);
    expect([free(), free()]).toEqual([true, false]);
    expect(slots.free(2_000)).toBe(2);
    let late: (() => boolean) | undefined;
    await new Promise<void>((resolve) => (late = slots.reserve(2, 1, resolve)));
    expect(slots.free(2_000)).toBe(2);
    expect(late!()).toBe(false);
    expect(slots.free(2_000)).toBe(2);
    expect(told).toEqual(['called']);
  });

  it('come back as often as the last answers did; without answers, not', () => {
    const slots = new Slots(64);
    expect(slots.turnover(50, 1_000)).toBe(0);
    for (const entry of onTheWire(slots, 40, 1_000)) slots.answer(entry);
    expect(slots.turnover(50, 1_020)).toBe(100);
    expect(slots.turnover(50, 1_039)).toBe(100);
    expect(slots.turnover(50, 1_040)).toBe(0);
  });
});

describe('what is claimed ahead', () => {
  const LIMITS = { most: 2, untilQuick: 2, ahead: 4 };
  let lanes: Lanes;
  let ahead: Ahead;
  beforeEach(() => {
    lanes = new Lanes(LIMITS);
    ahead = new Ahead(lanes);
  });
  const hold = (endpointId: string, at = 0): Job => {
    const job = jobOf(endpointId);
    ahead.hold(job, lanes.of(endpointId), at, at);
    return job;
  };
  const ids = (jobs: { job: Job }[]) => jobs.map(({ job }) => job.id);

  it('starts in the order of its claims as slots come free, each endpoint within its limit', () => {
    const [a1, a2, a3, b1] = ['a', 'a', 'a', 'b'].map((id) => hold(id));
    expect([lanes.of('a').held, ahead.size]).toEqual([3, 4]);
    expect(ids(ahead.take(1, 1).ready)).toEqual([a1!.id]);
    lanes.of('a').inFlight = 1;
    expect(ids(ahead.take(9, 1).ready)).toEqual([a2!.id, b1!.id]);
    lanes.of('a').inFlight = 2;
    expect(ahead.take(9, 1)).toEqual({ ready: [], late: [] });
    lanes.of('a').inFlight = 1;
    expect(ids(ahead.take(9, 1).ready)).toEqual([a3!.id]);
    expect([lanes.of('a').held, lanes.of('b').held, ahead.size]).toEqual([0, 0, 0]);
  });

  it('is to last for what a claim takes beside the time for which it may wait, but no longer than is given back', () => {
    expect(ahead.spanMs).toBe(50);
    ahead.claimTook(25);
    expect(ahead.spanMs).toBe(75);
    ahead.claimTook(4_000);
    expect(ahead.spanMs).toBe(100);
  });

  it('is given back after a tenth of a second without a slot, and at a stop', () => {
    const first = hold('a', 0);
    const second = hold('a', 60);
    expect(ahead.dueAt).toBe(100);
    expect(ahead.take(0, 99)).toEqual({ ready: [], late: [] });
    expect(ahead.take(0, 100)).toEqual({ ready: [], late: [first] });
    expect(ahead.dueAt).toBe(160);
    expect(ahead.clear()).toEqual([second]);
    expect([lanes.of('a').held, ahead.size, ahead.dueAt]).toEqual([0, 0, Infinity]);
  });

  it('is claimed no more for an endpoint that was quick and answers nothing now; for one that lacks slots it is', () => {
    const quick = (endpointId: string) => {
      for (let answers = 0; answers < 100; answers += 1) lanes.note(lanes.of(endpointId), true, 1);
      lanes.expect(endpointId, 0, 0);
      lanes.of(endpointId).inFlight = 2;
      return lanes.of(endpointId);
    };
    const room = () => [...'ab'].map((endpointId) => lanes.of(endpointId).room(100, LIMITS));
    quick('a');
    quick('b');
    expect(room()).toEqual([4, 4]);
    const waiting = [hold('a'), hold('b')];
    lanes.of('b').inFlight = 1;
    expect(ahead.take(0, 100).late).toEqual(waiting);
    expect(room()).toEqual([0, 5]);
  });
});
