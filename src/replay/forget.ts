/** Forgets replays: when they ended longer ago than deliveries are kept, there is nothing left that they name. */
import type { Sql } from '../db/sql.ts';

const BATCH = 10_000;

/** Forgets those that ended longer ago than keptMs, in batches, a statement each. */
export async function forgetReplays(sql: Sql, keptMs: number): Promise<void> {
  const { rows } = await sql.query<{ id: string }>(
    `select id from replays where finished_at < clock_timestamp() - $1::float8 * interval '1 ms'`,
    [keptMs],
  );
  for (const { id } of rows) {
    let count: number | null;
    do {
      ({ rowCount: count } = await sql.query(
        `delete from replay_items where replay_id = $1 and position = any (array(
           select position from replay_items where replay_id = $1 order by position limit ${BATCH}))`,
        [id],
      ));
    } while (count === BATCH);
    await sql.query('delete from replays where id = $1', [id]);
  }
}
