/** A few events without keys go in one statement: what it relies on is seen by that statement itself, and nothing else differs. */
import { createPerson, createTeam } from '../support/people.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const PUBLISH = `mutation ($input: [EventInput!]!) {
  eventsPublish(input: $input) { errors { code field } events { deliveryCount event { id } } } }`;

let server: TestServer;
let receiver: Receiver;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  await registerResource(server.api);
});
beforeEach(() => {
  receiver.hits.length = 0;
});
afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

/** How often publishes took one statement, and how often they took steps; on the one connection that serves one after the other. */
async function ways(): Promise<{ atOnce: number; inSteps: number }> {
  const { rows } = await server.app.db.publishing.query(
    `select name, (generic_plans + custom_plans)::int as times from pg_prepared_statements`,
  );
  const timesOf = (name: string): number => rows.find((row) => row.name === name)?.times ?? 0;
  return { atOnce: timesOf('publish_at_once'), inSteps: timesOf('insert_events') };
}

/** Which way a publish took, tried in one statement or not. */
async function wayOf(work: () => Promise<unknown>): Promise<{ atOnce: number; inSteps: number }> {
  const before = await ways();
  await work();
  const after = await ways();
  return { atOnce: after.atOnce - before.atOnce, inSteps: after.inSteps - before.inSteps };
}

/** The rows of an entity's only event, without what is new each time. */
async function storedOf(entityId: string): Promise<unknown> {
  const { rows } = await server.app.db.reads.query(
    `select e.login_id, e.path, e.team_ids, e.resource, e.name, e.test, e.fired, e.epoch, e.occurred_at, p.payload,
            (select array_agg((d.webhook_id, d.endpoint_id, d.origin, d.format)::text order by d.id)
             from (select id, webhook_id, endpoint_id, origin, format, event_id from delivery_queue union all
                   select id, webhook_id, endpoint_id, origin, format, event_id from deliveries) d
             where d.event_id = e.id) as deliveries
     from events e join event_payloads p on p.event_id = e.id where e.entity_id = $1`,
    [entityId],
  );
  expect(rows).toHaveLength(1);
  return JSON.parse(JSON.stringify(rows[0]).replaceAll(entityId, 'it'));
}

describe('a publish of a few events', () => {
  it('without keys takes one statement, and stores what it would in steps', async () => {
    await createWebhook(server.api, receiver.url);
    const clerk = await createPerson(server, { name: 'Clerk' });
    await createTeam(server, 'Team', [clerk.id]);
    const more = { loginNumber: clerk.number, occurredAt: '2026-01-02T03:04:05.678Z' };
    expect(await wayOf(() => publish(server.api, clientEvent('first', more)))).toMatchObject({ inSteps: 0 });
    expect(
      await wayOf(() => publish(server.api, clientEvent('other', { ...more, idempotencyKey: 'a key' }))),
    ).toEqual({ atOnce: 0, inSteps: 1 });
    const told = await receiver.until(2);
    expect(await storedOf('first')).toEqual(await storedOf('other'));
    const [one, two] = ['first', 'other'].map((entityId) => {
      const text = told.find(({ body }) => body.includes(`"${entityId}"`))!.body.toString();
      return { ...JSON.parse(text.replaceAll(entityId, 'it')), id: '' };
    });
    expect(one).toEqual(two);
  });

  it('for a login of its own, named by its id, by its number or not at all, stores the same place', async () => {
    const [{ id, number }] = (
      await server.app.db.reads.query('select id, number from logins where parent_id is null')
    ).rows;
    const names = { bare: {}, 'by-id': { loginId: id }, 'by-number': { loginNumber: number } };
    const way = await wayOf(async () => {
      for (const [entityId, more] of Object.entries(names))
        await publish(server.api, clientEvent(entityId, { ...more, occurredAt: '2026-01-02T03:04:05.678Z' }));
    });
    expect(way).toEqual({ atOnce: 3, inSteps: 0 });
    expect(await storedOf('by-id')).toEqual(await storedOf('bare'));
    expect(await storedOf('by-number')).toEqual(await storedOf('bare'));
  });

  it('with a key takes it in that statement, and only what was published under it before takes steps', async () => {
    const event = clientEvent('keyed', { idempotencyKey: 'one key' });
    const answers: unknown[] = [];
    const again = async (input: Record<string, unknown>) =>
      answers.push((await server.api.run(PUBLISH, { input: [input] })).errors.map(({ code }: any) => code));
    expect(await wayOf(() => again(event))).toEqual({ atOnce: 1, inSteps: 0 });
    expect(await wayOf(() => again(event))).toEqual({ atOnce: 1, inSteps: 0 });
    await again({ ...event, payload: { id: 'keyed', name: 'another' } });
    expect(answers).toEqual([[], [], ['KEY_REUSED']]);
    await storedOf('keyed');
    expect((await publish(server.api, event))[0]!.duplicate).toBe(true);
    await receiver.until(1);
    const two = ['x', 'y'].map((id) => clientEvent(id, { idempotencyKey: `key of ${id}` }));
    expect(await wayOf(() => publish(server.api, ...two))).toEqual({ atOnce: 0, inSteps: 1 });
  });

  it('with one for a login of another branch is refused as a whole; without it the other one is taken', async () => {
    const x = await createPerson(server, { name: 'X', isAccount: true, permissions: ['EVENTS_PUBLISH'] });
    const y = await createPerson(server, { name: 'Y', isAccount: true });
    const own = clientEvent('own');
    const refused = await x.api.run(PUBLISH, { input: [own, clientEvent('foreign', { loginId: y.id })] });
    expect(refused).toEqual({ errors: [{ code: 'NOT_FOUND', field: ['1', 'loginId'] }], events: [] });
    const { rows } = await server.app.db.reads.query(
      `select 1 from events where entity_id in ('own', 'foreign')`,
    );
    expect(rows).toEqual([]);
    await publish(x.api, own);
    await storedOf('own');
  });

  it('is judged by the model that another server has given its resource meanwhile', async () => {
    const other = await startServer({ DATABASE_URL: server.database.url });
    try {
      await registerResource(server.api, 'things', 'type Thing { id: ID! size: String! }');
      const thing = (entityId: string, size: unknown) => ({
        ...{ resource: 'things', event: 'create', entityId, payload: { id: entityId, size } },
      });
      await publish(server.api, thing('small', 'small'));
      expect(await wayOf(() => publish(server.api, thing('again', 'small')))).toEqual({
        atOnce: 1,
        inSteps: 0,
      });
      await registerResource(other.api, 'things', 'type Thing { id: ID! size: Int! }');
      const answer = await server.api.run(PUBLISH, { input: [thing('old', 'small')] });
      expect(answer.errors).toMatchObject([{ code: 'INVALID_PAYLOAD', field: ['0', 'payload', 'size'] }]);
      expect(await wayOf(() => publish(server.api, thing('new', 7)))).toEqual({ atOnce: 1, inSteps: 0 });
    } finally {
      await other.stop();
    }
  });

  it('with more deliveries than expected takes its steps once, and has all of them; the next one goes at once', async () => {
    const event = { resource: 'wide', event: 'create', payload: { id: 'x', name: 'x' } };
    await registerResource(server.api, 'wide');
    const triggers = [{ resource: 'wide', event: 'create' }];
    const targets = Array.from({ length: 15 }, (_, index) => `${receiver.url}/${index}`);
    for (let from = 0; from < targets.length; from += 5)
      await createWebhook(server.api, targets.slice(from, from + 5), { triggers });
    const counts: number[] = [];
    const wide = async (entityId: string) => {
      counts.push((await publish(server.api, { ...event, entityId }))[0]!.deliveryCount);
    };
    expect(await wayOf(() => wide('one'))).toEqual({ atOnce: 1, inSteps: 1 });
    expect(await wayOf(() => wide('two'))).toEqual({ atOnce: 1, inSteps: 0 });
    expect(counts).toEqual([15, 15]);
    const hits = await receiver.until(30);
    expect(
      new Set(hits.map(({ path, body }) => `${path} ${JSON.parse(body.toString()).entityId}`)).size,
    ).toBe(30);
  });

  it('of one entity keeps their order at an endpoint that asks for it', async () => {
    await registerResource(server.api, 'ordered');
    const triggers = ['create', 'update'].map((event) => ({ resource: 'ordered', event }));
    await createWebhook(server.api, receiver.url, { triggers, advanced: { ordering: 'PER_ENTITY' } });
    const sizes = Array.from({ length: 10 }, (_, index) => String(index));
    let answer = (): void => undefined;
    receiver.answer = (_hit, response) => void (answer = () => response.writeHead(204).end());
    const way = await wayOf(() =>
      publish(
        server.api,
        ...sizes.map((name, index) => ({
          ...{ resource: 'ordered', event: index % 2 ? 'create' : 'update', entityId: 'same' },
          payload: { id: 'same', name },
        })),
      ),
    );
    expect(way).toEqual({ atOnce: 1, inSteps: 0 });
    await receiver.until(1);
    const waiting = await server.app.db.reads.query(
      `select count(*)::int as count, count(*) filter (where q.blocked)::int as blocked
       from delivery_queue q join events e on e.id = q.event_id where e.resource = 'ordered'`,
    );
    expect(waiting.rows).toEqual([{ count: 10, blocked: 9 }]);
    receiver.answer = status(204);
    answer();
    const hits = await receiver.until(10);
    expect(hits.map(({ body }) => JSON.parse(body.toString()).data.name)).toEqual(sizes);
  });
});
