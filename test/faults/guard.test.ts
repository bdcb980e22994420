/** The way out, through the whole server: refused on save and at delivery, and nothing leaves but by the guard. */
import pg from 'pg';

import { parseUrl } from '../../src/url.ts';
import { REFUSED } from '../egress/vectors.ts';
import { type Api } from '../support/api.ts';
import { figure } from '../support/figure.ts';
import { startHostileServer } from '../support/hostile-server.ts';
import { startOAuthServer } from '../support/oauth-server.ts';
import { loopbackPolicy, PRIVATE_LOOPBACK, PUBLIC_LOOPBACK } from '../support/policy.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import { scriptedResolver } from '../support/resolver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { watchConnections } from '../support/watch-connections.ts';

const CREATE = `mutation ($input: WebhookInput!) {
  webhookCreate(input: $input) { errors { code field message } webhook { id } } }`;

/** 127.0.0.2 plays the public internet, everything else of this machine stays private. */
const STRICT = {
  BELLWIRE_PUBLIC_URL: 'https://bellwire.example',
  BELLWIRE_ALLOW_HTTP: 'true',
  BELLWIRE_ALLOWED_TARGETS: `${PUBLIC_LOOPBACK}/32`,
  BELLWIRE_RETRY_SCHEDULE: '0s',
};

let server: TestServer;
/** A plain start, without any exception. */
let strict: TestServer;
let receiver: Receiver;
let answers: Record<string, string[]>;

beforeAll(async () => {
  answers = {
    'moving.example': [PUBLIC_LOOPBACK],
    'mixed.example': [PUBLIC_LOOPBACK],
    'token.example': [PUBLIC_LOOPBACK],
  };
  const resolver = scriptedResolver({
    'moving.example': () => answers['moving.example']!,
    'mixed.example': () => answers['mixed.example']!,
    'token.example': () => answers['token.example']!,
  });
  server = await startServer(STRICT, { dev: false, resolver });
  strict = await startServer({ BELLWIRE_PUBLIC_URL: 'https://bellwire.example' }, { dev: false });
  receiver = await startReceiver(status(204), PUBLIC_LOOPBACK);
  await registerResource(server.api);
});

afterAll(async () => {
  await strict?.stop();
  await server?.stop();
  await receiver?.close();
});

function input(targets: string[]): Record<string, unknown> {
  return {
    input: {
      details: { name: 'Vectors' },
      endpoints: targets.map((target) => ({ kind: 'URL', target })),
      triggers: [{ resource: 'clients', event: 'update' }],
    },
  };
}

/** The first attempt of every delivery of an event. */
async function attemptsOf(api: Api, eventId: string, count: number): Promise<Attempt[]> {
  const stream = api.subscribe(
    `subscription ($filter: DeliveryFilterInput, $after: StreamCursor) {
       deliveryEvents(filter: $filter, after: $after, mode: EVERY_EVENT, minIntervalMs: 0) { cursor events {
         kind attempt { outcome durationMs phases { name } response { statusCode } failure { code message } } } } }`,
    { filter: { eventId }, after: await api.beginning() },
  );
  const lines = await stream.until((batches) => {
    const done = batches
      .flatMap((batch: { events: { kind: string; attempt: Attempt | null }[] }) => batch.events)
      .filter((line) => line.attempt !== null);
    return done.length >= count && done;
  });
  await stream.close();
  return lines.map((line) => line.attempt!);
}

interface Attempt {
  outcome: string;
  durationMs: number | null;
  phases: unknown[];
  response: unknown;
  failure: { code: string; message: string } | null;
}

describe('SSRF-01: an address that must not be called', () => {
  const vectors = Object.values(REFUSED).flat();

  it('is refused on save, in every spelling, at the path of its row', async () => {
    let refused = 0;
    for (let from = 0; from < vectors.length; from += 20) {
      // The vectors speak of the default port as the server's own.
      const batch = vectors
        .slice(from, from + 20)
        .map((vector) => vector.replace(/:(0?)4000\b/, `:$1${strict.app.port}`));
      const answer = await strict.api.run(CREATE, input(batch));
      expect(answer.webhook).toBeNull();
      const rows = new Set<string>(
        answer.errors
          .filter((error: { code: string }) =>
            ['UNSAFE_TARGET', 'INVALID', 'REQUIRED', 'TOO_LONG'].includes(error.code),
          )
          .map((error: { field: string[] }) => error.field.join('.')),
      );
      expect(batch.filter((_, index) => !rows.has(`endpoints.${index}.target`))).toEqual([]);
      refused += rows.size;
    }
    figure('SSRF-01 on save', { vectors: vectors.length, refused }, { refused: { atLeast: vectors.length } });
    expect(await strict.api.run(CREATE, input(['https://receiver.example/hooks']))).toMatchObject({
      errors: [],
    });
  });

  it('is refused at delivery, too, when it got into the table in another way', async () => {
    const listed = vectors
      .filter((vector) => parseUrl(vector) && !loopbackPolicy().checkUrl(vector).ok)
      .slice(0, 100);
    const sql = new pg.Client({ connectionString: server.database.url });
    await sql.connect();
    for (let from = 0; from < listed.length; from += 20) {
      const batch = listed.slice(from, from + 20);
      const made = await server.api.run(
        CREATE,
        input(batch.map((_, index) => `${receiver.url}/${from + index}`)),
      );
      expect(made.errors).toEqual([]);
    }
    const watch = watchConnections();
    for (const [index, vector] of listed.entries())
      await sql.query('update endpoints set target = $1 where target = $2', [
        vector,
        `${receiver.url}/${index}`,
      ]);
    await sql.end();
    expect(await server.api.run(CREATE, input([receiver.url]))).toMatchObject({ errors: [] });
    const before = receiver.hits.length;
    const [published] = await publish(server.api, clientEvent('c', { event: 'update' }));
    const attempts = await attemptsOf(server.api, published!.event.id, listed.length + 1);
    watch.stop();
    const codes = attempts.map((attempt) => attempt.failure?.code ?? 'none');
    // One more webhook points to the real receiver: the proof that sending works.
    expect(codes.filter((code) => code === 'none')).toHaveLength(1);
    for (const attempt of attempts.filter((one) => one.failure))
      expect(attempt).toMatchObject({ outcome: 'BLOCKED', durationMs: null, phases: [], response: null });
    expect(receiver.hits.length - before).toBe(1);
    expect(watch.all.filter((connection) => connection.way === 'egress')).toHaveLength(1);
    figure(
      'SSRF-01 at delivery',
      {
        vectors: listed.length,
        blocked: codes.filter((code) => code === 'ADDRESS_NOT_ALLOWED').length,
        requests: receiver.hits.length - before - 1,
      },
      { blocked: { atLeast: listed.length }, requests: 0 },
    );
  });
});

describe('SSRF-02: a name that moves', () => {
  it('to a private address after it was saved is not connected to, and is called again once it is public again', async () => {
    const hidden = await startHostileServer(() => undefined, { host: PRIVATE_LOOPBACK });
    const made = await server.api.run(CREATE, {
      input: {
        ...(input([`http://moving.example:${hidden.port}/`])['input'] as object),
        triggers: [{ resource: 'clients', event: 'create' }],
      },
    });
    expect(made.errors).toEqual([]);
    for (const address of [
      [PRIVATE_LOOPBACK],
      [PUBLIC_LOOPBACK, PRIVATE_LOOPBACK],
      ['::1'],
      ['169.254.169.254'],
    ]) {
      answers['moving.example'] = address;
      const [published] = await publish(server.api, clientEvent('c'));
      const [attempt] = await attemptsOf(server.api, published!.event.id, 1);
      expect(attempt).toMatchObject({ outcome: 'BLOCKED', failure: { code: 'ADDRESS_NOT_ALLOWED' } });
      expect(attempt!.failure!.message).not.toMatch(/\d+\.\d+\.\d+/);
    }
    expect(hidden.connections).toBe(0);
    answers['moving.example'] = [PUBLIC_LOOPBACK];
    const [published] = await publish(server.api, clientEvent('c'));
    const [attempt] = await attemptsOf(server.api, published!.event.id, 1);
    // Nothing listens on that port of the public address: the guard let the connection be tried.
    expect(attempt!.failure!.code).toBe('CONNECTION_REFUSED');
    figure(
      'SSRF-02 through the server',
      { bytes: hidden.bytes, requests: hidden.requests.length },
      { bytes: 0, requests: 0 },
    );
    await hidden.close();
    await server.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', {
      id: made.webhook.id,
    });
  });
});

describe('SSRF-04: a redirect', () => {
  it.each([301, 302, 303, 307, 308])('%i is one request and a failure, wherever it leads', async (code) => {
    const secret = 'credential-that-must-not-travel';
    const own = await startReceiver(status(code, { location: `${receiver.url}/followed` }), PUBLIC_LOOPBACK);
    const webhook = await createWebhook(server.api, own.url, {
      advanced: { headers: [{ name: 'X-Key', value: secret, secret: true }] },
    });
    const before = receiver.hits.length;
    for (const location of [
      `${receiver.url}/followed`,
      'http://169.254.169.254/',
      own.url,
      'file:///etc/passwd',
    ]) {
      own.answer = status(code, { location });
      const [published] = await publish(server.api, clientEvent('c'));
      const [attempt] = await attemptsOf(server.api, published!.event.id, 1);
      expect(attempt).toMatchObject({
        outcome: 'REJECTED',
        failure: { code: 'REDIRECT' },
        response: { statusCode: code },
      });
    }
    expect(own.hits).toHaveLength(4);
    expect(own.hits[0]!.headers['x-key']).toBe(secret);
    expect(receiver.hits).toHaveLength(before);
    await server.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', {
      id: webhook.id,
    });
    await own.close();
  });
});

describe('SSRF-06: the only way out', () => {
  it('is the guard: each path there is opens its connections through it, and none beside it', async () => {
    const oauth = await startOAuthServer(600, PUBLIC_LOOPBACK);
    // No connection is kept, so that each path has to open its own.
    const own = await startReceiver(
      (hit, response) =>
        void response
          .writeHead(hit.headers['webhook-attempt'] === '1' ? 500 : 204, { connection: 'close' })
          .end(),
      PUBLIC_LOOPBACK,
    );
    const watch = watchConnections({
      // The test's own calls of the API.
      ignore: (connection) => connection.port === server.app.port,
    });
    const tokenPort = Number(new URL(oauth.credential.tokenUrl).port);
    /** The connections that a step opens, to the receiver and to the token server. */
    const opens = async (requests: number, step: () => Promise<unknown>): Promise<[number, number]> => {
      const [before, hits] = [watch.all.length, own.hits.length];
      await step();
      await own.until(hits + requests);
      const ports = watch.all.slice(before).map(({ port }) => port);
      return [
        ports.filter((port) => port === own.port).length,
        ports.filter((port) => port === tokenPort).length,
      ];
    };
    const { id, endpointId } = await createWebhook(server.api, own.url, { advanced: { retrySchedule: [0] } });
    const attempted = async (): Promise<string> => {
      const [published] = await publish(server.api, clientEvent('c'));
      await attemptsOf(server.api, published!.event.id, 1);
      const { nodes } = await server.api.run(
        'query ($id: ID!) { deliveries(first: 1, filter: { eventId: $id }) { nodes { id } } }',
        { id: published!.event.id },
      );
      return nodes[0].id as string;
    };
    let delivery = '';
    const paths = {
      delivery: await opens(1, async () => (delivery = await attempted())),
      retry: await opens(1, () =>
        server.api.mutate('mutation ($id: ID!) { deliveryRetry(id: $id) { errors { code } } }', {
          id: delivery,
        }),
      ),
      'test event': await opens(1, () =>
        server.api.mutate(
          'mutation ($input: TestEventInput!) { testEventSend(input: $input) { errors { code } } }',
          { input: { webhookId: id, resource: 'clients', event: 'create' } },
        ),
      ),
      save: await opens(0, () => update(id, { id: endpointId, advanced: { retrySchedule: [0, 0] } })),
      schedule: await opens(2, () => attempted()),
      token: await opens(2, async () => {
        const authentication = { type: 'OAUTH2_CLIENT_CREDENTIALS', oauth2: oauth.credential };
        await update(id, { id: endpointId, authentication });
        await attempted();
      }),
    };
    watch.stop();
    expect(paths).toEqual({
      ...{ delivery: [1, 0], retry: [1, 0], 'test event': [1, 0] },
      ...{ save: [0, 0], schedule: [2, 0], token: [2, 1] },
    });
    expect(own.hits.at(-1)!.headers.authorization).toBe(`Bearer ${oauth.issued[0]}`);
    const outside = watch.all.filter(({ way }) => way !== 'database');
    figure(
      'SSRF-06',
      { paths: Object.keys(paths).length, connections: outside.length, unguarded: watch.unguarded.length },
      { connections: { atLeast: 8 }, unguarded: 0 },
    );
    await server.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', { id });
    await own.close();
    await oauth.close();
  });

  it('blocks a token address that was allowed on save and leads inside when the token is fetched', async () => {
    const inside = await startHostileServer(() => undefined, { host: PRIVATE_LOOPBACK });
    const outside = await startOAuthServer(600, PUBLIC_LOOPBACK);
    const before = receiver.hits.length;
    const make = (port: number) =>
      createWebhook(server.api, receiver.url, {
        advanced: { retrySchedule: [0] },
        authentication: {
          type: 'OAUTH2_CLIENT_CREDENTIALS',
          oauth2: { ...outside.credential, tokenUrl: `http://token.example:${port}/token` },
        },
      });
    const send = async () => {
      const [published] = await publish(server.api, clientEvent('c'));
      return (await attemptsOf(server.api, published!.event.id, 1))[0]!;
    };
    const { id } = await make(inside.port);
    answers['token.example'] = [PRIVATE_LOOPBACK];
    expect(await send()).toEqual({
      outcome: 'BLOCKED',
      ...{ durationMs: null, phases: [], response: null },
      failure: { code: 'ADDRESS_NOT_ALLOWED', message: 'The address of the receiver is not allowed.' },
    });
    expect([inside.connections, inside.bytes]).toEqual([0, 0]);
    expect(receiver.hits).toHaveLength(before);
    await server.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', { id });
    // On save it is refused at its own path.
    const refused = await server.api.run(CREATE, {
      input: {
        ...(input([]).input as object),
        endpoints: [
          {
            kind: 'URL',
            target: receiver.url,
            authentication: {
              type: 'OAUTH2_CLIENT_CREDENTIALS',
              oauth2: { ...outside.credential, tokenUrl: 'http://token.example/token' },
            },
          },
        ],
      },
    });
    expect(refused.errors).toMatchObject([
      { code: 'UNSAFE_TARGET', field: ['endpoints', '0', 'authentication', 'oauth2', 'tokenUrl'] },
    ]);
    // With an answer outside the same credential gets its token.
    answers['token.example'] = [PUBLIC_LOOPBACK];
    await make(Number(new URL(outside.credential.tokenUrl).port));
    expect(await send()).toMatchObject({ outcome: 'SUCCEEDED' });
    await outside.close();
    await inside.close();
  });
});

async function update(id: string, endpoint: Record<string, unknown>): Promise<void> {
  await server.api.mutate(
    'mutation ($id: ID!, $input: WebhookInput!) { webhookUpdate(id: $id, input: $input) { errors { code field } } }',
    { id, input: { endpoints: [endpoint] } },
  );
}
