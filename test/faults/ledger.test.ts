/** 10,000 events through the public API to a real receiver: published = delivered, also with a kill -9 in the middle. */
import pg from 'pg';
import { Webhook as SignatureCheck } from 'standardwebhooks';

import { figure } from '../support/figure.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import { createWebhook, publishMany, registerResource } from '../support/scenario.ts';
import { type ServerProcess, spawnServer, startServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const EVENTS = 10_000;

let receiver: Receiver;

beforeEach(async () => {
  receiver = await startReceiver();
});

afterEach(() => receiver.close());

/** Each entity's webhook-ids, with every signature checked. */
function ledger(secret: string): Map<string, string[]> {
  const check = new SignatureCheck(secret);
  const seen = new Map<string, string[]>();
  for (const hit of receiver.hits) {
    const body = check.verify(hit.body.toString(), hit.headers as Record<string, string>) as {
      entityId: string;
    };
    seen.set(body.entityId, [...(seen.get(body.entityId) ?? []), String(hit.headers['webhook-id'])]);
  }
  return seen;
}

/** Resolves when the queue is empty. */
async function untilEmpty(url: string, limitMs: number): Promise<pg.Client> {
  const sql = new pg.Client({ connectionString: url });
  await sql.connect();
  for (const end = performance.now() + limitMs; ;) {
    const { rows } = await sql.query<{ open: number }>('select count(*)::int as open from delivery_queue');
    if (rows[0]!.open === 0) return sql;
    if (performance.now() > end) throw new Error(`${rows[0]!.open} deliveries are still open`);
    await sql.query('select pg_sleep(0.05)');
  }
}

describe('ten thousand events', () => {
  it('all arrive, each once, each signed', async () => {
    const server = await startServer();
    try {
      await registerResource(server.api);
      const { secret } = await createWebhook(server.api, receiver.url);
      const startedAt = performance.now();
      const entities = await publishMany(server.api, EVENTS);
      await receiver.until(EVENTS, 60_000);
      const seconds = (performance.now() - startedAt) / 1000;
      const sql = await untilEmpty(server.database.url, 10_000);
      const seen = ledger(secret);
      expect([...seen.keys()].sort()).toEqual([...entities].sort());
      expect(receiver.hits).toHaveLength(EVENTS);
      const { rows } = await sql.query(
        `select (select count(*)::int from events) as events, (select count(*)::int from deliveries) as deliveries,
                (select count(*)::int from attempts where outcome = 'SUCCEEDED') as attempts`,
      );
      await sql.end();
      expect(rows[0]).toEqual({ events: EVENTS, deliveries: EVENTS, attempts: EVENTS });
      figure('ledger', { events: EVENTS, seconds: Math.round(seconds * 10) / 10 });
    } finally {
      await server.stop();
    }
  }, 120_000);

  it('all arrive although the server is killed in the middle and started again; only what it held is repeated', async () => {
    const database = await createTestDatabase();
    const folder = temporaryFolder();
    const settings = { BELLWIRE_LEASE_MARGIN: '500ms', BELLWIRE_CONCURRENCY: '32' };
    let server: ServerProcess | undefined;
    try {
      server = await spawnServer(database.url, folder.path, settings);
      await registerResource(server.api);
      const { secret } = await createWebhook(server.api, receiver.url, { advanced: { timeoutMs: 2_000 } });
      const entities = await publishMany(server.api, EVENTS / 2, 500, 'a');
      await receiver.until(EVENTS / 2, 60_000);
      let onTheWire = 0;
      // Nothing is answered any more. One batch, so that the kill comes before any of these requests has timed out.
      receiver.answer = (_hit, response) => void response.on('close', () => (onTheWire += 1));
      entities.push(...(await publishMany(server.api, 500, 500, 'b')));
      await receiver.until(EVENTS / 2 + 32, 60_000);
      await server.end('SIGKILL');
      receiver.answer = status(204);
      server = await spawnServer(database.url, folder.path, settings);
      entities.push(...(await publishMany(server.api, EVENTS / 2 - 500, 500, 'c')));
      const sql = await untilEmpty(database.url, 90_000);

      const seen = ledger(secret);
      expect([...seen.keys()].sort()).toEqual([...entities].sort());
      expect([...seen.values()].every((ids) => new Set(ids).size === 1)).toBe(true);
      const repeats = receiver.hits.length - EVENTS;
      const { rows } = await sql.query<{ delivered: number; rescued: number }>(
        `select (select count(*)::int from deliveries where status = 'SUCCEEDED') as delivered,
                (select count(*)::int from attempts where outcome = 'LOST') as rescued`,
      );
      await sql.end();
      figure(
        'ledger with kill -9',
        { events: EVENTS, lost: EVENTS - rows[0]!.delivered, repeats, onTheWire, rescued: rows[0]!.rescued },
        { lost: 0, repeats: 2 * 32, onTheWire: { atLeast: 1 }, rescued: { atLeast: 1 } },
      );
    } finally {
      await server?.end('SIGKILL');
      await database.drop();
      folder.remove();
    }
  }, 180_000);
});
