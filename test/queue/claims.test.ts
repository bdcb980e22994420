/** The queue's statements against each other: fences, releases, takeovers. */
import { type App } from '../../src/app.ts';
import type { Sql } from '../../src/db/sql.ts';
import { cancelNow } from '../../src/queue/cancel.ts';
import { openCircuit } from '../../src/queue/circuits.ts';
import { CLAIM, claim, type Claimed } from '../../src/queue/claim.ts';
import { complete, type Completion, release } from '../../src/queue/complete.ts';
import type { Job } from '../../src/queue/job.ts';
import { takeExpired } from '../../src/queue/rescue.ts';
import { retryNow } from '../../src/queue/retry.ts';
import { figure } from '../support/figure.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let receiver: Receiver;
let engine: App['db']['engine'];
/** The webhooks of a test. */
let made: string[] = [];

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  engine = server.app.db.engine;
  await registerResource(server.api);
});
beforeEach(async () => {
  // Nothing is due by itself: the tests claim with their own hands, after making rows due under a lock.
  const { id } = await createWebhook(server.api, receiver.url, { advanced: { retrySchedule: [600, 600] } });
  made = [id];
});

afterEach(async () => {
  await engine.query('delete from delivery_queue');
  for (const id of made)
    await server.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', { id });
  for (const table of ['delivery_queue', 'deliveries', 'attempts', 'delivery_log', 'endpoint_circuits'])
    await engine.query(`delete from ${table}`);
  receiver.hits.length = 0;
});

afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

/** Claims at all endpoints that have anything waiting, as a sender without limits of its own would. */
async function claimAll(sql: Sql, sender: string, want: number, leaseMarginMs: number): Promise<Claimed> {
  const { rows } = await sql.query<{ endpoint_id: string }>(
    'select distinct endpoint_id from delivery_queue',
  );
  const asks = rows.map((row) => ({
    ...{ endpointId: row.endpoint_id, want, inFlight: 0, ratePerSecond: null, exclusive: false },
    ...{ recount: false, since: { first: null, retry: null } },
  }));
  const terms = { sender, leaseMarginMs, endpointLeaseMs: 10_000, endpointConcurrency: 1_000 };
  return await claim(sql, terms, asks, false);
}

/** Publishes one event and claims it before the server's own sender can: both in one transaction. */
async function claimOne(sender: string, leaseMarginMs = 60_000): Promise<Job> {
  await publish(server.api, clientEvent('c'));
  return await claimDue(sender, leaseMarginMs);
}

/** Claims what waits, in one transaction with what makes it wait: the server's own sender is quick. */
async function claimDue(
  sender: string,
  leaseMarginMs = 60_000,
  before: (sql: Sql) => Promise<void> = async () => undefined,
): Promise<Job> {
  const client = await engine.connect();
  try {
    await client.query('begin');
    await before(client);
    await client.query('update delivery_queue set due_at = clock_timestamp() where sender is null');
    const { jobs } = await claimAll(client, sender, 1, leaseMarginMs);
    await client.query('commit');
    return jobs[0]!;
  } finally {
    client.release();
  }
}

function result(job: Job, next: Completion['next'] = 'SUCCEEDED'): Completion {
  return {
    id: job.id,
    fence: job.fence,
    attempt: job.attempt,
    next,
    delayMs: 600_000,
    telling: true,
    holdMs: 0,
    origin: 'FIRST',
    outcome: next === 'SUCCEEDED' ? 'SUCCEEDED' : 'REJECTED',
    failureCode: next === 'SUCCEEDED' ? null : 'STATUS',
    statusCode: 200,
    startedAt: new Date(),
    durationMs: 1,
    request: '{"url":"","headers":[],"bodyBytes":0}',
    response: null,
    phases: null,
  };
}

async function attempts(): Promise<unknown[]> {
  return (await engine.query('select number, outcome from attempts order by number')).rows;
}

describe('a claim', () => {
  it('that is given back was no attempt, and its holder can record nothing any more', async () => {
    const first = await claimOne('one');
    const second = await claimDue('two', 60_000, (sql) => release(sql, [first]));
    expect([first.attempt, second.attempt]).toEqual([1, 1]);
    expect(second.fence).toBe(first.fence + 1);
    expect((await complete(engine, [result(first)])).counted).toBe(0);
    await release(engine, [first]);
    expect((await complete(engine, [result(second)])).counted).toBe(1);
    expect(await attempts()).toEqual([{ number: 1, outcome: 'SUCCEEDED' }]);
  });

  it('is recorded once, however often its batch is repeated', async () => {
    const job = await claimOne('one');
    expect((await complete(engine, [result(job, 'RETRY')])).counted).toBe(1);
    expect((await complete(engine, [result(job, 'RETRY')])).counted).toBe(0);
    expect((await complete(engine, [result(job)])).counted).toBe(0);
    expect(await attempts()).toEqual([{ number: 1, outcome: 'REJECTED' }]);
    const { rows } = await engine.query('select kind, version from delivery_log order by seq');
    expect(rows).toEqual([
      { kind: 'CREATED', version: 1 },
      { kind: 'RETRY_SCHEDULED', version: 2 },
    ]);
  });

  it('whose lease has not ended is left to its holder, and taken over by exactly one when it has', async () => {
    const job = await claimOne('one');
    expect(await takeExpired(engine, 'two', 10, 60_000)).toEqual([]);
    // The server's own rescue is after it, too: the lease ends and is taken over in one transaction.
    const client = await engine.connect();
    await client.query('begin');
    await client.query('update delivery_queue set due_at = clock_timestamp()');
    const taken = await takeExpired(client, 'two', 10, 60_000);
    await client.query('commit');
    client.release();
    expect(taken).toMatchObject([{ id: job.id, attempt: 1, fence: job.fence + 1 }]);
    expect(await takeExpired(engine, 'three', 10, 60_000)).toEqual([]);
    expect((await complete(engine, [result(job)])).counted).toBe(0);
    expect((await complete(engine, [{ ...result(job), fence: job.fence + 1 }])).counted).toBe(1);
  });

  it('that ran out long ago is met by a look at all of them, not by one at those of late', async () => {
    const job = await claimOne('one');
    const client = await engine.connect();
    await client.query('begin');
    await client.query(`update delivery_queue set due_at = clock_timestamp() - interval '1 minute'`);
    expect(await takeExpired(client, 'two', 10, 60_000, 50_000)).toEqual([]);
    const taken = await takeExpired(client, 'two', 10, 60_000, 70_000);
    await client.query('commit');
    client.release();
    expect(taken.map(({ id }) => id)).toEqual([job.id]);
  });

  it('of a delivery that was closed and is sent again by hand is not that of a sender from before', async () => {
    const lost = await claimOne('one');
    const client = await engine.connect();
    await client.query('begin');
    await client.query('update delivery_queue set due_at = clock_timestamp()');
    const [taken] = await takeExpired(client, 'two', 10, 60_000);
    const rescued = { ...result(lost, 'RETRY'), fence: taken!.fence, telling: false };
    await complete(client, [{ ...rescued, outcome: 'LOST', failureCode: 'SENDER_LOST' }]);
    expect(await cancelNow(client, lost.id)).toBe('CANCELLED');
    expect(await retryNow(client, lost.id)).toBe('QUEUED');
    const { jobs } = await claimAll(client, 'three', 1, 60_000);
    await client.query('commit');
    client.release();
    const [again] = jobs;
    expect(again).toMatchObject({ id: lost.id, attempt: 2 });
    // The first one wakes up: it neither records nor gives back what is not its own.
    await release(engine, [lost]);
    expect((await complete(engine, [result(lost)])).counted).toBe(0);
    expect((await complete(engine, [result(again!)])).counted).toBe(1);
    expect(await attempts()).toEqual([
      { number: 1, outcome: 'LOST' },
      { number: 2, outcome: 'SUCCEEDED' },
    ]);
  });

  it('takes each due row once, however many senders claim at the same moment', async () => {
    await publish(server.api, ...Array.from({ length: 200 }, (_, index) => clientEvent(`c${index}`)));
    await engine.query('update delivery_queue set due_at = clock_timestamp()');
    const claimed = await Promise.all(
      ['a', 'b', 'c', 'd'].map((sender) => claimAll(engine, sender, 200, 60_000)),
    );
    const ids = claimed.flatMap(({ jobs }) => jobs.map((job) => job.id));
    expect(new Set(ids).size).toBe(ids.length);
    // The rest went to the server's own sender.
    expect(ids.length + receiver.hits.length).toBeLessThanOrEqual(200);
  });

  it('heeds a receiver that asks for a pause, although another result of the same moment is a success', async () => {
    await publish(server.api, clientEvent('a'), clientEvent('b'));
    const [first, second] = [await claimDue('one'), await claimDue('one')];
    await complete(engine, [result(first), { ...result(second, 'RETRY'), statusCode: 429, holdMs: 60_000 }]);
    const circuits = async (): Promise<unknown> =>
      (
        await engine.query(
          'select failing_since, failures, hold_until > now() as held from endpoint_circuits',
        )
      ).rows;
    expect(await circuits()).toEqual([{ failing_since: null, failures: 0, held: true }]);
  });

  it('reads no more pages for twenty thousand deliveries that are due later', async () => {
    const [event] = await publish(server.api, clientEvent('later'));
    const { rows: made } = await engine.query<{ webhook_id: string; endpoint_id: string }>(
      `insert into delivery_queue (id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, due_at, rank)
       select 'dlv_later' || g, event_id, resource, event, entity_id, webhook_id, endpoint_id, 'EVENT', now() + interval '1 hour' + g * interval '1 ms',
              1 + g % 2
       from delivery_queue cross join generate_series(1, 20000) g where event_id = $1
       returning webhook_id, endpoint_id`,
      [event!.event.id],
    );
    const values = [
      ...['somebody', [made[0]!.endpoint_id], [10], [0], [null], [false], [false], [null], [null]],
      ...[1_000, 10_000, 32, 1, 2],
    ];
    const { rows } = await engine.query<{ 'QUERY PLAN': { Plan: Record<string, number> }[] }>(
      `explain (analyze, buffers, timing off, format json) ${CLAIM.text}`,
      values,
    );
    const plan = rows[0]!['QUERY PLAN'][0]!.Plan;
    const pages = plan['Shared Hit Blocks']! + plan['Shared Read Blocks']!;
    figure('claim', { waitingLater: 20_000, pages });
    expect(pages).toBeLessThan(100);
  });
});

describe('a circuit', () => {
  const PROBE = { afterMs: 60_000, maxMs: 600_000, spread: 1 };

  it('is opened by a failure that others have succeeded beside, once, and says why', async () => {
    const { id, endpointId } = await createWebhook(server.api, receiver.url);
    made.push(id);
    const open = (): Promise<boolean> =>
      openCircuit(engine, endpointId, 'STATUS', { state: 'CLOSED' }, PROBE);
    // Nothing is known of the endpoint: its failures were recorded together with successes.
    expect(await Promise.all([open(), open()])).toEqual(expect.arrayContaining([true, false]));
    const { rows } = await engine.query(
      'select state, trips, failures, failure_code, failing_since is not null as failing from endpoint_circuits',
    );
    expect(rows).toEqual([{ state: 'OPEN', trips: 1, failures: 1, failure_code: 'STATUS', failing: true }]);
    // Only who holds the probe reopens it.
    const probed = { state: 'HALF_OPEN' as const, sender: 'somebody' };
    expect(await openCircuit(engine, endpointId, 'STATUS', probed, PROBE)).toBe(false);
  });
});
