/** The retry decision: the schedule is kept, spread by ±20 %, and lost attempts use up none of it. */
import fc from 'fast-check';

import { decide, MAX_LOST, type Tried } from '../../src/sending/retry.ts';
import { figure } from '../support/figure.ts';

const failed: Tried = {
  outcome: 'FAILED',
  attempt: 1,
  lostCount: 0,
  priorCount: 0,
  manual: false,
  scheduleMs: [0, 5_000, 300_000],
  gone: false,
  retryAfterMs: 0,
};

describe('after an attempt', () => {
  it('that succeeded the delivery has succeeded, whatever came before', () => {
    expect(decide({ ...failed, outcome: 'SUCCEEDED', attempt: 9 }, 0.5)).toEqual({
      next: 'SUCCEEDED',
      delayMs: 0,
    });
  });

  it('that failed the next entry of the schedule is waited for, and after the last one the delivery has failed', () => {
    expect(decide(failed, 0.5)).toEqual({ next: 'RETRY', delayMs: 5_000 });
    expect(decide({ ...failed, attempt: 2 }, 0.5)).toEqual({ next: 'RETRY', delayMs: 300_000 });
    expect(decide({ ...failed, attempt: 3 }, 0.5)).toEqual({ next: 'FAILED', delayMs: 0 });
  });

  it('every wait lies within ±20 % of its entry and reaches both ends', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat({ max: 604_800_000 }),
        (random, wait) => {
          const { delayMs } = decide({ ...failed, scheduleMs: [0, wait] }, random);
          expect(delayMs).toBeGreaterThanOrEqual(Math.floor(wait * 0.8));
          expect(delayMs).toBeLessThanOrEqual(Math.ceil(wait * 1.2));
        },
      ),
    );
    expect(decide(failed, 0).delayMs).toBe(4_000);
    expect(decide(failed, 1).delayMs).toBe(6_000);
  });

  it('that was lost the delivery is sent again at once, and its schedule is as long as before', () => {
    expect(decide({ ...failed, outcome: 'LOST' }, 0.5)).toEqual({ next: 'RETRY', delayMs: 0 });
    expect(decide({ ...failed, attempt: 2, lostCount: 1 }, 0.5)).toEqual({ next: 'RETRY', delayMs: 5_000 });
    expect(decide({ ...failed, attempt: 4, lostCount: 1 }, 0.5)).toEqual({ next: 'FAILED', delayMs: 0 });
  });

  it('that was lost again the delivery is spread over a growing span, so that neighbours of a killer part from it', () => {
    const spans = [0, 1, 2, 3].map(
      (lostCount) => decide({ ...failed, outcome: 'LOST', lostCount }, 1).delayMs,
    );
    expect(spans).toEqual([0, 1_000, 2_000, 4_000]);
    expect(decide({ ...failed, outcome: 'LOST', lostCount: 3 }, 0).delayMs).toBe(0);
  });

  it('that was lost once too often the delivery has failed', () => {
    expect(decide({ ...failed, outcome: 'LOST', lostCount: MAX_LOST - 1 }, 0.5)).toEqual({
      next: 'FAILED',
      delayMs: 0,
    });
  });

  it('made by hand there is no schedule', () => {
    expect(decide({ ...failed, manual: true, attempt: 4, priorCount: 3 }, 0.5)).toEqual({
      next: 'FAILED',
      delayMs: 0,
    });
  });

  it('every delivery ends after at most its schedule and the lost attempts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
        fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 20 }),
        (losses, scheduleMs) => {
          let lostCount = 0;
          let attempt = 1;
          for (; ; attempt++) {
            const outcome = losses[attempt % losses.length] ? 'LOST' : 'FAILED';
            const { next } = decide({ ...failed, outcome, attempt, lostCount, scheduleMs }, 0.5);
            if (next === 'FAILED') break;
            if (outcome === 'LOST') lostCount += 1;
          }
          expect(attempt).toBeLessThanOrEqual(scheduleMs.length + MAX_LOST);
        },
      ),
    );
  });
});

describe('a thousand deliveries that fail at the same moment', () => {
  it('come back spread over ±20 % of the wait, no share of it crowded (REL-11)', () => {
    const wait = 300_000;
    const delays = Array.from(
      { length: 1_000 },
      () => decide({ ...failed, attempt: 2 }, Math.random()).delayMs,
    );
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(wait * 0.8);
    expect(Math.max(...delays)).toBeLessThanOrEqual(wait * 1.2);
    const shares = Array.from({ length: 20 }, () => 0);
    for (const delay of delays) {
      const share = Math.floor(((delay - wait * 0.8) / (wait * 0.4)) * shares.length);
      shares[Math.min(share, shares.length - 1)]! += 1;
    }
    const mean = delays.length / shares.length;
    figure('REL-11', { deliveries: delays.length, fullestShare: Math.max(...shares), meanShare: mean });
    // Eight standard deviations: not by chance.
    expect(Math.max(...shares)).toBeLessThanOrEqual(2 * mean);
  });
});

describe('what the receiver says', () => {
  it('makes a wait longer, never shorter (REL-10)', () => {
    expect(decide({ ...failed, retryAfterMs: 60_000 }, 0.5)).toEqual({ next: 'RETRY', delayMs: 60_000 });
    expect(decide({ ...failed, attempt: 2, retryAfterMs: 1_000 }, 0.5)).toEqual({
      next: 'RETRY',
      delayMs: 300_000,
    });
  });

  it('ends the delivery when it wants nothing more, and adds no attempt to the schedule', () => {
    expect(decide({ ...failed, gone: true }, 0.5)).toEqual({ next: 'FAILED', delayMs: 0 });
    expect(decide({ ...failed, attempt: 3, retryAfterMs: 60_000 }, 0.5)).toEqual({
      next: 'FAILED',
      delayMs: 0,
    });
  });
});
