/**
 * The peer's worker, written as its documentation shows it: sign, POST with got over kept-alive
 * sockets, insert the attempt. Started with the queue's name, Redis' port and PostgreSQL's address.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { Agent } from 'node:http';

import { Worker } from 'bullmq';
import { got } from 'got';
import pg from 'pg';

const CONCURRENCY = 64;
const TIMEOUT_MS = 15_000;
const KEY = randomBytes(32);

const [queue = '', port = '', databaseUrl] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: databaseUrl });
const client = got.extend({
  method: 'POST',
  agent: { http: new Agent({ keepAlive: true, maxSockets: CONCURRENCY }) },
  retry: { limit: 0 },
  timeout: { request: TIMEOUT_MS },
  throwHttpErrors: false,
  followRedirect: false,
  decompress: false,
});

/** Standard Webhooks, as the server signs. @param {string} id @param {string} body */
function signedHeaders(id, body) {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', KEY).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    'content-type': 'application/json',
    'user-agent': 'bench-peer',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
    'webhook-attempt': '1',
  };
}

const INSERT = {
  name: 'insert-attempt',
  text: `insert into attempts (delivery_id, number, outcome, started_at, duration_ms, status_code, request, response)
    values ($1, $2, $3, $4, $5, $6, $7, $8)`,
};

/** One delivery. @param {import('bullmq').Job} job */
async function deliver(job) {
  const { target, entityId, occurredAt, payload } = job.data;
  const id = `dlv_${job.id}`;
  const body = JSON.stringify({
    type: 'policies.update',
    timestamp: occurredAt,
    id: `evt_${job.id}`,
    resource: 'policies',
    event: 'update',
    entityId,
    webhookNumber: 1,
    data: payload,
  });
  const headers = signedHeaders(id, body);
  const startedAt = new Date();
  /** @type {import('got').Response<string> | undefined} */
  let response;
  try {
    response = await client(target, { headers, body });
  } catch {
    // The row says that it failed, and the count at the end that it did.
  }
  await pool.query({
    ...INSERT,
    values: [
      id,
      job.attemptsMade + 1,
      response?.ok ? 'SUCCEEDED' : 'FAILED',
      startedAt,
      Date.now() - startedAt.getTime(),
      response?.statusCode ?? null,
      JSON.stringify({ url: target, headers, bodyBytes: Buffer.byteLength(body) }),
      response ? JSON.stringify({ headers: response.headers, body: response.body }) : null,
    ],
  });
}

const worker = new Worker(queue, deliver, {
  connection: { host: '127.0.0.1', port: Number(port) },
  concurrency: CONCURRENCY,
});
worker.on('error', (error) => console.error(error.message));
worker.on('failed', (job, error) => console.error(`job ${job?.id} failed: ${error.message}`));
process.on('SIGTERM', async () => {
  await worker.close();
  await pool.end();
  process.exit();
});
process.on('disconnect', () => process.exit());

await worker.waitUntilReady();
process.send?.({ ready: true });
