/** What updates and deletes left behind in a table, which every reader steps over until VACUUM takes it. */
import type { Sql } from './sql.ts';

/** Dead rows of each table, its partitions included, as PostgreSQL's statistics count them. */
export async function deadTuples(
  sql: Sql,
  tables: readonly string[],
): Promise<{ table: string; count: number }[]> {
  const { rows } = await sql.query<{ table: string; count: number }>(
    `select t.name as table, coalesce(sum(s.n_dead_tup), 0)::float8 as count
     from unnest($1::text[]) t (name)
     -- Of a table without partitions pg_partition_tree says nothing.
     left join pg_stat_user_tables s on s.relid = t.name::regclass
       or s.relid in (select p.relid from pg_partition_tree(t.name::regclass) p)
     group by t.name order by t.name`,
    [tables],
  );
  return rows;
}
