/**
 * Brings a database to this program's schema. Any number of servers may start at once: an advisory
 * lock lets one of them migrate while the others wait, and all migrations are one transaction, so
 * that a crash in the middle leaves the database as it was.
 */
import type pg from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';

import { StartupError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { reasonOf } from './check-server.ts';
import { connectionSettings } from './pools.ts';

const LOCK_KEY = 7_215_101_001;

/**
 * Runs the migrations of dataSource's options that the database lacks; returns their names. client is a connection
 * without a statement timeout, on which the lock is held. Throws StartupError when the database knows a migration
 * that this program does not, or when a migration fails.
 */
export async function migrate(
  dataSource: DataSource,
  client: pg.Client,
  options: { url: string; logger: Logger },
): Promise<string[]> {
  await lock(client, options.logger);
  try {
    const known = migrationNames(dataSource);
    const applied = await appliedMigrations(client);
    const unknown = applied.filter((name) => !known.includes(name));
    if (unknown.length > 0)
      throw new StartupError(
        `The database "${client.database}" is newer than this program: it has the migration ${unknown[0]}, which this version does not know. Start the newer version, or restore an older backup.`,
      );
    if (known.every((name) => applied.includes(name))) return [];
    return await runPending(dataSource, options);
  } finally {
    await client.query('select pg_advisory_unlock($1)', [LOCK_KEY]).catch(() => undefined);
  }
}

async function lock(client: pg.Client, logger: Logger): Promise<void> {
  const { rows } = await client.query<{ free: boolean }>('select pg_try_advisory_lock($1) as free', [
    LOCK_KEY,
  ]);
  if (rows[0]?.free) return;
  logger.info('another server is migrating the database, waiting for it');
  await client.query('select pg_advisory_lock($1)', [LOCK_KEY]);
}

async function appliedMigrations(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ present: boolean }>(
    `select to_regclass('migrations') is not null as present`,
  );
  if (!rows[0]?.present) return [];
  return (await client.query<{ name: string }>('select name from migrations order by id')).rows.map(
    ({ name }) => name,
  );
}

function migrationNames(dataSource: DataSource): string[] {
  const classes = dataSource.options.migrations as (new () => MigrationInterface)[];
  return classes.map((Migration) => new Migration().name ?? Migration.name);
}

/** On a data source of its own, because a migration may take longer than any statement of a running server. */
async function runPending(
  dataSource: DataSource,
  { url, logger }: { url: string; logger: Logger },
): Promise<string[]> {
  const started = Date.now();
  const own = new DataSource({
    ...dataSource.options,
    entities: [],
    poolSize: 1,
    // Not to the console: what failed is in the error.
    logger: 'debug',
    extra: { ...connectionSettings('startup'), statement_timeout: 0, query_timeout: 0 },
  } as DataSource['options']);
  try {
    await own.initialize();
    const names = (await own.runMigrations({ transaction: 'all' })).map(({ name }) => name);
    logger.info({ migrations: names, durationMs: Date.now() - started }, 'the database was migrated');
    return names;
  } catch (error) {
    throw new StartupError(`The database could not be migrated, and is as it was: ${reasonOf(error, url)}.`, {
      cause: error,
    });
  } finally {
    if (own.isInitialized) await own.destroy();
  }
}
