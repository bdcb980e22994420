/** Tokens (JWTs) of the host platform's identity provider at the API, against a real provider. */
import { createPublicKey, type JsonWebKey } from 'node:crypto';

import { SignJWT } from 'jose';
import { pino } from 'pino';

import { RawSocket } from '../graphql/edge.ts';
import { Api } from '../support/api.ts';
import { Browser } from '../support/browser.ts';
import {
  AUDIENCE,
  type IdentityProvider,
  makeKey,
  type SigningKey,
  startIdentityProvider,
} from '../support/identity-provider.ts';
import { createPerson } from '../support/people.ts';
import { startServer, type TestServer } from '../support/server.ts';

const WHO = '{ viewer { id name email isAccount parent { number } permissions } }';
const WATCH = 'subscription { deliveryEvents { cursor } }';
const UPDATE =
  'mutation ($id: ID!, $input: LoginInput!) { loginUpdate(id: $id, input: $input) { errors { code } } }';

let provider: IdentityProvider;
let server: TestServer;
/** By how much the clock by which tokens are judged is ahead, ms. */
let ahead = 0;
const log: string[] = [];
const now = () => new Date(Date.now() + ahead);
const seconds = () => Math.floor(now().getTime() / 1000);

const opened: { stop(): Promise<void> }[] = [];

async function start(settings: Record<string, string> = {}): Promise<TestServer> {
  const started = await startServer(
    {
      BELLWIRE_OIDC_ISSUER: provider.issuer,
      BELLWIRE_OIDC_AUDIENCE: AUDIENCE,
      BELLWIRE_OIDC_PARENT: '1',
      BELLWIRE_OIDC_PERMISSIONS: 'WEBHOOKS_MANAGE,EVENTS_PUBLISH',
      ...settings,
    },
    { now, logger: pino({ level: 'debug' }, { write: (line) => log.push(line) }) },
  );
  opened.push(started);
  return started;
}

beforeAll(async () => {
  provider = await startIdentityProvider({
    ann: { name: 'Ann', email: 'ann@example.com', email_verified: true },
    bob: { email: 'bob@example.com', email_verified: false },
    ...{ cid: {}, dora: { name: 'Dora' }, eve: { name: 'Eve' }, fay: { name: 'Fay' } },
    gil: { name: 'Gil', email: 'Gil@Example.com', email_verified: true },
    hal: { name: 'Hal', email: 'hal@example.com', email_verified: false },
  });
  server = await start();
});
afterAll(async () => {
  for (const one of opened) await one.stop();
  await provider?.close();
});
afterEach(() => {
  provider.instead = null;
});

const as = (token: string, of: TestServer = server) => new Api(of.app.url, token);
const claims = (more: object = {}) => ({ sub: 'ann', iat: seconds(), exp: seconds() + 60, ...more });

/** The status, and of a refusal its sentence. */
async function answer(token: string, of: TestServer = server): Promise<[status: number, message?: string]> {
  const { status, errors } = await as(token, of).send('{ viewer { id } }');
  return errors ? [status, errors[0]!.message] : [status];
}

const status = async (token: string, of?: TestServer) => (await answer(token, of))[0];

const disable = (id: string, disabled: boolean) => server.api.mutate(UPDATE, { id, input: { disabled } });

describe('a token of the provider', () => {
  it('is a login of its own, made at the first request below the configured one, and the same at all later ones', async () => {
    const ann = as(await provider.token('ann'));
    const made = await Promise.all([1, 2, 3, 4].map(() => ann.run(WHO)));
    expect(made[0]).toEqual({
      id: expect.stringMatching(/^lgn_/),
      ...{ name: 'Ann', email: 'ann@example.com', isAccount: false, parent: { number: 1 } },
      permissions: ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH'],
    });
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect((await as(await provider.token('ann')).run(WHO)).id).toBe(made[0].id);
    const { nodes } = await server.api.run(
      'query ($id: ID!) { auditLog(first: 10, subjectId: $id) { nodes { action login { id } changes } } }',
      { id: made[0].id },
    );
    expect(nodes).toHaveLength(1);
    expect(nodes[0]).toMatchObject({ action: 'login.create', login: null });
    expect(JSON.stringify(nodes)).toContain(provider.issuer);
  });

  it('gives a login no address that the provider does not vouch for, and always a name', async () => {
    expect(await as(await provider.token('bob')).run(WHO)).toMatchObject({
      name: 'bob@example.com',
      email: '',
    });
    expect(await as(await provider.token('cid')).run(WHO)).toMatchObject({ name: 'cid', email: '' });
  });

  it('may what its login may as it is now, and makes no token that outlives it', async () => {
    const dora = as(await provider.token('dora'));
    const { id } = await dora.run(WHO);
    const make = (expiresAt: string | null) =>
      dora.run(
        'mutation ($input: AccessTokenInput!) { accessTokenCreate(input: $input) { errors { code } value } }',
        { input: { name: 'x', permissions: [], expiresAt } },
      );
    expect((await make(null)).errors).toEqual([{ code: 'INVALID' }]);
    expect((await make(new Date(Date.now() + 300_000).toISOString())).errors).toEqual([]);
    expect((await dora.send('{ webhooks { nodes { id } } }')).errors).toBeUndefined();
    await server.api.mutate(UPDATE, { id, input: { permissions: [] } });
    expect((await dora.send('{ webhooks { nodes { id } } }')).errors![0]!.extensions!['code']).toBe(
      'FORBIDDEN',
    );
    await disable(id, true);
    expect(await answer(dora.token!)).toEqual([401, 'This token is refused: its login here is disabled.']);
    await disable(id, false);
    expect(await answer(dora.token!)).toEqual([200]);
  });

  it('signs nobody in at /session, and no other secret is taken for one', async () => {
    expect((await new Browser(server.app.url).signIn(await provider.token('ann'))).status).toBe(401);
    expect(await status('eyJ.eyJ.x')).toBe(401);
    expect(await answer('bw_nothing')).toEqual([401, 'Send a valid token: Authorization: Bearer <token>.']);
    expect((await server.api.send('{ viewer { id } }')).status).toBe(200);
  });
});

describe('a token is refused', () => {
  const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  let stranger: SigningKey;
  let weak: string;
  beforeAll(async () => {
    stranger = await makeKey(provider.key.kid);
    weak = createPublicKey({ key: provider.key.jwk as JsonWebKey, format: 'jwk' }).export({
      type: 'spki',
      format: 'pem',
    }) as string;
  });

  it.each<[why: string, token: () => Promise<string>, sentence: string]>([
    [
      'of another audience',
      () => provider.token('ann', { audience: 'https://other.example/' }),
      'it is for another audience (aud)',
    ],
    [
      'of another issuer',
      () => provider.forge(claims({ iss: 'https://other.example' })),
      'its issuer (iss) is another one',
    ],
    [
      'that has expired',
      () => provider.forge(claims({ iat: seconds() - 60, exp: seconds() - 1 })),
      'it has expired (exp)',
    ],
    [
      'that has expired long ago',
      () => provider.forge(claims({ iat: seconds() - 90, exp: seconds() - 60 })),
      'it has expired (exp)',
    ],
    [
      'that is not valid yet',
      () => provider.forge(claims({ nbf: seconds() + 40 })),
      'it is not valid yet (nbf)',
    ],
    [
      'of the future',
      () => provider.forge(claims({ iat: seconds() + 40 })),
      'it was issued in the future (iat)',
    ],
    [
      'without an end',
      () => provider.forge({ sub: 'ann', iat: seconds() }),
      'its claim exp is missing or malformed',
    ],
    [
      'without a beginning',
      () => provider.forge({ sub: 'ann', exp: seconds() + 9 }),
      'its claim iat is missing or malformed',
    ],
    [
      'that hardly ever ends',
      () => provider.forge(claims({ exp: seconds() + 90_000 })),
      'it lives for more than 24 hours (exp, iat)',
    ],
    ['of nobody', () => provider.forge({ iat: seconds(), exp: seconds() + 9 }), 'it names nobody (sub)'],
    [
      'bound to a key',
      () => provider.forge(claims({ cnf: { jkt: 'x' } })),
      'it is bound to a key (cnf), which a bearer does not show',
    ],
    [
      'to sign out',
      () => provider.forge(claims(), { header: { typ: 'logout+jwt' } }),
      'it is no access token (typ)',
    ],
    [
      'signed by another key of that name',
      () => provider.forge(claims(), { key: stranger }),
      'its signature is wrong',
    ],
    [
      'signed by nobody',
      () =>
        Promise.resolve(
          `${base64({ alg: 'none', typ: 'JWT' })}.${base64({ iss: provider.issuer, aud: AUDIENCE, ...claims() })}.`,
        ),
      'it is signed by an algorithm (alg)',
    ],
    [
      'signed with what everybody knows, the public key',
      () =>
        new SignJWT({ iss: provider.issuer, aud: AUDIENCE, ...claims() })
          .setProtectedHeader({ alg: 'HS256', kid: provider.key.kid })
          .sign(new TextEncoder().encode(weak)),
      'it is signed by an algorithm (alg)',
    ],
    [
      'that was changed',
      async () => {
        const [header, , signature] = (await provider.token('ann')).split('.');
        return `${header}.${base64({ iss: provider.issuer, aud: AUDIENCE, ...claims({ sub: 'bob' }) })}.${signature}`;
      },
      'its signature is wrong',
    ],
    [
      'with extensions that nobody knows',
      () =>
        provider.forge(claims(), { header: { crit: ['x'], x: 1 } }).catch(async () => {
          const [, payload, signature] = (await provider.forge(claims())).split('.');
          return `${base64({ alg: 'RS256', kid: provider.key.kid, crit: ['x'], x: 1 })}.${payload}.${signature}`;
        }),
      'it cannot be read, or its signature cannot be checked',
    ],
  ])('%s', async (_why, token, sentence) => {
    const [status, message] = await answer(await token());
    expect(status).toBe(401);
    expect(message).toContain(`This token is refused: ${sentence}`);
    // What differs is all that it was refused for.
    expect(await answer(await provider.forge(claims()))).toEqual([200]);
  });

  it('when it has ended by the clock of the database, too', async () => {
    ahead = -120_000;
    const token = await provider.forge(claims());
    expect(await status(token)).toBe(401);
    ahead = 0;
    expect(await status(await provider.forge(claims()))).toBe(200);
  });

  it('and none stands in the log', async () => {
    const token = await provider.token('ann');
    await answer(token);
    await answer(await provider.forge(claims(), { key: stranger }));
    expect(log.length).toBeGreaterThan(0);
    expect(log.join('')).not.toContain('eyJ');
  });

  it('but for clocks that differ by less than half a minute', async () => {
    expect(await answer(await provider.forge(claims({ iat: seconds() + 20, nbf: seconds() + 20 })))).toEqual([
      200,
    ]);
    expect(await answer(await provider.forge(claims({ aud: ['https://other.example', AUDIENCE] })))).toEqual([
      200,
    ]);
  });
});

describe('the keys of the provider', () => {
  it('are read once, and again for a key that is not among them, but not for each such token', async () => {
    const reads = () => provider.asked.filter((path) => path === '/jwks').length;
    ahead += 6_000;
    await provider.restart({ keys: [await makeKey('second', 'ES256')] });
    const before = reads();
    // The first finds the new keys, and all that wait with it.
    const tokens = await Promise.all([1, 2, 3, 4, 5].map(() => provider.token('ann')));
    expect(await Promise.all(tokens.map((token) => answer(token)))).toEqual(Array(5).fill([200]));
    expect(reads() - before).toBe(1);
    const unknown = await provider.forge(claims(), { key: await makeKey('unknown') });
    for (let count = 0; count < 3; count++)
      expect(await answer(unknown)).toEqual([
        401,
        'This token is refused: the provider publishes no key that it names (kid, alg).',
      ]);
    expect(reads() - before).toBe(1);
    ahead += 6_000;
    await answer(unknown);
    await answer(unknown);
    expect(reads() - before).toBe(2);
    // What is none of the provider's makes nobody ask it.
    ahead += 6_000;
    const foreign = claims({ iss: 'https://other.example' });
    expect(await status(await provider.forge(foreign, { key: await makeKey('foreign') }))).toBe(401);
    expect(reads() - before).toBe(2);
  });

  it.each(['PS256', 'EdDSA'])('may be for %s', async (alg) => {
    ahead += 6_000;
    await provider.restart({ keys: [await makeKey(`of ${alg}`, alg)] });
    expect(await answer(await provider.token('ann'))).toEqual([200]);
  });

  it('count for a day when the provider is away, and a key that it withdrew for ten minutes', async () => {
    ahead += 6_000;
    const [kept, withdrawn] = [await makeKey('kept'), await makeKey('withdrawn')];
    await provider.restart({ keys: [kept, withdrawn] });
    expect(await answer(await provider.forge(claims(), { key: withdrawn }))).toEqual([200]);
    await provider.restart({ keys: [kept] });
    expect(await answer(await provider.forge(claims(), { key: withdrawn }))).toEqual([200]);
    ahead += 11 * 60_000;
    // The first request begins the look that others go by.
    while ((await status(await provider.forge(claims(), { key: withdrawn }))) === 200);
    expect(await answer(await provider.forge(claims()))).toEqual([200]);
    const away = (_request: unknown, response: { destroy(): void }) => response.destroy();
    provider.instead = away;
    ahead += 23 * 3_600_000;
    expect(await answer(await provider.forge(claims()))).toEqual([200]);
    ahead += 2 * 3_600_000;
    expect(await answer(await provider.forge(claims()))).toEqual([
      503,
      'The keys of the identity provider cannot be read now. Try again in a moment.',
    ]);
    const late = new RawSocket(server.app.url);
    late.connect(await provider.forge(claims())).catch(() => undefined);
    expect((await late.closed).code).toBe(1013);
    provider.instead = null;
    ahead += 6_000;
    expect(await answer(await provider.forge(claims()))).toEqual([200]);
    expect(log.filter((line) => line.includes('gave no discovery document'))).toHaveLength(1);
    expect(log.filter((line) => line.includes('answers again'))).toHaveLength(1);
  });

  it('are refused from addresses that are neither over TLS nor of the issuer', async () => {
    const other = await startIdentityProvider({ ann: {} });
    try {
      other.instead = (_request, response) =>
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ issuer: other.issuer, jwks_uri: `${provider.issuer}/jwks` }));
      const led = await start({ BELLWIRE_OIDC_ISSUER: other.issuer });
      const reads = provider.asked.length;
      expect(await status(await other.forge(claims()), led)).toBe(503);
      expect(provider.asked).toHaveLength(reads);
    } finally {
      await other.close();
    }
  });
});

describe('a socket', () => {
  it('lives as long as its token, and ends with the rights of its login', async () => {
    ahead = 0;
    await provider.restart({});
    const server = await start();
    const brief = await new RawSocket(server.app.url).connect(
      await provider.forge({ sub: 'eve', iat: seconds(), exp: seconds() + 2 }),
    );
    const long = await new RawSocket(server.app.url).connect(await provider.token('fay'));
    expect((await brief.operation('1', WATCH)).type).toBe('next');
    expect((await long.operation('1', WATCH)).type).toBe('next');
    expect((await brief.closed).code).toBe(4403);
    expect(long.socket.readyState).toBe(1);
    const { id } = await as(await provider.token('fay'), server).run(WHO);
    await server.api.mutate(UPDATE, { id, input: { permissions: ['EVENTS_PUBLISH'] } });
    expect((await long.closed).code).toBe(4403);
    const refused = new RawSocket(server.app.url);
    refused.connect(await provider.forge(claims({ aud: 'other' }))).catch(() => undefined);
    expect((await refused.closed).code).toBe(4401);
  });
});

describe('somebody who comes for the first time', () => {
  it('is refused where no login may be made, or the one above is not there', async () => {
    const closed = await start({ BELLWIRE_OIDC_PARENT: '', BELLWIRE_OIDC_PERMISSIONS: '' });
    expect(await answer(await provider.token('ann'), closed)).toEqual([
      401,
      'This token is refused: nobody here is known by it: an administrator of this server has to let newcomers in.',
    ]);
    const missing = await start({ BELLWIRE_OIDC_PARENT: '77' });
    const [, message] = await answer(await provider.token('ann'), missing);
    expect(message).toContain('BELLWIRE_OIDC_PARENT names is missing or disabled');
    expect((await closed.api.run('{ logins { totalCount } }')).totalCount).toBe(1);
  });

  it('is refused while the login above is disabled, and linked only below it', async () => {
    const below = await start({ BELLWIRE_OIDC_PARENT: '2', BELLWIRE_OIDC_LINK_BY_EMAIL: 'true' });
    const parent = await createPerson(below, { name: 'Parent' });
    expect(parent.number).toBe(2);
    const gil = await createPerson(below, { name: 'Gil elsewhere' });
    await below.api.mutate(UPDATE, { id: gil.id, input: { email: 'gil@example.com' } });
    await below.api.mutate(UPDATE, { id: parent.id, input: { disabled: true } });
    expect(await status(await provider.token('gil'), below)).toBe(401);
    await below.api.mutate(UPDATE, { id: parent.id, input: { disabled: false } });
    const token = await provider.token('gil');
    const { id } = await as(token, below).run(WHO);
    expect(id).not.toBe(gil.id);
    const made = await below.api.run(
      'query ($id: ID!) { node(id: $id) { ... on Login { parent { number } } } }',
      { id },
    );
    expect(made.parent.number).toBe(2);
  });

  it('becomes the login with the same verified address where that is allowed, once it is the only one', async () => {
    const linked = await start({ BELLWIRE_OIDC_LINK_BY_EMAIL: 'true', BELLWIRE_OIDC_ACCOUNTS: 'true' });
    const { id } = await createPerson(linked, { name: 'Gil here', permissions: ['CATALOG_MANAGE'] });
    await linked.api.mutate(UPDATE, { id, input: { email: 'gil@example.com' } });
    const hal = await createPerson(linked, { name: 'Hal here' });
    await linked.api.mutate(UPDATE, { id: hal.id, input: { email: 'hal@example.com' } });
    expect(await as(await provider.token('gil'), linked).run(WHO)).toMatchObject({
      ...{ id, name: 'Gil here', permissions: ['CATALOG_MANAGE'] },
    });
    // Nobody is the root administrator by an address.
    const root = await linked.api.run('{ viewer { id } }');
    await linked.api.mutate(UPDATE, { id: root.id, input: { email: 'ann@example.com' } });
    expect((await as(await provider.token('ann'), linked).run(WHO)).id).not.toBe(root.id);
    // Nobody vouches for this address.
    const made = await as(await provider.token('hal'), linked).run(WHO);
    expect(made).toMatchObject({ name: 'Hal', email: '', isAccount: true });
    expect(made.id).not.toBe(hal.id);
    // Another subject with the address of somebody who is known by now.
    provider.people.set('fay', { name: 'Not Gil', email: 'gil@example.com', email_verified: true });
    expect((await as(await provider.token('fay'), linked).run(WHO)).id).not.toBe(id);
  });
});
