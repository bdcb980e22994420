/** How far the statistics are behind the delivery log. */
import type { Sql } from '../db/sql.ts';

/** How long the oldest line has waited that is not counted yet, s; 0 when there is none. */
export async function statsLagSeconds(sql: Sql): Promise<number> {
  const { rows } = await sql.query<{ seconds: number }>(
    `select greatest(0, extract(epoch from clock_timestamp() - l.at))::float8 as seconds
     from delivery_stats_cursor c
     cross join lateral (
       select at from delivery_log where (xid, seq) > (c.xid, c.seq) order by xid, seq limit 1
     ) l`,
  );
  return rows[0]?.seconds ?? 0;
}
