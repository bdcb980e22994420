/**
 * What the queue's statements do with rows that somebody has changed since they began, so that PostgreSQL judges those rows anew. See
 * src/queue/read-jobs.ts: PostgreSQL 18 may crash where the same statement looks rows up in partitions.
 */
import type pg from 'pg';

import { ensurePartitions } from '../../src/db/partitions.ts';
import { createPool } from '../../src/db/pools.ts';
import type { Sql, Statement } from '../../src/db/sql.ts';
import { newId } from '../../src/ids.ts';
import { createLogger } from '../../src/log.ts';
import { type Ask, CLAIM, claim } from '../../src/queue/claim.ts';
import { CLAIM_DIGESTS } from '../../src/queue/digests.ts';
import { enqueue } from '../../src/queue/enqueue.ts';
import { REQUEUE } from '../../src/queue/requeue.ts';
import { holdLock } from '../support/lock-holder.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const ROWS = 150;
const ROUNDS = 3;

const KEPT_MS = 30 * 86_400_000;
const KEEP = {
  ...{ keepPayloadsMs: KEPT_MS, keepAttemptsMs: KEPT_MS, keepEventsMs: KEPT_MS, keepDeliveriesMs: KEPT_MS },
  keepLogMs: KEPT_MS,
};

let database: TestDatabase;
let pool: pg.Pool;
const loginId = newId('login');
const webhookId = newId('webhook');
const endpointId = newId('endpoint');

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, 'engine', 6, createLogger('silent'));
  await ensurePartitions(pool, KEEP, Date.now());
  await pool.query(
    `insert into logins (id, path, name, email, is_account) values ($1, array[$1::text], 'Root', 'root@example.com', true)`,
    [loginId],
  );
  await pool.query(
    `insert into webhooks (id, account_id, login_id, name, description) values ($1, $2, $2, 'Changed', '')`,
    [webhookId, loginId],
  );
  await pool.query(
    `insert into endpoints (id, webhook_id, position, kind, target, timeout_ms) values ($1, $2, 0, 'URL', 'http://127.0.0.1:9/', 1000)`,
    [endpointId, webhookId],
  );
  await pool.query('insert into endpoint_circuits (endpoint_id) values ($1)', [endpointId]);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const TERMS = {
  ...{ sender: 'one', leaseMarginMs: 60_000, endpointLeaseMs: 10_000, endpointConcurrency: 2 * ROWS },
};
const ASK: Ask = {
  ...{ endpointId, want: 2 * ROWS, inFlight: 0, ratePerSecond: null, exclusive: false, recount: false },
  since: { first: null, retry: null },
};

/** Puts deliveries of as many events into the queue. */
async function waiting(): Promise<string[]> {
  const events = Array.from({ length: ROWS }, () => newId('event'));
  await pool.query(
    `insert into events (id, login_id, path, team_ids, resource, name, entity_id, occurred_at)
     select id, $2, array[$2::text], '{}', 'clients', 'create', 'c', now() from unnest($1::text[]) t (id)`,
    [events, loginId],
  );
  await pool.query(
    `insert into event_payloads (event_id, payload) select id, $2 from unnest($1::text[]) t (id)`,
    [events, JSON.stringify({ id: 'c', text: 'a'.repeat(1_000) })],
  );
  const { rows } = await pool.query<{ at: string }>('select clock_timestamp()::text as at');
  const made = events.map((eventId) => ({
    ...{ id: newId('delivery'), eventId, webhookId, endpointId, delayMs: 0, mailbox: null, entityKey: null },
    ...{ resource: 'clients', event: 'create', entityId: 'c' },
  }));
  await enqueue(pool, made, 'EVENT', rows[0]!.at);
  return made.map(({ id }) => id);
}

it('a claim takes them, each with its event', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const made = await waiting();
    // It waits for the endpoint's row, having seen the others as they were.
    const holder = await holdLock(
      database,
      `with changed as (update delivery_queue set version = version where id = any ($1::text[]))
       update endpoint_circuits set failures = failures`,
      [made.slice(0, 20)],
    );
    const claiming = claim(pool, TERMS, [{ ...ASK, exclusive: true }], false);
    claiming.catch(() => undefined);
    await holder.waiting(1);
    await holder.letGo();
    const { jobs } = await claiming;
    expect(jobs.map(({ id }) => id).sort()).toEqual(made.sort());
    expect(jobs.every(({ resource, payload }) => resource === 'clients' && payload!.length > 1_000)).toBe(
      true,
    );
    await pool.query(
      'delete from delivery_queue; update endpoint_circuits set holder = null, lease_until = null',
    );
  }
});

it('a claim whose events cannot be read gives back what it took, uncounted', async () => {
  const made = await waiting();
  const sql: Sql = {
    query(statement, values) {
      const isRead = typeof statement !== 'string' && statement.name === 'events_of_jobs';
      return isRead
        ? Promise.reject(new Error('the connection is gone'))
        : pool.query(statement as string, values);
    },
  };
  await expect(claim(sql, TERMS, [ASK], false)).rejects.toThrow('the connection is gone');
  const { jobs } = await claim(pool, { ...TERMS, sender: 'two' }, [ASK], false);
  expect(jobs.map(({ id, attempt }) => [id, attempt]).sort()).toEqual(made.map((id) => [id, 1]).sort());
});

interface Plan {
  'Node Type': string;
  'Parent Relationship'?: string;
  'Relation Name'?: string;
  Plans?: Plan[];
}

/** The partitioned tables in which a plan looks up rows one by one, for rows that it has read before. */
function lookedUp(plan: Plan, inLoop = false): string[] {
  const inner = (part: Plan) =>
    plan['Node Type'] === 'Nested Loop' && part['Parent Relationship'] === 'Inner';
  const found = (plan.Plans ?? []).flatMap((part) =>
    lookedUp(part, inLoop || inner(part) || part['Parent Relationship'] === 'SubPlan'),
  );
  if (!inLoop || !/Append/.test(plan['Node Type'])) return found;
  return [...found, ...(plan.Plans ?? []).flatMap((part) => part['Relation Name'] ?? [])];
}

function locksRows(plan: Plan): boolean {
  return plan['Node Type'] === 'LockRows' || (plan.Plans ?? []).some(locksRows);
}

/** The plan of a statement, whatever its parameters. */
async function planOf({ name, text }: Statement): Promise<Plan> {
  const client = await pool.connect();
  try {
    await client.query(`prepare "planned ${name}" as ${text}`);
    const count = Math.max(...[...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
    const values = Array<string>(count).fill('null').join();
    const { rows } = await client.query(`explain (format json) execute "planned ${name}"(${values})`);
    return rows[0]['QUERY PLAN'][0].Plan;
  } finally {
    client.release(true);
  }
}

it.each([CLAIM, CLAIM_DIGESTS, REQUEUE])(
  'the statement $name, which locks rows, looks none up in partitions',
  async (statement) => {
    const plan = await planOf(statement);
    expect([locksRows(plan), lookedUp(plan)]).toEqual([true, []]);
    // The same, were it to read their events.
    const text = statement.text.replace(
      /^\s*with /,
      'with read as (select q.id, e.name from delivery_queue q join events e on e.id = q.event_id), ',
    );
    const reading = text.includes('from queued')
      ? `${text} join read using (id)`
      : text.replace(/order by (taken\.)?id\s*$/, ' left join read on read.id = taken.id');
    const [inPartition] = lookedUp(await planOf({ name: 'reading', text: reading }));
    expect(inPartition).toMatch(/^events_/);
  },
);
