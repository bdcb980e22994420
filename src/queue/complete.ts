/**
 * Records what became of attempts, many in one statement: the attempt, the row gone or rescheduled,
 * the history, the log line, one hint, and how its endpoint is. A result counts only while its claim is the newest one
 * (fence and attempt: a closed delivery that is sent again by hand begins anew with its fences), so a sender that comes
 * back late changes nothing, and repeating a batch whose answer got lost changes nothing either.
 */
import type { Sql, Statement } from '../db/sql.ts';
import type { AttemptOutcome, FailureCode } from '../errors.ts';
import { accountOf, CANCEL_SQL } from './cancel.ts';
import { LOG_CHANNEL } from './enqueue.ts';
import { promoteSql } from './order.ts';
import { RANK } from './rank.ts';
import { sendable, settingsJoin } from './sendable.ts';

/** The result of one attempt, and what shall become of its delivery. */
export interface Completion {
  id: string;
  fence: number;
  attempt: number;
  /** FAILED is final; RETRY waits delayMs. */
  next: 'SUCCEEDED' | 'FAILED' | 'RETRY';
  delayMs: number;
  /** Whether it says something of the endpoint: a lost attempt, or a fault of ours, does not. */
  telling: boolean;
  /** How long the receiver asked to be left alone, ms; 0 where it did not. */
  holdMs: number;
  origin: 'FIRST' | 'AUTOMATIC_RETRY' | 'MANUAL_RETRY';
  outcome: AttemptOutcome;
  failureCode: FailureCode | null;
  statusCode: number | null;
  startedAt: Date;
  durationMs: number | null;
  /** JSON texts, free of NUL and lone surrogates; response and phases may be null. */
  request: string;
  response: string | null;
  phases: string | null;
  /** The version of the settings that it was sent by; not recorded here, and missing where nothing was sent. */
  endpointVersion?: number;
  /** What the mail server said when it refused the mailbox for good; not recorded here. */
  refusal?: string;
}

/**
 * JSON texts as one text with a line for each, which is empty for none (https://github.com/ndjson/ndjson-spec). As an array every
 * quotation mark is escaped here and taken apart there letter by letter: a row of 64 took 116 us in all, and 105 as lines.
 */
const lines = (texts: (string | null)[]): string => texts.join('\n');
/**
 * Ids, codes and numbers, in which an array has nothing to quote (https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO), as
 * one: pg would look through each of them for quotation marks.
 */
type Word = string | number | boolean | null;
const words = (values: Word[]): string => `{${values.map((value) => value ?? 'NULL').join()}}`;
const linesSql = (parameter: string): string => `string_to_array(${parameter}, E'\\n', '')`;

const COMPLETE: Statement = {
  name: 'complete',
  text: `
  with given as materialized (
    select * from unnest($1::text[], $2::int[], $3::int[], $4::text[], $5::float8[], $6::text[], $7::text[],
                         $8::text[], $9::int[], $10::float8[], $11::int[], ${linesSql('$12')}, ${linesSql('$13')},
                         ${linesSql('$14')}, $15::boolean[], $16::float8[])
      as t (id, fence, attempt, next, delay_ms, origin, outcome,
            failure_code, status_code, started_ms, duration_ms, request, response, phases, telling, hold_ms)
  ),
  locked as materialized (
    -- By the ids: written so that no index of all that is leased fits, which is read to its end.
    select q.* from delivery_queue q
    where q.id = any ($1::text[]) and coalesce(q.sender, '') <> ''
    for update
  ),
  held as materialized (
    select q.id, q.event_id, q.resource, q.event, q.entity_id, q.webhook_id, q.endpoint_id, q.origin as delivery_origin, q.version + 1 as version,
           q.attempt_count, q.lost_count + (g.outcome = 'LOST')::int as lost_count, q.created_at,
           coalesce(g.status_code, case when g.outcome = 'LOST' then q.status_code end) as status_code,
           g.attempt, g.origin, g.outcome, g.failure_code, to_timestamp(g.started_ms / 1000) as started_at, g.duration_ms,
           g.request::json as request, g.response::json as response, g.phases::json as phases,
           q.entity_key, q.entity_seq, q.blocked, q.format, q.mailbox_id, g.telling, g.hold_ms,
           -- Looked up only for what failed.
           case when g.next = 'RETRY' and (q.cancelled or not (select ${sendable('q')} from (select 1) one ${settingsJoin('q')}))
                then 'CANCELLED' else g.next end as next,
           clock_timestamp() + g.delay_ms * interval '1 ms' as next_attempt_at
    from given g
    join locked q on q.id = g.id and q.fence = g.fence and q.attempt_count = g.attempt
  ),
  finished as (
    delete from delivery_queue where id = any (array(select id from held where next <> 'RETRY'))
  ),
  ${promoteSql(`(select * from held where next <> 'RETRY')`)},
  rescheduled as (
    update delivery_queue q
    set sender = null, claimed_at = null, due_at = h.next_attempt_at, version = h.version,
        status_code = h.status_code, lost_count = h.lost_count, rank = ${RANK.retry}
    from held h
    where q.id = any (array(select id from held where next = 'RETRY')) and q.id = h.id and h.next = 'RETRY'
  ),
  closed as (
    insert into deliveries (id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, status, version, attempt_count,
                            lost_count, status_code, created_at, completed_at, format, mailbox_id, account_id)
    select id, event_id, resource, event, entity_id, webhook_id, endpoint_id, delivery_origin, next, version, attempt_count,
           lost_count, status_code, created_at, clock_timestamp(), format, mailbox_id, ${accountOf('held')}
    from held where next <> 'RETRY'
  ),
  attempted as (
    insert into attempts (delivery_id, number, origin, outcome, started_at, duration_ms, failure_code,
                          request, response, phases)
    select id, attempt, origin, outcome, started_at, duration_ms, failure_code, request, response, phases
    from held
  ),
  logged as (
    insert into delivery_log (kind, delivery_id, version, event_id, webhook_id, endpoint_id, origin,
                              attempt_count, attempt_number, status_code, next_attempt_at, created_at, duration_ms)
    select case next when 'RETRY' then 'RETRY_SCHEDULED' else next end, id, version, event_id, webhook_id,
           endpoint_id, delivery_origin, attempt_count, attempt, status_code,
           case next when 'RETRY' then next_attempt_at end, created_at,
           -- What was blocked was never sent.
           case when outcome <> 'BLOCKED' then duration_ms end
    from held
  ),
  verdicts as materialized (
    select endpoint_id, bool_or(outcome = 'SUCCEEDED') as healthy, count(*) filter (where outcome <> 'SUCCEEDED') as failures,
           (array_agg(failure_code order by started_at desc) filter (where outcome <> 'SUCCEEDED'))[1] as failure_code,
           max(hold_ms) as hold_ms
    from held where telling group by endpoint_id
  ),
  -- Locked in one order, so that two batches with the same endpoints cannot wait for each other.
  circuits as materialized (
    select c.endpoint_id from endpoint_circuits c join verdicts v on v.endpoint_id = c.endpoint_id
    where not v.healthy or v.hold_ms > 0 or c.failing_since is not null
    order by c.endpoint_id
    for update of c
  ),
  recovered as (
    -- An open one keeps what opened it: a success that was on the wire then says nothing new, and one that does closes it (circuits.ts).
    update endpoint_circuits set failing_since = null, failures = 0, failure_code = null
    where endpoint_id = any (array(select v.endpoint_id from verdicts v join circuits c on c.endpoint_id = v.endpoint_id
                                   where v.healthy and v.hold_ms = 0))
      and state <> 'OPEN'
  ),
  -- Failures, and what a receiver asked for beside successes: it then has no failures, but is left alone all the same.
  noted as (
    insert into endpoint_circuits as c (endpoint_id, failing_since, failures, failure_code, hold_until)
    select v.endpoint_id, case when not v.healthy then clock_timestamp() end, case when v.healthy then 0 else v.failures end,
           case when not v.healthy then v.failure_code end,
           case when v.hold_ms > 0 then clock_timestamp() + v.hold_ms * interval '1 ms' end
    from verdicts v
    where (not v.healthy or v.hold_ms > 0) and (select count(*) from circuits) >= 0
    order by v.endpoint_id
    on conflict (endpoint_id) do update
      set failing_since = case when excluded.failures > 0 then coalesce(c.failing_since, excluded.failing_since) end,
          failures = case when excluded.failures > 0 then c.failures + excluded.failures else 0 end,
          failure_code = excluded.failure_code, hold_until = greatest(c.hold_until, excluded.hold_until)
    returning c.endpoint_id, c.failing_since, c.failures, c.failure_code
  )
  select counted.count, pg_notify('${LOG_CHANNEL}', ''),
         (select json_agg(json_build_object('endpointId', endpoint_id, 'failures', failures, 'code', failure_code, 'failingSince', failing_since,
                                            'failingMs', extract(epoch from clock_timestamp() - failing_since) * 1000))
          from noted where failures > 0) as failing
  from (select count(*)::int as count from held) counted`,
};

/** An endpoint that has had nothing but failures since an instant. */
export interface Failing {
  endpointId: string;
  failures: number;
  /** The last one. */
  code: FailureCode;
  failingSince: Date;
  /** How long that is, ms. */
  failingMs: number;
}

/** Records a batch; counted is how many of its results counted (the others came too late). */
export async function complete(
  sql: Sql,
  batch: Completion[],
): Promise<{ counted: number; failing: Failing[] }> {
  const plain = (of: (row: Completion) => Word): string => words(batch.map(of));
  const texts = (of: (row: Completion) => string | null): string => lines(batch.map(of));
  const { rows } = await sql.query<{
    count: number;
    failing: (Omit<Failing, 'failingSince'> & { failingSince: string })[] | null;
  }>(COMPLETE, [
    plain(({ id }) => id),
    plain(({ fence }) => fence),
    plain(({ attempt }) => attempt),
    plain(({ next }) => next),
    plain(({ delayMs }) => delayMs),
    plain(({ origin }) => origin),
    plain(({ outcome }) => outcome),
    plain(({ failureCode }) => failureCode),
    plain(({ statusCode }) => statusCode),
    plain(({ startedAt }) => startedAt.getTime()),
    plain(({ durationMs }) => durationMs),
    texts(({ request }) => request),
    texts(({ response }) => response),
    texts(({ phases }) => phases),
    plain(({ telling }) => telling),
    plain(({ holdMs }) => holdMs),
  ]);
  const { count, failing } = rows[0]!;
  return {
    counted: count,
    failing: (failing ?? []).map((row) => ({ ...row, failingSince: new Date(row.failingSince) })),
  };
}

/**
 * Gives claimed rows back unsent: the attempt is not counted, and anyone may claim them at once; one that was
 * cancelled meanwhile is gone. Rows whose claim is no longer the newest are left alone. With digestMs they wait to go together
 * with the others of their mailbox, when the first of them is due, and no longer than that.
 */
export async function release(
  sql: Sql,
  claims: { id: string; fence: number; attempt: number; hastened: boolean }[],
  digestMs: number | null = null,
): Promise<void> {
  await sql.query(
    `with given as materialized (
       select q.id, q.cancelled, t.hastened
       from unnest($1::text[], $2::int[], $3::int[], $4::boolean[]) as t (id, fence, attempt, hastened)
       join delivery_queue q on q.id = t.id and q.fence = t.fence and q.attempt_count = t.attempt and q.sender is not null
       for update of q
     ),
     released as (
       update delivery_queue q
       set sender = null, claimed_at = null, attempt_count = q.attempt_count - 1,
           rank = case when $5::float8 is null then q.rank else ${RANK.digest} end,
           due_at = clock_timestamp() + case when $5::float8 is null then interval '0' else least(
             (select min(d.due_at) - clock_timestamp() from delivery_queue d
              where d.mailbox_id = q.mailbox_id and d.rank = ${RANK.digest}), $5::float8 * interval '1 ms') end,
           hastened = g.hastened, prior_count = q.prior_count - g.hastened::int
       from given g
       where q.id = any (array(select id from given where not cancelled)) and q.id = g.id
     ),
     removed as (
       delete from delivery_queue where id = any (array(select id from given where cancelled)) returning *
     ),
     doomed as (
       select id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, version, attempt_count - 1 as attempt_count, lost_count,
              status_code, created_at, entity_key, entity_seq, blocked, format, mailbox_id
       from removed
     ),
     ${CANCEL_SQL},
     ${promoteSql('doomed')}
     select pg_notify('${LOG_CHANNEL}', '') from doomed`,
    [
      claims.map((claim) => claim.id),
      claims.map((claim) => claim.fence),
      claims.map((claim) => claim.attempt),
      claims.map((claim) => claim.hastened),
      digestMs,
    ],
  );
}
