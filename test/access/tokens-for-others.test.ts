/** Tokens for other logins, over the API: the first token of a new login, and what its maker may not give away. */
import { Api } from '../support/api.ts';
import { createPerson, createTeam, type Person } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { createWebhook, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const CREATE_LOGIN = `mutation ($input: LoginInput!) {
  loginCreate(input: $input) { errors { code field message } login { id email } } }`;
const UPDATE_LOGIN = `mutation ($id: ID!, $input: LoginInput!) {
  loginUpdate(id: $id, input: $input) { errors { code field message } login { permissions } } }`;
const CREATE = `mutation ($input: AccessTokenInput!) {
  accessTokenCreate(input: $input) { errors { code field message } accessToken { id name permissions } value } }`;
const REVOKE = 'mutation ($id: ID!) { accessTokenRevoke(id: $id) { errors { code field } deletedId } }';
const LIST = 'query ($loginId: ID) { accessTokens(loginId: $loginId) { id name permissions } }';

let server: TestServer;
let receiver: Receiver;
/** Manages logins of a branch, and webhooks, but neither the catalog nor events. */
let manager: Person;
/** Manages logins below itself, in the same account. */
let keeper: Person;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  await registerResource(server.api);
  manager = await createPerson(server, {
    name: 'Manager',
    isAccount: true,
    permissions: ['WEBHOOKS_MANAGE', 'ACCESS_MANAGE'],
  });
  keeper = await createPerson(manager, { name: 'Keeper', permissions: ['ACCESS_MANAGE'] });
});

afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

/** Creates a login that has no token yet. */
async function createLogin(maker: Person, input: Record<string, unknown> = {}): Promise<string> {
  const { login } = await maker.api.mutate(CREATE_LOGIN, { input: { name: 'New', ...input } });
  return login.id as string;
}

/** Asks for a token of a login; the problems as "CODE path", or nothing when it was made. */
async function ask(maker: Api, loginId: string | null, permissions: string[] = []): Promise<string[]> {
  const { errors, accessToken, value } = await maker.run(CREATE, {
    input: { name: 'Made', permissions, loginId },
  });
  expect([accessToken === null, value === null]).toEqual([errors.length > 0, errors.length > 0]);
  return errors.map((error: any) => `${error.code} ${error.field?.join('.') ?? '-'}`);
}

describe('a token for another login', () => {
  it('lets a login in that nobody could sign in before, and shows in its list and its maker’s', async () => {
    const loginId = await createLogin(manager, { permissions: ['WEBHOOKS_MANAGE'] });
    const made = await manager.api.mutate(CREATE, {
      input: { name: 'First', permissions: ['WEBHOOKS_MANAGE'], loginId },
    });
    const bearer = new Api(server.api.url, made.value);
    expect(await bearer.run('{ viewer { id email permissions } }')).toEqual({
      id: loginId,
      email: '',
      permissions: ['WEBHOOKS_MANAGE'],
    });
    const shown = { id: made.accessToken.id, name: 'First', permissions: ['WEBHOOKS_MANAGE'] };
    expect(await bearer.run(LIST)).toEqual([shown]);
    expect(await manager.api.run(LIST, { loginId })).toEqual([shown]);
    expect((await manager.api.run(LIST)).map((token: any) => token.id)).not.toContain(shown.id);
    const node = 'query ($id: ID!) { node(id: $id) { id } }';
    expect(await manager.api.run(node, { id: shown.id })).toEqual({ id: shown.id });
    expect((await keeper.api.send(node, { id: shown.id })).data).toEqual({ node: null });

    expect(await manager.api.run(REVOKE, { id: shown.id })).toEqual({ errors: [], deletedId: shown.id });
    expect((await bearer.send('{ viewer { id } }')).status).toBe(401);
    expect(await manager.api.run(LIST, { loginId })).toEqual([]);
    expect((await manager.api.send(node, { id: shown.id })).data).toEqual({ node: null });
  });

  it('needs ACCESS_MANAGE and a login of the caller’s portfolio', async () => {
    const other = await createPerson(manager, { name: 'Other', permissions: ['WEBHOOKS_MANAGE'] });
    const stranger = await createPerson(server, { name: 'Stranger' });
    const deputy = await createPerson(manager, {
      name: 'Deputy',
      permissions: ['WEBHOOKS_MANAGE', 'ACCESS_MANAGE'],
    });
    expect(await ask(other.api, keeper.id)).toEqual(['FORBIDDEN -']);
    // A login itself needs nothing to make a token of its own, named or not.
    expect(await ask(other.api, other.id, ['WEBHOOKS_MANAGE'])).toEqual([]);
    expect(await ask(other.api, null, ['WEBHOOKS_MANAGE'])).toEqual([]);
    expect(await ask(keeper.api, other.id)).toEqual(['NOT_FOUND loginId']);
    expect(await ask(manager.api, stranger.id)).toEqual(['NOT_FOUND loginId']);
    expect(await ask(manager.api, 'lgn_\0')).toEqual(['NOT_FOUND loginId']);
    // The deputy sees the whole account, and manages what lies below itself.
    expect(await ask(deputy.api, other.id)).toEqual(['FORBIDDEN loginId']);
    expect(await ask(deputy.api, await createLogin(deputy))).toEqual([]);
  });

  it('holds no more than its maker and than its login', async () => {
    const loginId = await createLogin(manager, { permissions: ['WEBHOOKS_MANAGE'] });
    await server.api.mutate(UPDATE_LOGIN, {
      id: loginId,
      input: { permissions: ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH'] },
    });
    const all = ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH', 'CATALOG_MANAGE', 'ACCESS_MANAGE'];
    expect(await ask(manager.api, loginId, all)).toEqual([
      'FORBIDDEN permissions.1',
      'FORBIDDEN permissions.2',
      'FORBIDDEN permissions.3',
    ]);
    expect(await ask(server.api, loginId, ['CATALOG_MANAGE', 'EVENTS_PUBLISH'])).toEqual([
      'FORBIDDEN permissions.0',
    ]);
    expect(await ask(manager.api, loginId, ['WEBHOOKS_MANAGE'])).toEqual([]);
  });

  it('is not made for a login that is disabled', async () => {
    const loginId = await createLogin(manager, { disabled: true });
    expect(await ask(manager.api, loginId)).toEqual(['INVALID_STATE loginId']);
    await manager.api.mutate(UPDATE_LOGIN, { id: loginId, input: { disabled: false } });
    expect(await ask(manager.api, loginId)).toEqual([]);
  });

  it('is not made where its bearer would read a webhook of a team that its maker may not read', async () => {
    const clerk = await createLogin(keeper);
    const team = await createTeam(manager, 'Desk', [clerk]);
    expect(await ask(keeper.api, clerk)).toEqual([]);
    await createWebhook(manager.api, receiver.url, { details: { teamId: team } });
    expect(await ask(keeper.api, clerk)).toEqual(['FORBIDDEN loginId']);
    expect(await ask(manager.api, clerk)).toEqual([]);
  });
});

describe('the list of tokens', () => {
  it('of another login needs ACCESS_MANAGE, and is null outside the caller’s portfolio', async () => {
    const other = await createPerson(manager, { name: 'Other', permissions: ['WEBHOOKS_MANAGE'] });
    const refused = await other.api.send(LIST, { loginId: keeper.id });
    expect(refused.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    expect(refused.data).toEqual({ accessTokens: null });
    for (const loginId of [other.id, manager.id, 'nonsense', 'lgn_\0'])
      expect(await keeper.api.send(LIST, { loginId })).toEqual({ status: 200, data: { accessTokens: null } });
    expect(await manager.api.run(LIST, { loginId: other.id })).toHaveLength(1);
    expect(await other.api.run(LIST, { loginId: other.id })).toHaveLength(1);
  });
});

describe('a permission', () => {
  it('is taken back only by a caller that holds it', async () => {
    const loginId = await createLogin(manager, { permissions: ['WEBHOOKS_MANAGE'] });
    const set = (api: Api, permissions: string[], id = loginId) =>
      api.run(UPDATE_LOGIN, { id, input: { permissions } });
    const all = ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH', 'CATALOG_MANAGE'];
    expect(await set(server.api, all)).toMatchObject({ errors: [] });
    const refused = await set(manager.api, []);
    expect(refused.errors).toEqual([
      {
        code: 'FORBIDDEN',
        field: ['permissions'],
        message: 'EVENTS_PUBLISH, CATALOG_MANAGE cannot be taken back by a caller that does not hold it.',
      },
    ]);
    // What it holds itself it takes; the order of what stays says nothing.
    expect(await set(manager.api, ['CATALOG_MANAGE', 'EVENTS_PUBLISH'])).toEqual({
      errors: [],
      login: { permissions: ['EVENTS_PUBLISH', 'CATALOG_MANAGE'] },
    });
    expect(await set(server.api, [])).toMatchObject({ errors: [], login: { permissions: [] } });
  });

  it('may be given away by its holder, who does not get it back by itself', async () => {
    const holder = await createPerson(manager, {
      name: 'Holder',
      permissions: ['WEBHOOKS_MANAGE', 'ACCESS_MANAGE'],
    });
    const set = (permissions: string[]) =>
      holder.api.run(UPDATE_LOGIN, { id: holder.id, input: { permissions } });
    expect(await set(['ACCESS_MANAGE'])).toMatchObject({ errors: [] });
    expect((await set(['WEBHOOKS_MANAGE', 'ACCESS_MANAGE'])).errors).toMatchObject([
      { code: 'FORBIDDEN', field: ['permissions', '0'] },
    ]);
  });
});
