/**
 * The order of an entity's deliveries at endpoints that keep it. Rows of one endpoint and entity go in the order of
 * entity_seq: the first of them may be claimed, all others are blocked, and in no index that a claim reads. Whoever
 * takes the first one out of the queue promotes the next in the same statement. A row that was being inserted at
 * that very moment was not seen by it, and stays blocked: that is what promoteOrphans is for, once a second.
 */
import type { Sql, Statement } from '../db/sql.ts';

/**
 * A CTE named promoted, behind one (with id, endpoint_id, entity_key, blocked) that took rows out of the queue. It looks for
 * the first row that is left, not for the next one: of two publishes in parallel neither saw the other's row, both go,
 * and what came after them must wait for both.
 */
export function promoteSql(gone: string): string {
  return `
  followers as materialized (
    select id from delivery_queue
    where blocked and id = any (array(
      select (select n.id from delivery_queue n
              where n.endpoint_id = g.endpoint_id and n.entity_key = g.entity_key
                and not exists (select 1 from ${gone} x where x.id = n.id)
              order by n.entity_seq limit 1)
      from ${gone} g where g.entity_key is not null and not g.blocked))
    -- A cancellation may hold it, and wait for a row that is held here: left to promoteOrphans.
    for update skip locked
  ),
  promoted as (
    update delivery_queue set blocked = false where id = any (array(select id from followers))
  )`;
}

const PROMOTE_ORPHANS: Statement = {
  name: 'promote_orphans',
  // One probe of the index for each entity that has an open delivery, however many wait behind it.
  text: `
  with recursive heads as (
    (select id, endpoint_id, entity_key, blocked from delivery_queue
     where entity_key is not null order by endpoint_id, entity_key, entity_seq limit 1)
    union all
    select next.* from heads h cross join lateral (
      select q.id, q.endpoint_id, q.entity_key, q.blocked from delivery_queue q
      where q.entity_key is not null and (q.endpoint_id, q.entity_key) > (h.endpoint_id, h.entity_key)
      order by q.endpoint_id, q.entity_key, q.entity_seq limit 1
    ) next
  ),
  orphans as materialized (
    select q.id from delivery_queue q
    where q.id = any (array(select id from heads where blocked)) and q.blocked
    for update skip locked
  )
  update delivery_queue set blocked = false where id = any (array(select id from orphans)) returning endpoint_id`,
};

/** Promotes first rows that are blocked by nothing; returns their endpoints. */
export async function promoteOrphans(sql: Sql): Promise<string[]> {
  const { rows } = await sql.query<{ endpoint_id: string }>(PROMOTE_ORPHANS);
  return rows.map((row) => row.endpoint_id);
}
