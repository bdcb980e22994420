/**
 * Which lanes a sender looks at: those with work, and no other. Work that comes while its endpoint may not be asked, or that is due
 * later, is neither lost nor asked for twice.
 */
import { jest } from '@jest/globals';
import fc from 'fast-check';

import type { Standing } from '../../src/queue/claim.ts';
import { Lane, type LaneLimits } from '../../src/sending/lane.ts';
import { Lanes } from '../../src/sending/lanes.ts';

const LIMITS: LaneLimits = { most: 4, untilQuick: 2, ahead: 8 };

/** How an endpoint stands of which all was taken that was due. */
function emptied(endpointId: string, more: Partial<Standing> = {}): Standing {
  return {
    ...{ endpointId, accountId: 'a', ratePerSecond: null, maxConcurrency: null, state: 'CLOSED' },
    ...{ may: 'ALL', heldMs: null, foreign: 0, taken: 0, granted: 9, nextDueMs: null },
    reached: { first: null, retry: null },
    ...more,
  };
}

/** Whom lanes would ask now. */
const asked = (lanes: Lanes, nowMs: number): string[] =>
  lanes
    .choose(100, nowMs)
    .map(({ endpointId }) => endpointId)
    .sort();

describe('work of an endpoint', () => {
  const obstacles: Record<string, { before: (lanes: Lanes) => void; after: (lanes: Lanes) => void }> = {
    'that is at its limit': {
      before: (lanes) => void (lanes.of('e').inFlight = 2),
      after: (lanes) => void (lanes.of('e').inFlight = 0),
    },
    'that has claimed work waiting for a slot': {
      before: (lanes) => void (lanes.of('e').held = 2),
      after: (lanes) => void (lanes.of('e').held = 0),
    },
    'that another sender has': {
      before: (lanes) => lanes.settle(emptied('e', { may: 'ELSEWHERE', heldMs: 980, granted: 0 }), 0, 0),
      after: () => undefined,
    },
    'that is full of requests of others': {
      before: (lanes) => lanes.settle(emptied('e', { foreign: 2, granted: 0 }), 0, 900),
      after: (lanes) => lanes.settle(emptied('e', { may: 'LEARN' }), 900, 950),
    },
    'whose rate is used up': {
      before: (lanes) => lanes.settle(emptied('e', { ratePerSecond: 1, taken: 1, granted: 1 }), 0, 0),
      after: () => undefined,
    },
    'whose claim is under way': {
      before: (lanes) => {
        lanes.expect('e', 0, 500);
        lanes.choose(2, 500);
      },
      after: (lanes) => lanes.settle(emptied('e'), 500, 950),
    },
  };

  it.each(Object.keys(obstacles))('%s is asked for once that is over', (which) => {
    const lanes = new Lanes(LIMITS);
    lanes.settle(emptied('e'), 0, 0);
    obstacles[which]!.before(lanes);
    lanes.expect('e', 0, 600);
    if (which !== 'whose claim is under way') expect(asked(lanes, 950)).toEqual([]);
    obstacles[which]!.after(lanes);
    expect(asked(lanes, 1_000)).toEqual(['e']);
  });

  it('that is due later is asked for then, and sooner when more comes', () => {
    const lanes = new Lanes(LIMITS);
    lanes.expect('e', 500, 0);
    expect([asked(lanes, 499), lanes.nextAt(0), lanes.overdue(499)]).toEqual([[], 500, []]);
    lanes.expect('e', 200, 0);
    lanes.expect('e', 900, 0);
    expect([asked(lanes, 199), lanes.nextAt(0), asked(lanes, 200)]).toEqual([[], 200, ['e']]);
    lanes.settle(emptied('e', { nextDueMs: 300 }), 200, 210);
    expect([asked(lanes, 509), lanes.nextAt(210), asked(lanes, 510)]).toEqual([[], 510, ['e']]);
  });

  it('that was emptied is asked for again each time that there is more, and never in between', () => {
    const lanes = new Lanes(LIMITS);
    for (let now = 0; now < 1_000; now += 100) {
      lanes.expect('e', 0, now);
      expect(lanes.pressure(100, now)).toEqual({ claimable: 2, capacity: 2 });
      expect(asked(lanes, now)).toEqual(['e']);
      lanes.settle(emptied('e'), now, now + 5);
      expect([asked(lanes, now + 50), lanes.nextAt(now + 50)]).toEqual([[], Infinity]);
      expect(lanes.pressure(100, now + 50)).toEqual({ claimable: 0, capacity: 0 });
      expect([lanes.overdue(now + 50), lanes.nextOverdueAt(now + 50)]).toEqual([[], Infinity]);
    }
  });

  it('that was forgotten before its work is due is asked for once for each that comes then', () => {
    const lanes = new Lanes(LIMITS);
    lanes.expect('e', 600_000, 0);
    lanes.expect('kept', 100_000, 0);
    lanes.tidy(61_000);
    // Whoever looks over the queue finds it again; what is left of it here is nobody's.
    expect([lanes.nextAt(61_000), asked(lanes, 600_000)]).toEqual([100_000, ['kept']]);
    lanes.settle(emptied('kept'), 600_000, 600_000);
    lanes.expect('e', 0, 600_000);
    expect(asked(lanes, 600_000)).toEqual(['e']);
    lanes.settle(emptied('e'), 600_000, 600_001);
    expect([asked(lanes, 600_002), lanes.overdue(700_000)]).toEqual([[], []]);
  });
});

describe('a sender', () => {
  it('that knows 1,000 endpoints looks at those with work alone', () => {
    const lanes = new Lanes(LIMITS);
    for (let index = 0; index < 1_000; index += 1) {
      lanes.expect(`e${index}`, 0, 0);
      lanes.choose(1, 0);
      lanes.settle(emptied(`e${index}`), 0, 1);
    }
    lanes.places(2);
    lanes.expect('e7', 0, 2);
    lanes.expect('e8', 500, 2);
    const looked = new Set<Lane>();
    const accessor = Object.getOwnPropertyDescriptor(Lane.prototype, 'dueAt')!;
    const spy = jest.spyOn(Lane.prototype, 'dueAt', 'get').mockImplementation(function (this: Lane) {
      looked.add(this);
      return accessor.get!.call(this) as number;
    });
    const isIdle = Object.getOwnPropertyDescriptor(Lane.prototype, 'isIdle')!.value as Lane['isIdle'];
    const idle = jest.spyOn(Lane.prototype, 'isIdle').mockImplementation(function (this: Lane, nowMs) {
      looked.add(this);
      return isIdle.call(this, nowMs);
    });
    try {
      expect(lanes.pressure(100, 3)).toEqual({ claimable: 2, capacity: 2 });
      expect([lanes.nextAt(3), lanes.nextOverdueAt(3), lanes.overdue(20)]).toEqual([502, 12, ['e7']]);
      expect(asked(lanes, 20)).toEqual(['e7']);
      lanes.settle(emptied('e7'), 20, 21);
      expect(lanes.places(22)).toEqual({ each: 2, busy: new Map() });
    } finally {
      spy.mockRestore();
      idle.mockRestore();
    }
    expect([...looked].map(({ endpointId }) => endpointId).sort()).toEqual(['e7', 'e8']);
  });

  it('offers no births to an endpoint that another one has, until it may ask again', () => {
    const lanes = new Lanes(LIMITS);
    lanes.settle(emptied('e', { may: 'ELSEWHERE', heldMs: 980, granted: 0 }), 0, 0);
    expect(lanes.places(979)).toEqual({ each: 2, busy: new Map([['e', 0]]) });
    expect(lanes.places(980)).toEqual({ each: 2, busy: new Map() });
  });

  it('whatever happens to its endpoints, answers as if it had looked at all of them', () => {
    const ids = ['e0', 'e1', 'e2', 'e3'];
    const id = fc.constantFrom(...ids);
    const ms = fc.constantFrom(0, 1, 90, 300, 70_000, 200_000);
    const standing = fc.record({
      may: fc.constantFrom('ALL', 'HAND', 'ELSEWHERE', 'LEARN'),
      state: fc.constantFrom('CLOSED', 'OPEN', 'HALF_OPEN'),
      heldMs: fc.option(ms),
      foreign: fc.nat({ max: 2 }),
      taken: fc.nat({ max: 2 }),
      granted: fc.nat({ max: 2 }),
      nextDueMs: fc.option(ms),
      ratePerSecond: fc.constantFrom(null, 2),
      maxConcurrency: fc.constantFrom(null, 1),
    });
    const step = fc.oneof(
      fc.record({ kind: fc.constant('expect' as const), id, ms }),
      fc.record({ kind: fc.constant('pass' as const), ms }),
      fc.record({ kind: fc.constant('claim' as const), standing }),
      fc.record({ kind: fc.constant('settle' as const), id, standing }),
      fc.record({ kind: fc.constant('load' as const), id, inFlight: fc.nat({ max: 3 }) }),
      fc.record({ kind: fc.constant('hold' as const), id, held: fc.nat({ max: 1 }) }),
      fc.record({ kind: fc.constant('slow' as const), id }),
      fc.record({ kind: fc.constant('note' as const), id, ok: fc.boolean() }),
      fc.record({ kind: fc.constant('tidy' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const lanes = new Lanes(LIMITS);
        let now = 0;
        for (const one of steps) {
          if (one.kind === 'expect') lanes.expect(one.id, one.ms, now);
          if (one.kind === 'pass') now += one.ms;
          if (one.kind === 'settle') lanes.settle(emptied(one.id, one.standing), now, now);
          if (one.kind === 'load') lanes.of(one.id).inFlight = one.inFlight;
          if (one.kind === 'hold') lanes.of(one.id).held = one.held;
          if (one.kind === 'slow') lanes.slowDown(lanes.of(one.id), now);
          if (one.kind === 'note') lanes.note(lanes.of(one.id), one.ok, 1);
          if (one.kind === 'tidy') lanes.tidy(now);
          const all = ids.map((endpointId) => lanes.of(endpointId));
          const named = (which: Lane[]) => which.map(({ endpointId }) => endpointId);
          const may = all.filter((lane) => lane.dueAt <= now && lane.notBefore <= now);
          expect(lanes.pressure(Infinity, now)).toEqual({
            claimable: may.reduce((sum, lane) => sum + lane.room(now, LIMITS), 0),
            capacity: may.reduce((sum, lane) => sum + lane.claimableBy(LIMITS), 0),
          });
          const open = all.filter(
            (lane) => lane.state === 'CLOSED' && lane.limit === null && lane.pace === null,
          );
          const less = open.map((lane): [string, number] => {
            const waits = lane.dueAt <= now || lane.notBefore > now || lane.held > 0 || !lane.unlimited;
            return [lane.endpointId, waits ? 0 : Math.max(0, lane.limitBy(LIMITS) - lane.inFlight)];
          });
          const busy = new Map(less.filter(([, room]) => room < 2));
          expect(lanes.places(now)).toEqual({ each: 2, busy });
          const times = all.map((lane) =>
            Math.max(lane.dueAt, lane.notBefore, lane.pace && lane.dueAt <= now ? lane.pace.nextAt : 0),
          );
          expect(lanes.nextAt(now)).toBe(Math.min(...times.filter((at) => at > now)));
          const waiting = all.filter((lane) => lane.dueAt <= now);
          expect(lanes.nextOverdueAt(now)).toBe(Math.min(...waiting.map((lane) => lane.overdueAt)));
          const overdue = named(all.filter((lane) => lane.overdueAt <= now));
          expect(lanes.overdue(now).sort()).toEqual(overdue);
          if (one.kind !== 'claim') continue;
          const withRoom = named(all.filter((lane) => lane.room(now, LIMITS) > 0));
          expect(asked(lanes, now)).toEqual(withRoom);
          for (const endpointId of withRoom) lanes.settle(emptied(endpointId, one.standing), now, now);
        }
      }),
      { numRuns: 300 },
    );
  });
});
