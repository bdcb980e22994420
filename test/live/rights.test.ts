/** Rights are asked for anew with each batch: what a reader may no longer see ends its socket with 4403. */
import { Api } from '../support/api.ts';
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

/** A login with a token, made through the API, and a team that it is a member of. */
async function createReader(permissions: string[]): Promise<{ id: string; api: Api; teamId: string }> {
  const { login } = await server.api.mutate(
    'mutation ($input: LoginInput!) { loginCreate(input: $input) { errors { code field message } login { id } } }',
    { input: { name: 'Reader', permissions } },
  );
  const { team } = await server.api.mutate(
    'mutation ($input: TeamInput!) { teamCreate(input: $input) { errors { code field message } team { id } } }',
    { input: { name: 'Readers', memberIds: [login.id] } },
  );
  const value = await tokenOf(login.id as string, permissions);
  return { id: login.id, teamId: team.id, api: new Api(server.api.url, value) };
}

/** A token of another login: only that login itself can make one over the API, so the room makes it. */
async function tokenOf(loginId: string, permissions: string[]): Promise<string> {
  const { access } = server.app.rooms;
  const root = await access.rootViewer();
  const made = await access.createToken(
    { ...root, loginId, permissions: new Set(permissions as never[]) },
    { name: 'reader', permissions: permissions as never[] },
  );
  if (!made.ok) throw new Error(JSON.stringify(made.problems));
  return made.value.value;
}

describe('a stream', () => {
  it.each([
    [
      'the permission is taken back',
      ['WEBHOOKS_MANAGE'],
      (id: string) => server.api.mutate(UPDATE, { id, input: { permissions: [] } }),
    ],
    [
      'the login is disabled',
      ['WEBHOOKS_MANAGE'],
      (id: string) => server.api.mutate(UPDATE, { id, input: { disabled: true } }),
    ],
    [
      'the membership of the team ends',
      [],
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
      const [seen] = await publish(server.api, clientEvent('seen'));
      expect(seen!.deliveryCount).toBeGreaterThanOrEqual(0);
      const lostAt = performance.now();
      await lose(reader.id, reader.teamId);
      const ended = (await stream.end()) as { code: number };
      expect(ended.code).toBe(4403);
      expect(performance.now() - lostAt).toBeLessThan(2_000);

      const before = receiver.hits.length;
      await server.api.mutate(
        'mutation ($input: TestEventInput!) { testEventSend(input: $input) { errors { code } } }',
        { input: { webhookId: webhook.id, resource: 'clients', event: 'create' } },
      );
      const hits = await receiver.until(before + 1);
      expect(JSON.stringify(stream.received)).not.toContain(hits.at(-1)!.headers['webhook-id']);
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
