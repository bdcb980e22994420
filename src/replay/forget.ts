/**
 * Forgets replays: when they ended longer ago than deliveries are kept, there is nothing left that they name; and the items of
 * one whose start has not come to its end within an hour.
 */
import type { Sql } from '../db/sql.ts';
import { idFloor } from '../ids.ts';

const BATCH = 10_000;
/** A start takes seconds. */
const START_MS = 3_600_000;

/** Forgets those that ended longer ago than keptMs, and what is left of starts that were cut off, in batches, a statement each; nowMs as of ids. */
export async function forgetReplays(sql: Sql, keptMs: number, nowMs = Date.now()): Promise<void> {
  const { rows } = await sql.query<{ id: string }>(
    `select id from replays where finished_at < clock_timestamp() - $1::float8 * interval '1 ms'`,
    [keptMs],
  );
  for (const { id } of rows) {
    await forgetItems(sql, id);
    await sql.query('delete from replays where id = $1', [id]);
  }
  for (const id of await cutOff(sql, idFloor('replay', nowMs - START_MS))) await forgetItems(sql, id);
}

/** Forgets what a replay would have sent. */
export async function forgetItems(sql: Sql, id: string): Promise<void> {
  let count: number | null;
  do {
    ({ rowCount: count } = await sql.query(
      `delete from replay_items where replay_id = $1 and position = any (array(
         select position from replay_items where replay_id = $1 order by position limit ${BATCH}))`,
      [id],
    ));
  } while (count === BATCH);
}

/** The ids before one that have items and no replay; from id to id, since there may be a million items of each. */
async function cutOff(sql: Sql, before: string): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>(
    `with recursive ids (id) as (
       select min(replay_id) from replay_items where replay_id < $1
       union all
       select (select min(i.replay_id) from replay_items i where i.replay_id > ids.id and i.replay_id < $1)
       from ids where ids.id is not null
     )
     select id from ids where id is not null and not exists (select 1 from replays r where r.id = ids.id)`,
    [before],
  );
  return rows.map((row) => row.id);
}
