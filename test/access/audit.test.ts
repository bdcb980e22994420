/** The audit log over the API: what is written with which change, who reads what of it, and that it only grows. */
import { createPerson, createTeam, type Person } from '../support/people.ts';
import { startServer, type TestServer } from '../support/server.ts';

const LOG = `query ($first: Int, $after: String, $subjectId: ID) {
  auditLog(first: $first, after: $after, subjectId: $subjectId) {
    nodes { id at action subjectId changes login { id } subject { __typename id } }
    edges { cursor } pageInfo { hasNextPage endCursor } } }`;
const CREATE_LOGIN = `mutation ($input: LoginInput!) {
  loginCreate(input: $input) { errors { code field message } login { id } } }`;
const UPDATE_LOGIN = `mutation ($id: ID!, $input: LoginInput!) {
  loginUpdate(id: $id, input: $input) { errors { code field message } login { name } } }`;
const UPDATE_TEAM = `mutation ($id: ID!, $input: TeamInput!) {
  teamUpdate(id: $id, input: $input) { errors { code } } }`;
const CREATE_TOKEN = `mutation ($input: AccessTokenInput!) {
  accessTokenCreate(input: $input) { errors { code field message } accessToken { id hint } value } }`;
const REVOKE = 'mutation ($id: ID!) { accessTokenRevoke(id: $id) { errors { code } } }';

let server: TestServer;
let rootId: string;

beforeAll(async () => {
  // One test makes the server fail, which it would log.
  server = await startServer({ BELLWIRE_LOG_LEVEL: 'silent' });
  rootId = (await server.api.run('{ viewer { id } }')).id;
});
afterAll(() => server?.stop());

/** The entries about one thing, the newest first, as [action, changes]. */
async function trail(subjectId: string): Promise<[string, unknown][]> {
  const { nodes } = await server.api.run(LOG, { subjectId });
  return nodes.map((node: any) => [node.action, node.changes]);
}

async function createLogin(input: Record<string, unknown>): Promise<string> {
  return (await server.api.mutate(CREATE_LOGIN, { input })).login.id as string;
}

describe('the audit log', () => {
  it('tells of a login who made it, and from which value to which it was changed', async () => {
    const other = await createLogin({ name: 'Branch' });
    const id = await createLogin({ name: 'Ann', permissions: ['EVENTS_PUBLISH', 'WEBHOOKS_MANAGE'] });
    const update = (input: Record<string, unknown>) => server.api.run(UPDATE_LOGIN, { id, input });
    const change = { name: 'Anne', email: 'anne@example.com', parentId: other, disabled: true };
    expect((await update({ ...change, permissions: ['EVENTS_PUBLISH'] })).errors).toEqual([]);
    // What changes nothing, or is refused, is not there.
    expect((await update({ ...change, permissions: ['EVENTS_PUBLISH', 'EVENTS_PUBLISH'] })).errors).toEqual(
      [],
    );
    expect((await update({ name: 'x', parentId: id })).errors).toHaveLength(1);
    expect(await trail(id)).toEqual([
      [
        'login.update',
        {
          name: { from: 'Ann', to: 'Anne' },
          email: { from: '', to: 'anne@example.com' },
          parentId: { from: rootId, to: other },
          permissions: { from: ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH'], to: ['EVENTS_PUBLISH'] },
          disabled: { from: false, to: true },
        },
      ],
      [
        'login.create',
        {
          name: { from: null, to: 'Ann' },
          email: { from: null, to: '' },
          parentId: { from: null, to: rootId },
          isAccount: { from: null, to: false },
          permissions: { from: null, to: ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH'] },
          disabled: { from: null, to: false },
        },
      ],
    ]);
    const { nodes } = await server.api.run(LOG, { subjectId: id, first: 1 });
    expect(nodes).toMatchObject([
      { subjectId: id, login: { id: rootId }, subject: { __typename: 'Login', id } },
    ]);
    expect(Date.now() - Date.parse(nodes[0].at)).toBeLessThan(60_000);
    const node = await server.api.run(
      'query ($id: ID!) { node(id: $id) { __typename ... on AuditEntry { action } } }',
      { id: nodes[0].id },
    );
    expect(node).toEqual({ __typename: 'AuditEntry', action: 'login.update' });
  });

  it('tells of a team its name and who came and went, also when it is gone', async () => {
    const [a, b, c] = [
      await createLogin({ name: 'A' }),
      await createLogin({ name: 'B' }),
      await createLogin({ name: 'C' }),
    ];
    const id = await createTeam(server, 'Desk', [a, b]);
    await server.api.mutate(UPDATE_TEAM, { id, input: { name: 'Office', memberIds: [b, c] } });
    await server.api.mutate(UPDATE_TEAM, { id, input: { name: 'Office', memberIds: [c, b] } });
    await server.api.mutate('mutation ($id: ID!) { teamDelete(id: $id) { errors { code } } }', { id });
    expect(await trail(id)).toEqual([
      ['team.delete', { name: { from: 'Office', to: null }, memberIds: { from: [b, c], to: [] } }],
      ['team.update', { name: { from: 'Desk', to: 'Office' }, memberIds: { from: [a], to: [c] } }],
      ['team.create', { name: { from: null, to: 'Desk' }, memberIds: { from: [], to: [a, b] } }],
    ]);
    const { nodes } = await server.api.run(LOG, { subjectId: id });
    expect(nodes.map((node: any) => node.subject)).toEqual([null, null, null]);
  });

  it('tells of a token everything but its value, and of its end once', async () => {
    const loginId = await createLogin({ name: 'Robot', permissions: ['EVENTS_PUBLISH'] });
    const expiresAt = '2100-01-01T00:00:00.000Z';
    const { accessToken, value } = await server.api.mutate(CREATE_TOKEN, {
      input: { name: 'CI', permissions: ['EVENTS_PUBLISH'], loginId, expiresAt },
    });
    await server.api.mutate(REVOKE, { id: accessToken.id });
    await server.api.mutate(REVOKE, { id: accessToken.id });
    expect(await trail(accessToken.id)).toEqual([
      [
        'accessToken.revoke',
        {
          loginId: { from: loginId, to: null },
          name: { from: 'CI', to: null },
          permissions: { from: ['EVENTS_PUBLISH'], to: null },
          expiresAt: { from: expiresAt, to: null },
        },
      ],
      [
        'accessToken.create',
        {
          loginId: { from: null, to: loginId },
          name: { from: null, to: 'CI' },
          permissions: { from: null, to: ['EVENTS_PUBLISH'] },
          expiresAt: { from: null, to: expiresAt },
        },
      ],
    ]);
    const { rows } = await server.app.db.engine.query<{ row: string }>(
      'select a::text as row from audit_log a',
    );
    const { rows: hashes } = await server.app.db.engine.query<{ hash: string }>(
      `select encode(sha256, 'hex') as hash from access_tokens where id = $1`,
      [accessToken.id],
    );
    const all = rows.map(({ row }) => row).join('\n');
    expect(all).toContain(accessToken.id);
    for (const secret of [value, value.slice(3), accessToken.hint, hashes[0]!.hash])
      expect(all).not.toContain(secret);
  });

  it('is paged from the newest on', async () => {
    for (const name of ['P1', 'P2', 'P3']) await createLogin({ name });
    const names: string[] = [];
    let after: string | null = null;
    while (names.length < 3) {
      const page: any = await server.api.run(LOG, { first: 1, after });
      names.push(page.nodes[0].changes.name.to);
      expect(page.pageInfo).toEqual({ hasNextPage: true, endCursor: page.edges[0].cursor });
      after = page.pageInfo.endCursor;
    }
    expect(names).toEqual(['P3', 'P2', 'P1']);
    expect((await server.api.run(LOG, { subjectId: 'nonsense\0' })).nodes).toEqual([]);
    const refused = await server.api.send(LOG, { after: 'nonsense' });
    expect(refused.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  });
});

describe('an entry', () => {
  it('is read by those who may manage what it is about, in their part of the tree', async () => {
    const north = await createPerson(server, {
      name: 'North',
      isAccount: true,
      permissions: ['WEBHOOKS_MANAGE', 'CATALOG_MANAGE', 'ACCESS_MANAGE'],
    });
    const south = await createPerson(server, {
      name: 'South',
      isAccount: true,
      permissions: ['ACCESS_MANAGE'],
    });
    const keeper = await createPerson(north, { name: 'Keeper', permissions: ['ACCESS_MANAGE'] });
    const hooks = await createPerson(north, { name: 'Hooks', permissions: ['WEBHOOKS_MANAGE'] });
    const models = await createPerson(north, { name: 'Models', permissions: ['CATALOG_MANAGE'] });
    const plain = await createPerson(north, { name: 'Plain' });
    const clerk = await createPerson(keeper, { name: 'Clerk' });
    const team = await createTeam(north, 'Desk', []);
    // What the rooms of webhooks and of the catalog write.
    await server.app.db.engine.query(
      `insert into audit_log (id, login_id, action, subject_kind, subject_id, scope_id, changes)
       values ('aud_01k00000000000000000000000', $1, 'webhook.create', 'webhook', 'whk_01k00000000000000000000000', $2, '{}'),
              ('aud_01k00000000000000000000001', $1, 'resource.register', 'resource', 'res_01k00000000000000000000000', null, '{}')`,
      [rootId, north.id],
    );
    const actions = async (reader: Person): Promise<string[]> => {
      const { nodes } = await reader.api.run(LOG);
      const about = new Map([
        [north.id, 'north'],
        [keeper.id, 'keeper'],
        [clerk.id, 'clerk'],
        [team, 'team'],
      ]);
      const told = nodes.map((node: any) => about.get(node.subjectId) ?? node.action.split('.')[0]);
      return [...new Set<string>(told)].sort();
    };
    expect(await actions(north)).toEqual([
      'accessToken',
      'clerk',
      'keeper',
      'login',
      'north',
      'resource',
      'team',
      'webhook',
    ]);
    // A login below the account's: its own portfolio, and the teams of the account.
    expect(await actions(keeper)).toEqual(['accessToken', 'clerk', 'keeper', 'team']);
    expect(await actions(hooks)).toEqual(['webhook']);
    expect(await actions(models)).toEqual(['resource']);
    expect(await actions(south)).toEqual(['accessToken', 'login']);
    // Who did it is told also of a login that the caller may not see.
    const makers = (await south.api.run(LOG)).nodes.map((node: any) => node.login.id);
    expect([...new Set(makers)]).toEqual([rootId]);

    const refused = await plain.api.send(LOG);
    expect(refused).toMatchObject({
      data: { auditLog: null },
      errors: [{ extensions: { code: 'FORBIDDEN' } }],
    });
    const [entry] = (await north.api.run(LOG, { subjectId: clerk.id })).nodes;
    const node = 'query ($id: ID!) { node(id: $id) { id } }';
    for (const reader of [plain, hooks, south])
      expect((await reader.api.send(node, { id: entry.id })).data).toEqual({ node: null });
    expect(entry).toMatchObject({ login: { id: keeper.id } });
    expect((await keeper.api.run(LOG, { subjectId: keeper.id })).nodes).toMatchObject([
      { action: 'login.create', login: { id: north.id }, subject: { id: keeper.id } },
    ]);
  });

  it('is written together with its change, or neither is', async () => {
    const id = await createLogin({ name: 'Whole' });
    const team = await createTeam(server, 'Whole', []);
    const token = await server.api.mutate(CREATE_TOKEN, { input: { name: 'Whole', permissions: [] } });
    const before = await server.api.run(LOG);
    const { engine } = server.app.db;
    await engine.query('alter table audit_log add constraint closed check (false) not valid');
    try {
      const failing: [string, Record<string, unknown>][] = [
        [CREATE_LOGIN, { input: { name: 'Half' } }],
        [UPDATE_LOGIN, { id, input: { name: 'Half' } }],
        ['mutation { teamCreate(input: { name: "Half" }) { errors { code } } }', {}],
        [UPDATE_TEAM, { id: team, input: { name: 'Half' } }],
        ['mutation ($id: ID!) { teamDelete(id: $id) { errors { code } } }', { id: team }],
        [CREATE_TOKEN, { input: { name: 'Half', permissions: [] } }],
        [REVOKE, { id: token.accessToken.id }],
      ];
      for (const [mutation, variables] of failing)
        expect((await server.api.send(mutation, variables)).errors).toMatchObject([
          { extensions: { code: 'INTERNAL_SERVER_ERROR' } },
        ]);
    } finally {
      await engine.query('alter table audit_log drop constraint closed');
    }
    const seen = await server.api.send(
      '{ logins { nodes { name } } teams { nodes { name } } accessTokens { name } }',
    );
    expect(JSON.stringify(seen.data)).not.toContain('Half');
    expect(JSON.stringify([seen.data.teams, seen.data.accessTokens]).match(/Whole/g)).toHaveLength(2);
    expect(await server.api.run(LOG)).toEqual(before);
    await server.api.mutate(UPDATE_LOGIN, { id, input: { name: 'Half' } });
    expect((await trail(id))[0]).toEqual(['login.update', { name: { from: 'Whole', to: 'Half' } }]);
  });

  it('cannot be changed or removed, by whatever program', async () => {
    const { engine } = server.app.db;
    const count = async () =>
      (await engine.query<{ n: string }>('select count(*) as n from audit_log')).rows[0]!.n;
    const before = await count();
    for (const statement of [
      `update audit_log set action = 'nothing'`,
      'delete from audit_log',
      'truncate audit_log',
      'truncate logins cascade',
    ])
      await expect(engine.query(statement)).rejects.toThrow('audit_log can only be added to');
    expect(await count()).toBe(before);
  });
});
