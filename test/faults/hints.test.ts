/** Whoever makes work, or news, says so: it goes at once, although senders and streams look by themselves a minute apart only. */
import { once } from 'node:events';

import pg from 'pg';

import { LOG_CHANNEL } from '../../src/queue/enqueue.ts';
import { expireWaiting } from '../../src/queue/expire.ts';
import { sweep } from '../../src/queue/sweep.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import {
  clientEvent,
  createWebhook,
  type MadeWebhook,
  publish,
  registerResource,
} from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const UPDATE = `mutation ($id: ID!, $input: WebhookInput!) {
  webhookUpdate(id: $id, input: $input) { errors { code field message } } }`;
const ENABLE = 'mutation ($id: ID!) { endpointEnable(id: $id) { errors { code message } } }';
const DISABLE = 'mutation ($id: ID!) { webhookDisable(id: $id) { errors { code message } } }';
const DELETE = 'mutation ($id: ID!) { webhookDelete(id: $id) { errors { code message } } }';
const RETRY = 'mutation ($id: ID!) { deliveryRetry(id: $id) { errors { code message } } }';
const CANCEL = 'mutation ($id: ID!) { deliveryCancel(id: $id) { errors { code message } } }';

let server: TestServer;
let receiver: Receiver;
const made: string[] = [];

beforeAll(async () => {
  server = await startServer({ BELLWIRE_POLL_INTERVAL: '60s' });
  await registerResource(server.api);
});
afterAll(() => server?.stop());
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  for (const id of made.splice(0)) await server.api.mutate(DELETE, { id });
  await receiver.close();
});

async function webhookWith(advanced: Record<string, unknown>, path = ''): Promise<MadeWebhook> {
  const webhook = await createWebhook(server.api, `${receiver.url}${path}`, { advanced });
  made.push(webhook.id);
  return webhook;
}

/** Resolves when a delivery is in this state. */
async function until(id: string, wanted: string): Promise<void> {
  for (let found = ''; found !== wanted;)
    found = (await server.api.run('query ($id: ID!) { delivery(id: $id) { status } }', { id })).status;
}

const idOf = (hit: { headers: Record<string, unknown> }): string => String(hit.headers['webhook-id']);
const bodyWith = (text: string) => receiver.find((hit) => hit.body.includes(text));

describe('what waits goes at once', () => {
  it('when somebody ends the pause that it waits through', async () => {
    const paused = await webhookWith({}, '/paused');
    await webhookWith({}, '/beside');
    await server.app.db.engine.query(
      `insert into endpoint_circuits (endpoint_id, state, opened_at, failing_since, failures, failure_code, probe_at)
       values ($1, 'OPEN', now(), now(), 10, 'STATUS', now() + interval '1 hour')`,
      [paused.endpointId],
    );
    await publish(server.api, clientEvent('waits'));
    // Whoever sent that one has asked for the other, too.
    await receiver.find((hit) => hit.path.endsWith('/beside'));
    await server.api.mutate(ENABLE, { id: paused.endpointId });
    await receiver.find((hit) => hit.path.endsWith('/paused'));
  });

  it('when somebody asks for it by hand, be it closed or waiting for its time', async () => {
    receiver.answer = status(500);
    await webhookWith({ retrySchedule: [0, 600] });
    await publish(server.api, clientEvent('again'));
    const id = idOf((await receiver.until(1))[0]!);
    await until(id, 'RETRY_SCHEDULED');
    receiver.answer = status(204);
    await server.api.mutate(RETRY, { id });
    await receiver.until(2);
    await until(id, 'SUCCEEDED');
    await server.api.mutate(RETRY, { id });
    await receiver.until(3);
  });

  it.each([
    ['the one before it, of its entity, is cancelled', (id: string) => server.api.mutate(CANCEL, { id })],
    [
      'its endpoint keeps no order any more',
      (_id: string, { id, endpointId }: MadeWebhook) =>
        server.api.mutate(UPDATE, {
          id,
          input: {
            endpoints: [
              {
                ...{ id: endpointId, kind: 'URL', target: receiver.url },
                advanced: { ordering: 'NONE', retrySchedule: [0, 600] },
              },
            ],
          },
        }),
    ],
  ])('when %s', async (_name, act) => {
    receiver.answer = status(500);
    const webhook = await webhookWith({ ordering: 'PER_ENTITY', retrySchedule: [0, 600] });
    await publish(
      server.api,
      clientEvent('x', { payload: { id: 'x', name: 'first' } }),
      clientEvent('x', { payload: { id: 'x', name: 'second' } }),
    );
    const first = idOf(await bodyWith('first'));
    await until(first, 'RETRY_SCHEDULED');
    expect(receiver.hits).toHaveLength(1);
    await act(first, webhook);
    await bodyWith('second');
  });
});

describe('readers of the log look at once', () => {
  it.each([
    ['a switch', ({ id }: MadeWebhook) => server.api.mutate(DISABLE, { id })],
    ['retention', () => expireWaiting(server.app.db.engine, { by: 'id', below: 'dlv_zzzzzzzz' }, 100)],
  ] satisfies [string, (webhook: MadeWebhook) => Promise<unknown>][])(
    'when %s ends a delivery',
    async (_name, end) => {
      const webhook = await webhookWith({ retrySchedule: [600] });
      await publish(server.api, clientEvent('ends'));
      const listener = new pg.Client({ connectionString: server.database.url });
      await listener.connect();
      try {
        await listener.query(`listen ${LOG_CHANNEL}`);
        const hint = once(listener, 'notification');
        await end(webhook);
        expect(await hint).toMatchObject([{ channel: LOG_CHANNEL }]);
      } finally {
        await listener.end();
      }
    },
  );

  it.each([
    ['by one statement', [clientEvent('one')]],
    // As more than one key does.
    ['in steps', ['x', 'y'].map((key) => clientEvent(key, { idempotencyKey: key }))],
  ])('when something that waits for its time has been published %s', async (_, events) => {
    await webhookWith({ retrySchedule: [600] });
    const listener = new pg.Client({ connectionString: server.database.url });
    await listener.connect();
    try {
      await listener.query(`listen ${LOG_CHANNEL}`);
      const hint = once(listener, 'notification');
      await publish(server.api, ...events);
      expect(await hint).toMatchObject([{ channel: LOG_CHANNEL }]);
    } finally {
      await listener.end();
    }
  });

  it('but not for a sweep that has found nothing', async () => {
    const { engine } = server.app.db;
    const listener = new pg.Client({ connectionString: server.database.url });
    await listener.connect();
    try {
      await listener.query(`listen ${LOG_CHANNEL}`);
      const hint = once(listener, 'notification');
      expect(await sweep(engine, 100)).toBe(0);
      await engine.query('select pg_notify($1, $2)', [LOG_CHANNEL, 'proof']);
      expect(await hint).toMatchObject([{ channel: LOG_CHANNEL, payload: 'proof' }]);
    } finally {
      await listener.end();
    }
  });
});
