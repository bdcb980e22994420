/** What searches find over HTTP: anywhere in a text where the database has pg_trgm, at its beginning where not. */
import pg from 'pg';

import { createPerson, createTeam } from '../support/people.ts';
import { createWebhook, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const TARGET = 'http://127.0.0.1:4001/hook';

async function withoutTrigrams(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('drop extension pg_trgm cascade');
  await client.end();
}

describe.each([
  ['with pg_trgm', true],
  ['without pg_trgm', false],
])('a search %s', (_, anywhere) => {
  let server: TestServer;
  let number: number;

  beforeAll(async () => {
    server = await startServer({}, anywhere ? {} : { prepare: withoutTrigrams });
    await registerResource(server.api);
    const ann = await createPerson(server, { name: 'Ann Moss', permissions: ['WEBHOOKS_MANAGE'] });
    await createPerson(server, { name: 'Joanna 100%' });
    const night = await createTeam(server, 'Night_shift', []);
    await createTeam(server, 'Day shift', []);
    const long = `${'Long '.repeat(60)}end`;
    ({ number } = await createWebhook(ann.api, TARGET, {
      details: { name: 'Orders', description: 'To the WAREHOUSE' },
    }));
    await createWebhook(server.api, TARGET, { details: { name: 'Reorders %', description: long } });
    await createWebhook(server.api, TARGET, { details: { name: 'Émile', teamId: night } });
  });
  afterAll(() => server?.stop());

  /** The names of what is found, sorted by their code points, or the error's code and path. */
  async function found(list: 'webhooks' | 'logins' | 'teams', search: string): Promise<string[]> {
    const { data, errors } = await server.api.send(
      list === 'webhooks'
        ? `query ($search: String) { list: webhooks(filter: { search: $search }) { totalCount nodes { name } } }`
        : `query ($search: String) { list: ${list}(search: $search) { totalCount nodes { name } } }`,
      { search },
    );
    if (errors)
      return errors.map(
        ({ path, extensions }) =>
          `${String(extensions!['code'])} ${path?.join('.')} ${String(extensions!['field'])}`,
      );
    expect(data.list.totalCount).toBe(data.list.nodes.length);
    return data.list.nodes.map((node: { name: string }) => node.name).sort();
  }
  const only = <T>(names: T[]) => (anywhere ? names : []);

  it('finds webhooks by name, description, login and team, whatever the case', async () => {
    expect(await found('webhooks', ' oRDERS ')).toEqual(['Orders', ...only(['Reorders %'])]);
    expect(await found('webhooks', 'to the warehouse')).toEqual(['Orders']);
    expect(await found('webhooks', 'warehouse')).toEqual(only(['Orders']));
    expect(await found('webhooks', 'éMI')).toEqual(['Émile']);
    expect(await found('webhooks', 'ann m')).toEqual(['Orders']);
    expect(await found('webhooks', 'moss')).toEqual(only(['Orders']));
    expect(await found('webhooks', 'night')).toEqual(['Émile']);
    expect(await found('webhooks', 'shift')).toEqual(only(['Émile']));
    expect(await found('webhooks', 'root')).toEqual(['Reorders %', 'Émile']);
    expect(await found('webhooks', 'long long')).toEqual(['Reorders %']);
    expect(await found('webhooks', 'long end')).toEqual(only(['Reorders %']));
    expect(await found('webhooks', '')).toHaveLength(3);
  });

  it('finds a number only whole', async () => {
    expect(await found('webhooks', String(number))).toEqual(['Orders']);
    expect(await found('webhooks', `0${number}`)).toEqual([]);
    for (const digits of [10, 30]) expect(await found('webhooks', '9'.repeat(digits))).toEqual([]);
    const { number: own } = await server.api.run('{ viewer { number } }');
    expect(await found('logins', String(own))).toContain('Root administrator');
  });

  it('takes signs of LIKE for themselves', async () => {
    for (const sign of ['%', '_', '\\'])
      expect(await found('webhooks', sign)).toEqual(
        sign === '%' ? only(['Reorders %']) : only(sign === '_' ? ['Émile'] : []),
      );
    expect(await found('logins', 'joanna 100%')).toEqual(['Joanna 100%']);
    expect(await found('logins', 'j%')).toEqual([]);
    expect(await found('teams', 'night_')).toEqual(['Night_shift']);
    expect(await found('teams', 'day_')).toEqual([]);
  });

  it('finds logins and teams', async () => {
    expect(await found('logins', 'ANN')).toEqual(['Ann Moss', ...only(['Joanna 100%'])]);
    expect(await found('teams', 'shift')).toEqual(only(['Day shift', 'Night_shift']));
    expect(await found('teams', 'day')).toEqual(['Day shift']);
  });

  it('is refused when it is too long or holds NUL', async () => {
    for (const search of ['s'.repeat(201), 'a\0b']) {
      expect(await found('webhooks', search)).toEqual(['BAD_USER_INPUT list filter,search']);
      expect(await found('logins', search)).toEqual(['BAD_USER_INPUT list search']);
      expect(await found('teams', search)).toEqual(['BAD_USER_INPUT list search']);
    }
    expect(await found('webhooks', 's'.repeat(200))).toEqual([]);
  });
});
