/** A save that is repeated gives its webhook, as long as the caller may see it, however late; a refused one takes no key. */
import { createPerson, createTeam } from '../support/people.ts';
import { registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const CREATE = `mutation ($input: WebhookInput!) {
  webhookCreate(input: $input, idempotencyKey: "one") { errors { code field } webhook { id name } } }`;
const SAVE =
  'mutation ($id: ID!) { webhookDraftSave(id: $id) { errors { code field } webhook { id name } } }';
const INPUT = {
  details: { name: 'Orders' },
  endpoints: [{ kind: 'URL', target: 'https://one.example.com/' }],
  triggers: [{ resource: 'clients', event: 'create' }],
};

let server: TestServer;
/** Runs while an address is looked up. */
let meanwhile = (): Promise<unknown> => Promise.resolve();

beforeEach(async () => {
  const resolver = {
    async resolve() {
      const work = meanwhile;
      meanwhile = () => Promise.resolve();
      await work();
      return [{ address: '1.1.1.1', family: 4 as const }];
    },
  };
  server = await startServer({}, { resolver });
  await registerResource(server.api);
});

afterEach(() => server?.stop());

async function readyDraft(api = server.api): Promise<string> {
  const { draft } = await api.mutate(
    'mutation ($input: WebhookDetailsInput) { webhookDraftCreate(input: $input) { errors { code } draft { id } } }',
    { input: INPUT.details },
  );
  const { id } = draft;
  await api.mutate(
    'mutation ($id: ID!, $input: [EndpointInput!]!) { webhookDraftSetEndpoints(id: $id, input: $input) { errors { code } } }',
    { id, input: INPUT.endpoints },
  );
  await api.mutate(
    'mutation ($id: ID!, $input: [TriggerInput!]!) { webhookDraftSetTriggers(id: $id, input: $input) { errors { code } } }',
    { id, input: INPUT.triggers },
  );
  return id as string;
}

it('a draft that was saved at the last moment gives the same webhook when its end has passed', async () => {
  const id = await readyDraft();
  const { engine } = server.app.db;
  await engine.query(
    `update webhook_drafts set expires_at = clock_timestamp() + interval '1 minute' where id = $1`,
    [id],
  );
  const { webhook } = await server.api.mutate(SAVE, { id });
  await engine.query(
    `update webhook_drafts set expires_at = expires_at - interval '2 minutes' where id = $1`,
    [id],
  );
  expect(await server.api.run(SAVE, { id })).toEqual({ errors: [], webhook });
});

it('a repeat shows nothing of a webhook that the caller may not see any more', async () => {
  const permissions = ['WEBHOOKS_MANAGE' as const];
  const x = await createPerson(server, { name: 'X', isAccount: true, permissions });
  const y = await createPerson(server, { name: 'Y', isAccount: true, permissions });
  const mover = await createPerson(server, { name: 'Mover', parentId: x.id, permissions });
  const draftId = await readyDraft(mover.api);
  const saved = await mover.api.mutate(SAVE, { id: draftId });
  const created = await mover.api.mutate(CREATE, { input: INPUT });
  expect((await mover.api.run(SAVE, { id: draftId })).webhook).toEqual(saved.webhook);
  expect((await mover.api.run(CREATE, { input: INPUT })).webhook).toEqual(created.webhook);
  await server.api.mutate(
    'mutation ($id: ID!, $input: LoginInput!) { loginUpdate(id: $id, input: $input) { errors { code } } }',
    { id: mover.id, input: { parentId: y.id } },
  );
  expect(await mover.api.run(SAVE, { id: draftId })).toEqual({
    errors: [{ code: 'NOT_FOUND', field: ['id'] }],
    webhook: null,
  });
  expect(await mover.api.run(CREATE, { input: INPUT })).toEqual({
    errors: [{ code: 'NOT_FOUND', field: ['idempotencyKey'] }],
    webhook: null,
  });
});

it('a team that is deleted while the input is judged is named as what is wrong, and the key stays free', async () => {
  const teamId = await createTeam(server, 'Desk', []);
  meanwhile = () =>
    server.api.mutate('mutation ($id: ID!) { teamDelete(id: $id) { errors { code } } }', { id: teamId });
  const refused = await server.api.run(CREATE, { input: { ...INPUT, details: { name: 'Orders', teamId } } });
  expect(refused).toEqual({ errors: [{ code: 'NOT_FOUND', field: ['details', 'teamId'] }], webhook: null });
  expect((await server.api.run(CREATE, { input: INPUT })).errors).toEqual([]);
});
