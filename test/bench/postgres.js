/**
 * A PostgreSQL of its own for each system, so that their CPU is told apart: the one that comes with the
 * server, started by the server's own code with the settings that it has there.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import pg from 'pg';

import { ROOT } from './ground.js';

/**
 * @typedef {object} Postgres
 * @property {number} pid Of the process above all others of the server.
 * @property {string} url
 * @property {string} version
 * @property {string} settings What counts when two of them are compared.
 * @property {pg.Client} client
 */

/** A module of the built server. @param {string} path From src, without its ending. @returns {Promise<any>} */
export function built(path) {
  return import(pathToFileURL(join(ROOT, 'dist', 'src', `${path}.js`)).href);
}

/** Starts one. @param {import('./ground.js').Ground} ground @param {string} name Of its folder. @returns {Promise<Postgres>} */
export async function startPostgres({ folder, onStop }, name) {
  const { startEmbeddedPostgres } = await built('db/embedded-postgres');
  const { createLogger } = await built('log');
  const dataDir = folder(name);
  const server = await startEmbeddedPostgres({ dataDir, logger: createLogger('silent') });
  onStop(async () => {
    await server.stop();
    cleanUp(dataDir);
  });
  const client = new pg.Client({ connectionString: server.url });
  // When the server is stopped before us, the next statement will tell, if there is one.
  client.on('error', () => undefined);
  await client.connect();
  onStop(() => client.end());
  const { rows } = await client.query(
    `select current_setting('server_version') as version,
            string_agg(format('%s %s', name, current_setting(name)), ', ' order by name) as settings
     from pg_settings where name in ('fsync', 'synchronous_commit', 'shared_buffers', 'max_wal_size')`,
  );
  return { pid: Number(readPidFile(placeOf(dataDir))[0]), url: server.url, ...rows[0], client };
}

/** Ends a server that its owner has left behind, and removes what a data directory had to keep elsewhere. @param {string} dataDir */
function cleanUp(dataDir) {
  const place = placeOf(dataDir);
  try {
    process.kill(Number(readPidFile(place)[0]), 'SIGQUIT');
  } catch {
    // An orderly end took the file, as it should be.
  }
  if (place !== dataDir) rmSync(place, { recursive: true, force: true });
}

/** Lines of postmaster.pid. @param {string} place */
function readPidFile(place) {
  return readFileSync(join(place, 'postgres', 'postmaster.pid'), 'utf8').split('\n');
}

/** Where the data lies (src/db/postgres-home.ts). @param {string} dataDir */
function placeOf(dataDir) {
  const note = join(dataDir, 'postgres-place');
  return existsSync(note) ? readFileSync(note, 'utf8').trim() : dataDir;
}
