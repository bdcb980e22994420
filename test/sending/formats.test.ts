/** What requests look like: each format at a real receiver, CloudEvents read by their own library, the same bytes on every attempt. */
import { HTTP } from 'cloudevents';
import pg from 'pg';

import type { Stream } from '../support/api.ts';
import { type Hit, type Receiver, startReceiver, status } from '../support/receiver.ts';
import { publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { verifies } from '../support/verify.ts';

const FORMATS = ['STANDARD_WEBHOOKS', 'CLOUDEVENTS_STRUCTURED', 'CLOUDEVENTS_BINARY', 'ENTITY'] as const;
type Format = (typeof FORMATS)[number];
const CONTENT_TYPES: Record<Format, string> = {
  STANDARD_WEBHOOKS: 'application/json',
  CLOUDEVENTS_STRUCTURED: 'application/cloudevents+json; charset=utf-8',
  CLOUDEVENTS_BINARY: 'application/json',
  ENTITY: 'application/json',
};
const CREATE = `mutation ($input: WebhookInput!) { webhookCreate(input: $input) {
  errors { code field } webhook { id number endpoints { id } } newSecrets { value } } }`;
const UPDATE = `mutation ($id: ID!, $input: WebhookInput!) { webhookUpdate(id: $id, input: $input) {
  errors { code field message } } }`;
const RETRY = 'mutation ($id: ID!) { deliveryRetry(id: $id) { errors { code } delivery { id } } }';
const CANCEL = 'mutation ($id: ID!) { deliveryCancel(id: $id) { errors { code } delivery { id } } }';
const TEST = `mutation ($input: TestEventInput!) { testEventSend(input: $input) { errors { code } deliveries { id } } }`;
const ATTEMPTS = `query ($id: ID!) { delivery(id: $id) { attempts(first: 9) { nodes {
  number request { headers { name value } body bodyBytes bodyTruncated } } } } }`;

/** With spaces, a number and an escape that no serializer would write so. */
const PAYLOAD = '{ "value": 1.0, "id":"1",\t"name":"é \\u0041 👋" }';
const ENTITY = { value: 1, id: '1', name: 'é A 👋' };
const OCCURRED = '2026-11-26T07:00:00.123Z';

interface Target {
  path: string;
  webhookId: string;
  number: number;
  endpointId: string;
  secret: string;
}

let server: TestServer;
let receiver: Receiver;
let sql: pg.Client;
let stream: Stream;
const targets = {} as Record<Format, Target>;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  sql = new pg.Client({ connectionString: server.database.url });
  await sql.connect();
  for (const name of ['things', 'others'])
    await registerResource(server.api, name, 'type Thing { id: ID! name: String value: Float }');
  for (const format of FORMATS) targets[format] = await create(format, 'things');
  stream = server.api.subscribe(
    `subscription ($after: StreamCursor) { deliveryEvents(after: $after, mode: EVERY_EVENT, minIntervalMs: 0) {
       events { kind delivery { id version } } } }`,
    { after: await server.api.beginning() },
  );
});
afterAll(async () => {
  await stream?.close();
  await sql?.end();
  await server?.stop();
  await receiver?.close();
});

async function create(format: Format, resource: string, path = `/${format}`, advanced = {}): Promise<Target> {
  const { webhook, newSecrets } = await server.api.mutate(CREATE, {
    input: {
      details: { name: format },
      endpoints: [
        { kind: 'URL', target: receiver.url.replace('/hooks', path), advanced: { format, ...advanced } },
      ],
      triggers: [{ resource, event: 'create' }],
    },
  });
  const { id: webhookId, number, endpoints } = webhook;
  return { path, webhookId, number, endpointId: endpoints[0].id, secret: newSecrets[0].value };
}

const edit = ({ webhookId, endpointId }: Target, advanced: object): Promise<any> =>
  server.api.mutate(UPDATE, { id: webhookId, input: { endpoints: [{ id: endpointId, advanced }] } });

/** Publishes an event about an entity, and returns its id and the requests with it, by format. */
async function happened(entityId: string): Promise<{ id: string; hits: Record<Format, Hit> }> {
  const seen = receiver.hits.length;
  const event = { resource: 'things', event: 'create', entityId, occurredAt: OCCURRED, payloadText: PAYLOAD };
  const [published] = await publish(server.api, event);
  const all = await receiver.until(seen + FORMATS.length);
  const of = (format: Format): Hit => all.slice(seen).find((hit) => hit.path === `/${format}`)!;
  return {
    id: published!.event.id,
    hits: Object.fromEntries(FORMATS.map((format) => [format, of(format)])) as Record<Format, Hit>,
  };
}

/** Resolves once the delivery of a request has come to such an end, the number-th time. */
async function ended({ headers }: Hit, kind: string, number = 1): Promise<string> {
  const id = headers['webhook-id'] as string;
  await stream.until(
    (batches) =>
      batches
        .flatMap((batch) => batch.events as any[])
        .filter((event) => event.kind === kind && event.delivery.id === id).length >= number,
  );
  return id;
}

/** The event that a CloudEvents library makes of a request. */
function cloudEvent({ headers, body }: Hit): Record<string, any> {
  const event = HTTP.toEvent({ headers, body: body.toString() });
  if (Array.isArray(event)) throw new Error('it is a batch');
  return event;
}

describe('a request', () => {
  it.each(FORMATS)(
    'in the format %s holds the entity as it was published, is signed over its bytes, and is shown as it was sent',
    async (format) => {
      const { hits } = await happened('Euro € 😀');
      const hit = hits[format];
      expect(hit.headers).toMatchObject({
        'content-type': CONTENT_TYPES[format],
        'webhook-id': expect.stringMatching(/^dlv_/),
        'webhook-attempt': '1',
      });
      expect(hit.body.toString()).toContain(PAYLOAD);
      expect(verifies(targets[format].secret, hit)).toBe(true);
      const other = FORMATS[(FORMATS.indexOf(format) + 1) % FORMATS.length]!;
      expect(verifies(targets[other].secret, hit)).toBe(false);
      const id = await ended(hit, 'SUCCEEDED');
      const [{ request }] = (await server.api.run(ATTEMPTS, { id })).attempts.nodes;
      expect(request).toMatchObject({
        body: hit.body.toString(),
        bodyBytes: hit.body.length,
        bodyTruncated: false,
      });
      // What got says of the connection is not the server's; all else is told.
      const told = Object.fromEntries(request.headers.map(({ name, value }: any) => [name, value]));
      const { host: _host, connection: _connection, 'accept-encoding': _encoding, ...sent } = hit.headers;
      expect(told).toMatchObject(sent);
    },
  );

  it('in the format ENTITY is the entity and nothing else, and without an attribute in a header', async () => {
    const { hits } = await happened('1');
    expect(hits.ENTITY.body.toString()).toBe(PAYLOAD);
    expect(Object.keys(hits.ENTITY.headers).filter((name) => name.startsWith('ce-'))).toEqual([]);
  });

  it.each(['CLOUDEVENTS_STRUCTURED', 'CLOUDEVENTS_BINARY'] as const)(
    'in the format %s is a valid event to the CloudEvents library',
    async (format) => {
      const { id, hits } = await happened('client-7');
      const { number } = targets[format];
      const event = cloudEvent(hits[format]);
      expect(event['validate']()).toBe(true);
      expect(event).toMatchObject({
        specversion: '1.0',
        id,
        source: `/webhooks/${number}`,
        type: 'things.create',
        subject: 'client-7',
        time: OCCURRED,
        datacontenttype: 'application/json',
        data: ENTITY,
      });
      expect(Number(event['webhooknumber'])).toBe(number);
      expect(event).not.toHaveProperty('test');
    },
  );

  it.each([
    // The example of the binding, 3.1.3.2.
    ['Euro € 😀', 'Euro%20%E2%82%AC%20%F0%9F%98%80'],
    ['"7" 100% ~!', '%227%22%20100%25%20~!'],
    ['x-evil: 1', 'x-evil:%201'],
    ['%0d%0ax-evil: 1', '%250d%250ax-evil:%201'],
    ['ﬀ\u00ad', '%EF%AC%80%C2%AD'],
    ['back\\slash', 'back\\slash'],
  ])(
    'about the entity %j has it as the subject in both modes of CloudEvents, and as its entityId',
    async (entityId, encoded) => {
      const { hits } = await happened(entityId);
      expect(hits.CLOUDEVENTS_BINARY.headers['ce-subject']).toBe(encoded);
      // The library leaves to its user what the binding demands of receivers: one round of decoding.
      expect(decodeURIComponent(cloudEvent(hits.CLOUDEVENTS_BINARY)['subject'] as string)).toBe(entityId);
      expect(cloudEvent(hits.CLOUDEVENTS_STRUCTURED)).toMatchObject({ subject: entityId });
      expect(JSON.parse(hits.STANDARD_WEBHOOKS.body.toString())).toMatchObject({ entityId });
      expect(hits.CLOUDEVENTS_BINARY.headers).not.toHaveProperty('x-evil');
    },
  );

  it.each(['a\r\nx-evil: 1', 'bell\u0007', 'c1\u0085', 'none\ufffe'])(
    'about the entity %j, which is no string of CloudEvents, goes without a subject',
    async (entityId) => {
      const { hits } = await happened(entityId);
      for (const format of ['CLOUDEVENTS_STRUCTURED', 'CLOUDEVENTS_BINARY'] as const) {
        const event = cloudEvent(hits[format]);
        expect(event['subject']).toBeUndefined();
        expect(event['validate']()).toBe(true);
        expect(event['data']).toEqual(ENTITY);
        expect(hits[format].headers).not.toHaveProperty('x-evil');
        expect(verifies(targets[format].secret, hits[format])).toBe(true);
      }
      expect(JSON.parse(hits.STANDARD_WEBHOOKS.body.toString())).toMatchObject({ entityId });
    },
  );

  it.each(FORMATS)('with a test event in the format %s says so', async (format) => {
    const { webhookId, path } = targets[format];
    const input = { webhookId, resource: 'things', event: 'create', payload: ENTITY };
    await server.api.mutate(TEST, { input });
    const hit = await receiver.find((one) => one.path === path && one.headers['webhook-test'] === 'true');
    const body = JSON.parse(hit.body.toString());
    if (format === 'ENTITY') expect(body).toEqual(ENTITY);
    else if (format === 'STANDARD_WEBHOOKS') expect(body.test).toBe(true);
    else expect(String(cloudEvent(hit)['test'])).toBe('true');
    expect(hit.headers['ce-test']).toBe(format === 'CLOUDEVENTS_BINARY' ? 'true' : undefined);
  });
});

describe('a header of an endpoint that is named like an attribute of CloudEvents', () => {
  it('is refused', async () => {
    const headers = [{ name: 'CE-Type', value: 'mine' }];
    const answer = await server.api.run(UPDATE, {
      id: targets.ENTITY.webhookId,
      input: { endpoints: [{ id: targets.ENTITY.endpointId, advanced: { headers } }] },
    });
    expect(answer.errors).toEqual([
      {
        code: 'INVALID',
        field: ['endpoints', '0', 'advanced', 'headers', '0', 'name'],
        message: expect.stringMatching(/^CE-Type is set by the server\..* ce-\.$/),
      },
    ]);
  });

  it("that was saved before it was the server's does not go beside its own", async () => {
    const stored = JSON.stringify([
      { name: 'CE-Id', value: 'forged', secret: false },
      { name: 'constructor', value: 'kept', secret: false },
    ]);
    const ids = [targets.CLOUDEVENTS_BINARY.endpointId, targets.ENTITY.endpointId];
    await sql.query('update endpoints set headers = $2 where id = any ($1)', [ids, stored]);
    const { id, hits } = await happened('1');
    expect(hits.CLOUDEVENTS_BINARY.headers).toMatchObject({ 'ce-id': id, constructor: 'kept' });
    expect(hits.ENTITY.headers).toMatchObject({ 'ce-id': 'forged', constructor: 'kept' });
    const delivery = await ended(hits.CLOUDEVENTS_BINARY, 'SUCCEEDED');
    const [{ request }] = (await server.api.run(ATTEMPTS, { id: delivery })).attempts.nodes;
    expect(JSON.stringify(request)).not.toContain('forged');
    await sql.query(`update endpoints set headers = '[]' where id = any ($1)`, [ids]);
  });
});

describe('a delivery keeps the format that it began with', () => {
  const NEXT: Record<Format, Format> = {
    STANDARD_WEBHOOKS: 'CLOUDEVENTS_STRUCTURED',
    CLOUDEVENTS_STRUCTURED: 'CLOUDEVENTS_BINARY',
    CLOUDEVENTS_BINARY: 'ENTITY',
    ENTITY: 'STANDARD_WEBHOOKS',
  };
  const event = { resource: 'others', event: 'create', entityId: '1', payloadText: PAYLOAD };

  /** What of a request must not change from one attempt to the next. */
  function content({ headers, body }: Hit): unknown {
    const lasting = Object.entries(headers).filter(([name]) => /^(ce-|content-type$)/.test(name));
    return { body: body.toString(), lasting };
  }

  afterEach(() => {
    receiver.answer = status(204);
  });

  it.each(FORMATS)(
    '%s, when its endpoint is edited between two attempts, and when it is retried by hand after that',
    async (format) => {
      const path = `/kept/${format}`;
      const target = await create(format, 'others', path, { retrySchedule: [0, 0] });
      const attempt = (number: number) => (hit: Hit) =>
        hit.path === path && hit.headers['webhook-attempt'] === String(number);
      // The first attempt is on the wire until the edit is committed.
      let fail: () => void = () => undefined;
      receiver.answer = (hit, response, count) => {
        if (attempt(1)(hit)) fail = () => void response.writeHead(500).end();
        else status(hit.path === path ? 500 : 204)(hit, response, count);
      };
      await publish(server.api, event);
      const first = await receiver.find(attempt(1));
      await edit(target, { format: NEXT[format] });
      fail();
      const second = await receiver.find(attempt(2));
      expect(content(second)).toEqual(content(first));
      const id = await ended(second, 'FAILED');
      await edit(target, { format: NEXT[NEXT[format]] });
      await server.api.mutate(RETRY, { id });
      const third = await receiver.find(attempt(3));
      expect(content(third)).toEqual(content(first));
      expect(third.headers['webhook-id']).toBe(first.headers['webhook-id']);
      expect(verifies(target.secret, third)).toBe(true);
      await ended(third, 'FAILED', 2);
      const { attempts } = await server.api.run(ATTEMPTS, { id });
      expect(attempts.nodes.map(({ request }: any) => request.body)).toEqual(
        Array(3).fill(first.body.toString()),
      );

      // What happens from now on has the new one.
      receiver.answer = status(204);
      const seen = receiver.hits.length;
      await publish(server.api, event);
      const fresh = await receiver.find((hit) => receiver.hits.indexOf(hit) >= seen && hit.path === path);
      expect(fresh.headers['content-type']).toBe(CONTENT_TYPES[NEXT[NEXT[format]]]);
      expect(content(fresh)).not.toEqual(content(first));
      await server.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', {
        id: target.webhookId,
      });
    },
  );

  it('when it was cancelled, its endpoint edited, and is sent by hand after all', async () => {
    const path = '/cancelled';
    const target = await create('ENTITY', 'others', path, { retrySchedule: [3_600] });
    await publish(server.api, event);
    const { nodes } = await server.api.run(
      'query ($filter: DeliveryFilterInput) { deliveries(first: 1, filter: $filter) { nodes { id } } }',
      { filter: { webhookId: target.webhookId } },
    );
    const { id } = nodes[0];
    await server.api.mutate(CANCEL, { id });
    await edit(target, { format: 'STANDARD_WEBHOOKS' });
    await server.api.mutate(RETRY, { id });
    const hit = await receiver.find((one) => one.path === path);
    expect(hit.body.toString()).toBe(PAYLOAD);
  });
});
