/** Holds transactions that bring deliveries into the queue in the middle of their COMMIT, for tests of what happens meanwhile. */
import pg from 'pg';

const GATE = 4711;

/** A gate before the commits of one database; it begins open. */
export interface CommitGate {
  /** From now on whoever has published, or has recorded that an attempt is to be repeated, waits in its COMMIT. */
  shut(): Promise<void>;
  /** Resolves once so many transactions have waited for a while; rejects after the time limit. */
  held(count: number, limitMs?: number): Promise<void>;
  /** Lets all of them go on; opening an open gate is no error. */
  open(): Promise<void>;
  close(): Promise<void>;
}

/** Puts the gate into a test's own database: a deferred trigger that asks for a lock. */
export async function createCommitGate(databaseUrl: string): Promise<CommitGate> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(`
    create function wait_at_the_gate() returns trigger language plpgsql as $$
    begin
      perform pg_advisory_xact_lock_shared(${GATE});
      return null;
    end $$;
    create constraint trigger born_at_the_gate after insert on delivery_queue
      deferrable initially deferred for each row execute function wait_at_the_gate();
    create constraint trigger back_at_the_gate after update on delivery_queue
      deferrable initially deferred for each row when (new.sender is null) execute function wait_at_the_gate()`);
  return {
    shut: async () => void (await client.query('select pg_advisory_lock($1)', [GATE])),
    open: async () => void (await client.query('select pg_advisory_unlock_all()')),
    held: async (count, limitMs = 15_000) => {
      const end = performance.now() + limitMs;
      for (let waiting = 0; waiting < count;) {
        if (performance.now() > end) throw new Error(`${waiting} of ${count} transactions wait at the gate`);
        const { rows } = await client.query<{ count: number }>(
          `select count(*)::int as count from pg_locks
           where locktype = 'advisory' and objid = $1 and not granted
             and database = (select oid from pg_database where datname = current_database())`,
          [GATE],
        );
        waiting = rows[0]!.count;
      }
      // Longer than a sender takes for the time of a usual commit.
      await client.query('select pg_sleep(0.1)');
    },
    close: () => client.end(),
  };
}
