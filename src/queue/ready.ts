/**
 * Which endpoints have work that is due, or soon will be: one probe of an index for each endpoint that has anything
 * waiting, whatever the backlog. A sender looks now and then, and whenever a hint says no more than that there is work;
 * in between it knows by hints and by its own claims.
 */
import type { Sql, Statement } from '../db/sql.ts';
import { RANK } from './rank.ts';

/** An endpoint with work; times in ms from now. */
export interface Ready {
  endpointId: string;
  accountId: string | null;
  /** When its first row is due; not positive: now. */
  dueMs: number;
}

function firstDue(rank: number): string {
  return `(select q.due_at from delivery_queue q where q.endpoint_id = e.endpoint_id and q.sender is null
           and not q.blocked and q.rank = ${rank} order by q.due_at limit 1)`;
}

const READY: Statement = {
  name: 'ready',
  text: `
  with recursive e as (
    (select endpoint_id from delivery_queue where sender is null and not blocked order by endpoint_id limit 1)
    union all
    select next.endpoint_id from e cross join lateral (
      select q.endpoint_id from delivery_queue q
      where q.sender is null and not q.blocked and q.endpoint_id > e.endpoint_id
      order by q.endpoint_id limit 1
    ) next
  ),
  due as (
    select e.endpoint_id, ${firstDue(RANK.byHand)} as by_hand,
           least(${firstDue(RANK.first)}, ${firstDue(RANK.retry)}) as by_schedule
    from e
  )
  select d.endpoint_id, w.account_id,
         (extract(epoch from least(
            d.by_hand,
            greatest(d.by_schedule, case c.state when 'OPEN' then c.probe_at end, c.hold_until)) - clock_timestamp())
          * 1000)::float8 as due_ms
  from due d
  left join endpoints ep on ep.id = d.endpoint_id
  left join webhooks w on w.id = ep.webhook_id
  left join endpoint_circuits c on c.endpoint_id = d.endpoint_id
  where least(d.by_hand, d.by_schedule) <= clock_timestamp() + $1::int * interval '1 ms'`,
};

/** The endpoints with work that is due within withinMs. */
export async function readyEndpoints(sql: Sql, withinMs: number): Promise<Ready[]> {
  const { rows } = await sql.query<{ endpoint_id: string; account_id: string | null; due_ms: number }>(
    READY,
    [withinMs],
  );
  return rows.map((row) => ({ endpointId: row.endpoint_id, accountId: row.account_id, dueMs: row.due_ms }));
}
