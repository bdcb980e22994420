/** Signing in and out of a browser (SEC-08): the cookie, who it is for, and that its end is at once. */
import pg from 'pg';
import { pino } from 'pino';

import { makeToken } from '../../src/access/token-format.ts';
import { Browser } from '../support/browser.ts';
import { figure } from '../support/figure.ts';
import { createPerson, type Person } from '../support/people.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { timed } from '../support/stopwatch.ts';
import { RawSocket } from './edge.ts';

const WATCH = 'subscription { deliveryEvents { cursor } }';
const WHO = '{ viewer { name } }';
const WEBHOOKS = '{ webhooks { nodes { id } } }';
const CREATE = 'mutation { loginCreate(input: { name: "made" }) { errors { code } } }';

const log: string[] = [];
let server: TestServer;
let sql: pg.Client;
beforeAll(async () => {
  server = await startServer({}, { logger: pino({ level: 'debug' }, { write: (line) => log.push(line) }) });
  sql = new pg.Client({ connectionString: server.database.url });
  await sql.connect();
});
afterAll(async () => {
  await sql?.end();
  await server?.stop();
});

async function link(person?: Person): Promise<string> {
  return (await server.app.rooms.sessions.createLink(person?.number ?? null))!.secret;
}

async function signedIn(token: string): Promise<Browser> {
  const browser = new Browser(server.app.url);
  expect((await browser.signIn(token)).status).toBe(201);
  return browser;
}

async function open(browser: Browser): Promise<RawSocket> {
  return new RawSocket(server.app.url, { headers: browser.headers() }).connect(null);
}

const disable = (id: string, disabled: boolean) =>
  server.api.mutate(
    'mutation ($id: ID!, $input: LoginInput!) { loginUpdate(id: $id, input: $input) { errors { code } } }',
    { id, input: { disabled } },
  );

describe('signing in', () => {
  it('gives a cookie that no script, no other site and no plain connection gets, and says who it is', async () => {
    const person = await createPerson(server, { name: 'Vera' });
    const browser = new Browser(server.app.url);
    const answer = await browser.signIn(person.api.token!);
    expect(answer.status).toBe(201);
    expect(answer.headers['set-cookie']).toEqual([
      expect.stringMatching(
        /^__Host-bellwire=bws_[0-9A-Za-z]{36}; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
      ),
    ]);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toEqual({
      expiresAt: expect.any(String),
      idleMs: 1_800_000,
      login: { id: person.id, name: 'Vera', email: '' },
      permissions: expect.any(Array),
    });
    const left = Date.parse(answer.body.expiresAt) - Date.now();
    expect(left).toBeGreaterThan(11.9 * 3_600_000);
    expect(left).toBeLessThanOrEqual(12 * 3_600_000);
    expect(await browser.session()).toMatchObject({ status: 200, body: answer.body });
    expect((await browser.send(WHO)).body).toEqual({ data: { viewer: { name: 'Vera' } } });
  });

  it('says what the session may do: less than the login where its token may do less', async () => {
    const root = await signedIn(server.api.token!);
    expect((await root.session()).body.permissions).toHaveLength(4);
    const { value } = await server.api.mutate(
      'mutation ($input: AccessTokenInput!) { accessTokenCreate(input: $input) { errors { code } value } }',
      { input: { name: 'narrow', permissions: ['CATALOG_MANAGE'] } },
    );
    expect((await (await signedIn(value)).session()).body.permissions).toEqual(['CATALOG_MANAGE']);
  });

  it('makes a new session each time, and ends the one of before: a planted cookie is worth nothing', async () => {
    const attacker = await signedIn(server.api.token!);
    const victim = new Browser(server.app.url);
    victim.cookie = attacker.cookie;
    const { body } = await victim.signIn((await createPerson(server, { name: 'Victim' })).api.token!);
    expect(victim.cookie).not.toBe(attacker.cookie);
    expect((await attacker.session()).status).toBe(401);
    expect((await attacker.send(WHO)).status).toBe(401);
    victim.cookie = `__Host-bellwire=${makeToken('session')}`;
    const planted = victim.cookie;
    await victim.signIn(server.api.token!);
    expect(victim.cookie).not.toBe(planted);
    expect((await victim.session()).body.login).not.toEqual(body.login);
  });

  it('with a wrong value leaves the session of before alone', async () => {
    const browser = await signedIn(server.api.token!);
    const { status, headers, body } = await browser.signIn(makeToken());
    expect([status, headers['set-cookie'], body]).toEqual([
      401,
      undefined,
      {
        errors: [
          {
            message: 'This token or one-time link is not valid, or not any more.',
            extensions: { code: 'UNAUTHENTICATED' },
          },
        ],
      },
    ]);
    expect((await browser.session()).status).toBe(200);
  });

  it.each<[string, string, string, string | undefined, Record<string, string>, number, string]>([
    [
      'as text',
      'POST',
      '/session',
      '{"token":"x"}',
      { 'content-type': 'text/plain' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['as broken JSON', 'POST', '/session', '{"token":', {}, 400, 'BAD_REQUEST'],
    ['without a token', 'POST', '/session', '{}', {}, 400, 'BAD_REQUEST'],
    ['with a number', 'POST', '/session', '{"token":1}', {}, 400, 'BAD_REQUEST'],
    ['with a list', 'POST', '/session', '[1]', {}, 400, 'BAD_REQUEST'],
    [
      'in 9 KB',
      'POST',
      '/session',
      JSON.stringify({ token: 'x'.repeat(9_000) }),
      {},
      413,
      'PAYLOAD_TOO_LARGE',
    ],
    ['by PUT', 'PUT', '/session', '{}', {}, 405, 'BAD_REQUEST'],
  ])('%s is refused', async (_how, method, path, body, headers, status, code) => {
    const answer = await new Browser(server.app.url).call(method, path, body, headers);
    expect([answer.status, answer.body.errors[0].extensions.code]).toEqual([status, code]);
  });

  it('and signing out are taken from own pages only', async () => {
    const browser = await signedIn(server.api.token!);
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:1', null]) {
      const foreign = new Browser(server.app.url, { origin });
      foreign.cookie = browser.cookie;
      for (const answer of [await foreign.signIn(server.api.token!), await foreign.signOut()]) {
        expect([answer.status, answer.body.errors[0].extensions.code]).toEqual([403, 'FORBIDDEN']);
        expect(answer.headers['set-cookie']).toBeUndefined();
      }
    }
    expect((await browser.session()).status).toBe(200);
  });
});

describe('a one-time link', () => {
  it('signs in once, also when two browsers come with it at once', async () => {
    const person = await createPerson(server, { name: 'Lena' });
    const secret = await link(person);
    expect(secret).toMatch(/^bwl_[0-9A-Za-z]{36}$/);
    const answers = await Promise.all([1, 2].map(() => new Browser(server.app.url).signIn(secret)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 401]);
    expect(answers.find(({ status }) => status === 201)!.body.login.name).toBe('Lena');
    expect((await new Browser(server.app.url).signIn(secret)).status).toBe(401);
  });

  it('that has expired, or is of a disabled login, signs nobody in', async () => {
    const person = await createPerson(server, { name: 'Late' });
    const [late, early] = [await link(person), await link(person)];
    await sql.query(
      `update sign_in_links set expires_at = clock_timestamp()
       where id = (select min(id) from sign_in_links where login_id = $1)`,
      [person.id],
    );
    expect((await new Browser(server.app.url).signIn(late)).status).toBe(401);
    await disable(person.id, true);
    expect((await new Browser(server.app.url).signIn(early)).status).toBe(401);
    expect(await server.app.rooms.sessions.createLink(person.number)).toBeUndefined();
    // What was given before does not come back with the login.
    await disable(person.id, false);
    expect((await new Browser(server.app.url).signIn(early)).status).toBe(401);
    expect((await new Browser(server.app.url).signIn(await link(person))).status).toBe(201);
  });
});

describe('a session', () => {
  it('may what its token and its login both may, or by a link what its login may, as they are now', async () => {
    const person = await createPerson(server, {
      name: 'Rita',
      permissions: ['WEBHOOKS_MANAGE', 'ACCESS_MANAGE'],
    });
    const made = await person.api.mutate(
      'mutation { accessTokenCreate(input: { name: "narrow", permissions: [WEBHOOKS_MANAGE] }) { errors { code } value } }',
    );
    const narrow = await signedIn(made.value);
    const wide = await signedIn(await link(person));
    const may = async (browser: Browser) => [
      (await browser.send(WEBHOOKS)).body.errors === undefined,
      (await browser.send(CREATE)).body.data.loginCreate.errors.length === 0,
    ];
    expect(await may(narrow)).toEqual([true, false]);
    expect(await may(wide)).toEqual([true, true]);
    await server.api.mutate(
      'mutation ($id: ID!) { loginUpdate(id: $id, input: { permissions: [ACCESS_MANAGE] }) { errors { code } } }',
      { id: person.id },
    );
    expect(await may(narrow)).toEqual([false, false]);
    expect(await may(wide)).toEqual([false, true]);
  });

  it('by a token that ends makes no token that ends later; one by a link makes lasting ones', async () => {
    const person = await createPerson(server, { name: 'Maker' });
    const hour = new Date(Date.now() + 3_600_000).toISOString();
    const make = (expiresAt: string | null) =>
      `mutation { accessTokenCreate(input: { name: "x", permissions: [], expiresAt: ${JSON.stringify(expiresAt)} }) { errors { code } value } }`;
    const short = await signedIn((await person.api.mutate(make(hour))).value);
    expect((await short.session()).body.expiresAt).toBe(hour);
    const codes = async (browser: Browser, expiresAt: string | null) =>
      (await browser.send(make(expiresAt))).body.data.accessTokenCreate.errors.map(({ code }: any) => code);
    expect(await codes(short, null)).toEqual(['INVALID']);
    expect(await codes(short, hour)).toEqual([]);
    expect(await codes(await signedIn(await link(person)), null)).toEqual([]);
  });

  const slowest: Record<string, number> = {};

  it.each<[string, (person: Person, browser: Browser) => Promise<unknown>]>([
    ['it signs out', (_person, browser) => browser.signOut()],
    ['its login is disabled', ({ id }) => disable(id, true)],
    [
      'its token is revoked, be it by itself',
      async (_person, browser) => {
        const { body } = await browser.send('{ accessTokens { id } }');
        const revoke = 'mutation ($id: ID!) { accessTokenRevoke(id: $id) { errors { code } } }';
        const answer = await browser.send(revoke, { id: body.data.accessTokens[0].id });
        expect(answer.body.data.accessTokenRevoke.errors).toEqual([]);
      },
    ],
    [
      'its token expires',
      ({ id }) =>
        sql.query('update access_tokens set expires_at = clock_timestamp() where login_id = $1', [id]),
    ],
  ])('ends at once when %s, with its sockets', async (name, end) => {
    const person = await createPerson(server, { name: 'Leaving', permissions: ['WEBHOOKS_MANAGE'] });
    const browser = await signedIn(person.api.token!);
    const value = browser.cookie;
    const [idle, busy] = [await open(browser), await open(browser)];
    expect((await busy.operation('1', WATCH)).type).toBe('next');
    const stays = await open(await signedIn(server.api.token!));

    await end(person, browser);
    const { value: closes, ms, stalledMs } = await timed(() => Promise.all([idle.closed, busy.closed]));
    expect(closes.map(({ code }) => code)).toEqual([4403, 4403]);
    expect(ms - stalledMs).toBeLessThan(1000);
    slowest[name] = Math.round(ms);
    browser.cookie = value;
    expect((await browser.session()).status).toBe(401);
    const { status, body } = await browser.send(WHO);
    expect([status, body.errors[0].message]).toEqual([401, 'The session has ended: sign in again.']);
    const late = new RawSocket(server.app.url, { headers: browser.headers() });
    late.connect(null).catch(() => undefined);
    expect((await late.closed).code).toBe(4401);
    expect((await stays.operation('1', WATCH)).type).toBe('next');
    stays.socket.close();
  });

  it('takes its cookie along when it signs out, and can do so twice', async () => {
    const browser = await signedIn(server.api.token!);
    for (const _time of [1, 2]) {
      const { status, headers } = await browser.signOut();
      expect([status, headers['set-cookie']]).toEqual([
        204,
        ['__Host-bellwire=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict'],
      ]);
    }
    figure('SEC-08 sessions', { closeMs: slowest });
  });

  it('does not come back when its login is enabled again, nor does a link of before', async () => {
    const person = await createPerson(server, { name: 'Back again' });
    const browser = await signedIn(person.api.token!);
    const before = await link(person);
    await disable(person.id, true);
    await disable(person.id, false);
    expect((await browser.session()).status).toBe(401);
    expect((await new Browser(server.app.url).signIn(before)).status).toBe(401);
    await signedIn(await link(person));
    expect((await signedIn(person.api.token!)).cookie).toBeDefined();
  });

  it('idles anew with each request of the API, not by looking at it, and not by its socket', async () => {
    const person = await createPerson(server, { name: 'Idler' });
    const browser = await signedIn(person.api.token!);
    const idleFor = (text: string) =>
      sql.query('update sessions set last_used_at = clock_timestamp() - $2::interval where login_id = $1', [
        person.id,
        text,
      ]);
    const idle = async (): Promise<number> =>
      (
        await sql.query<{ ms: number }>(
          'select extract(epoch from clock_timestamp() - last_used_at)::float8 * 1000 as ms from sessions where login_id = $1',
          [person.id],
        )
      ).rows[0]!.ms;

    await idleFor('30 min 30 s');
    expect((await browser.session()).status).toBe(200);
    const socket = await open(browser);
    expect(await idle()).toBeGreaterThan(1_800_000);
    expect((await browser.send(WHO)).status).toBe(200);
    expect(await idle()).toBeLessThan(60_000);
    // What a page reads by itself, with nobody there, says so.
    await idleFor('5 min');
    const background = { 'bellwire-background': '1' };
    expect((await browser.call('POST', '/graphql', JSON.stringify({ query: WHO }), background)).status).toBe(
      200,
    );
    expect(await idle()).toBeGreaterThanOrEqual(300_000);
    // Written down at most once a minute.
    await idleFor('50 s');
    expect((await browser.send(WHO)).status).toBe(200);
    expect(await idle()).toBeGreaterThanOrEqual(50_000);
    await idleFor('31 min 1 s');
    expect((await socket.closed).code).toBe(4403);
    expect((await browser.send(WHO)).status).toBe(401);
  });

  it('has the two ends of the settings: without use, and however busy', async () => {
    const quick = await startServer({ BELLWIRE_SESSION_IDLE: '300ms' });
    const short = await startServer({ BELLWIRE_SESSION_LIFETIME: '700ms' });
    try {
      for (const [one, atLeast] of [
        [quick, 300],
        [short, 700],
      ] as const) {
        const browser = new Browser(one.app.url);
        const startedAt = Date.now();
        expect((await browser.signIn(one.api.token!)).status).toBe(201);
        const socket = await new RawSocket(one.app.url, { headers: browser.headers() }).connect(null);
        expect((await socket.closed).code).toBe(4403);
        expect(Date.now() - startedAt).toBeGreaterThanOrEqual(atLeast);
        expect((await browser.session()).status).toBe(401);
      }
    } finally {
      await quick.stop();
      await short.stop();
    }
  });

  it('is known by its cookie alone: neither is it a token, nor a token a cookie, and a header wins', async () => {
    const browser = await signedIn(server.api.token!);
    const value = browser.cookie!.split('=')[1]!;
    const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
    const send = async (cookie: string | undefined, options: object) => {
      const other = new Browser(server.app.url, options);
      other.cookie = cookie;
      return (await other.send(WHO)).status;
    };
    expect(await send(undefined, bearer(value))).toBe(401);
    expect(await send(`__Host-bellwire=${server.api.token}`, {})).toBe(401);
    expect(await send(`bellwire=${value}`, {})).toBe(401);
    expect(await send(`__Host-bellwire=${makeToken('session')}`, bearer(server.api.token!))).toBe(200);
    expect(await send(browser.cookie, bearer('wrong'))).toBe(401);
    expect(await send(browser.cookie, { origin: 'https://evil.example', ...bearer(server.api.token!) })).toBe(
      200,
    );
    expect(await send(browser.cookie, {})).toBe(200);
  });

  it('is one of a hundred at most: one more ends the oldest', async () => {
    const person = await createPerson(server, { name: 'Busy' });
    const first = await signedIn(person.api.token!);
    const second = await signedIn(person.api.token!);
    for (let more = 0; more < 99; more++) await signedIn(person.api.token!);
    expect((await first.session()).status).toBe(401);
    expect((await second.session()).status).toBe(200);
  });

  it('is forgotten a day after its absolute end, and so is a link', async () => {
    const person = await createPerson(server, { name: 'Forgotten' });
    await signedIn(person.api.token!);
    await signedIn(await link(person));
    const living = await signedIn(person.api.token!);
    await link(person);
    const count = async (table: string) =>
      (
        await sql.query<{ n: number }>(`select count(*)::int as n from ${table} where login_id = $1`, [
          person.id,
        ])
      ).rows[0]!.n;
    await server.app.rooms.sessions.forget();
    expect([await count('sessions'), await count('sign_in_links')]).toEqual([3, 2]);
    await sql.query(
      `with ended as (select id from sessions where login_id = $1 order by id limit 1)
       update sessions set ended_at = clock_timestamp() - interval '25 h', expires_at = clock_timestamp() - interval '25 h'
       where id in (select id from ended)`,
      [person.id],
    );
    await sql.query(
      `update sessions set expires_at = clock_timestamp() - interval '25 h' where login_id = $1 and access_token_id is null`,
      [person.id],
    );
    await sql.query(
      `update sign_in_links set expires_at = clock_timestamp() - interval '25 h' where login_id = $1 and used_at is not null`,
      [person.id],
    );
    await server.app.rooms.sessions.forget();
    expect([await count('sessions'), await count('sign_in_links')]).toEqual([1, 1]);
    expect((await living.session()).status).toBe(200);
  });
});

describe('where there is', () => {
  async function at(settings: Record<string, string>, host: string, origin: string) {
    const lines: string[] = [];
    const logger = pino({ level: 'warn' }, { write: (line) => lines.push(line) });
    const one = await startServer(settings, { logger });
    try {
      const browser = new Browser(one.app.url, { origin, headers: { host } });
      const answer = await browser.signIn(one.api.token!);
      const known = answer.status === 201 ? (await browser.send(WHO)).status : undefined;
      return { answer, known, warned: lines.filter((line) => line.includes('plain HTTP')).length };
    } finally {
      await one.stop();
    }
  }

  it('no TLS, the cookie has a plain name, and a warning is logged at the start', async () => {
    const plain = 'http://hooks.example.com:8080';
    const { answer, known, warned } = await at(
      { BELLWIRE_PUBLIC_URL: plain },
      'hooks.example.com:8080',
      plain,
    );
    expect(answer.headers['set-cookie']).toEqual([
      expect.stringMatching(/^bellwire=bws_\w{36}; Path=\/; HttpOnly; SameSite=Strict$/),
    ]);
    expect([known, warned]).toEqual([200, 1]);
  });

  it('a proxy with TLS, it is Secure and nothing is warned of', async () => {
    const secure = 'https://hooks.example.com';
    for (const host of ['hooks.example.com', '10.0.0.9:4000']) {
      const { answer, known, warned } = await at({ BELLWIRE_PUBLIC_URL: secure }, host, secure);
      expect(answer.headers['set-cookie']).toEqual([
        expect.stringMatching(/^__Host-bellwire=bws_\w{36}; Path=\/; HttpOnly; Secure; SameSite=Strict$/),
      ]);
      expect([known, warned]).toEqual([200, 0]);
    }
  });
});

it('neither the cookie nor the link stands in the database or, at debug level, in the log (SEC-06)', async () => {
  const secret = await link();
  const browser = await signedIn(secret);
  const value = browser.cookie!.split('=')[1]!;
  await browser.send(WHO);
  await browser.send('{ nothing }');
  const socket = await open(browser);
  await socket.operation('1', WATCH);
  socket.socket.close();
  await socket.closed;
  await browser.signIn(secret);
  await browser.call('POST', '/session', `{"token": "${secret}`);
  await browser.signOut();
  const { rows } = await sql.query<{ row: string }>(
    'select s::text as row from sessions s union all select k::text from sign_in_links k',
  );
  const kept = rows.map(({ row }) => row).join('\n');
  const lines = log.join('\n');
  expect(rows.length).toBeGreaterThan(10);
  expect(lines).toContain('"msg":"request"');
  for (const canary of [value, secret, value.slice(4), secret.slice(4)])
    for (const form of [canary, Buffer.from(canary).toString('hex'), Buffer.from(canary).toString('base64')])
      expect([kept.includes(form), lines.includes(form)]).toEqual([false, false]);
  figure('SEC-06 sessions', { bytesSearched: kept.length + lines.length, hits: 0 });
});
