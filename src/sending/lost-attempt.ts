/** The result of an attempt of which nobody knows how it ended: its sender died, or stopped before the answer. */
import type { Completion } from '../queue/complete.ts';
import type { Rescued } from '../queue/rescue.ts';
import { keepRequest } from './record.ts';
import { decide } from './retry.ts';

/** What is recorded of it, and what comes next. */
export function lostAttempt(lost: Rescued): Completion {
  const tried = {
    ...{ ...lost, outcome: 'LOST' as const },
    ...{ priorCount: 0, scheduleMs: [], gone: false, retryAfterMs: 0 },
  };
  return {
    id: lost.id,
    fence: lost.fence,
    attempt: lost.attempt,
    ...decide(tried, Math.random()),
    telling: false,
    holdMs: 0,
    origin: lost.manual ? 'MANUAL_RETRY' : lost.attempt === 1 ? 'FIRST' : 'AUTOMATIC_RETRY',
    outcome: 'LOST',
    failureCode: 'SENDER_LOST',
    statusCode: null,
    startedAt: lost.claimedAt,
    durationMs: null,
    request: keepRequest(lost.target, [], 0),
    response: null,
    phases: null,
  };
}
