/** How far the stream is behind what is committed. */
import type { Sql } from '../db/sql.ts';

/**
 * How long the oldest line has waited that no reader may take yet, because a transaction older than it is still
 * running, s; 0 when there is none. Lines are ordered by transaction, so the first one is taken for the oldest.
 */
export async function logLagSeconds(sql: Sql): Promise<number> {
  const { rows } = await sql.query<{ seconds: number }>(
    `select greatest(0, extract(epoch from clock_timestamp() - at))::float8 as seconds from delivery_log
     where xid >= pg_snapshot_xmin(pg_current_snapshot()) order by xid, seq limit 1`,
  );
  return rows[0]?.seconds ?? 0;
}
