/** Guessing tokens and one-time links (SEC-07): what an address may try, what all together are told, and who still gets in. */
import { jest } from '@jest/globals';
import express from 'express';
import { pino } from 'pino';

import { makeToken } from '../../src/access/token-format.ts';
import { SessionCookie } from '../../src/graphql/session-cookie.ts';
import { sessionRoutes } from '../../src/graphql/session-routes.ts';
import { networkOf, SignInLimits } from '../../src/graphql/sign-in-limits.ts';
import { Browser, type BrowserAnswer } from '../support/browser.ts';
import { figure } from '../support/figure.ts';
import { createPerson } from '../support/people.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { startEdge } from './edge.ts';

let server: TestServer;
let lookUps: jest.SpiedFunction<TestServer['app']['rooms']['sessions']['begin']>;

/** The counts are those of a process: each test begins with its own. */
async function start(settings: Record<string, string> = {}): Promise<void> {
  await server?.stop();
  server = await startServer(settings);
  lookUps = jest.spyOn(server.app.rooms.sessions, 'begin');
}
afterAll(() => server?.stop());

const from = (address: string, headers: Record<string, string> = {}) =>
  new Browser(server.app.url, { from: address, headers });

function statuses(answers: BrowserAnswer[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** Fifty wrong values of all kinds. */
async function wrongValues(): Promise<string[]> {
  const used = (await server.app.rooms.sessions.createLink(null))!.secret;
  expect((await from('127.9.9.9').signIn(used)).status).toBe(201);
  lookUps.mockClear();
  const kinds = [makeToken, () => makeToken('link'), () => used, () => `xx_${'a'.repeat(36)}`];
  return Array.from({ length: 50 }, (_, at) => kinds[at % kinds.length]!());
}

function expectToWait(answer: BrowserAnswer, mostS = 900): void {
  expect([answer.status, answer.body.errors[0].extensions.code]).toEqual([429, 'RATE_LIMITED']);
  const seconds = Number(answer.headers['retry-after']);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(mostS);
}

it('an address that was wrong ten times is refused without a look-up, and nobody else is (SEC-07)', async () => {
  await start();
  const values = await wrongValues();
  const answers = await Promise.all(values.map((value) => from('127.0.0.1').signIn(value)));
  expect(statuses(answers)).toEqual({ 401: 10, 429: 40 });
  expect(lookUps).toHaveBeenCalledTimes(10);
  for (const answer of answers) if (answer.status === 429) expectToWait(answer);
  expectToWait(await from('127.0.0.1').signIn(server.api.token!));
  expect(lookUps).toHaveBeenCalledTimes(10);
  expect((await from('127.0.0.2').signIn(server.api.token!)).status).toBe(201);
  figure('SEC-07 one address', { wrong: 50, tried: 10, told: 10 });
});

it('twenty addresses together are told ten times that they are wrong, while right values sign in from others, and from them (SEC-07)', async () => {
  await start();
  const values = await wrongValues();
  const link = (await server.app.rooms.sessions.createLink(null))!.secret;
  const wrong = values.map((value, at) => from(`127.0.1.${1 + (at % 20)}`).signIn(value));
  const right = [server.api.token!, link].map((value, at) => from(`127.0.2.${1 + at}`).signIn(value));
  const answers = await Promise.all(wrong);
  expect(statuses(answers)).toEqual({ 401: 10, 429: 40 });
  expect(statuses(await Promise.all(right))).toEqual({ 201: 2 });
  expect((await from('127.0.1.1').signIn(server.api.token!)).status).toBe(201);
  // A right one does not give the wrong tries back.
  for (let tries = 0; tries < 7; tries++) expectToWait(await from('127.0.1.1').signIn(makeToken()));
  lookUps.mockClear();
  expectToWait(await from('127.0.1.1').signIn(server.api.token!));
  expect(lookUps).not.toHaveBeenCalled();
  figure('SEC-07 twenty addresses', { wrong: 50, told: 10, rightSignedIn: 2 });
});

it('the time of a wrong answer does not tell what was wrong, and one with a wrong checksum costs no query (SEC-07)', async () => {
  await start();
  const person = await createPerson(server, { name: 'Disabled' });
  const { sessions } = server.app.rooms;
  const link = async (number: number | null = null) => (await sessions.createLink(number))!.secret;
  const token = async (change: string) => {
    const made = await server.api.mutate(
      'mutation { accessTokenCreate(input: { name: "x", permissions: [] }) { errors { code } value accessToken { id } } }',
    );
    await server.app.db.rights.query(`update access_tokens set ${change} where id = $1`, [
      made.accessToken.id,
    ]);
    return made.value as string;
  };
  const used = await link();
  await from('127.9.9.9').signIn(used);
  const expired = await link();
  await server.app.db.rights.query(
    'update sign_in_links set expires_at = clock_timestamp() where used_at is null',
  );
  const disabledLink = await link(person.number);
  await server.api.mutate(
    'mutation ($id: ID!) { loginUpdate(id: $id, input: { disabled: true }) { errors { code } } }',
    { id: person.id },
  );
  const kinds: Record<string, string> = {
    'unknown token': makeToken(),
    'revoked token': await token('revoked_at = clock_timestamp()'),
    'expired token': await token('expires_at = clock_timestamp()'),
    'token of a disabled login': person.api.token!,
    'unknown link': makeToken('link'),
    'used link': used,
    'expired link': expired,
    'link of a disabled login': disabledLink,
  };
  const times = new Map(Object.keys(kinds).map((kind) => [kind, [] as number[]]));
  for (let round = 0; round < 25; round++)
    for (const [at, [kind, value]] of Object.entries(kinds).entries()) {
      const browser = from(`127.3.${at}.${1 + Math.floor(round / 8)}`);
      const startedAt = performance.now();
      const { status } = await browser.signIn(value);
      times.get(kind)!.push(performance.now() - startedAt);
      expect([401, 429]).toContain(status);
    }
  expect(lookUps).toHaveBeenCalledTimes(25 * Object.keys(kinds).length + 1);
  const medians = [...times.values()].map((all) => all.sort((a, b) => a - b)[12]!);
  const gapMs = Math.max(...medians) - Math.min(...medians);
  expect(gapMs).toBeLessThan(10);

  const query = jest.spyOn(server.app.db.rights, 'query');
  const broken = (value: string) => value.slice(0, -1) + (value.endsWith('0') ? '1' : '0');
  for (const value of [
    broken(makeToken()),
    broken(makeToken('link')),
    'bwl_',
    '',
    'x'.repeat(40),
    makeToken('session'),
  ])
    expectToWait(await from('127.4.0.1').signIn(value));
  expect(query).not.toHaveBeenCalled();
  await from('127.4.0.1').signIn(makeToken());
  expect(query).toHaveBeenCalledTimes(1);
  query.mockRestore();
  figure('SEC-07 times', { medianGapMs: Number(gapMs.toFixed(2)), samples: 25, kinds: medians.length });
});

it('look-ups go one at a time; those for whom the line is too long are told to come back, and nothing is held against them', async () => {
  let running = 0;
  let most = 0;
  let calls = 0;
  let wake: () => void = () => undefined;
  const waiting: (() => void)[] = [];
  const begin = async () => {
    calls++;
    most = Math.max(most, ++running);
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      wake();
    });
    running--;
    return undefined;
  };
  const edge = await startEdge({ rooms: { sessions: { begin } } });
  const refused: Browser[] = [];
  let answered = 0;
  const flood = Array.from({ length: 130 }, async (_, at) => {
    const browser = new Browser(edge.url, { from: `127.5.0.${1 + at}` });
    const answer = await browser.signIn('wrong');
    answered++;
    if (answer.headers['retry-after'] === '1') refused.push(browser);
    wake();
    return answer;
  });
  const until = async (reached: () => boolean) => {
    while (!reached()) await new Promise<void>((resolve) => (wake = resolve));
  };
  await until(() => refused.length === 30);
  for (let turn = 0; turn < 100; turn++) {
    await until(() => waiting.length > 0);
    waiting.shift()!();
  }
  await until(() => answered === 130);
  const answers = await Promise.all(flood);
  expect(statuses(answers)).toEqual({ 401: 10, 429: 120 });
  for (const answer of answers) if (answer.status === 429) expectToWait(answer);
  expect([calls, most]).toEqual([100, 1]);
  for (let turn = 0; turn < 11; turn++) {
    const answer = refused[0]!.signIn('wrong');
    if (turn < 10) await until(() => waiting.length > 0);
    waiting.shift()?.();
    await answer;
  }
  expect(calls).toBe(110);
  await edge.stop();
});

it('tries of one address that come all at once are not more for that', async () => {
  const limits = new SignInLimits();
  const lookUp = jest.fn(() => Promise.resolve(undefined));
  const answers = await Promise.all(Array.from({ length: 50 }, () => limits.attempt('192.0.2.1', lookUp)));
  expect(answers.filter(({ outcome }) => outcome === 'WRONG')).toHaveLength(10);
  expect(lookUp).toHaveBeenCalledTimes(10);
});

it('one address cannot fill the line for all others', async () => {
  const limits = new SignInLimits();
  let release: () => void = () => undefined;
  const held = new Promise<undefined>((resolve) => (release = () => resolve(undefined)));
  const flood = Array.from({ length: 30 }, () => limits.attempt('192.0.2.1', () => held));
  const other = limits.attempt('192.0.2.2', () => Promise.resolve('found'));
  expect((await Promise.all(flood.slice(20))).map(({ outcome }) => outcome)).toEqual(Array(10).fill('LATER'));
  release();
  expect(await other).toEqual({ outcome: 'FOUND', found: 'found' });
  await Promise.all(flood);
  // Places that were given back are there again.
  expect((await limits.attempt('192.0.2.3', () => Promise.resolve('found'))).outcome).toBe('FOUND');
});

it('a look-up that fails counts for nothing, and the next one has its turn', async () => {
  let fails = true;
  const begin = () =>
    fails ? Promise.reject(new Error('the database is away')) : Promise.resolve(undefined);
  const edge = await startEdge({ rooms: { sessions: { begin } } });
  const browser = new Browser(edge.url);
  for (let at = 0; at < 12; at++) expect((await browser.signIn('x')).status).toBe(500);
  fails = false;
  expect((await browser.signIn('x')).status).toBe(401);
  await edge.stop();
});

it('an address is what a trusted proxy says it is, and of IPv6 the /64', async () => {
  await start({ BELLWIRE_TRUSTED_PROXIES: '127.0.0.1, 127.7.0.0/16' });
  const behind = (address: string, proxy = '127.0.0.1') =>
    from(proxy, { 'x-forwarded-for': `6.6.6.6, ${address}` }).signIn(makeToken());
  const useUp = async (address: string) => {
    for (let at = 0; at < 10; at++) await behind(address);
  };
  const tried = async (answer: Promise<BrowserAnswer>) => {
    lookUps.mockClear();
    await answer;
    return lookUps.mock.calls.length === 1;
  };
  await useUp('2001:db8::1');
  expect(await tried(behind('2001:db8::ffff:1:2:3'))).toBe(false);
  expect(await tried(behind('2001:db8:0:1::1'))).toBe(true);
  await useUp('192.0.2.7');
  expect(await tried(behind('192.0.2.7', '127.7.1.1'))).toBe(false);
  expect(await tried(behind('::ffff:192.0.2.7'))).toBe(false);
  expect(await tried(behind('192.0.2.8'))).toBe(true);
  // Nobody else may say so.
  for (let at = 0; at < 10; at++) await behind(`192.0.3.${at}`, '127.8.0.1');
  expect(await tried(behind('192.0.3.99', '127.8.0.1'))).toBe(false);
  expect(await tried(behind('192.0.3.99'))).toBe(true);
});

it('a proxy that is not named is warned of, once', async () => {
  const lines: string[] = [];
  const unnamed = await startServer(
    {},
    { logger: pino({ level: 'warn' }, { write: (line) => void lines.push(line) }) },
  );
  const browser = (headers: Record<string, string>) => new Browser(unnamed.app.url, { headers });
  await browser({}).signIn(makeToken());
  expect(lines).toEqual([]);
  for (let at = 0; at < 2; at++) await browser({ 'x-forwarded-for': '192.0.2.1' }).signIn(makeToken());
  expect(lines).toEqual([expect.stringContaining('BELLWIRE_TRUSTED_PROXIES')]);
  await unnamed.stop();
});

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
  // As some proxies write it.
  ['203.0.113.9:51344', '203.0.113.9'],
  ['[2001:db8::1]:443', '2001:db8:0:0::/64'],
  ['no address', 'unknown'],
])('the network of %s is %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

it('where only the public address has TLS, another one says where to sign in instead of losing the cookie', async () => {
  const publicUrl = 'https://hooks.example.com';
  const begin = jest.fn(() => Promise.resolve(undefined));
  const plain = 'http://10.0.0.9:4000';
  const routes = sessionRoutes({
    config: { publicUrl, trustedProxies: [] },
    logger: { warn: jest.fn() },
    rooms: { sessions: { begin } as never, platform: null },
    cookie: new SessionCookie({ publicUrl }),
    origins: () => new Set([plain, publicUrl, 'http://localhost:4000']),
  });
  const listening = express().use('/session', routes).listen(0, '127.0.0.1');
  await new Promise((resolve) => listening.once('listening', resolve));
  try {
    const url = `http://127.0.0.1:${(listening.address() as { port: number }).port}`;
    const signIn = (origin: string) => new Browser(url, { origin }).signIn('x');
    const refused = await signIn(plain);
    expect([refused.status, refused.body.errors[0].message]).toEqual([
      403,
      expect.stringContaining(publicUrl),
    ]);
    expect(begin).not.toHaveBeenCalled();
    for (const origin of [publicUrl, 'http://localhost:4000'])
      expect((await signIn(origin)).status).toBe(401);
    expect(begin).toHaveBeenCalledTimes(2);
  } finally {
    listening.close();
    listening.closeAllConnections();
  }
});
