/**
 * Claims what is due at some endpoints for one sender, in one statement, and reads their events behind it. Comes in: for each endpoint how many requests
 * the sender would start, and what it knows of it. Goes out: the jobs, each with all that its request needs, leased until
 * its deadline and a margin have passed by the database's clock, and for each endpoint how it stands. What may not go any
 * more is cancelled instead.
 *
 * The attempt is counted here, not at its end, so that a row that kills its sender cannot loop. Rows are picked endpoint
 * by endpoint, so that what waits for one costs the others nothing: skipping 100,000 rows of one endpoint in a claim by
 * due time takes 8.6 ms. They are updated by an ARRAY of ids: with a plain join the planner scans the whole table when the
 * backlog is large (30 times slower at a million rows).
 *
 * What is due is asked with statement_timestamp(), which an index can be searched by: with clock_timestamp(), which may change
 * from row to row, each claim would read through all that is due later.
 *
 * Three things are decided here and not in a sender's memory, because they hold over all senders: an open circuit lets
 * only through what somebody asked for by hand, until its probe is due and one sender takes it; an endpoint with a limit of
 * its own is leased as a whole to one sender, which then keeps the limit by itself; and no more than its limit is claimed.
 */
import type { Sql, Statement } from '../db/sql.ts';
import { CANCEL_SQL } from './cancel.ts';
import type { Job, TakenRow } from './job.ts';
import { RANK } from './rank.ts';
import { readJobs } from './read-jobs.ts';
import { sendable, settingsJoin } from './sendable.ts';

/** What a sender asks for at one endpoint. */
export interface Ask {
  endpointId: string;
  /** How many requests it would start. */
  want: number;
  /** How many of its requests are on the wire there. */
  inFlight: number;
  /** The rate that it keeps; where the endpoint has another one now nothing is claimed, so that it can be learned first. */
  ratePerSecond: number | null;
  /** Whether it wants no other sender there for now, though the endpoint has no limit of its own. */
  exclusive: boolean;
  /** Whether requests of an earlier holder may still be on the wire. */
  recount: boolean;
  /** From which due time on to look, seconds since 1970, by rank; null: from the beginning. */
  since: { first: number | null; retry: number | null };
}

/** How an endpoint stands after a claim; times in ms from now. */
export interface Standing {
  endpointId: string;
  accountId: string | null;
  ratePerSecond: number | null;
  /** Its own limit; null takes the default. */
  maxConcurrency: number | null;
  state: 'CLOSED' | 'OPEN' | 'HALF_OPEN';
  /** ALL: what is due. HAND: only what was asked for by hand, until heldMs. ELSEWHERE: another sender has it, until heldMs. LEARN: ask again. */
  may: 'ALL' | 'HAND' | 'ELSEWHERE' | 'LEARN';
  heldMs: number | null;
  /** Requests of other senders on the wire; 0 where nobody counted. */
  foreign: number;
  /** How many rows were taken, cancelled ones included, and how many might have been. */
  taken: number;
  granted: number;
  /** Up to which due time all was taken, by rank, seconds since 1970; null where nothing of the rank was. */
  reached: { first: number | null; retry: number | null };
  /** Until the next waiting row is due, ms; null when none waits, or more were due than could be taken. */
  nextDueMs: number | null;
}

/** What a claim brought. */
export interface Claimed {
  jobs: Job[];
  standings: Standing[];
}

/** What holds for all claims of a sender. */
export interface ClaimTerms {
  sender: string;
  /** How long a claim outlives its request's deadline, ms. */
  leaseMarginMs: number;
  /** How long an endpoint is leased to one sender, ms. */
  endpointLeaseMs: number;
  /** Requests at once at an endpoint without a limit of its own. */
  endpointConcurrency: number;
}

/** Mails at once to the mailboxes of an endpoint without a limit of its own, by each sender. */
export const MAIL_CONCURRENCY = 5;

/** Rows of one rank at each endpoint, as many as are left of its grant behind the CTEs named. */
function pick(name: string, rank: string, since: string, limit: string, before: string[]): string {
  const taken = before
    .map((cte) => ` - (select count(*) from ${cte} b where b.endpoint_id = g.endpoint_id)`)
    .join('');
  return `
  ${name} as materialized (
    select g.endpoint_id, r.* from (select g.*, ${limit}${taken} as left_over from granted g) g
    cross join lateral (
      select q.id, q.rank, q.due_at, q.webhook_id, q.origin, q.queued_at, q.hastened, q.mailbox_id from delivery_queue q
      where q.endpoint_id = g.endpoint_id and q.sender is null and not q.blocked and q.rank = ${rank}
        and q.due_at >= ${since} and q.due_at <= statement_timestamp()
      order by q.due_at
      limit greatest(g.left_over, 0)
      for update skip locked
    ) r
    where g.left_over > 0
  )`;
}

const sinceOf = (rank: string): string =>
  `coalesce(to_timestamp(case ${rank} when ${RANK.first} then g.since_first else g.since_retry end), '-infinity')`;
const WITH_ALL = `case when g.may = 'ALL' then g.n else 0 end`;
const BY_HAND = `case when g.may in ('ALL', 'HAND') then g.n else 0 end`;

function nextDue(rank: number): string {
  return `(select q.due_at from delivery_queue q where q.endpoint_id = g.endpoint_id and q.sender is null
           and not q.blocked and q.rank = ${rank} and q.due_at > statement_timestamp() order by q.due_at limit 1)`;
}

/** The columns of jobs and of settings (job.ts), in order, with their types. */
const JOB_COLUMNS = [
  ...[
    'id text',
    'fence int',
    'attempt_count int',
    'lost_count int',
    'prior_count int',
    'manual boolean',
    'rank smallint',
  ],
  ...['was_hastened boolean', 'origin text', 'event_id text', 'job_endpoint_id text', 'mailbox_id text'],
  ...['mail_target text', 'entity_key text', 'format text', 'lease_ms float8'],
];
const SETTINGS_COLUMNS = [
  ...[
    'settings_of text',
    'endpoint_version int',
    'webhook_id text',
    'webhook_number int',
    'kind text',
    'target text',
  ],
  ...[
    'headers text',
    'timeout_ms int',
    'retry_schedule int[]',
    'signed boolean',
    'auth_type text',
    'auth_sealed bytea',
  ],
  ...['secrets text'],
];
const namesOf = (columns: string[]): string => columns.map((column) => column.split(' ')[0]).join(', ');
const nullsOf = (columns: string[]): string =>
  columns.map((column) => column.replace(/(\w+) (.+)/, 'null::$2 as $1')).join(', ');

/**
 * The CTEs that take the rows of a CTE named picked for a sender: jobs is what it holds then, settings what they need to know of
 * each endpoint, doomed what may not go any more. The parameters are the sender and the margin of the lease, ms.
 *
 * None of them joins two CTEs by the id of a delivery: of their sizes the planner knows nothing, so it takes a nested loop, which
 * with 250 rows took as long as all the rest.
 */
export function takeSql(sender: string, marginMs: string): string {
  return `
  judged as materialized (
    select p.id, ${sendable('p')} as sendable from picked p ${settingsJoin('p')}
  ),
  doomed as (
    delete from delivery_queue where id = any (array(select id from judged where not sendable)) returning *
  ),
  ${CANCEL_SQL},
  claimed as (
    update delivery_queue q
    set sender = ${sender}, claimed_at = clock_timestamp(), fence = q.fence + 1, attempt_count = q.attempt_count + 1,
        prior_count = q.prior_count + q.hastened::int, hastened = false,
        rank = case q.rank when ${RANK.digest} then ${RANK.first} else q.rank end,
        due_at = clock_timestamp() + (ep.timeout_ms + ${marginMs}::int) * interval '1 ms'
    from endpoints ep
    where q.id = any (array(select id from judged where sendable)) and ep.id = q.endpoint_id
    returning q.id, q.fence, q.attempt_count, q.lost_count, q.prior_count, q.manual, q.rank, q.origin, q.event_id, q.endpoint_id,
              q.mailbox_id, q.entity_key, q.format, q.due_at
  ),
  jobs as (
    select c.id, c.fence, c.attempt_count, c.lost_count, c.prior_count, c.manual, c.rank,
           c.id = any (array(select p.id from picked p where p.hastened)) as was_hastened, c.origin, c.event_id,
           c.endpoint_id as job_endpoint_id, c.mailbox_id,
           (select 'mailto:' || mb.address from mailboxes mb where mb.id = c.mailbox_id) as mail_target,
           c.entity_key, c.format,
           (extract(epoch from c.due_at - clock_timestamp()) * 1000)::float8 as lease_ms
    from claimed c
  ),
  settings as (
    select ep.id as settings_of, ep.version as endpoint_version, ep.webhook_id, w.number as webhook_number, ep.kind, ep.target,
           ep.headers::text as headers, ep.timeout_ms, ep.retry_schedule, ep.signing <> 'NONE' as signed, ep.auth_type, ep.auth_sealed,
           (select json_agg(json_build_object('id', s.id, 'sealed', encode(s.sealed, 'base64')) order by s.expires_at desc nulls first, s.id desc)::text
            from secrets s where s.endpoint_id = ep.id and (s.expires_at is null or s.expires_at > now())) as secrets
    from endpoints ep
    join webhooks w on w.id = ep.webhook_id
    where ep.id = any (array(select distinct endpoint_id from claimed))
  )`;
}

/** The rows of settings and of jobs, in any order, each with nulls in place of the other's columns, as readJobs takes them. */
export const TAKEN_SQL = `
  select ${namesOf(SETTINGS_COLUMNS)}, ${nullsOf(JOB_COLUMNS)} from settings
  union all
  select ${nullsOf(SETTINGS_COLUMNS)}, ${namesOf(JOB_COLUMNS)} from jobs`;

/** How long an endpoint is leased: for two requests of its rate at least, so that the next holder comes no sooner than the next request. */
const LEASE_MS = 'greatest($11::int, coalesce(2000 / ep.rate_per_second, 0))';

/** Exported for the test of what it costs. */
export const CLAIM: Statement = {
  name: 'claim',
  text: `
  with asked as materialized (
    select * from unnest($2::text[], $3::int[], $4::int[], $5::int[], $6::boolean[], $7::boolean[], $8::float8[], $9::float8[])
      as t (endpoint_id, want, in_flight, rate, exclusive, recount, since_first, since_retry)
  ),
  lane as materialized (
    select a.*, ep.rate_per_second,
           coalesce(ep.max_concurrency, case when ep.kind <> 'URL' then ${MAIL_CONCURRENCY} end) as max_concurrency, w.account_id, coalesce(c.state, 'CLOSED') as state, c.probe_at,
           case when c.hold_until > clock_timestamp() then c.hold_until end as hold_until,
           coalesce(c.lease_until > clock_timestamp(), false) as is_leased,
           coalesce(c.holder = $1, false) as is_holder, c.lease_until,
           coalesce(c.holder = $1 and c.lease_until > clock_timestamp() + ${LEASE_MS} * interval '0.5 ms', false) as is_fresh,
           ${LEASE_MS} as lease_ms,
           ep.rate_per_second is not null or ep.max_concurrency is not null or a.exclusive
             or coalesce(c.state, 'CLOSED') = 'HALF_OPEN' as needs_lease,
           coalesce(c.state, 'CLOSED') = 'OPEN' and c.probe_at <= clock_timestamp()
             and coalesce(c.holder = $1 or c.lease_until <= clock_timestamp(), true)
             and (c.hold_until is null or c.hold_until <= clock_timestamp())
             and exists (select 1 from delivery_queue q where q.endpoint_id = a.endpoint_id and q.sender is null
                         and not q.blocked and q.rank in (${RANK.byHand}, ${RANK.first}, ${RANK.retry})
                         and q.due_at <= statement_timestamp()) as may_probe
    from asked a
    left join endpoints ep on ep.id = a.endpoint_id
    left join webhooks w on w.id = ep.webhook_id
    left join endpoint_circuits c on c.endpoint_id = a.endpoint_id
  ),
  probing as (
    update endpoint_circuits c
    set state = 'HALF_OPEN', probe_at = null, holder = $1, lease_until = clock_timestamp() + l.lease_ms * interval '1 ms'
    from lane l
    where c.endpoint_id = l.endpoint_id and l.may_probe and c.state = 'OPEN' and c.probe_at <= clock_timestamp()
    returning c.endpoint_id
  ),
  leased as (
    insert into endpoint_circuits as c (endpoint_id, holder, lease_until)
    select endpoint_id, $1, clock_timestamp() + lease_ms * interval '1 ms'
    from lane
    -- A probe takes the lease, too, and a statement may change a row once.
    where needs_lease and not may_probe
      and (not is_leased or (is_holder and not is_fresh))
    order by endpoint_id
    on conflict (endpoint_id) do update set holder = excluded.holder, lease_until = excluded.lease_until
      where c.holder is null or c.holder = excluded.holder or c.lease_until <= clock_timestamp()
    returning endpoint_id
  ),
  judged_lane as materialized (
    select l.*, p.endpoint_id is not null as probed,
           l.is_leased and l.is_holder as was_mine,
           p.endpoint_id is not null or e.endpoint_id is not null or l.is_fresh
             or (l.is_leased and l.is_holder and not l.needs_lease) as is_mine
    from lane l
    left join probing p on p.endpoint_id = l.endpoint_id
    left join leased e on e.endpoint_id = l.endpoint_id
  ),
  granted as materialized (
    select l.*, least(l.want, case when l.probed or (l.state = 'HALF_OPEN' and (l.recount or not l.was_mine)) then 1
                                   else coalesce(l.max_concurrency, $12::int) end - l.in_flight - l.foreign_count)
                  as n,
           case when l.state = 'OPEN' and not l.probed and not l.needs_lease then 'HAND'
                when (l.is_leased or l.needs_lease) and not l.is_mine then 'ELSEWHERE'
                when l.rate_per_second is distinct from l.rate then 'LEARN'
                when l.hold_until is not null or (l.state = 'OPEN' and not l.probed) then 'HAND'
                else 'ALL' end as may
    from (select j.*, case when j.needs_lease and j.is_mine and (j.recount or not j.was_mine)
                           then (select count(*)::int from delivery_queue q
                                 where q.sender is not null and q.sender <> $1 and q.endpoint_id = j.endpoint_id)
                           else 0 end as foreign_count
          from judged_lane j) l
  ),
  ${pick('by_hand', String(RANK.byHand), `'-infinity'`, BY_HAND, [])},
  ${pick('sooner', '$13::int', sinceOf('$13::int'), WITH_ALL, ['by_hand'])},
  ${pick('later', '$14::int', sinceOf('$14::int'), WITH_ALL, ['by_hand', 'sooner'])},
  picked as materialized (
    select * from by_hand union all select * from sooner union all select * from later
  ),
  ${takeSql('$1', '$10')},
  standings as materialized (
    select g.endpoint_id, g.account_id, g.rate_per_second, g.max_concurrency, g.foreign_count, g.n, g.may,
           case when g.probed then 'HALF_OPEN' else g.state end as state, t.taken, r.reached_first, r.reached_retry,
           (extract(epoch from case
              when g.may = 'ELSEWHERE' then g.lease_until
              when g.state = 'OPEN' then g.probe_at
              else g.hold_until end - clock_timestamp()) * 1000)::float8 as held_ms,
           case when t.taken < g.n or g.n <= 0 then
             (extract(epoch from least(${nextDue(RANK.byHand)}, ${nextDue(RANK.first)}, ${nextDue(RANK.retry)})
                      - clock_timestamp()) * 1000)::float8 end as next_due_ms
    from granted g
    cross join lateral (
      select count(*)::int as taken,
             max(due_at) filter (where rank = ${RANK.first}) as first_due, max(due_at) filter (where rank = ${RANK.retry}) as retry_due
      from picked p where p.endpoint_id = g.endpoint_id
    ) t
    -- Where less was taken than was granted, all that was due has been seen.
    cross join lateral (select case when g.may = 'ALL' and t.taken < g.n then statement_timestamp() end as seen) all_due
    cross join lateral (
      select extract(epoch from coalesce(all_due.seen, t.first_due))::float8 as reached_first,
             extract(epoch from coalesce(all_due.seen, t.retry_due))::float8 as reached_retry
    ) r
  )
  select s.endpoint_id as standing_of, s.account_id, s.rate_per_second, s.max_concurrency, s.foreign_count, s.n, s.may,
         s.state, s.taken, s.reached_first, s.reached_retry, s.held_ms, s.next_due_ms, taken.*
  from (${TAKEN_SQL}) taken full join standings s on s.endpoint_id = taken.settings_of
  order by taken.id`,
};

/** Columns of the standing of an endpoint; null in the rows of jobs. */
interface StandingRow {
  standing_of: string;
  account_id: string | null;
  rate_per_second: number | null;
  max_concurrency: number | null;
  foreign_count: number;
  n: number;
  may: Standing['may'];
  state: Standing['state'];
  taken: number;
  reached_first: number | null;
  reached_retry: number | null;
  held_ms: number | null;
  next_due_ms: number | null;
}

/** Claims at the endpoints asked for; retriesFirst turns the order of first attempts and retries round, for this claim. */
export async function claim(
  sql: Sql,
  terms: ClaimTerms,
  asks: Ask[],
  retriesFirst: boolean,
): Promise<Claimed> {
  const { rows } = await sql.query<TakenRow & (StandingRow | { standing_of: null })>(CLAIM, [
    terms.sender,
    asks.map((ask) => ask.endpointId),
    asks.map((ask) => ask.want),
    asks.map((ask) => ask.inFlight),
    asks.map((ask) => ask.ratePerSecond),
    asks.map((ask) => ask.exclusive),
    asks.map((ask) => ask.recount),
    asks.map((ask) => ask.since.first),
    asks.map((ask) => ask.since.retry),
    terms.leaseMarginMs,
    terms.endpointLeaseMs,
    terms.endpointConcurrency,
    retriesFirst ? RANK.retry : RANK.first,
    retriesFirst ? RANK.first : RANK.retry,
  ]);
  const standings = rows.flatMap((row) => (row.standing_of === null ? [] : [toStanding(row)]));
  return { jobs: await readJobs(sql, rows), standings };
}

function toStanding(row: StandingRow): Standing {
  return {
    endpointId: row.standing_of,
    accountId: row.account_id,
    ratePerSecond: row.rate_per_second,
    maxConcurrency: row.max_concurrency,
    state: row.state,
    may: row.may,
    heldMs: row.held_ms,
    foreign: row.foreign_count,
    taken: row.taken,
    granted: Math.max(0, row.n),
    reached: { first: row.reached_first, retry: row.reached_retry },
    nextDueMs: row.next_due_ms,
  };
}
