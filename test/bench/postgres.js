/** The embedded PostgreSQL of a data directory, seen from outside: where it listens, its process, its version. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import pg from 'pg';

/**
 * @typedef {object} Postgres
 * @property {number} pid Of the process above all others of the server.
 * @property {string} url
 * @property {string} version
 * @property {pg.Client} client
 */

/** Connects to the running server of a data directory (src/db/postgres-home.ts says what lies there). @param {string} dataDir @returns {Promise<Postgres>} */
export async function connectEmbedded(dataDir) {
  const lines = readPidFile(placeOf(dataDir));
  const password = readFileSync(join(dataDir, 'postgres-password'), 'utf8').trim();
  const url = `postgres://bellwire:${password}@127.0.0.1:${lines[3]}/postgres`;
  const client = new pg.Client({ connectionString: url });
  // When the server is stopped before us, the next statement will tell, if there is one.
  client.on('error', () => undefined);
  await client.connect();
  const { rows } = await client.query(`select current_setting('server_version') as version`);
  return { pid: Number(lines[0]), url, version: rows[0].version, client };
}

/** Ends a server that its owner has left behind, and removes what a data directory had to keep elsewhere. @param {string} dataDir */
export function cleanUp(dataDir) {
  const place = placeOf(dataDir);
  try {
    process.kill(Number(readPidFile(place)[0]), 'SIGQUIT');
  } catch {
    // An orderly end took the file, as it should be.
  }
  if (place !== dataDir) rmSync(place, { recursive: true, force: true });
}

/** @param {string} place */
function readPidFile(place) {
  return readFileSync(join(place, 'postgres', 'postmaster.pid'), 'utf8').split('\n');
}

/** @param {string} dataDir */
function placeOf(dataDir) {
  const note = join(dataDir, 'postgres-place');
  return existsSync(note) ? readFileSync(note, 'utf8').trim() : dataDir;
}
