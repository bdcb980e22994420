/**
 * Rights are asked for anew with each batch: what a reader may no longer see ends its socket with 4403, and
 * the cursor that it comes back with is answered with PERMISSION_CHANGED.
 */
import type { Permission } from '../../src/access/viewer.ts';
import type { Api } from '../support/api.ts';
import { holdLock, type LockHolder } from '../support/lock-holder.ts';
import { createPerson, createTeam } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const WATCH = `subscription ($after: StreamCursor) {
  deliveryEvents(after: $after, mode: EVERY_EVENT, minIntervalMs: 0) {
    cursor reset events { kind delivery { id } } } }`;
const POLL = `query ($after: StreamCursor) {
  deliveryEvents(after: $after) { cursor reset events { delivery { id } } } }`;
const SET_MEMBERS = `mutation ($id: ID!, $memberIds: [ID!]) {
  teamUpdate(id: $id, input: { memberIds: $memberIds }) { errors { code } } }`;
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
      (_id: string, teamId: string) => server.api.mutate(SET_MEMBERS, { id: teamId, memberIds: [] }),
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
    // What was gained resets nothing.
    const { cursor } = stream.received.at(0) as { cursor: string };
    expect(await reader.api.run(POLL, { after: cursor })).toMatchObject({ reset: null });
  });
});

describe('a cursor from before a loss of rights', () => {
  let older: LockHolder | undefined;
  afterEach(() => older?.letGo());

  const losses: [string, (reader: { id: string; teamId: string }) => Promise<unknown>][] = [
    ['a permission', ({ id }) => server.api.mutate(UPDATE, { id, input: { permissions: [] } })],
    ['a team', ({ teamId }) => server.api.mutate(SET_MEMBERS, { id: teamId, memberIds: [] })],
    [
      'a team that is deleted',
      ({ teamId }) =>
        server.api.mutate('mutation ($id: ID!) { teamDelete(id: $id) { errors { code } } }', { id: teamId }),
    ],
    [
      'the place in the tree',
      async ({ id }) => {
        const aside = await createPerson(server, { name: 'Aside' });
        await server.api.mutate(UPDATE, { id, input: { parentId: aside.id } });
      },
    ],
    ['the account', ({ id }) => server.api.mutate(UPDATE, { id, input: { isAccount: true } })],
  ];

  it.each(losses)(
    'of %s is answered with PERMISSION_CHANGED once, and the new one goes on',
    async (_name, lose) => {
      const reader = await createReader(['WEBHOOKS_MANAGE']);
      // A second team keeps the reader reading whatever it loses.
      const kept = await createTeam(server, 'Kept', [reader.id]);
      const webhook = await createWebhook(server.api, receiver.url, { details: { teamId: kept } });
      const stream = reader.api.subscribe(WATCH);
      const { cursor: old } = await stream.until((batches) => batches[0]);
      // As long as another transaction is open, cursors from before and after the loss name the same position.
      older = await holdLock(server.database, 'select pg_current_xact_id()');
      await lose(reader);
      expect(await stream.end()).toMatchObject({ code: 4403 });

      const again = reader.api.subscribe(WATCH, { after: old });
      const first = await again.until((batches) => batches[0]);
      expect(first).toMatchObject({ reset: 'PERMISSION_CHANGED', events: [] });
      const polled = await reader.api.run(POLL, { after: old });
      expect(polled).toMatchObject({ reset: 'PERMISSION_CHANGED', events: [] });
      await again.until((batches) => batches[1]);
      await again.close();
      const page = await reader.api.run('{ deliveries(first: 1) { streamCursor } }');
      const third = reader.api.subscribe(WATCH, { after: first.cursor });
      await third.until((batches) => batches[0]);
      await older.letGo();
      older = undefined;
      const seen = await sendTest(webhook.id);
      await third.until((batches) => JSON.stringify(batches).includes(seen));
      await third.close();
      for (const batch of [...again.received.slice(1), ...third.received]) expect(batch.reset).toBeNull();
      for (const after of [page.streamCursor, polled.cursor, third.received.at(-1).cursor]) {
        const batch = await reader.api.run(POLL, { after });
        expect(batch.reset).toBeNull();
      }
    },
  );

  it('of an account that a branch has left is answered so too, and that of no other account', async () => {
    const permissions: Permission[] = ['WEBHOOKS_MANAGE'];
    const x = await createPerson(server, { name: 'X', isAccount: true, permissions });
    const inX = (name: string, isAccount: boolean) =>
      createPerson(server, { name, parentId: x.id, isAccount, permissions });
    const clerk = await inX('Clerk', false);
    const beside = await inX('Beside', true);
    const branch = await inX('Branch', true);
    const { id: rootId } = await server.api.run('{ viewer { id } }');
    const readers = [x, clerk, beside, server];
    const cursors = await Promise.all(
      readers.map(async ({ api }) => (await api.run('{ deliveries { streamCursor } }')).streamCursor),
    );
    const stream = clerk.api.subscribe(WATCH);
    await stream.until((batches) => batches[0]);
    await server.api.mutate(UPDATE, { id: branch.id, input: { parentId: rootId } });
    expect(await stream.end()).toMatchObject({ code: 4403 });
    const batches = await Promise.all(readers.map(({ api }, at) => api.run(POLL, { after: cursors[at] })));
    const resets = batches.map(({ reset }) => reset);
    expect(resets).toEqual(['PERMISSION_CHANGED', 'PERMISSION_CHANGED', null, null]);
  });
});
