/**
 * Counts anew what is open, in the caller's transaction: where the log does not tell of all that is in the queue, since
 * lines were forgotten before they were counted, or the server is older than its statistics.
 */
import type { Sql } from '../db/sql.ts';
import type { Position } from '../live/cursor.ts';

/**
 * One statement, and so one view of queue and log: what the queue holds less what the lines behind the position, which
 * are still to be counted, will add.
 */
const RECOUNT = `
  with changes as (
    select webhook_id, endpoint_id, 1 as change from delivery_queue where origin <> 'TEST'
    union all
    select webhook_id, endpoint_id,
           case when kind = 'CREATED' or reopened then -1 when kind in ('SUCCEEDED', 'FAILED', 'CANCELLED') then 1 else 0 end
    from delivery_log where (xid, seq) > ($1::xid8, $2::bigint) and origin <> 'TEST'
  ),
  open as materialized (
    select webhook_id, endpoint_id, sum(change) as open from changes group by 1, 2 having sum(change) <> 0
  )
  insert into delivery_stats_open (scope_id, part_id, open)
  select webhook_id, endpoint_id, open from open
  union all
  select w.account_id, '', sum(o.open) from open o join webhooks w on w.id = o.webhook_id group by 1`;

/** Counts the queue, some 300 ms with a million rows. Nobody else may write the table meanwhile. */
export async function recountOpen(sql: Sql, position: Position): Promise<void> {
  await sql.query('delete from delivery_stats_open');
  await sql.query(RECOUNT, [position.xid.toString(), position.seq.toString()]);
}
