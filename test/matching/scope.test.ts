/** Whose activity a webhook watches: its account's portfolio, a login with all below, a team; never beyond the account. */
import { createPerson, createTeam, type Person } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

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
  const permissions = ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH'] as const;
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
