/** Watches for statements that wait for a lock, and for how long. */
import pg from 'pg';

/** Watches a database until it is ended; the longest wait for a lock that was seen, ms. The given application is not watched. */
export function watchLocks(url: string, exceptApplication: string): { end(): Promise<number> } {
  let [watching, longest] = [true, 0];
  const watched = (async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    while (watching) {
      const { rows } = await client.query<{ ms: number }>(
        `select coalesce(max(extract(epoch from clock_timestamp() - l.waitstart) * 1000), 0)::float8 as ms, pg_sleep(0.002)
         from pg_locks l join pg_stat_activity a on a.pid = l.pid
         where not l.granted and a.datname = current_database() and a.application_name <> $1`,
        [exceptApplication],
      );
      longest = Math.max(longest, rows[0]!.ms);
    }
    await client.end();
  })();
  return {
    async end() {
      watching = false;
      await watched;
      return Math.round(longest);
    },
  };
}
