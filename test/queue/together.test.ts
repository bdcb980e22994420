/** What the queue's statements do to many rows at once, and to rows that others hold at that moment. No server runs. */
import type pg from 'pg';

import { createPool } from '../../src/db/pools.ts';
import { newId } from '../../src/ids.ts';
import { createLogger } from '../../src/log.ts';
import { cancelNow } from '../../src/queue/cancel.ts';
import { type Ask, claim } from '../../src/queue/claim.ts';
import { complete, type Completion, release } from '../../src/queue/complete.ts';
import { enqueue } from '../../src/queue/enqueue.ts';
import { countOlder, expireWaiting } from '../../src/queue/expire.ts';
import type { Job } from '../../src/queue/job.ts';
import { releaseOrder } from '../../src/queue/release-order.ts';
import { takeExpired } from '../../src/queue/rescue.ts';
import { retryNow } from '../../src/queue/retry.ts';
import { holdLock } from '../support/lock-holder.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const ENDPOINTS = 5;
const ALL = { by: 'id', below: 'dlv_zzzzzzzz' } as const;

let database: TestDatabase;
let pool: pg.Pool;
const loginId = newId('login');
const webhookId = newId('webhook');
const eventId = newId('event');
const endpoints = Array.from({ length: ENDPOINTS }, () => newId('endpoint')).sort();

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, 'engine', 6, createLogger('silent'));
  await pool.query(
    `insert into logins (id, path, name, email, is_account) values ($1, array[$1::text], 'Root', 'root@example.com', true)`,
    [loginId],
  );
  await pool.query(
    `insert into webhooks (id, account_id, login_id, name, description) values ($1, $2, $2, 'World', '')`,
    [webhookId, loginId],
  );
  await pool.query(
    `insert into endpoints (id, webhook_id, position, kind, target, timeout_ms)
     select id, $2, position, 'URL', 'http://127.0.0.1:9/' || position, 1000
     from unnest($1::text[]) with ordinality as e (id, position)`,
    [endpoints, webhookId],
  );
  await pool.query(
    `insert into events (id, login_id, path, team_ids, resource, name, entity_id, occurred_at)
     values ($1, $2, array[$2::text], '{}', 'clients', 'create', 'c', now())`,
    [eventId, loginId],
  );
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});
afterEach(() => pool.query('delete from delivery_queue; delete from endpoint_circuits'));

/** Puts so many deliveries into the queue, to the endpoints by turns; their ids, the oldest first. */
function waiting(count: number): Promise<string[]> {
  return queue(
    Array.from({ length: count }, (_, index) => ({
      endpointId: endpoints[index % ENDPOINTS]!,
      entityKey: null,
    })),
  );
}

/** The same, in the order of these entities at the first endpoint. */
function ordered(...entities: string[]): Promise<string[]> {
  return queue(entities.map((entityKey) => ({ endpointId: endpoints[0]!, entityKey })));
}

async function queue(places: { endpointId: string; entityKey: string | null }[]): Promise<string[]> {
  const { rows } = await pool.query<{ at: string }>('select clock_timestamp()::text as at');
  const made = places.map((place) => ({
    ...{ id: newId('delivery'), eventId, webhookId, delayMs: 0, mailbox: null },
    ...{ resource: 'clients', event: 'create', entityId: 'c' },
    ...place,
  }));
  await enqueue(pool, made, 'EVENT', rows[0]!.at);
  return made.map(({ id }) => id);
}

/** Claims all that is due. */
async function claimAll(sender = 'one'): Promise<Job[]> {
  const asks = endpoints.map((endpointId): Ask => ({
    ...{ endpointId, want: 99, inFlight: 0, ratePerSecond: null, exclusive: false, recount: false },
    since: { first: null, retry: null },
  }));
  const terms = { sender, leaseMarginMs: 60_000, endpointLeaseMs: 10_000, endpointConcurrency: 99 };
  const { jobs } = await claim(pool, terms, asks, false);
  return jobs.sort((a, b) => (a.id < b.id ? -1 : 1));
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
const LOST = { outcome: 'LOST', failureCode: 'SENDER_LOST', statusCode: null, telling: false } as const;

async function rowOf(id: string, columns: string): Promise<any> {
  return (await pool.query(`select ${columns} from delivery_queue where id = $1`, [id])).rows[0];
}
const ids = (rows: { id: string }[]): string[] => rows.map(({ id }) => id).sort();
/** A claim of one delivery, as a statement that somebody has not committed yet. */
const CLAIMED = `update delivery_queue set sender = 'one', claimed_at = now(), attempt_count = attempt_count + 1,
  fence = fence + 1 where id = $1`;
const hold = (id: string) =>
  holdLock(database, 'select 1 from delivery_queue where id = $1 for update', [id]);

describe('leases that ran out', () => {
  it('are taken over the oldest first, no more than asked for, and none that somebody holds', async () => {
    const made = await waiting(4);
    await claimAll();
    // The last one has been out for longest.
    await pool.query(
      `update delivery_queue q set due_at = now() - o.place * interval '1 minute'
       from unnest($1::text[]) with ordinality as o (id, place) where q.id = o.id`,
      [made],
    );
    expect(ids(await takeExpired(pool, 'two', 1, 60_000))).toEqual([made[3]]);
    const held = await hold(made[2]!);
    expect(ids(await takeExpired(pool, 'two', 9, 60_000))).toEqual([made[0], made[1]]);
    await held.letGo();
    expect(ids(await takeExpired(pool, 'two', 9, 60_000))).toEqual([made[2]]);
    expect(await takeExpired(pool, 'two', 9, 60_000)).toEqual([]);
  });

  it('name where their request, or their mail, went', async () => {
    const [request, mail] = await waiting(2);
    const mailboxId = newId('mailbox');
    await pool.query(
      `insert into mailboxes (id, endpoint_id, address, given, nonce) values ($1, $2, 'ann@example.com', 'ann', '')`,
      [mailboxId, endpoints[1]],
    );
    await claimAll();
    await pool.query(
      `update delivery_queue set due_at = now() - interval '1 minute', mailbox_id = case when id = $1 then $2 end`,
      [mail, mailboxId],
    );
    const taken = await takeExpired(pool, 'two', 9, 60_000);
    expect(Object.fromEntries(taken.map(({ id, target }) => [id, target]))).toEqual({
      [request!]: 'http://127.0.0.1:9/1',
      [mail!]: 'mailto:ann@example.com',
    });
  });
});

describe('what is older than what is kept', () => {
  it('is counted, and ended when it waits: the oldest first, no more than asked for, and none that somebody holds', async () => {
    const [flying] = await waiting(1);
    await claimAll();
    const made = await waiting(4);
    // Where the oldest row lies is nothing to go by.
    await pool.query('update delivery_queue set version = version where id = $1', [made[0]]);
    expect(await countOlder(pool, ALL)).toEqual({ open: 5, waiting: 4 });
    expect(await countOlder(pool, { by: 'id', below: made[0]! })).toEqual({ open: 1, waiting: 0 });
    expect(await expireWaiting(pool, ALL, 2)).toBe(2);
    expect(await expireWaiting(pool, { by: 'id', below: made[2]! }, 9)).toBe(0);
    const held = await hold(made[2]!);
    expect(await expireWaiting(pool, ALL, 9)).toBe(1);
    await held.letGo();
    expect(await expireWaiting(pool, ALL, 9)).toBe(1);
    expect(await countOlder(pool, ALL)).toEqual({ open: 1, waiting: 0 });
    expect(await rowOf(flying!, 'sender')).toEqual({ sender: 'one' });
  });
});

describe('a batch of results', () => {
  const circuits = async (): Promise<any[]> =>
    (
      await pool.query(
        `select failures, failing_since is not null as failing, hold_until > now() + interval '30 seconds' as held
         from endpoint_circuits order by endpoint_id`,
      )
    ).rows;

  it('comes to the circuits of its endpoints in one order, so that two of them cannot wait for each other', async () => {
    await waiting(ENDPOINTS);
    await pool.query(
      `insert into endpoint_circuits (endpoint_id, failing_since, failures, failure_code)
       select id, now(), 1, 'STATUS' from unnest($1::text[]) as e (id)`,
      [endpoints],
    );
    const jobs = await claimAll();
    // The first has recovered, all others fail.
    const batch = jobs.map((job) => result(job, job.endpointId === endpoints[0] ? SUCCESS : {})).reverse();
    const first = await holdLock(
      database,
      'select 1 from endpoint_circuits where endpoint_id = $1 for update',
      [endpoints[0]],
    );
    const recorded = complete(pool, batch);
    await first.waiting(1);
    // It waits for the first one, and holds nothing behind it.
    const { rowCount } = await pool.query(
      'select 1 from endpoint_circuits where endpoint_id <> $1 for update skip locked',
      [endpoints[0]],
    );
    expect(rowCount).toBe(ENDPOINTS - 1);
    await first.letGo();
    expect(await recorded).toMatchObject({ counted: ENDPOINTS });
    expect((await circuits()).map(({ failures }) => failures)).toEqual([0, 2, 2, 2, 2]);
  });

  it('with a success ends the failures of before, also where the receiver asked for a pause, which no later one makes shorter', async () => {
    await waiting(1);
    const [first] = await claimAll();
    expect((await complete(pool, [result(first!)])).failing).toHaveLength(1);
    expect(await circuits()).toEqual([{ failures: 1, failing: true, held: null }]);
    await waiting(1);
    const [second] = await claimAll();
    const held = { ...SUCCESS, holdMs: 60_000 };
    expect((await complete(pool, [result(second!, held)])).failing).toEqual([]);
    expect(await circuits()).toEqual([{ failures: 0, failing: false, held: true }]);
    await pool.query('update delivery_queue set due_at = now()');
    await pool.query(`update endpoint_circuits set hold_until = now()`);
    const [third] = await claimAll();
    await pool.query(`update endpoint_circuits set hold_until = now() + interval '1 minute'`);
    await complete(pool, [result(third!, { statusCode: 429, holdMs: 1 })]);
    expect(await circuits()).toEqual([{ failures: 1, failing: true, held: true }]);
  });

  it('with a success that was on the wire when its circuit opened leaves what opened it; a later one ends it', async () => {
    await waiting(1);
    const [late] = await claimAll();
    await pool.query(
      `insert into endpoint_circuits (endpoint_id, state, opened_at, probe_at, failing_since, failures, failure_code)
       values ($1, 'OPEN', now(), now() + interval '1 hour', now(), 10, 'STATUS')`,
      [endpoints[0]],
    );
    await complete(pool, [result(late!, SUCCESS)]);
    expect(await circuits()).toEqual([{ failures: 10, failing: true, held: null }]);
    await pool.query(`update endpoint_circuits set state = 'CLOSED', opened_at = null, probe_at = null`);
    await waiting(1);
    await complete(pool, [result((await claimAll())[0]!, SUCCESS)]);
    expect(await circuits()).toEqual([{ failures: 0, failing: false, held: null }]);
  });

  it('keeps the status of the attempt before one that was lost, and makes a retry of what will be tried again', async () => {
    const [id] = await waiting(1);
    const state = () => rowOf(id!, 'status_code, lost_count, rank');
    await complete(pool, [result((await claimAll())[0]!, { delayMs: 0 })]);
    expect(await state()).toEqual({ status_code: 500, lost_count: 0, rank: 2 });
    await complete(pool, [result((await claimAll())[0]!, { ...LOST, delayMs: 0 })]);
    expect(await state()).toEqual({ status_code: 500, lost_count: 1, rank: 2 });
    const { rows } = await pool.query(
      `select kind, next_attempt_at is null as last, status_code from delivery_log where delivery_id = $1 order by version`,
      [id],
    );
    await complete(pool, [result((await claimAll())[0]!, { ...SUCCESS, next: 'SUCCEEDED' })]);
    expect(rows).toEqual([
      { kind: 'CREATED', last: false, status_code: null },
      { kind: 'RETRY_SCHEDULED', last: false, status_code: 500 },
      { kind: 'RETRY_SCHEDULED', last: false, status_code: 500 },
    ]);
    const { rows: last } = await pool.query(
      `select kind, next_attempt_at from delivery_log where delivery_id = $1 order by version desc limit 1`,
      [id],
    );
    expect(last).toEqual([{ kind: 'SUCCEEDED', next_attempt_at: null }]);
  });

  it('of a delivery that was cancelled on the wire ends it as failed where it failed for good', async () => {
    await waiting(2);
    const [first, second] = await claimAll();
    for (const job of [first!, second!]) expect(await cancelNow(pool, job.id)).toBe('LAST_ATTEMPT');
    await complete(pool, [result(first!, { next: 'FAILED' }), result(second!)]);
    const { rows } = await pool.query(`select id, status from deliveries where id = any ($1) order by id`, [
      [first!.id, second!.id],
    ]);
    expect(rows).toEqual([
      { id: first!.id, status: 'FAILED' },
      { id: second!.id, status: 'CANCELLED' },
    ]);
  });
});

describe('a claim at several endpoints', () => {
  it('brings for each its own headers and secrets that are in force, the newest first', async () => {
    await waiting(2 * ENDPOINTS);
    const secretsOf = new Map<string, string[]>();
    // The last two sign nothing.
    for (const endpointId of endpoints.slice(0, -2)) {
      const [ending, ended, newest] = [newId('secret'), newId('secret'), newId('secret')];
      secretsOf.set(endpointId, [newest, ending]);
      await pool.query(
        `insert into secrets (id, endpoint_id, sealed, hint, expires_at)
         select id, $1, convert_to(id, 'UTF8'), '', now() + ends from unnest($2::text[], $3::interval[]) as s (id, ends)`,
        [endpointId, [ending, ended, newest], ['1 hour', '-1 second', null]],
      );
    }
    // Two have the same, and secrets of their own all the same.
    await pool.query(
      `update endpoints set headers = json_build_array(json_build_object('name', 'X-Of', 'value', greatest(position, 2)))`,
    );
    const jobs = await claimAll();
    expect(jobs).toHaveLength(2 * ENDPOINTS);
    for (const { endpointId, headers, secrets } of jobs) {
      const position = endpoints.indexOf(endpointId) + 1;
      expect(headers).toEqual([{ name: 'X-Of', value: Math.max(position, 2) }]);
      expect(secrets).toEqual(
        (secretsOf.get(endpointId) ?? []).map((id) => ({ id, sealed: Buffer.from(id) })),
      );
    }
  });
});

describe('the order of an entity', () => {
  it('goes on behind the one that has ended, whatever other entities wait for', async () => {
    const [x1, y1, x2, y2] = await ordered('x', 'y', 'x', 'y');
    const jobs = await claimAll();
    expect(ids(jobs)).toEqual([x1, y1]);
    await complete(pool, [result(jobs[1]!, SUCCESS)]);
    expect([await rowOf(x2!, 'blocked'), await rowOf(y2!, 'blocked')]).toEqual([
      { blocked: true },
      { blocked: false },
    ]);
  });

  it('is let go of by what waits and has one, not by what is being claimed at that moment', async () => {
    const [claimed, free] = await ordered('x', 'y');
    await waiting(1);
    const claiming = await holdLock(database, CLAIMED, [claimed]);
    const released = releaseOrder(pool, endpoints[0]!);
    await claiming.waiting(1);
    await claiming.letGo();
    expect(await released).toBe(1);
    expect(await rowOf(claimed!, 'entity_key')).toEqual({ entity_key: 'x' });
    expect(await rowOf(free!, 'entity_key')).toEqual({ entity_key: null });
  });
});

describe('a delivery that is asked for by hand', () => {
  it('is as it was when its claim is given back', async () => {
    const [id] = await waiting(1);
    await complete(pool, [result((await claimAll())[0]!)]);
    expect(await retryNow(pool, id!)).toBe('QUEUED');
    const [job] = await claimAll();
    expect(job).toMatchObject({ hastened: true, attempt: 2, priorCount: 1 });
    await release(pool, [job!]);
    expect(await rowOf(id!, 'hastened, attempt_count, prior_count, sender, rank')).toEqual({
      ...{ hastened: true, attempt_count: 1, prior_count: 0, sender: null, rank: 0 },
    });
    expect((await claimAll())[0]).toMatchObject({ hastened: true, attempt: 2, priorCount: 1 });
  });

  it('leaves the order of its entity where it waited for its turn, and keeps its place where it is first', async () => {
    const [first, second] = await ordered('x', 'x');
    for (const id of [first!, second!]) expect(await retryNow(pool, id)).toBe('QUEUED');
    const place = 'blocked, entity_key, entity_seq is null as free';
    expect(await rowOf(first!, place)).toEqual({ blocked: false, entity_key: 'x', free: false });
    expect(await rowOf(second!, place)).toEqual({ blocked: false, entity_key: null, free: true });
  });

  it('stays a single attempt when it is asked for again, and is not sent where nothing is any more', async () => {
    const [id] = await waiting(1);
    await complete(pool, [result((await claimAll())[0]!, SUCCESS)]);
    expect(await retryNow(pool, id!)).toBe('QUEUED');
    await complete(pool, [result((await claimAll())[0]!, LOST)]);
    expect(await retryNow(pool, id!)).toBe('QUEUED');
    const before = await rowOf(id!, 'manual, hastened, version');
    expect(before).toMatchObject({ manual: true, hastened: false });
    await pool.query('update webhooks set enabled = false');
    expect(await retryNow(pool, id!)).toBe('NOT_SENDABLE');
    await pool.query('update webhooks set enabled = true');
    expect(await rowOf(id!, 'manual, hastened, version')).toEqual(before);
  });

  it('twice at the same moment is sent once, be it closed or claimed meanwhile', async () => {
    const [id] = await waiting(1);
    await complete(pool, [result((await claimAll())[0]!, SUCCESS)]);
    const closed = await holdLock(database, 'select 1 from deliveries where id = $1 for update', [id]);
    const both = [retryNow(pool, id!), retryNow(pool, id!)];
    await closed.waiting(2);
    await closed.letGo();
    expect((await Promise.all(both)).sort()).toEqual(['IN_FLIGHT', 'QUEUED']);
    // A claim is under way, and commits.
    const claimed = await holdLock(database, CLAIMED, [id]);
    const late = retryNow(pool, id!);
    await claimed.waiting(1);
    await claimed.letGo();
    expect(await late).toBe('IN_FLIGHT');
  });

  it('may be cancelled while a claim is under way, and is on the wire then', async () => {
    const [id] = await waiting(1);
    const claimed = await holdLock(database, CLAIMED, [id]);
    const cancelled = cancelNow(pool, id!);
    await claimed.waiting(1);
    await claimed.letGo();
    expect(await cancelled).toBe('LAST_ATTEMPT');
    expect(await rowOf(id!, 'cancelled, sender')).toEqual({ cancelled: true, sender: 'one' });
  });
});
