/** A transaction that holds locks in front of a server, so that a test decides what goes on when. */
import pg from 'pg';

/** Locks that are held until they are let go. */
export interface LockHolder {
  /** Resolves once so many statements of the server wait for a lock. */
  waiting(count: number): Promise<void>;
  /** Ends the transaction and the connection; whoever waited goes on. */
  letGo(): Promise<void>;
}

/** Begins a transaction on the database and runs a statement that locks something. */
export async function holdLock(
  database: { url: string },
  statement: string,
  values: unknown[] = [],
): Promise<LockHolder> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query('begin');
  await client.query(statement, values);
  return {
    async waiting(count) {
      for (let waiting = 0; waiting < count;) {
        const { rows } = await client.query<{ waiting: number }>(
          `with here as (
             select pid from pg_locks where database = (select oid from pg_database where datname = current_database())
           )
           select count(*)::int as waiting, pg_sleep(0.005) from pg_locks
           where not granted and pid in (select pid from here)`,
        );
        waiting = rows[0]!.waiting;
      }
    },
    async letGo() {
      await client.query('commit');
      await client.end();
    },
  };
}
