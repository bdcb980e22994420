/** Cancels deliveries that wait: their rows leave the queue for the history, with a log line each. */
import type { Sql } from '../db/sql.ts';
import { LOG_CHANNEL } from './enqueue.ts';

/** The two inserts behind a CTE named doomed that deleted rows of delivery_queue returning *. */
export const CANCEL_SQL = `
  cancelled as (
    insert into deliveries (id, event_id, webhook_id, endpoint_id, origin, status, version, attempt_count,
                            lost_count, status_code, created_at, completed_at)
    select id, event_id, webhook_id, endpoint_id, origin, 'CANCELLED', version + 1, attempt_count,
           lost_count, status_code, created_at, clock_timestamp()
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
