/**
 * What is secret, and what is in payloads, goes through a server that logs all it can, and through whatever fails in it:
 * nothing of it stands in the log, in metrics, in the audit log, or in an answer that tells of an error (SEC-06).
 */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:net';

import pg from 'pg';

import { ask, makeLink } from '../feed/link.ts';
import { RawSocket } from '../graphql/edge.ts';
import { Api } from '../support/api.ts';
import { Browser } from '../support/browser.ts';
import { CLIENT_IDENTITY } from '../support/certificates.ts';
import { figure } from '../support/figure.ts';
import { createPerson } from '../support/people.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { ROOT_TOKEN, type ServerProcess, spawnServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const KEY = randomBytes(32);
const CREDENTIAL = `canary-credential-${randomBytes(8).toString('hex')}`;
/** Stands in addresses: those are settings that managers read, and no business of a log. */
const QUERY = `canary-query-${randomBytes(8).toString('hex')}`;
const TYPED = `canary-typed-${randomBytes(8).toString('hex')}`;
const BASIC = `${CREDENTIAL}-of-basic`;
const PAYLOAD = `canary-payload-${randomBytes(8).toString('hex')}`;

let database: TestDatabase;
let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
let garbage: Server;
let sql: pg.Client;
let server: ServerProcess;
/** Bodies of answers that tell of errors. */
const errors: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  folder = temporaryFolder();
  // Says back all that it was told.
  receiver = await startReceiver((hit, response) => {
    const status = hit.path.endsWith('/echo') ? 200 : 500;
    response.writeHead(status, { 'x-echo': String(hit.headers['x-key']) }).end(hit.body);
  });
  garbage = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (chunk: Buffer) => socket.end(chunk));
  });
  await new Promise<void>((resolve) => garbage.listen(0, '127.0.0.1', resolve));
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
  server = await spawnServer(database.url, folder.path, {
    BELLWIRE_LOG_LEVEL: 'debug',
    BELLWIRE_ENCRYPTION_KEYS: `canary:${KEY.toString('base64')}`,
    BELLWIRE_RETRY_SCHEDULE: '0s,20ms',
  });
});

afterAll(async () => {
  await server?.end('SIGKILL');
  await sql?.end();
  garbage?.close();
  await receiver?.close();
  await database?.drop();
  folder?.remove();
});

/** Sends an operation that is refused or fails; keeps what was answered. */
async function fails(api: Api, query: string, variables: Record<string, unknown> = {}): Promise<string> {
  const text = JSON.stringify(await api.send(query, variables));
  expect(text).toMatch(/"errors":\[\{/);
  errors.push(text);
  return text;
}

/** Sends any body to a path; keeps the answer, which is a refusal. */
async function refused(path: string, body: string, headers: Record<string, string>): Promise<void> {
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  expect(response.status).toBeGreaterThanOrEqual(400);
  errors.push(await response.text());
}

const CREATE =
  'mutation ($input: WebhookInput!) { webhookCreate(input: $input) { errors { code field message } } }';
const PUBLISH =
  'mutation ($input: [EventInput!]!) { eventsPublish(input: $input) { errors { code field message } } }';

function webhook(headers: unknown): Record<string, unknown> {
  return {
    input: {
      details: { name: 'Canary' },
      endpoints: [{ kind: 'URL', target: receiver.url, advanced: { headers } }],
      triggers: [{ resource: 'clients', event: 'create' }],
    },
  };
}

/** Makes the database refuse what tells it to, each time in words that hold the data. */
async function plantTraps(): Promise<void> {
  await sql.query(`
    alter table event_payloads add constraint refuse check (payload not like '%by-constraint%') not valid;
    create function refuse_cast() returns trigger language plpgsql as
      $$ begin perform to_jsonb(new) ->> 'payload' like '%by-cast%' and (to_jsonb(new) ->> 'payload')::int = 1; return new; end $$;
    create trigger refuse_cast before insert on event_payloads for each row execute function refuse_cast();
    create function refuse_response() returns trigger language plpgsql as
      $$ begin
        if new.response is not null and new.response::text like '%by-response%' then perform (new.response::text)::int; end if;
        return new;
      end $$;
    create trigger refuse_response before insert on attempts for each row execute function refuse_response()`);
}

function sent(name: string): Record<string, unknown> {
  return clientEvent(name, { payload: { id: name, name: PAYLOAD } });
}

it('secrets and payloads stand in no line of a log at debug level, no metric, no audit entry and no error (SEC-06)', async () => {
  const { api } = server;
  await registerResource(api);
  const person = await createPerson(
    { api },
    { name: 'Canary', permissions: ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH'] },
  );
  const headers = [{ name: 'X-Key', value: CREDENTIAL, secret: true }];
  const made = await createWebhook(person.api, `${receiver.url}/echo?key=${QUERY}`, {
    advanced: { headers },
  });
  const { port } = garbage.address() as { port: number };
  const closed = await startReceiver();
  await closed.close();
  const broken = await createWebhook(
    api,
    [
      `${receiver.url}/fails`,
      `http://127.0.0.1:${port}/?key=${QUERY}`,
      `${closed.url}?key=${QUERY}`,
      `https://127.0.0.1:${port}/`,
    ],
    { advanced: { headers, timeoutMs: 2_000 } },
  );

  // Each type of credential, at receivers that take it, fail, or are none; and token servers of the same kinds.
  const oauth2 = (tokenUrl: string) => ({
    type: 'OAUTH2_CLIENT_CREDENTIALS',
    oauth2: { tokenUrl, clientId: 'canary', clientSecret: CREDENTIAL },
  });
  const privateKey = CLIENT_IDENTITY.key;
  const credentials: [target: string, authentication: Record<string, unknown>][] = [
    [`${receiver.url}/echo`, { type: 'BASIC', basic: { username: 'canary', password: BASIC } }],
    [`${receiver.url}/fails`, { type: 'BEARER', bearer: { token: CREDENTIAL } }],
    [`http://127.0.0.1:${port}/`, { type: 'API_KEY', apiKey: { name: 'X-Key', value: CREDENTIAL } }],
    [closed.url, { type: 'CUSTOM_HEADER', customHeader: { name: 'Authorization', value: CREDENTIAL } }],
    [
      `https://127.0.0.1:${port}/`,
      { type: 'MUTUAL_TLS', mutualTls: { certificate: CLIENT_IDENTITY.cert, privateKey } },
    ],
    [`${receiver.url}/oauth/1`, oauth2(`${receiver.url}/fails`)],
    [`${receiver.url}/oauth/2`, oauth2(`http://127.0.0.1:${port}/?key=${QUERY}`)],
    [`${receiver.url}/oauth/3`, oauth2(`${closed.url}?key=${QUERY}`)],
  ];
  for (const [target, authentication] of credentials)
    await createWebhook(api, target, { authentication, advanced: { timeoutMs: 2_000 } });

  // What goes well, with a browser and sockets.
  const browser = new Browser(server.url);
  const link = /#link=(\w+)/.exec(server.output())![1]!;
  expect((await browser.signIn(link)).status).toBe(201);
  const cookie = browser.cookie!.split('=')[1]!;
  const socket = await new RawSocket(server.url).connect(person.api.token);
  await socket.operation('1', 'subscription { deliveryEvents(minIntervalMs: 0) { cursor events { kind } } }');
  await publish(person.api, sent('well'));
  await receiver.find((hit) => hit.path.includes('/echo'));
  await api.mutate(
    'mutation ($input: TestEventInput!) { testEventSend(input: $input) { errors { code } } }',
    {
      input: {
        webhookId: made.id,
        resource: 'clients',
        event: 'create',
        payload: { id: '1', name: PAYLOAD },
      },
    },
  );
  await untilAllEnded();

  // What is refused.
  await fails(api, CREATE, webhook([{ name: 'X-Key', value: { is: CREDENTIAL }, secret: true }]));
  await fails(api, CREATE, webhook([{ name: 'X-Key', value: CREDENTIAL, secret: TYPED }]));
  await fails(api, CREATE, webhook([{ name: 'X Key', value: `${CREDENTIAL}\n`, secret: true }]));
  for (const authentication of [
    { type: 'BEARER', bearer: { token: `${CREDENTIAL} ` } },
    { type: 'BEARER', bearer: { token: { is: CREDENTIAL } } },
    { type: 'BASIC', basic: { username: `${BASIC}:`, password: BASIC }, bearer: { token: CREDENTIAL } },
    { type: 'MUTUAL_TLS', mutualTls: { certificate: `${CREDENTIAL}`, privateKey } },
    oauth2(`http://10.0.0.1/?key=${QUERY}`),
  ])
    await fails(api, CREATE, {
      input: { endpoints: [{ kind: 'URL', target: receiver.url, authentication }] },
    });
  await fails(
    api,
    `mutation { webhookCreate(input: { details: { name: ["${TYPED}"] } }) { errors { code } } }`,
  );
  await fails(api, PUBLISH, { input: [clientEvent('x', { payload: { id: 'x', name: { is: PAYLOAD } } })] });
  await fails(api, PUBLISH, {
    input: [clientEvent('x', { payload: undefined, payloadText: `{"id": "${PAYLOAD}` })],
  });
  await fails(api, PUBLISH, { input: [clientEvent('x', { idempotencyKey: { is: TYPED } })] });
  await fails(new Api(server.url, `${person.api.token}x`), '{ viewer { id } }');
  await refused('/graphql', `{"query": "${PAYLOAD}`, { authorization: `Bearer ${ROOT_TOKEN}` });
  await refused('/graphql', `"${PAYLOAD}" ${CREDENTIAL}`, { authorization: `Bearer ${ROOT_TOKEN}` });
  await refused('/session', `{"token": "${ROOT_TOKEN}`, { origin: server.url });
  await refused('/session', `{"token": ["${ROOT_TOKEN}"]}`, { origin: server.url });
  await refused('/session', `{"token": "${link}"}`, { origin: server.url });
  const feed = (await makeLink(api)).split('/').at(-1)!;
  for (const path of ['events?limit=x', 'feed?lastEventId=x', 'nothing', 'subscriptions/whk_1'])
    errors.push((await ask(`${server.url}/link/${feed}/${path}`)).text);
  await refused(`/link/${feed}/subscriptions`, `{"targetUrl": "${feed}`, {});
  await refused(`/link/${feed}/subscriptions`, `{"targetUrl": ["${feed}"], "resource": 1}`, {});
  errors.push((await ask(`${server.url}/link/${feed}x`)).text);
  const stranger = new RawSocket(server.url);
  stranger.connect(`${ROOT_TOKEN}x`).catch(() => undefined);
  expect((await stranger.closed).code).toBe(4401);

  // What fails inside: errors of PostgreSQL that quote the data, and senders that got sees fail.
  await plantTraps();
  const byConstraint = clientEvent('c', { payload: { id: 'by-constraint', name: PAYLOAD } });
  const byCast = clientEvent('c', { payload: { id: 'by-cast', name: PAYLOAD } });
  expect(await fails(api, PUBLISH, { input: [byConstraint] })).toContain('correlationId');
  expect(await fails(api, PUBLISH, { input: [byCast] })).toContain('correlationId');
  await publish(api, sent('by-response'));
  await untilAllEnded();
  await api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', { id: broken.id });
  await browser.signOut();
  socket.socket.close();

  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const audit = JSON.stringify(await api.run('{ auditLog(first: 100) { nodes { action changes } } }'));
  const kept = await sql.query<{ row: string }>('select a::text as row from audit_log a');
  expect(await server.end('SIGTERM')).toBe(0);
  const log = server.log();
  const places = {
    log,
    metrics,
    audit: audit + kept.rows.map(({ row }) => row).join('\n'),
    errors: errors.join('\n'),
  };

  // The log saw all of it.
  for (const line of [
    '"msg":"request"',
    '"msg":"delivery.attempted"',
    'CONNECTION_REFUSED',
    'INVALID_RESPONSE',
    'TLS_FAILED',
    'TOKEN_UNAVAILABLE',
    '"msg":"token.failed"',
  ])
    expect(log).toContain(line);
  for (const code of ['23514', '22P02']) expect(log).toContain(`"code":"${code}"`);
  expect(log).toContain('completion.refused');

  const secrets = {
    KEY: KEY.toString('base64'),
    CREDENTIAL,
    BASIC,
    basicEncoded: Buffer.from(`canary:${BASIC}`).toString('base64'),
    privateKey: privateKey.split('\n')[1]!,
    QUERY,
    TYPED,
    PAYLOAD,
    ROOT_TOKEN,
    token: person.api.token!,
    link,
    feed,
    cookie,
    signing: made.secret.slice('whsec_'.length),
  };
  const found = Object.entries(secrets).flatMap(([name, secret]) =>
    Object.entries(places)
      .filter(([place]) => place !== 'audit' || name !== 'QUERY')
      .flatMap(([place, text]) =>
        formsOf(secret)
          .filter((form) => text.includes(form))
          .map((form) => `${name} as ${form} in ${place}`),
      ),
  );
  expect(found).toEqual([]);
  figure(
    'SEC-06',
    {
      canaries: Object.keys(secrets).length,
      bytesOfLog: log.length,
      errorAnswers: errors.length,
      hits: found.length,
    },
    { bytesOfLog: { atLeast: 5_000 }, errorAnswers: { atLeast: 14 }, hits: 0 },
  );
}, 60_000);

/** A secret as it may be spelled, its random part by itself, and its bytes. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret, /^[A-Za-z0-9+/]{43}=$/.test(secret) ? 'base64' : 'utf8');
  return [
    secret,
    secret.slice(-16),
    bytes.toString('hex'),
    bytes.toString('base64'),
    bytes.toString('base64url'),
  ];
}

/** Resolves when no delivery is open. */
async function untilAllEnded(): Promise<void> {
  for (const end = performance.now() + 20_000; performance.now() < end;) {
    const { rows } = await sql.query('select pg_sleep(0.02) from delivery_queue limit 1');
    if (rows.length === 0) return;
  }
  throw new Error('deliveries are still open');
}
