/**
 * What a team would write around a queue library: sign, POST with got over kept-alive sockets, insert the attempt.
 * The same for each peer.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { Agent } from 'node:http';

import { got } from 'got';
import pg from 'pg';

/** Jobs at once, as in the server's default configuration. */
export const CONCURRENCY = 64;
const TIMEOUT_MS = 15_000;
const KEY = randomBytes(32);

/** For the print of the configuration. */
export const HANDLER = `${CONCURRENCY} jobs at once; got with a keep-alive agent of ${CONCURRENCY} sockets, timeout ${TIMEOUT_MS / 1000} s, no retries, redirects, decompression or thrown statuses; HMAC signature; one INSERT per attempt by a pool of 10`;

/** The table of attempts. */
export const TABLE = `create table attempts (
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

const INSERT = {
  name: 'insert-attempt',
  text: `insert into attempts (delivery_id, number, outcome, started_at, duration_ms, status_code, request, response)
    values ($1, $2, $3, $4, $5, $6, $7, $8)`,
};

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

/** What a job of the queue says. @typedef {{ target: string, entityId: string, occurredAt: string, payload: object }} Work */

/** Opens a pool and returns what does one job: number is the job's own, attempt counts from 1. @param {string} databaseUrl */
export function openHandler(databaseUrl) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
  return {
    close: () => pool.end(),
    async deliver(/** @type {string} */ number, /** @type {number} */ attempt, /** @type {Work} */ work) {
      const { target, entityId, occurredAt, payload } = work;
      const id = `dlv_${number}`;
      const body = JSON.stringify({
        type: 'policies.update',
        timestamp: occurredAt,
        id: `evt_${number}`,
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
          attempt,
          response?.ok ? 'SUCCEEDED' : 'FAILED',
          startedAt,
          Date.now() - startedAt.getTime(),
          response?.statusCode ?? null,
          JSON.stringify({ url: target, headers, bodyBytes: Buffer.byteLength(body) }),
          response ? JSON.stringify({ headers: response.headers, body: response.body }) : null,
        ],
      });
    },
  };
}

/** Tells the parent that jobs are being taken, and ends in order on SIGTERM. @param {() => Promise<unknown>} stop */
export function serveUntilTold(stop) {
  process.on('SIGTERM', async () => {
    await stop();
    process.exit();
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ ready: true });
}
