/** Teams over the API: membership is a grant, and a team goes only when no webhook watches it. */
import type { Api } from '../support/api.ts';
import { holdLock } from '../support/lock-holder.ts';
import { createPerson, createTeam, type Person } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { createWebhook, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { readyDraft, SAVE } from '../webhooks/draft-documents.ts';

const UPDATE = `mutation ($id: ID!, $input: TeamInput!) {
  teamUpdate(id: $id, input: $input) { errors { code field message } team { name members { nodes { id } } } } }`;
const DELETE = 'mutation ($id: ID!) { teamDelete(id: $id) { errors { code field message } deletedId } }';
const REMOVE_WEBHOOK = 'mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }';

let server: TestServer;
let receiver: Receiver;
/** The administrator of a branch, who manages its webhooks. */
let manager: Person;
/** Manages logins and teams in the branch, but no webhooks. */
let keeper: Person;
let clerk: Person;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  await registerResource(server.api);
  manager = await createPerson(server, {
    name: 'Manager',
    isAccount: true,
    permissions: ['WEBHOOKS_MANAGE', 'ACCESS_MANAGE'],
  });
  keeper = await createPerson(server, {
    name: 'Keeper',
    parentId: manager.id,
    permissions: ['ACCESS_MANAGE'],
  });
  clerk = await createPerson(server, { name: 'Clerk', parentId: keeper.id });
});

afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

/** A team of the branch, made by the keeper. */
const makeTeam = (...memberIds: string[]): Promise<string> => createTeam(keeper, 'Desk', memberIds);
const setMembers = (api: Api, id: string, ...memberIds: string[]): Promise<any> =>
  api.run(UPDATE, { id, input: { memberIds } });
const remove = (api: Api, id: string): Promise<any> => api.run(DELETE, { id });
const code = (payload: { errors: { code: string; field: string[] | null }[] }): string[] =>
  payload.errors.map((error) => `${error.code} ${error.field?.join('.') ?? '-'}`);

describe('to make somebody a member', () => {
  it('is refused while the team is used by a webhook that the caller may not read, to itself and to others', async () => {
    const team = await makeTeam(clerk.id);
    const webhook = await createWebhook(manager.api, receiver.url, { details: { teamId: team } });
    const read = 'query ($id: ID!) { webhook(id: $id) { id } }';
    expect(await clerk.api.run(read, { id: webhook.id })).toEqual({ id: webhook.id });
    const refused = await setMembers(keeper.api, team, clerk.id, keeper.id, server.api.url);
    expect(code(refused)).toEqual(['FORBIDDEN memberIds.1', 'NOT_FOUND memberIds.2']);
    expect(refused.errors[0].message).toContain('one of these the caller may not read');
    expect((await keeper.api.send(read, { id: webhook.id })).data).toEqual({ webhook: null });

    // Who is there stays, and leaving is always allowed, but there is no way back.
    expect(code(await keeper.api.run(UPDATE, { id: team, input: { name: 'Office' } }))).toEqual([]);
    expect(code(await setMembers(keeper.api, team, clerk.id))).toEqual([]);
    expect(code(await setMembers(keeper.api, team))).toEqual([]);
    expect(code(await setMembers(keeper.api, team, clerk.id))).toEqual(['FORBIDDEN memberIds.0']);
    // Who reads the webhook may add members, as its manager and then as a member itself.
    expect(code(await setMembers(manager.api, team, keeper.id))).toEqual([]);
    expect(code(await setMembers(keeper.api, team, keeper.id, clerk.id))).toEqual([]);
    expect(await keeper.api.run(read, { id: webhook.id })).toEqual({ id: webhook.id });
  });

  it('is refused as well for the sake of a deleted webhook, whose history members read', async () => {
    const team = await makeTeam(clerk.id);
    const webhook = await createWebhook(manager.api, receiver.url, { details: { teamId: team } });
    const { deliveries } = await manager.api.mutate(
      'mutation ($input: TestEventInput!) { testEventSend(input: $input) { errors { code } deliveries { id } } }',
      { input: { webhookId: webhook.id, resource: 'clients', event: 'create' } },
    );
    await manager.api.mutate(REMOVE_WEBHOOK, { id: webhook.id });
    const read = 'query ($id: ID!) { delivery(id: $id) { id } }';
    expect(await clerk.api.run(read, { id: deliveries[0].id })).toEqual({ id: deliveries[0].id });
    expect(code(await setMembers(keeper.api, team, clerk.id, keeper.id))).toEqual(['FORBIDDEN memberIds.1']);
    expect(code(await setMembers(manager.api, team, clerk.id, keeper.id))).toEqual([]);
  });

  it('needs nothing more where no webhook uses the team', async () => {
    expect(code(await setMembers(keeper.api, await makeTeam(), clerk.id, keeper.id))).toEqual([]);
  });
});

describe('a team', () => {
  it('keeps its name when an update gives none', async () => {
    const team = await makeTeam(clerk.id);
    const payload = await keeper.api.run(UPDATE, { id: team, input: { name: null, memberIds: null } });
    expect(payload).toMatchObject({
      errors: [],
      team: { name: 'Desk', members: { nodes: [{ id: clerk.id }] } },
    });
  });

  it('is deleted by who may edit it, and by nobody else', async () => {
    const team = await makeTeam(clerk.id);
    const above = await createTeam(server, 'Above', [keeper.id]);
    const outsider = await createPerson(server, {
      name: 'Outsider',
      isAccount: true,
      permissions: ['ACCESS_MANAGE'],
    });
    expect(code(await remove(clerk.api, team))).toEqual(['FORBIDDEN -']);
    expect(code(await remove(outsider.api, team))).toEqual(['NOT_FOUND id']);
    expect(code(await remove(keeper.api, 'tem_\0'))).toEqual(['NOT_FOUND id']);
    expect(code(await remove(keeper.api, above))).toEqual(['FORBIDDEN id']);
    expect(await remove(keeper.api, team)).toEqual({ errors: [], deletedId: team });
    expect(await keeper.api.run('query ($id: ID!) { node(id: $id) { id } }', { id: team })).toBeNull();
    expect(code(await remove(keeper.api, team))).toEqual(['NOT_FOUND id']);
    expect(
      (await clerk.api.run('{ viewer { teams { id } } }')).teams.map((one: any) => one.id),
    ).not.toContain(team);
  });

  it('is not deleted while webhooks use it, and those that were deleted forget it and keep their history', async () => {
    const team = await makeTeam(clerk.id);
    const made = [
      await createWebhook(manager.api, receiver.url, { details: { teamId: team } }),
      await createWebhook(manager.api, receiver.url, { details: { teamId: team } }),
    ];
    const { deliveries } = await manager.api.mutate(
      'mutation ($input: TestEventInput!) { testEventSend(input: $input) { errors { code } deliveries { id } } }',
      { input: { webhookId: made[0]!.id, resource: 'clients', event: 'create' } },
    );
    expect(await remove(keeper.api, team)).toMatchObject({
      errors: [{ code: 'INVALID_STATE', field: ['id'], message: expect.stringMatching(/^2 webhooks watch/) }],
      deletedId: null,
    });
    await manager.api.mutate(REMOVE_WEBHOOK, { id: made[0]!.id });
    expect((await remove(keeper.api, team)).errors[0].message).toMatch(/^1 webhook watches/);
    await manager.api.mutate(REMOVE_WEBHOOK, { id: made[1]!.id });
    expect(await remove(keeper.api, team)).toEqual({ errors: [], deletedId: team });
    const delivery = await manager.api.run(
      'query ($id: ID!) { delivery(id: $id) { event { id } webhook { id } } }',
      { id: deliveries[0].id },
    );
    expect(delivery).toEqual({ event: { id: expect.any(String) }, webhook: null });
  });
});

describe('a webhook that begins to use a team at the moment when it is deleted', () => {
  const CREATE = `mutation ($input: WebhookInput!) {
    webhookCreate(input: $input) { errors { code field } webhook { id team { id } } } }`;
  const EDIT = `mutation ($id: ID!, $input: WebhookInput!) {
    webhookUpdate(id: $id, input: $input) { errors { code field } webhook { id team { id } } } }`;

  /** The ways of saving a webhook with a team. */
  const saves: Record<string, (teamId: string) => Promise<() => Promise<any>>> = {
    'a new one': async (teamId: string) => {
      const input = {
        details: { name: 'New', teamId },
        endpoints: [{ kind: 'URL', target: receiver.url }],
        triggers: [{ resource: 'clients', event: 'create' }],
      };
      return () => manager.api.run(CREATE, { input });
    },
    'an edited one': async (teamId: string) => {
      const { id } = await createWebhook(manager.api, receiver.url);
      return () => manager.api.run(EDIT, { id, input: { details: { teamId } } });
    },
    'a saved draft': async (teamId: string) => {
      const details = { name: 'Drafted', teamId };
      const id = await readyDraft(manager.api, receiver.url, { details });
      return () => manager.api.run(SAVE, { id });
    },
  };

  it.each(Object.entries(saves))('finds it gone, or keeps it: %s', async (_name, prepare) => {
    // The delete first: it has the team and waits for its member's row; the save waits for the team.
    const gone = await makeTeam(clerk.id);
    const lateSave = await prepare(gone);
    const member = await holdLock(server.database, 'select 1 from logins where id = $1 for no key update', [
      clerk.id,
    ]);
    const deleting = remove(keeper.api, gone);
    await member.waiting(1);
    const saving = lateSave();
    await member.waiting(2);
    await member.letGo();
    expect(await deleting).toEqual({ errors: [], deletedId: gone });
    const refusal = await saving;
    expect(code(refusal).filter((error) => error !== 'DRAFT_INCOMPLETE -')).toEqual([
      'NOT_FOUND details.teamId',
    ]);
    expect(refusal.webhook).toBeNull();

    // The save first: it has the team and waits behind it; the delete waits for the team.
    const kept = await makeTeam(clerk.id);
    const earlySave = await prepare(kept);
    const triggers = await holdLock(server.database, 'lock table trigger_routes in exclusive mode');
    const saved = earlySave();
    await triggers.waiting(1);
    const refused = remove(keeper.api, kept);
    await triggers.waiting(2);
    await triggers.letGo();
    expect(await saved).toMatchObject({ errors: [], webhook: { team: { id: kept } } });
    expect(code(await refused)).toEqual(['INVALID_STATE id']);
  });
});

describe('a document that changes a team twice', () => {
  it('is told its members as they are behind each of the changes', async () => {
    const team = await makeTeam(clerk.id);
    const change = (name: string, ids: string) =>
      `${name}: teamUpdate(id: $id, input: { memberIds: ${ids} }) { team { members { nodes { id } } } }`;
    const { data, errors } = await keeper.api.send(
      `mutation ($id: ID!, $clerk: [ID!], $keeper: [ID!]) { ${change('first', '$clerk')} ${change('second', '$keeper')} }`,
      { id: team, clerk: [clerk.id], keeper: [keeper.id] },
    );
    expect(errors).toBeUndefined();
    const members = (payload: any): string[] => payload.team.members.nodes.map((node: any) => node.id);
    expect([members(data!['first']), members(data!['second'])]).toEqual([[clerk.id], [keeper.id]]);
  });
});
