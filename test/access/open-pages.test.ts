/** Changes of logins and teams that the saved table shows are noted for open pages, with who saw the rows before. */
import { forgetWebhookChanges } from '../../src/audit/webhook-changes.ts';
import { createPerson, createTeam, type Person } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { createWebhook, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const UPDATE_LOGIN = `mutation ($id: ID!, $input: LoginInput!) {
  loginUpdate(id: $id, input: $input) { errors { code field message } } }`;
const UPDATE_TEAM = `mutation ($id: ID!, $input: TeamInput!) {
  teamUpdate(id: $id, input: $input) { errors { code field message } } }`;

let server: TestServer;
let receiver: Receiver;
let rootId: string;
let branch: Person;
let clerk: Person;
let other: Person;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  await registerResource(server.api);
  rootId = (await server.api.run('{ viewer { id } }')).id;
  branch = await createPerson(server, { name: 'Branch', isAccount: true, permissions: ['WEBHOOKS_MANAGE'] });
  clerk = await createPerson(server, { name: 'Clerk', parentId: branch.id });
  other = await createPerson(server, { name: 'Other' });
});

afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

/** What a change of settings notes: of each webhook who could see it before. */
async function noted(change: () => Promise<unknown>): Promise<Record<string, string[]>> {
  const { engine } = server.app.db;
  await engine.query('delete from webhook_changes');
  await change();
  const { rows } = await engine.query<{ webhook_id: string; seen_by: string[] }>(
    'select webhook_id, seen_by from webhook_changes',
  );
  return Object.fromEntries(rows.map((row) => [row.webhook_id, row.seen_by]));
}

const editLogin = (id: string, input: Record<string, unknown>) => () =>
  server.api.mutate(UPDATE_LOGIN, { id, input });
const editTeam = (id: string, input: Record<string, unknown>) => () =>
  server.api.mutate(UPDATE_TEAM, { id, input });

it('a login that is renamed changes the rows that it created and those that watch it', async () => {
  const created = await createWebhook(branch.api, receiver.url);
  const watching = await createWebhook(server.api, receiver.url, { details: { forLoginId: branch.id } });
  await createWebhook(server.api, receiver.url, { details: { forLoginId: clerk.id } });
  const gone = await createWebhook(branch.api, receiver.url);
  await branch.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', {
    id: gone.id,
  });
  expect(await noted(editLogin(branch.id, { name: 'Renamed' }))).toEqual({
    [created.id]: [rootId, branch.id],
    [watching.id]: [rootId],
  });
  expect(await noted(editLogin(branch.id, { name: 'Renamed', email: 'b@example.com' }))).toEqual({});
});

it('a team that is renamed or gets members changes the rows that name it; one that loses some does not', async () => {
  const team = await createTeam(server, 'Desk', []);
  const { id } = await createWebhook(server.api, receiver.url, { details: { teamId: team } });
  const rows = { [id]: [rootId, team] };
  expect(await noted(editTeam(team, { name: 'Office' }))).toEqual(rows);
  expect(await noted(editTeam(team, { memberIds: [other.id] }))).toEqual(rows);
  expect(await noted(editTeam(team, { name: 'Office', memberIds: [other.id] }))).toEqual({});
  expect(await noted(editTeam(team, { memberIds: [] }))).toEqual({});
});

it('a branch that moves changes the rows of the accounts inside it, seen before from where it was', async () => {
  const { id } = await createWebhook(branch.api, receiver.url);
  await createWebhook(server.api, receiver.url);
  const away = await noted(editLogin(branch.id, { parentId: other.id }));
  expect(away[id]).toEqual([rootId, branch.id]);
  expect(new Set(Object.values(away).map((seenBy) => seenBy.join()))).toEqual(
    new Set([[rootId, branch.id].join()]),
  );
  const back = await noted(editLogin(branch.id, { parentId: rootId }));
  expect(back[id]).toEqual([rootId, other.id, branch.id]);
  expect(Object.keys(back)).toEqual(Object.keys(away));
  // A login that is no account, with nothing below, owns nothing.
  expect(await noted(editLogin(clerk.id, { parentId: other.id }))).toEqual({});
});

it('a change is forgotten after an hour', async () => {
  const { engine } = server.app.db;
  await engine.query('delete from webhook_changes');
  const { id } = await createWebhook(server.api, receiver.url);
  const { id: later } = await createWebhook(server.api, receiver.url);
  const age = (minutes: number) =>
    engine.query(`update webhook_changes set at = at - $1 * interval '1 minute' where webhook_id = $2`, [
      minutes,
      id,
    ]);
  await age(59);
  expect(await forgetWebhookChanges(engine)).toBe(0);
  await age(1);
  expect(await forgetWebhookChanges(engine)).toBe(1);
  const { rows } = await engine.query('select webhook_id from webhook_changes');
  expect(rows).toEqual([{ webhook_id: later }]);
});
