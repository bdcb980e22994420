/** A webhook is gone, its history is not: it is read under the webhook's number by those who managed it. */
import type { Api } from '../support/api.ts';
import { createPerson } from '../support/people.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import {
  clientEvent,
  createWebhook,
  type MadeWebhook,
  publish,
  registerResource,
} from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const DELETE = 'mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } deletedId } }';
const DELIVERIES = `query ($filter: DeliveryFilterInput) {
  deliveries(filter: $filter) { count { value } nodes { id webhookNumber webhook { id } } } }`;
const DELIVERY = `query ($id: ID!) {
  delivery(id: $id) {
    status attemptCount webhookNumber webhook { id } endpoint { id } event { entityId }
    attempts { totalCount nodes { number outcome request { url body } response { statusCode } } } } }`;
const POLL = `query ($filter: DeliveryFilterInput) {
  deliveryEvents(filter: $filter) { events { kind delivery { id webhookNumber webhook { id } } } } }`;
const WATCH = `subscription ($after: StreamCursor, $filter: DeliveryFilterInput) {
  deliveryEvents(after: $after, filter: $filter, mode: EVERY_EVENT, minIntervalMs: 0) {
    events { kind delivery { id webhookNumber } } } }`;
const EVENT = 'query ($id: ID!) { event(id: $id) { deliveries { nodes { id webhookNumber } } } }';

let server: TestServer;
let receiver: Receiver;
let manager: Api;
let foreigner: Api;
let gone: MadeWebhook;
let kept: MadeWebhook;
let eventId: string;
/** The delivery to the webhook that is gone, and the one to the webhook that is not. */
let goneDelivery: string;
let keptDelivery: string;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver((hit, response, count) =>
    status(count === 1 ? 500 : 204)(hit, response, count),
  );
  await registerResource(server.api);
  const permissions = ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH'] as const;
  const account = { isAccount: true, permissions: [...permissions] };
  manager = (await createPerson(server, { name: 'Branch', ...account })).api;
  foreigner = (await createPerson(server, { name: 'Other branch', ...account })).api;
  gone = await createWebhook(manager, receiver.url);
  const [published] = await publish(manager, clientEvent('c-1'));
  eventId = published!.event.id;
  await untilSucceeded(gone);
  kept = await createWebhook(manager, `${receiver.url}/kept`);
  await publish(manager, clientEvent('c-2'));
  await untilSucceeded(kept);
  await manager.mutate(DELETE, { id: gone.id });
  goneDelivery = String(receiver.hits.find((hit) => hit.body.includes('"c-1"'))!.headers['webhook-id']);
  keptDelivery = String(receiver.hits.find((hit) => hit.path.endsWith('/kept'))!.headers['webhook-id']);
});
afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

async function untilSucceeded({ number }: MadeWebhook): Promise<void> {
  const variables = { after: await manager.beginning(), filter: { webhookNumber: number } };
  const stream = manager.subscribe(WATCH, variables);
  const seen = await stream.until(
    (batches) =>
      batches.some((batch) => batch.events.some((event: any) => event.kind === 'SUCCEEDED')) &&
      batches.flatMap((batch) => batch.events),
  );
  await stream.close();
  expect(new Set(seen.map((event) => event.delivery.webhookNumber))).toEqual(new Set([number]));
}

describe('the history of a deleted webhook', () => {
  it('is listed by its number and by its id, apart from that of others', async () => {
    const deliveries = await manager.run(DELIVERIES, { filter: { webhookNumber: gone.number } });
    expect(deliveries.count.value).toBe(deliveries.nodes.length);
    expect(deliveries.nodes).toHaveLength(2);
    for (const node of deliveries.nodes)
      expect(node).toMatchObject({ webhookNumber: gone.number, webhook: null });
    expect(deliveries.nodes.map((node: { id: string }) => node.id)).toContain(goneDelivery);
    expect(await manager.run(DELIVERIES, { filter: { webhookId: gone.id } })).toEqual(deliveries);
    expect(await manager.run(DELIVERIES, { filter: { webhookNumber: kept.number } })).toMatchObject({
      nodes: [{ id: keptDelivery, webhookNumber: kept.number, webhook: { id: kept.id } }],
    });
    for (const filter of [{ webhookNumber: 4711 }, { webhookNumber: gone.number, webhookId: kept.id }])
      expect(await manager.run(DELIVERIES, { filter })).toMatchObject({ nodes: [], count: { value: 0 } });
  });

  it('has each attempt, with the bytes that were sent', async () => {
    const [first, second] = receiver.hits.filter((hit) => hit.headers['webhook-id'] === goneDelivery);
    expect(await manager.run(DELIVERY, { id: goneDelivery })).toEqual({
      status: 'SUCCEEDED',
      attemptCount: 2,
      webhookNumber: gone.number,
      webhook: null,
      endpoint: null,
      event: { entityId: 'c-1' },
      attempts: {
        totalCount: 2,
        nodes: [
          {
            number: 1,
            outcome: 'REJECTED',
            request: { url: receiver.url, body: first!.body.toString() },
            response: { statusCode: 500 },
          },
          {
            number: 2,
            outcome: 'SUCCEEDED',
            request: { url: receiver.url, body: second!.body.toString() },
            response: { statusCode: 204 },
          },
        ],
      },
    });
  });

  it('stays with the event', async () => {
    expect(await manager.run(EVENT, { id: eventId })).toEqual({
      deliveries: { nodes: [{ id: goneDelivery, webhookNumber: gone.number }] },
    });
  });

  it('is polled and followed by its number', async () => {
    const { events } = await manager.run(POLL, { filter: { webhookNumber: gone.number } });
    const own = events.filter((event: any) => event.delivery.id === goneDelivery);
    expect(own.map((event: any) => event.kind)).toEqual(['CREATED', 'RETRY_SCHEDULED', 'SUCCEEDED']);
    for (const event of events)
      expect(event.delivery).toMatchObject({ webhookNumber: gone.number, webhook: null });
    await untilSucceeded(gone);
  });

  it('is seen by no other account', async () => {
    const filter = { webhookNumber: gone.number };
    expect(await foreigner.run(DELIVERIES, { filter })).toEqual({ count: { value: 0 }, nodes: [] });
    expect(await foreigner.run(POLL, { filter })).toEqual({ events: [] });
    expect(await foreigner.run(DELIVERY, { id: goneDelivery })).toBeNull();
    expect(await foreigner.run(EVENT, { id: eventId })).toBeNull();
    // The root's account holds the branch.
    expect((await server.api.run(DELIVERIES, { filter })).nodes).toHaveLength(2);
  });
});
