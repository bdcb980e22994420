/** bellwire.endpoints: in every catalog from the start, for webhooks to listen to, and for no host to change. */
import { OWN_RESOURCES } from '../../src/catalog/own-resources.ts';
import type { Api } from '../support/api.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { createWebhook, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const NAME = 'bellwire.endpoints';
const CATALOG = `{ catalog { id name label description allowed model
  events { name label supported examplePayload } } }`;
const TRIGGER = { resource: NAME, event: 'auto_disabled' };

let server: TestServer;
let receiver: Receiver;
let api: Api;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  api = server.api;
});
afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

const own = async (): Promise<any> =>
  (await api.run(CATALOG)).find((one: { name: string }) => one.name === NAME);
const versions = async (): Promise<unknown[]> =>
  (await server.app.db.engine.query('select id, version from resources where name = $1', [NAME])).rows;

it('stands in the catalog of a new server, behind what the host registers', async () => {
  const [wanted] = OWN_RESOURCES;
  expect(await own()).toMatchObject({
    name: NAME,
    label: wanted!.label,
    model: wanted!.model,
    allowed: true,
  });
  await registerResource(api);
  expect((await api.run(CATALOG)).map((one: { name: string }) => one.name)).toEqual(['clients', NAME]);
});

it('stays what it is when a server starts on the same database, and is mended when it was another', async () => {
  const before = await versions();
  const settings = { DATABASE_URL: server.database.url };
  await (await startServer(settings)).stop();
  expect(await versions()).toEqual(before);
  await server.app.db.engine.query(`update resources set label = 'Of an older version' where name = $1`, [
    NAME,
  ]);
  await (await startServer(settings)).stop();
  expect(await own()).toMatchObject({ id: (before[0] as { id: string }).id, label: OWN_RESOURCES[0]!.label });
});

it('can be chosen like any other, and its test event arrives with its example', async () => {
  const webhook = await createWebhook(api, receiver.url, { triggers: [TRIGGER] });
  const { triggers } = await api.run('query ($id: ID!) { webhook(id: $id) { triggers { active label } } }', {
    id: webhook.id,
  });
  expect(triggers).toEqual([{ active: true, label: 'Webhook endpoint: Switched off after failures' }]);
  await api.mutate(
    'mutation ($input: TestEventInput!) { testEventSend(input: $input) { errors { code field message } } }',
    { input: { webhookId: webhook.id, ...TRIGGER } },
  );
  const [hit] = await receiver.until(1);
  const body = JSON.parse(hit!.body.toString());
  expect(body).toMatchObject({ type: `${NAME}.auto_disabled`, test: true });
  expect(body.data).toEqual((await own()).events[0].examplePayload);
});

it('is neither replaced, nor removed, nor published to by a host', async () => {
  const before = await api.run(CATALOG);
  const kept = { code: 'INVALID', message: expect.stringContaining('kept for the server itself') };
  const input = {
    name: NAME,
    label: 'Mine',
    model: 'type Mine { id: ID! }',
    events: [{ name: 'a', label: 'A' }],
  };
  expect(
    await api.run(
      'mutation ($input: CatalogResourceInput!) { resourceRegister(input: $input) { errors { code field message } } }',
      { input },
    ),
  ).toEqual({ errors: [{ ...kept, field: ['name'] }] });
  expect(
    await api.run(
      'mutation ($name: String!) { resourceRemove(name: $name) { errors { code field message } deletedId } }',
      {
        name: NAME,
      },
    ),
  ).toEqual({ errors: [{ ...kept, field: ['name'] }], deletedId: null });
  const { examplePayload: payload } = (await own()).events[0];
  expect(
    await api.run(
      'mutation ($input: [EventInput!]!) { eventsPublish(input: $input) { errors { code field message } } }',
      {
        input: [
          { resource: 'clients', event: 'create', entityId: '1', payload: { id: '1', name: 'One' } },
          { ...TRIGGER, entityId: 'ep_1', payload },
        ],
      },
    ),
  ).toEqual({
    errors: [
      { code: 'INVALID', field: ['1', 'resource'], message: expect.stringContaining('the server itself') },
    ],
  });
  expect(await api.run(CATALOG)).toEqual(before);
  expect((await api.run('{ events(first: 1) { nodes { id } } }')).nodes).toEqual([]);
});
