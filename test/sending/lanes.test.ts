/** How a sender deals its slots: account by account, endpoint by endpoint, within every limit. */
import fc from 'fast-check';

import type { Ask, Standing } from '../../src/queue/claim.ts';
import { Lanes } from '../../src/sending/lanes.ts';

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
  const lanes = new Lanes({ most: limit, untilQuick: limit });
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
    const lanes = new Lanes({ most: 64, untilQuick: 32 });
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
  });

  it('go to those that waited longest when there are fewer than endpoints, and all have their turn', () => {
    const lanes = lanesOf(Array.from({ length: 10 }, (_, index) => `a/${index}`));
    const served = [1, 2, 3, 4, 5].flatMap(() => lanes.choose(2, 0).map((ask) => ask.endpointId));
    expect([...served].sort()).toEqual(Array.from({ length: 10 }, (_, index) => `a/${index}`));
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
    expect(lanes.choose(5, 1_000)).toHaveLength(1);
  });

  it('that got a hint while its claim was under way is asked once more', () => {
    const lanes = lanesOf(['a/1']);
    lanes.choose(5, 0);
    lanes.expect('a/1', 0, 1);
    lanes.settle(busy('a/1', { taken: 0, granted: 5 }), 0, 2);
    expect(lanes.choose(5, 3)).toHaveLength(1);
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
      sent.push(now);
    }
    for (const [index, at] of sent.entries())
      expect(sent.filter((other) => other >= at && other < at + 1_000).length).toBeLessThanOrEqual(
        10 + (index === 0 ? 1 : 0),
      );
    expect(sent.length).toBeGreaterThanOrEqual(20);
    expect(sent.length).toBeLessThanOrEqual(22);
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
