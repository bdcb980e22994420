/** Watches for statements that wait for a lock, for how long, and whether a certain application holds them up. */
import pg from 'pg';

/** What was seen. */
export interface LockWaits {
  /** The longest wait of a statement that the application held up, ms. */
  causedMs: number;
  /** The longest wait of any statement but the application's own, ms, and for what. */
  longestMs: number;
  longestOn: string | null;
}

/** Watches a database until it is ended; the application is named as PostgreSQL shows it. */
export function watchLocks(url: string, application: string): { end(): Promise<LockWaits> } {
  let watching = true;
  const seen: LockWaits = { causedMs: 0, longestMs: 0, longestOn: null };
  const watched = (async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    while (watching) {
      const { rows } = await client.query<{ ms: number; what: string; caused: boolean }>(
        `select (extract(epoch from clock_timestamp() - l.waitstart) * 1000)::float8 as ms,
                concat_ws(' ', l.mode, l.locktype, l.relation::regclass::text, left(a.query, 60)) as what,
                exists (select from pg_stat_activity b
                        where b.pid = any (pg_blocking_pids(l.pid)) and b.application_name = $1) as caused
         from pg_locks l join pg_stat_activity a on a.pid = l.pid
         where not l.granted and a.datname = current_database() and a.application_name <> $1`,
        [application],
      );
      for (const { ms, what, caused } of rows) {
        if (caused) seen.causedMs = Math.max(seen.causedMs, Math.round(ms));
        if (ms > seen.longestMs) Object.assign(seen, { longestMs: Math.round(ms), longestOn: what });
      }
      await client.query('select pg_sleep(0.002)');
    }
    await client.end();
  })();
  return {
    async end() {
      watching = false;
      await watched;
      return seen;
    },
  };
}
