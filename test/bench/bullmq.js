/**
 * The peer: BullMQ on a Redis of its own (in memory, no persistence), one worker process that sends
 * with got and inserts each attempt into a PostgreSQL like the server's, with the same settings.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { Queue } from 'bullmq';

import { freePort, start, startScript, told, written } from './children.js';
import { cpuOf } from './cpu.js';
import { cleanUp, connectEmbedded } from './postgres.js';
import { policy } from './sample.js';

const ROOT = join(import.meta.dirname, '..', '..');
const START_MS = 30_000;
const STOP_MS = 20_000;
const QUEUE = 'deliveries';

/** There is no redis-server to start. */
export class RedisMissingError extends Error {
  constructor() {
    super('redis-server is not installed (Debian, Ubuntu: apt-get install redis-server)');
  }
}

const TABLE = `create table attempts (
  delivery_id text not null,
  number int not null,
  outcome text not null,
  started_at timestamptz not null,
  duration_ms int not null,
  status_code int,
  request json not null,
  response json,
  primary key (delivery_id, number)
)`;

/** Starts Redis, PostgreSQL and the worker; throws RedisMissingError. @param {{ folder: string, target: string, onStop: (stop: () => Promise<unknown>) => void }} options @returns {Promise<import('./measure.js').System>} */
export async function startBullmq({ folder, target, onStop }) {
  const { redis, port } = await startRedis(join(folder, 'redis'), onStop);
  const postgres = await startPostgres(join(folder, 'peer'), onStop);
  await postgres.client.query(TABLE);

  const worker = startScript('bullmq-worker.js', [QUEUE, String(port), postgres.url]);
  onStop(() => worker.stop(STOP_MS));
  await told(worker, (message) => message.ready === true, START_MS);
  const queue = new Queue(QUEUE, { connection: { host: '127.0.0.1', port } });
  onStop(() => queue.close());
  await queue.waitUntilReady();

  const died = Promise.race([redis.died, worker.died]);
  died.catch(() => undefined);
  const job = (/** @type {string} */ id) => ({
    name: 'delivery',
    data: { target, entityId: id, occurredAt: new Date().toISOString(), payload: policy(id) },
    opts: { removeOnComplete: true },
  });
  return {
    name: 'BullMQ + got',
    versions: {
      bullmq: installed('bullmq'),
      got: installed('got'),
      redis: /version=([\d.]+)/i.exec(redis.output())?.[1] ?? 'unknown',
      postgres: postgres.version,
    },
    died,
    publish: async (ids) => (await queue.addBulk(ids.map(job))).length,
    async settled() {
      const counts = await queue.getJobCounts('waiting', 'active');
      return counts.waiting + counts.active === 0;
    },
    async attempts() {
      const { rows } = await postgres.client.query(
        `select count(*)::int as made, count(*) filter (where outcome = 'SUCCEEDED')::int as succeeded from attempts`,
      );
      return rows[0];
    },
    cpu: () => ({ service: cpuOf(worker.pid), postgres: cpuOf(postgres.pid), redis: cpuOf(redis.pid) }),
  };
}

/** The version of a package of this folder. @param {string} name */
function installed(name) {
  const file = join(import.meta.dirname, 'node_modules', name, 'package.json');
  return JSON.parse(readFileSync(file, 'utf8')).version;
}

/** @param {string} folder @param {(stop: () => Promise<unknown>) => void} onStop */
async function startRedis(folder, onStop) {
  mkdirSync(folder);
  const port = await freePort();
  const settings = { port, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'no', daemonize: 'no' };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const redis = start('redis-server', flags, {});
  onStop(() => redis.stop(STOP_MS));
  await written(redis, /Ready to accept connections/, START_MS).catch((error) => {
    throw error.code === 'ENOENT' ? new RedisMissingError() : error;
  });
  return { redis, port };
}

/** The server's own embedded PostgreSQL, a second time: a cluster for each system keeps their CPU apart. @param {string} dataDir @param {(stop: () => Promise<unknown>) => void} onStop */
async function startPostgres(dataDir, onStop) {
  const built = (/** @type {string} */ path) => import(pathToFileURL(join(ROOT, 'dist', 'src', path)).href);
  const { startEmbeddedPostgres } = await built('db/embedded-postgres.js');
  const { createLogger } = await built('log.js');
  const server = await startEmbeddedPostgres({ dataDir, logger: createLogger('silent') });
  onStop(async () => {
    await server.stop();
    cleanUp(dataDir);
  });
  const postgres = await connectEmbedded(dataDir);
  onStop(() => postgres.client.end());
  return postgres;
}
