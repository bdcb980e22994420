/**
 * Sends one delivery again because somebody asks for it. Comes in: who asks, with the rule of what that
 * caller manages as a fragment of SQL. Goes out: the delivery's id once it is in the queue, or why it is not.
 * Key and retry are one transaction: fifty calls with one key make one attempt, a refused one leaves no key.
 */
import type pg from 'pg';

import { checkKey, inputFingerprint, takeKey } from '../db/idempotency-keys.ts';
import type { Keep } from '../db/partitions.ts';
import { type SqlFragment, transactionOfResult } from '../db/sql.ts';
import { ok, problem, refused, type Result } from '../errors.ts';
import { retryNow, type RetryResult } from '../queue/retry.ts';
import { History } from './history.ts';
import { staysSendable } from './retention-plan.ts';

const UNKNOWN = refused(problem('NOT_FOUND', ['id'], 'There is no such delivery that you may retry.'));

/** Why a manual retry is not possible now. */
const REFUSALS: Record<Exclude<RetryResult, 'QUEUED' | 'NOT_FOUND'>, string> = {
  IN_FLIGHT: 'The delivery is being sent at this moment; look at its result first.',
  UNCONFIRMED: 'Its mailbox has not confirmed yet: the delivery goes when it has.',
  NOT_SENDABLE:
    'Its webhook is disabled or deleted, its endpoint is gone, or its mailbox wants or takes nothing: enable the webhook or the endpoint first.',
};

/** What it would send is forgotten, or is about to be: the retry might not be made in time. */
const FORGOTTEN = refused(
  problem(
    'INVALID_STATE',
    ['id'],
    'Its payload is no longer kept, or goes within a day: publish the event again instead.',
  ),
);

/**
 * Retries a delivery that the caller manages (a fragment over the alias w of webhooks), while what it sends is kept for a day at least; the same key with the
 * same id asks for nothing more. Codes: NOT_FOUND, INVALID_STATE, and those of the key.
 */
export async function retryDelivery(
  pool: pg.Pool,
  caller: { loginId: string; managed: SqlFragment },
  id: string,
  idempotencyKey: string | null,
  keep: Keep,
): Promise<Result<string>> {
  const wrong = idempotencyKey === null ? null : checkKey(idempotencyKey);
  if (wrong) return refused(wrong);
  return transactionOfResult(pool, async (sql) => {
    const delivery = await new History(sql).delivery(caller.managed, id);
    if (!delivery) return UNKNOWN;
    if (idempotencyKey !== null) {
      const use = { operation: 'deliveryRetry', fingerprint: inputFingerprint({ id }) };
      const taken = await takeKey(sql, { loginId: caller.loginId, key: idempotencyKey, ...use }, [id]);
      if (!taken.ok) return taken;
      if (taken.value) return ok(id);
    }
    if (!(await staysSendable(sql, delivery, keep, Date.now()))) return FORGOTTEN;
    const result = await retryNow(sql, id);
    if (result === 'QUEUED') return ok(id);
    return result === 'NOT_FOUND' ? UNKNOWN : refused(problem('INVALID_STATE', ['id'], REFUSALS[result]));
  });
}
