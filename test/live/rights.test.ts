/** Rights are asked for anew with each batch: what a reader may no longer see ends its socket with 4403. */
import type { Permission } from '../../src/access/viewer.ts';
import type { Api } from '../support/api.ts';
import { createPerson, createTeam } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const WATCH = `subscription {
  deliveryEvents(mode: EVERY_EVENT, minIntervalMs: 0) { cursor events { kind delivery { id } } } }`;
const UPDATE = `mutation ($id: ID!, $input: LoginInput!) {
  loginUpdate(id: $id, input: $input) { errors { code field message } } }`;

let server: TestServer;
let receiver: Receiver;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  await registerResource(server.api);
});

afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

/** A login with a token, and a team that it is a member of. */
async function createReader(permissions: Permission[]): Promise<{ id: string; api: Api; teamId: string }> {
  const person = await createPerson(server, { name: 'Reader', permissions });
  return { ...person, teamId: await createTeam(server, 'Readers', [person.id]) };
}

/** Sends a test event; the id of its delivery. */
async function sendTest(webhookId: string): Promise<string> {
  const { deliveries } = await server.api.mutate(
    'mutation ($input: TestEventInput!) { testEventSend(input: $input) { errors { code } deliveries { id } } }',
    { input: { webhookId, resource: 'clients', event: 'create' } },
  );
  return deliveries[0].id as string;
}

describe('a stream', () => {
  it.each([
    [
      'the permission is taken back',
      ['WEBHOOKS_MANAGE'] as Permission[],
      (id: string) => server.api.mutate(UPDATE, { id, input: { permissions: [] } }),
    ],
    [
      'the login is disabled',
      ['WEBHOOKS_MANAGE'] as Permission[],
      (id: string) => server.api.mutate(UPDATE, { id, input: { disabled: true } }),
    ],
    [
      'the membership of the team ends',
      [] as Permission[],
      (_id: string, teamId: string) =>
        server.api.mutate(
          'mutation ($id: ID!) { teamUpdate(id: $id, input: { memberIds: [] }) { errors { code } } }',
          { id: teamId },
        ),
    ],
  ])(
    'is closed with 4403 within a second when %s, and carries nothing that comes later',
    async (_name, permissions, lose) => {
      const reader = await createReader(permissions);
      const webhook = await createWebhook(server.api, receiver.url, { details: { teamId: reader.teamId } });
      const stream = reader.api.subscribe(WATCH);
      await stream.until((batches) => batches[0]);
      // The proof that what comes later would have arrived.
      const seen = await sendTest(webhook.id);
      await stream.until((batches) => JSON.stringify(batches).includes(seen));
      const lostAt = performance.now();
      await lose(reader.id, reader.teamId);
      const ended = (await stream.end()) as { code: number };
      expect(ended.code).toBe(4403);
      expect(performance.now() - lostAt).toBeLessThan(2_000);

      const unseen = await sendTest(webhook.id);
      await receiver.find((hit) => hit.headers['webhook-id'] === unseen);
      expect(JSON.stringify(stream.received)).not.toContain(unseen);
    },
  );

  it('goes on when rights are added', async () => {
    const reader = await createReader(['WEBHOOKS_MANAGE']);
    await createWebhook(server.api, receiver.url, { triggers: [{ resource: 'clients', event: 'update' }] });
    const stream = reader.api.subscribe(WATCH);
    await stream.until((batches) => batches[0]);
    await server.api.mutate(UPDATE, {
      id: reader.id,
      input: { permissions: ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH'] },
    });
    const [published] = await publish(server.api, clientEvent('more', { event: 'update' }));
    expect(published!.deliveryCount).toBe(1);
    await stream.until(
      (batches) => batches.flatMap((batch: { events: unknown[] }) => batch.events).length >= 2,
    );
    await stream.close();
  });
});
