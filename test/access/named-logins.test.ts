/** A login that another object names, over the API: who may not see the login learns who it is, and no more. */
import { createPerson, createTeam, type Person } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { createWebhook, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const FIELDS = `id number name email isAccount permissions disabled parent { id } teams { id }
  children(first: 5) { nodes { id } totalCount }`;
const LOGIN = `{ ${FIELDS} account { ${FIELDS} account { ${FIELDS} } } }`;
const WEBHOOK = `query ($id: ID!) { webhook(id: $id) { login ${LOGIN} account ${LOGIN} forLogin ${LOGIN} } }`;
const AUDIT = `query ($id: ID!) { auditLog(first: 1, subjectId: $id) { nodes { login ${LOGIN} } } }`;
const UPDATE = `mutation ($id: ID!, $input: LoginInput!) {
  loginUpdate(id: $id, input: $input) { errors { code field message } } }`;

let server: TestServer;
let receiver: Receiver;
let x: Person;
let member: Person;
/** Made the webhooks in X, and acts in Y since then. */
let mover: Person;
/** Of a team, and of the login that has moved away. */
let webhookIds: { team: string; login: string };

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  await registerResource(server.api);
  x = await createPerson(server, {
    name: 'X',
    isAccount: true,
    permissions: ['WEBHOOKS_MANAGE', 'ACCESS_MANAGE'],
  });
  const y = await createPerson(server, { name: 'Y', isAccount: true });
  member = await createPerson(server, { name: 'Member', parentId: x.id });
  mover = await createPerson(server, { name: 'Mover', parentId: x.id, permissions: ['WEBHOOKS_MANAGE'] });
  await createPerson(server, { name: 'Below', parentId: mover.id });
  const teamId = await createTeam(x, 'Team', [member.id, mover.id]);
  const make = async (details: Record<string, unknown>) =>
    (await createWebhook(mover.api, receiver.url, { details })).id;
  webhookIds = { team: await make({ teamId }), login: await make({ forLoginId: mover.id }) };
  await server.api.mutate(UPDATE, { id: x.id, input: { email: 'x@example.com' } });
  await server.api.mutate(UPDATE, { id: mover.id, input: { parentId: y.id, email: 'mover@example.com' } });
});

afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

/** What is shown of a login that is known by name, as deep as LOGIN asks. */
function named({ id, number }: Person, name: string, isAccount = false): object {
  const nothing = { email: '', isAccount, permissions: [], disabled: false, parent: null, teams: [] };
  const alone = { id, number, name, ...nothing, children: { nodes: [], totalCount: 0 } };
  return { ...alone, account: { ...alone, account: alone } };
}

it('a member of a team knows the maker and the account of its webhook by name, and its own account', async () => {
  expect(await member.api.run(WEBHOOK, { id: webhookIds.team })).toEqual({
    login: named(mover, 'Mover'),
    account: named(x, 'X', true),
    forLogin: null,
  });
  const own = await member.api.run(`{ viewer { id teams { name } account ${LOGIN} } }`);
  expect(own).toEqual({ id: member.id, teams: [{ name: 'Team' }], account: named(x, 'X', true) });
});

it('a manager knows a maker that has moved away by name, also in the audit log', async () => {
  const own = await x.api.run(`{ viewer ${LOGIN} }`);
  expect(own).toMatchObject({ email: 'x@example.com', isAccount: true, teams: [] });
  expect(await x.api.run(WEBHOOK, { id: webhookIds.login })).toEqual({
    login: named(mover, 'Mover'),
    account: own,
    forLogin: named(mover, 'Mover'),
  });
  const { nodes } = await x.api.run(AUDIT, { id: webhookIds.login });
  expect(nodes).toEqual([{ login: named(mover, 'Mover') }]);
});

it('who may see the login is shown all of it', async () => {
  const { login } = await server.api.run(WEBHOOK, { id: webhookIds.login });
  expect(login).toMatchObject({
    email: 'mover@example.com',
    permissions: ['WEBHOOKS_MANAGE'],
    account: { name: 'Y', isAccount: true },
    teams: [{}],
    children: { totalCount: 1 },
  });
});
