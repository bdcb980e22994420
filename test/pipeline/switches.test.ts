/**
 * A webhook is disabled, deleted or edited while deliveries are under way: what waits goes no more, even
 * when its publish commits after the switch has answered.
 */
import pg from 'pg';

import { type CommitGate, createCommitGate } from '../support/commit-gate.ts';
import { type Answer, type Receiver, startReceiver, status } from '../support/receiver.ts';
import {
  clientEvent,
  createWebhook,
  type MadeWebhook,
  publish,
  registerResource,
} from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const DISABLE = 'mutation ($id: ID!) { webhookDisable(id: $id) { errors { code message } } }';
const ENABLE = 'mutation ($id: ID!) { webhookEnable(id: $id) { errors { code message } } }';
const DELETE = 'mutation ($id: ID!) { webhookDelete(id: $id) { errors { code message } } }';
const ENDPOINT_OFF = 'mutation ($id: ID!) { endpointDisable(id: $id) { errors { code message } } }';
const ENDPOINT_ON = 'mutation ($id: ID!) { endpointEnable(id: $id) { errors { code message } } }';
const UPDATE = `mutation ($id: ID!, $input: WebhookInput!) {
  webhookUpdate(id: $id, input: $input) { errors { code message } } }`;
const LOG = `query ($webhookId: ID) {
  deliveryEvents(filter: { webhookId: $webhookId }) {
    events { kind delivery { id status attemptCount nextAttemptAt } } } }`;
const WATCH = `subscription ($after: StreamCursor, $webhookId: ID) {
  deliveryEvents(after: $after, filter: { webhookId: $webhookId }, mode: EVERY_EVENT, minIntervalMs: 0) {
    events { kind delivery { id attemptCount } } } }`;

let server: TestServer;
let receiver: Receiver;
let gate: CommitGate;
/** What a test opened and must not leave open, however it ends. */
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  gate = await createCommitGate(server.database.url);
  await registerResource(server.api);
});
afterEach(async () => {
  await gate.open();
  for (const one of opened.splice(0)) await one.close();
});
afterAll(async () => {
  await gate?.close();
  await server?.stop();
  await receiver?.close();
});

/** The ways to end what waits for a webhook; its endpoint gives way to another one in the last. */
const SWITCHES: [string, (webhook: MadeWebhook) => Promise<unknown>][] = [
  ['is disabled', ({ id }) => server.api.mutate(DISABLE, { id })],
  ['has its endpoint disabled', ({ endpointId: id }) => server.api.mutate(ENDPOINT_OFF, { id })],
  ['is deleted', ({ id }) => server.api.mutate(DELETE, { id })],
  [
    'loses its endpoint',
    ({ id }) =>
      server.api.mutate(UPDATE, {
        id,
        input: { endpoints: [{ kind: 'URL', target: `${receiver.url}/new` }] },
      }),
  ],
];

async function untilLogged(webhookId: string, kind: string): Promise<void> {
  const stream = server.api.subscribe(WATCH, { after: await server.api.beginning(), webhookId });
  opened.push(stream);
  await stream.until((batches) =>
    batches.some((batch) => batch.events.some((event: { kind: string }) => event.kind === kind)),
  );
}

async function ownReceiver(answer: Answer): Promise<Receiver> {
  const own = await startReceiver(answer);
  opened.push(own);
  return own;
}

async function logOf(webhookId: string): Promise<any[]> {
  return (await server.api.run(LOG, { webhookId })).events;
}

describe('a publish that has matched, and commits after its webhook', () => {
  it.each([
    ...SWITCHES,
    [
      'is disabled and enabled again',
      async ({ id }: MadeWebhook) => {
        await server.api.mutate(DISABLE, { id });
        await server.api.mutate(ENABLE, { id });
      },
    ] as (typeof SWITCHES)[number],
    [
      'has its endpoint disabled and enabled again',
      async ({ endpointId: id }: MadeWebhook) => {
        await server.api.mutate(ENDPOINT_OFF, { id });
        await server.api.mutate(ENDPOINT_ON, { id });
      },
    ] as (typeof SWITCHES)[number],
  ])('%s, leaves a delivery that is cancelled long before its first attempt', async (name, flip) => {
    const path = `/${name.replaceAll(' ', '-')}`;
    const late = await createWebhook(server.api, `${receiver.url}${path}`, {
      advanced: { retrySchedule: [600, 600] },
    });
    await createWebhook(server.api, `${receiver.url}/proof${path}`, { advanced: { retrySchedule: [0] } });
    await gate.shut();
    const published = publish(server.api, clientEvent(name));
    await gate.held(1);
    await flip(late);
    // The switch has answered; of the delivery there is nothing to be seen, or cancelled, yet.
    expect(await logOf(late.id)).toEqual([]);
    await gate.open();
    expect((await published)[0]!.deliveryCount).toBeGreaterThanOrEqual(2);
    await untilLogged(late.id, 'CANCELLED');
    expect(await logOf(late.id)).toMatchObject([
      { kind: 'CREATED' },
      { kind: 'CANCELLED', delivery: { status: 'CANCELLED', attemptCount: 0, nextAttemptAt: null } },
    ]);
    await receiver.find((hit) => hit.path.includes(`/proof${path}`));
    expect(receiver.hits.filter((hit) => hit.path.endsWith(`hooks${path}`))).toEqual([]);
  });
});

describe('an attempt that fails, and is recorded while its webhook', () => {
  it.each(SWITCHES)('%s, is the last one', async (name, flip) => {
    let answer = (): void => undefined;
    const own = await ownReceiver((_hit, response) => {
      answer = () => void response.writeHead(500).end();
    });
    const { id, ...webhook } = await createWebhook(server.api, own.url, {
      advanced: { retrySchedule: [0, 600] },
    });
    await publish(server.api, clientEvent(name));
    await own.until(1);
    await gate.shut();
    answer();
    await gate.held(1);
    await flip({ id, ...webhook });
    // A transaction of another test's database may hide it for a moment.
    await untilLogged(id, 'CREATED');
    expect(await logOf(id)).toMatchObject([{ kind: 'CREATED' }]);
    await gate.open();
    await untilLogged(id, 'CANCELLED');
    expect(await logOf(id)).toMatchObject([
      { kind: 'CREATED' },
      { kind: 'RETRY_SCHEDULED' },
      { kind: 'CANCELLED', delivery: { status: 'CANCELLED', attemptCount: 1 } },
    ]);
  });
});

describe('a delivery that has failed once and waits to be sent again (X13)', () => {
  it.each(SWITCHES)('is not sent again when its webhook %s', async (name, flip) => {
    const own = await ownReceiver(status(500));
    const advanced = { retrySchedule: [0, 600] };
    const [ended, proof] = [
      await createWebhook(server.api, own.url, { advanced }),
      await createWebhook(server.api, `${own.url}/proof`, { advanced }),
    ];
    await publish(server.api, clientEvent(name));
    await untilLogged(ended.id, 'RETRY_SCHEDULED');
    await untilLogged(proof.id, 'RETRY_SCHEDULED');
    await flip(ended);
    await untilLogged(ended.id, 'CANCELLED');
    expect((await logOf(ended.id)).at(-1)).toMatchObject({
      kind: 'CANCELLED',
      delivery: { attemptCount: 1, nextAttemptAt: null },
    });
    // The time of every retry has come: the proof's is made, and there is none of the other.
    const sql = new pg.Client({ connectionString: server.database.url });
    await sql.connect();
    await sql.query('update delivery_queue set due_at = clock_timestamp() where sender is null');
    await sql.end();
    await own.until(3);
    expect(own.hits.map((hit) => hit.path).sort()).toEqual(['/hooks', '/hooks/proof', '/hooks/proof']);
  });
});
