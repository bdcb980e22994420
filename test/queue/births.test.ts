/** Which deliveries are born with the sender that they are offered to, and how they stand in the queue then. No server runs. */
import { once } from 'node:events';

import pg from 'pg';

import { createPool } from '../../src/db/pools.ts';
import { newId } from '../../src/ids.ts';
import { createLogger } from '../../src/log.ts';
import { enqueue, QUEUE_CHANNEL } from '../../src/queue/enqueue.ts';
import type { BirthPlace } from '../../src/queue/hand-over.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const TIMEOUT_MS = 1_000;
const MARGIN_MS = 30_000;

let database: TestDatabase;
let pool: pg.Pool;
const loginId = newId('login');
const eventId = newId('event');
/** The one that a test changes, and one beside it that is as it should be. */
let place: { webhookId: string; endpointId: string };
let beside: { webhookId: string; endpointId: string };

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, 'publishing', 2, createLogger('silent'));
  await pool.query(
    `insert into logins (id, path, name, email, is_account) values ($1, array[$1::text], 'Root', 'root@example.com', true)`,
    [loginId],
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
beforeEach(async () => {
  [place, beside] = [await makePlace(), await makePlace()];
});
afterEach(() => pool.query('delete from delivery_queue; delete from endpoint_circuits; delete from secrets'));

/** A webhook with one endpoint. */
async function makePlace(): Promise<{ webhookId: string; endpointId: string }> {
  const made = { webhookId: newId('webhook'), endpointId: newId('endpoint') };
  await pool.query(
    `insert into webhooks (id, account_id, login_id, name, description) values ($1, $2, $2, 'World', '')`,
    [made.webhookId, loginId],
  );
  await pool.query(
    `insert into endpoints (id, webhook_id, position, kind, target, timeout_ms) values ($1, $2, 0, 'URL', $3, ${TIMEOUT_MS})`,
    [made.endpointId, made.webhookId, `http://127.0.0.1:9/${made.endpointId}`],
  );
  return made;
}

/** Queues a delivery to each endpoint, of which the sender has taken some; where they may be born with it. */
async function offer(
  places: { webhookId: string; endpointId: string }[],
  taken: boolean[] = places.map(() => true),
): Promise<{ ids: string[]; places: BirthPlace[] }> {
  const { rows } = await pool.query<{ at: string }>('select clock_timestamp()::text as at');
  const made = places.map((to) => ({
    ...{ id: newId('delivery'), eventId, delayMs: 0, entityKey: null, mailbox: null },
    ...{ resource: 'clients', event: 'create', entityId: 'c' },
    ...to,
  }));
  const offered = { sender: 'one', leaseMarginMs: MARGIN_MS, taken };
  const born = await enqueue(pool, made, 'EVENT', rows[0]!.at, offered);
  return { ids: made.map(({ id }) => id), places: born };
}

/** Who has the deliveries. */
async function senders(ids: string[]): Promise<(string | null)[]> {
  const { rows } = await pool.query<{ id: string; sender: string | null }>(
    'select id, sender from delivery_queue where id = any ($1)',
    [ids],
  );
  return ids.map((id) => rows.find((row) => row.id === id)!.sender);
}

describe('a delivery that is offered to a sender', () => {
  const circuit = (columns: string, values: string) =>
    `insert into endpoint_circuits (endpoint_id, ${columns}) select id, ${values} from endpoints where id = $1`;

  it.each([
    ['is a mailbox', `update endpoints set kind = 'EMAIL', target = 'ann@example.com' where id = $1`],
    ['has a rate', 'update endpoints set rate_per_second = 5 where id = $1'],
    ['has a limit of its own', 'update endpoints set max_concurrency = 5 where id = $1'],
    ['keeps an order', `update endpoints set ordering = 'PER_ENTITY' where id = $1`],
    ['is removed', 'update endpoints set removed_at = now() where id = $1'],
    ['is switched off', `update endpoints set disabled_as = 'DISABLED', disabled_at = now() where id = $1`],
    [
      'was switched off and on again since the match',
      `update endpoints set enabled_at = clock_timestamp() + interval '1 second' where id = $1`,
    ],
    [
      'is of a webhook that is switched off',
      'update webhooks set enabled = false from endpoints ep where ep.id = $1 and webhooks.id = ep.webhook_id',
    ],
    [
      'is of a webhook that is deleted',
      'update webhooks set deleted_at = now() from endpoints ep where ep.id = $1 and webhooks.id = ep.webhook_id',
    ],
    [
      'is of a webhook that was switched off and on again since the match',
      `update webhooks set enabled_at = clock_timestamp() + interval '1 second'
       from endpoints ep where ep.id = $1 and webhooks.id = ep.webhook_id`,
    ],
    ['is paused', circuit('state, opened_at, probe_at', `'OPEN', now(), now()`)],
    [
      'is probed',
      circuit(
        'state, opened_at, holder, lease_until',
        `'HALF_OPEN', now(), 'one', now() + interval '1 hour'`,
      ),
    ],
    ['asked to be left alone', circuit('hold_until', `now() + interval '1 hour'`)],
    ['another sender has to itself', circuit('holder, lease_until', `'two', now() + interval '1 hour'`)],
  ])(
    'waits where its endpoint %s; one to an endpoint beside it is born with the sender',
    async (_, change) => {
      await pool.query(change, [place.endpointId]);
      const { ids, places } = await offer([place, beside]);
      expect(places.map((born) => born.endpoint_id)).toEqual([beside.endpointId]);
      expect(await senders(ids)).toEqual([null, 'one']);
      const { rows } = await pool.query(
        'select attempt_count, fence, claimed_at, due_at <= clock_timestamp() as due from delivery_queue where id = $1',
        [ids[0]],
      );
      expect(rows).toEqual([{ attempt_count: 0, fence: 0, claimed_at: null, due: true }]);
    },
  );

  it.each([
    ['the sender has to itself', circuit('holder, lease_until', `'one', now() + interval '1 hour'`)],
    ['another one had to itself', circuit('holder, lease_until', `'two', now()`)],
    ['asked for a pause that is over', circuit('hold_until', 'now()')],
  ])('is born with the sender where it is to an endpoint that %s', async (_, change) => {
    await pool.query(change, [place.endpointId]);
    const { ids } = await offer([place]);
    expect(await senders(ids)).toEqual(['one']);
  });

  it('is born with its first attempt and a lease that outlives its request; one beside it that was not offered waits', async () => {
    const { ids, places } = await offer([place, place], [true, false]);
    expect(places.map((born) => born.endpoint_id)).toEqual([place.endpointId]);
    expect(await senders(ids)).toEqual(['one', null]);
    const { rows } = await pool.query<{ lease: number }>(
      `select attempt_count, fence, extract(epoch from due_at - claimed_at)::float8 * 1000 as lease,
              claimed_at <= clock_timestamp() as claimed
       from delivery_queue where id = $1`,
      [ids[0]],
    );
    expect(rows).toMatchObject([{ attempt_count: 1, fence: 1, claimed: true }]);
    expect(Math.abs(rows[0]!.lease - TIMEOUT_MS - MARGIN_MS)).toBeLessThan(100);
  });

  it('is sent with the secrets of its own endpoint that are in force, the newest first', async () => {
    const secret = async (to: string, expires: string): Promise<string> => {
      const id = newId('secret');
      await pool.query(
        `insert into secrets (id, endpoint_id, sealed, hint, expires_at) values ($1, $2, $3, '', ${expires})`,
        [id, to, Buffer.from(`sealed ${id}`)],
      );
      return id;
    };
    const ending = await secret(place.endpointId, `now() + interval '1 hour'`);
    await secret(place.endpointId, `now() - interval '1 second'`);
    const newest = await secret(place.endpointId, 'null');
    const other = await secret(beside.endpointId, 'null');
    const { places } = await offer([place, beside]);
    const secretsOf = ({ endpointId }: { endpointId: string }) =>
      places.find((born) => born.endpoint_id === endpointId)!.secrets;
    expect(secretsOf(place)).toEqual(
      [newest, ending].map((id) => ({ id, sealed: Buffer.from(`sealed ${id}`) })),
    );
    expect(secretsOf(beside).map(({ id }) => id)).toEqual([other]);
  });

  it('and must wait is told of to all senders, as is one that nobody has a place for', async () => {
    const listening = new pg.Client({ connectionString: database.url });
    await listening.connect();
    try {
      await listening.query(`listen ${QUEUE_CHANNEL}`);
      const heard: string[] = [];
      const all = new Promise<void>((resolve) =>
        listening.on('notification', ({ payload }) => {
          heard.push(payload!);
          if (payload === 'end') resolve();
        }),
      );
      await pool.query('update endpoints set rate_per_second = 5 where id = $1', [place.endpointId]);
      await offer([place]);
      await offer([beside], [false]);
      await offer([beside]);
      await pool.query('select pg_notify($1, $2)', [QUEUE_CHANNEL, 'end']);
      await all;
      expect(heard).toEqual([place.endpointId, beside.endpointId, 'end']);
    } finally {
      await listening.end();
    }
  });

  it('is queued with all others, and senders look for themselves, where more must wait than a hint can name', async () => {
    const { rows } = await pool.query<{ id: string }>(
      `insert into endpoints (id, webhook_id, position, kind, target, timeout_ms, rate_per_second)
       select id, $2, place, 'URL', 'http://127.0.0.1:9/' || place, ${TIMEOUT_MS}, 5
       from unnest($1::text[]) with ordinality as e (id, place) returning id`,
      [Array.from({ length: 300 }, () => newId('endpoint')), place.webhookId],
    );
    const many = rows.map(({ id }) => ({ webhookId: place.webhookId, endpointId: id }));
    const listening = new pg.Client({ connectionString: database.url });
    await listening.connect();
    try {
      await listening.query(`listen ${QUEUE_CHANNEL}`);
      const heard = once(listening, 'notification');
      const { ids, places } = await offer([...many, beside]);
      expect(places.map((born) => born.endpoint_id)).toEqual([beside.endpointId]);
      expect(await senders(ids)).toEqual([...many.map(() => null), 'one']);
      expect(await heard).toMatchObject([{ payload: '' }]);
    } finally {
      await listening.end();
    }
  });
});
