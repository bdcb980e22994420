/** The peer with a queue in PostgreSQL: graphile-worker, with what it has for high throughput. */
import { makeWorkerUtils } from 'graphile-worker';

import { logger, PRESET, TASK } from './graphile-preset.js';
import { installed, startPeer, workOf } from './peer.js';

/** Starts PostgreSQL. @param {import('../ground.js').Ground} ground @param {{ target: string }} options @returns {Promise<import('../measure.js').System>} */
export async function startGraphile(ground, { target }) {
  const peer = await startPeer(ground, 'graphile');
  const { client, url } = peer.postgres;
  const utils = await makeWorkerUtils({ connectionString: url, logger });
  ground.onStop(() => utils.release());
  await utils.migrate();
  const { localQueue, completeJobBatchDelay } = PRESET;
  return {
    ...peer.common,
    name: 'graphile-worker + got',
    configuration: `one worker, localQueue of ${localQueue.size}, completions batched for ${completeJobBatchDelay} ms, log of warnings and errors only; ${peer.configuration}`,
    versions: { 'graphile-worker': installed('graphile-worker') },
    startSenders: () => peer.startSender('graphile-worker.js', [url]),
    async publish(ids) {
      const jobs = ids.map((id) => ({ identifier: TASK, payload: workOf(target, id) }));
      return (await utils.addJobs(jobs)).length;
    },
    async settled() {
      const { rows } = await client.query('select not exists (select from graphile_worker.jobs) as empty');
      return rows[0].empty;
    },
    cpu: peer.cpu,
  };
}
