/** Takes back what a replay queued and nobody has claimed yet: its deliveries are cancelled. */
import type { Sql, Statement } from '../db/sql.ts';
import { CANCEL_SQL } from './cancel.ts';
import { LOG_CHANNEL, QUEUE_CHANNEL } from './enqueue.ts';
import { promoteSql } from './order.ts';
import { RANK } from './rank.ts';

const WITHDRAW: Statement = {
  name: 'withdraw',
  text: `
  with target as materialized (
    select q.id from unnest($1::text[], $2::int[]) as t (id, version)
    join delivery_queue q on q.id = t.id
    -- What was asked for by hand meanwhile, or queued by somebody else, is not the replay's any more.
    where q.sender is null and q.rank <> ${RANK.byHand}
      and (q.version = t.version or (q.origin = 'REPLAY' and not q.manual))
    order by q.id
    for update of q skip locked
  ),
  doomed as (
    delete from delivery_queue where id = any (array(select id from target)) returning *
  ),
  ${CANCEL_SQL},
  ${promoteSql('doomed')}
  select id, pg_notify('${LOG_CHANNEL}', ''), pg_notify('${QUEUE_CHANNEL}', endpoint_id) from doomed`,
};

/** Cancels those of the deliveries that wait as they were queued, under these versions; returns their ids. */
export async function withdraw(sql: Sql, queued: { id: string; version: number }[]): Promise<string[]> {
  if (queued.length === 0) return [];
  const { rows } = await sql.query<{ id: string }>(WITHDRAW, [
    queued.map(({ id }) => id),
    queued.map(({ version }) => version),
  ]);
  return rows.map((row) => row.id);
}
