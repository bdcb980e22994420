/** Publishing: keys, refusals, and what a transaction promises. */
import pg from 'pg';

import { figure } from '../support/figure.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, publishMany, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const PUBLISH = `mutation ($input: [EventInput!]!) {
  eventsPublish(input: $input) {
    errors { code field message }
    events { duplicate deliveryCount event { id resource name entityId payload } } } }`;

let server: TestServer;
let receiver: Receiver;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  await registerResource(server.api);
  await createWebhook(server.api, receiver.url);
});

afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

describe('an idempotency key (REL-15)', () => {
  it('is taken once by fifty publishes at the same moment, and all of them answer with the same event', async () => {
    const event = clientEvent('once', { idempotencyKey: 'key-1' });
    const answers = await Promise.all(Array.from({ length: 50 }, () => publish(server.api, event)));
    const ids = new Set(answers.map(([published]) => published!.event.id));
    figure('REL-15', { publishes: answers.length, events: ids.size }, { events: 1 });
    expect(answers.filter(([published]) => !published!.duplicate)).toHaveLength(1);
    expect(answers.every(([published]) => published!.deliveryCount === 1)).toBe(true);
    // A proof event shows that whatever was to come has come.
    await publish(server.api, clientEvent('proof'));
    await receiver.find((hit) => hit.body.includes('"proof"'));
    expect(receiver.hits.filter((hit) => hit.body.includes('"once"'))).toHaveLength(1);
  });

  it('with another event is refused, and nothing of the batch is stored', async () => {
    await publish(server.api, clientEvent('a', { idempotencyKey: 'key-2' }));
    const answer = await server.api.run(PUBLISH, {
      input: [clientEvent('unstored'), clientEvent('b', { idempotencyKey: 'key-2' })],
    });
    expect(answer).toMatchObject({
      events: [],
      errors: [{ code: 'KEY_REUSED', field: ['1', 'idempotencyKey'] }],
    });
    expect(await entityIds('unstored')).toEqual([]);
  });

  it('given twice in one batch names one event, the second is its duplicate', async () => {
    const event = clientEvent('twin', { idempotencyKey: 'key-3' });
    const [first, second] = await publish(server.api, event, event);
    expect([first!.duplicate, second!.duplicate]).toEqual([false, true]);
    expect(second!.event.id).toBe(first!.event.id);
  });

  it('is free again after 24 hours', async () => {
    const event = clientEvent('again', { idempotencyKey: 'key-4' });
    const [first] = await publish(server.api, event);
    const sql = new pg.Client({ connectionString: server.database.url });
    await sql.connect();
    await sql.query(`update event_keys set created_at = now() - interval '25 hours' where key = 'key-4'`);
    await sql.end();
    const [second] = await publish(server.api, event);
    expect(second).toMatchObject({ duplicate: false });
    expect(second!.event.id).not.toBe(first!.event.id);
  });

  it('shared by many batches in any order never deadlocks', async () => {
    const keys = Array.from({ length: 40 }, (_, index) => `shared-${index}`);
    const batch = (order: string[]) => order.map((key) => clientEvent(key, { idempotencyKey: key }));
    await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        publish(server.api, ...batch(index % 2 ? keys : [...keys].reverse())),
      ),
    );
    const sql = new pg.Client({ connectionString: server.database.url });
    await sql.connect();
    const { rows } = await sql.query(
      `select count(*)::int as count from events where entity_id like 'shared-%'`,
    );
    await sql.end();
    expect(rows[0]).toEqual({ count: 40 });
  });
});

describe('a publish', () => {
  it('tells every problem of a batch at once, with the index of the event and the path inside it', async () => {
    const answer = await server.api.run(PUBLISH, {
      input: [
        clientEvent('fine'),
        { resource: 'cliets', event: 'create', entityId: 'x', payload: {} },
        { resource: 'clients', event: 'creat', entityId: '', payload: { id: '1', name: 'n' } },
        clientEvent('x', { payload: { id: '1', name: 7, extra: null, unknown: 1 } }),
        clientEvent('x', { payload: undefined }),
        clientEvent('x', { loginNumber: 4711 }),
      ],
    });
    expect(answer.events).toEqual([]);
    const found = answer.errors.map(
      ({ code, field }: { code: string; field: string[] }) => `${code} ${field.join('.')}`,
    );
    expect(found).toEqual([
      'UNKNOWN_RESOURCE 1.resource',
      'REQUIRED 2.entityId',
      'UNKNOWN_EVENT 2.event',
      expect.stringMatching(/^INVALID_PAYLOAD 3\.payload\.(name|unknown)$/),
      expect.stringMatching(/^INVALID_PAYLOAD 3\.payload\.(name|unknown)$/),
      'REQUIRED 4.payload',
    ]);
    expect(await entityIds('fine')).toEqual([]);
  });

  it('for a login that the caller may not publish for answers as for one that does not exist', async () => {
    const answer = await server.api.run(PUBLISH, { input: [clientEvent('x', { loginNumber: 4711 })] });
    expect(answer.errors).toMatchObject([{ code: 'NOT_FOUND', field: ['0', 'loginNumber'] }]);
  });

  it('of no event, or of more than a thousand, is refused', async () => {
    const none = await server.api.run(PUBLISH, { input: [] });
    expect(none.errors).toMatchObject([{ code: 'REQUIRED' }]);
    const many = await server.api.run(PUBLISH, {
      input: Array.from({ length: 1001 }, (_, index) => clientEvent(`c${index}`)),
    });
    expect(many.errors).toMatchObject([{ code: 'TOO_MANY' }]);
  });

  it('of an event that is not supported, or of a resource that is not allowed, is stored and matches nothing', async () => {
    await server.api.mutate(
      'mutation ($input: CatalogResourceInput!) { resourceRegister(input: $input) { errors { code } } }',
      {
        input: {
          name: 'secrets',
          label: 'S',
          model: 'type S { id: ID! }',
          allowed: false,
          events: [{ name: 'create', label: 'C' }],
        },
      },
    );
    await createWebhook(server.api, receiver.url, {
      triggers: [
        { resource: 'secrets', event: 'create' },
        { resource: 'clients', event: 'delete' },
        { resource: 'clients', event: 'update' },
      ],
    });
    const published = await publish(
      server.api,
      { resource: 'secrets', event: 'create', entityId: 'quiet-1', payload: { id: '1' } },
      clientEvent('quiet-2', { event: 'delete' }),
      clientEvent('heard', { event: 'update' }),
    );
    expect(published.map((one) => one.deliveryCount)).toEqual([0, 0, 1]);
    await receiver.find((hit) => hit.body.includes('"heard"'));
    expect(receiver.hits.some((hit) => hit.body.includes('"quiet-'))).toBe(false);
    expect(await entityIds('quiet-1')).toEqual(['quiet-1']);
  });

  it('to a webhook with overlapping triggers makes one delivery for each endpoint', async () => {
    const second = await startReceiver();
    await createWebhook(server.api, [second.url, `${second.url}/b`], {
      triggers: [
        { resource: 'clients', event: 'create' },
        { resource: 'clients', event: 'create' },
      ],
    });
    const [published] = await publish(server.api, clientEvent('overlap'));
    expect(published!.deliveryCount).toBe(3);
    const hits = await second.until(2);
    expect(hits.map((hit) => hit.path).sort()).toEqual(['/hooks', '/hooks/b']);
    await second.close();
  });
});

describe('a change of the webhook', () => {
  it('that disables it cancels what waits and lets nothing of the meantime be made up for', async () => {
    const own = await startReceiver((_hit, response) => void response.writeHead(500).end());
    const webhook = await createWebhook(server.api, own.url, {
      triggers: [{ resource: 'clients', event: 'update' }],
      advanced: { retrySchedule: [0, 600] },
    });
    await publish(server.api, clientEvent('waits', { event: 'update' }));
    await own.until(1);
    const id = own.hits[0]!.headers['webhook-id'];
    await untilStatus(String(id), 'RETRY_SCHEDULED');
    await server.api.mutate('mutation ($id: ID!) { webhookDisable(id: $id) { errors { code } } }', {
      id: webhook.id,
    });
    await untilStatus(String(id), 'CANCELLED');
    await publish(server.api, clientEvent('missed', { event: 'update' }));
    await server.api.mutate('mutation ($id: ID!) { webhookEnable(id: $id) { errors { code } } }', {
      id: webhook.id,
    });
    await publish(server.api, clientEvent('after', { event: 'update' }));
    const hits = await own.until(2);
    expect(hits.map((hit) => (JSON.parse(hit.body.toString()) as { entityId: string }).entityId)).toEqual([
      'waits',
      'after',
    ]);
    await own.close();
  });

  it('that deletes it keeps the history readable and sends nothing more', async () => {
    const own = await startReceiver();
    const webhook = await createWebhook(server.api, own.url, {
      triggers: [{ resource: 'clients', event: 'update' }],
    });
    await publish(server.api, clientEvent('before', { event: 'update' }));
    await own.until(1);
    const remove = 'mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } deletedId } }';
    expect(await server.api.mutate(remove, { id: webhook.id })).toMatchObject({ deletedId: webhook.id });
    expect(await server.api.mutate(remove, { id: webhook.id })).toMatchObject({ deletedId: webhook.id });
    await publish(server.api, clientEvent('silent', { event: 'update' }));
    // Proof: another webhook for the same event gets the next one.
    await createWebhook(server.api, `${own.url}/proof`, {
      triggers: [{ resource: 'clients', event: 'update' }],
    });
    await publish(server.api, clientEvent('proof-2', { event: 'update' }));
    await own.find((hit) => hit.path.endsWith('/proof'));
    expect(own.hits).toHaveLength(2);
    const page = await server.api.run(
      'query ($id: ID!) { deliveries(filter: { webhookId: $id }) { nodes { webhook { id } event { entityId } } } }',
      { id: webhook.id },
    );
    expect(page.nodes).toEqual([{ webhook: null, event: { entityId: 'before' } }]);
    await own.close();
  });

  it('that moves its endpoint sends the next event to the new address only', async () => {
    const [old, next] = [await startReceiver(), await startReceiver()];
    const webhook = await createWebhook(server.api, old.url, {
      triggers: [{ resource: 'clients', event: 'update' }],
    });
    const update = `mutation ($id: ID!, $version: Int, $input: WebhookInput!) {
      webhookUpdate(id: $id, expectedVersion: $version, input: $input) {
        errors { code field message } webhook { version endpoints { id target } } newSecrets { value } } }`;
    const input = { endpoints: [{ id: webhook.endpointId, kind: 'URL', target: next.url }] };
    const changed = await server.api.mutate(update, { id: webhook.id, version: webhook.version, input });
    expect(changed).toMatchObject({
      webhook: { endpoints: [{ id: webhook.endpointId, target: next.url }] },
      newSecrets: [],
    });
    const stale = await server.api.run(update, { id: webhook.id, version: webhook.version, input });
    expect(stale).toMatchObject({
      errors: [{ code: 'CONFLICT' }],
      webhook: { version: changed.webhook.version },
    });
    await publish(server.api, clientEvent('moved', { event: 'update' }));
    await next.until(1);
    expect(old.hits).toEqual([]);
    await Promise.all([old.close(), next.close()]);
  });
});

describe('lists', () => {
  it('page through deliveries both ways without a gap', async () => {
    await publishMany(server.api, 30, 30, 'page-');
    const query = `query ($first: Int, $after: String, $last: Int, $before: String) {
      deliveries(first: $first, after: $after, last: $last, before: $before, filter: { resource: "clients", event: "create" }) {
        nodes { id } count { value precision } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
    const forward: string[] = [];
    let page = await server.api.run(query, { first: 7 });
    const total = page.count.value as number;
    for (;;) {
      forward.push(...page.nodes.map((node: { id: string }) => node.id));
      if (!page.pageInfo.hasNextPage) break;
      page = await server.api.run(query, { first: 7, after: page.pageInfo.endCursor });
    }
    expect(forward).toHaveLength(total);
    expect([...forward].sort().reverse()).toEqual(forward);
    const back = await server.api.run(query, { last: 5, before: page.pageInfo.startCursor });
    const end = forward.length - page.nodes.length;
    expect(back.nodes.map((node: { id: string }) => node.id)).toEqual(forward.slice(end - 5, end));
  });
});

async function entityIds(entityId: string): Promise<string[]> {
  const page = await server.api.run(
    'query ($id: String) { events(filter: { entityId: $id }) { nodes { entityId } } }',
    {
      id: entityId,
    },
  );
  return page.nodes.map((node: { entityId: string }) => node.entityId);
}

/** Resolves when the stream says that a delivery has a status. */
async function untilStatus(id: string, status: string): Promise<void> {
  const stream = server.api.subscribe(
    'subscription ($after: StreamCursor) { deliveryEvents(after: $after, minIntervalMs: 0) { cursor events { delivery { id status } } } }',
    { after: await server.api.beginning() },
  );
  await stream.until((batches) =>
    batches
      .flatMap((batch: { events: { delivery: { id: string; status: string } }[] }) => batch.events)
      .some(({ delivery }) => delivery.id === id && delivery.status === status),
  );
  await stream.close();
}
