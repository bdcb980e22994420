/** BullMQ's worker process, as its documentation shows it. Started with the queue's name, Redis' port and PostgreSQL's address. */
import { Worker } from 'bullmq';

import { CONCURRENCY, openHandler, serveUntilTold } from './handler.js';

const [queue = '', port = '', databaseUrl = ''] = process.argv.slice(2);
const { deliver, close } = openHandler(databaseUrl);
const worker = new Worker(queue, (job) => deliver(String(job.id), job.attemptsMade + 1, job.data), {
  connection: { host: '127.0.0.1', port: Number(port) },
  concurrency: CONCURRENCY,
});
worker.on('error', (error) => console.error(error.message));
worker.on('failed', (job, error) => console.error(`job ${job?.id} failed: ${error.message}`));

await worker.waitUntilReady();
serveUntilTold(async () => {
  await worker.close();
  await close();
});
