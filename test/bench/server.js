/**
 * Bellwire as a user runs it: `npm start -- --dev`, default configuration (only port, data directory,
 * root token and a rate limit that does not bind are given), its own embedded PostgreSQL.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { start, written } from './children.js';
import { poster } from './client.js';
import { cleanUp, connectEmbedded } from './postgres.js';

const ROOT = join(import.meta.dirname, '..', '..');
const TOKEN = 'root-token-of-the-bench-0123456789abcdef';
/** A first start builds the server and makes the database. */
const START_MS = 300_000;
const STOP_MS = 40_000;

/**
 * @typedef {object} Server
 * @property {string} url Of its GraphQL API.
 * @property {number} pid
 * @property {Promise<never>} died Rejects when it ends unasked.
 * @property {import('./client.js').Post} post As the root administrator.
 * @property {import('./postgres.js').Postgres} postgres
 */

/** Starts a server. @param {{ folder: string, onStop: (stop: () => Promise<void>) => void }} options @returns {Promise<Server>} */
export async function startServer({ folder, onStop }) {
  const dataDir = join(folder, 'bellwire');
  const server = start('npm', ['start', '--', '--dev'], { cwd: ROOT, env: environment(dataDir) });
  onStop(async () => {
    const owner = ownerOf(dataDir);
    const code = await server.stop(STOP_MS, owner ?? -server.pid);
    cleanUp(dataDir);
    // Told to stop while it was still being built, it has no orderly end.
    if (owner !== undefined && code !== 0)
      throw new Error(`the server ended with ${code} after SIGTERM. Its last words:\n${server.output()}`);
  });
  const [, base] = await written(server, /(http:\/\/127\.0\.0\.1:\d+)\/graphql\b/, START_MS);
  const url = `${base}/graphql`;
  const postgres = await connectEmbedded(dataDir);
  onStop(() => postgres.client.end());
  return { url, pid: server.pid, died: server.died, post: poster(url, TOKEN), postgres };
}

/**
 * The server's own process, which its lock file names. npm hands a SIGTERM on to its shell only, and where that is
 * dash the server would never hear of it. Undefined before there is one.
 * @param {string} dataDir
 */
function ownerOf(dataDir) {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'bellwire.lock'), 'utf8')).pid;
  } catch {
    return undefined;
  }
}

/** The environment without settings of a server that somebody has set for himself. @param {string} dataDir */
function environment(dataDir) {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('BELLWIRE_') && name !== 'DATABASE_URL' && name !== 'NODE_OPTIONS',
  );
  return {
    ...Object.fromEntries(inherited),
    BELLWIRE_PORT: '0',
    BELLWIRE_DATA_DIR: dataDir,
    BELLWIRE_ROOT_TOKEN: TOKEN,
    // One login asks here for as many pages in a minute as the server gives: more than 1,000,000 points of them.
    BELLWIRE_RATE_LIMIT: '1000000000',
  };
}
