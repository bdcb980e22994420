/**
 * What becomes of a delivery after an attempt: one pure function of the outcome, the schedule and
 * what happened before. A success ends it, a failure takes the next entry of the schedule until
 * there is none. An attempt whose sender died uses up no entry, since the receiver may never have
 * seen it, but only MAX_LOST times: a delivery that kills its senders must end.
 */

import { jitter } from '../queue/jitter.ts';

/** How often the attempt of one delivery may be lost before the delivery fails. */
export const MAX_LOST = 5;

/** Over what span a delivery that was lost twice is sent again, ms. */
const LOST_SPREAD_MS = 1_000;

/** What happened. */
export interface Tried {
  outcome: 'SUCCEEDED' | 'LOST' | 'FAILED';
  /** The number of this attempt, from 1. */
  attempt: number;
  /** Attempts lost before this one. */
  lostCount: number;
  /** Attempts made before the last manual retry. */
  priorCount: number;
  manual: boolean;
  /** Waits before each attempt, ms. */
  scheduleMs: number[];
  /** The receiver wants nothing more, whatever the schedule says. */
  gone: boolean;
  /** The wait that the receiver asked for, ms; it makes a wait longer, never shorter. */
  retryAfterMs: number;
}

/** What to do; delayMs is 0 where it does not matter. */
export interface Next {
  next: 'SUCCEEDED' | 'FAILED' | 'RETRY';
  delayMs: number;
}

/** Decides; random is a number from 0 to 1. */
export function decide(tried: Tried, random: number): Next {
  if (tried.outcome === 'SUCCEEDED') return { next: 'SUCCEEDED', delayMs: 0 };
  if (tried.outcome === 'LOST') return decideLost(tried.lostCount, random);
  const used = tried.attempt - tried.lostCount - tried.priorCount;
  const wait = tried.manual || tried.gone ? undefined : tried.scheduleMs[used];
  return wait === undefined
    ? { next: 'FAILED', delayMs: 0 }
    : { next: 'RETRY', delayMs: Math.max(jitter(wait, random), tried.retryAfterMs) };
}

/**
 * The first time at once. What is lost again is spread over a second, then two, then four: a delivery
 * that kills its senders must not take the same neighbours, claimed with it, along every time.
 */
function decideLost(lostBefore: number, random: number): Next {
  if (lostBefore + 1 >= MAX_LOST) return { next: 'FAILED', delayMs: 0 };
  const spreadMs = lostBefore === 0 ? 0 : LOST_SPREAD_MS * 2 ** (lostBefore - 1);
  return { next: 'RETRY', delayMs: Math.round(spreadMs * random) };
}
