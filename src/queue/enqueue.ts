/** Puts new deliveries into the queue: rows, log lines and one hint, in the caller's transaction. */
import type { Sql, Statement } from '../db/sql.ts';

/** Says that the queue has work. A hint only: senders also poll. */
export const QUEUE_CHANNEL = 'bellwire_queue';
/** Says that the delivery log has grown. A hint only: readers also poll. */
export const LOG_CHANNEL = 'bellwire_log';

/** A delivery about to be born. */
export interface NewDelivery {
  id: string;
  eventId: string;
  webhookId: string;
  endpointId: string;
  /** Wait before the first attempt, ms. */
  delayMs: number;
}

const ENQUEUE: Statement = {
  name: 'enqueue',
  text: `with given as materialized (
       select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[])
         as t (id, event_id, webhook_id, endpoint_id, delay_ms)
     ),
     queued as (
       insert into delivery_queue (id, event_id, webhook_id, endpoint_id, origin, due_at, queued_at, created_at)
       select id, event_id, webhook_id, endpoint_id, $6, $7::timestamptz + delay_ms * interval '1 ms',
              $7::timestamptz, $7::timestamptz
       from given
       returning id, due_at
     ),
     logged as (
       insert into delivery_log (kind, delivery_id, version, event_id, webhook_id, endpoint_id, origin,
                                 attempt_count, next_attempt_at, created_at)
       select 'CREATED', g.id, 1, g.event_id, g.webhook_id, g.endpoint_id, $6, 0, q.due_at, $7::timestamptz
       from given g join queued q on q.id = g.id
       order by g.id
     )
     select pg_notify('${QUEUE_CHANNEL}', ''), pg_notify('${LOG_CHANNEL}', '')`,
};

/**
 * Inserts the deliveries, all with the same origin. matchedAt is the database's time (as text, to
 * the microsecond) of the statement that matched them: a webhook enabled after it does not send them.
 */
export async function enqueue(
  sql: Sql,
  deliveries: NewDelivery[],
  origin: 'EVENT' | 'TEST',
  matchedAt: string,
): Promise<void> {
  if (deliveries.length === 0) return;
  await sql.query(ENQUEUE, [
    deliveries.map((delivery) => delivery.id),
    deliveries.map((delivery) => delivery.eventId),
    deliveries.map((delivery) => delivery.webhookId),
    deliveries.map((delivery) => delivery.endpointId),
    deliveries.map((delivery) => delivery.delayMs),
    origin,
    matchedAt,
  ]);
}
