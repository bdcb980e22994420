/**
 * Pages of other sites (GQL-04, GQL-10): what a browser would send for them, with the token that a page may
 * have got hold of, with a cookie that is not ours, and with the session's, is refused unless their origin is
 * listed; by the session's cookie alone only pages of this server are let in.
 */
import { figure } from '../support/figure.ts';
import { QuietStream, RawSocket, startEdge, type TestEdge, TOKEN, viewer } from './edge.ts';
import { countRootFields } from './resolver-count.ts';

const LISTED = 'https://console.example.com';
const COOKIE = 'session=of-another-site';
/** Of the session that the edge of these tests knows. */
const SESSION = '__Host-bellwire=a-session-of-these-tests';
const STREAM = 'subscription { deliveryEvents { cursor } }';

const executed = countRootFields();
let edge: TestEdge;
beforeAll(async () => {
  edge = await startEdge({
    rooms: {
      live: new QuietStream(),
      sessions: {
        viewerOf: (cookie: string) => Promise.resolve(SESSION.endsWith(`=${cookie}`) ? viewer() : undefined),
      },
    },
    settings: {
      BELLWIRE_ALLOWED_ORIGINS: `${LISTED}, http://127.0.0.1:9`,
      BELLWIRE_PUBLIC_URL: 'https://hooks.example.com/bellwire',
    },
  });
});
afterAll(() => edge?.stop());

describe('a socket (GQL-04)', () => {
  it.each([
    ['https://evil.example'],
    ['null'],
    ['https://console.example.com.evil.example'],
    ['http://console.example.com'],
    ['https://console.example.com:8443'],
    ['https://127.0.0.1'],
    [''],
  ])('from the Origin "%s" is refused with 403, whatever it carries', async (origin) => {
    const headers = { cookie: COOKIE, authorization: `Bearer ${TOKEN}` };
    expect(await new RawSocket(edge.url, { headers: { ...headers, origin } }).refused).toBe(403);
  });

  it('without an Origin, or from a good one, is closed with 4401 when it has a cookie only', async () => {
    for (const origin of [undefined, edge.url, LISTED]) {
      const socket = new RawSocket(edge.url, { headers: { cookie: COOKIE, ...(origin ? { origin } : {}) } });
      socket.socket.once('open', () => socket.send({ type: 'connection_init', payload: {} }));
      expect((await socket.closed).code).toBe(4401);
    }
  });

  it('from an own or a listed Origin, or without one, is taken with a token', async () => {
    const { port } = new URL(edge.url);
    const good = [
      undefined,
      edge.url,
      `http://localhost:${port}`,
      'https://hooks.example.com',
      LISTED,
      'http://127.0.0.1:9',
    ];
    for (const origin of good) {
      const headers = { cookie: COOKIE, ...(origin ? { origin } : {}) };
      const socket = await new RawSocket(edge.url, { headers }).connect();
      expect((await socket.operation('1', STREAM)).type).toBe('next');
      socket.socket.close();
    }
    figure('GQL-04', { refused: 7, cookieOnly: 3, taken: good.length });
  });

  it("by the session's cookie alone is taken from own pages, and from no others", async () => {
    const by = (origin: string | undefined, payload: object) => {
      const socket = new RawSocket(edge.url, { headers: { cookie: SESSION, ...(origin ? { origin } : {}) } });
      socket.socket.once('open', () => socket.send({ type: 'connection_init', payload }));
      return socket;
    };
    for (const origin of ['https://evil.example', 'null', 'https://127.0.0.1'])
      expect(await by(origin, {}).refused).toBe(403);
    for (const origin of [undefined, LISTED]) expect((await by(origin, {}).closed).code).toBe(4401);
    const { port } = new URL(edge.url);
    const own = [edge.url, `http://localhost:${port}`, 'https://hooks.example.com'];
    // A token that is sent is the one that counts.
    for (const authorization of ['Bearer wrong', 'wrong', ''])
      expect((await by(edge.url, { authorization }).closed).code).toBe(4401);
    for (const origin of own) {
      const socket = by(origin, {});
      await socket.next('connection_ack');
      expect((await socket.operation('1', STREAM)).type).toBe('next');
      socket.socket.close();
    }
    figure('GQL-04 session', { refused: 3, cookieOnly: 2, taken: own.length });
  });
});

const BEARER = { authorization: `Bearer ${TOKEN}` };
const QUERY = '{ deliveryEvents { cursor } }';
const MUTATION = 'mutation { webhookDelete(id: "whk_1") { deletedId } }';
const JSON_BODY = JSON.stringify({ query: QUERY });

function post(type: string | null, body: string | FormData, headers: object = BEARER): RequestInit {
  return {
    method: 'POST',
    body,
    headers: {
      cookie: COOKIE,
      origin: 'https://evil.example',
      ...(type ? { 'content-type': type } : {}),
      ...headers,
    },
  };
}

function get(query: string, headers: object = BEARER): [string, RequestInit] {
  return [`?query=${encodeURIComponent(query)}`, { headers: { cookie: COOKIE, ...headers } }];
}

function multipart(): FormData {
  const form = new FormData();
  form.set('operations', JSON_BODY);
  form.set('map', '{}');
  return form;
}

describe('a request (GQL-10)', () => {
  it.each<[string, string, RequestInit, number]>([
    ['text/plain', '', post('text/plain', JSON_BODY), 415],
    ['text/plain that hides JSON', '', post('text/plain; application/json', JSON_BODY), 415],
    ['no type', '', post('', JSON_BODY), 415],
    ['a form', '', post('application/x-www-form-urlencoded', `query=${encodeURIComponent(QUERY)}`), 415],
    ['a multipart form', '', post(null, multipart()), 415],
    ['GET', ...get(QUERY), 400],
    ['GET of a mutation', ...get(MUTATION), 400],
    ['GET with a type of forms', ...get(QUERY, { ...BEARER, 'content-type': 'text/plain' }), 400],
    ['a cookie only', '', post('application/json', JSON_BODY, {}), 401],
    ['GET with a cookie only', ...get(QUERY, { 'apollo-require-preflight': '1' }), 401],
    [
      'a preflight',
      '',
      {
        method: 'OPTIONS',
        headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
      },
      401,
    ],
  ])('as %s is refused; no context is made, nothing runs', async (_how, query, init, status) => {
    const before = [executed(), edge.contexts()];
    const response = await fetch(`${edge.url}/graphql${query}`, init);
    expect(response.status).toBe(status);
    const { errors, ...rest } = (await response.json()) as { errors: { extensions: { code: string } }[] };
    expect(rest).toEqual({});
    expect(errors[0]!.extensions.code).toMatch(/BAD_REQUEST|UNSUPPORTED_MEDIA_TYPE|UNAUTHENTICATED/);
    expect([executed(), edge.contexts()]).toEqual(before);
  });

  it('as GET of a mutation that forgery could not send is refused with 405, and nothing runs', async () => {
    const before = executed();
    const [query, init] = get(MUTATION, { ...BEARER, 'apollo-require-preflight': '1' });
    const response = await fetch(`${edge.url}/graphql${query}`, init);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    expect(executed()).toBe(before);
  });

  it('as JSON with a token runs, in a context of its own', async () => {
    const before = [executed(), edge.contexts()] as const;
    const response = await fetch(`${edge.url}/graphql`, post('application/json', JSON_BODY));
    expect(response.status).toBe(200);
    // It was asked by a page that a browser would not let read the answer.
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect([executed(), edge.contexts()]).toEqual([before[0] + 1, before[1] + 1]);
    figure('GQL-10', { refused: 12, executions: 0 });
  });
});

describe("a request by the session's cookie alone (GQL-10)", () => {
  const by = (headers: object, init: RequestInit = {}, query = ''): Promise<Response> =>
    fetch(`${edge.url}/graphql${query}`, {
      ...init,
      headers: { cookie: SESSION, ...headers },
    });
  const json = { method: 'POST', body: JSON_BODY };
  const asJson = { 'content-type': 'application/json' };
  const query = `?query=${encodeURIComponent(QUERY)}`;
  const mutation = `?query=${encodeURIComponent(MUTATION)}`;
  const preflighted = { 'apollo-require-preflight': '1' };
  const evil = { origin: 'https://evil.example' };
  const sameOrigin = { 'sec-fetch-site': 'same-origin' };

  it.each<[string, () => Promise<Response>, number]>([
    ['JSON of another site', () => by({ ...evil, ...asJson }, json), 403],
    ['JSON of a page without an origin', () => by({ origin: 'null', ...asJson }, json), 403],
    ['JSON without an Origin', () => by(asJson, json), 403],
    ['JSON that only says it is of the same site', () => by({ ...asJson, ...sameOrigin }, json), 403],
    ['JSON of a listed page', () => by({ origin: LISTED, ...asJson }, json), 403],
    ['text of another site', () => by({ ...evil, 'content-type': 'text/plain' }, json), 403],
    [
      'a form of another site',
      () => by(evil, { method: 'POST', body: new URLSearchParams({ query: QUERY }) }),
      403,
    ],
    ['a multipart form of another site', () => by(evil, { method: 'POST', body: multipart() }), 403],
    ['GET of another site', () => by({ ...evil, ...preflighted }, {}, query), 403],
    ['GET without an Origin', () => by(preflighted, {}, query), 403],
    [
      'GET by a link of another site',
      () => by({ ...preflighted, 'sec-fetch-site': 'cross-site' }, {}, query),
      403,
    ],
    ['GET by a sister site', () => by({ ...preflighted, 'sec-fetch-site': 'same-site' }, {}, query), 403],
    ['GET of a mutation of another site', () => by({ ...evil, ...preflighted }, {}, mutation), 403],
    ['text of an own page', () => by({ origin: edge.url, 'content-type': 'text/plain' }, json), 415],
    ['GET of an own page that a form could send', () => by({ origin: edge.url }, {}, query), 400],
    [
      'JSON with the cookie of no session',
      () => by({ origin: edge.url, ...asJson, cookie: `${SESSION}x` }, json),
      401,
    ],
  ])('as %s is refused; no context is made, nothing runs', async (_how, send, status) => {
    const before = [executed(), edge.contexts()];
    const response = await send();
    expect(response.status).toBe(status);
    const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
    expect(errors[0]!.extensions.code).toMatch(
      /FORBIDDEN|BAD_REQUEST|UNSUPPORTED_MEDIA_TYPE|UNAUTHENTICATED/,
    );
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    expect([executed(), edge.contexts()]).toEqual(before);
  });

  it('of an own page runs, in a context of its own, and a mutation by POST only', async () => {
    const before = [executed(), edge.contexts()] as const;
    const good = [
      await by({ origin: edge.url, ...asJson }, json),
      await by({ origin: 'https://hooks.example.com', ...asJson }, json),
      await by({ ...preflighted, ...sameOrigin }, {}, query),
    ];
    expect(good.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect([executed(), edge.contexts()]).toEqual([before[0] + 3, before[1] + 3]);
    expect((await by({ ...preflighted, ...sameOrigin }, {}, mutation)).status).toBe(405);
    expect(executed()).toBe(before[0] + 3);
    figure('GQL-10 session', { refused: 17, executions: 0, own: good.length });
  });
});

describe('CORS', () => {
  const preflight = (origin: string): RequestInit => ({
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
  });
  const corsHeaders = (response: Response) =>
    Object.fromEntries([...response.headers].filter(([name]) => name.startsWith('access-control-')));

  it('lets pages of listed origins ask, by their token and never by cookies', async () => {
    const asked = await fetch(`${edge.url}/graphql`, preflight(LISTED));
    expect(asked.status).toBe(204);
    expect(corsHeaders(asked)).toEqual({
      'access-control-allow-origin': LISTED,
      'access-control-allow-methods': 'GET,POST',
      'access-control-allow-headers': 'Authorization,Content-Type,Apollo-Require-Preflight',
      'access-control-expose-headers': 'Retry-After,WWW-Authenticate',
      'access-control-max-age': '600',
    });
    const answered = await fetch(
      `${edge.url}/graphql`,
      post('application/json', JSON_BODY, { ...BEARER, origin: LISTED }),
    );
    expect(answered.status).toBe(200);
    expect(corsHeaders(answered)).toEqual({
      'access-control-allow-origin': LISTED,
      'access-control-expose-headers': 'Retry-After,WWW-Authenticate',
    });
    expect(answered.headers.get('vary')).toContain('Origin');
    // A page has to be able to read why it was refused.
    const refused = await fetch(
      `${edge.url}/graphql`,
      post('application/json', JSON_BODY, { origin: LISTED }),
    );
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, LISTED]);
  });

  it('says nothing to pages of other origins, of other paths, or where none is listed', async () => {
    const unlisted = await fetch(`${edge.url}/graphql`, preflight('https://evil.example'));
    const otherPath = await fetch(`${edge.url}/healthz`, preflight(LISTED));
    const closed = await startEdge();
    const none = await fetch(`${closed.url}/graphql`, preflight(LISTED));
    for (const response of [unlisted, otherPath, none]) {
      expect(response.ok && response.status === 204).toBe(false);
      expect(corsHeaders(response)).toEqual({});
    }
    await closed.stop();
  });
});
