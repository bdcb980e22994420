/** The Webhooks page's operations over HTTP: the saved table, reasons, refusals, switching, tokens. */
import { jest } from '@jest/globals';
import pg from 'pg';

import { figure } from '../support/figure.ts';
import { createPerson, createTeam } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { createWebhook, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const TABLE = `query ($first: Int, $after: String, $filter: WebhookFilterInput, $orderBy: [WebhookOrderInput!]) {
  webhooks(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { number name status statusReason login { name } forLogin { name } team { name }
            triggers { resource event label active inactiveReason }
            endpoints { target advanced { timeoutMs retrySchedule } secrets { hint } } } } }`;

const ORDERED = `query ($first: Int, $last: Int, $orderBy: [WebhookOrderInput!]) {
  webhooks(first: $first, last: $last, orderBy: $orderBy) { nodes { name } } }`;

/** Fifty copies of every webhook with its parts. */
const COPIES = `
  with made as (
    insert into webhooks (id, account_id, login_id, for_login_id, team_id, name, description)
    select w.id || '_' || copy, account_id, login_id, for_login_id, team_id, name, description
    from webhooks w, generate_series(1, 50) copy
  ), sent_to as (
    insert into endpoints (id, webhook_id, position, kind, target, timeout_ms)
    select ep.id || '_' || copy, webhook_id || '_' || copy, position, kind, target, timeout_ms
    from endpoints ep, generate_series(1, 50) copy
  ), signed as (
    insert into secrets (id, endpoint_id, sealed, hint)
    select s.id || '_' || copy, endpoint_id || '_' || copy, sealed, hint from secrets s, generate_series(1, 50) copy
  )
  insert into triggers (id, webhook_id, position, resource, event, name, description)
  select t.id || '_' || copy, webhook_id || '_' || copy, position, resource, event, name, description
  from triggers t, generate_series(1, 50) copy`;

let server: TestServer;
let receiver: Receiver;

beforeEach(async () => {
  server = await startServer({ BELLWIRE_RETRY_SCHEDULE: '0s,5s,5m' });
  receiver = await startReceiver();
  await registerResource(server.api);
});

afterEach(async () => {
  await server.stop();
  await receiver.close();
});

it('tells after each of three changes in one document what holds then', async () => {
  const { id } = await createWebhook(server.api, receiver.url);
  const change = (alias: string, resource: string, target: string) =>
    `${alias}: webhookUpdate(id: $id, input: { triggers: [{ resource: "${resource}", event: "create" }], endpoints: [{ kind: URL, target: "${target}" }] }) {
       errors { code } webhook { status statusReason endpoints { target } triggers { resource } } }`;
  const { data } = await server.api.send(
    `mutation ($id: ID!) { ${change('one', 'ghosts', `${receiver.url}/one`)} ${change('two', 'spectres', `${receiver.url}/two`)} ${change('three', 'clients', receiver.url)} }`,
    { id },
  );
  const told = (resource: string, target: string, reason: string | null) => ({
    errors: [],
    webhook: {
      ...{ status: reason ? 'INACTIVE' : 'ENABLED', statusReason: reason },
      ...{ endpoints: [{ target }], triggers: [{ resource }] },
    },
  });
  const reasonOf = (resource: string) =>
    `No trigger can fire: ${resource}: create (the catalog has no such resource).`;
  expect(data).toEqual({
    one: told('ghosts', `${receiver.url}/one`, reasonOf('ghosts')),
    two: told('spectres', `${receiver.url}/two`, reasonOf('spectres')),
    three: told('clients', receiver.url, null),
  });
});

describe('the saved table', () => {
  it('pages, sorts, filters and counts', async () => {
    for (const name of ['Beta', 'Alpha', 'Gamma'])
      await createWebhook(server.api, receiver.url, { details: { name } });
    const names: string[] = [];
    let after: string | null = null;
    for (;;) {
      const page = await server.api.run(TABLE, { first: 2, after, orderBy: [{ field: 'NAME' }] });
      expect(page.totalCount).toBe(3);
      names.push(...page.nodes.map((node: { name: string }) => node.name));
      if (!page.pageInfo.hasNextPage) break;
      after = page.pageInfo.endCursor;
    }
    expect(names).toEqual(['Alpha', 'Beta', 'Gamma']);
    const found = await server.api.run(TABLE, { filter: { search: 'gam' } });
    expect(found).toMatchObject({
      totalCount: 1,
      nodes: [{ name: 'Gamma', login: { name: 'Root administrator' }, forLogin: null, team: null }],
    });
    expect(found.nodes[0].endpoints).toMatchObject([
      { target: receiver.url, advanced: { timeoutMs: 15_000, retrySchedule: [0, 5, 300] } },
    ]);
    const { number } = found.nodes[0];
    expect(
      await server.api.run('query ($n: Int!) { webhookByNumber(number: $n) { name } }', { n: number }),
    ).toEqual({ name: 'Gamma' });
  });

  it('sorts by every column, and its reverse is the same table from its end', async () => {
    const person = await createPerson(server, { name: 'ann', permissions: ['WEBHOOKS_MANAGE'] });
    const teamId = await createTeam(server, 'Night', []);
    const make = (api: typeof server.api, details: Record<string, unknown>) =>
      createWebhook(api, receiver.url, { details });
    await make(server.api, { name: 'b', description: 'Y', teamId });
    await make(person.api, { name: 'A', description: 'x', forLoginId: person.id });
    await make(server.api, { name: 'C' });
    const names = async (args: Record<string, unknown>) =>
      (await server.api.run(ORDERED, args)).nodes.map((node: { name: string }) => node.name).join('');
    const orders = {
      NUMBER: 'bAC',
      NAME: 'AbC',
      DESCRIPTION: 'CAb',
      LOGIN: 'AbC',
      FOR_LOGIN: 'AbC',
      TEAM: 'bAC',
      CREATED_AT: 'bAC',
      UPDATED_AT: 'bAC',
    };
    for (const [field, expected] of Object.entries(orders)) {
      const reversed = [...expected].reverse().join('');
      const ascending = [{ field, direction: 'ASC' }];
      const descending = [{ field, direction: 'DESC' }];
      expect([field, await names({ first: 3, orderBy: ascending })]).toEqual([field, expected]);
      expect([field, await names({ last: 2, orderBy: ascending })]).toEqual([field, expected.slice(1)]);
      expect([field, await names({ first: 3, orderBy: descending })]).toEqual([field, reversed]);
    }
  });

  it('costs the same number of SQL statements for one row and for a hundred', async () => {
    const person = await createPerson(server, { name: 'Ann', permissions: ['WEBHOOKS_MANAGE'] });
    const teamId = await createTeam(server, 'Night', []);
    const triggers = [{ resource: 'clients', event: 'vanish' }];
    await createWebhook(person.api, [receiver.url, `${receiver.url}/2`], {
      details: { forLoginId: person.id },
    });
    await createWebhook(server.api, receiver.url, { details: { teamId }, triggers });
    await server.app.db.orm.query(COPIES);

    const sent = jest.spyOn(pg.Client.prototype, 'query');
    /** What a page costs on the connections that settings are read over; publishing and sending have others. */
    const cost = async (variables: object) => {
      sent.mockClear();
      // With a team and inactive at the top, so that the first row alone has all that is read apart.
      const page = await server.api.run(TABLE, { ...variables, orderBy: [{ field: 'TEAM' }] });
      const clients = sent.mock.contexts as { connectionParameters: { application_name: string } }[];
      const statements = clients.filter(
        (client) => client.connectionParameters.application_name === 'bellwire settings',
      ).length;
      return { rows: page.nodes.length, total: page.totalCount, statements };
    };
    const anyone = { search: 'test' };
    const onlyAnn = { search: 'ann' };
    await cost({ filter: anyone }); // Whether there are trigrams is looked up by the first search of a process.
    const costs = {
      one: await cost({ first: 1 }),
      hundred: await cost({ first: 100 }),
      searchOne: await cost({ first: 1, filter: anyone }),
      searchHundred: await cost({ first: 100, filter: anyone }),
      searchFew: await cost({ first: 100, filter: onlyAnn }),
    };
    sent.mockRestore();
    figure('saved table', costs);
    const { statements } = costs.one;
    expect(costs).toEqual({
      one: { rows: 1, total: 102, statements: expect.any(Number) },
      hundred: { rows: 100, total: 102, statements },
      // Who is called that and which teams are.
      searchOne: { rows: 1, total: 102, statements: statements + 1 },
      searchHundred: { rows: 100, total: 102, statements: statements + 1 },
      // Two more, for the search and for a page that is not full; one less, for there is no team.
      searchFew: { rows: 51, total: 51, statements: statements + 1 },
    });
    // The caller, the page and its count, logins, team, endpoints, secrets, triggers, which the reasons follow from.
    expect(statements).toBeLessThanOrEqual(10);
  });

  it('shows why a webhook is inactive, and the same webhook alive when the catalog knows its resource again', async () => {
    await createWebhook(server.api, receiver.url, {
      triggers: [
        { resource: 'clients', event: 'create' },
        { resource: 'clients', event: 'delete' },
        { resource: 'clients', event: 'vanish' },
        { resource: 'nowhere', event: 'create' },
      ],
    });
    const reasons = async () => {
      const { nodes } = await server.api.run(TABLE);
      return [
        nodes[0].status,
        ...nodes[0].triggers.map((one: { inactiveReason: string }) => one.inactiveReason),
      ];
    };
    expect(await reasons()).toEqual([
      'ENABLED',
      null,
      'EVENT_NOT_SUPPORTED',
      'EVENT_UNKNOWN',
      'RESOURCE_UNKNOWN',
    ]);
    await server.api.mutate('mutation { resourceRemove(name: "clients") { errors { code } deletedId } }');
    expect(await reasons()).toEqual(['INACTIVE', ...Array<string>(4).fill('RESOURCE_UNKNOWN')]);
    await registerResource(server.api);
    expect((await reasons())[0]).toBe('ENABLED');
  });
});

describe('a webhook that is malformed', () => {
  it('is refused with all its problems at once, each at its path, and nothing is stored', async () => {
    const answer = await server.api.run(
      'mutation ($input: WebhookInput!) { webhookCreate(input: $input) { errors { code field message } webhook { id } newSecrets { value } } }',
      {
        input: {
          details: { name: '', description: 'd'.repeat(2001) },
          endpoints: [
            { kind: 'URL', target: 'not an address' },
            {
              kind: 'URL',
              target: receiver.url,
              advanced: { timeoutMs: 1, headers: [{ name: 'Host', value: 'x' }] },
            },
          ],
          triggers: [{ resource: '', event: 'create' }],
        },
      },
    );
    expect(answer).toMatchObject({ webhook: null, newSecrets: [] });
    const paths = answer.errors.map((error: { field: string[] }) => error.field.join('.')).sort();
    expect(paths).toEqual([
      'details.description',
      'details.name',
      'endpoints.0.target',
      'endpoints.1.advanced.headers.0.name',
      'endpoints.1.advanced.timeoutMs',
      'triggers.0.resource',
    ]);
    expect(await server.api.run(TABLE)).toMatchObject({ totalCount: 0, nodes: [] });
  });
});

describe('access tokens', () => {
  it('are listed without their value, which only their making shows', async () => {
    const made = await server.api.mutate(
      'mutation { accessTokenCreate(input: { name: "host", permissions: [EVENTS_PUBLISH] }) { errors { code } value accessToken { id hint } } }',
    );
    const answer = await server.api.send('{ accessTokens { id name hint permissions } }');
    expect(JSON.stringify(answer)).not.toContain(made.value);
    expect(answer.data.accessTokens).toContainEqual({
      id: made.accessToken.id,
      name: 'host',
      hint: made.accessToken.hint,
      permissions: ['EVENTS_PUBLISH'],
    });
    expect(made.value.endsWith(made.accessToken.hint.slice(-4))).toBe(true);
  });
});
