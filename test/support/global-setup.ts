/**
 * Before all tests: one PostgreSQL for the whole run and a migrated template database in it, which
 * each test file clones (postgres.ts). BELLWIRE_TEST_DATABASE_URL names another server to use, as a
 * role that may create databases; so the suite runs on PostgreSQL 15 too.
 */
import { chmodSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type pg from 'pg';

import { createDataSource } from '../../ormconfig.ts';
import { loadConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/db/database.ts';
import { startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts';
import { createLogger } from '../../src/log.ts';
import { onServer, SERVER_VARIABLE, TEMPLATE_VARIABLE, withDatabase } from './postgres.ts';

declare global {
  /** What global-teardown.ts undoes; both run in jest's main process. */
  var stopTestPostgres: (() => Promise<void>) | undefined;
}

/**
 * Partitions of a week instead of a day: a third of the tables, and clones that take 50 ms instead of 350. What
 * runs on a clone finds the coming weeks covered, whatever it is told to keep.
 */
const WEEKLY = {
  BELLWIRE_KEEP_PAYLOADS: '46d',
  BELLWIRE_KEEP_ATTEMPTS: '46d',
  BELLWIRE_KEEP_LOG: '46d',
};

const MEMORY_FOLDER = '/dev/shm';
/** Write-ahead log up to 1 GiB, and two databases of some ten MB up to a few hundred. */
const ENOUGH_BYTES = 4 * 2 ** 30;

export default async function setUp(): Promise<void> {
  const given = process.env.BELLWIRE_TEST_DATABASE_URL;
  // Servers that tests start inherit the environment, and refuse settings that they do not know.
  delete process.env.BELLWIRE_TEST_DATABASE_URL;
  delete process.env.DATABASE_URL;
  const server = given ? { url: given, stop: () => Promise.resolve() } : await startTemporary();

  const template = `bellwire_template_${process.pid}`;
  process.env[SERVER_VARIABLE] = server.url;
  process.env[TEMPLATE_VARIABLE] = template;
  globalThis.stopTestPostgres = async () => {
    if (given) await dropTemplate(template);
    await server.stop();
  };
  await onServer((sql) => sql.query(`create database ${template}`));
  const url = withDatabase(server.url, template);
  const options = { url, logger: createLogger('error'), keep: loadConfig(WEEKLY) };
  const database = await openDatabase(createDataSource(url), options);
  await database.close();
  // Nobody can be connected to it by mistake, which would keep it from being cloned.
  await onServer((sql) => sql.query(`alter database ${template} with allow_connections false`));
}

async function startTemporary(): Promise<{ url: string; stop(): Promise<void> }> {
  const dataDir = mkdtempSync(join(folderOfClones(), 'bellwire-test-'));
  // For root's sake: the user that PostgreSQL then runs as must get in.
  chmodSync(dataDir, 0o711);
  const server = await startEmbeddedPostgres({ dataDir, logger: createLogger('warn'), durable: false });
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/**
 * Memory where the system offers enough of it (containers often give 64 MiB), else the disk: a clone makes 300
 * files, which takes 40 ms there and 450 ms on some disks. Nothing here has to outlive the run.
 */
function folderOfClones(): string {
  try {
    const memory = statfsSync(MEMORY_FOLDER);
    if (memory.bavail * memory.bsize >= ENOUGH_BYTES) return MEMORY_FOLDER;
  } catch {
    // Not Linux.
  }
  return tmpdir();
}

async function dropTemplate(template: string): Promise<void> {
  await onServer((sql: pg.Client) => sql.query(`drop database if exists ${template} with (force)`));
}
