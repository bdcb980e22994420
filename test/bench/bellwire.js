/** The server as a System: published to through its GraphQL API, with one webhook that takes everything. */
import { cpuOf } from './cpu.js';
import { MODEL, policy } from './sample.js';
import { CONFIGURATION, startServer } from './server.js';

const PUBLISH = `mutation Publish($input: [EventInput!]!) {
  eventsPublish(input: $input) { errors { code field message } events { deliveryCount } }
}`;

/** Registers a resource that has the sample as its payload. @param {import('./client.js').Post} post @param {string} name @param {string[]} events */
export function register(post, name, events) {
  return post(
    `mutation Register($input: CatalogResourceInput!) { resourceRegister(input: $input) { errors { code field message } } }`,
    {
      input: {
        name,
        label: name,
        model: MODEL,
        events: events.map((event) => ({ name: event, label: event })),
      },
    },
  );
}

/** Makes a webhook with one endpoint. @param {import('./client.js').Post} post @param {string} target @returns {Promise<any>} */
export function createWebhook(post, target) {
  const webhook = {
    details: { name: 'Bench' },
    endpoints: [{ kind: 'URL', target }],
    triggers: [{ resource: 'policies', event: 'update' }],
  };
  return post(
    `mutation Create($input: WebhookInput!) { webhookCreate(input: $input) { errors { code field message } webhook { id endpoints { id } } } }`,
    { input: webhook },
  );
}

/** Publishes an event for each entity; how many deliveries each caused. @param {import('./client.js').Post} post @param {string[]} ids @param {{ resource: string, event: string }} kind @returns {Promise<number[]>} */
export async function publish(post, ids, kind) {
  const input = ids.map((id) => ({ ...kind, entityId: id, payload: policy(id) }));
  const { events } = await post(PUBLISH, { input });
  return events.map((/** @type {any} */ event) => event.deliveryCount);
}

/** @typedef {import('./measure.js').System} System */

/**
 * Starts the server, with a webhook to the target. By the role all it sends itself, from the start; by the role
 * api by a process of the role worker.
 * @param {import('./ground.js').Ground} ground @param {{ target: string, role: 'all' | 'api', collects?: boolean }} options collects: see collect.cjs.
 * @returns {Promise<System & { server: import('./server.js').Server }>}
 */
export async function startBellwire(ground, { target, role, collects }) {
  const server = await startServer(ground, role, collects);
  const { pid, died, post, postgres } = server;
  await register(post, 'policies', ['update']);
  await createWebhook(post, target);
  /** @type {import('./server.js').Process | undefined} */
  let worker;
  return {
    name: 'Bellwire',
    configuration: `${CONFIGURATION}; ${
      role === 'all' ? 'one process' : 'published through one with --role api, sent by --role worker'
    }; PostgreSQL: ${postgres.settings}`,
    versions: { postgres: postgres.version },
    died,
    server,
    async startSenders(most) {
      if (role === 'api') worker = await server.startWorker(most);
    },
    async stopSenders() {
      await worker?.stop();
      worker = undefined;
    },
    async publish(ids) {
      const counts = await publish(post, ids, { resource: 'policies', event: 'update' });
      return counts.filter((count) => count === 1).length;
    },
    async settled() {
      const { rows } = await postgres.client.query('select not exists (select from delivery_queue) as empty');
      return rows[0].empty;
    },
    async attempts() {
      const { rows } = await postgres.client.query(
        `select count(*)::int as made, count(*) filter (where outcome = 'SUCCEEDED')::int as succeeded from attempts`,
      );
      return rows[0];
    },
    cpu: () => ({
      service: cpuOf(pid) + (worker ? cpuOf(worker.pid) : 0),
      postgres: cpuOf(postgres.pid),
    }),
  };
}
