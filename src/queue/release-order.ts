/** Lets go of the order of an endpoint that keeps none any more. */
import type { Sql } from '../db/sql.ts';
import { QUEUE_CHANNEL } from './enqueue.ts';

/**
 * Takes the deliveries that wait for an endpoint out of their entities' order, in the caller's transaction, so that
 * each goes by itself; returns how many. A delivery that is on the wire keeps its place: nothing stands behind it
 * any more, and what a publish that was matched before puts there is promoted when it leaves, or by promoteOrphans.
 */
export async function releaseOrder(sql: Sql, endpointId: string): Promise<number> {
  const { rows } = await sql.query<{ count: number }>(
    `with ordered as materialized (
       select id from delivery_queue
       where endpoint_id = $1 and entity_key is not null and sender is null
       order by entity_key, entity_seq
       for update
     ),
     released as (
       update delivery_queue set entity_key = null, entity_seq = null, blocked = false
       where id = any (array(select id from ordered))
       returning id
     )
     select count(*)::int as count, pg_notify('${QUEUE_CHANNEL}', $1) from released`,
    [endpointId],
  );
  return rows[0]!.count;
}
