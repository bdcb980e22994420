/**
 * Bellwire as a user runs it: `npm start -- --dev`, default configuration (only port, data directory
 * and root token are given), its own embedded PostgreSQL, published to through its GraphQL API.
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';

import { start, written } from './children.js';
import { cpuOf } from './cpu.js';
import { cleanUp, connectEmbedded } from './postgres.js';
import { MODEL, policy } from './sample.js';

const ROOT = join(import.meta.dirname, '..', '..');
const TOKEN = 'root-token-of-the-bench-0123456789abcdef';
/** A first start builds the server and makes the database. */
const START_MS = 300_000;
const STOP_MS = 40_000;

const PUBLISH = `mutation Publish($input: [EventInput!]!) {
  eventsPublish(input: $input) { errors { code field message } events { deliveryCount } }
}`;

/** @typedef {import('./measure.js').System} System */

/** Starts the server, with a webhook to the target. @param {{ folder: string, target: string, onStop: (stop: () => Promise<void>) => void }} options @returns {Promise<System>} */
export async function startBellwire({ folder, target, onStop }) {
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
  const post = poster(`${base}/graphql`);
  await prepare(post, target);

  const postgres = await connectEmbedded(dataDir);
  onStop(() => postgres.client.end());
  const { client } = postgres;
  return {
    name: 'Bellwire',
    versions: { postgres: postgres.version },
    died: server.died,
    async publish(ids) {
      const input = ids.map((id) => ({
        resource: 'policies',
        event: 'update',
        entityId: id,
        payload: policy(id),
      }));
      const { events } = await post(PUBLISH, { input });
      return events.filter((/** @type {any} */ event) => event.deliveryCount === 1).length;
    },
    async settled() {
      const { rows } = await client.query('select not exists (select from delivery_queue) as empty');
      return rows[0].empty;
    },
    async attempts() {
      const { rows } = await client.query(
        `select count(*)::int as made, count(*) filter (where outcome = 'SUCCEEDED')::int as succeeded from attempts`,
      );
      return rows[0];
    },
    cpu: () => ({ service: cpuOf(server.pid, [postgres.pid]), postgres: cpuOf(postgres.pid) }),
  };
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
  };
}

/** @param {Post} post @param {string} target */
async function prepare(post, target) {
  const resource = {
    name: 'policies',
    label: 'Policy',
    model: MODEL,
    events: [{ name: 'update', label: 'Updated' }],
  };
  await post(
    `mutation Register($input: CatalogResourceInput!) { resourceRegister(input: $input) { errors { code field message } } }`,
    { input: resource },
  );
  const webhook = {
    details: { name: 'Bench' },
    endpoints: [{ kind: 'URL', target }],
    triggers: [{ resource: 'policies', event: 'update' }],
  };
  await post(
    `mutation Create($input: WebhookInput!) { webhookCreate(input: $input) { errors { code field message } } }`,
    { input: webhook },
  );
}

/** @typedef {(query: string, variables: object) => Promise<any>} Post The mutation's payload; throws when there are errors. */

/** A lean client, so that what is measured is the server. @param {string} url @returns {Post} */
function poster(url) {
  const agent = new Agent({ keepAlive: true });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` };
  return async (query, variables) => {
    const body = Buffer.from(JSON.stringify({ query, variables }));
    const text = await new Promise((resolve, reject) => {
      const outgoing = request(url, {
        method: 'POST',
        agent,
        headers: { ...headers, 'content-length': body.length },
      });
      outgoing.on('error', reject);
      outgoing.on('response', (response) => {
        /** @type {Buffer[]} */
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve(Buffer.concat(chunks).toString()));
      });
      outgoing.end(body);
    });
    const payload = Object.values(JSON.parse(text).data ?? {})[0];
    if (!payload || payload.errors.length > 0) throw new Error(`Bellwire refused: ${text.slice(0, 2_000)}`);
    return payload;
  };
}
