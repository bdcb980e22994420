/**
 * What the queue's statements decide for all senders together: who has an endpoint, how much it gets, when a pause ends,
 * who of an entity is next. The server has no sender of its own, so what is due stays due.
 */
import type { App } from '../../src/app.ts';
import { newId } from '../../src/ids.ts';
import { cancelNow } from '../../src/queue/cancel.ts';
import { closeCircuit, openCircuit, releaseEndpoints } from '../../src/queue/circuits.ts';
import { type Ask, claim, type Claimed, type Standing } from '../../src/queue/claim.ts';
import { complete, type Completion, release } from '../../src/queue/complete.ts';
import { enqueue } from '../../src/queue/enqueue.ts';
import type { Job } from '../../src/queue/job.ts';
import { promoteOrphans } from '../../src/queue/order.ts';
import { readyEndpoints } from '../../src/queue/ready.ts';
import { releaseOrder } from '../../src/queue/release-order.ts';
import { retryNow } from '../../src/queue/retry.ts';
import { holdLock } from '../support/lock-holder.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const LEASE_MS = 10_000;

let server: TestServer;
let engine: App['db']['engine'];
let webhookId: string;
let endpointId: string;

beforeAll(async () => {
  server = await startServer({ BELLWIRE_ROLE: 'api' });
  engine = server.app.db.engine;
  await registerResource(server.api);
});
afterAll(() => server?.stop());
afterEach(async () => {
  await server.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', {
    id: webhookId,
  });
  await engine.query('delete from delivery_queue');
});

/** A webhook of its own with so many deliveries due, of one entity each unless one is named. */
async function begin(count: number, advanced: Record<string, unknown> = {}, entity?: string): Promise<void> {
  ({ id: webhookId, endpointId } = await createWebhook(server.api, 'http://127.0.0.1:9999/', {
    advanced: { retrySchedule: [0, 600], ...advanced },
  }));
  await publish(
    server.api,
    ...Array.from({ length: count }, (_, index) => clientEvent(entity ?? `c${index}`)),
  );
}

/** A claim at the endpoint, as a sender makes it that knows nothing of it. */
async function claimAt(sender: string, more: Partial<Ask> = {}): Promise<Claimed & { standing: Standing }> {
  const ask = {
    ...{ endpointId, want: 9, inFlight: 0, ratePerSecond: null, exclusive: false, recount: false },
    ...{ since: { first: null, retry: null }, ...more },
  };
  const terms = { sender, leaseMarginMs: 60_000, endpointLeaseMs: LEASE_MS, endpointConcurrency: 32 };
  const claimed = await claim(engine, terms, [ask], false);
  return { ...claimed, standing: claimed.standings[0]! };
}

function result(job: Job, more: Partial<Completion> = {}): Completion {
  return {
    ...{ id: job.id, fence: job.fence, attempt: job.attempt, next: 'RETRY', delayMs: 600_000, telling: true },
    ...{ holdMs: 0, origin: 'FIRST', outcome: 'REJECTED', failureCode: 'STATUS', statusCode: 500 },
    ...{ startedAt: new Date(), durationMs: 1, request: '{"url":"","headers":[],"bodyBytes":0}' },
    ...{ response: null, phases: null, ...more },
  };
}
const SUCCESS = { next: 'SUCCEEDED', outcome: 'SUCCEEDED', failureCode: null, statusCode: 204 } as const;

/** Gives the endpoint a circuit with these values, as SQL. */
async function circuit(values: Record<string, string>): Promise<void> {
  await engine.query('delete from endpoint_circuits where endpoint_id = $1', [endpointId]);
  await engine.query(
    `insert into endpoint_circuits (endpoint_id, ${Object.keys(values).join()})
     values ($1, ${Object.values(values).join()})`,
    [endpointId],
  );
}
const change = (values: string) =>
  engine.query(`update endpoint_circuits set ${values} where endpoint_id = $1`, [endpointId]);
const PAUSED = {
  ...{ state: `'OPEN'`, opened_at: 'now()', trips: '1', failing_since: 'now()', failures: '10' },
  ...{ failure_code: `'STATUS'`, probe_at: `now() - interval '1 second'` },
};
const leaseEnds = () => change('lease_until = clock_timestamp()');

async function row(columns: string): Promise<any> {
  const { rows } = await engine.query(`select ${columns} from endpoint_circuits where endpoint_id = $1`, [
    endpointId,
  ]);
  return rows[0];
}

/** Asks by hand for one that waits. */
async function hasten(): Promise<string> {
  const { rows } = await engine.query<{ id: string }>(
    'select id from delivery_queue where sender is null order by id limit 1',
  );
  expect(await retryNow(engine, rows[0]!.id)).toBe('QUEUED');
  return rows[0]!.id;
}

/** Two senders come to the circuit's row at the same moment; how the endpoint stands for them. */
async function twoAtOnce(): Promise<Claimed[]> {
  const lock = await holdLock(
    server.database,
    'select 1 from endpoint_circuits where endpoint_id = $1 for update',
    [endpointId],
  );
  const both = [claimAt('one'), claimAt('two')];
  await lock.waiting(2);
  await lock.letGo();
  return Promise.all(both);
}
const may = (claims: Claimed[]): string[] => claims.map(({ standings }) => standings[0]!.may).sort();
const jobsOf = (claims: Claimed[]): Job[] => claims.flatMap(({ jobs }) => jobs);

describe('an endpoint with a limit of its own', () => {
  it('is one sender’s until the lease ends, and the next one counts what the first may have on the wire', async () => {
    await begin(9, { maxConcurrency: 3 });
    const first = await claimAt('one', { want: 2 });
    expect(first.standing).toMatchObject({ may: 'ALL', foreign: 0, maxConcurrency: 3, taken: 2 });
    const other = await claimAt('two');
    expect(other.standing).toMatchObject({ may: 'ELSEWHERE', taken: 0 });
    expect(other.standing.heldMs).toBeGreaterThan(LEASE_MS - 5_000);
    await hasten();
    expect((await claimAt('two')).standing).toMatchObject({ may: 'ELSEWHERE', taken: 0 });
    await leaseEnds();
    const second = await claimAt('two');
    expect(second.standing).toMatchObject({ may: 'ALL', foreign: 2, granted: 1, taken: 1 });
    const full = { inFlight: 1, recount: true };
    expect((await claimAt('two', full)).standing).toMatchObject({ may: 'ALL', foreign: 2, granted: 0 });
    // The first one is slow, not dead: its result counts.
    await complete(engine, [result(first.jobs[0]!)]);
    expect((await claimAt('two', full)).standing).toMatchObject({ foreign: 1, granted: 1, taken: 1 });
    await complete(engine, [result(first.jobs[1]!)]);
    expect((await claimAt('two', { inFlight: 2, recount: true })).standing).toMatchObject({
      foreign: 0,
      taken: 1,
    });
    expect((await claimAt('two', { inFlight: 3 })).standing).toMatchObject({ granted: 0, taken: 0 });
    expect((await claimAt('one')).standing.may).toBe('ELSEWHERE');
  });

  it('is taken over by one of two that come at the same moment', async () => {
    await begin(9, { maxConcurrency: 3 });
    await circuit({ holder: `'gone'`, lease_until: 'clock_timestamp()' });
    const both = await twoAtOnce();
    expect(may(both)).toEqual(['ALL', 'ELSEWHERE']);
    expect(jobsOf(both)).toHaveLength(3);
  });

  it('whose rate the sender does not know, or no longer, is only told of', async () => {
    await begin(3, { ratePerSecond: 5 });
    await hasten();
    for (const ratePerSecond of [null, 4])
      expect((await claimAt('one', { ratePerSecond })).standing).toMatchObject({
        ...{ may: 'LEARN', ratePerSecond: 5, taken: 0 },
      });
    expect((await claimAt('one', { ratePerSecond: 5, want: 1 })).standing).toMatchObject({
      may: 'ALL',
      taken: 1,
    });
    // The one that keeps the rate is the only one.
    expect((await claimAt('two', { ratePerSecond: 5 })).standing).toMatchObject({
      may: 'ELSEWHERE',
      taken: 0,
    });
  });

  it('of a sender that leaves is free a second later, and what others hold stays theirs', async () => {
    await begin(1, { maxConcurrency: 3 });
    await claimAt('one');
    await releaseEndpoints(engine, 'two');
    const left = `extract(epoch from lease_until - clock_timestamp())::float8 as seconds`;
    expect((await row(left)).seconds).toBeGreaterThan(5);
    await releaseEndpoints(engine, 'one');
    const { seconds } = await row(left);
    // It may have sent a moment ago, and the slowest rate is one a second.
    expect(seconds).toBeGreaterThan(0.5);
    expect(seconds).toBeLessThanOrEqual(1);
    await change(`lease_until = clock_timestamp() - interval '1 second'`);
    await releaseEndpoints(engine, 'one');
    expect((await row(left)).seconds).toBeLessThan(0);
  });
});

describe('a paused endpoint', () => {
  it('gives nothing but what was asked for by hand before its probe is due, while it asked for a pause, and while nothing is due', async () => {
    await begin(3);
    const waits = { may: 'HAND', state: 'OPEN', taken: 0 };
    await circuit({ ...PAUSED, probe_at: `now() + interval '1 hour'` });
    expect((await claimAt('one')).standing).toMatchObject(waits);
    await change(`probe_at = now() - interval '1 second', hold_until = now() + interval '1 hour'`);
    expect((await claimAt('one')).standing).toMatchObject(waits);
    await change('hold_until = null');
    await engine.query(`update delivery_queue set due_at = now() + interval '1 hour'`);
    expect((await claimAt('one')).standing).toMatchObject(waits);
    expect(await row('state, holder')).toEqual({ state: 'OPEN', holder: null });
    await change(`probe_at = now() + interval '1 hour'`);
    const id = await hasten();
    const byHand = await claimAt('one');
    expect(byHand.jobs.map((job) => job.id)).toEqual([id]);
    expect(byHand.standing.state).toBe('OPEN');
  });

  it('is probed with one delivery by one of two that come at the same moment', async () => {
    await begin(9);
    await circuit(PAUSED);
    const both = await twoAtOnce();
    expect(jobsOf(both)).toHaveLength(1);
    expect(may(both)).toContain('ALL');
    expect(await row('state, probe_at')).toEqual({ state: 'HALF_OPEN', probe_at: null });
  });

  it('whose prober is gone is probed by another one when the first probe is over', async () => {
    await begin(9);
    await circuit(PAUSED);
    const { jobs } = await claimAt('one');
    expect(jobs).toHaveLength(1);
    expect((await claimAt('two')).standing.may).toBe('ELSEWHERE');
    await leaseEnds();
    const out = { may: 'ALL', state: 'HALF_OPEN', foreign: 1, granted: 0, taken: 0 };
    expect((await claimAt('two')).standing).toMatchObject(out);
    expect((await claimAt('two', { want: 1, recount: true })).standing).toMatchObject(out);
    await complete(engine, [result(jobs[0]!)]);
    expect((await claimAt('two', { recount: true })).standing).toMatchObject({ foreign: 0, taken: 1 });
  });

  it('is reopened by its prober alone, and waits twice as long each time, up to a limit', async () => {
    await begin(1);
    const probe = { afterMs: 60_000, maxMs: 600_000, spread: 1 };
    const reopen = (sender: string): Promise<boolean> =>
      openCircuit(engine, endpointId, 'TIMEOUT', { state: 'HALF_OPEN', sender }, probe);
    // There is nothing to reopen.
    expect(await reopen('one')).toBe(false);
    expect(await row('state')).toBeUndefined();
    const waits: [trips: number, seconds: number][] = [];
    for (const trips of [1, 2, 3, 4, 5, 100_000]) {
      await circuit({
        ...PAUSED,
        state: `'HALF_OPEN'`,
        opened_at: `now() - interval '1 hour'`,
        failing_since: `now() - interval '1 hour'`,
        probe_at: 'null',
        trips: String(trips),
        holder: `'one'`,
        lease_until: 'now()',
      });
      expect(await reopen('two')).toBe(false);
      expect((await row('state')).state).toBe('HALF_OPEN');
      expect(await reopen('one')).toBe(true);
      expect(await reopen('one')).toBe(false);
      const at = await row(
        `trips, holder, lease_until, failure_code, failures, greatest(opened_at, failing_since) < now() - interval '59 minutes' as long, round(extract(epoch from probe_at - clock_timestamp()))::int as seconds`,
      );
      // The first failure is the one that it is paused for.
      expect(at).toMatchObject({ trips: trips + 1, holder: null, lease_until: null, failure_code: 'STATUS' });
      // Neither the pause nor the failures begin anew.
      expect([at.failures, at.long]).toEqual([10, true]);
      waits.push([trips, at.seconds]);
    }
    expect(waits).toEqual([
      ...[
        [1, 120],
        [2, 240],
        [3, 480],
        [4, 600],
        [5, 600],
        [100_000, 600],
      ],
    ]);
  });

  it('is not reopened by a prober whose probe another one has taken over at that moment', async () => {
    await begin(1);
    await circuit({
      ...{ ...PAUSED, state: `'HALF_OPEN'`, probe_at: 'null' },
      ...{ holder: `'one'`, lease_until: 'now()' },
    });
    const taken = await holdLock(
      server.database,
      `update endpoint_circuits set holder = 'two', lease_until = now() + interval '1 minute' where endpoint_id = $1`,
      [endpointId],
    );
    const probe = { afterMs: 60_000, maxMs: 600_000, spread: 1 };
    const from = { state: 'HALF_OPEN', sender: 'one' } as const;
    const reopened = openCircuit(engine, endpointId, 'TIMEOUT', from, probe);
    await taken.waiting(1);
    await taken.letGo();
    expect(await reopened).toBe(false);
    expect(await row('state, holder')).toEqual({ state: 'HALF_OPEN', holder: 'two' });
  });

  it('is closed once, by who has success first, who then has it to himself', async () => {
    await begin(1);
    await circuit({ ...PAUSED, hold_until: `now() + interval '1 hour'` });
    expect(await closeCircuit(engine, endpointId, 'one', 5_000)).toBe(true);
    expect(await closeCircuit(engine, endpointId, 'two', 5_000)).toBe(false);
    expect(
      await row('state, trips, opened_at, probe_at, hold_until, holder, lease_until > now() as leased'),
    ).toEqual({
      ...{ state: 'CLOSED', trips: 0, opened_at: null, probe_at: null, hold_until: null },
      ...{ holder: 'one', leased: true },
    });
    expect((await claimAt('two')).standing).toMatchObject({ may: 'ELSEWHERE', taken: 0 });
    expect((await claimAt('one', { exclusive: true })).standing).toMatchObject({ may: 'ALL', taken: 1 });
  });

  it('is kept by the sender that ramps it up, for as long as that one wants', async () => {
    await begin(3);
    expect((await claimAt('one', { want: 1, exclusive: true })).jobs).toHaveLength(1);
    expect((await claimAt('two')).standing).toMatchObject({ may: 'ELSEWHERE', taken: 0 });
    await leaseEnds();
    expect((await claimAt('two')).jobs).toHaveLength(2);
  });
});

describe('the failures of an endpoint', () => {
  it('are none where a fault of this server is the cause, or a sender was lost', async () => {
    await begin(3);
    const { jobs } = await claimAt('one');
    const [first, second, third] = jobs as [Job, Job, Job];
    const batch = [
      result(first, { telling: false, outcome: 'LOST', failureCode: 'SENDER_LOST', statusCode: null }),
      result(second, { telling: false, outcome: 'UNREACHABLE', failureCode: 'INTERNAL', statusCode: null }),
    ];
    expect(await complete(engine, batch)).toEqual({ counted: 2, failing: [] });
    expect(await row('failures')).toBeUndefined();
    expect((await complete(engine, [result(third)])).failing).toMatchObject([{ endpointId, failures: 1 }]);
  });

  it('add up until a success, which ends the period', async () => {
    await begin(4);
    const { jobs } = await claimAt('one');
    expect((await complete(engine, [result(jobs[0]!)])).failing).toMatchObject([{ failures: 1 }]);
    const { failing_since: since } = await row('failing_since');
    expect((await complete(engine, [result(jobs[1]!)])).failing).toMatchObject([{ failures: 2 }]);
    expect((await row('failing_since')).failing_since).toEqual(since);
    expect(since).not.toBeNull();
    expect((await complete(engine, [result(jobs[2]!, SUCCESS)])).failing).toEqual([]);
    expect(await row('failures, failing_since')).toEqual({ failures: 0, failing_since: null });
    const { failing } = await complete(engine, [result(jobs[3]!)]);
    expect(failing).toMatchObject([{ failures: 1 }]);
    expect(failing[0]!.failingSince.getTime()).toBeGreaterThan(since.getTime());
  });
});

describe('the next delivery of an entity', () => {
  const heads = async (): Promise<string[]> => {
    const { rows } = await engine.query<{ id: string }>(
      'select id from delivery_queue where sender is null and not blocked and endpoint_id = $1',
      [endpointId],
    );
    return rows.map(({ id }) => id);
  };
  const order = async (): Promise<string[]> => {
    const { rows } = await engine.query<{ id: string }>(
      'select id from delivery_queue where endpoint_id = $1 order by entity_seq',
      [endpointId],
    );
    return rows.map(({ id }) => id);
  };

  it('may go at the very moment that the one before it has ended, however it does', async () => {
    await begin(5, { ordering: 'PER_ENTITY' }, 'x');
    const ids = await order();
    expect(await heads()).toEqual([ids[0]]);
    const next = async (): Promise<Job> => {
      const { jobs } = await claimAt('one');
      expect(jobs).toHaveLength(1);
      return jobs[0]!;
    };
    // One that will be tried again keeps its place.
    await complete(engine, [result(await next(), { delayMs: 0 })]);
    expect(await heads()).toEqual([ids[0]]);
    await complete(engine, [result(await next(), SUCCESS)]);
    expect(await heads()).toEqual([ids[1]]);
    await complete(engine, [result(await next(), { next: 'FAILED' })]);
    expect(await heads()).toEqual([ids[2]]);
    expect(await cancelNow(engine, ids[2]!)).toBe('CANCELLED');
    expect(await heads()).toEqual([ids[3]]);
    const job = await next();
    expect(await cancelNow(engine, job.id)).toBe('LAST_ATTEMPT');
    expect(await heads()).toEqual([]);
    await release(engine, [job]);
    expect(await heads()).toEqual([ids[4]]);
  });

  it('is left for later while somebody holds it: whoever ends the one before waits for nobody', async () => {
    await begin(2, { ordering: 'PER_ENTITY' }, 'x');
    const [, second] = await order();
    const { jobs } = await claimAt('one');
    const lock = await holdLock(server.database, 'select 1 from delivery_queue where id = $1 for update', [
      second,
    ]);
    expect(await complete(engine, [result(jobs[0]!, SUCCESS)])).toMatchObject({ counted: 1 });
    expect(await promoteOrphans(engine)).toEqual([]);
    await lock.letGo();
    expect(await heads()).toEqual([]);
    expect(await promoteOrphans(engine)).toEqual([endpointId]);
    expect(await heads()).toEqual([second]);
    expect(await promoteOrphans(engine)).toEqual([]);
  });

  it('may go then, too, when it was being published while its endpoint ceased to keep an order', async () => {
    await begin(1, { ordering: 'PER_ENTITY' }, 'x');
    const [job] = (await claimAt('one')).jobs;
    const { rows } = await engine.query<{ entity_key: string; at: string }>(
      'select entity_key, clock_timestamp()::text as at from delivery_queue where id = $1',
      [job!.id],
    );
    const late = {
      ...{ id: newId('delivery'), eventId: job!.eventId, webhookId, endpointId, delayMs: 0 },
      ...{ resource: 'clients', event: 'create', entityId: 'c' },
      ...{ entityKey: rows[0]!.entity_key, mailbox: null },
    };
    const client = await engine.connect();
    await client.query('begin');
    await enqueue(client, [late], 'EVENT', rows[0]!.at);
    expect(await releaseOrder(engine, endpointId)).toBe(0);
    await client.query('commit');
    client.release();
    expect(await heads()).toEqual([]);
    await complete(engine, [result(job!, SUCCESS)]);
    expect(await heads()).toEqual([late.id]);
  });

  it('stays behind the first one when one between them is cancelled', async () => {
    await begin(3, { ordering: 'PER_ENTITY' }, 'x');
    const ids = await order();
    expect(await cancelNow(engine, ids[1]!)).toBe('CANCELLED');
    expect(await heads()).toEqual([ids[0]]);
  });
});

describe('a claim', () => {
  it('takes what is due and waits: nothing that is due later, and no lease that ran out', async () => {
    await begin(3);
    const [lost] = (await claimAt('one', { want: 1 })).jobs;
    // It is for the rescue, which records the attempt.
    await engine.query(
      `update delivery_queue set due_at = now() - interval '1 second' where sender is not null`,
    );
    const { rows } = await engine.query<{ id: string }>(
      'select id from delivery_queue where sender is null order by id',
    );
    await engine.query(`update delivery_queue set due_at = now() + interval '1 minute' where id = $1`, [
      rows[0]!.id,
    ]);
    const { jobs, standing } = await claimAt('two');
    expect(jobs.map(({ id }) => id)).toEqual([rows[1]!.id]);
    expect(jobs.map(({ id }) => id)).not.toContain(lost!.id);
    expect(standing.nextDueMs).toBeGreaterThan(50_000);
  });

  it('that got less than it might says that all was taken up to now, of what it was given all that it says', async () => {
    await begin(3);
    const cut = await claimAt('one', { want: 2 });
    expect(cut.jobs).toHaveLength(2);
    expect(cut.standing.reached.retry).toBeNull();
    const rest = await claimAt('one', { want: 2 });
    expect(rest.jobs).toHaveLength(1);
    expect(rest.standing.reached.first).toBeGreaterThan(cut.standing.reached.first!);
    expect(rest.standing.reached.retry).toBe(rest.standing.reached.first);
    // Where only what somebody asked for by hand may go nothing else was looked at.
    await circuit(PAUSED);
    expect((await claimAt('one')).standing.reached).toEqual({ first: null, retry: null });
  });
});

describe('a look for work', () => {
  const found = async (): Promise<number | undefined> =>
    (await readyEndpoints(engine, 60_000)).find((one) => one.endpointId === endpointId)?.dueMs;

  it('finds what is due, or will be soon, and nothing that waits behind another or is on the wire', async () => {
    await begin(2, { ordering: 'PER_ENTITY' }, 'x');
    expect(await found()).toBeLessThanOrEqual(0);
    await engine.query(`update delivery_queue set due_at = now() + interval '30 seconds' where not blocked`);
    expect(await found()).toBeGreaterThan(20_000);
    await engine.query(`update delivery_queue set due_at = now() + interval '90 seconds' where not blocked`);
    expect(await found()).toBeUndefined();
    await engine.query(`update delivery_queue set due_at = now() where not blocked`);
    expect((await claimAt('one')).jobs).toHaveLength(1);
    expect(await found()).toBeUndefined();
  });

  it('says when a pause ends, but of what was asked for by hand that it may go now', async () => {
    await begin(1);
    await circuit({ ...PAUSED, probe_at: `now() + interval '30 seconds'` });
    expect(await found()).toBeGreaterThan(20_000);
    await change(`probe_at = now(), hold_until = now() + interval '30 seconds'`);
    expect(await found()).toBeGreaterThan(20_000);
    await hasten();
    expect(await found()).toBeLessThanOrEqual(0);
  });
});
