/**
 * Bellwire as a user runs it: what `npm start -- --dev` runs, with the default configuration. Only what
 * SETTINGS says is given, and the address of a PostgreSQL of the kind that it would start itself.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { start, watchDeaths, written } from './children.js';
import { poster } from './client.js';
import { ROOT } from './ground.js';
import { startPostgres } from './postgres.js';

const TOKEN = 'root-token-of-the-bench-0123456789abcdef';
const START_MS = 60_000;
const STOP_MS = 40_000;
const COLLECT_MS = 20_000;
const COLLECT = join(import.meta.dirname, 'collect.cjs');
/** What `npm start` runs, without npm and a shell around it, whose CPU is not the server's. */
const [PROGRAM, ...ARGS] = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  .scripts.start.replace(/^exec /, '')
  .split(' ');

const SETTINGS = {
  BELLWIRE_PORT: '0',
  BELLWIRE_ROOT_TOKEN: TOKEN,
  // One login asks here for as much in a minute as the server gives.
  BELLWIRE_RATE_LIMIT: '1000000000',
};

/** For the print of the configuration. */
export const CONFIGURATION = `npm start -- --dev, default configuration but for ${Object.keys(SETTINGS).join(', ')}, BELLWIRE_DATA_DIR, DATABASE_URL`;

/** @typedef {'all' | 'api' | 'worker'} Role */

/**
 * @typedef {object} Process
 * @property {number} pid
 * @property {string} url Of its API; of a worker only /healthz and /metrics answer.
 * @property {() => Promise<number>} collect Collects the garbage of its main thread; what is held there then, MB. Only of one that was started for it.
 * @property {() => Promise<void>} stop Throws when it did not end in order.
 */

/** Starts a process; collects: it takes SIGUSR2 (collect.cjs). @param {{ postgres: import('./postgres.js').Postgres, dataDir: string, role: Role, senders?: number, collects?: boolean, watch: (child: import('./children.js').Child) => void, onStop: (stop: () => Promise<void>) => void }} options @returns {Promise<Process>} */
async function startProcess({ postgres, dataDir, role, senders, collects, watch, onStop }) {
  const args = [...(collects ? ['--require', COLLECT] : []), ...ARGS, '--dev', '--role', role];
  const child = start(PROGRAM, args, { cwd: ROOT, env: environment(postgres.url, dataDir, senders) });
  watch(child);
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    const code = await child.stop(STOP_MS);
    if (code !== 0)
      throw new Error(`the server ended with ${code} after SIGTERM. Its last words:\n${child.output()}`);
  };
  onStop(stop);
  const [, url] = await written(child, /Health\s+(http:\/\/127\.0\.0\.1:\d+)\/healthz\b/, START_MS);
  let collections = 0;
  const collect = async () => {
    collections += 1;
    process.kill(child.pid, 'SIGUSR2');
    const [, held] = await written(child, new RegExp(`collection ${collections}: (\\S+) MB`), COLLECT_MS);
    return Number(held);
  };
  return { pid: child.pid, url, collect, stop };
}

/**
 * @typedef {object} Server
 * @property {string} url Of its GraphQL API.
 * @property {number} pid
 * @property {Promise<never>} died Rejects when one of its processes ends unasked.
 * @property {import('./client.js').Post} post As the root administrator.
 * @property {() => Promise<string>} metrics What it tells Prometheus.
 * @property {() => Promise<number>} collect See Process.
 * @property {import('./postgres.js').Postgres} postgres
 * @property {(senders?: number) => Promise<Process>} startWorker Another process on the same database, which only sends; by so many senders at most.
 */

/** Starts a server with a PostgreSQL of its own. @param {import('./ground.js').Ground} ground @param {Role} role @param {boolean} [collects] @returns {Promise<Server>} */
export async function startServer(ground, role, collects) {
  const postgres = await startPostgres(ground, 'bellwire-postgres');
  const { died, watch } = watchDeaths();
  const place = { postgres, dataDir: ground.folder('bellwire'), watch, onStop: ground.onStop };
  const { pid, url, collect } = await startProcess({ ...place, role, collects });
  return {
    url: `${url}/graphql`,
    pid,
    died,
    post: poster(`${url}/graphql`, TOKEN),
    async metrics() {
      const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
      if (!response.ok) throw new Error(`/metrics answered ${response.status}`);
      return response.text();
    },
    collect,
    postgres,
    startWorker: (senders) => startProcess({ ...place, role: 'worker', senders }),
  };
}

/** The environment without settings of a server that somebody has set for himself. @param {string} url @param {string} dataDir @param {number} [senders] */
function environment(url, dataDir, senders) {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('BELLWIRE_') && name !== 'DATABASE_URL' && name !== 'NODE_OPTIONS',
  );
  return {
    ...Object.fromEntries(inherited),
    ...SETTINGS,
    ...(senders === undefined ? {} : { BELLWIRE_SENDERS: String(senders) }),
    DATABASE_URL: url,
    BELLWIRE_DATA_DIR: dataDir,
  };
}
