/**
 * Ends one delivery because somebody asks for it. Comes in: who asks, as the rule of what that caller manages.
 * Goes out: the delivery's id when no further attempt will be made, or why that cannot be said any more.
 * Asking again changes nothing.
 */
import type pg from 'pg';

import { type SqlFragment, transactionOfResult } from '../db/sql.ts';
import { ok, problem, refused, type Result } from '../errors.ts';
import { cancelNow } from '../queue/cancel.ts';
import { History } from './history.ts';

const UNKNOWN = refused(problem('NOT_FOUND', ['id'], 'There is no such delivery that you may cancel.'));

/** Why there is nothing to cancel. */
const REFUSALS = {
  SUCCEEDED: 'The delivery has arrived already; it cannot be called back.',
  FAILED: 'The delivery has failed already, and no further attempt is planned.',
};

/**
 * Cancels a delivery that the caller manages (a fragment over the alias w of webhooks). What is on the wire ends by
 * itself, without another attempt. Codes: NOT_FOUND, INVALID_STATE.
 */
export async function cancelDelivery(
  pool: pg.Pool,
  managed: SqlFragment,
  id: string,
): Promise<Result<string>> {
  return transactionOfResult(pool, async (sql) => {
    const history = new History(sql);
    if (!(await history.delivery(managed, id))) return UNKNOWN;
    const result = await cancelNow(sql, id);
    if (result === 'NOT_FOUND') return UNKNOWN;
    if (result !== 'CLOSED') return ok(id);
    const closed = await history.delivery(managed, id);
    const refusal = REFUSALS[closed?.status as keyof typeof REFUSALS];
    return refusal === undefined ? ok(id) : refused(problem('INVALID_STATE', ['id'], refusal));
  });
}
