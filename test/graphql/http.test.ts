import { request } from 'node:http';

import { jest } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';

import { makeToken } from '../../src/access/token-format.ts';
import { figure } from '../support/figure.ts';
import { ROOT_TOKEN, startServer, type TestServer } from '../support/server.ts';
import { startEdge, type TestEdge, TOKEN, viewer } from './edge.ts';

interface Reply {
  status: number;
  headers: Headers;
  body: any;
}

async function call(url: string, init: RequestInit = {}): Promise<Reply> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
}

function post(edge: { url: string }, body: string, headers: Record<string, string> = {}): Promise<Reply> {
  return call(`${edge.url}/graphql`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}`, ...headers },
  });
}

const catalog = { list: () => Promise.resolve([]) };
const CATALOG = JSON.stringify({ query: '{ catalog { name } }' });

let edge: TestEdge;
beforeAll(async () => {
  edge = await startEdge({ rooms: { catalog } });
});
afterAll(() => edge?.stop());

describe('a request to /graphql', () => {
  it('is answered when it carries a token, whatever the case of the scheme', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER '])
      expect((await post(edge, CATALOG, { authorization: `${scheme} ${TOKEN}` })).body).toEqual({
        data: { catalog: [] },
      });
  });

  it.each([
    ['without a token', {}, 'Bearer'],
    ['with another scheme', { authorization: `Basic ${TOKEN}` }, 'Bearer'],
    ['with an empty token', { authorization: 'Bearer ' }, 'Bearer'],
    ['with an unknown token', { authorization: 'Bearer nonsense' }, 'Bearer error="invalid_token"'],
  ])(
    'is refused %s: 401, before its body is looked at',
    async (_how, headers: Record<string, string>, challenge) => {
      const reply = await call(`${edge.url}/graphql`, {
        method: 'POST',
        body: '{"query": "{ __schema { types',
        headers: { 'content-type': 'application/json', ...headers },
      });
      expect(reply.status).toBe(401);
      expect(reply.headers.get('www-authenticate')).toBe(challenge);
      expect(reply.body.errors).toEqual([
        { message: expect.any(String), extensions: { code: 'UNAUTHENTICATED' } },
      ]);
    },
  );

  it('is kept by no cache on its way, answered or refused', async () => {
    const answered = await post(edge, CATALOG);
    expect([answered.status, answered.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const refused = await post(edge, CATALOG, { authorization: 'Bearer nonsense' });
    expect([refused.status, refused.headers.get('cache-control')]).toEqual([401, 'no-store']);
  });

  it('may introspect with a token', async () => {
    const { body } = await post(edge, JSON.stringify({ query: getIntrospectionQuery() }));
    expect(body.errors).toBeUndefined();
    expect(body.data.__schema.queryType.name).toBe('Query');
  });

  it.each([
    ['cut JSON', '{"query": "{ catal', 400, 'BAD_REQUEST'],
    ['a bare JSON value', 'null', 400, 'BAD_REQUEST'],
    ['a batch', `[${CATALOG}]`, 400, 'BAD_REQUEST'],
    ['no document', '{}', 400, 'BAD_REQUEST'],
    ['a document that is no GraphQL', '{"query": "{"}', 400, 'GRAPHQL_PARSE_FAILED'],
    [
      'an unknown operation name',
      '{"query": "query A { viewer { id } }", "operationName": "B"}',
      400,
      'OPERATION_RESOLUTION_FAILURE',
    ],
    ['a subscription', '{"query": "subscription { deliveryEvents { cursor } }"}', 400, 'BAD_REQUEST'],
    [
      'a stored document',
      '{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "00"}}}',
      200,
      'PERSISTED_QUERY_NOT_SUPPORTED',
    ],
    [
      'a wrong variable',
      '{"query": "query ($n: Int!) { webhookByNumber(number: $n) { id } }", "variables": {"n": "x"}}',
      400,
      'BAD_USER_INPUT',
    ],
    [
      'a malformed instant',
      '{"query": "{ events(filter: { occurredAt: { from: \\"yesterday\\" } }) { nodes { id } } }"}',
      400,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'a number for an instant',
      '{"query": "query ($d: DateTime) { events(filter: { occurredAt: { from: $d } }) { nodes { id } } }", "variables": {"d": 5}}',
      400,
      'BAD_USER_INPUT',
    ],
  ])('with %s gets a JSON error', async (_what, body, status, code) => {
    const reply = await post(edge, body, { accept: 'application/graphql-response+json' });
    expect(reply.body.errors[0].extensions).toEqual({ code });
    expect(reply.status).toBe(status);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
  ])('as %s is refused with 415', async (type) => {
    const reply = await post(edge, CATALOG, { 'content-type': type });
    expect(reply.status).toBe(415);
    expect(reply.body.errors[0].extensions.code).toBe('UNSUPPORTED_MEDIA_TYPE');
  });

  it('by GET needs a header that browsers ask for first, and may not change anything', async () => {
    const get = (query: string, headers: object) =>
      call(`${edge.url}/graphql?query=${encodeURIComponent(query)}`, {
        headers: { authorization: `Bearer ${TOKEN}`, ...headers },
      });
    expect((await get('{ catalog { name } }', {})).status).toBe(400);
    expect((await get('{ catalog { name } }', { 'apollo-require-preflight': '1' })).body.data).toEqual({
      catalog: [],
    });
    const write = await get('mutation { webhookDelete(id: "whk_1") { deletedId } }', {
      'apollo-require-preflight': '1',
    });
    expect(write.status).toBe(405);
  });

  it('does not learn names of the schema from its mistakes', async () => {
    const { body } = await post(edge, JSON.stringify({ query: '{ catalo { nam } }' }));
    expect(body.errors[0].message).toBe('Cannot query field "catalo" on type "Query".');
    const enumValue = JSON.stringify({
      query: 'query ($s: [WebhookStatus!]) { webhooks(filter: { status: $s }) { totalCount } }',
      variables: { s: ['ENABLE'] },
    });
    const wrong = await post(edge, enumValue);
    expect(wrong.body.errors[0].message).toContain('does not exist in "WebhookStatus" enum.');
    expect(JSON.stringify(wrong.body)).not.toContain('Did you mean');
  });

  it('leaves one line in the log, without its variables', async () => {
    const query =
      'query Seen($n: Int!) { __typename catalog { name } webhookByNumber(number: $n) @include(if: false) { id } }';
    await post(edge, JSON.stringify({ query, variables: { n: 424242 } }));
    const lines = edge.log.filter((line) => line['operation'] === 'Seen');
    expect(lines).toEqual([
      expect.objectContaining({
        msg: 'request',
        type: 'query',
        login: 'lgn_1',
        errors: 0,
        durationMs: expect.any(Number),
      }),
    ]);
    expect(JSON.stringify(edge.log)).not.toContain('424242');
  });
});

describe('a request that is too large', () => {
  const padded = (bytes: number) => {
    const frame = JSON.stringify({ query: '{ catalog { name } }', variables: { pad: '' } });
    return frame.replace('"pad":""', `"pad":"${'x'.repeat(bytes - frame.length)}"`);
  };
  const limits = [
    ['who may publish', viewer(), 300_000, 'BELLWIRE_MAX_BODY'],
    [
      'who may not publish',
      viewer({ permissions: new Set(['WEBHOOKS_MANAGE']) }),
      256 * 1024,
      'BELLWIRE_MAX_SMALL_BODY',
    ],
  ] as const;

  it.each(limits)(
    'is refused for a caller %s one byte over its limit',
    async (_who, caller, limit, setting) => {
      const small = await startEdge({
        rooms: { catalog },
        caller,
        settings: { BELLWIRE_MAX_BODY: '300000' },
      });
      expect((await post(small, padded(limit))).body).toEqual({ data: { catalog: [] } });
      const reply = await post(small, padded(limit + 1));
      expect(reply.status).toBe(413);
      expect(reply.body.errors[0]).toEqual({
        message: expect.stringContaining(`${limit} bytes`),
        extensions: { code: 'PAYLOAD_TOO_LARGE', limit: setting },
      });
      await small.stop();
    },
  );
});

describe('the rest of the port', () => {
  it('says whether the process lives and whether it is ready', async () => {
    let answer: { ok: boolean; reason?: string } | Error = { ok: true };
    const other = await startEdge({
      ready: () => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)),
    });
    expect(await call(`${other.url}/healthz`)).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await call(`${other.url}/readyz`)).toMatchObject({ status: 200, body: { ready: true } });
    answer = { ok: false, reason: 'no partitions ahead' };
    expect(await call(`${other.url}/readyz`)).toMatchObject({
      status: 503,
      body: { ready: false, reason: 'no partitions ahead' },
    });
    answer = new Error('postgres://bellwire:hunter2@db');
    const failed = await call(`${other.url}/readyz`);
    expect(failed.status).toBe(503);
    expect(JSON.stringify(failed.body)).not.toContain('hunter2');
    await other.stop();
  });

  it('answers 404 as JSON, leads to GraphiQL where there is no console, and sets its headers everywhere', async () => {
    const nothing = await call(`${edge.url}/nothing/here`);
    expect([nothing.status, nothing.body.errors[0].extensions.code]).toEqual([404, 'NOT_FOUND']);
    expect((await call(`${edge.url}/%ff`)).status).toBe(404);
    const plain = await startEdge({ settings: { BELLWIRE_CONSOLE: 'false' } });
    const root = await fetch(plain.url, { redirect: 'manual' });
    expect([root.status, root.headers.get('location')]).toEqual([302, 'graphiql/']);
    await plain.stop();
    // Relative, because a proxy may put a path in front.
    const bare = await fetch(`${edge.url}/graphiql`, { redirect: 'manual' });
    expect([bare.status, bare.headers.get('location')]).toEqual([302, 'graphiql/']);
    for (const path of ['/', '/nothing', '/graphql', '/graphiql/', '/healthz']) {
      const { headers } = await fetch(`${edge.url}${path}`, { redirect: 'manual' });
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect([headers.get('x-powered-by'), headers.get('etag')]).toEqual([null, null]);
    }
    const { port } = new URL(edge.url);
    const policy = (await fetch(`${edge.url}/graphiql/`)).headers.get('content-security-policy');
    expect(policy).toContain(`connect-src 'self' ws://127.0.0.1:${port} ws://localhost:${port};`);
  });

  it('outlives a malformed address of an upgrade', async () => {
    const status = await new Promise((resolve) => {
      const upgrade = request(edge.url, {
        path: '//',
        headers: { connection: 'upgrade', upgrade: 'websocket' },
      });
      upgrade
        .on('response', (response) => resolve(response.statusCode))
        .on('error', resolve)
        .end();
    });
    expect(status).toBe(404);
    expect((await call(`${edge.url}/healthz`)).status).toBe(200);
  });

  it('lets a request finish while it stops, and takes no other', async () => {
    let answer: (resources: []) => void = () => undefined;
    let arrived: () => void = () => undefined;
    const here = new Promise<void>((resolve) => (arrived = resolve));
    const list = () => {
      arrived();
      return new Promise<[]>((resolve) => (answer = resolve));
    };
    const slow = await startEdge({ rooms: { catalog: { list } } });
    const reply = post(slow, CATALOG);
    await here;
    const stopped = slow.stop();
    await expect(post(slow, CATALOG)).rejects.toThrow();
    answer([]);
    expect((await reply).body).toEqual({ data: { catalog: [] } });
    await stopped;
  });
});

describe('a token that is none (SEC-05)', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server?.stop());

  it('is refused without a query when its checksum is wrong, and with one look-up otherwise', async () => {
    const queries = jest.spyOn(server.app.db.rights, 'query');
    const cost = async (token: string) => {
      const before = queries.mock.calls.length;
      const { status } = await post(server.app, '{', { authorization: `Bearer ${token}` });
      return [status, queries.mock.calls.length - before];
    };
    const good = makeToken();
    const typo = `${good.slice(0, 10)}${good[10] === 'x' ? 'y' : 'x'}${good.slice(11)}`;
    const costs = {
      badChecksum: await cost(typo),
      prefixOnly: await cost('bw_'),
      noise: await cost('x'.repeat(5000)),
      wrongToken: await cost(good),
    };
    figure('SEC-05', {
      queries: Object.fromEntries(Object.entries(costs).map(([name, [, count]]) => [name, count])),
    });
    expect(costs).toEqual({
      badChecksum: [401, 0],
      prefixOnly: [401, 0],
      noise: [401, 0],
      wrongToken: [401, 1],
    });
    expect((await post(server.app, '{', { authorization: `Bearer ${ROOT_TOKEN}` })).status).toBe(400);
    queries.mockRestore();
  });
});
