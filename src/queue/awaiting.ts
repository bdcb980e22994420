/**
 * Deliveries that wait for the owner of their mailbox to confirm it: no claim picks them (RANK.awaiting), and due_at says
 * until when they wait. The word of an owner moves what waits in its own transaction; what was being published at that
 * very moment, and what nobody confirmed in time, is met by settleAwaiting, at each round of every sender.
 */
import type { Sql, Statement } from '../db/sql.ts';
import { CANCEL_SQL } from './cancel.ts';
import { LOG_CHANNEL, QUEUE_CHANNEL } from './enqueue.ts';
import { promoteSql } from './order.ts';
import { RANK } from './rank.ts';

/** Makes rows of a CTE (with their ids) due as first attempts, in the order in which they were made. */
const releaseSql = (rows: string): string => `
  released as (
    update delivery_queue q
    set rank = ${RANK.first}, due_at = clock_timestamp() + o.place * interval '1 microsecond'
    from (select id, row_number() over (order by id) as place from ${rows}) o
    where q.id = o.id
    returning q.endpoint_id
  )`;

/** Lets what waits for a mailbox go, in the caller's transaction; returns how many deliveries that are. */
export async function releaseAwaiting(sql: Sql, mailboxId: string): Promise<number> {
  const { rows } = await sql.query<{ count: number }>(
    `with waiting as materialized (
       select id from delivery_queue where mailbox_id = $1 and rank = ${RANK.awaiting} order by id for update
     ),
     ${releaseSql('waiting')}
     select count(*)::int as count, pg_notify('${QUEUE_CHANNEL}', max(endpoint_id)) from released`,
    [mailboxId],
  );
  return rows[0]!.count;
}

/** Cancels what waits for some mailboxes, whatever it waits for, in the caller's transaction; returns how many deliveries that are. */
export async function cancelMailboxes(sql: Sql, mailboxIds: string[]): Promise<number> {
  if (mailboxIds.length === 0) return 0;
  const { rows } = await sql.query<{ count: number }>(
    `with doomed as (
       delete from delivery_queue where mailbox_id = any ($1::text[]) and sender is null returning *
     ),
     ${CANCEL_SQL},
     ${promoteSql('doomed')}
     select count(*)::int as count, pg_notify('${LOG_CHANNEL}', '') from doomed`,
    [mailboxIds],
  );
  return rows[0]!.count;
}

/** Only mailboxes whose owner has said something lately: no statement runs for longer (src/db/pools.ts). */
const SETTLE: Statement = {
  name: 'settle_awaiting',
  text: `
  with overdue as materialized (
    select id from delivery_queue
    where rank = ${RANK.awaiting} and due_at <= statement_timestamp()
    order by due_at limit $1 for update skip locked
  ),
  told as materialized (
    select id, status = 'CONFIRMED' and removed_at is null as confirmed from mailboxes
    where changed_at > statement_timestamp() - interval '2 minutes' and (status <> 'UNCONFIRMED' or removed_at is not null)
  ),
  late as materialized (
    select q.id, t.confirmed from told t
    cross join lateral (
      select q.id from delivery_queue q where q.mailbox_id = t.id and q.rank = ${RANK.awaiting}
      limit $1 for update skip locked
    ) q
  ),
  welcome as materialized (select id from late where confirmed and id not in (select id from overdue)),
  doomed as (
    delete from delivery_queue
    where id = any (array(select id from overdue union select id from late where not confirmed)) returning *
  ),
  ${CANCEL_SQL},
  ${promoteSql('doomed')},
  ${releaseSql('welcome')}
  select settled.cancelled, settled.released, pg_notify('${LOG_CHANNEL}', ''), pg_notify('${QUEUE_CHANNEL}', '')
  from (select (select count(*)::int from doomed) as cancelled, (select count(*)::int from released) as released) settled
  where settled.cancelled > 0 or settled.released > 0`,
};

/** Cancels what has waited for too long, and moves what slipped past an owner's word; how many rows it met, at most limit of a kind. */
export async function settleAwaiting(sql: Sql, limit: number): Promise<number> {
  const { rows } = await sql.query<{ cancelled: number; released: number }>(SETTLE, [limit]);
  return Math.max(rows[0]?.cancelled ?? 0, rows[0]?.released ?? 0);
}
