/**
 * Ends deliveries that have waited for so long that what they are to send is about to be forgotten
 * (src/history/retention.ts): FAILED with the code EXPIRED, in batches, one statement and so one transaction each.
 * What is on the wire is left alone, and so is what somebody else holds at this moment: the next batch, or the
 * next run, meets it again.
 */
import type { Sql } from '../db/sql.ts';
import { accountOf } from './cancel.ts';
import { LOG_CHANNEL } from './enqueue.ts';

/** Deliveries whose own id, or whose event's id, lies below a bound. */
export interface OlderThan {
  by: 'id' | 'event_id';
  /** The id that is no longer older: a partition's upper bound. */
  below: string;
}

/** Ends at most limit of them, the oldest first; returns how many. */
export async function expireWaiting(sql: Sql, { by, below }: OlderThan, limit: number): Promise<number> {
  const { rows } = await sql.query<{ count: number }>(
    `with picked as materialized (
       select id from delivery_queue
       where ${by} < $1 and sender is null
       order by ${by}
       limit $2
       for update skip locked
     ),
     doomed as (
       delete from delivery_queue where id = any (array(select id from picked)) returning *
     ),
     expired as (
       insert into deliveries (id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, status, version, attempt_count,
                               lost_count, status_code, created_at, completed_at, failure_code, format, mailbox_id, account_id)
       select id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, 'FAILED', version + 1, attempt_count,
              lost_count, status_code, created_at, clock_timestamp(), 'EXPIRED', format, mailbox_id, ${accountOf('doomed')}
       from doomed
     ),
     logged as (
       insert into delivery_log (kind, delivery_id, version, event_id, webhook_id, endpoint_id, origin,
                                 attempt_count, status_code, created_at, failure_code)
       select 'FAILED', id, version + 1, event_id, webhook_id, endpoint_id, origin, attempt_count, status_code,
              created_at, 'EXPIRED'
       from doomed
     )
     select count(*)::int as count from doomed`,
    [below, limit],
  );
  const { count } = rows[0]!;
  // Not in that transaction: from NOTIFY to the end of its commit no other one with a NOTIFY can commit, and the
  // commit of a whole batch takes long (260 ms on a busy machine).
  if (count > 0) await sql.query(`select pg_notify('${LOG_CHANNEL}', '')`);
  return count;
}

/** How many deliveries older than that are open, and how many of them wait. */
export async function countOlder(
  sql: Sql,
  { by, below }: OlderThan,
): Promise<{ open: number; waiting: number }> {
  const { rows } = await sql.query<{ open: number; waiting: number }>(
    `select count(*)::int as open, (count(*) filter (where sender is null))::int as waiting
     from delivery_queue where ${by} < $1`,
    [below],
  );
  return rows[0]!;
}
