/** The audit trail of webhooks: who changed what, from which value to which, secrets only as changed. */
import { createPerson, type Person } from '../support/people.ts';
import { createWebhook, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const LOG = `query ($id: ID!) { auditLog(subjectId: $id) {
  nodes { id at action login { id name } subjectId subject { id ... on Webhook { name } } changes } } }`;
const UPDATE = `mutation ($id: ID!, $input: WebhookInput!) {
  webhookUpdate(id: $id, input: $input) { errors { code field } webhook { endpoints { id } triggers { id } } } }`;
const TARGET = 'http://127.0.0.1:9999/hooks';

let server: TestServer;
let admin: Person;

beforeAll(async () => {
  server = await startServer();
  await registerResource(server.api);
  admin = await createPerson(server, { name: 'Admin', permissions: ['WEBHOOKS_MANAGE'] });
});
afterAll(() => server?.stop());

/** The entries about a webhook, oldest first. */
async function trail(id: string): Promise<any[]> {
  return (await admin.api.run(LOG, { id })).nodes.reverse();
}

const mutate = (field: string, id: string) =>
  admin.api.mutate(`mutation ($id: ID!) { ${field}(id: $id) { errors { code } } }`, { id });

it('of a wizard begins with its save, and names what was saved and by whom', async () => {
  const { draft } = await admin.api.mutate(
    'mutation { webhookDraftCreate(input: { name: "Orders" }) { errors { code } draft { id } } }',
  );
  const { id } = draft;
  await admin.api.mutate(
    `mutation ($id: ID!, $input: [EndpointInput!]!) { webhookDraftSetEndpoints(id: $id, input: $input) { errors { code } } }`,
    {
      id,
      input: [
        {
          kind: 'URL',
          target: TARGET,
          advanced: {
            headers: [
              { name: 'X-Key', value: 'audit-canary', secret: true },
              { name: 'X-Open', value: 'seen' },
            ],
          },
        },
      ],
    },
  );
  await admin.api.mutate(
    `mutation ($id: ID!) { webhookDraftSetTriggers(id: $id, input: [{ resource: "clients", event: "create" }]) { errors { code } } }`,
    { id },
  );
  expect(await trail(id)).toEqual([]);
  const { webhook, newSecrets } = await admin.api.mutate(
    `mutation ($id: ID!) { webhookDraftSave(id: $id) { errors { code } newSecrets { value }
       webhook { id endpoints { id } triggers { id } } } }`,
    { id },
  );
  await admin.api.mutate('mutation ($id: ID!) { webhookDraftSave(id: $id) { errors { code } } }', { id });
  const entries = await trail(webhook.id);
  const [endpoint, trigger] = [webhook.endpoints[0].id, webhook.triggers[0].id];
  expect(entries).toMatchObject([
    {
      action: 'webhook.create',
      login: { id: admin.id, name: 'Admin' },
      subjectId: webhook.id,
      subject: { id: webhook.id, name: 'Orders' },
    },
  ]);
  expect(entries[0].changes).toEqual({
    name: { from: null, to: 'Orders' },
    description: { from: null, to: '' },
    enabled: { from: null, to: true },
    endpoints: { from: null, to: [endpoint] },
    [`endpoints.${endpoint}.kind`]: { from: null, to: 'URL' },
    [`endpoints.${endpoint}.target`]: { from: null, to: TARGET },
    [`endpoints.${endpoint}.authentication.type`]: { from: null, to: 'NONE' },
    [`endpoints.${endpoint}.timeoutMs`]: { from: null, to: 15_000 },
    [`endpoints.${endpoint}.ordering`]: { from: null, to: 'NONE' },
    [`endpoints.${endpoint}.signing`]: { from: null, to: 'STANDARD_WEBHOOKS_HMAC' },
    [`endpoints.${endpoint}.format`]: { from: null, to: 'STANDARD_WEBHOOKS' },
    [`endpoints.${endpoint}.headers.x-open`]: { from: null, to: 'seen' },
    [`endpoints.${endpoint}.headers.x-key`]: { changed: true },
    [`endpoints.${endpoint}.signingSecret`]: { changed: true },
    triggers: { from: null, to: [trigger] },
    [`triggers.${trigger}.resource`]: { from: null, to: 'clients' },
    [`triggers.${trigger}.event`]: { from: null, to: 'create' },
    [`triggers.${trigger}.name`]: { from: null, to: '' },
    [`triggers.${trigger}.description`]: { from: null, to: '' },
  });
  const { rows } = await server.app.db.engine.query('select a::text as text from audit_log a');
  const everything = JSON.stringify(rows);
  expect(everything).toContain('seen');
  expect(everything).not.toContain('audit-canary');
  expect(everything).not.toContain(newSecrets[0].value.slice(6));
  expect(everything).not.toContain('sealed');
});

it('tells each edit by what it changed, each switch and the deletion, and nothing of what changed nothing', async () => {
  const input = {
    details: { name: 'First' },
    endpoints: [
      { kind: 'URL', target: TARGET, advanced: { headers: [{ name: 'X-Key', value: 'one', secret: true }] } },
    ],
    triggers: [{ resource: 'clients', event: 'create' }],
  };
  const { webhook } = await admin.api.mutate(
    'mutation ($input: WebhookInput!) { webhookCreate(input: $input) { errors { code } webhook { id endpoints { id } } } }',
    { input },
  );
  const { id } = webhook;
  const endpoint = webhook.endpoints[0].id as string;
  await admin.api.mutate(UPDATE, { id, input: { details: { name: 'Second' } } });
  await admin.api.mutate(UPDATE, { id, input: { details: { name: 'Second' } } });
  const headers = [{ name: 'X-Key', value: 'two', secret: true }];
  await admin.api.mutate(UPDATE, {
    id,
    input: { endpoints: [{ id: endpoint, advanced: { headers, timeoutMs: 5000 } }] },
  });
  for (const field of [
    'webhookEnable',
    'webhookDisable',
    'webhookDisable',
    'webhookEnable',
    'webhookDelete',
    'webhookDelete',
  ])
    await mutate(field, id);
  const entries = await trail(id);
  expect(entries.map((entry) => entry.action)).toEqual([
    'webhook.create',
    'webhook.update',
    'webhook.update',
    'webhook.disable',
    'webhook.enable',
    'webhook.delete',
  ]);
  expect(entries[1].changes).toEqual({ name: { from: 'First', to: 'Second' } });
  expect(entries[2].changes).toEqual({
    [`endpoints.${endpoint}.timeoutMs`]: { from: 15_000, to: 5000 },
    [`endpoints.${endpoint}.headers.x-key`]: { changed: true },
  });
  expect(entries[3].changes).toEqual({ enabled: { from: true, to: false } });
  // A deleted webhook is no subject any more, but its trail is read under its id.
  expect(entries[5]).toMatchObject({ subject: null, changes: { name: { from: 'Second', to: null } } });
});

it('is read in the account of the webhook, wherever its creator went', async () => {
  const permissions = ['WEBHOOKS_MANAGE' as const];
  const account = await createPerson(server, { name: 'Account', isAccount: true, permissions });
  const beside = await createPerson(server, { name: 'Beside', isAccount: true, permissions });
  const creator = await createPerson(server, { name: 'Creator', parentId: account.id, permissions });
  const { id } = await createWebhook(creator.api, TARGET);
  await server.api.mutate(
    `mutation ($id: ID!, $parentId: ID!) {
       loginUpdate(id: $id, input: { parentId: $parentId }) { errors { code } } }`,
    { id: creator.id, parentId: beside.id },
  );
  await account.api.mutate(UPDATE, { id, input: { details: { name: 'Still here' } } });
  const actions = async ({ api }: Person) =>
    (await api.run(LOG, { id })).nodes.map((entry: { action: string }) => entry.action);
  expect(await actions(account)).toEqual(['webhook.update', 'webhook.create']);
  expect(await actions(beside)).toEqual([]);
});
