/** Cancels deliveries that wait: their rows leave the queue for the history, with a log line each. */
import type { Sql } from '../db/sql.ts';
import { LOG_CHANNEL, QUEUE_CHANNEL } from './enqueue.ts';
import { promoteSql } from './order.ts';

/** The account of the webhook that an alias with the column webhook_id is of: a closed delivery says it, so that lists find those of an account. */
export const accountOf = (alias: string): string =>
  `(select w.account_id from webhooks w where w.id = ${alias}.webhook_id)`;

/** The two inserts behind a CTE named doomed that deleted rows of delivery_queue returning *. */
export const CANCEL_SQL = `
  cancelled as (
    insert into deliveries (id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, status, version, attempt_count,
                            lost_count, status_code, created_at, completed_at, format, mailbox_id, account_id)
    select id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, 'CANCELLED', version + 1, attempt_count,
           lost_count, status_code, created_at, clock_timestamp(), format, mailbox_id, ${accountOf('doomed')}
    from doomed
  ),
  cancel_logged as (
    insert into delivery_log (kind, delivery_id, version, event_id, webhook_id, endpoint_id, origin,
                              attempt_count, status_code, created_at)
    select 'CANCELLED', id, version + 1, event_id, webhook_id, endpoint_id, origin, attempt_count,
           status_code, created_at
    from doomed
  )`;

/**
 * Cancels what waits for a webhook, or for some of its endpoints, in the caller's transaction.
 * What is on the wire at this moment ends by itself: a success counts, a failure is not retried.
 * Returns how many were cancelled.
 */
export async function cancelDeliveries(
  sql: Sql,
  where: { webhookId: string } | { endpointIds: string[] },
): Promise<number> {
  const byWebhook = 'webhookId' in where;
  const { rows } = await sql.query<{ count: number }>(
    `with doomed as (
       delete from delivery_queue
       where sender is null and ${byWebhook ? 'webhook_id = $1' : 'endpoint_id = any ($1::text[])'}
       returning *
     ),
     ${CANCEL_SQL}
     select count(*)::int as count, pg_notify('${LOG_CHANNEL}', '') from doomed`,
    [byWebhook ? where.webhookId : where.endpointIds],
  );
  return rows[0]!.count;
}

/** What deliveryCancel met: CANCELLED at once, LAST_ATTEMPT when the attempt under way is the last one. */
export type CancelResult = 'CANCELLED' | 'LAST_ATTEMPT' | 'CLOSED' | 'NOT_FOUND';

/**
 * Cancels one delivery, in the caller's transaction. What is on the wire cannot be called back: its result counts,
 * and if it fails there is no further attempt. Repeating it changes nothing.
 */
export async function cancelNow(sql: Sql, id: string): Promise<CancelResult> {
  const { rows } = await sql.query<{ cancelled: boolean; flagged: boolean }>(
    `with target as materialized (
       select id, sender from delivery_queue where id = $1 for update
     ),
     doomed as (
       delete from delivery_queue where id = (select id from target where sender is null) returning *
     ),
     ${CANCEL_SQL},
     ${promoteSql('doomed')},
     flagged as (
       -- Not simply true: constraints are checked on the row as this statement's snapshot shows it, too, where a claim
       -- that has just committed has not happened yet.
       update delivery_queue set cancelled = sender is not null
       where id = (select id from target where sender is not null)
       returning id
     )
     select exists (select 1 from doomed) as cancelled, exists (select 1 from flagged) as flagged,
            pg_notify('${LOG_CHANNEL}', ''), pg_notify('${QUEUE_CHANNEL}', (select endpoint_id from doomed))`,
    [id],
  );
  if (rows[0]!.cancelled) return 'CANCELLED';
  if (rows[0]!.flagged) return 'LAST_ATTEMPT';
  const closed = await sql.query('select 1 from deliveries where id = $1', [id]);
  return closed.rows.length > 0 ? 'CLOSED' : 'NOT_FOUND';
}
