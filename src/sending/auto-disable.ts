/**
 * An endpoint that has failed for too long, or whose receiver is gone, is switched off and told of: once, however
 * many senders come to it. Comes in: the endpoint, and why. Goes out: whether it was this call that did it. One
 * transaction holds the switch, what it cancels, the audit entry, the word to open pages and the event with all
 * its deliveries, so a crash leaves all of it or nothing.
 */
import type pg from 'pg';

import { transaction } from '../db/sql.ts';
import { publishSwitchedOff } from '../events/endpoint-notice.ts';
import { type OffCause, switchOffFailing } from '../webhooks/auto-disable.ts';

/**
 * Switches an endpoint off because it fails. False when there was nothing to do: somebody was first, it is gone, or
 * a success came since cause.failingSince. firstDelayMs is the first entry of the server's retry schedule, ms.
 */
export async function autoDisable(
  { pool, firstDelayMs }: { pool: pg.Pool; firstDelayMs: number },
  endpointId: string,
  cause: OffCause,
): Promise<boolean> {
  return transaction(pool, async (sql) => {
    const off = await switchOffFailing(sql, endpointId, cause);
    if (off === null) return false;
    await publishSwitchedOff(sql, firstDelayMs, off);
    return true;
  });
}
