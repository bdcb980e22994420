import { kindOfId } from '../../src/ids.ts';
import { createPerson } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const NODES = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }';

let server: TestServer;
let receiver: Receiver;
let objects: Record<string, string>;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  const { api } = server;
  await registerResource(api);
  await createWebhook(api, receiver.url);
  const team = await api.mutate(
    'mutation { teamCreate(input: { name: "T" }) { errors { message } team { id } } }',
  );
  const draft = await api.mutate('mutation { webhookDraftCreate { errors { message } draft { id } } }');
  const [published] = await publish(api, clientEvent('c-1'));
  await receiver.until(1);
  const stream = api.subscribe(
    'subscription ($after: StreamCursor) { deliveryEvents(after: $after) { events { kind } } }',
    {
      after: (await api.run('{ deliveryEvents(first: 1) { cursor } }')).cursor,
    },
  );
  await stream.until((batches) =>
    batches.some((batch) => batch.events.some((event: any) => event.kind === 'SUCCEEDED')),
  );
  await stream.close();
  const found = await api.send(
    `query ($event: ID!) {
       viewer { id } accessTokens { id } catalog { id } auditLog(first: 1) { nodes { id } }
       webhooks { nodes { id endpoints { id secrets { id } } triggers { id } } }
       event(id: $event) { id deliveries { nodes { id latestAttempt { id } } } }
     }`,
    { event: published!.event.id },
  );
  const replay = await api.mutate(
    'mutation { replayStart(input: { filter: {} }) { errors { message } replay { id } } }',
  );
  const { viewer, accessTokens, catalog, auditLog, webhooks, event } = found.data;
  const [webhook] = webhooks.nodes;
  const [delivery] = event.deliveries.nodes;
  objects = {
    Login: viewer.id,
    Team: team.team.id,
    AccessToken: accessTokens[0].id,
    AuditEntry: auditLog.nodes[0].id,
    Replay: replay.replay.id,
    CatalogResource: catalog[0].id,
    Webhook: webhook.id,
    WebhookDraft: draft.draft.id,
    Endpoint: webhook.endpoints[0].id,
    EndpointSecret: webhook.endpoints[0].secrets[0].id,
    Trigger: webhook.triggers[0].id,
    Event: event.id,
    Delivery: delivery.id,
    Attempt: delivery.latestAttempt.id,
  };
});
afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

describe('node and nodes', () => {
  it('refetch an object of every type that has an id', async () => {
    const expected = Object.entries(objects).map(([__typename, id]) => ({ __typename, id }));
    expect(await server.api.run(NODES, { ids: Object.values(objects) })).toEqual(expected);
    for (const node of expected)
      expect(
        await server.api.run('query ($id: ID!) { node(id: $id) { __typename id } }', { id: node.id }),
      ).toEqual(node);
    const { possibleTypes } = await server.api.run('{ __type(name: "Node") { possibleTypes { name } } }');
    expect(possibleTypes.map((type: { name: string }) => type.name).sort()).toEqual(
      Object.keys(objects).sort(),
    );
  });

  it('are null, in their place, for what does not exist and for what is no id', async () => {
    const unknown = Object.values(objects).map((id) => id.replace(/_0./, '_00'));
    expect(unknown.every((id) => kindOfId(id))).toBe(true);
    const strange = ['', 'whk_', 'nonsense', '\0', 'whk_\u0000', "' or true --", `${objects['Webhook']}_1`];
    const ids = [...unknown, ...strange, objects['Team']!];
    const nodes = await server.api.run(NODES, { ids });
    expect(nodes).toEqual([...ids.slice(0, -1).map(() => null), { __typename: 'Team', id: objects['Team'] }]);
  });

  it('are null for what another account owns, but for the catalog, which is for all', async () => {
    const { api: stranger } = await createPerson(server, {
      name: 'Other',
      isAccount: true,
      permissions: ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH', 'ACCESS_MANAGE'],
    });
    const seen = await stranger.run(NODES, { ids: Object.values(objects) });
    expect(seen.filter(Boolean)).toEqual([{ __typename: 'CatalogResource', id: objects['CatalogResource'] }]);
    const alone = await stranger.send(
      `query ($webhook: ID!, $event: ID!, $delivery: ID!) {
         webhook(id: $webhook) { id } webhookByNumber(number: 1) { id } event(id: $event) { id } delivery(id: $delivery) { id }
         viewer { parent { id } account { name } } webhooks { totalCount } deliveries { nodes { id } } events { nodes { id } }
         logins { totalCount nodes { name } } teams { totalCount } accessTokens { id }
       }`,
      { webhook: objects['Webhook'], event: objects['Event'], delivery: objects['Delivery'] },
    );
    expect(alone.errors).toBeUndefined();
    expect(alone.data).toEqual({
      webhook: null,
      webhookByNumber: null,
      event: null,
      delivery: null,
      viewer: { parent: null, account: { name: 'Other' } },
      webhooks: { totalCount: 0 },
      deliveries: { nodes: [] },
      events: { nodes: [] },
      logins: { totalCount: 1, nodes: [{ name: 'Other' }] },
      teams: { totalCount: 0 },
      accessTokens: [{ id: expect.any(String) }],
    });
  });

  it.each(['webhook', 'event', 'delivery'])(
    'and %s are null for a text that is no id, even with a NUL',
    async (field) => {
      for (const id of ['nonsense', '\0', objects['Team']])
        expect(await server.api.send(`query ($id: ID!) { ${field}(id: $id) { id } }`, { id })).toEqual({
          status: 200,
          data: { [field]: null },
        });
    },
  );

  it('take 100 ids, not more', async () => {
    const ids = (count: number) => Array.from({ length: count }, () => objects['Team']);
    expect((await server.api.send(NODES, { ids: ids(100) })).errors).toBeUndefined();
    const refused = await server.api.send(NODES, { ids: ids(101) });
    expect(refused.errors![0]!.extensions).toEqual({ code: 'BAD_USER_INPUT' });
  });
});
