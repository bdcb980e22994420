/**
 * Cancels what slipped past a switch. A disable, a delete and the removal of an endpoint cancel what waits,
 * but not what a publish has matched before and commits after them, nor the retry of an attempt that is
 * recorded at that very moment. What is due is cancelled at its claim; this is for what is due later.
 *
 * Run by every sender at each poll. It looks at the webhooks and endpoints that were switched off, or on again,
 * and at the endpoints that were removed within the last two minutes, by indexes that hold no others: no statement may
 * run for more than one (src/db/pools.ts), so whatever was under way has come to its end by then. The queue is
 * read webhook by webhook: in one go, the planner may walk through all that waits (384 pages of 20,000 rows
 * instead of 8).
 */
import type { Sql, Statement } from '../db/sql.ts';
import { CANCEL_SQL } from './cancel.ts';
import { LOG_CHANNEL } from './enqueue.ts';
import { sendable, settingsJoin } from './sendable.ts';

const RECENTLY = `> statement_timestamp() - interval '2 minutes'`;

/** Exported for the test of what it costs. */
export const SWEEP: Statement = {
  name: 'sweep',
  text: `
  with switched as materialized (
    select id from webhooks where (not enabled or deleted_at is not null) and updated_at ${RECENTLY}
    union
    select id from webhooks where enabled_at > created_at and enabled_at ${RECENTLY}
    union
    select webhook_id from endpoints where removed_at is not null and removed_at ${RECENTLY}
    union
    select webhook_id from endpoints where disabled_at is not null and disabled_at ${RECENTLY}
    union
    select webhook_id from endpoints where enabled_at > created_at and enabled_at ${RECENTLY}
  ),
  picked as materialized (
    select late.id
    from switched
    cross join lateral (
      select q.id from delivery_queue q ${settingsJoin('q')}
      where q.webhook_id = switched.id and q.sender is null and not ${sendable('q')}
      order by q.id
      limit $1
      for update of q skip locked
    ) late
    limit $1
  ),
  doomed as (
    delete from delivery_queue where id = any (array(select id from picked)) returning *
  ),
  ${CANCEL_SQL}
  select swept.count, pg_notify('${LOG_CHANNEL}', '')
  from (select count(*)::int as count from doomed) swept
  where swept.count > 0`,
};

/** Cancels at most limit deliveries; returns how many. Waits for no lock: what others hold is left to them. */
export async function sweep(sql: Sql, limit: number): Promise<number> {
  const { rows } = await sql.query<{ count: number }>(SWEEP, [limit]);
  return rows[0]?.count ?? 0;
}
