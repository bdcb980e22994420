/** An endpoint that switches itself off: once, with a notice that comes to all who listen but its own webhook. */
import { transaction } from '../../src/db/sql.ts';
import { type FailureCode, FAILURES } from '../../src/errors.ts';
import { autoDisable, switchOffIn } from '../../src/sending/auto-disable.ts';
import { type Api, Stream } from '../support/api.ts';
import { holdLock } from '../support/lock-holder.ts';
import { createMailWebhook } from '../support/mail-scenario.ts';
import { createPerson, type Person } from '../support/people.ts';
import { type Hit, type Receiver, startReceiver, status } from '../support/receiver.ts';
import {
  clientEvent,
  createWebhook,
  type MadeWebhook,
  publish,
  registerResource,
} from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const SINCE = new Date('2026-01-02T03:04:05.678Z');
const LISTENING = [{ resource: 'bellwire.endpoints', event: 'auto_disabled' }];
const ENDPOINT =
  'query ($id: ID!) { node(id: $id) { ... on Endpoint { status statusReason failingSince } } }';
const EVENTS = `{ events(first: 20, filter: { resource: "bellwire.endpoints" }) {
  nodes { entityId name login { id } payload deliveries(first: 10) { nodes { webhook { id } } } } } }`;

let server: TestServer;
let receiver: Receiver;
let x: Person;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  await registerResource(server.api);
});
afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});
beforeEach(async () => {
  receiver.answer = status(204);
  // An account of its own for each test: its webhooks are told of nothing from others.
  x = await createPerson(server, {
    name: 'X',
    isAccount: true,
    permissions: ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH'],
  });
});

const sql = (text: string, values: unknown[] = []) => server.app.db.engine.query(text, values);

/** Notes failures of an endpoint, as senders do; it is paused unless said otherwise. */
async function failing(
  { endpointId }: Pick<MadeWebhook, 'endpointId'>,
  since = SINCE,
  state = 'OPEN',
): Promise<void> {
  await sql('delete from endpoint_circuits where endpoint_id = $1', [endpointId]);
  await sql(
    `insert into endpoint_circuits (endpoint_id, state, failing_since, failures, failure_code, opened_at, probe_at)
     select $1, $3, $2::timestamptz + interval '345 microseconds', 9, 'TIMEOUT', opened, opened + interval '1 hour'
     from (select case $3 when 'OPEN' then now() end as opened) circuit`,
    [endpointId, since, state],
  );
}

/** What a sender calls. */
const switchOff = (
  { endpointId }: Pick<MadeWebhook, 'endpointId'>,
  cause: { code: FailureCode; failingSince: Date | null } = { code: 'TIMEOUT', failingSince: SINCE },
): Promise<boolean> =>
  autoDisable({ pool: server.app.db.engine, firstDelayMs: 0, byMail: false }, endpointId, cause);

const create = (path: string, options: Parameters<typeof createWebhook>[2] = {}, api: Api = x.api) =>
  createWebhook(api, `${receiver.url}${path}`, options);

const bodyOf = (hit: Hit): any => JSON.parse(hit.body.toString());
const noticeAt = (path: string, about: MadeWebhook) =>
  receiver.find((hit) => hit.path === `/hooks${path}` && bodyOf(hit).entityId === about.endpointId);
const notices = async (about: Pick<MadeWebhook, 'endpointId'>): Promise<any[]> =>
  (await server.api.run(EVENTS)).nodes.filter((event: any) => event.entityId === about.endpointId);

async function actions(about: MadeWebhook): Promise<any[]> {
  const { nodes } = await x.api.run(
    'query ($id: ID!) { auditLog(subjectId: $id) { nodes { action login { id } changes } } }',
    { id: about.id },
  );
  return nodes;
}

describe('an endpoint that failed for too long', () => {
  it('is off, gets nothing, and is told of by an event that fits its model', async () => {
    const failed = await create('/failed?token=canary', { advanced: { retrySchedule: [600] } });
    await create('/told', { triggers: LISTENING });
    await publish(x.api, clientEvent('waits'));
    await failing(failed);
    expect(await switchOff(failed)).toBe(true);
    expect(await x.api.run(ENDPOINT, { id: failed.endpointId })).toEqual({
      status: 'AUTO_DISABLED',
      statusReason: expect.stringContaining(FAILURES.TIMEOUT[1]),
      failingSince: SINCE.toISOString(),
    });
    const body = bodyOf(await noticeAt('/told', failed));
    expect(body).toMatchObject({ type: 'bellwire.endpoints.auto_disabled', timestamp: body.data.disabledAt });
    expect(body.data).toEqual({
      id: failed.endpointId,
      kind: 'URL',
      // Of the address no more: the rest may hold a secret.
      host: new URL(receiver.url).host,
      webhookNumber: failed.number,
      webhookName: 'Test',
      code: 'TIMEOUT',
      reason: FAILURES.TIMEOUT[1],
      failingSince: SINCE.toISOString(),
      disabledAt: expect.stringMatching(/^20.*Z$/),
    });
    const test = await x.api.run(
      `mutation ($input: TestEventInput!) { testEventSend(input: $input) { errors { code field message } } }`,
      {
        input: {
          webhookId: failed.id,
          resource: 'bellwire.endpoints',
          event: 'auto_disabled',
          payload: body.data,
        },
      },
    );
    expect(test.errors).toEqual([]);
    const { nodes } = await x.api.run(
      'query ($id: ID!) { deliveries(filter: { webhookId: $id }) { nodes { origin status } } }',
      { id: failed.id },
    );
    expect(nodes).toContainEqual({ origin: 'EVENT', status: 'CANCELLED' });
    const [published] = await publish(x.api, clientEvent('later'));
    expect(published!.deliveryCount).toBe(0);
  });

  it('is off and has nothing waiting at the same moment', async () => {
    const failed = await create('/together', { advanced: { retrySchedule: [600] } });
    await publish(x.api, clientEvent('together'));
    await failing(failed);
    const count = 'select count(*)::int as count from delivery_queue where endpoint_id = $1';
    expect((await sql(count, [failed.endpointId])).rows).toEqual([{ count: 1 }]);
    const left = await transaction(server.app.db.engine, async (inside) => {
      const cause = { code: 'TIMEOUT', failingSince: SINCE } as const;
      await switchOffIn(inside, { firstDelayMs: 0, byMail: false }, failed.endpointId, cause);
      return (await inside.query(count, [failed.endpointId])).rows;
    });
    expect(left).toEqual([{ count: 0 }]);
  });

  it('is told of once, however many senders come to it at the same time', async () => {
    const failed = await create('/often');
    await create('/told-once', { triggers: LISTENING });
    await failing(failed);
    const row = await holdLock(server.database, 'select 1 from webhooks where id = $1 for update', [
      failed.id,
    ]);
    const all = Array.from({ length: 4 }, () => switchOff(failed));
    await row.waiting(4);
    await row.letGo();
    expect((await Promise.all(all)).sort()).toEqual([false, false, false, true]);
    expect(await switchOff(failed)).toBe(false);
    expect(await notices(failed)).toMatchObject([{ name: 'auto_disabled', login: { id: x.id } }]);
    expect(await actions(failed)).toEqual([
      {
        action: 'webhook.endpointAutoDisable',
        // The server itself.
        login: null,
        changes: {
          [`endpoints.${failed.endpointId}.status`]: { from: 'PAUSED', to: 'AUTO_DISABLED' },
          [`endpoints.${failed.endpointId}.failure`]: { from: null, to: 'TIMEOUT' },
        },
      },
      expect.objectContaining({ action: 'webhook.create' }),
    ]);
  });

  it('stays on when it had a success meanwhile, and when somebody was first', async () => {
    const failed = await create('/mended');
    // A success, and another failure since.
    await failing(failed, new Date(SINCE.getTime() + 3));
    expect(await switchOff(failed)).toBe(false);
    await sql(
      `update endpoint_circuits set state = 'CLOSED', failing_since = null, failures = 0, failure_code = null,
         opened_at = null, probe_at = null where endpoint_id = $1`,
      [failed.endpointId],
    );
    expect(await switchOff(failed)).toBe(false);
    expect(await x.api.run(ENDPOINT, { id: failed.endpointId })).toMatchObject({ status: 'ACTIVE' });
    await failing(failed);
    await x.api.mutate('mutation ($id: ID!) { endpointDisable(id: $id) { errors { code } } }', {
      id: failed.endpointId,
    });
    expect(await switchOff(failed)).toBe(false);
    expect(await x.api.run(ENDPOINT, { id: failed.endpointId })).toMatchObject({ status: 'DISABLED' });
    await x.api.mutate('mutation ($id: ID!) { endpointEnable(id: $id) { errors { code } } }', {
      id: failed.endpointId,
    });
    // Enabled it starts afresh: the failures of before count no more.
    expect(await switchOff(failed)).toBe(false);
    await failing(failed);
    expect(await switchOff(failed)).toBe(true);
    expect(await notices(failed)).toHaveLength(1);
  });

  it('is off at once where the receiver is gone, but not by an answer from before it was enabled again', async () => {
    const gone = await create('/gone');
    const cause = { code: 'GONE', failingSince: null } as const;
    // The answer is recorded first.
    const since = new Date();
    await failing(gone, since, 'CLOSED');
    expect(await switchOff(gone, cause)).toBe(true);
    expect(await x.api.run(ENDPOINT, { id: gone.endpointId })).toMatchObject({
      status: 'AUTO_DISABLED',
      failingSince: since.toISOString(),
    });
    expect((await notices(gone))[0].payload).toMatchObject({
      code: 'GONE',
      failingSince: since.toISOString(),
    });
    expect((await actions(gone))[0].changes).toMatchObject({
      [`endpoints.${gone.endpointId}.status`]: { from: 'ACTIVE', to: 'AUTO_DISABLED' },
    });
    await x.api.mutate('mutation ($id: ID!) { endpointEnable(id: $id) { errors { code } } }', {
      id: gone.endpointId,
    });
    // Of another sender, which was slow to say it.
    expect(await switchOff(gone, cause)).toBe(false);
    expect(await x.api.run(ENDPOINT, { id: gone.endpointId })).toMatchObject({ status: 'ACTIVE' });
    expect(await notices(gone)).toHaveLength(1);
    await failing(gone, since, 'CLOSED');
    expect(await switchOff(gone, cause)).toBe(true);
  });

  it('that is a mailbox is told of by its domain, and by no mail where there is no mail server', async () => {
    const mailbox = await createMailWebhook(x.api, 'ann@mails.example');
    await server.api.mutate(
      'mutation ($id: ID!, $input: LoginInput!) { loginUpdate(id: $id, input: $input) { errors { code } } }',
      { id: x.id, input: { email: 'manager@mails.example' } },
    );
    const outbox = `select address from mail_outbox where notice is not null`;
    const gone = { code: 'GONE', failingSince: null } as const;
    await failing(mailbox);
    expect(await switchOff(mailbox, gone)).toBe(true);
    expect((await notices(mailbox))[0].payload).toMatchObject({ kind: 'EMAIL', host: 'mails.example' });
    expect((await sql(outbox)).rows).toEqual([]);
    // Where there is one, it would be told.
    const byMail = await create('/by-mail');
    await failing(byMail);
    await autoDisable({ pool: server.app.db.engine, firstDelayMs: 0, byMail: true }, byMail.endpointId, gone);
    expect((await sql(outbox)).rows).toEqual([{ address: 'manager@mails.example' }]);
  });

  it('of a webhook that is deleted is nobody’s concern', async () => {
    const deleted = await create('/deleted');
    await failing(deleted);
    await x.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', {
      id: deleted.id,
    });
    expect(await switchOff(deleted)).toBe(false);
    expect(await notices(deleted)).toEqual([]);
  });

  it('that was removed from its webhook is nobody’s concern either', async () => {
    const changed = await create('/removed');
    await failing(changed);
    await x.api.mutate(
      'mutation ($id: ID!, $input: WebhookInput!) { webhookUpdate(id: $id, input: $input) { errors { code } } }',
      { id: changed.id, input: { endpoints: [{ kind: 'URL', target: `${receiver.url}/instead` }] } },
    );
    expect(await switchOff(changed)).toBe(false);
    expect(await switchOff(changed, { code: 'GONE', failingSince: null })).toBe(false);
    expect(await notices(changed)).toEqual([]);
  });

  it('is told to open pages', async () => {
    const failed = await create('/open-page');
    await failing(failed);
    const client = x.api.socket();
    const connected = new Promise<void>((resolve) => client.on('connected', () => resolve()));
    const page = new Stream(client, 'subscription { webhookChanges { kind id webhook { status } } }', {});
    // What comes behind the connection is told, and what is read at once for one webhook as one change: its creation is to be read before.
    await connected;
    const marker = await create('/marker');
    await page.until((changes) => changes.find(({ id }) => id === marker.id));
    expect(await switchOff(failed)).toBe(true);
    const updated = (change: { id: string; kind: string }): boolean =>
      change.id === failed.id && change.kind === 'UPDATED';
    expect(await page.until((changes) => changes.find(updated))).toEqual({
      ...{ kind: 'UPDATED', id: failed.id, webhook: { status: 'AUTO_DISABLED' } },
    });
    await page.close();
  });

  it('leaves nothing behind when its notice cannot be stored', async () => {
    const failed = await create('/half');
    await failing(failed);
    await sql('alter table event_payloads rename to event_payloads_away');
    try {
      await expect(switchOff(failed)).rejects.toThrow('event_payloads');
    } finally {
      await sql('alter table event_payloads_away rename to event_payloads');
    }
    expect(await x.api.run(ENDPOINT, { id: failed.endpointId })).toMatchObject({ status: 'PAUSED' });
    expect(await switchOff(failed)).toBe(true);
  });
});

describe('the notice', () => {
  it('comes to the account and those above, but not to the webhook that it is about, nor beside', async () => {
    const beside = await createPerson(server, {
      name: 'Y',
      isAccount: true,
      permissions: ['WEBHOOKS_MANAGE'],
    });
    const about = await createWebhook(x.api, [`${receiver.url}/own`, `${receiver.url}/own-second`], {
      triggers: [...LISTENING, { resource: 'clients', event: 'create' }],
    });
    const other = await create('/account', { triggers: LISTENING });
    const above = await create('/above', { triggers: LISTENING }, server.api);
    const foreign = await create('/beside', { triggers: LISTENING }, beside.api);
    await failing(about);
    expect(await switchOff(about)).toBe(true);
    await noticeAt('/account', about);
    await noticeAt('/above', about);
    const [notice] = await notices(about);
    const listeners = notice.deliveries.nodes.map((delivery: any) => delivery.webhook.id);
    expect(listeners.sort()).toEqual([other.id, above.id].sort());
    expect(listeners).not.toContain(foreign.id);
    // The webhook of this very test hears of others.
    await failing(other);
    await x.api.mutate('mutation ($id: ID!) { endpointEnable(id: $id) { errors { code } } }', {
      id: about.endpointId,
    });
    expect(await switchOff(other)).toBe(true);
    await noticeAt('/own', other);
    await noticeAt('/own-second', other);
  });

  it('goes round no circle: two that listen to each other’s failures, and fail, come to rest (X12)', async () => {
    receiver.answer = status(500);
    const advanced = { retrySchedule: [0, 0] };
    const [a, b] = [
      await create('/a', { triggers: LISTENING, advanced }),
      await create('/b', { triggers: LISTENING, advanced }),
    ];
    const first = await create('/first');
    // Too short a time for the senders to switch them off themselves.
    const failingSince = new Date();
    const off = (one: MadeWebhook) => switchOff(one, { code: 'STATUS', failingSince });
    for (const one of [first, a, b]) await failing(one, failingSince, 'CLOSED');
    expect(await off(first)).toBe(true);
    await noticeAt('/a', first);
    await noticeAt('/b', first);
    // Their deliveries fail, and so both go off in the end.
    expect(await off(a)).toBe(true);
    await noticeAt('/b', a);
    expect(await off(b)).toBe(true);
    for (const one of [first, a, b]) expect(await off(one)).toBe(false);
    const told = async (about: MadeWebhook) =>
      (await notices(about))
        .flatMap((notice) => notice.deliveries.nodes.map((delivery: any) => delivery.webhook.id))
        .filter((id) => [a.id, b.id].includes(id))
        .sort();
    expect(await Promise.all([first, a, b].map(told))).toEqual([[a.id, b.id].sort(), [b.id], []]);
    for (const one of [first, a, b]) expect(await notices(one)).toHaveLength(1);
    // What was on the wire ends by itself, and nothing waits any more.
    await receiver.find((hit) => hit.path === '/hooks/b' && bodyOf(hit).entityId === a.endpointId);
    const { rows } = await sql(
      'select count(*)::int as count from delivery_queue where sender is null and webhook_id = any ($1)',
      [[a.id, b.id]],
    );
    expect(rows).toEqual([{ count: 0 }]);
  });
});
