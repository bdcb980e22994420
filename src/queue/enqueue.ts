/** Puts new deliveries into the queue: rows, log lines and one hint, in the caller's transaction. */
import type { Sql, Statement } from '../db/sql.ts';
import {
  type BirthPlace,
  type BirthPlaceRow,
  birthPlacesSql,
  type HandOver,
  toBirthPlace,
} from './hand-over.ts';
import { AWAITING_DAYS, RANK } from './rank.ts';
import type { DeliveryOrigin } from './status.ts';

/** Says that the queue has work. A hint only: senders also poll. */
export const QUEUE_CHANNEL = 'bellwire_queue';
/** Says that the delivery log has grown. A hint only: readers also poll. */
export const LOG_CHANNEL = 'bellwire_log';

/** The most endpoints that a hint names: 200 ids of 29 characters and their blanks. */
const HINTED_ENDPOINTS = 200;

/** A delivery about to be born. */
export interface NewDelivery {
  id: string;
  eventId: string;
  /** What its event is about. */
  resource: string;
  event: string;
  entityId: string;
  webhookId: string;
  endpointId: string;
  /** Wait before the first attempt, ms. */
  delayMs: number;
  /** The entity whose order its endpoint keeps; null for none. */
  entityKey: string | null;
  /** The mailbox that it goes to, and whether its owner has yet to confirm it; null for an address that takes requests. */
  mailbox: { id: string; awaiting: boolean } | null;
}

/** The expressions of a statement that brings deliveries into the queue. */
export interface BirthTerms {
  origin: string;
  /** When the deliveries were matched. */
  matchedAt: string;
  /** Who takes what is offered at its birth, and how long its lease outlives the deadline of its request, ms; null for nobody. */
  born: { sender: string; marginMs: string } | null;
}

/**
 * CTEs that bring deliveries into the queue and into the log, and say so: queued, logged, hinted, which is to be selected from,
 * and, where they may be born with a sender, places before them, the settings of the endpoints that may be sent to at once. given is a relation with the columns id, event_id,
 * resource, event, entity_id, webhook_id, endpoint_id, delay_ms, entity_key, follows, mailbox_id, awaiting and, where born is there, offered.
 */
export const birthsSql = (given: string, { origin, matchedAt, born }: BirthTerms): string => `
     ${born ? `places as materialized (${birthPlacesSql(given, matchedAt, born.sender)}),` : ''}
     queued as (
       insert into delivery_queue (id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin,
                                   due_at, queued_at, created_at, rank, entity_key, entity_seq, blocked, format, mailbox_id${
                                     born ? ', sender, claimed_at, fence, attempt_count' : ''
                                   })
       select g.id, g.event_id, g.resource, g.event, g.entity_id, g.webhook_id, g.endpoint_id, ${origin},
              ${born ? `case when p.endpoint_id is not null then clock_timestamp() + (p.timeout_ms + ${born.marginMs}) * interval '1 ms' else` : ''}
              ${matchedAt} + case when g.awaiting then interval '${AWAITING_DAYS} days' else g.delay_ms * interval '1 ms' end
              ${born ? 'end' : ''},
              ${matchedAt}, ${matchedAt},
              case when g.awaiting then ${RANK.awaiting} when ${origin} = 'TEST' then ${RANK.byHand} when ${origin} = 'REPLAY' then ${RANK.retry} else ${RANK.first} end, g.entity_key,
              case when g.entity_key is not null then nextval('delivery_queue_entity_seq') end,
              g.entity_key is not null and (g.follows or exists (
                select 1 from delivery_queue o where o.endpoint_id = g.endpoint_id and o.entity_key = g.entity_key)),
              (select ep.format from endpoints ep where ep.id = g.endpoint_id), g.mailbox_id
              ${
                born
                  ? `, case when p.endpoint_id is not null then ${born.sender} end,
              case when p.endpoint_id is not null then clock_timestamp() end,
              (p.endpoint_id is not null)::int, (p.endpoint_id is not null)::int`
                  : ''
              }
       from ${given} g
       ${born ? 'left join places p on p.endpoint_id = g.endpoint_id and g.offered' : ''}
       order by g.id
     ),
     logged as (
       insert into delivery_log (kind, delivery_id, version, event_id, webhook_id, endpoint_id, origin,
                                 attempt_count, next_attempt_at, created_at)
       select 'CREATED', g.id, 1, g.event_id, g.webhook_id, g.endpoint_id, ${origin}, 0,
              case when not g.awaiting then ${matchedAt} + g.delay_ms * interval '1 ms' end, ${matchedAt}
       from ${given} g
       order by g.id
     ),
     waiting as materialized (
       select distinct g.endpoint_id from ${given} g
       ${born ? 'where not (g.offered and exists (select 1 from places p where p.endpoint_id = g.endpoint_id))' : ''}
     ),
     hinted as materialized (
       select pg_notify('${LOG_CHANNEL}', ''),
              (select pg_notify('${QUEUE_CHANNEL}', case when count(*) <= ${HINTED_ENDPOINTS} then string_agg(endpoint_id, ' ') else '' end)
               from waiting having count(*) > 0)
       where exists (select 1 from ${given})
     )`;

/** The parameters of both statements; those that say who takes deliveries at their birth have one only in the second. */
const BORN = { offered: '$16::boolean[]', sender: '$17::text', marginMs: '$18::int' };

/** With born, what is offered is born with a sender where its endpoint may be sent to at once; the rows are those endpoints. */
const enqueueSql = (born: typeof BORN | null): string => `with given as materialized (
       select t.*, e.resource, e.event, e.entity_id
       from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[],
                   $8::text[], $9::boolean[], $10::text[], $11::boolean[]${born ? `, ${born.offered}` : ''})
         as t (id, event_id, webhook_id, endpoint_id, delay_ms, entity_key, follows, mailbox_id, awaiting${born ? ', offered' : ''})
       join unnest($12::text[], $13::text[], $14::text[], $15::text[]) as e (id, resource, event, entity_id) on e.id = t.event_id
     ),
     ${birthsSql('given', { origin: '$6', matchedAt: '$7::timestamptz', born })}
     ${born ? 'select p.* from hinted left join places p on true' : 'select from hinted'}`;

const ENQUEUE: Statement = { name: 'enqueue', text: enqueueSql(null) };
const ENQUEUE_BORN: Statement = { name: 'enqueue_born', text: enqueueSql(BORN) };

/** Deliveries that a sender has places for, in the order of the deliveries. */
export interface Offer extends Pick<HandOver, 'sender' | 'leaseMarginMs'> {
  taken: readonly boolean[];
}

/**
 * Inserts the deliveries, all with the same origin, each with the format that its endpoint has now. matchedAt is the database's time (as text, to
 * the microsecond) of the statement that matched them: a webhook enabled after it does not send them. What is offered to a sender
 * is born with it where its endpoint may be sent to at once: the answer is those endpoints.
 */
export async function enqueue(
  sql: Sql,
  deliveries: NewDelivery[],
  origin: DeliveryOrigin,
  matchedAt: string,
  offer: Offer | null = null,
): Promise<BirthPlace[]> {
  if (deliveries.length === 0) return [];
  const first = new Set<string>();
  const follows = deliveries.map(({ endpointId, entityKey }) => {
    if (entityKey === null) return false;
    const place = `${endpointId} ${entityKey}`;
    return first.has(place) || !first.add(place);
  });
  const events = [...new Map(deliveries.map((delivery) => [delivery.eventId, delivery])).values()];
  const { rows } = await sql.query<BirthPlaceRow>(offer ? ENQUEUE_BORN : ENQUEUE, [
    deliveries.map((delivery) => delivery.id),
    deliveries.map((delivery) => delivery.eventId),
    deliveries.map((delivery) => delivery.webhookId),
    deliveries.map((delivery) => delivery.endpointId),
    deliveries.map((delivery) => delivery.delayMs),
    origin,
    matchedAt,
    deliveries.map((delivery) => delivery.entityKey),
    follows,
    deliveries.map((delivery) => delivery.mailbox?.id ?? null),
    deliveries.map((delivery) => delivery.mailbox?.awaiting ?? false),
    events.map((delivery) => delivery.eventId),
    events.map((delivery) => delivery.resource),
    events.map((delivery) => delivery.event),
    events.map((delivery) => delivery.entityId),
    ...(offer ? [offer.taken, offer.sender, offer.leaseMarginMs] : []),
  ]);
  // Without any such endpoint there is one row of nulls.
  return offer ? rows.filter((row) => row.endpoint_id !== null).map(toBirthPlace) : [];
}

/**
 * The payload of a hint: the endpoints that have new work, or nothing when they are too many for one (a payload
 * has less than 8,000 bytes). Whoever hears it only looks sooner.
 */
export function queueHint(endpointIds: string[]): string {
  const distinct = [...new Set(endpointIds)];
  return distinct.length <= HINTED_ENDPOINTS ? distinct.join(' ') : '';
}
