/** Forgets statistics that no window reaches any more. */
import type { Sql } from '../db/sql.ts';
import { DIVISIONS } from './windows.ts';

/** So many rows go in one statement: some 30 ms. */
const BATCH = 5_000;

/** Deletes rows that are older than they are kept; how many. */
export async function forgetStats(sql: Sql): Promise<number> {
  let forgotten = 0;
  for (const { step, keep } of DIVISIONS)
    for (let count = BATCH; count === BATCH; forgotten += count) {
      const { rowCount } = await sql.query(
        `delete from delivery_stats where ctid = any (array(
           select ctid from delivery_stats
           where step = $1 and at < clock_timestamp() - $2::float8 * interval '1 second' limit $3))`,
        [step, keep, BATCH],
      );
      count = rowCount!;
    }
  return forgotten;
}
