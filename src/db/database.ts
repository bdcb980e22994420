/**
 * The database as the rest of the program gets it: checked, migrated, with partitions ahead. In comes
 * an address, out come ways to it that cannot starve each other: the settings (TypeORM), the rights, publishing,
 * the engine, the reads, the streams, the health, and the hints. Each connects when it is first used. A crash loses nothing that was committed; a lost connection is
 * replaced at the next use.
 */
import type pg from 'pg';
import type { DataSource } from 'typeorm';

import { StartupError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { connectChecked, reasonOf } from './check-server.ts';
import { Hints } from './hints.ts';
import { migrate } from './migrate.ts';
import { ensurePartitions, type Keep } from './partitions.ts';
import { createPool, guardPool } from './pools.ts';

/** An open database. */
export interface Database {
  /** Holds the password: never to be logged. */
  url: string;
  /** Settings, through entities. */
  orm: DataSource;
  /** Tokens and what they may do: no list may hold up what lets callers in, or throws them out within a second. */
  rights: pg.Pool;
  /** Publish and match, test events, retries by hand: a burst of them holds up no claim. */
  publishing: pg.Pool;
  /** Claim, complete, and what else the sender does; housekeeping. */
  engine: pg.Pool;
  /** Lists and look-ups of what happened; a slow one holds up neither the engine nor the streams. */
  reads: pg.Pool;
  /** The log's tailer and the streams behind it. */
  streams: pg.Pool;
  /** Readiness, metrics and the clock: short waits, short statements, and nothing that others could keep busy. */
  health: pg.Pool;
  hints: Hints;
  /**
   * Begins the end: what still has a connection of a pool when afterMs have passed loses it, and its transaction is undone. A
   * database that does not answer must not hold up a stop for as long as a statement may take.
   */
  letGo(afterMs: number): void;
  /** Ends all connections once their statements are done. Safe to call twice. */
  close(): Promise<void>;
}

const PUBLISHING_CONNECTIONS = 4;
const ENGINE_CONNECTIONS = 6;
const RIGHTS_CONNECTIONS = 3;
const READ_CONNECTIONS = 4;
const STREAM_CONNECTIONS = 4;
const HEALTH_CONNECTIONS = 2;

/**
 * Opens the database behind url, which is also dataSource's (not yet initialized); keep decides how wide its
 * partitions are. Throws StartupError with a
 * sentence when the server is too old, unreachable, read-only, or its schema newer than this program.
 */
export async function openDatabase(
  dataSource: DataSource,
  options: { url: string; logger: Logger; keep: Keep },
): Promise<Database> {
  const { url, logger } = options;
  const client = await connectChecked(url);
  try {
    await migrate(dataSource, client, options);
    await ensurePartitions(client, options.keep, Date.now());
    await dataSource.initialize();
  } catch (error) {
    throw error instanceof StartupError
      ? error
      : new StartupError(`The database could not be prepared: ${reasonOf(error, url)}.`, { cause: error });
  } finally {
    await client.end().catch(() => undefined);
  }

  const { master } = dataSource.driver as unknown as { master: pg.Pool };
  guardPool(master, 'settings', logger);
  const rights = createPool(url, 'rights', RIGHTS_CONNECTIONS, logger);
  const publishing = createPool(url, 'publishing', PUBLISHING_CONNECTIONS, logger);
  const engine = createPool(url, 'engine', ENGINE_CONNECTIONS, logger);
  const reads = createPool(url, 'reads', READ_CONNECTIONS, logger);
  const streams = createPool(url, 'streams', STREAM_CONNECTIONS, logger);
  const health = createPool(url, 'health', HEALTH_CONNECTIONS, logger);
  const hints = new Hints({ url, logger });
  await hints.start();

  const pools = [rights, publishing, engine, reads, streams, health];
  const taken = takenOf([master, ...pools]);
  let closed: Promise<void> | undefined;
  return {
    url,
    orm: dataSource,
    rights,
    publishing,
    engine,
    reads,
    streams,
    health,
    hints,
    letGo: (afterMs) => {
      setTimeout(() => {
        for (const client of taken) void client.end().catch(() => undefined);
      }, afterMs).unref();
    },
    close: () => (closed ??= closeAll(dataSource, hints, pools)),
  };
}

/** The connections that somebody has taken out of some pools, at each moment. */
function takenOf(pools: pg.Pool[]): ReadonlySet<pg.PoolClient> {
  const taken = new Set<pg.PoolClient>();
  for (const pool of pools) {
    pool.on('acquire', (client) => taken.add(client));
    pool.on('release', (_error, client) => taken.delete(client));
  }
  return taken;
}

async function closeAll(orm: DataSource, hints: Hints, pools: pg.Pool[]): Promise<void> {
  await hints.close();
  await Promise.all([orm.destroy(), ...pools.map((pool) => pool.end())]);
}
