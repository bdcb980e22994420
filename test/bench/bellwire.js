/** The server as a System: published to through its GraphQL API, with one webhook that takes everything. */
import { cpuOf } from './cpu.js';
import { MODEL, policy } from './sample.js';
import { startServer } from './server.js';

const PUBLISH = `mutation Publish($input: [EventInput!]!) {
  eventsPublish(input: $input) { errors { code field message } events { deliveryCount } }
}`;

/** @typedef {import('./measure.js').System} System */

/** Starts the server, with a webhook to the target. @param {{ folder: string, target: string, onStop: (stop: () => Promise<void>) => void }} options @returns {Promise<System>} */
export async function startBellwire({ target, ...place }) {
  const { pid, died, post, postgres } = await startServer(place);
  await prepare(post, target);
  const { client } = postgres;
  return {
    name: 'Bellwire',
    versions: { postgres: postgres.version },
    died,
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
    cpu: () => ({ service: cpuOf(pid, [postgres.pid]), postgres: cpuOf(postgres.pid) }),
  };
}

/** @param {import('./client.js').Post} post @param {string} target */
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
