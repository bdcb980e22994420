/** What the engine switches off by itself (REL-09, X03, X04): once, with one notice; a success resets; enabling it again works. */
import { figure } from '../support/figure.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, publishMany, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const WEBHOOK = `query ($id: ID!) { webhook(id: $id) { status statusReason endpoints { id status statusReason failingSince } } }`;
const ENABLE =
  'mutation ($id: ID!) { endpointEnable(id: $id) { errors { code message } endpoint { status } } }';
const AUDIT = 'query ($id: ID!) { auditLog(first: 100, subjectId: $id) { nodes { action } } }';
const NOTICE = { resource: 'bellwire.endpoints', event: 'auto_disabled' };
const KEYS = { BELLWIRE_ENCRYPTION_KEYS: `shared:${Buffer.alloc(32, 7).toString('base64')}` };
/** Many quick attempts: the circuit opens, and its probes go on failing. */
const STUBBORN = { retrySchedule: [0, ...Array.from({ length: 15 }, () => 0)] };

let server: TestServer;
let other: TestServer;
let listener: Receiver;
const receivers: Receiver[] = [];

beforeAll(async () => {
  const settings = { ...KEYS, BELLWIRE_AUTO_DISABLE_AFTER: '600ms', BELLWIRE_PROBE_INTERVAL: '50ms' };
  server = await startServer(settings);
  other = await startServer({ ...settings, DATABASE_URL: server.database.url });
  listener = await startReceiver();
  await registerResource(server.api);
  await createWebhook(server.api, listener.url, { triggers: [NOTICE], details: { name: 'Notices' } });
});

afterAll(async () => {
  await other.stop();
  await server.stop();
  await listener.close();
});

afterEach(async () => {
  for (const receiver of receivers.splice(0)) await receiver.close();
});

async function receiverOf(answer: Parameters<typeof startReceiver>[0]): Promise<Receiver> {
  const receiver = await startReceiver(answer);
  receivers.push(receiver);
  return receiver;
}

/** Deletes a webhook, so that the next test's events do not reach it. */
async function remove(id: string): Promise<void> {
  await server.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', { id });
}

const noticesOf = (endpointId: string) =>
  listener.hits
    .map(
      (hit) =>
        JSON.parse(hit.body.toString()) as { type: string; entityId: string; data: Record<string, unknown> },
    )
    .filter((notice) => notice.entityId === endpointId);

async function off(id: string): Promise<any> {
  const endpoint = (await server.api.run(WEBHOOK, { id })).endpoints[0].id as string;
  await listener.find((hit) => hit.body.includes(endpoint));
  return await server.api.run(WEBHOOK, { id });
}

it('an endpoint that has nothing but failures for the period is switched off once, with one notice, by two servers (REL-09, X04)', async () => {
  let answer = 500;
  const receiver = await receiverOf((_hit, response) => void response.writeHead(answer).end());
  const webhook = await createWebhook(server.api, receiver.url, { advanced: STUBBORN });
  await publishMany(server.api, 30);
  const webhookOff = await off(webhook.id);
  expect(webhookOff).toMatchObject({ status: 'AUTO_DISABLED', endpoints: [{ status: 'AUTO_DISABLED' }] });
  expect(webhookOff.endpoints[0].statusReason).toContain('status other than 2xx');
  expect(webhookOff.endpoints[0].failingSince).not.toBeNull();
  // Nothing is made, or sent, while it is off.
  const sent = receiver.hits.length;
  const [published] = await publish(server.api, clientEvent('while-off'));
  expect(published!.deliveryCount).toBe(0);
  answer = 204;
  await server.api.mutate(ENABLE, { id: webhook.endpointId });
  await publish(server.api, clientEvent('after'));
  const hit = await receiver.find((one) => one.body.includes('"after"'));
  expect(receiver.hits.slice(sent).map((one) => one.body.includes('"after"'))).toEqual([true]);
  expect(hit.headers['webhook-attempt']).toBe('1');
  const { nodes } = await server.api.run(AUDIT, { id: webhook.id });
  const switched = nodes.filter(
    (entry: { action: string }) => entry.action === 'webhook.endpointAutoDisable',
  );
  const notices = noticesOf(webhook.endpointId);
  figure('REL-09', { attempts: sent, notices: notices.length, auditEntries: switched.length });
  expect([notices.length, switched.length]).toEqual([1, 1]);
  expect(notices[0]!.type).toBe('bellwire.endpoints.auto_disabled');
  await remove(webhook.id);
}, 60_000);

it('four failures switch nothing off, however long they take; the fifth one does (REL-09)', async () => {
  const receiver = await receiverOf(status(500));
  const webhook = await createWebhook(server.api, receiver.url, { advanced: { retrySchedule: [0] } });
  const fail = async (index: number): Promise<void> => {
    const [published] = await publish(server.api, clientEvent(`slow${index}`));
    expect(published!.deliveryCount).toBe(1);
    await receiver.until(index);
  };
  await fail(1);
  // Longer than the period.
  await server.app.db.reads.query('select pg_sleep(0.7)');
  for (const index of [2, 3, 4]) await fail(index);
  const recorded = `select count(*)::int as count from attempts a join deliveries d on d.id = a.delivery_id where d.webhook_id = $1`;
  for (let count = 0; count < 4;)
    ({ count } = (await server.app.db.reads.query<{ count: number }>(recorded, [webhook.id])).rows[0]!);
  const { endpoints } = await server.api.run(WEBHOOK, { id: webhook.id });
  expect(endpoints[0]).toMatchObject({ status: 'ACTIVE', failingSince: expect.any(String) });
  await fail(5);
  expect(await off(webhook.id)).toMatchObject({ endpoints: [{ status: 'AUTO_DISABLED' }] });
  await remove(webhook.id);
});

it('410 switches an endpoint off at once, and its delivery is not tried again (X03, REL-09)', async () => {
  const receiver = await receiverOf(status(410));
  const webhook = await createWebhook(server.api, receiver.url);
  await publish(server.api, clientEvent('gone'));
  const webhookOff = await off(webhook.id);
  expect(webhookOff.endpoints[0]).toMatchObject({
    status: 'AUTO_DISABLED',
    statusReason: expect.stringContaining('410'),
  });
  expect(receiver.hits).toHaveLength(1);
  expect(noticesOf(webhook.endpointId)).toHaveLength(1);
  await remove(webhook.id);
});

it('500, 500, 200 are three attempts, and the success begins the period anew (X03, REL-09)', async () => {
  let failures = 0;
  const receiver = await receiverOf((hit, response) => {
    const fails = Number(hit.headers['webhook-attempt']) < 3;
    if (fails) failures += 1;
    response.writeHead(fails ? 500 : 204).end();
  });
  const webhook = await createWebhook(server.api, receiver.url);
  // Over more than the period, and with more failures than are needed.
  for (let index = 0; index < 12; index += 1) {
    await publish(server.api, clientEvent(`again${index}`));
    await receiver.until(3 * (index + 1));
    await server.app.db.reads.query('select pg_sleep(0.07)');
  }
  expect(failures).toBe(24);
  const { status: state, endpoints } = await server.api.run(WEBHOOK, { id: webhook.id });
  expect([state, endpoints[0].status, endpoints[0].failingSince]).toEqual(['ENABLED', 'ACTIVE', null]);
  expect(noticesOf(webhook.endpointId)).toEqual([]);
  await remove(webhook.id);
});
