/** How endpoints authenticate, as it is saved: which credential a type takes, what stays on an edit, and what is sealed. */
import type { AuthenticationInput } from '../../src/webhooks/authentication.ts';
import { openCredential } from '../../src/webhooks/authentication.ts';
import { EndpointEntity } from '../../src/webhooks/endpoint.entity.ts';
import type { EndpointInput } from '../../src/webhooks/inputs.ts';
import {
  CLIENT_IDENTITY,
  ENCRYPTED_CLIENT_KEY,
  EXPIRED_IDENTITY,
  GOOD_IDENTITY,
  SELF_SIGNED_IDENTITY,
} from '../support/certificates.ts';
import { inputOf, openWorkshop, problemsOf, saved, type Workshop } from './workshop.ts';

const TARGET = 'https://one.example.com/hook';
const OAUTH2 = {
  tokenUrl: 'https://one.example.com/token?tenant=7',
  clientId: 'client-7',
  clientSecret: 'canary-secret',
};
const MUTUAL_TLS = { certificate: CLIENT_IDENTITY.cert, privateKey: CLIENT_IDENTITY.key };

/** A right input for each type, and the hint that is shown of it. */
const INPUTS: [input: AuthenticationInput, hint: string | null][] = [
  [{ type: 'NONE' }, null],
  [{ type: 'BASIC', basic: { username: 'Zoë', password: 'canary: secret' } }, 'Zoë'],
  [{ type: 'BEARER', bearer: { token: 'canary-token._~+/==' } }, null],
  [{ type: 'API_KEY', apiKey: { name: 'X-API-Key', value: 'canary key' } }, 'X-API-Key'],
  [
    { type: 'CUSTOM_HEADER', customHeader: { name: 'Authorization', value: 'Splunk canary' } },
    'Authorization',
  ],
  [{ type: 'OAUTH2_CLIENT_CREDENTIALS', oauth2: OAUTH2 }, 'client-7 at https://one.example.com/token'],
  [{ type: 'MUTUAL_TLS', mutualTls: MUTUAL_TLS }, 'CN=client.example, O=Example, until 2100-01-01'],
];

const RIGHT = INPUTS.map(([input, hint]) => ({ type: input.type, input, hint }));

let shop: Workshop;
beforeAll(async () => {
  shop = await openWorkshop();
});
afterAll(() => shop.close());

const row = (authentication: AuthenticationInput, more: EndpointInput = {}) =>
  inputOf({ endpoints: [{ kind: 'URL', target: TARGET, authentication, ...more }] });
const create = (authentication: AuthenticationInput, more?: EndpointInput) =>
  shop.webhooks.create(shop.root, row(authentication, more));

/** A webhook with this authentication, and its endpoint. */
async function made(authentication: AuthenticationInput, more?: EndpointInput) {
  const { id } = saved(await create(authentication, more));
  const [endpoint] = (await shop.webhooks.endpointsOf([id])).get(id)!;
  return { id, endpoint: endpoint! };
}

/** What is stored for an endpoint, with its credential in clear. */
async function stored(endpointId: string) {
  const found = await shop.orm
    .createQueryBuilder(EndpointEntity, 'ep')
    .addSelect('ep.authSealed')
    .where({ id: endpointId })
    .getOneOrFail();
  return { ...found, credential: openCredential(shop.keyring, endpointId, found) };
}

/** What an edit of the one endpoint is refused for, and the endpoint after it. */
async function edit({ id, endpoint }: Awaited<ReturnType<typeof made>>, input: EndpointInput) {
  const outcome = await shop.webhooks.update(shop.root, id, null, {
    endpoints: [{ id: endpoint.id, ...input }],
  });
  const [now] = (await shop.webhooks.endpointsOf([id])).get(id)!;
  return { problems: problemsOf(outcome), now: now! };
}

describe('a type', () => {
  it.each(RIGHT)(
    'takes its own credential, sealed, and shows no more than a hint: $type',
    async ({ input, hint }) => {
      const { endpoint } = await made(input);
      const { type, ...parts } = input;
      expect(endpoint.authentication).toEqual({
        type,
        hint,
        expiresAt: type === 'MUTUAL_TLS' ? new Date('2100-01-01T00:00:00Z') : null,
      });
      const { credential, authSealed } = await stored(endpoint.id);
      expect(credential).toEqual(
        type === 'NONE' ? null : { type, ...Object.values(parts)[0], ...(parts.oauth2 && { scope: null }) },
      );
      expect(authSealed?.includes('canary') ?? false).toBe(false);
    },
  );

  const typed = INPUTS.map(([input]) => input).filter(({ type }) => type !== 'NONE');
  it.each(typed)('asks for it, and takes none of another type: $type', async ({ type, ...parts }) => {
    const [part] = Object.keys(parts) as [string];
    expect(problemsOf(await create({ type }))).toEqual([
      `CREDENTIAL_MISMATCH endpoints.0.authentication.${part}`,
    ]);
    for (const { type: other, ...others } of typed) {
      if (other === type) continue;
      const [wrong] = Object.keys(others) as [string];
      expect(problemsOf(await create({ type, ...others }))).toEqual([
        `CREDENTIAL_MISMATCH endpoints.0.authentication.${wrong}`,
        `CREDENTIAL_MISMATCH endpoints.0.authentication.${part}`,
      ]);
      // Beside the right one it is refused as well.
      expect(problemsOf(await create({ type, ...parts, ...others }))).toEqual([
        `CREDENTIAL_MISMATCH endpoints.0.authentication.${wrong}`,
      ]);
    }
    expect(problemsOf(await create({ type: 'NONE', ...parts }))).toEqual([
      `CREDENTIAL_MISMATCH endpoints.0.authentication.${part}`,
    ]);
  });

  it('is none where nothing is said', async () => {
    const { id } = saved(await shop.webhooks.create(shop.root, inputOf()));
    const [endpoint] = (await shop.webhooks.endpointsOf([id])).get(id)!;
    expect(endpoint!.authentication).toEqual({ type: 'NONE', hint: null, expiresAt: null });
  });
});

describe('a credential is refused', () => {
  const basic = (username: string, password: string): AuthenticationInput => ({
    type: 'BASIC',
    basic: { username, password },
  });
  const bearer = (token: string): AuthenticationInput => ({ type: 'BEARER', bearer: { token } });
  const apiKey = (name: string, value: string): AuthenticationInput => ({
    type: 'API_KEY',
    apiKey: { name, value },
  });
  const oauth2 = (parts: Partial<typeof OAUTH2 & { scope: string }>): AuthenticationInput => ({
    type: 'OAUTH2_CLIENT_CREDENTIALS',
    oauth2: { ...OAUTH2, ...parts },
  });
  const mutualTls = (parts: Partial<typeof MUTUAL_TLS>): AuthenticationInput => ({
    type: 'MUTUAL_TLS',
    mutualTls: { ...MUTUAL_TLS, ...parts },
  });
  const issuer = CLIENT_IDENTITY.cert.slice(CLIENT_IDENTITY.cert.lastIndexOf('-----BEGIN'));
  const leaf = CLIENT_IDENTITY.cert.slice(0, CLIENT_IDENTITY.cert.lastIndexOf('-----BEGIN'));

  const CASES: [title: string, input: AuthenticationInput, problems: string[]][] = [
    ['neither user name nor password', basic('', ''), ['REQUIRED basic.username']],
    ['a colon in the user name', basic('a:b', 'c'), ['INVALID basic.username']],
    ['control characters', basic('a\n', '\0'), ['INVALID basic.username', 'INVALID basic.password']],
    ['an endless password', basic('a', 'x'.repeat(1025)), ['TOO_LONG basic.password']],
    ['a blank token', bearer(' '), ['REQUIRED bearer.token']],
    ['a token with its scheme', bearer('Bearer abc'), ['INVALID bearer.token']],
    ['a token over two lines', bearer('abc\r\nX-Evil: 1'), ['INVALID bearer.token']],
    ['an endless token', bearer('x'.repeat(8193)), ['TOO_LONG bearer.token']],
    ['no header name', apiKey('', 'x'), ['REQUIRED apiKey.name']],
    ['a reserved header', apiKey('Host', 'x'), ['INVALID apiKey.name']],
    ['a header of the signature', apiKey('webhook-signature', 'x'), ['INVALID apiKey.name']],
    ['a name that is none', apiKey('X Key', 'x'), ['INVALID apiKey.name']],
    ['a value over two lines', apiKey('X-Key', 'a\r\nX-Evil: 1'), ['INVALID apiKey.value']],
    ['an empty value', apiKey('X-Key', ''), ['REQUIRED apiKey.value']],
    ['a private token address', oauth2({ tokenUrl: 'https://10.0.0.1/' }), ['UNSAFE_TARGET oauth2.tokenUrl']],
    [
      'a name that leads to a private address',
      oauth2({ tokenUrl: 'https://private.example.com/token' }),
      ['UNSAFE_TARGET oauth2.tokenUrl'],
    ],
    ['a token address that is none', oauth2({ tokenUrl: 'token' }), ['INVALID oauth2.tokenUrl']],
    ['no client id', oauth2({ clientId: '' }), ['REQUIRED oauth2.clientId']],
    ['a client secret beyond ASCII', oauth2({ clientSecret: 'ü' }), ['INVALID oauth2.clientSecret']],
    ['a scope with quotes', oauth2({ scope: '"a"' }), ['INVALID oauth2.scope']],
    ['no certificate', mutualTls({ certificate: ' ' }), ['REQUIRED mutualTls.certificate']],
    ['a certificate that is none', mutualTls({ certificate: 'abc' }), ['INVALID mutualTls.certificate']],
    [
      'a certificate that was cut',
      mutualTls({ certificate: leaf.replace(/\n.{10}/, '\n') }),
      ['INVALID mutualTls.certificate'],
    ],
    [
      'a certificate with its key',
      mutualTls({ certificate: leaf + CLIENT_IDENTITY.key }),
      ['INVALID mutualTls.certificate'],
    ],
    [
      'a chain in the wrong order',
      mutualTls({ certificate: `${issuer}\n${leaf}` }),
      ['INVALID mutualTls.certificate'],
    ],
    [
      'an expired certificate',
      mutualTls({ certificate: EXPIRED_IDENTITY.cert, privateKey: EXPIRED_IDENTITY.key }),
      ['INVALID mutualTls.certificate'],
    ],
    [
      'the key of another certificate',
      mutualTls({ privateKey: GOOD_IDENTITY.key }),
      ['INVALID mutualTls.privateKey'],
    ],
    [
      'a key behind a passphrase',
      mutualTls({ privateKey: ENCRYPTED_CLIENT_KEY }),
      ['INVALID mutualTls.privateKey'],
    ],
    ['a key that is none', mutualTls({ privateKey: 'abc' }), ['INVALID mutualTls.privateKey']],
    [
      'an endless key',
      mutualTls({ privateKey: CLIENT_IDENTITY.key.padEnd(16_385) }),
      ['TOO_LONG mutualTls.privateKey'],
    ],
  ];

  it.each(CASES)('for %s', async (_title, input, problems) => {
    const outcome = await create(input);
    expect(problemsOf(outcome)).toEqual(
      problems.map((one) => one.replace(' ', ' endpoints.0.authentication.')),
    );
    // No message repeats what was typed, but for the name of a header.
    const told = outcome.problems.map(({ message }) => message).join();
    for (const value of ['a:b', 'X-Evil', 'Splunk', 'canary']) expect(told).not.toContain(value);
  });

  it('where a header says the same, at whichever was given last', async () => {
    const headers = [
      { name: 'X-Open', value: '1' },
      { name: 'x-api-key', value: '1' },
    ];
    const key: AuthenticationInput = { type: 'API_KEY', apiKey: { name: 'X-API-Key', value: 'k' } };
    expect(problemsOf(await create(key, { advanced: { headers } }))).toEqual([
      'DUPLICATE endpoints.0.advanced.headers.1.name',
    ]);
    const withHeaders = await made({ type: 'NONE' }, { advanced: { headers } });
    expect((await edit(withHeaders, { authentication: key })).problems).toEqual([
      'DUPLICATE endpoints.0.authentication.apiKey.name',
    ]);
    const withKey = await made(key);
    expect((await edit(withKey, { advanced: { headers } })).problems).toEqual([
      'DUPLICATE endpoints.0.advanced.headers.1.name',
    ]);
    const authorization = [{ name: 'authorization', value: 'x' }];
    expect(
      problemsOf(
        await create({ type: 'BEARER', bearer: { token: 't' } }, { advanced: { headers: authorization } }),
      ),
    ).toEqual(['DUPLICATE endpoints.0.advanced.headers.0.name']);
    expect(
      (await edit(withKey, { authentication: { type: 'NONE' }, advanced: { headers } })).problems,
    ).toEqual([]);
  });
});

describe('on an edit', () => {
  const basic: AuthenticationInput = { type: 'BASIC', basic: { username: 'u', password: 'first' } };

  it('the credential stays where it is left out, alone or with its type, and goes with another type or none', async () => {
    const webhook = await made(basic);
    const credentialNow = async () => (await stored(webhook.endpoint.id)).credential;
    for (const input of [{}, { authentication: { type: 'BASIC' as const } }, { target: `${TARGET}/x` }])
      expect((await edit(webhook, input)).problems).toEqual([]);
    expect(await credentialNow()).toMatchObject({ password: 'first' });
    // A type without its credential is refused, and clears nothing.
    expect((await edit(webhook, { authentication: { type: 'BEARER' } })).problems).toEqual([
      'CREDENTIAL_MISMATCH endpoints.0.authentication.bearer',
    ]);
    expect(await credentialNow()).toMatchObject({ password: 'first' });
    const { now } = await edit(webhook, { authentication: { type: 'BEARER', bearer: { token: 't' } } });
    expect(now.authentication).toEqual({ type: 'BEARER', hint: null, expiresAt: null });
    expect(await credentialNow()).toEqual({ type: 'BEARER', token: 't' });
    for (const authentication of [{ type: 'NONE' as const }, null]) {
      await edit(webhook, { authentication: basic });
      expect((await edit(webhook, { authentication })).now.authentication.type).toBe('NONE');
      expect(await stored(webhook.endpoint.id)).toMatchObject({ authSealed: null, authHint: null });
    }
  });

  it('raises the version of the endpoint with each new credential, and only then', async () => {
    const webhook = await made(basic);
    expect((await edit(webhook, { authentication: { type: 'BASIC' } })).now.version).toBe(1);
    expect((await edit(webhook, { authentication: basic })).now.version).toBe(2);
    expect((await edit(webhook, { authentication: null })).now.version).toBe(3);
    expect((await edit(webhook, { authentication: { type: 'NONE' } })).now.version).toBe(3);
  });

  it('a move to another scheme, host or port asks for it again, and clears nothing', async () => {
    const webhook = await made(basic);
    for (const target of ['https://two.example.com/', 'https://one.example.com:8443/hook'])
      for (const authentication of [undefined, { type: 'BASIC' as const }]) {
        const { problems, now } = await edit(webhook, { target, ...(authentication && { authentication }) });
        expect(problems).toEqual(['CREDENTIAL_MISMATCH endpoints.0.target']);
        expect(now).toMatchObject({ target: TARGET, authentication: { type: 'BASIC' }, version: 1 });
      }
    expect((await stored(webhook.endpoint.id)).credential).toMatchObject({ password: 'first' });
    const moved = await edit(webhook, {
      target: 'https://two.example.com/',
      authentication: { type: 'BASIC', basic: { username: 'u', password: 'second' } },
    });
    expect(moved.problems).toEqual([]);
    expect((await stored(webhook.endpoint.id)).credential).toMatchObject({ password: 'second' });
    expect((await edit(webhook, { target: TARGET, authentication: null })).problems).toEqual([]);
  });

  it('and with the end of its endpoint it is forgotten', async () => {
    const webhook = await made(basic);
    saved(
      await shop.webhooks.update(shop.root, webhook.id, null, {
        endpoints: [{ kind: 'URL', target: 'https://one.example.com/other' }],
      }),
    );
    expect(await stored(webhook.endpoint.id)).toMatchObject({ authType: 'NONE', authSealed: null });
  });

  it('the audit log tells the type and the hint, and of the credential that it changed', async () => {
    const webhook = await made(basic);
    await edit(webhook, { authentication: { type: 'BASIC', basic: { username: 'u', password: 'canary' } } });
    await edit(webhook, { authentication: { type: 'API_KEY', apiKey: { name: 'X-Key', value: 'canary' } } });
    const entries = await shop.orm.query<{ changes: object }[]>(
      `select changes from audit_log where subject_id = $1 order by id`,
      [webhook.id],
    );
    const path = `endpoints.${webhook.endpoint.id}.authentication`;
    expect(entries[0]!.changes).toMatchObject({
      [`${path}.type`]: { from: null, to: 'BASIC' },
      [`${path}.hint`]: { from: null, to: 'u' },
      [`${path}.credential`]: { changed: true },
    });
    expect(entries.slice(1).map(({ changes }) => changes)).toEqual([
      { [`${path}.credential`]: { changed: true } },
      {
        [`${path}.type`]: { from: 'BASIC', to: 'API_KEY' },
        [`${path}.hint`]: { from: 'u', to: 'X-Key' },
        [`${path}.credential`]: { changed: true },
      },
    ]);
    expect(JSON.stringify(entries)).not.toContain('canary');
  });
});

describe('a draft', () => {
  async function draftOf(authentication: AuthenticationInput | null, more: EndpointInput = {}) {
    const { draft } = await shop.drafts.create(shop.root, { name: 'Draft' });
    const endpoints = await shop.drafts.setEndpoints(shop.root, draft!.id, null, [
      { kind: 'URL', target: TARGET, authentication, ...more },
    ]);
    await shop.drafts.setTriggers(shop.root, draft!.id, null, [{ resource: 'clients', event: 'create' }]);
    return { id: draft!.id, row: endpoints.draft!.endpoints[0]!, problems: endpoints.problems };
  }
  const type = (id: string, ...rows: EndpointInput[]) => shop.drafts.setEndpoints(shop.root, id, null, rows);
  const at = (problems: { code: string; field: string[] | null }[]) =>
    problems.map(({ code, field }) => `${code} ${field?.join('.')}`);

  it.each(RIGHT)(
    'keeps what was typed, shows its hint, and hands it to the webhook: $type',
    async ({ input, hint }) => {
      const { id, row } = await draftOf(input);
      expect(row.authentication).toMatchObject({ type: input.type, hint });
      // A later step without it keeps it.
      const again = await type(id, { id: row.id, kind: 'URL', authentication: { type: input.type } });
      expect(again.problems).toEqual([]);
      expect(again.draft!.endpoints[0]!.authentication).toMatchObject({ type: input.type, hint });
      const before = await shop.orm.query<{ row: string }[]>('select d::text as row from webhook_drafts d');
      expect(JSON.stringify(before)).not.toContain('canary');
      const { problems, webhook } = await shop.drafts.save(shop.root, id);
      expect(problems).toEqual([]);
      const [endpoint] = (await shop.webhooks.endpointsOf([webhook!.id])).get(webhook!.id)!;
      expect(endpoint).toMatchObject({ id: row.id, authentication: { type: input.type, hint } });
      expect((await stored(row.id)).credential?.type ?? 'NONE').toBe(input.type);
      const [kept] = await shop.orm.query<[{ endpoints: object[] }]>(
        'select endpoints from webhook_drafts where id = $1',
        [id],
      );
      expect(kept.endpoints[0]).toMatchObject({ authentication: { type: input.type } });
      expect(JSON.stringify(kept)).not.toContain('sealed');
    },
  );

  it('keeps a wrong one, too, and says what is wrong with it until it is mended', async () => {
    const { id, row, problems } = await draftOf({ type: 'BASIC', bearer: { token: 'canary' } });
    expect(at(problems)).toEqual([
      'CREDENTIAL_MISMATCH endpoints.0.authentication.bearer',
      'CREDENTIAL_MISMATCH endpoints.0.authentication.basic',
    ]);
    const mended = await type(id, { id: row.id, kind: 'URL', authentication: { type: 'BEARER' } });
    expect(at(mended.problems)).toEqual(['CREDENTIAL_MISMATCH endpoints.0.authentication.bearer']);
    const right = { type: 'BEARER' as const, bearer: { token: 't' } };
    expect((await type(id, { id: row.id, kind: 'URL', authentication: right })).problems).toEqual([]);
  });

  it('hands it to no other server than the one that it was typed for', async () => {
    const { id, row } = await draftOf({ type: 'BEARER', bearer: { token: 'canary' } });
    const moved = await type(id, { id: row.id, target: 'https://two.example.com/' });
    expect(at(moved.problems)).toEqual(['CREDENTIAL_MISMATCH endpoints.0.target']);
    // By way of an address that is none it does not get there either.
    await type(id, { id: row.id, target: 'nowhere' });
    const detour = await type(id, { id: row.id, target: 'https://two.example.com/' });
    expect(at(detour.problems)).toEqual(['CREDENTIAL_MISMATCH endpoints.0.target']);
    const refused = await shop.drafts.save(shop.root, id);
    expect(at(refused.problems)).toEqual([
      'DRAFT_INCOMPLETE undefined',
      'CREDENTIAL_MISMATCH endpoints.0.target',
    ]);
    expect((await type(id, { id: row.id, target: TARGET })).problems).toEqual([]);
    const none = await type(id, { id: row.id, target: 'https://two.example.com/', authentication: null });
    expect(none.problems).toEqual([]);
    expect(none.draft!.endpoints[0]!.authentication).toEqual({ type: 'NONE', hint: null, expiresAt: null });
  });

  it('says nothing of authentication while nobody has touched it', async () => {
    const { draft } = await shop.drafts.create(shop.root, { name: 'Draft' });
    const { draft: stepped } = await type(draft!.id, { kind: 'URL', target: TARGET });
    expect(stepped!.endpoints[0]!.authentication).toBeNull();
  });
});

it('shows no user name that has no password: then the name is the key', async () => {
  const { endpoint } = await made({ type: 'BASIC', basic: { username: 'sk_live_canary', password: '' } });
  expect(endpoint.authentication.hint).toBeNull();
  const other = await made({ type: 'BASIC', basic: { username: '', password: 'canary' } });
  expect(other.endpoint.authentication.hint).toBe('');
});

it('takes a self-signed certificate, which the receiver may have pinned', async () => {
  const { endpoint } = await made({
    type: 'MUTUAL_TLS',
    mutualTls: { certificate: SELF_SIGNED_IDENTITY.cert, privateKey: SELF_SIGNED_IDENTITY.key },
  });
  expect(endpoint.authentication.hint).toBe('CN=public.example, until 2100-01-01');
});
