/**
 * Claims what is due for one sender, in one statement. Comes in: how many requests it can start at
 * once. Goes out: that many jobs, each with all that its request needs, leased until its deadline
 * and a margin have passed by the database's clock. What may not go any more is cancelled instead.
 *
 * The attempt is counted here, not at its end, so that a row that kills its sender cannot loop. The
 * rows are picked in an ARRAY subselect: with a plain join the planner scans the whole table when
 * the backlog is large (30 times slower at a million rows).
 */
import type { Sql, Statement } from '../db/sql.ts';
import { CANCEL_SQL } from './cancel.ts';
import { sendable, settingsJoin } from './sendable.ts';

/** A claimed delivery with everything that one attempt needs. */
export interface Job {
  id: string;
  /** The number of the claim; a completion with an older one is not taken. */
  fence: number;
  /** The number of the attempt, from 1. */
  attempt: number;
  lostCount: number;
  priorCount: number;
  /** The only attempt of a retry by hand. */
  manual: boolean;
  /** An attempt that was due by schedule and was asked for by hand before. */
  hastened: boolean;
  origin: 'EVENT' | 'TEST';
  /** What is left of the lease when the statement ended, ms. */
  leaseMs: number;
  eventId: string;
  resource: string;
  event: string;
  entityId: string;
  occurredAt: Date;
  /** The entity as it was published; null when its partition is gone. */
  payload: string | null;
  webhookId: string;
  webhookNumber: number;
  endpointId: string;
  endpointVersion: number;
  target: string;
  headers: unknown;
  timeoutMs: number;
  /** Seconds; null takes the server's default. */
  retrySchedule: number[] | null;
  secrets: { id: string; sealed: Buffer }[];
}

/** What a claim brought. */
export interface Claimed {
  jobs: Job[];
  /** Until the next waiting row is due, ms; null when none waits. Meaningful when fewer jobs came than asked. */
  nextDueMs: number | null;
}

interface Row {
  id: string;
  fence: number;
  attempt_count: number;
  lost_count: number;
  prior_count: number;
  manual: boolean;
  was_hastened: boolean;
  origin: 'EVENT' | 'TEST';
  lease_ms: number;
  event_id: string;
  resource: string;
  name: string;
  entity_id: string;
  occurred_at: Date;
  payload: string | null;
  webhook_id: string;
  webhook_number: number;
  endpoint_id: string;
  endpoint_version: number;
  target: string;
  headers: unknown;
  timeout_ms: number;
  retry_schedule: number[] | null;
  secrets: { id: string; sealed: string }[] | null;
}

const CLAIM: Statement = {
  name: 'claim',
  text: `
  with picked as materialized (
    select id, webhook_id, endpoint_id, origin, queued_at, hastened
    from delivery_queue
    where sender is null and due_at <= clock_timestamp()
    order by due_at
    limit $2
    for update skip locked
  ),
  judged as materialized (
    select p.id, ${sendable('p')} as sendable from picked p ${settingsJoin('p')}
  ),
  doomed as (
    delete from delivery_queue where id = any (array(select id from judged where not sendable)) returning *
  ),
  ${CANCEL_SQL},
  claimed as (
    update delivery_queue q
    set sender = $1, claimed_at = clock_timestamp(), fence = q.fence + 1, attempt_count = q.attempt_count + 1,
        prior_count = q.prior_count + q.hastened::int, hastened = false,
        due_at = clock_timestamp() + (ep.timeout_ms + $3::int) * interval '1 ms'
    from endpoints ep
    where q.id = any (array(select id from judged where sendable)) and ep.id = q.endpoint_id
    returning q.*, ep.version as endpoint_version, ep.target, ep.headers, ep.timeout_ms, ep.retry_schedule
  )
  select c.id, c.fence, c.attempt_count, c.lost_count, c.prior_count, c.manual, picked.hastened as was_hastened, c.origin,
         c.event_id, c.webhook_id, c.endpoint_id, c.endpoint_version, c.target, c.headers,
         c.timeout_ms, c.retry_schedule, w.number as webhook_number,
         e.resource, e.name, e.entity_id, e.occurred_at, p.payload,
         (select json_agg(json_build_object('id', s.id, 'sealed', encode(s.sealed, 'base64')) order by s.id desc)
          from secrets s
          where s.endpoint_id = c.endpoint_id and (s.expires_at is null or s.expires_at > now())) as secrets,
         (extract(epoch from c.due_at - clock_timestamp()) * 1000)::float8 as lease_ms
  from claimed c
  join picked on picked.id = c.id
  join webhooks w on w.id = c.webhook_id
  join events e on e.id = c.event_id
  left join event_payloads p on p.event_id = c.event_id
  order by c.id`,
};

const NEXT_DUE: Statement = {
  name: 'next_due',
  text: `select (extract(epoch from min(due_at) - clock_timestamp()) * 1000)::float8 as ms
         from delivery_queue where sender is null`,
};

/** Claims up to limit due deliveries for a sender; leaseMarginMs is added to each request's deadline. */
export async function claim(
  sql: Sql,
  sender: string,
  limit: number,
  leaseMarginMs: number,
): Promise<Claimed> {
  const { rows } = await sql.query<Row>(CLAIM, [sender, limit, leaseMarginMs]);
  const jobs = rows.map(toJob);
  if (jobs.length === limit) return { jobs, nextDueMs: 0 };
  const next = await sql.query<{ ms: number | null }>(NEXT_DUE);
  return { jobs, nextDueMs: next.rows[0]!.ms };
}

function toJob(row: Row): Job {
  return {
    id: row.id,
    fence: row.fence,
    attempt: row.attempt_count,
    lostCount: row.lost_count,
    priorCount: row.prior_count,
    manual: row.manual,
    hastened: row.was_hastened,
    origin: row.origin,
    leaseMs: row.lease_ms,
    eventId: row.event_id,
    resource: row.resource,
    event: row.name,
    entityId: row.entity_id,
    occurredAt: row.occurred_at,
    payload: row.payload,
    webhookId: row.webhook_id,
    webhookNumber: row.webhook_number,
    endpointId: row.endpoint_id,
    endpointVersion: row.endpoint_version,
    target: row.target,
    headers: row.headers,
    timeoutMs: row.timeout_ms,
    retrySchedule: row.retry_schedule,
    secrets: (row.secrets ?? []).map(({ id, sealed }) => ({ id, sealed: Buffer.from(sealed, 'base64') })),
  };
}
