/** The order of an entity at an endpoint that keeps it (REL-17): one by one, whatever fails, from any number of servers. */
import { figure } from '../support/figure.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const KEYS = { BELLWIRE_ENCRYPTION_KEYS: `shared:${Buffer.alloc(32, 7).toString('base64')}` };
const WATCH = `subscription ($after: StreamCursor, $filter: DeliveryFilterInput) {
  deliveryEvents(after: $after, filter: $filter, mode: EVERY_EVENT, minIntervalMs: 0) { cursor events { kind delivery { id } } }
}`;

let first: TestServer;
let second: TestServer;
let receiver: Receiver;

beforeAll(async () => {
  const settings = { ...KEYS, BELLWIRE_RETRY_SCHEDULE: Array.from({ length: 20 }, () => '10ms').join(',') };
  first = await startServer(settings);
  second = await startServer({ ...settings, DATABASE_URL: first.database.url });
  await registerResource(first.api);
});

beforeEach(async () => {
  receiver = await startReceiver();
});

afterEach(async () => {
  await receiver.close();
});

afterAll(async () => {
  await second.stop();
  await first.stop();
});

/** The n-th event of an entity. */
function numbered(entity: string, n: number): Record<string, unknown> {
  return clientEvent(entity, { payload: { id: entity, name: String(n) } });
}

/** Deletes what a test made, so that the next one's events do not reach it. */
async function remove(id: string): Promise<void> {
  await first.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', { id });
}

it('twenty events of each of a hundred entities arrive in their order although one in five fails (REL-17)', async () => {
  const done = new Map<string, number>();
  let inversions = 0;
  let failures = 0;
  receiver.answer = (hit, response) => {
    const { data } = JSON.parse(hit.body.toString()) as { data: { id: string; name: string } };
    const expected = (done.get(data.id) ?? 0) + 1;
    if (Number(data.name) !== expected) inversions += 1;
    const fails = Math.random() < 0.2;
    if (fails) failures += 1;
    else done.set(data.id, expected);
    response.writeHead(fails ? 500 : 204).end();
  };
  const webhook = await createWebhook(first.api, receiver.url, { advanced: { ordering: 'PER_ENTITY' } });
  const entities = Array.from({ length: 100 }, (_, index) => `e${index}`);
  const startedAt = performance.now();
  // By turns through both servers; within one publish the order is the array's.
  for (let n = 1; n <= 20; n += 2) {
    const { api } = n % 4 === 1 ? first : second;
    await publish(api, ...entities.flatMap((entity) => [numbered(entity, n), numbered(entity, n + 1)]));
  }
  await receiver.find(() => [...done.values()].reduce((sum, count) => sum + count, 0) === 2_000, 60_000);
  figure('REL-17', {
    deliveries: 2_000,
    failures,
    inversions,
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
  });
  expect(inversions).toBe(0);
  await remove(webhook.id);
}, 90_000);

it('an entity that fails holds back its own followers only, and they follow when it has failed for good', async () => {
  const arrived: string[] = [];
  receiver.answer = (hit, response) => {
    const { data } = JSON.parse(hit.body.toString()) as { data: { id: string; name: string } };
    arrived.push(`${data.id} ${data.name}`);
    response.writeHead(data.id === 'bad' && data.name === '1' ? 500 : 204).end();
  };
  const webhook = await createWebhook(first.api, receiver.url, {
    advanced: { ordering: 'PER_ENTITY', retrySchedule: [0, 2] },
  });
  await publish(first.api, numbered('bad', 1), numbered('bad', 2), numbered('good', 1), numbered('good', 2));
  await publish(second.api, numbered('bad', 3), numbered('good', 3));
  await receiver.until(4);
  expect([...arrived].sort()).toEqual(['bad 1', 'good 1', 'good 2', 'good 3']);
  await receiver.until(7);
  expect(arrived.slice(4)).toEqual(['bad 1', 'bad 2', 'bad 3']);
  await remove(webhook.id);
});

it('a delivery that is cancelled, or sent by hand, lets those behind it go', async () => {
  receiver.answer = (hit, response) => {
    const { data } = JSON.parse(hit.body.toString()) as { data: { name: string } };
    response.writeHead(data.name === '1' ? 500 : 204).end();
  };
  const webhook = await createWebhook(first.api, receiver.url, {
    advanced: { ordering: 'PER_ENTITY', retrySchedule: [0, 600] },
  });
  const [head] = await publish(first.api, numbered('x', 1), numbered('x', 2));
  const stream = first.api.subscribe(WATCH, {
    after: await first.api.beginning(),
    filter: { webhookId: webhook.id },
  });
  const batches = await stream.until(
    (all) =>
      all.some((batch) => batch.events.some((event: { kind: string }) => event.kind === 'RETRY_SCHEDULED')) &&
      all,
  );
  const failed = batches.flatMap((batch) => batch.events).find((event) => event.kind === 'RETRY_SCHEDULED');
  await stream.close();
  expect(head!.deliveryCount).toBe(1);
  expect(receiver.hits).toHaveLength(1);
  await first.api.mutate('mutation ($id: ID!) { deliveryCancel(id: $id) { errors { code message } } }', {
    id: failed.delivery.id,
  });
  const hits = await receiver.until(2);
  expect(hits[1]!.body.toString()).toContain('"2"');
  await remove(webhook.id);
});

it('a delivery that waits for none, because whoever ended the last one before it did not see it, goes all the same', async () => {
  const webhook = await createWebhook(first.api, receiver.url, {
    advanced: { ordering: 'PER_ENTITY', retrySchedule: [600] },
  });
  await publish(first.api, numbered('z', 1));
  await first.app.db.engine.query(
    'update delivery_queue set blocked = true, due_at = clock_timestamp() where webhook_id = $1',
    [webhook.id],
  );
  await receiver.until(1);
  await remove(webhook.id);
});

it('an endpoint that keeps no order waits for none', async () => {
  const held: (() => void)[] = [];
  receiver.answer = (hit, response) => {
    if (hit.body.includes('"1"')) held.push(() => void response.writeHead(204).end());
    else response.writeHead(204).end();
  };
  const webhook = await createWebhook(first.api, receiver.url);
  await publish(first.api, numbered('y', 1), numbered('y', 2), numbered('y', 3));
  const hits = await receiver.until(3);
  expect(hits).toHaveLength(3);
  held[0]!();
  await remove(webhook.id);
});
