/** The Webhooks page's operations over HTTP: the saved table, reasons, refusals, switching, tokens. */
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { createWebhook, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const TABLE = `query ($first: Int, $after: String, $filter: WebhookFilterInput, $orderBy: [WebhookOrderInput!]) {
  webhooks(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { number name status statusReason login { name } forLogin { name } team { name }
            triggers { resource event label active inactiveReason }
            endpoints { target advanced { timeoutMs retrySchedule } secrets { hint } } } } }`;

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
