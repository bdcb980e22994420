/** How a sender deals its slots: account by account, endpoint by endpoint, within every limit. */
import fc from 'fast-check';

import type { Ask, Standing } from '../../src/queue/claim.ts';
import type { Lane } from '../../src/sending/lane.ts';
import { Lanes } from '../../src/sending/lanes.ts';
import { Allowance } from '../../src/sending/pace.ts';

/** How an endpoint stands that had as much work as was asked for, and has more. */
function busy(endpointId: string, more: Partial<Standing> = {}): Standing {
  return {
    endpointId,
    accountId: endpointId.split('/')[0]!,
    ratePerSecond: null,
    maxConcurrency: null,
    state: 'CLOSED',
    may: 'ALL',
    heldMs: null,
    foreign: 0,
    taken: 1,
    granted: 1,
    reached: { first: null, retry: null },
    nextDueMs: null,
    ...more,
  };
}

/** Lanes that know these endpoints (account/name), all of them with work. */
function lanesOf(endpointIds: string[], limit = 1_000): Lanes {
  const lanes = new Lanes({ most: limit, untilQuick: limit, ahead: 0 });
  for (const endpointId of endpointIds) {
    lanes.expect(endpointId, 0, 0);
    lanes.settle(busy(endpointId), 0, 0);
  }
  return lanes;
}

function wants(asks: Ask[], by: (ask: Ask) => string = (ask) => ask.endpointId): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const ask of asks) sums[by(ask)] = (sums[by(ask)] ?? 0) + ask.want;
  return sums;
}
const accountOf = (ask: Ask): string => ask.endpointId.split('/')[0]!;

/** An endpoint answers so often, each time after so many ms. */
function answers(lanes: Lanes, endpointId: string, times: number, durationMs: number): void {
  for (let count = 0; count < times; count += 1) lanes.note(lanes.of(endpointId), true, durationMs);
}

describe('slots', () => {
  it('are shared evenly between the endpoints of an account', () => {
    const lanes = lanesOf(['a/1', 'a/2', 'a/3', 'a/4']);
    expect(wants(lanes.choose(64, 0))).toEqual({ 'a/1': 16, 'a/2': 16, 'a/3': 16, 'a/4': 16 });
  });

  it('are shared evenly between accounts, however many endpoints each has', () => {
    const many = Array.from({ length: 30 }, (_, index) => `big/${index}`);
    const lanes = lanesOf([...many, 'small/1']);
    expect(wants(lanes.choose(40, 0), accountOf)).toEqual({ big: 20, small: 20 });
  });

  it('are never all held by one endpoint unless it has answered quickly a hundred times in a row', () => {
    const lanes = new Lanes({ most: 64, untilQuick: 32, ahead: 0 });
    lanes.expect('a/1', 0, 0);
    lanes.settle(busy('a/1'), 0, 0);
    const most = (): number => lanes.choose(100, 0)[0]!.want;
    expect(most()).toBe(32);
    answers(lanes, 'a/1', 99, 20);
    expect(most()).toBe(32);
    answers(lanes, 'a/1', 1, 20);
    expect(most()).toBe(64);
    answers(lanes, 'a/1', 1, 300);
    expect(most()).toBe(32);
    answers(lanes, 'a/1', 100, 20);
    expect(most()).toBe(64);
    // What came to no exchange is no quick answer.
    lanes.note(lanes.of('a/1'), false, null);
    expect(most()).toBe(32);
  });

  it('go to those that waited longest when there are fewer than endpoints, and all have their turn', () => {
    const lanes = lanesOf(Array.from({ length: 10 }, (_, index) => `a/${index}`));
    const served = [1, 2, 3, 4, 5].flatMap(() => lanes.choose(2, 0).map((ask) => ask.endpointId));
    expect([...served].sort()).toEqual(Array.from({ length: 10 }, (_, index) => `a/${index}`));
  });

  it('of endpoints whose accounts are not known yet are shared evenly between them and the accounts', () => {
    const lanes = lanesOf(['a/1', 'a/2']);
    for (const unknown of ['b/1', 'c/1']) lanes.expect(unknown, 0, 0);
    expect(wants(lanes.choose(30, 0))).toEqual({ 'a/1': 5, 'a/2': 5, 'b/1': 10, 'c/1': 10 });
  });

  it('that come one by one go to the accounts by turns', () => {
    const lanes = lanesOf(['a/1', 'a/2', 'b/1']);
    const served = [1, 2, 3, 4].map(() => lanes.choose(1, 0)[0]!.endpointId);
    expect(served).toEqual(['a/1', 'b/1', 'a/2', 'b/1']);
  });

  it('that could be used now, and the most that could ever be, are those of endpoints with work', () => {
    const lanes = lanesOf(['a/1', 'a/later', 'a/held'], 10);
    lanes.of('a/later').dueAt = 5;
    lanes.of('a/held').notBefore = 5;
    lanes.of('a/1').inFlight = 4;
    expect(lanes.pressure(99, 0)).toEqual({ claimable: 6, capacity: 10 });
    expect(lanes.pressure(2, 0)).toEqual({ claimable: 2, capacity: 10 });
    expect(lanes.pressure(99, 5)).toEqual({ claimable: 26, capacity: 30 });
  });

  it('are claimed ahead for an endpoint that answers quickly, and shared with the others all the same', () => {
    const lanes = new Lanes({ most: 8, untilQuick: 4, ahead: 16 });
    for (const id of ['a/quick', 'b/new']) {
      lanes.expect(id, 0, 0);
      lanes.settle(busy(id), 0, 0);
    }
    answers(lanes, 'a/quick', 100, 20);
    expect(wants(lanes.choose(100, 0))).toEqual({ 'a/quick': 24, 'b/new': 4 });
    lanes.of('a/quick').held = 10;
    lanes.of('b/new').held = 3;
    expect(wants(lanes.choose(100, 0))).toEqual({ 'a/quick': 14, 'b/new': 1 });
    expect(wants(lanes.choose(2, 0))).toEqual({ 'a/quick': 1, 'b/new': 1 });
    // With a limit of its own, however quick.
    lanes.settle(busy('a/quick', { maxConcurrency: 12 }), 0, 0);
    expect(wants(lanes.choose(100, 0))).toEqual({ 'a/quick': 2, 'b/new': 1 });
  });

  it('that one endpoint cannot take go to the others', () => {
    const lanes = lanesOf(['a/1', 'a/2']);
    lanes.settle(busy('a/1', { maxConcurrency: 3 }), 0, 0);
    expect(wants(lanes.choose(20, 0))).toEqual({ 'a/1': 3, 'a/2': 17 });
  });

  it('never exceed what is free, nor what any endpoint may have on the wire, whatever waits', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 100 }),
        fc.array(
          fc.record({ account: fc.nat({ max: 4 }), limit: fc.nat({ max: 9 }), inFlight: fc.nat({ max: 9 }) }),
          {
            maxLength: 30,
          },
        ),
        (free, endpoints) => {
          const names = endpoints.map(({ account }, index) => `${account}/${index}`);
          const lanes = lanesOf(names);
          let room = 0;
          for (const [index, { limit, inFlight }] of endpoints.entries()) {
            lanes.settle(busy(names[index]!, { maxConcurrency: limit + 1 }), 0, 0);
            lanes.of(names[index]!).inFlight = inFlight;
            room += Math.max(0, limit + 1 - inFlight);
          }
          const asks = lanes.choose(free, 0);
          for (const ask of asks) {
            const index = names.indexOf(ask.endpointId);
            expect(ask.want).toBeLessThanOrEqual(endpoints[index]!.limit + 1 - endpoints[index]!.inFlight);
          }
          // Nothing is left lying either.
          expect(asks.reduce((sum, ask) => sum + ask.want, 0)).toBe(Math.min(free, room));
        },
      ),
    );
  });
});

describe('an endpoint', () => {
  it('whose work is exhausted is asked again when its next row is due, or when a hint comes', () => {
    const lanes = lanesOf(['a/1']);
    lanes.choose(5, 0);
    lanes.settle(busy('a/1', { taken: 1, granted: 5, nextDueMs: 300 }), 0, 10);
    expect([lanes.choose(5, 100), lanes.nextAt(100)]).toEqual([[], 310]);
    expect(lanes.choose(5, 311)).toHaveLength(1);
    lanes.settle(busy('a/1', { taken: 0, granted: 5 }), 311, 312);
    expect([lanes.choose(5, 1_000), lanes.nextAt(1_000)]).toEqual([[], Infinity]);
    lanes.expect('a/1', 0, 1_000);
    // Work that comes later makes it wait for no longer.
    lanes.expect('a/1', 600_000, 1_000);
    expect(lanes.choose(5, 1_000)).toHaveLength(1);
  });

  it('that got a hint while its claim was under way is asked once more', () => {
    const lanes = lanesOf(['a/1']);
    lanes.choose(5, 0);
    lanes.expect('a/1', 0, 1);
    lanes.settle(busy('a/1', { taken: 0, granted: 5 }), 0, 2);
    expect(lanes.choose(5, 3)).toHaveLength(1);
    // One that speaks of later is no reason to.
    lanes.expect('a/1', 600_000, 4);
    lanes.settle(busy('a/1', { taken: 0, granted: 5, nextDueMs: 600_000 }), 3, 5);
    expect(lanes.choose(5, 6)).toEqual([]);
  });

  it("that is another sender's is left alone until that lease ends, hints or not", () => {
    const lanes = lanesOf(['a/1']);
    lanes.settle(busy('a/1', { may: 'ELSEWHERE', heldMs: 4_000, taken: 0, granted: 0 }), 0, 0);
    lanes.expect('a/1', 0, 100);
    expect(lanes.choose(5, 3_999)).toEqual([]);
    expect(lanes.choose(5, 4_001)).toHaveLength(1);
  });

  it('that says it has too much to do gets half, and one more after as many successes as it has', () => {
    const lanes = lanesOf(['a/1'], 16);
    const lane = lanes.of('a/1');
    lanes.slowDown(lane, 0);
    lanes.slowDown(lane, 10);
    expect(wants(lanes.choose(64, 10))).toEqual({ 'a/1': 8 });
    lanes.slowDown(lane, 2_000);
    expect(wants(lanes.choose(64, 2_000))).toEqual({ 'a/1': 4 });
    for (let step = 0; step < 4; step += 1) lanes.note(lane, true, 20);
    expect(wants(lanes.choose(64, 2_000))).toEqual({ 'a/1': 5 });
    for (let step = 0; step < 200; step += 1) lanes.note(lane, true, 20);
    expect(wants(lanes.choose(64, 2_000))).toEqual({ 'a/1': 16 });
    for (let now = 4_000; now < 20_000; now += 2_000) lanes.slowDown(lane, now);
    // One at least, or it could never say that it is better.
    expect(wants(lanes.choose(64, 20_000))).toEqual({ 'a/1': 1 });
  });

  it('whose circuit is half open gets one, and twice as many after each round of successes', () => {
    const lanes = lanesOf(['a/1'], 16);
    const lane = lanes.of('a/1');
    lanes.settle(busy('a/1', { state: 'HALF_OPEN' }), 0, 0);
    const rounds = [1, 2, 4, 8].map((size) => {
      const asks = lanes.choose(64, 0);
      lane.state = 'CLOSED';
      for (let step = 0; step < size; step += 1) lanes.note(lane, true, 20);
      return [asks[0]!.want, asks[0]!.exclusive];
    });
    expect(rounds).toEqual([
      [1, true],
      [2, true],
      [4, true],
      [8, true],
    ]);
    expect(lanes.choose(64, 0)).toMatchObject([{ want: 16, exclusive: false }]);
  });

  it('whose circuit is half open gets one, too, when it was slowed down before', () => {
    const lanes = lanesOf(['a/1'], 16);
    lanes.slowDown(lanes.of('a/1'), 0);
    expect(lanes.choose(64, 0)).toMatchObject([{ want: 8, exclusive: false }]);
    lanes.settle(busy('a/1', { state: 'HALF_OPEN' }), 0, 0);
    expect(lanes.choose(64, 0)).toMatchObject([{ want: 1, exclusive: true }]);
  });
});

describe('what a sender knows of an endpoint', () => {
  it('begins two seconds before the newest row that it took, and with all rows once a second', () => {
    const lanes = lanesOf(['a/1']);
    const since = (nowMs: number): unknown => lanes.choose(1, nowMs)[0]!.since;
    const took = (reached: Standing['reached']): void => lanes.settle(busy('a/1', { reached }), 0, 0);
    expect(since(0)).toEqual({ first: null, retry: null });
    took({ first: 100, retry: null });
    expect(since(10)).toEqual({ first: 98, retry: null });
    took({ first: null, retry: 50 });
    expect(since(999)).toEqual({ first: 98, retry: 48 });
    expect(since(1_000)).toEqual({ first: null, retry: null });
  });

  it('is that requests of an earlier holder may be on the wire: it asks again and again for what they leave', () => {
    const lanes = lanesOf(['a/1'], 4);
    lanes.settle(busy('a/1', { foreign: 1 }), 0, 0);
    expect(lanes.choose(9, 0)).toMatchObject([{ want: 3, recount: true }]);
    lanes.settle(busy('a/1', { foreign: 4, taken: 0, granted: 0 }), 0, 0);
    // Full: not at once again, but a moment later.
    expect([lanes.choose(9, 99), lanes.nextAt(99)]).toEqual([[], 100]);
    expect(lanes.choose(9, 100)).toMatchObject([{ want: 1, recount: true }]);
    lanes.of('a/1').inFlight = 4;
    expect(lanes.choose(9, 100)).toEqual([]);
    lanes.of('a/1').inFlight = 0;
    lanes.settle(busy('a/1'), 100, 100);
    expect(lanes.choose(9, 100)).toMatchObject([{ want: 4, recount: false }]);
  });

  it('is forgotten a minute after its last work, never while it has some', () => {
    const lanes = lanesOf(['a/idle', 'a/flying', 'a/due', 'a/young']);
    const before = new Map(['a/idle', 'a/flying', 'a/due', 'a/young'].map((id) => [id, lanes.of(id)]));
    for (const lane of before.values()) lane.dueAt = Infinity;
    lanes.of('a/flying').inFlight = 1;
    lanes.of('a/due').dueAt = 100_000;
    lanes.of('a/young').usedAt = 30_000;
    lanes.tidy(61_000);
    const kept = [...before].filter(([id, lane]) => lanes.of(id) === lane).map(([id]) => id);
    expect(kept).toEqual(['a/flying', 'a/due', 'a/young']);
  });

  it('is forgotten with the turns of its account', () => {
    const lanes = lanesOf(['a/1']);
    lanes.choose(1, 0);
    lanes.of('a/1').dueAt = Infinity;
    lanes.tidy(61_000);
    for (const id of ['a/1', 'b/1']) {
      lanes.expect(id, 0, 61_000);
      lanes.settle(busy(id), 61_000, 61_000);
    }
    // Both are new: who came first goes first.
    expect(lanes.choose(1, 61_000)[0]!.endpointId).toBe('a/1');
  });
});

describe('deliveries that are being born', () => {
  /** One endpoint without work that may have two requests on the wire. */
  const idle = (): { lanes: Lanes; lane: Lane } => {
    const lanes = new Lanes({ most: 2, untilQuick: 2, ahead: 0 });
    lanes.settle(busy('a/1'), 0, 0);
    return { lanes, lane: lanes.of('a/1') };
  };
  const changes = {
    'whose work waits': (lane: Lane) => void (lane.dueAt = 5),
    'of which some wait for a slot': (lane: Lane) => void (lane.held = 1),
    'that is left alone for a while': (lane: Lane) => void (lane.notBefore = 6),
    'that is slowed down': (lane: Lane) => void (lane.allowance = new Allowance(2, 'ADD')),
    'where requests of others are on the wire': (lane: Lane) => void (lane.foreign = 1),
  };

  it('have as many places at an endpoint as it has room for', () => {
    const { lanes, lane } = idle();
    expect(lanes.places(5)).toEqual({ each: 2, busy: new Map() });
    for (const [inFlight, room] of [
      [1, 1],
      [2, 0],
      [3, 0],
    ] as const) {
      lane.inFlight = inFlight;
      expect(lanes.places(5)).toEqual({ each: 2, busy: new Map([['a/1', room]]) });
    }
  });

  it.each(Object.keys(changes) as (keyof typeof changes)[])('have no place at an endpoint %s', (which) => {
    const { lanes, lane } = idle();
    changes[which](lane);
    expect(lanes.places(5).busy).toEqual(new Map([['a/1', 0]]));
  });

  it('are a turn of their account', () => {
    const { lanes, lane } = idle();
    lanes.serve('a/1', 5);
    expect(lane.usedAt).toBe(5);
    for (const id of ['a/1', 'a/2', 'b/1']) {
      lanes.expect(id, 0, 5);
      lanes.settle(busy(id), 5, 5);
    }
    expect([1, 2].map(() => lanes.choose(1, 5)[0]!.endpointId)).toEqual(['b/1', 'a/2']);
  });
});

describe('a paused endpoint', () => {
  it('is asked when its pause ends, and before that only for what is asked for by hand', () => {
    const lanes = lanesOf(['a/1']);
    const paused = busy('a/1', { may: 'HAND', state: 'OPEN', heldMs: 5_000, taken: 0, granted: 9 });
    lanes.choose(9, 0);
    lanes.settle(paused, 0, 0);
    expect([lanes.choose(9, 4_999), lanes.nextAt(0)]).toEqual([[], 5_000]);
    lanes.expect('a/1', 0, 1_000);
    expect(lanes.choose(9, 1_000)).toHaveLength(1);
    // There may be more of the kind.
    lanes.settle({ ...paused, taken: 9 }, 1_000, 1_000);
    expect(lanes.choose(9, 1_000)).toHaveLength(1);
    lanes.settle({ ...paused, granted: 0 }, 1_000, 1_000);
    expect(lanes.choose(9, 5_999)).toEqual([]);
    expect(lanes.choose(9, 6_000)).toHaveLength(1);
  });

  it('whose time is over, as is the lease of another, is not asked without a rest', () => {
    for (const may of ['HAND', 'ELSEWHERE'] as const) {
      const lanes = lanesOf(['a/1']);
      lanes.choose(9, 0);
      lanes.settle(busy('a/1', { may, state: 'OPEN', heldMs: -3, taken: 0, granted: 9 }), 0, 0);
      expect(lanes.choose(9, 99)).toEqual([]);
      expect(lanes.choose(9, 100)).toHaveLength(1);
    }
  });

  it('that another sender has taken over is ramped up by that one alone', () => {
    const lanes = lanesOf(['a/1']);
    lanes.settle(busy('a/1', { state: 'HALF_OPEN' }), 0, 0);
    expect(lanes.choose(9, 0)).toMatchObject([{ want: 1, exclusive: true }]);
    lanes.settle(busy('a/1', { may: 'ELSEWHERE', taken: 0, granted: 0 }), 0, 0);
    expect(lanes.choose(9, 200)).toMatchObject([{ want: 9, exclusive: false }]);
  });

  it('fails again, while it is ramped up, when it fails more than it succeeds', () => {
    const lanes = lanesOf(['a/1']);
    lanes.settle(busy('a/1', { state: 'HALF_OPEN' }), 0, 0);
    const lane = lanes.of('a/1');
    lanes.note(lane, true, 20);
    lanes.note(lane, false, 20);
    expect(lane.allowance!.failing).toBe(false);
    lanes.note(lane, false, 20);
    expect(lane.allowance!.failing).toBe(true);
    lanes.slowDown(lane, 0);
    for (let step = 0; step < 9; step += 1) lanes.note(lane, false, 20);
    // One that has too much to do is slowed down, not paused.
    expect(lane.allowance!.failing).toBe(false);
  });
});

describe('a rate', () => {
  it('is kept on the dot: one request every 1/rate seconds, and what was not used is lost', () => {
    const lanes = lanesOf(['a/1']);
    lanes.settle(busy('a/1', { may: 'LEARN', ratePerSecond: 10, taken: 0, granted: 0 }), 0, 0);
    const sent: number[] = [];
    for (let now = 0; now <= 3_000; now += 7) {
      // Nobody asks for a while in between.
      if (now > 1_000 && now < 2_000) continue;
      const [ask] = lanes.choose(64, now);
      if (!ask) continue;
      expect([ask.want, ask.ratePerSecond]).toEqual([1, 10]);
      lanes.settle(busy('a/1', { ratePerSecond: 10 }), now, now);
      // Whoever sleeps until then is in time for the next one.
      expect(lanes.nextAt(now)).toBe(lanes.of('a/1').pace!.nextAt);
      sent.push(now);
    }
    for (const [index, at] of sent.entries())
      expect(sent.filter((other) => other >= at && other < at + 1_000).length).toBeLessThanOrEqual(
        10 + (index === 0 ? 1 : 0),
      );
    expect(sent.length).toBeGreaterThanOrEqual(20);
    expect(sent.length).toBeLessThanOrEqual(22);
  });

  it('is kept between requests that start when a claim took long, too', () => {
    const lanes = lanesOf(['a/1']);
    lanes.settle(busy('a/1', { may: 'LEARN', ratePerSecond: 10, taken: 0, granted: 0 }), 0, 0);
    const started: number[] = [];
    let now = 0;
    for (const claimMs of [5, 180, 5, 5, 300, 5, 5]) {
      now = Math.max(now, lanes.of('a/1').pace!.nextAt);
      expect(lanes.choose(64, now)).toHaveLength(1);
      const askedAt = now;
      now += claimMs;
      lanes.settle(busy('a/1', { ratePerSecond: 10 }), askedAt, now);
      started.push(now);
    }
    const gaps = started.slice(1).map((at, index) => at - started[index]!);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(85);
    // A quick claim costs the rate nothing.
    expect(gaps[2]).toBe(100);
  });

  it('too high for one claim each comes in bursts of 20 ms of it, never more', () => {
    const lanes = lanesOf(['a/1']);
    lanes.settle(busy('a/1', { may: 'LEARN', ratePerSecond: 1_000, taken: 0, granted: 0 }), 0, 0);
    let sent = 0;
    for (let now = 0; now < 1_000; now += 5) {
      const [ask] = lanes.choose(64, now);
      if (!ask) continue;
      expect(ask.want).toBeLessThanOrEqual(20);
      lanes.settle(busy('a/1', { ratePerSecond: 1_000, taken: ask.want, granted: ask.want }), now, now);
      sent += ask.want;
    }
    expect(sent).toBeGreaterThan(980);
    expect(sent).toBeLessThanOrEqual(1_020);
  });
});

describe('looks from the beginning', () => {
  const isWhole = ({ since }: Ask): boolean => since.first === null && since.retry === null;
  const reached = { first: 100, retry: 100 };

  it('come once a second, and none comes before the last one was a hundredth of the time', () => {
    const lanes = lanesOf(['a/1', 'a/2']);
    const whole: number[] = [];
    for (let now = 0; now < 60_000; now += 100) {
      const asks = lanes.choose(2, now);
      expect(asks).toHaveLength(2);
      if (asks.some(isWhole)) whole.push(now);
      // One from the beginning takes a fifth of a second, all others next to nothing.
      lanes.paceRescans(asks, asks.some(isWhole) ? 200 : 1, now);
      for (const ask of asks) lanes.settle(busy(ask.endpointId, { reached }), now, now);
    }
    expect(whole).toEqual([0, 20_000, 40_000]);
    const quick = lanesOf(['a/1']);
    for (let now = 0, left = 5; left > 0; now += 100) {
      const asks = quick.choose(1, now);
      quick.paceRescans(asks, 1, now);
      if (isWhole(asks[0]!)) left -= 1;
      quick.settle(busy('a/1', { reached }), now, now);
      expect(now).toBeLessThanOrEqual(4_000);
    }
  });
});
