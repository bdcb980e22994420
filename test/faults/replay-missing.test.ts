/** Replays of events that never had a delivery to a webhook: made then, for what its triggers cover now. */
import { newId } from '../../src/ids.ts';
import { createPerson, type Person } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import {
  act,
  deliveriesOf,
  deliveryOf,
  ended,
  finished,
  idsOf,
  preview,
  startReplay,
} from '../support/replays.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let receiver: Receiver;
/** An account with a login of its own. */
let branch: Person;
let branchClerk: Person;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  await registerResource(server.api);
  const permissions = ['WEBHOOKS_MANAGE' as const, 'EVENTS_PUBLISH' as const];
  branch = await createPerson(server, { name: 'Branch', isAccount: true, permissions });
  branchClerk = await createPerson(server, { name: 'Clerk', parentId: branch.id });
});
afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

/** Publishes events of an entity each; their ids. */
async function happen(...events: Record<string, unknown>[]): Promise<string[]> {
  return (await publish(server.api, ...events)).map(({ event }) => event.id);
}

it('makes deliveries for what a new webhook missed, within its triggers and the filter, once', async () => {
  const [before] = await happen(clientEvent('before', { loginId: branch.id }));
  const from = (await server.api.run('query ($id: ID!) { event(id: $id) { publishedAt } }', { id: before }))
    .publishedAt as string;
  const [own, clerks] = await happen(
    clientEvent('own', { loginId: branch.id }),
    clientEvent('clerks', { loginId: branchClerk.id }),
    clientEvent('foreign'),
    clientEvent('updated', { loginId: branch.id, event: 'update' }),
  );
  const webhook = await createWebhook(branch.api, `${receiver.url}/one`);
  const { id: webhookId } = webhook;
  const [known] = await happen(clientEvent('known', { loginId: branch.id }));
  const [delivered] = await ended(branch.api, { webhookId }, 1);
  const count = async (filter: Record<string, unknown>, missingFor = webhookId) =>
    (await preview(branch.api, { filter, missingFor })).value;
  const none = { status: ['CANCELLED'] };
  expect(await count(none)).toBe(3);
  expect(await count({ webhookId })).toBe(4);
  expect(await count({ ...none, entityId: 'own' })).toBe(1);
  expect(await count({ ...none, eventId: clerks })).toBe(1);
  expect(await count({ ...none, event: 'update' })).toBe(0);
  expect(await count({ ...none, search: 'clerks' })).toBe(1);
  expect(await count({ ...none, endpointId: webhook.endpointId })).toBe(3);
  expect(await count({ ...none, endpointId: newId('endpoint') })).toBe(0);
  expect(await count({ ...none, createdAt: { to: from } })).toBe(0);
  expect(await count({ ...none, replayId: newId('replay') })).toBe(0);

  receiver.hits.length = 0;
  const input = { filter: { ...none, createdAt: { from } }, missingFor: webhookId };
  // Of two at once, each event goes once.
  const replays = await Promise.all([startReplay(branch.api, input), startReplay(branch.api, input)]);
  for (const { id } of replays)
    expect(await finished(branch.api, id)).toMatchObject({ matched: 3, succeeded: 3, failed: 0 });
  const made = (await deliveriesOf(branch.api, { webhookId })).filter(({ id }) => id !== delivered!.id);
  expect(made.map(({ event }) => event.id)).toEqual([before, own, clerks]);
  for (const delivery of made)
    expect(delivery).toMatchObject({
      ...{ status: 'SUCCEEDED', origin: 'REPLAY', attemptCount: 1 },
      version: 2,
    });
  expect(receiver.hits.map(deliveryOf).sort()).toEqual(idsOf(made).sort());
  expect(await count(none)).toBe(0);
  expect(known).toBe(delivered!.event.id);
  // They are retried and filtered like any other.
  expect(await count({ replayId: replays[0].id })).toBe(3);
});

it('says nothing to a webhook of its own endpoints, of tests, or while it is off', async () => {
  const webhook = await createWebhook(server.api, `${receiver.url}/two`, {
    triggers: [
      { resource: 'clients', event: 'update' },
      { resource: 'bellwire.endpoints', event: 'auto_disabled' },
    ],
  });
  const { id: webhookId } = webhook;
  const test = (entity: string) => ({ webhookId, resource: 'clients', event: entity });
  await server.api.mutate(
    'mutation ($input: TestEventInput!) { testEventSend(input: $input) { errors { code } } }',
    {
      input: test('update'),
    },
  );
  await ended(server.api, { webhookId }, 1);
  // As if it had switched itself off, and another one besides.
  const notice = (endpointId: string) =>
    server.app.db.engine.query(
      `insert into events (id, login_id, path, team_ids, resource, name, entity_id, occurred_at)
       select $1, l.id, l.path, '{}', 'bellwire.endpoints', 'auto_disabled', $2, now() from logins l where l.parent_id is null`,
      [newId('event'), endpointId],
    );
  const missing = {
    filter: { status: ['CANCELLED'], resource: 'bellwire.endpoints' },
    missingFor: webhookId,
  };
  await notice(webhook.endpointId);
  expect((await preview(server.api, missing)).value).toBe(0);
  await notice(newId('endpoint'));
  expect((await preview(server.api, missing)).value).toBe(1);
  await act(server.api, 'endpointDisable', webhook.endpointId);
  expect((await preview(server.api, missing)).value).toBe(0);
  await act(server.api, 'webhookDisable', webhookId);
  await expect(preview(server.api, missing)).rejects.toThrow(/The webhook is disabled: enable it first/);
});
