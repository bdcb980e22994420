/** Databases for tests: each a clone of the migrated template on the run's one server. */
import { randomBytes } from 'node:crypto';

import pg from 'pg';

/** Environment variables by which global-setup.ts tells the test processes where the server is. */
export const SERVER_VARIABLE = 'TEST_POSTGRES_URL';
export const TEMPLATE_VARIABLE = 'TEST_POSTGRES_TEMPLATE';

/** A database of one test file; drop() throws out whoever is still connected. */
export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

/** Clones the template (some 30 ms): migrated, with partitions ahead, otherwise empty. */
export function createTestDatabase(): Promise<TestDatabase> {
  return createDatabase(process.env[TEMPLATE_VARIABLE]!);
}

/** A database without any table, for tests of the migrations themselves. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabase('template0');
}

/** Runs work as the server's administrator, outside of any test's database. */
export async function onServer<T>(work: (sql: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: process.env[SERVER_VARIABLE] });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The same server's address with another database in it. */
export function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

async function createDatabase(template: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer((sql) => sql.query(`create database ${name} template ${template}`));
  return {
    url: withDatabase(process.env[SERVER_VARIABLE]!, name),
    drop: async () => {
      await onServer((sql) => sql.query(`drop database if exists ${name} with (force)`));
    },
  };
}
