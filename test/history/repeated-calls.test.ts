/** deliveryRetry and testEventSend under idempotency keys: a call that is repeated sends nothing again. */
import { forgetIdempotencyKeys } from '../../src/db/idempotency-keys.ts';
import { newId } from '../../src/ids.ts';
import type { Api } from '../support/api.ts';
import { createPerson } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import {
  clientEvent,
  createWebhook,
  type MadeWebhook,
  publish,
  registerResource,
} from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const RETRY = `mutation ($id: ID!, $key: String) {
  deliveryRetry(id: $id, idempotencyKey: $key) {
    errors { code field } delivery { id status attemptCount version } } }`;
const SEND = `mutation ($input: TestEventInput!, $key: String) {
  testEventSend(input: $input, idempotencyKey: $key) { errors { code field } deliveries { id status } } }`;
const DELIVERY = 'query ($id: ID!) { delivery(id: $id) { id status attemptCount version } }';
const DISABLE = 'mutation ($id: ID!) { webhookDisable(id: $id) { errors { code } } }';
const ENABLE = 'mutation ($id: ID!) { webhookEnable(id: $id) { errors { code } } }';
const DELETE = 'mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }';
const WATCH = `subscription ($after: StreamCursor) {
  deliveryEvents(after: $after, mode: EVERY_EVENT, minIntervalMs: 0) {
    events { kind delivery { id version attemptCount } } } }`;
const REUSED = [{ code: 'KEY_REUSED', field: ['idempotencyKey'] }];
const GONE = { code: 'INVALID_STATE', field: ['id'] };

let server: TestServer;
let receiver: Receiver;
let webhook: MadeWebhook;

beforeAll(async () => {
  server = await startServer();
  await registerResource(server.api);
});
afterAll(() => server?.stop());
beforeEach(async () => {
  receiver = await startReceiver();
  webhook = await createWebhook(server.api, receiver.url, {
    triggers: [{ resource: 'clients', event: 'update' }],
    advanced: { retrySchedule: [0] },
  });
});
afterEach(async () => {
  await server.api.mutate(DELETE, { id: webhook.id });
  await receiver.close();
});

const retry = (id: string, key: string | null, api: Api = server.api): Promise<any> =>
  api.run(RETRY, { id, key });

const send = (
  key: string | null,
  changes: Record<string, unknown> = {},
  api: Api = server.api,
): Promise<any> =>
  api.run(SEND, { input: { webhookId: webhook.id, resource: 'clients', event: 'create', ...changes }, key });

/** The same with a payload that is nested too deep for JSON.stringify, on either side. */
async function sendDeep(key: string): Promise<any> {
  const input = { webhookId: webhook.id, resource: 'clients', event: 'create', payload: { id: 'DEEP' } };
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  const response = await fetch(`${server.api.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${server.api.token}` },
    body: JSON.stringify({ query: SEND, variables: { input, key } }).replace('"DEEP"', deep),
  });
  return ((await response.json()) as any).data.testEventSend;
}

/** A delivery that has arrived and is recorded. */
async function delivered(): Promise<string> {
  await publish(server.api, clientEvent('c', { event: 'update' }));
  const [hit] = await receiver.until(1);
  const id = String(hit!.headers['webhook-id']);
  await untilAttempts(id, 1);
  return id;
}

/** Resolves when so many attempts of a delivery are recorded. */
async function untilAttempts(id: string, count: number): Promise<void> {
  const stream = server.api.subscribe(WATCH, { after: await server.api.beginning() });
  try {
    await stream.until((batches) =>
      batches.some((batch) =>
        batch.events.some(
          ({ kind, delivery }: any) =>
            kind === 'SUCCEEDED' && delivery.id === id && delivery.attemptCount === count,
        ),
      ),
    );
  } finally {
    await stream.close();
  }
}

async function age(key: string): Promise<void> {
  await server.app.db.engine.query(
    `update idempotency_keys set created_at = created_at - interval '24 hours 1 second' where key = $1`,
    [key],
  );
}

describe('deliveryRetry with a key', () => {
  it('fifty times at once sends once, and each answer is the delivery as it is then', async () => {
    const id = await delivered();
    const answers = await Promise.all(Array.from({ length: 50 }, () => retry(id, 'fifty')));
    for (const answer of answers) expect(answer).toMatchObject({ errors: [], delivery: { id } });
    await untilAttempts(id, 2);
    expect(await retry(id, 'fifty')).toEqual({
      errors: [],
      delivery: { id, status: 'SUCCEEDED', attemptCount: 2, version: 4 },
    });
    // Another key sends again: what the fifty were to send has come by then.
    expect((await retry(id, 'proof')).errors).toEqual([]);
    await untilAttempts(id, 3);
    expect(receiver.hits.map((hit) => hit.headers['webhook-attempt'])).toEqual(['1', '2', '3']);
  });

  it('is refused for another delivery, and for another operation', async () => {
    const id = await delivered();
    expect((await retry(id, 'taken')).errors).toEqual([]);
    await untilAttempts(id, 2);
    await publish(server.api, clientEvent('d', { event: 'update' }));
    const other = await receiver.find((hit) => hit.body.includes('"d"'));
    const otherId = String(other.headers['webhook-id']);
    await untilAttempts(otherId, 1);
    const before = await server.api.run(DELIVERY, { id: otherId });
    expect(await retry(otherId, 'taken')).toEqual({ errors: REUSED, delivery: null });
    expect(await server.api.run(DELIVERY, { id: otherId })).toEqual(before);
    expect(await send('taken')).toEqual({ errors: REUSED, deliveries: [] });
    await send('of a test event');
    expect(await retry(id, 'of a test event')).toEqual({ errors: REUSED, delivery: null });
  });

  it('that is refused leaves the key free', async () => {
    const id = await delivered();
    await server.api.mutate(DISABLE, { id: webhook.id });
    expect(await retry(id, 'free')).toEqual({ errors: [GONE], delivery: null });
    await server.api.mutate(ENABLE, { id: webhook.id });
    expect((await retry(id, 'free')).errors).toEqual([]);
    await untilAttempts(id, 2);
    await server.api.mutate(DISABLE, { id: webhook.id });
    // The key is taken now: what would be refused without it is a repeat.
    expect((await retry(id, 'free')).errors).toEqual([]);
    expect((await retry(id, 'another')).errors).toEqual([GONE]);
  });

  it('shares it with no other login, and may use it again after 24 hours', async () => {
    const id = await delivered();
    const { api } = await createPerson(server, {
      name: 'Other',
      isAccount: false,
      permissions: ['WEBHOOKS_MANAGE'],
    });
    await retry(id, 'mine');
    await untilAttempts(id, 2);
    expect((await retry(id, 'mine', api)).errors).toEqual([]);
    await untilAttempts(id, 3);
    await age('mine');
    await retry(id, 'mine');
    await untilAttempts(id, 4);
    expect(receiver.hits).toHaveLength(4);
  });

  it('of a delivery that the caller does not manage is told nothing, whatever the key', async () => {
    const id = await delivered();
    const stranger = await createPerson(server, {
      name: 'Stranger',
      isAccount: true,
      permissions: ['WEBHOOKS_MANAGE'],
    });
    const refused = { errors: [{ code: 'NOT_FOUND', field: ['id'] }], delivery: null };
    expect(await retry(id, 'strange', stranger.api)).toEqual(refused);
    expect(await retry(newId('delivery'), 'strange')).toEqual(refused);
    expect((await retry(id, 'strange')).errors).toEqual([]);
  });
});

describe('testEventSend with a key', () => {
  it('fifty times at once sends once to each endpoint, and all answers name the same deliveries', async () => {
    const two = await createWebhook(server.api, [receiver.url, `${receiver.url}/b`], {
      triggers: [{ resource: 'clients', event: 'delete' }],
    });
    const all = await Promise.all(
      Array.from({ length: 50 }, () => send('fifty tests', { webhookId: two.id })),
    );
    const ids = all[0].deliveries.map((delivery: { id: string }) => delivery.id);
    expect(ids).toHaveLength(2);
    for (const { errors, deliveries } of all) {
      expect(errors).toEqual([]);
      expect(deliveries.map((delivery: { id: string }) => delivery.id)).toEqual(ids);
    }
    await receiver.until(2);
    const proof = await send('proof of tests', { webhookId: two.id });
    await receiver.until(4);
    for (const id of [...ids, ...proof.deliveries.map((delivery: { id: string }) => delivery.id)])
      await untilAttempts(id, 1);
    expect(receiver.hits).toHaveLength(4);
    expect(await send('fifty tests', { webhookId: two.id })).toEqual({
      errors: [],
      deliveries: ids.map((id: string) => ({ id, status: 'SUCCEEDED' })),
    });
    const { rows } = await server.app.db.engine.query(
      'select count(*)::int from delivery_log where webhook_id = $1 and kind = $2',
      [two.id, 'CREATED'],
    );
    expect(rows).toEqual([{ count: 4 }]);
  });

  it('is refused with another input, wherever it differs, and takes what is left out for null', async () => {
    const first = await send('input', { payload: { id: '1', name: 'n', extra: { b: 1, a: 2 } } });
    const same = { payload: { name: 'n', extra: { a: 2, b: 1 }, id: '1' }, endpointId: null };
    const again = await send('input', same);
    expect(again.deliveries[0].id).toBe(first.deliveries[0].id);
    for (const other of [
      { endpointId: webhook.endpointId },
      { event: 'update' },
      { resource: 'unknown' },
      { payload: { ...same.payload, name: 'N' } },
      { payload: null },
    ])
      expect(await send('input', { ...same, ...other })).toEqual({ errors: REUSED, deliveries: [] });
    await receiver.until(1);
    await untilAttempts(first.deliveries[0].id, 1);
    expect(receiver.hits).toHaveLength(1);
  });

  it('that is refused leaves the key free, also where its payload is nested without end', async () => {
    const unknown = await send('first refused', { resource: 'unknown' });
    expect(unknown.errors).toMatchObject([{ code: 'UNKNOWN_RESOURCE' }]);
    const tooDeep = await sendDeep('first refused');
    expect(tooDeep.errors).toMatchObject([{ code: 'INVALID_PAYLOAD' }]);
    const sent = await send('first refused');
    expect(sent.errors).toEqual([]);
    expect(sent.deliveries).toHaveLength(1);
  });

  it('has the same result when its webhook and the resource are gone meanwhile', async () => {
    await registerResource(server.api, 'passing');
    const passing = { resource: 'passing', webhookId: webhook.id };
    const { deliveries } = await send('gone', passing);
    await untilAttempts(deliveries[0].id, 1);
    await server.api.mutate('mutation { resourceRemove(name: "passing") { errors { code } } }');
    await server.api.mutate(DELETE, { id: webhook.id });
    expect(await send('gone', passing)).toEqual({
      errors: [],
      deliveries: [{ id: deliveries[0].id, status: 'SUCCEEDED' }],
    });
    expect((await send('not used yet', passing)).errors).toEqual([
      { code: 'NOT_FOUND', field: ['webhookId'] },
    ]);
  });

  it('shares it with no other login, and may use it again after 24 hours, when it is forgotten', async () => {
    const { api } = await createPerson(server, { name: 'Tester', permissions: ['WEBHOOKS_MANAGE'] });
    const ids = [await send('day'), await send('day', {}, api)];
    await forgetIdempotencyKeys(server.app.db.engine);
    const known = await send('day');
    await age('day');
    ids.push(await send('day'));
    await age('day');
    expect(await forgetIdempotencyKeys(server.app.db.engine)).toBe(2);
    ids.push(await send('day'));
    expect(known.deliveries[0].id).toBe(ids[0].deliveries[0].id);
    expect(new Set(ids.map(({ deliveries }) => deliveries[0].id)).size).toBe(4);
  });
});

describe('without a key', () => {
  it('each call sends', async () => {
    const id = await delivered();
    for (const count of [2, 3]) {
      await retry(id, null);
      await untilAttempts(id, count);
    }
    const sent = [await send(null), await send(null)];
    expect(sent[0].deliveries[0].id).not.toBe(sent[1].deliveries[0].id);
  });

  it.each([
    ['that is empty', '', 'REQUIRED'],
    ['of more than 200 characters', 'k'.repeat(201), 'TOO_LONG'],
    ['with a NUL', 'a\0', 'INVALID'],
  ])('or rather with one %s, nothing is sent', async (_, key, code) => {
    const id = await delivered();
    const errors = [{ code, field: ['idempotencyKey'] }];
    expect(await retry(id, key)).toEqual({ errors, delivery: null });
    expect(await send(key)).toEqual({ errors, deliveries: [] });
    expect((await retry(id, 'k'.repeat(200))).errors).toEqual([]);
    await untilAttempts(id, 2);
    expect(receiver.hits).toHaveLength(2);
    await age('k'.repeat(200));
  });
});
