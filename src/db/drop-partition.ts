/**
 * Drops a partition while everybody goes on working. DETACH CONCURRENTLY takes no lock that stands in the way of
 * a statement: it marks the partition, waits for those that may still read it, and parts the two. That
 * cannot be one transaction, so what was begun is noted first (partition_drops) and found again by the next
 * run, on whatever server: a marked partition is FINALIZEd, a detached one dropped. A table that nobody
 * noted is never dropped, whatever its name: an operator may have detached it to keep it.
 */
import { retryLocked } from './partitions.ts';
import type { Sql } from './sql.ts';

/**
 * How long a lock is waited for in one go, ms: whoever wants the same one stands behind us for so long at most.
 * It also ends the wait for statements that still read the partition; they hold up nobody, we just look again.
 */
const LOCK_TIMEOUT_MS = 80;
/** Some five seconds of pauses; a reader that takes longer is left to the next run. */
const TRIES = 14;

/** Whether a partition is gone; LATER when something that runs still reads it. */
export type DropOutcome = 'DROPPED' | 'LATER';

/** Drops one partition of a table; sql is one connection outside of a transaction. */
export async function dropPartition(sql: Sql, table: string, name: string): Promise<DropOutcome> {
  await sql.query('insert into partition_drops (partition, parent) values ($1, $2) on conflict do nothing', [
    name,
    table,
  ]);
  return await finish(sql, table, name);
}

/**
 * Drops what earlier runs began to drop and did not end; returns the names, those that wait further, and their tables:
 * as long as PostgreSQL parts with one partition of a table it refuses to begin with another.
 */
export async function finishDrops(
  sql: Sql,
): Promise<{ dropped: string[]; waiting: string[]; busy: string[] }> {
  const { rows } = await sql.query<{ partition: string; parent: string }>(
    'select partition, parent from partition_drops order by began_at, partition',
  );
  const outcomes: { name: string; table: string; outcome: DropOutcome }[] = [];
  for (const { partition, parent } of rows)
    outcomes.push({ name: partition, table: parent, outcome: await finish(sql, parent, partition) });
  const named = (wanted: DropOutcome): string[] =>
    outcomes.filter(({ outcome }) => outcome === wanted).map(({ name }) => name);
  const busy = outcomes.filter(({ outcome }) => outcome === 'LATER').map(({ table }) => table);
  return { dropped: named('DROPPED'), waiting: named('LATER'), busy };
}

async function finish(sql: Sql, table: string, name: string): Promise<DropOutcome> {
  await sql.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`);
  try {
    await retryLocked(() => detach(sql, table, name), TRIES);
    await retryLocked(() => sql.query(`drop table if exists ${name}`), TRIES);
  } catch (error) {
    if ((error as { code?: string }).code === '55P03') return 'LATER';
    throw error;
  } finally {
    await sql.query('reset lock_timeout');
  }
  await sql.query('delete from partition_drops where partition = $1', [name]);
  return 'DROPPED';
}

/** One step nearer to a table of its own; nothing is left to do when it is one, or gone. */
async function detach(sql: Sql, table: string, name: string): Promise<void> {
  const { rows } = await sql.query<{ pending: boolean }>(
    `select inhdetachpending as pending from pg_inherits
     where inhparent = $1::regclass and inhrelid = to_regclass($2)`,
    [table, name],
  );
  if (!rows[0]) return;
  await sql.query(
    `alter table ${table} detach partition ${name} ${rows[0].pending ? 'finalize' : 'concurrently'}`,
  );
}
