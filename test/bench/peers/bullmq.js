/** The peer with a queue in memory: BullMQ on a Redis of its own (no persistence), attempts in a PostgreSQL. */
import { Queue } from 'bullmq';

import { freePort, start, written } from '../children.js';
import { cpuOf } from '../cpu.js';
import { installed, START_MS, startPeer, STOP_MS, workOf } from './peer.js';

const QUEUE = 'deliveries';

/** There is no redis-server to start. */
export class RedisMissingError extends Error {
  constructor() {
    super('redis-server is not installed (Debian, Ubuntu: apt-get install redis-server)');
  }
}

/** Starts Redis and PostgreSQL; throws RedisMissingError. @param {import('../ground.js').Ground} ground @param {{ target: string }} options @returns {Promise<import('../measure.js').System>} */
export async function startBullmq(ground, { target }) {
  const { redis, port } = await startRedis(ground);
  const peer = await startPeer(ground, 'bullmq');
  peer.watch(redis);
  const queue = new Queue(QUEUE, { connection: { host: '127.0.0.1', port } });
  ground.onStop(() => queue.close());
  await queue.waitUntilReady();
  const job = (/** @type {string} */ id) => ({
    name: 'delivery',
    data: workOf(target, id),
    opts: { removeOnComplete: true },
  });
  return {
    ...peer.common,
    name: 'BullMQ + got',
    configuration: `one worker, its queue in the memory of Redis only (no persistence), removeOnComplete; ${peer.configuration}`,
    versions: {
      bullmq: installed('bullmq'),
      got: installed('got'),
      redis: /version=([\d.]+)/i.exec(redis.output())?.[1] ?? 'unknown',
    },
    startSenders: () => peer.startSender('bullmq-worker.js', [QUEUE, String(port), peer.postgres.url]),
    publish: async (ids) => (await queue.addBulk(ids.map(job))).length,
    async settled() {
      const counts = await queue.getJobCounts('waiting', 'active');
      return counts.waiting + counts.active === 0;
    },
    cpu: () => ({ ...peer.cpu(), redis: cpuOf(redis.pid) }),
  };
}

/** @param {import('../ground.js').Ground} ground */
async function startRedis({ folder, onStop }) {
  const port = await freePort();
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: folder('redis'),
    save: '',
    appendonly: 'no',
    daemonize: 'no',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const redis = start('redis-server', flags, {});
  onStop(() => redis.stop(STOP_MS));
  await written(redis, /Ready to accept connections/, START_MS).catch((error) => {
    throw error.code === 'ENOENT' ? new RedisMissingError() : error;
  });
  return { redis, port };
}
