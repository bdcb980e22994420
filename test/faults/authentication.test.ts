/** One row per way to authenticate: saved by the API, sent to a real counterpart, and never to be read again. */
import { getNamedType, type GraphQLObjectType, isCompositeType, isNonNullType, isObjectType } from 'graphql';
import { pino } from 'pino';

import { apiSchema } from '../../src/graphql/schema.ts';
import {
  authenticationOf,
  type AuthenticationWay,
  authenticationWays,
} from '../support/authentication-ways.ts';
import {
  CLIENT_CA,
  CLIENT_IDENTITY,
  GOOD_IDENTITY,
  SELF_SIGNED_IDENTITY,
  TEST_CA,
} from '../support/certificates.ts';
import { figure } from '../support/figure.ts';
import { type OAuthServer, startOAuthServer } from '../support/oauth-server.ts';
import { type Hit, type Receiver, startReceiver, status } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const CREATE = `mutation ($input: WebhookInput!) { webhookCreate(input: $input) { errors { code field } webhook { id } } }`;
const UPDATE = `mutation ($id: ID!, $input: WebhookInput!) { webhookUpdate(id: $id, input: $input) { errors { code field } } }`;
const DELETE = 'mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }';
const ENDPOINT =
  'query ($id: ID!) { node(id: $id) { ... on Endpoint { target authentication { type hint expiresAt } } } }';
const TRIGGERS = [{ resource: 'clients', event: 'create' }];

let server: TestServer;
let oauth: OAuthServer;
let plain: Receiver;
let secure: Receiver;

beforeAll(async () => {
  oauth = await startOAuthServer();
  server = await startServer({ BELLWIRE_MAX_COST: '1000000' }, { ca: [TEST_CA] });
  // Says back what it was told.
  plain = await startReceiver(
    (hit, response) => void response.writeHead(200).end(JSON.stringify(hit.headers)),
  );
  secure = await startReceiver(status(204), '127.0.0.2', {
    ...GOOD_IDENTITY,
    ca: CLIENT_CA,
    requestCert: true,
    rejectUnauthorized: true,
  });
  await registerResource(server.api);
});
afterAll(async () => {
  await server?.stop();
  await plain?.close();
  await secure?.close();
  await oauth?.close();
});

const WAYS = authenticationWays(() => oauth);

const receiverOf = ({ type }: AuthenticationWay) => (type === 'MUTUAL_TLS' ? secure : plain);

/** The request that a publish brings to a receiver. */
async function sent(receiver: Receiver): Promise<Hit> {
  const count = receiver.hits.length;
  await publish(server.api, clientEvent('c'));
  return (await receiver.until(count + 1)).at(-1)!;
}

async function withWebhook(
  way: AuthenticationWay,
  work: (made: { id: string; endpointId: string }) => Promise<void>,
): Promise<void> {
  const made = await createWebhook(server.api, receiverOf(way).url, {
    authentication: authenticationOf(way),
  });
  try {
    await work(made);
  } finally {
    await server.api.mutate(DELETE, { id: made.id });
  }
}

const edit = async (id: string, endpoint: Record<string, unknown>) =>
  at((await server.api.run(UPDATE, { id, input: { endpoints: [endpoint] } })).errors);
const at = (errors: { code: string; field: string[] }[]) =>
  errors.map(({ code, field }) => `${code} ${field.join('.')}`);

it('L20: without one a request carries no Authorization', async () => {
  const { id, endpointId } = await createWebhook(server.api, plain.url);
  const { headers } = await sent(plain);
  expect(headers).not.toHaveProperty('authorization');
  expect(await server.api.run(ENDPOINT, { id: endpointId })).toMatchObject({
    authentication: { type: 'NONE', hint: null, expiresAt: null },
  });
  await server.api.mutate(DELETE, { id });
});

it.each(WAYS)('L21: $type arrives at its receiver, and stays through an edit that leaves it out', (way) =>
  withWebhook(way, async ({ id, endpointId }) => {
    const receiver = receiverOf(way);
    expect(way.seen(await sent(receiver))).toEqual(way.expected());
    for (const endpoint of [
      { id: endpointId },
      { id: endpointId, authentication: { type: way.type } },
      { id: endpointId, target: `${receiver.url}/moved` },
    ])
      expect(await edit(id, endpoint)).toEqual([]);
    const hit = await sent(receiver);
    expect([hit.path, way.seen(hit)]).toEqual(['/hooks/moved', way.expected()]);
  }),
);

it.each(WAYS)('L22: $type demands its own credential, and nothing is saved without', async (way) => {
  const [part] = Object.keys(way.given());
  const other = WAYS.find(({ type }) => type !== way.type)!;
  const [wrong] = Object.keys(other.given());
  const path = 'endpoints.0.authentication';
  const cases: [authentication: Record<string, unknown>, errors: string[]][] = [
    [{ type: way.type }, [`CREDENTIAL_MISMATCH ${path}.${part}`]],
    [
      { type: way.type, ...other.given() },
      [`CREDENTIAL_MISMATCH ${path}.${wrong}`, `CREDENTIAL_MISMATCH ${path}.${part}`],
    ],
    [{ type: way.type, ...way.given(), ...other.given() }, [`CREDENTIAL_MISMATCH ${path}.${wrong}`]],
  ];
  for (const [authentication, errors] of cases) {
    const endpoints = [{ kind: 'URL', target: 'https://127.0.0.1:9999/', authentication }];
    const input = { details: { name: 'Refused' }, endpoints, triggers: TRIGGERS };
    const answer = await server.api.run(CREATE, { input });
    expect([at(answer.errors), answer.webhook]).toEqual([errors, null]);
  }
  const { totalCount } = await server.api.run('{ webhooks(first: 1) { totalCount } }');
  expect(totalCount).toBe(0);
});

/** Fields of a type, all of them, and of what they hold; those that need arguments are left out. */
function everyField(type: GraphQLObjectType, depth: number): string {
  const fields = Object.values(type.getFields()).flatMap((field) => {
    if (field.args.some((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined)) return [];
    const named = getNamedType(field.type);
    if (!isCompositeType(named)) return [field.name];
    if (depth === 0 || !isObjectType(named)) return [];
    const paged = field.args.some(({ name }) => name === 'first') ? '(first: 5)' : '';
    return [`${field.name}${paged} { ${everyField(named, depth - 1)} }`];
  });
  return ['__typename', ...fields].join(' ');
}

it('X07: no field of the API gives a credential back, and none of it is kept of an exchange (SEC-04)', async () => {
  const texts: string[] = [];
  const read = async (id: string, type: string, depth = 3): Promise<any> => {
    const fields = everyField(apiSchema().getType(type) as GraphQLObjectType, depth);
    const answer = await server.api.run(
      `query ($id: ID!) { node(id: $id) { ... on ${type} { ${fields} } } }`,
      { id },
    );
    expect(answer).not.toBeNull();
    texts.push(JSON.stringify(answer));
    return answer;
  };
  for (const way of WAYS) {
    // By the wizard, so that the draft is read, too.
    const { draft } = await server.api.mutate(
      'mutation { webhookDraftCreate(input: { name: "Canary" }) { errors { code } draft { id } } }',
    );
    await server.api.mutate(
      'mutation ($id: ID!, $input: [EndpointInput!]!) { webhookDraftSetEndpoints(id: $id, input: $input) { errors { code } } }',
      {
        id: draft.id,
        input: [{ kind: 'URL', target: receiverOf(way).url, authentication: authenticationOf(way) }],
      },
    );
    await server.api.run(
      'mutation ($id: ID!, $input: [TriggerInput!]!) { webhookDraftSetTriggers(id: $id, input: $input) { errors { code } } }',
      { id: draft.id, input: TRIGGERS },
    );
    const typed = await read(draft.id, 'WebhookDraft');
    expect(typed.endpoints[0].authentication).toMatchObject({ type: way.type, hint: way.hint() });
    const { webhook } = await server.api.mutate(
      'mutation ($id: ID!) { webhookDraftSave(id: $id) { errors { code } webhook { id endpoints { id } } } }',
      { id: draft.id },
    );
    await read(draft.id, 'WebhookDraft');
    const hit = await sent(receiverOf(way));
    expect(way.seen(hit)).toEqual(way.expected());
    const delivery = await untilAttempted(hit.headers['webhook-id'] as string, read);
    if (way.type !== 'MUTUAL_TLS') {
      const kept = delivery.latestAttempt.request.headers.filter(({ secret }: { secret: boolean }) => secret);
      expect(kept).toMatchObject([{ value: null, secret: true }]);
      expect(delivery.latestAttempt.response.body).toContain('[redacted]');
    }
    await read(webhook.id, 'Webhook');
    const endpoint = await read(webhook.endpoints[0].id, 'Endpoint');
    expect(endpoint.authentication).toMatchObject({ type: way.type, hint: way.hint() });
    await server.api.mutate(DELETE, { id: webhook.id });
  }
  texts.push(JSON.stringify(await server.api.run('{ auditLog(first: 100) { nodes { action changes } } }')));
  const all = texts.join('\n');
  const hits = WAYS.flatMap((way) => way.secrets()).filter((secret) =>
    all.includes(JSON.stringify(secret).slice(1, -1)),
  );
  expect(hits).toEqual([]);
  figure(
    'SEC-04',
    { types: WAYS.length, answers: texts.length, bytesRead: all.length, hits: hits.length },
    { answers: { atLeast: 30 }, hits: 0 },
  );
});

/** The delivery with all its fields, once its attempt is recorded. */
async function untilAttempted(id: string, read: (id: string, type: string) => Promise<any>): Promise<any> {
  const stream = server.api.subscribe(
    `subscription ($after: StreamCursor) { deliveryEvents(after: $after, mode: EVERY_EVENT, minIntervalMs: 0) {
       cursor events { kind delivery { id } } } }`,
    { after: await server.api.beginning() },
  );
  await stream.until((batches) =>
    batches
      .flatMap((batch: { events: { kind: string; delivery: { id: string } }[] }) => batch.events)
      .some(({ kind, delivery }) => kind === 'SUCCEEDED' && delivery?.id === id),
  );
  await stream.close();
  return read(id, 'Delivery');
}

it('SEC-04: another host without a new credential is refused, clears nothing, and the old one goes on', async () => {
  const other = await startReceiver();
  for (const way of WAYS)
    await withWebhook(way, async ({ id, endpointId }) => {
      const target = way.type === 'MUTUAL_TLS' ? 'https://127.0.0.2:9999/' : other.url;
      for (const authentication of [{}, { authentication: { type: way.type } }])
        expect(await edit(id, { id: endpointId, target, ...authentication })).toEqual([
          'CREDENTIAL_MISMATCH endpoints.0.target',
        ]);
      expect(way.seen(await sent(receiverOf(way)))).toEqual(way.expected());
    });
  expect(other.hits).toEqual([]);
  // With a new one it moves, and with none.
  const [basic] = WAYS as [AuthenticationWay];
  await withWebhook(basic, async ({ id, endpointId }) => {
    const again = { basic: { username: 'new', password: 'one' } };
    const authentication = { type: 'BASIC', ...again };
    expect(await edit(id, { id: endpointId, target: other.url, authentication })).toEqual([]);
    expect((await sent(other)).headers.authorization).toBe(
      `Basic ${Buffer.from('new:one').toString('base64')}`,
    );
    expect(await edit(id, { id: endpointId, target: plain.url, authentication: null })).toEqual([]);
    expect((await sent(plain)).headers).not.toHaveProperty('authorization');
  });
  await other.close();
});

describe('a client certificate', () => {
  const mutualTls = ({ cert, key }: { cert: string; key: string }) => ({
    type: 'MUTUAL_TLS',
    mutualTls: { certificate: cert, privateKey: key },
  });

  it('is shown on connections of its own: after a change none is used that showed another', async () => {
    const { id, endpointId } = await createWebhook(server.api, secure.url, {
      advanced: { retrySchedule: [0] },
      authentication: mutualTls(CLIENT_IDENTITY),
    });
    const failing = async (): Promise<string> => {
      const [published] = await publish(server.api, clientEvent('c'));
      const stream = server.api.subscribe(
        `subscription ($filter: DeliveryFilterInput, $after: StreamCursor) {
           deliveryEvents(filter: $filter, after: $after, mode: EVERY_EVENT, minIntervalMs: 0) {
             cursor events { kind attempt { failure { code } } } } }`,
        { filter: { eventId: published!.event.id }, after: await server.api.beginning() },
      );
      const line = await stream.until((batches) =>
        batches
          .flatMap((batch: { events: { kind: string; attempt: any }[] }) => batch.events)
          .find(({ attempt }) => attempt),
      );
      await stream.close();
      return line.attempt.failure.code as string;
    };
    expect((await sent(secure)).client).toBe('client.example');
    // Signed by nobody whom the receiver trusts.
    expect(await edit(id, { id: endpointId, authentication: mutualTls(SELF_SIGNED_IDENTITY) })).toEqual([]);
    const refusals = [await failing()];
    expect(await edit(id, { id: endpointId, authentication: null })).toEqual([]);
    refusals.push(await failing());
    for (const code of refusals) expect(['TLS_FAILED', 'CONNECTION_RESET']).toContain(code);
    expect(await edit(id, { id: endpointId, authentication: mutualTls(CLIENT_IDENTITY) })).toEqual([]);
    expect((await sent(secure)).client).toBe('client.example');
    await server.api.mutate(DELETE, { id });
  });

  it('goes to no address without TLS', async () => {
    const endpoints = [{ kind: 'URL', target: plain.url, authentication: mutualTls(CLIENT_IDENTITY) }];
    const input = { details: { name: 'Plain' }, endpoints, triggers: TRIGGERS };
    expect(at((await server.api.run(CREATE, { input })).errors)).toEqual(['INVALID endpoints.0.target']);
  });

  it('that ends within 30 days is named in the log at the start', async () => {
    const { id, number, endpointId } = await createWebhook(server.api, secure.url, {
      authentication: mutualTls(CLIENT_IDENTITY),
    });
    const starting = async (at: string): Promise<string[]> => {
      const log: string[] = [];
      const again = await startServer(
        { DATABASE_URL: server.database.url },
        {
          logger: pino({ level: 'warn' }, { write: (line) => void log.push(line) }),
          now: () => new Date(at),
        },
      );
      await again.stop();
      return log.filter((line) => line.includes('certificates'));
    };
    expect(await starting('2099-11-30T00:00:00Z')).toEqual([]);
    const [line] = await starting('2099-12-05T00:00:00Z');
    expect(JSON.parse(line!)).toMatchObject({
      certificates: [{ endpoint: endpointId, webhook: number, end: '2100-01-01T00:00:00.000Z' }],
    });
    await server.api.mutate(DELETE, { id });
  });
});
