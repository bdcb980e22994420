/** What the address of an endpoint did holds for that address: another one in its place starts afresh. */
import type { Api } from '../support/api.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import {
  clientEvent,
  createWebhook,
  type MadeWebhook,
  publish,
  publishMany,
  registerResource,
} from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let api: Api;
let before: Receiver;
let after: Receiver;

beforeAll(async () => {
  server = await startServer({ BELLWIRE_PROBE_INTERVAL: '1h' });
  ({ api } = server);
  await registerResource(api);
});
beforeEach(async () => {
  [before, after] = await Promise.all([startReceiver(), startReceiver()]);
});
afterEach(async () => {
  await Promise.all([before.close(), after.close()]);
});
afterAll(() => server?.stop());

async function move({ id, endpointId }: MadeWebhook): Promise<void> {
  await api.mutate(
    'mutation ($id: ID!, $input: WebhookInput!) { webhookUpdate(id: $id, input: $input) { errors { code message } } }',
    { id, input: { endpoints: [{ id: endpointId, kind: 'URL', target: after.url }] } },
  );
}

/** How the endpoint stands, and its deliveries, the newest first. */
async function standing({ id }: MadeWebhook): Promise<{ endpoint: string; deliveries: string[] }> {
  const { endpoints, deliveries } = await api.run(
    'query ($id: ID!) { webhook(id: $id) { endpoints { status } deliveries(first: 10) { nodes { status } } } }',
    { id },
  );
  return {
    endpoint: endpoints[0].status,
    deliveries: deliveries.nodes.map((node: { status: string }) => node.status),
  };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds()));
}

it('a 410 of an address that was replaced meanwhile does not switch off the endpoint; one of its own does', async () => {
  let answer = (): void => undefined;
  before.answer = (_hit, response) => {
    answer = () => void response.writeHead(410).end();
  };
  const webhook = await createWebhook(api, before.url);
  await publish(api, clientEvent('one'));
  await before.until(1);
  await move(webhook);
  answer();
  await until(async () => (await standing(webhook)).deliveries[0] === 'FAILED');
  await publish(api, clientEvent('two'));
  await until(async () => (await standing(webhook)).deliveries[0] === 'SUCCEEDED');
  expect(await standing(webhook)).toEqual({ endpoint: 'ACTIVE', deliveries: ['SUCCEEDED', 'FAILED'] });
  expect(after.hits).toHaveLength(1);
  after.answer = status(410);
  await publish(api, clientEvent('three'));
  await until(async () => (await standing(webhook)).endpoint === 'AUTO_DISABLED');
});

it.each([
  ['asked to be left alone for an hour', 1, status(429, { 'retry-after': '3600' })],
  ['failed until its endpoint was paused', 12, status(500)],
])('an address that %s does not keep the next one waiting', async (_what, events, failing) => {
  before.answer = failing;
  const webhook = await createWebhook(api, before.url);
  await publishMany(api, events);
  await until(async () => {
    const { rows } = await server.app.db.reads.query(
      `select from endpoint_circuits where endpoint_id = $1 and (state = 'OPEN' or hold_until is not null)`,
      [webhook.endpointId],
    );
    return rows.length > 0;
  });
  const [later] = await publish(api, clientEvent('later'));
  await move(webhook);
  await after.find(({ body }) => body.includes(later!.event.id));
  expect((await standing(webhook)).endpoint).toBe('ACTIVE');
});
