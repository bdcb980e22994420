/** The newcomer's way, from an empty server to attempts watched live, through nothing but what a newcomer has. */
import { Webhook as SignatureCheck } from 'standardwebhooks';

import type { Stream } from '../support/api.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const WATCH = `subscription ($after: StreamCursor, $filter: DeliveryFilterInput) {
  deliveryEvents(after: $after, filter: $filter, mode: EVERY_EVENT, minIntervalMs: 0) {
    cursor caughtUp folded reset
    events {
      cursor kind at
      delivery { id status version attemptCount nextAttemptAt completedAt event { entityId } webhook { number } }
      attempt { id number outcome response { statusCode body } failure { code } }
    }
  }
}`;

let server: TestServer;
let receiver: Receiver;
let stream: Stream | undefined;

beforeEach(async () => {
  server = await startServer();
  receiver = await startReceiver();
});

afterEach(async () => {
  await stream?.close();
  await server?.stop();
  await receiver?.close();
});

const events = (received: { events: { kind: string }[] }[]) => received.flatMap((batch) => batch.events);

describe('the way of an event', () => {
  it('goes from the catalog over a webhook and a publish to a signed POST and a watched attempt', async () => {
    const { api } = server;
    expect(await api.run('{ viewer { name isAccount permissions } }')).toEqual({
      name: 'Root administrator',
      isAccount: true,
      permissions: ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH', 'CATALOG_MANAGE', 'ACCESS_MANAGE'],
    });
    await registerResource(api);
    const webhook = await createWebhook(api, receiver.url);
    expect(webhook.secret).toMatch(/^whsec_/);

    stream = api.subscribe(WATCH);
    await stream.until((batches) => batches[0]);
    const [published] = await publish(api, clientEvent('c-1', { occurredAt: '2026-01-31T09:30:00.000Z' }));
    expect(published).toMatchObject({ duplicate: false, deliveryCount: 1 });

    const [hit] = await receiver.until(1);
    expect(hit!.method).toBe('POST');
    expect(hit!.headers['content-type']).toBe('application/json');
    expect(hit!.headers['webhook-attempt']).toBe('1');
    expect(hit!.headers.authorization).toBeUndefined();
    expect(new SignatureCheck(webhook.secret).verify(hit!.body.toString(), hit!.headers as never)).toEqual({
      type: 'clients.create',
      timestamp: '2026-01-31T09:30:00.000Z',
      id: published!.event.id,
      resource: 'clients',
      event: 'create',
      entityId: 'c-1',
      webhookNumber: webhook.number,
      data: { id: 'c-1', name: 'Client c-1' },
    });

    const seen = await stream.until((batches) => events(batches).length >= 2 && events(batches));
    expect(seen).toMatchObject([
      {
        kind: 'CREATED',
        attempt: null,
        delivery: { status: 'PENDING', version: 1, event: { entityId: 'c-1' } },
      },
      {
        kind: 'SUCCEEDED',
        attempt: { number: 1, outcome: 'SUCCEEDED', response: { statusCode: 204, body: '' }, failure: null },
        delivery: { status: 'SUCCEEDED', version: 2, attemptCount: 1, webhook: { number: webhook.number } },
      },
    ]);
    expect(hit!.headers['webhook-id']).toBe((seen[1] as unknown as { delivery: { id: string } }).delivery.id);
  });

  it('tries again by the schedule under the same webhook-id and bytes, with a fresh signature, until a 2xx', async () => {
    const { api } = server;
    receiver.answer = (hit, response, count) => status(count < 3 ? 500 : 200)(hit, response, count);
    await registerResource(api);
    const webhook = await createWebhook(api, receiver.url);
    await publish(api, clientEvent('c-1'));
    const hits = await receiver.until(3);
    expect(new Set(hits.map((hit) => hit.headers['webhook-id'])).size).toBe(1);
    expect(new Set(hits.map((hit) => hit.body.toString())).size).toBe(1);
    expect(hits.map((hit) => hit.headers['webhook-attempt'])).toEqual(['1', '2', '3']);
    for (const hit of hits)
      new SignatureCheck(webhook.secret).verify(hit.body.toString(), hit.headers as never);

    stream = api.subscribe(WATCH, { after: await api.beginning() });
    const seen = await stream.until(
      (batches) => events(batches).some((event) => event.kind === 'SUCCEEDED') && events(batches),
    );
    expect(seen.map((event) => event.kind)).toEqual([
      'CREATED',
      'RETRY_SCHEDULED',
      'RETRY_SCHEDULED',
      'SUCCEEDED',
    ]);
    const delivery = await api.run(
      `query ($id: ID!) { delivery(id: $id) { status attemptCount attempts(first: 10) { totalCount nodes {
         number origin outcome failure { code } request { url method body bodyBytes headers { name value } }
         response { statusCode } phases { name startMs durationMs } } } } }`,
      { id: hits[0]!.headers['webhook-id'] },
    );
    expect(delivery).toMatchObject({
      status: 'SUCCEEDED',
      attemptCount: 3,
      attempts: {
        totalCount: 3,
        nodes: [
          {
            number: 1,
            origin: 'FIRST',
            outcome: 'REJECTED',
            failure: { code: 'STATUS' },
            response: { statusCode: 500 },
          },
          { number: 2, origin: 'AUTOMATIC_RETRY', outcome: 'REJECTED' },
          {
            number: 3,
            origin: 'AUTOMATIC_RETRY',
            outcome: 'SUCCEEDED',
            failure: null,
            response: { statusCode: 200 },
          },
        ],
      },
    });
    expect(delivery.attempts.nodes[0].request).toMatchObject({
      url: receiver.url,
      method: 'POST',
      body: hits[0]!.body.toString(),
      bodyBytes: hits[0]!.body.length,
    });
  });

  it('ends as FAILED when the schedule is used up, and one retry by hand sends it again under its id', async () => {
    const { api } = server;
    receiver.answer = status(500);
    await registerResource(api);
    await createWebhook(api, receiver.url);
    stream = api.subscribe(WATCH);
    await stream.until((batches) => batches[0]);
    await publish(api, clientEvent('c-1'));
    await stream.until((batches) => events(batches).some((event) => event.kind === 'FAILED'));
    expect(receiver.hits).toHaveLength(4);

    receiver.answer = status(204);
    const id = receiver.hits[0]!.headers['webhook-id'];
    const retried = await api.mutate(
      'mutation ($id: ID!) { deliveryRetry(id: $id) { errors { code message } delivery { status version } } }',
      { id },
    );
    expect(retried.delivery.version).toBeGreaterThanOrEqual(6);
    const hits = await receiver.until(5);
    expect(hits[4]!.headers).toMatchObject({ 'webhook-id': id, 'webhook-attempt': '5' });
    const last = await stream.until((batches) => events(batches).find((event) => event.kind === 'SUCCEEDED'));
    expect(last).toMatchObject({ delivery: { id, status: 'SUCCEEDED', version: 7 }, attempt: { number: 5 } });
  });

  it('sends a waiting delivery now when asked, as a manual attempt that uses up no entry of the schedule', async () => {
    const { api } = server;
    receiver.answer = status(500);
    await registerResource(api);
    await createWebhook(api, receiver.url, { advanced: { retrySchedule: [0, 600] } });
    stream = api.subscribe(WATCH);
    await stream.until((batches) => batches[0]);
    await publish(api, clientEvent('c-1'));
    await stream.until((batches) => events(batches).find((event) => event.kind === 'RETRY_SCHEDULED'));
    const id = receiver.hits[0]!.headers['webhook-id'];
    const retried = await api.mutate(
      'mutation ($id: ID!) { deliveryRetry(id: $id) { errors { code } delivery { status } } }',
      { id },
    );
    expect(retried.delivery.status).toMatch(/RETRY_SCHEDULED|IN_FLIGHT/);
    await receiver.until(2);
    await stream.until(
      (batches) => events(batches).filter((event) => event.kind === 'RETRY_SCHEDULED').length === 3,
    );
    const delivery = await api.run(
      'query ($id: ID!) { delivery(id: $id) { status nextAttemptAt attempts { nodes { origin } } } }',
      { id },
    );
    expect(delivery).toMatchObject({
      status: 'RETRY_SCHEDULED',
      attempts: { nodes: [{ origin: 'FIRST' }, { origin: 'MANUAL_RETRY' }] },
    });
    expect(new Date(delivery.nextAttemptAt as string).getTime() - Date.now()).toBeGreaterThan(400_000);
  });

  it('sends a test event marked as one, to a disabled webhook too', async () => {
    const { api } = server;
    await registerResource(api);
    const webhook = await createWebhook(api, receiver.url);
    await api.mutate('mutation ($id: ID!) { webhookDisable(id: $id) { errors { code } } }', {
      id: webhook.id,
    });
    const sent = await api.mutate(
      `mutation ($input: TestEventInput!) { testEventSend(input: $input) { errors { code field message } deliveries { id origin } } }`,
      { input: { webhookId: webhook.id, resource: 'clients', event: 'create' } },
    );
    const [hit] = await receiver.until(1);
    expect(hit!.headers).toMatchObject({ 'webhook-test': 'true', 'webhook-id': sent.deliveries[0].id });
    expect(JSON.parse(hit!.body.toString())).toMatchObject({ test: true, type: 'clients.create' });
    expect(await api.run('{ events(first: 5) { nodes { id } } }')).toEqual({ nodes: [] });
  });
});
