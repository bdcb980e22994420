/** Puts new deliveries into the queue: rows, log lines and one hint, in the caller's transaction. */
import type { Sql, Statement } from '../db/sql.ts';
import { AWAITING_DAYS, RANK } from './rank.ts';
import type { DeliveryOrigin } from './status.ts';

/** Says that the queue has work. A hint only: senders also poll. */
export const QUEUE_CHANNEL = 'bellwire_queue';
/** Says that the delivery log has grown. A hint only: readers also poll. */
export const LOG_CHANNEL = 'bellwire_log';

/** 200 ids of 29 characters and their blanks. */
const HINTED_ENDPOINTS = 200;

/** A delivery about to be born. */
export interface NewDelivery {
  id: string;
  eventId: string;
  webhookId: string;
  endpointId: string;
  /** Wait before the first attempt, ms. */
  delayMs: number;
  /** The entity whose order its endpoint keeps; null for none. */
  entityKey: string | null;
  /** The mailbox that it goes to, and whether its owner has yet to confirm it; null for an address that takes requests. */
  mailbox: { id: string; awaiting: boolean } | null;
}

const ENQUEUE: Statement = {
  name: 'enqueue',
  text: `with given as materialized (
       select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[],
                            $8::text[], $9::boolean[], $11::text[], $12::boolean[])
         as t (id, event_id, webhook_id, endpoint_id, delay_ms, entity_key, follows, mailbox_id, awaiting)
     ),
     queued as (
       insert into delivery_queue (id, event_id, webhook_id, endpoint_id, origin, due_at, queued_at, created_at,
                                   rank, entity_key, entity_seq, blocked, format, mailbox_id)
       select g.id, g.event_id, g.webhook_id, g.endpoint_id, $6,
              $7::timestamptz + case when g.awaiting then interval '${AWAITING_DAYS} days' else g.delay_ms * interval '1 ms' end,
              $7::timestamptz, $7::timestamptz, 
              case when g.awaiting then ${RANK.awaiting} when $6 = 'TEST' then ${RANK.byHand} when $6 = 'REPLAY' then ${RANK.retry} else ${RANK.first} end, g.entity_key,
              case when g.entity_key is not null then nextval('delivery_queue_entity_seq') end,
              g.entity_key is not null and (g.follows or exists (
                select 1 from delivery_queue o where o.endpoint_id = g.endpoint_id and o.entity_key = g.entity_key)),
              (select ep.format from endpoints ep where ep.id = g.endpoint_id), g.mailbox_id
       from given g
       returning id, case when rank <> ${RANK.awaiting} then due_at end as due_at
     ),
     logged as (
       insert into delivery_log (kind, delivery_id, version, event_id, webhook_id, endpoint_id, origin,
                                 attempt_count, next_attempt_at, created_at)
       select 'CREATED', g.id, 1, g.event_id, g.webhook_id, g.endpoint_id, $6, 0, q.due_at, $7::timestamptz
       from given g join queued q on q.id = g.id
       order by g.id
     )
     select pg_notify('${QUEUE_CHANNEL}', $10), pg_notify('${LOG_CHANNEL}', '')`,
};

/**
 * Inserts the deliveries, all with the same origin, each with the format that its endpoint has now. matchedAt is the database's time (as text, to
 * the microsecond) of the statement that matched them: a webhook enabled after it does not send them.
 */
export async function enqueue(
  sql: Sql,
  deliveries: NewDelivery[],
  origin: DeliveryOrigin,
  matchedAt: string,
): Promise<void> {
  if (deliveries.length === 0) return;
  const first = new Set<string>();
  const follows = deliveries.map(({ endpointId, entityKey }) => {
    if (entityKey === null) return false;
    const place = `${endpointId} ${entityKey}`;
    return first.has(place) || !first.add(place);
  });
  await sql.query(ENQUEUE, [
    deliveries.map((delivery) => delivery.id),
    deliveries.map((delivery) => delivery.eventId),
    deliveries.map((delivery) => delivery.webhookId),
    deliveries.map((delivery) => delivery.endpointId),
    deliveries.map((delivery) => delivery.delayMs),
    origin,
    matchedAt,
    deliveries.map((delivery) => delivery.entityKey),
    follows,
    queueHint(deliveries.map((delivery) => delivery.endpointId)),
    deliveries.map((delivery) => delivery.mailbox?.id ?? null),
    deliveries.map((delivery) => delivery.mailbox?.awaiting ?? false),
  ]);
}

/**
 * The payload of a hint: the endpoints that have new work, or nothing when they are too many for one (a payload
 * has less than 8,000 bytes). Whoever hears it only looks sooner.
 */
export function queueHint(endpointIds: string[]): string {
  const distinct = [...new Set(endpointIds)];
  return distinct.length <= HINTED_ENDPOINTS ? distinct.join(' ') : '';
}
