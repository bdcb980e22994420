/**
 * Sends many closed deliveries again, each as a single attempt without a schedule, under its id: what retryNow does for one,
 * but with the rank of retries, so that they go behind new deliveries and by their endpoint's circuit, and in its order. Tests are
 * not among them: they go where nothing else does, and only when somebody asks for that one.
 */
import type { Sql, Statement } from '../db/sql.ts';
import { RANK } from './rank.ts';
import { sendable, settingsJoin } from './sendable.ts';

/** A delivery that was put into the queue. */
export interface Requeued {
  id: string;
  /** Raised by this. */
  version: number;
  endpointId: string;
}

/** Exported for the test of its plan. */
export const REQUEUE: Statement = {
  name: 'requeue',
  text: `
  with given as materialized (
    select * from unnest($1::text[]) with ordinality as t (id, place)
  ),
  known as materialized (
    select * from unnest($4::text[], $5::text[], $6::text[]) as t (id, resource, entity_id)
  ),
  -- Locked in one order, so that two replays of the same deliveries cannot wait for each other.
  locked as materialized (
    select d.id, d.event_id, d.webhook_id, d.endpoint_id, d.mailbox_id, d.origin,
           statement_timestamp() as queued_at, ${RANK.retry} as rank
    from deliveries d where d.id = any ($1::text[]) order by d.id for update
  ),
  judged as materialized (
    select d.id from locked d ${settingsJoin('d')}
    where ${sendable('d')} and d.origin <> 'TEST' and d.id >= $2 and d.event_id >= $3
      and exists (select 1 from known e where e.id = d.event_id)
  ),
  reopened as (
    delete from deliveries where id = any (array(select id from judged)) returning *
  ),
  -- In the order given, also where an endpoint keeps the order of an entity.
  ordered as materialized (
    select r.*, g.place,
           case when ep.ordering = 'PER_ENTITY' then concat_ws('/', e.resource, e.entity_id, r.mailbox_id) end as entity_key
    from reopened r join given g on g.id = r.id
    join endpoints ep on ep.id = r.endpoint_id join known e on e.id = r.event_id
    order by g.place
  ),
  queued as (
    insert into delivery_queue (id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, version, manual,
                                attempt_count, prior_count, status_code, created_at, rank, format, mailbox_id, entity_key, entity_seq, blocked)
    select o.id, o.event_id, o.resource, o.event, o.entity_id, o.webhook_id, o.endpoint_id, o.origin, o.version + 1, true, o.attempt_count, o.attempt_count,
           o.status_code, o.created_at, ${RANK.retry}, o.format, o.mailbox_id, o.entity_key,
           case when o.entity_key is not null then nextval('delivery_queue_entity_seq') end,
           o.entity_key is not null and (
             exists (select 1 from ordered b where b.endpoint_id = o.endpoint_id and b.entity_key = o.entity_key and b.place < o.place)
             or exists (select 1 from delivery_queue q where q.endpoint_id = o.endpoint_id and q.entity_key = o.entity_key))
    from ordered o
    returning *
  ),
  logged as (
    insert into delivery_log (kind, delivery_id, version, event_id, webhook_id, endpoint_id, origin,
                              attempt_count, status_code, next_attempt_at, created_at, reopened)
    select 'RETRY_SCHEDULED', id, version, event_id, webhook_id, endpoint_id, origin,
           attempt_count, status_code, due_at, created_at, true
    from queued order by id
  )
  select id, version, endpoint_id from queued`,
};

/** Apart from the statement that locks their deliveries: see read-jobs.ts. An event is what it is; one that is gone is not there. */
const EVENTS: Statement = {
  name: 'events_to_requeue',
  text: `
  select e.id, e.resource, e.entity_id
  from (select distinct event_id from deliveries where id = any ($1::text[])) d join events e on e.id = d.event_id`,
};

/** The oldest ids of which all that an attempt needs is kept for long enough. */
export interface KeptFrom {
  deliveryId: string;
  eventId: string;
}

/**
 * Queues those of the deliveries that are closed, may be sent and are kept, in the caller's transaction, which says so to
 * senders and readers (announce) at its end; the others are left as they are.
 */
export async function requeue(sql: Sql, ids: string[], keptFrom: KeptFrom): Promise<Requeued[]> {
  if (ids.length === 0) return [];
  const { rows: events } = await sql.query<{ id: string; resource: string; entity_id: string }>(EVENTS, [
    ids,
  ]);
  const { rows } = await sql.query<{ id: string; version: number; endpoint_id: string }>(REQUEUE, [
    ...[ids, keptFrom.deliveryId, keptFrom.eventId, events.map(({ id }) => id)],
    ...[events.map(({ resource }) => resource), events.map((event) => event.entity_id)],
  ]);
  return rows.map((row) => ({ id: row.id, version: row.version, endpointId: row.endpoint_id }));
}

/** Which of some deliveries are on their way. */
export async function openAmong(sql: Sql, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await sql.query<{ id: string }>(
    `select id from delivery_queue where id = any ($1::text[])`,
    [ids],
  );
  return new Set(rows.map((row) => row.id));
}
