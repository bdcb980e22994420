/** Whose activity a webhook watches: its account's portfolio, a login with all below, a team; never beyond the account. */
import { holdLock } from '../support/lock-holder.ts';
import { createPerson, createTeam, type Person } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const permissions = ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH'] as const;

let server: TestServer;
let receiver: Receiver;
let x: Person;
let y: Person;
let clerk: Person;
let below: Person;
let sibling: Person;
let foreign: Person;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  await registerResource(server.api);
  x = await createPerson(server, { name: 'Branch X', isAccount: true, permissions: [...permissions] });
  y = await createPerson(server, { name: 'Branch Y', isAccount: true, permissions: [...permissions] });
  clerk = await createPerson(server, { name: 'Clerk', parentId: x.id, permissions: ['EVENTS_PUBLISH'] });
  below = await createPerson(server, { name: 'Below', parentId: clerk.id });
  sibling = await createPerson(server, { name: 'Sibling', parentId: x.id });
  foreign = await createPerson(server, { name: 'Foreign', parentId: y.id });
  const team = await createTeam(server, 'Mixed', [sibling.id, foreign.id]);

  await createWebhook(server.api, `${receiver.url}/root`);
  await createWebhook(x.api, `${receiver.url}/x`);
  await createWebhook(y.api, `${receiver.url}/y`);
  await createWebhook(x.api, `${receiver.url}/clerk`, { details: { forLoginId: clerk.id } });
  await createWebhook(server.api, `${receiver.url}/team`, { details: { teamId: team } });
});

afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

/** Publishes as the root for a login, and says which webhooks heard of it; the root's always does, as the proof. */
async function heard(entityId: string, login: Person): Promise<string[]> {
  const [published] = await publish(server.api, clientEvent(entityId, { loginId: login.id }));
  const of = (body: Buffer): string => (JSON.parse(body.toString()) as { entityId: string }).entityId;
  const found = () => receiver.hits.filter((hit) => of(hit.body) === entityId);
  for (
    let count = receiver.hits.length;
    found().length < published!.deliveryCount;
    count = receiver.hits.length
  )
    await receiver.until(count + 1);
  return found()
    .map((hit) => hit.path.replace('/hooks/', ''))
    .sort();
}

describe('an event', () => {
  it.each([
    ['of a login below a branch', () => clerk, ['clerk', 'root', 'x']],
    ['of a login below the watched one', () => below, ['clerk', 'root', 'x']],
    ['of the watched login’s parent', () => x, ['root', 'x']],
    ['of its sibling, who is in the team', () => sibling, ['root', 'team', 'x']],
    ['of another branch, by a member of the team', () => foreign, ['root', 'team', 'y']],
    ['of another branch', () => y, ['root', 'y']],
  ])('%s reaches those who watch it and nobody else', async (name, login, wanted) => {
    expect(await heard(name, login())).toEqual(wanted);
  });

  it('of a team’s member in another branch stays unheard by a webhook of this branch', async () => {
    const team = await createTeam(server, 'Across', [sibling.id, foreign.id]);
    // X may name a team only if it may see it: one that the root made lies above its account.
    const refused = await x.api.run(
      `mutation ($input: WebhookInput!) { webhookCreate(input: $input) { errors { code field } } }`,
      {
        input: {
          details: { name: 'Foreign team', teamId: team },
          endpoints: [{ kind: 'URL', target: receiver.url }],
          triggers: [{ resource: 'clients', event: 'create' }],
        },
      },
    );
    expect(refused.errors).toMatchObject([{ code: 'NOT_FOUND', field: ['details', 'teamId'] }]);
    // As a member X may name the team; what its members do elsewhere stays out of its account all the same.
    const own = await createTeam(server, 'With X', [x.id, sibling.id, foreign.id]);
    const watching = await createWebhook(x.api, `${receiver.url}/x-team`, { details: { teamId: own } });
    expect(await heard('across', foreign)).toEqual(['root', 'team', 'y']);
    expect(await heard('inside', sibling)).toEqual(['root', 'team', 'x', 'x-team']);
    await x.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', {
      id: watching.id,
    });
  });

  it('of a login outside the caller’s account cannot be published, and its events and deliveries cannot be read', async () => {
    const answer = await clerk.api.run(
      'mutation ($input: [EventInput!]!) { eventsPublish(input: $input) { errors { code field } } }',
      { input: [clientEvent('mine'), clientEvent('theirs', { loginId: foreign.id })] },
    );
    expect(answer.errors).toMatchObject([{ code: 'NOT_FOUND', field: ['1', 'loginId'] }]);
    const own = await y.api.run('{ deliveries { nodes { id webhook { id } event { id } } } }');
    expect(own.nodes.length).toBeGreaterThan(0);
    const [{ id, webhook, event }] = own.nodes;
    const seen = await x.api.send(
      'query ($d: ID!, $w: ID!, $e: ID!) { delivery(id: $d) { id } webhook(id: $w) { id } event(id: $e) { id } nodes(ids: [$d, $w, $e]) { id } }',
      { d: id, w: webhook.id, e: event.id },
    );
    expect(seen.data).toEqual({ delivery: null, webhook: null, event: null, nodes: [null, null, null] });
    const retried = await x.api.run('mutation ($id: ID!) { deliveryRetry(id: $id) { errors { code } } }', {
      id,
    });
    expect(retried.errors).toEqual([{ code: 'NOT_FOUND' }]);
  });
});

describe('the tree and the teams', () => {
  const UPDATE = `mutation ($id: ID!, $input: LoginInput!) {
    loginUpdate(id: $id, input: $input) { errors { code field message } } }`;
  const SET_MEMBERS = `mutation ($id: ID!, $memberIds: [ID!]) {
    teamUpdate(id: $id, input: { memberIds: $memberIds }) { errors { code field message } } }`;

  it('count as they are at publish: a login that moves takes all below it to its new branch', async () => {
    const office = await createPerson(server, { name: 'Office', parentId: x.id });
    const agent = await createPerson(server, { name: 'Agent', parentId: office.id });
    expect(await heard('before', agent)).toEqual(['root', 'x']);
    await server.api.mutate(UPDATE, { id: office.id, input: { parentId: y.id } });
    expect(await heard('after', agent)).toEqual(['root', 'y']);
    expect(await heard('after-itself', office)).toEqual(['root', 'y']);
    // What happened before stays with the branch in which it happened.
    const read = '{ events(first: 100) { nodes { entityId } } }';
    const entities = async (reader: Person): Promise<string[]> =>
      (await reader.api.run(read)).nodes.map((node: { entityId: string }) => node.entityId);
    expect(await entities(x)).toEqual(expect.arrayContaining(['before']));
    expect(await entities(x)).not.toEqual(expect.arrayContaining(['after']));
    expect(await entities(y)).toEqual(expect.arrayContaining(['after', 'after-itself']));
    expect(await entities(y)).not.toEqual(expect.arrayContaining(['before']));
    await server.api.mutate(UPDATE, { id: office.id, input: { parentId: clerk.id } });
    expect(await heard('below-the-clerk', agent)).toEqual(['clerk', 'root', 'x']);
  });

  it('count as they are at publish: who joins a team is heard, who left is not', async () => {
    const member = await createPerson(server, { name: 'Member', parentId: y.id });
    const teamId = await createTeam(server, 'Changing', []);
    const webhook = await createWebhook(server.api, `${receiver.url}/changing`, { details: { teamId } });
    const setMembers = (...memberIds: string[]) => server.api.mutate(SET_MEMBERS, { id: teamId, memberIds });
    expect(await heard('not-yet', member)).toEqual(['root', 'y']);
    await setMembers(member.id);
    expect(await heard('joined', member)).toEqual(['changing', 'root', 'y']);
    await setMembers(sibling.id);
    expect(await heard('gone', member)).toEqual(['root', 'y']);
    expect(await heard('came', sibling)).toEqual(['changing', 'root', 'team', 'x']);
    await server.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', {
      id: webhook.id,
    });
  });

  it('let the webhooks of a disabled login go on, whose own tokens are refused at the next request', async () => {
    const owner = await createPerson(server, {
      name: 'Owner',
      parentId: x.id,
      permissions: [...permissions],
    });
    await createWebhook(owner.api, `${receiver.url}/owner`, { details: { forLoginId: below.id } });
    expect(await heard('enabled', below)).toEqual(['clerk', 'owner', 'root', 'x']);
    await server.api.mutate(UPDATE, { id: owner.id, input: { disabled: true } });
    expect((await owner.api.send('{ viewer { id } }')).status).toBe(401);
    expect(await heard('disabled', below)).toEqual(['clerk', 'owner', 'root', 'x']);
    // Its own activity is heard, too: the host application publishes it.
    expect(await heard('disabled-itself', owner)).toEqual(['root', 'x']);
  });
});

describe('a publish under way when its login is moved away or disabled', () => {
  const UPDATE = `mutation ($id: ID!, $input: LoginInput!) {
    loginUpdate(id: $id, input: $input) { errors { code field message } } }`;
  const PUBLISH = `mutation ($input: [EventInput!]!) {
    eventsPublish(input: $input) { errors { code field } events { deliveryCount } } }`;
  const TEST = `mutation ($input: TestEventInput!) {
    testEventSend(input: $input) { errors { code field } deliveries { id } } }`;

  it.each([
    ['moved to another branch', () => ({ parentId: y.id }), ['0', 'loginId'], ['webhookId']],
    ['disabled', () => ({ disabled: true }), null, null],
  ])('and %s is taken or refused as a whole', async (_name, change, publishField, testField) => {
    const publisher = await createPerson(server, {
      name: 'Host',
      parentId: x.id,
      permissions: [...permissions],
    });
    const webhook = await createWebhook(publisher.api, `${receiver.url}/host`, {
      details: { forLoginId: publisher.id },
      triggers: [{ resource: 'clients', event: 'update' }],
    });
    // Both have read their caller's rights, and wait for the catalog.
    const catalog = await holdLock(server.database, 'lock table resources in access exclusive mode');
    const publishing = publisher.api.run(PUBLISH, { input: [clientEvent('late', { event: 'update' })] });
    await catalog.waiting(1);
    const testing = publisher.api.run(TEST, {
      input: { webhookId: webhook.id, resource: 'clients', event: 'update' },
    });
    await catalog.waiting(2);
    await server.api.mutate(UPDATE, { id: publisher.id, input: change() });
    await catalog.letGo();
    const [published, tested] = [await publishing, await testing];
    if (publishField === null) {
      expect(published).toEqual({ errors: [], events: [{ deliveryCount: 1 }] });
      expect(tested).toEqual({ errors: [], deliveries: [{ id: expect.any(String) }] });
      await receiver.find((hit) => hit.headers['webhook-id'] === tested.deliveries[0].id);
    } else {
      expect(published.errors).toEqual([{ code: 'NOT_FOUND', field: publishField }]);
      expect(tested.errors).toEqual([{ code: 'NOT_FOUND', field: testField }]);
    }
  });
});

describe('a delivery that was matched before its webhook was switched off and on', () => {
  it('is cancelled at its claim, since what happened meanwhile is not made up for', async () => {
    const webhook = await createWebhook(y.api, `${receiver.url}/switched`, {
      triggers: [{ resource: 'clients', event: 'update' }],
      advanced: { retrySchedule: [600] },
    });
    await publish(y.api, clientEvent('late', { event: 'update' }));
    // A publish that commits after the switch looks like this: older than enabled_at, and due.
    const { engine } = server.app.db;
    await engine.query('update webhooks set enabled_at = clock_timestamp() where id = $1', [webhook.id]);
    await engine.query('update delivery_queue set due_at = clock_timestamp() where webhook_id = $1', [
      webhook.id,
    ]);
    for (let open = 1; open > 0;) {
      const { rows } = await engine.query<{ open: number }>(
        'select count(*)::int as open, pg_sleep(0.02) from delivery_queue where webhook_id = $1',
        [webhook.id],
      );
      open = rows[0]!.open;
    }
    const page = await y.api.run(
      'query ($id: ID!) { deliveries(filter: { webhookId: $id }) { nodes { status attemptCount } } }',
      { id: webhook.id },
    );
    expect(page.nodes).toEqual([{ status: 'CANCELLED', attemptCount: 0 }]);
    expect(receiver.hits.some((hit) => hit.path.endsWith('/switched'))).toBe(false);
  });
});
