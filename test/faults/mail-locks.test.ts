/**
 * Everything that touches mailboxes and their mails at the same moment: owners confirm and leave, managers ask again and
 * switch, senders take mails and try them again, publishes make mailboxes. All of it takes its locks in one order, so that
 * PostgreSQL never has to end one of two that wait for each other.
 */
import type pg from 'pg';

import { createPool } from '../../src/db/pools.ts';
import { transaction } from '../../src/db/sql.ts';
import { newId } from '../../src/ids.ts';
import { createLogger } from '../../src/log.ts';
import { Consent } from '../../src/mailboxes/consent.ts';
import { linkToken } from '../../src/mailboxes/links.ts';
import {
  askAgain,
  ensureMailboxes,
  reviveMailboxes,
  suppressMailbox,
  takeTurn,
} from '../../src/mailboxes/mailboxes.ts';
import { dropMail, retryMail, takeMails } from '../../src/mailboxes/outbox.ts';
import { settleAwaiting } from '../../src/queue/awaiting.ts';
import { cancelDeliveries } from '../../src/queue/cancel.ts';
import { enqueue } from '../../src/queue/enqueue.ts';
import { Keyring } from '../../src/secrets/keyring.ts';
import { figure } from '../support/figure.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

/** Few of each, so that all meet. */
const WEBHOOKS = 2;
const MEMBERS = 4;
const ROUNDS = 150;

let database: TestDatabase;
let pool: pg.Pool;
const loginId = newId('login');
const webhooks = Array.from({ length: WEBHOOKS }, () => ({
  id: newId('webhook'),
  endpoint: newId('endpoint'),
}));
const keyring = new Keyring([{ id: 'k1', key: Buffer.alloc(32, 7) }]);
let consent: Consent;
let mailboxes: { id: string; webhook: string }[];

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, 'engine', 16, createLogger('silent'));
  consent = new Consent({ pool, keyring, switchOff: () => Promise.resolve() });
  await pool.query(
    `insert into logins (id, path, name, email, is_account) values ($1, array[$1::text], 'Root', 'root@example.com', true)`,
    [loginId],
  );
  for (const { id, endpoint } of webhooks) {
    await pool.query(
      `insert into webhooks (id, account_id, login_id, name, description) values ($1, $2, $2, 'Locks', '')`,
      [id, loginId],
    );
    await pool.query(
      `insert into endpoints (id, webhook_id, position, kind, target, timeout_ms) values ($1, $2, 0, 'TEAM_MAILBOXES', '', 1000)`,
      [endpoint, id],
    );
  }
  await ensureMailboxes(
    pool,
    webhooks.flatMap(({ endpoint }) =>
      Array.from({ length: MEMBERS }, (_, at) => ({
        ...{ endpointId: endpoint, given: `m${at}@example.com`, loginId },
      })),
    ),
  );
  const { rows } = await pool.query<{ id: string; webhook: string }>(
    `select m.id, ep.webhook_id as webhook from mailboxes m join endpoints ep on ep.id = m.endpoint_id order by m.id`,
  );
  mailboxes = rows;
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const any = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)]!;

/** In one transaction behind the row of a webhook, as everything that a manager does. */
function manage(
  work: (sql: pg.PoolClient | pg.Pool, webhook: (typeof webhooks)[number]) => Promise<unknown>,
) {
  const webhook = any(webhooks);
  return transaction(pool, async (sql) => {
    await sql.query('select from webhooks where id = $1 for update', [webhook.id]);
    await work(sql as pg.PoolClient, webhook);
  });
}

async function tokenOf(purpose: 'confirm' | 'unsubscribe'): Promise<string> {
  const { rows } = await pool.query<{ id: string; nonce: string }>(
    'select id, nonce from mailboxes where id = $1',
    [any(mailboxes).id],
  );
  return linkToken(keyring, purpose, rows[0]!);
}

const counts = { confirmed: 0, asked: 0, taken: 0, retried: 0 };

const ACTS: Record<string, () => Promise<unknown>> = {
  confirm: async () => {
    if ((await consent.confirm(await tokenOf('confirm'))) !== undefined) counts.confirmed += 1;
  },
  unsubscribe: async () => consent.unsubscribe(await tokenOf('unsubscribe')),
  ask: () =>
    manage(async (sql, { endpoint }) => {
      const { rows } = await sql.query<{ id: string }>('select id from mailboxes where endpoint_id = $1', [
        endpoint,
      ]);
      counts.asked += rows.length;
      await askAgain(
        sql,
        rows.map(({ id }) => id),
      );
    }),
  revive: () => manage((sql, { endpoint }) => reviveMailboxes(sql, [endpoint])),
  refuse: () => {
    const mailbox = any(mailboxes);
    return transaction(pool, async (sql) => {
      await sql.query('select from webhooks where id = $1 for update', [mailbox.webhook]);
      await suppressMailbox(sql, mailbox.id, '550 no such user');
    });
  },
  take: async () => {
    const mails = await takeMails(pool, 5, 75_000);
    counts.taken += mails.length;
    for (const mail of mails) {
      if (Math.random() < 0.3) await dropMail(pool, mail);
      else {
        await retryMail(pool, mail, 0, '451 later');
        counts.retried += 1;
      }
    }
  },
  count: () => takeTurn(pool, any(mailboxes).id, 1_000_000),
  publish: () =>
    transaction(pool, async (sql) => {
      await ensureMailboxes(
        sql,
        webhooks.map(({ endpoint }) => ({
          ...{
            endpointId: endpoint,
            given: `m${Math.floor(Math.random() * 3 * MEMBERS)}@example.com`,
            loginId,
          },
        })),
      );
      const { rows } = await sql.query<{
        id: string;
        endpoint: string;
        webhook: string;
        status: string;
        at: string;
      }>(
        `select m.id, m.endpoint_id as endpoint, ep.webhook_id as webhook, m.status, statement_timestamp()::text as at
         from mailboxes m join endpoints ep on ep.id = m.endpoint_id where m.status in ('UNCONFIRMED', 'CONFIRMED')`,
      );
      if (rows.length === 0) return;
      const eventId = newId('event');
      await enqueue(
        sql,
        rows.map((row) => ({
          ...{ id: newId('delivery'), eventId, webhookId: row.webhook, endpointId: row.endpoint, delayMs: 0 },
          ...{ resource: 'clients', event: 'create', entityId: 'c' },
          ...{ entityKey: null, mailbox: { id: row.id, awaiting: row.status === 'UNCONFIRMED' } },
        })),
        'EVENT',
        rows[0]!.at,
      );
    }),
  settle: () => settleAwaiting(pool, 1_000),
  'switch off': () => manage((sql, { id }) => cancelDeliveries(sql, { webhookId: id })),
  'switch an endpoint off': () =>
    manage((sql, { endpoint }) => cancelDeliveries(sql, { endpointIds: [endpoint] })),
};

it('locks in one order whatever happens to the same mailboxes at once: PostgreSQL sees no deadlock', async () => {
  const failures: string[] = [];
  await Promise.all(
    [
      ...Object.entries(ACTS),
      ...['confirm', 'ask', 'take', 'take'].map((name) => [name, ACTS[name]!] as const),
    ].map(async ([name, act]) => {
      for (let round = 0; round < ROUNDS; round += 1)
        await act().catch((error: Error & { code?: string }) =>
          failures.push(`${name}: ${error.code} ${error.message}`),
        );
    }),
  );
  expect(failures).toEqual([]);
  const { rows } = await pool.query<{ deadlocks: string }>(
    'select deadlocks from pg_stat_database where datname = current_database()',
  );
  expect(rows[0]!.deadlocks).toBe('0');
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(20);
  figure('mail locks', { acts: ROUNDS * (Object.keys(ACTS).length + 4), ...counts, deadlocks: 0 });
});

it('takes a mail with the link that counts, although a new one is asked for at that very moment', async () => {
  const [mailbox] = mailboxes;
  const only = 'update mail_outbox set due_at = clock_timestamp() + $1::interval';
  for (let round = 0; round < 60; round += 1) {
    await pool.query(only, ['1 hour']);
    await transaction(pool, (sql) => askAgain(sql, [mailbox!.id]));
    const [mails] = await Promise.all([
      takeMails(pool, 5, 75_000),
      transaction(pool, (sql) => askAgain(sql, [mailbox!.id])),
    ]);
    const [late] = await takeMails(pool, 5, 75_000);
    const { rows } = await pool.query<{ nonce: string }>('select nonce from mailboxes where id = $1', [
      mailbox!.id,
    ]);
    // Of those that are taken the last one has the link that is good.
    expect([...mails, ...(late ? [late] : [])].at(-1)!.nonce).toBe(rows[0]!.nonce);
  }
});
