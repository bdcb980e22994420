/** Endpoints that authenticate by OAuth 2.0 client credentials, against a real OAuth server. */
import { type OAuthServer, startOAuthServer } from '../support/oauth-server.ts';
import { type Answer, type Receiver, startReceiver, status } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const ATTEMPTS = `query ($eventId: ID!) { deliveries(first: 1, filter: { eventId: $eventId }) { nodes { attempts(first: 5) { nodes {
  outcome durationMs failure { code message } phases { name startMs durationMs }
  request { headers { name value secret } } response { statusCode body } } } } } }`;
const DELETE = 'mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }';

let server: TestServer;
let oauth: OAuthServer;
let receiver: Receiver;

beforeAll(async () => {
  server = await startServer();
  oauth = await startOAuthServer();
  // Takes what has a good token, and says back which.
  const judge: Answer = (hit, response) =>
    void oauth
      .accepts(hit.headers.authorization)
      .then((good) => response.writeHead(good ? 200 : 401).end(hit.headers.authorization));
  receiver = await startReceiver(judge);
  await registerResource(server.api);
});
afterAll(async () => {
  await server?.stop();
  await receiver?.close();
  await oauth?.close();
});

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  oauth.instead = null;
  for (const one of opened.splice(0)) await one.close();
});

function closing<T extends { close(): Promise<void> }>(one: T): T {
  opened.push(one);
  return one;
}

/** What runs with one webhook that authenticates so. */
async function withWebhook(
  work: (send: (count?: number) => Promise<Attempt[][]>) => Promise<void>,
  more: { oauth2?: Record<string, unknown>; advanced?: Record<string, unknown>; target?: string } = {},
): Promise<void> {
  const { id } = await createWebhook(server.api, more.target ?? receiver.url, {
    advanced: more.advanced ?? {},
    authentication: {
      type: 'OAUTH2_CLIENT_CREDENTIALS',
      oauth2: { ...oauth.credential, ...more.oauth2 },
    },
  });
  try {
    await work(async (count = 1) => {
      const events = Array.from({ length: count }, (_, index) => clientEvent(`c-${index}`));
      const published = await publish(server.api, ...events);
      return Promise.all(published.map(({ event }) => attemptsOf(event.id)));
    });
  } finally {
    await server.api.mutate(DELETE, { id });
  }
}

interface Attempt {
  outcome: string;
  durationMs: number | null;
  failure: { code: string; message: string } | null;
  phases: { name: string; startMs: number; durationMs: number }[];
  request: { headers: object[] };
  response: { statusCode: number; body: string } | null;
}

/** The attempts of the one delivery of an event, once it is closed. */
async function attemptsOf(eventId: string): Promise<Attempt[]> {
  const stream = server.api.subscribe(
    `subscription ($filter: DeliveryFilterInput, $after: StreamCursor) {
       deliveryEvents(filter: $filter, after: $after, mode: EVERY_EVENT, minIntervalMs: 0) { cursor events { kind } } }`,
    { filter: { eventId }, after: await server.api.beginning() },
  );
  await stream.until((batches) =>
    batches
      .flatMap((batch: { events: { kind: string }[] }) => batch.events)
      .some(({ kind }) => kind === 'SUCCEEDED' || kind === 'FAILED'),
  );
  await stream.close();
  const { nodes } = await server.api.run(ATTEMPTS, { eventId });
  // The newest first.
  return nodes[0].attempts.nodes.reverse();
}

it('one token is fetched for many requests at once, and kept for those that follow', async () => {
  const [asked, hits] = [oauth.asked, receiver.hits.length];
  await withWebhook(async (send) => {
    const attempts = (await send(30)).flat();
    expect(attempts.map(({ outcome }) => outcome)).toEqual(Array(30).fill('SUCCEEDED'));
    expect(oauth.asked - asked).toBe(1);
    const [later] = (await send()).flat();
    expect(oauth.asked - asked).toBe(1);
    expect(later!.phases.map(({ name }) => name)).not.toContain('token');
    const fetched = attempts.filter(({ phases }) => phases.some(({ name }) => name === 'token'));
    expect(fetched.length).toBeGreaterThan(0);
    // The phases follow each other, and their sum is the attempt's time.
    const [{ phases, durationMs }] = fetched as [Attempt];
    expect(phases.slice(0, 2).map(({ name }) => name)).toEqual(['queue', 'token']);
    const [, token, next] = phases;
    expect(next!.startMs).toBeGreaterThanOrEqual(token!.startMs + token!.durationMs - 1);
    expect(durationMs).toBeGreaterThanOrEqual(Math.floor(token!.durationMs));
  });
  expect(new Set(receiver.hits.slice(hits).map(({ headers }) => headers.authorization))).toEqual(
    new Set([`Bearer ${oauth.issued.at(-1)}`]),
  );
});

it('neither the token nor the client secret is kept of a request, or of an answer that echoes it', async () => {
  await withWebhook(async (send) => {
    const [attempt] = (await send()).flat();
    expect(attempt!.request.headers).toContainEqual({ name: 'authorization', value: null, secret: true });
    expect(attempt!.response).toEqual({ statusCode: 200, body: 'Bearer [redacted]' });
  });
  const { rows } = await server.app.db.engine.query<{ text: string }>(
    'select a::text as text from attempts a',
  );
  const text = rows.map((row) => row.text).join('\n');
  for (const token of oauth.issued) expect(text).not.toContain(token);
});

it('a token that was kept and is answered with 401 is fetched once anew, within the same attempt', async () => {
  await withWebhook(async (send) => {
    await send();
    const [asked, hits] = [oauth.asked, receiver.hits.length];
    await oauth.revoke();
    const [attempts] = await send();
    expect(attempts!.map(({ outcome }) => outcome)).toEqual(['SUCCEEDED']);
    expect(oauth.asked - asked).toBe(1);
    const sent = receiver.hits.slice(hits);
    // The same request twice, but for its token.
    expect(sent.map(({ body }) => body.toString())).toEqual(Array(2).fill(sent[0]!.body.toString()));
    expect(sent.map(({ headers }) => headers['webhook-attempt'])).toEqual(['1', '1']);
    expect(sent[0]!.headers.authorization).not.toBe(sent[1]!.headers.authorization);
    // Many at once that are refused share the new one.
    await oauth.revoke();
    const many = (await send(20)).flat();
    expect(many.map(({ outcome }) => outcome)).toEqual(Array(20).fill('SUCCEEDED'));
    expect(oauth.asked - asked).toBe(2);
  });
});

it('a token that was fetched just now and is answered with 401 is an answer like any other', async () => {
  const strict = closing(await startReceiver(status(401)));
  const asked = oauth.asked;
  await withWebhook(
    async (send) => {
      const [attempts] = await send();
      expect(attempts!.map(({ failure, response }) => [failure!.code, response!.statusCode])).toEqual([
        ['STATUS', 401],
        ['STATUS', 401],
      ]);
      // One request an attempt, each with a token of its own.
      expect(strict.hits).toHaveLength(2);
      expect(oauth.asked - asked).toBe(2);
    },
    { target: strict.url, advanced: { retrySchedule: [0, 0] } },
  );
});

it('tokens that end are fetched anew before they do: no request carries one that has ended', async () => {
  const brief = closing(await startOAuthServer(2));
  const refused: (string | undefined)[] = [];
  const judge = closing(
    await startReceiver(
      (hit, response) =>
        void brief.accepts(hit.headers.authorization).then((good) => {
          if (!good) refused.push(hit.headers.authorization);
          response.writeHead(good ? 204 : 401).end();
        }),
    ),
  );
  await withWebhook(
    async (send) => {
      for (let sent = 0; brief.issued.length < 3; sent += 1) {
        const [attempts] = await send();
        expect(attempts!.map(({ outcome }) => outcome)).toEqual(['SUCCEEDED']);
        expect(sent).toBeLessThan(1_000);
      }
    },
    { target: judge.url, oauth2: brief.credential },
  );
  expect(refused).toEqual([]);
  expect(brief.asked).toBe(3);
});

it('a client that is refused says so, is tried again by the schedule, and sends nothing', async () => {
  const hits = receiver.hits.length;
  await withWebhook(
    async (send) => {
      const [attempts] = await send();
      expect(attempts).toHaveLength(3);
      for (const attempt of attempts!)
        expect(attempt).toMatchObject({
          outcome: 'REJECTED',
          failure: {
            code: 'TOKEN_REFUSED',
            message: "The token server refused the endpoint's client: check its client id, secret and scope.",
          },
          response: null,
          phases: [{ name: 'queue' }, { name: 'token' }],
        });
      // What the server said is nobody's business.
      expect(JSON.stringify(attempts)).not.toContain('invalid_client');
    },
    { oauth2: { clientSecret: 'wrong' }, advanced: { retrySchedule: [0, 0, 0] } },
  );
  expect(receiver.hits).toHaveLength(hits);
});

it('a server that is away, slow, or answers with something else gives no token, until it does', async () => {
  const hits = receiver.hits.length;
  const away = await startOAuthServer();
  const { credential } = away;
  await away.close();
  const none = { outcome: 'UNREACHABLE', failure: { code: 'TOKEN_UNAVAILABLE' }, response: null };
  const advanced = { retrySchedule: [0], timeoutMs: 300 };
  await withWebhook(async (send) => expect((await send()).flat()).toMatchObject([none]), {
    oauth2: credential,
    advanced,
  });
  const answers: [type: string, code: number, body: string, outcome: object][] = [
    ['application/json', 200, '{"token_type": "Bearer"}', none],
    ['application/json', 200, '{"access_token": "a b", "token_type": "Bearer"}', none],
    ['application/json', 200, '{"access_token": "a", "token_type": "DPoP"}', none],
    ['text/html', 200, '<html>', none],
    ['application/json', 500, '{}', none],
    ['application/json', 302, '{}', none],
    ['application/json', 200, `{"padding": "${'x'.repeat(40_000)}"}`, none],
    // Without an end and with an id token, which is left alone; the receiver knows nothing of it.
    [
      'application/json',
      200,
      '{"access_token": "own", "token_type": "bearer", "id_token": "e30.e30.e30"}',
      { outcome: 'REJECTED', response: { statusCode: 401, body: 'Bearer own' } },
    ],
  ];
  for (const [type, code, body, outcome] of answers) {
    oauth.instead = (request, response) => {
      request.resume();
      response.writeHead(code, { 'content-type': type, location: receiver.url }).end(body);
    };
    await withWebhook(async (send) => expect((await send()).flat()).toMatchObject([outcome]), { advanced });
  }
  // One that takes its time takes that of the request: the attempt ends at its limit.
  oauth.instead = (request) => void request.resume();
  await withWebhook(
    async (send) => {
      const [slow] = (await send()).flat();
      expect(slow).toMatchObject(none);
      expect(slow!.durationMs).toBeGreaterThanOrEqual(299);
      expect(slow!.durationMs).toBeLessThan(1_000);
      oauth.instead = null;
      expect((await send()).flat()).toMatchObject([
        { outcome: 'SUCCEEDED', failure: null, response: { statusCode: 200 } },
      ]);
    },
    { advanced },
  );
  expect(receiver.hits.length - hits).toBe(2);
});

it('asks for its scope by HTTP Basic, with id and secret encoded', async () => {
  let asked: { authorization: string | undefined; type: string | undefined; body: string } | undefined;
  oauth.instead = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { authorization, 'content-type': type } = request.headers;
      asked = { authorization, type, body: Buffer.concat(chunks).toString() };
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error": "invalid_scope"}');
    });
  };
  await withWebhook(
    async (send) => expect((await send()).flat()).toMatchObject([{ failure: { code: 'TOKEN_REFUSED' } }]),
    { advanced: { retrySchedule: [0] } },
  );
  oauth.instead = null;
  const [id, secret] = Buffer.from(asked!.authorization!.replace('Basic ', ''), 'base64')
    .toString()
    .split(':')
    .map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
  expect({ clientId: id, clientSecret: secret }).toMatchObject({
    clientId: oauth.credential.clientId,
    clientSecret: oauth.credential.clientSecret,
  });
  expect(asked!.type).toMatch(/^application\/x-www-form-urlencoded\b/);
  expect(Object.fromEntries(new URLSearchParams(asked!.body))).toEqual({
    grant_type: 'client_credentials',
    scope: oauth.credential.scope,
  });
});
