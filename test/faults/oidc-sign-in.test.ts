/** Signing in to the console at the identity provider of the host platform, against a real provider: the requests behind it. */
import { pino } from 'pino';

import {
  CONSOLE_CLIENT,
  type IdentityProvider,
  makeKey,
  startIdentityProvider,
} from '../support/identity-provider.ts';
import { startServer, type TestServer } from '../support/server.ts';

const UPDATE =
  'mutation ($id: ID!, $input: LoginInput!) { loginUpdate(id: $id, input: $input) { errors { code } } }';

let provider: IdentityProvider;
let server: TestServer;
/** By how much the clock by which sign-ins are judged is ahead, ms. */
let ahead = 0;
const log: string[] = [];

const settings = () => ({
  BELLWIRE_OIDC_ISSUER: provider.issuer,
  BELLWIRE_OIDC_CLIENT_ID: CONSOLE_CLIENT.id,
  BELLWIRE_OIDC_CLIENT_SECRET: CONSOLE_CLIENT.secret,
  BELLWIRE_OIDC_NAME: 'Acme',
  BELLWIRE_OIDC_PARENT: '1',
});
beforeAll(async () => {
  provider = await startIdentityProvider({
    ann: { name: 'Ann', email: 'ann@example.com', email_verified: true },
    bob: { name: 'Bob' },
  });
  server = await startServer(settings(), {
    now: () => new Date(Date.now() + ahead),
    logger: pino({ level: 'debug' }, { write: (line) => log.push(line) }),
  });
  await provider.restart({ redirectUri: `${server.app.url}/session/oidc/callback` });
});
afterAll(async () => {
  await server?.stop();
  await provider?.close();
});
beforeEach(() => {
  provider.instead = null;
  provider.person = 'ann';
});

/** A browser profile that goes where it is sent, one step at a time. */
class Visitor {
  readonly jars = new Map<string, Map<string, string>>();

  /** The cookies of this server. */
  get jar(): Map<string, string> {
    return this.#jarOf(server.app.url);
  }

  #jarOf(url: string): Map<string, string> {
    const { host } = new URL(url);
    if (!this.jars.has(host)) this.jars.set(host, new Map());
    return this.jars.get(host)!;
  }

  async get(url: string): Promise<Response> {
    const jar = this.#jarOf(url);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: cookie === '' ? {} : { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [name, value] = line.split(';')[0]!.split(/=(.*)/) as [string, string];
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }

  /** Follows redirects as long as they lead to an address that begins so, or comes before it; the first other one. */
  async walk(from: string, until: (url: string) => boolean): Promise<string> {
    for (let url = from; ;) {
      if (until(url)) return url;
      const response = await this.get(url);
      const location = response.headers.get('location');
      if (location === null) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
      url = new URL(location, url).href;
    }
  }

  /** Begins at this server and goes through the provider; the address by which it would come back. */
  comeBack(back = '/webhooks?search=x'): Promise<string> {
    const begin = `${server.app.url}/session/oidc?${new URLSearchParams({ back }).toString()}`;
    return this.walk(begin, (url) => url.includes('/callback') || url.includes('/sign-in'));
  }

  /** Comes back by an address; where to it is sent. */
  async arrive(callback: string): Promise<string> {
    const { headers } = await this.get(callback);
    return headers.get('location')!.slice(server.app.url.length);
  }

  /** Who is signed in here; undefined for nobody. */
  async who(): Promise<string | undefined> {
    const response = await this.get(`${server.app.url}/session`);
    return response.ok ? ((await response.json()) as { login: { name: string } }).login.name : undefined;
  }
}

const problem = (word: string) => `/sign-in?problem=${word}&back=%2Fwebhooks%3Fsearch%3Dx`;

it('ends on the page that was wanted, with a session like any other', async () => {
  const visitor = new Visitor();
  expect(await (await visitor.get(`${server.app.url}/session/ways`)).json()).toEqual({
    oidc: { name: 'Acme' },
  });
  const begun = await visitor.get(`${server.app.url}/session/oidc`);
  expect(begun.headers.getSetCookie()).toEqual([
    expect.stringMatching(
      /^__Host-bellwire-sign-in=[\w-]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    ),
  ]);
  const asked = Object.fromEntries(new URL(begun.headers.get('location')!).searchParams);
  expect(asked).toMatchObject({
    response_type: 'code',
    code_challenge_method: 'S256',
    scope: 'openid profile email',
  });
  // What the browser keeps tells nobody the verifier, the nonce or where it goes.
  const sealed = Buffer.from(visitor.jar.get('__Host-bellwire-sign-in')!, 'base64url').toString('latin1');
  for (const secret of [asked['state'], asked['nonce'], 'verifier']) expect(sealed).not.toContain(secret);

  const callback = await visitor.comeBack();
  const response = await visitor.get(callback);
  expect(response.headers.get('location')).toBe(`${server.app.url}/webhooks?search=x`);
  expect(response.headers.getSetCookie()).toEqual([
    expect.stringMatching(/^__Host-bellwire-sign-in=; Max-Age=0; /),
    expect.stringMatching(
      /^__Host-bellwire=bws_[0-9A-Za-z]{36}; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    ),
  ]);
  expect(await visitor.who()).toBe('Ann');
  const again = new Visitor();
  await again.arrive(await again.comeBack());
  const { nodes } = await server.api.run('{ logins(search: "Ann") { nodes { name email permissions } } }');
  expect(nodes).toEqual([{ name: 'Ann', email: 'ann@example.com', permissions: [] }]);
});

it('makes a new session, and ends the one that the browser had', async () => {
  const planted = new Visitor();
  await planted.arrive(await planted.comeBack());
  const victim = new Visitor();
  for (const [name, value] of planted.jar) victim.jar.set(name, value);
  provider.person = 'bob';
  await victim.arrive(await victim.comeBack());
  expect(await victim.who()).toBe('Bob');
  expect(await planted.who()).toBeUndefined();
});

it('leads nowhere else, whatever page is asked for', async () => {
  for (const back of ['https://evil.example/', '//evil.example/', '/\\evil.example', '/a\r\nb: c', 'x']) {
    const visitor = new Visitor();
    const { headers } = await visitor.get(await visitor.comeBack(back));
    expect(new URL(headers.get('location')!).host).toBe(new URL(server.app.url).host);
  }
  const visitor = new Visitor();
  expect(await visitor.arrive(await visitor.comeBack('/events?q=1'))).toBe('/events?q=1');
});

it('is begun again where the browser comes back to', async () => {
  const local = server.app.url.replace('127.0.0.1', 'localhost');
  const { headers } = await new Visitor().get(`${local}/session/oidc?back=/events`);
  expect(headers.get('location')).toBe(`${server.app.url}/session/oidc?back=%2Fevents&from=elsewhere`);
});

describe('nobody is signed in', () => {
  const refusedWith = async (visitor: Visitor, callback: string, where: string): Promise<void> => {
    expect(await visitor.arrive(callback)).toBe(where);
    expect(visitor.jar.has('__Host-bellwire')).toBe(false);
    // The same browser can, when it begins anew.
    provider.instead = null;
    provider.person = 'ann';
    ahead = 0;
    visitor.jars.delete(new URL(provider.issuer).host);
    expect(await visitor.arrive(await visitor.comeBack())).toBe('/webhooks?search=x');
    expect(await visitor.who()).toBe('Ann');
  };

  it('by the answer that another browser got', async () => {
    const attacker = new Visitor();
    const callback = await attacker.comeBack();
    await refusedWith(new Visitor(), callback, '/sign-in?problem=stale');
    const began = new Visitor();
    await began.comeBack();
    await refusedWith(began, callback, problem('broken'));
  });

  it('by an answer that was used, changed or comes too late', async () => {
    const visitor = new Visitor();
    const callback = await visitor.comeBack();
    const kept = visitor.jar.get('__Host-bellwire-sign-in')!;
    await visitor.arrive(callback);
    const again = new Visitor();
    again.jar.set('__Host-bellwire-sign-in', kept);
    await refusedWith(again, callback, problem('stale'));
    const forged = new Visitor();
    const other = await forged.comeBack();
    forged.jar.set('__Host-bellwire-sign-in', `${kept.slice(0, -4)}AAAA`);
    await refusedWith(forged, other, '/sign-in?problem=stale');
    const late = new Visitor();
    const lateCallback = await late.comeBack();
    ahead = 601_000;
    await refusedWith(late, lateCallback, '/sign-in?problem=stale');
  });

  it('who turns back, or whom the provider does not know', async () => {
    provider.person = null;
    const visitor = new Visitor();
    await refusedWith(visitor, await visitor.comeBack(), problem('cancelled'));
  });

  it('whose login is disabled', async () => {
    provider.people.set('cid', { name: 'Cid' });
    provider.person = 'cid';
    const visitor = new Visitor();
    await visitor.arrive(await visitor.comeBack());
    const { nodes } = await server.api.run('{ logins(search: "Cid") { nodes { id } } }');
    await server.api.mutate(UPDATE, { id: nodes[0].id, input: { disabled: true } });
    expect(await visitor.who()).toBeUndefined();
    const other = new Visitor();
    await refusedWith(other, await other.comeBack(), problem('disabled'));
  });

  it('by an id token of another key, nonce, audience or issuer', async () => {
    const stranger = await makeKey(provider.key.kid);
    const cases: [string, (nonce: string) => Promise<string>][] = [
      ['key', (nonce) => idToken({ nonce }, { key: stranger })],
      ['nonce', () => idToken({ nonce: 'another' })],
      ['audience', (nonce) => idToken({ nonce, aud: 'another' })],
      ['authorized party', (nonce) => idToken({ nonce, aud: [CONSOLE_CLIENT.id, 'x'], azp: 'x' })],
      ['issuer', (nonce) => idToken({ nonce, iss: 'https://other.example' })],
    ];
    for (const [, token] of cases) {
      const visitor = new Visitor();
      const { headers } = await visitor.get(`${server.app.url}/session/oidc?back=/webhooks%3Fsearch%3Dx`);
      const nonce = new URL(headers.get('location')!).searchParams.get('nonce')!;
      const callback = await visitor.walk(headers.get('location')!, (url) => url.includes('/callback'));
      await answerTokens(await token(nonce));
      await refusedWith(visitor, callback, problem('broken'));
    }
    // What differs is all that it was refused for.
    const visitor = new Visitor();
    const { headers } = await visitor.get(`${server.app.url}/session/oidc`);
    const nonce = new URL(headers.get('location')!).searchParams.get('nonce')!;
    const callback = await visitor.walk(headers.get('location')!, (url) => url.includes('/callback'));
    await answerTokens(await idToken({ nonce }));
    expect(await visitor.arrive(callback)).toBe('/');
    expect(await visitor.who()).toBe('Ann');
  });

  it('while the provider answers with something else, or not at all', async () => {
    for (const [answer, word] of [
      [(response: { destroy(): void }) => response.destroy(), 'unavailable'],
      [(response: any) => response.writeHead(500).end('{}'), 'broken'],
      [
        (response: any) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
        'broken',
      ],
    ] as const) {
      const visitor = new Visitor();
      const callback = await visitor.comeBack();
      provider.instead = (_request, response) => answer(response);
      await refusedWith(visitor, callback, problem(word));
    }
  });

  it('and neither code, verifier nor secret stands in the log', () => {
    const text = log.join('');
    expect(text).toContain('a sign-in by the identity provider failed');
    for (const secret of [CONSOLE_CLIENT.secret, 'eyJ', 'code=', 'code_verifier'])
      expect(text).not.toContain(secret);
  });

  function idToken(claims: object, options: Parameters<IdentityProvider['forge']>[1] = {}): Promise<string> {
    const iat = Math.floor(Date.now() / 1000);
    return provider.forge(
      { sub: 'ann', aud: CONSOLE_CLIENT.id, iat, exp: iat + 60, ...claims },
      { ...options, header: { typ: 'JWT' } },
    );
  }

  /** The token endpoint gives this id token, whatever it is asked for. */
  async function answerTokens(token: string): Promise<void> {
    provider.instead = (_request, response) =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ access_token: 'x', token_type: 'bearer', id_token: token }));
    await Promise.resolve();
  }
});

it('takes so many that fail from one network, and then asks the provider nothing', async () => {
  const word = async () => new Visitor().arrive(`${server.app.url}/session/oidc/callback?code=x&state=y`);
  for (let count = 0; (await word()) === '/sign-in?problem=stale'; count++) expect(count).toBeLessThan(40);
  expect(await word()).toBe('/sign-in?problem=later');
});

it('is not there without a client', async () => {
  const { BELLWIRE_OIDC_ISSUER } = settings();
  const other = await startServer({
    BELLWIRE_OIDC_ISSUER,
    BELLWIRE_OIDC_AUDIENCE: 'https://hooks.example.com',
  });
  try {
    expect(await (await fetch(`${other.app.url}/session/ways`)).json()).toEqual({ oidc: null });
    for (const path of ['/session/oidc', '/session/oidc/callback?code=x'])
      expect((await fetch(other.app.url + path, { redirect: 'manual' })).status).toBe(404);
  } finally {
    await other.stop();
  }
});

it.each<[string, Record<string, string>, string]>([
  ['http', { BELLWIRE_OIDC_ISSUER: 'http://login.example.com' }, 'BELLWIRE_ALLOW_HTTP'],
  ['a private address', { BELLWIRE_OIDC_ISSUER: 'https://10.0.0.7' }, 'BELLWIRE_ALLOWED_TARGETS'],
])('a provider that may not be called, for %s, is named at the start', async (_why, changed, sentence) => {
  await expect(startServer({ ...settings(), ...changed }, { dev: false })).rejects.toThrow(sentence);
});
