/** Stored secrets that were changed, moved or cut, or whose key is gone (SEC-03): their endpoint gets nothing, all others go on. */
import { randomBytes } from 'node:crypto';

import pg from 'pg';
import { pino } from 'pino';

import { figure } from '../support/figure.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import {
  clientEvent,
  createWebhook,
  type MadeWebhook,
  publish,
  registerResource,
} from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const key = (id: string) => ({ BELLWIRE_ENCRYPTION_KEYS: `${id}:${randomBytes(32).toString('base64')}` });

let database: TestDatabase;
let receiver: Receiver;
let sql: pg.Client;
let server: TestServer;
const log: string[] = [];
const made = new Map<string, MadeWebhook>();

function start(keys: Record<string, string>): Promise<TestServer> {
  const logger = pino({ level: 'warn' }, { write: (line) => void log.push(line) });
  return startServer({ DATABASE_URL: database.url, ...keys }, { logger });
}

async function create(name: string): Promise<void> {
  const webhook = await createWebhook(server.api, `${receiver.url}/${name}`, {
    details: { name },
    advanced: { retrySchedule: [0], headers: [{ name: 'X-Key', value: `key of ${name}`, secret: true }] },
  });
  made.set(name, webhook);
}

beforeAll(async () => {
  database = await createTestDatabase();
  receiver = await startReceiver();
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
  server = await start(key('old'));
  await registerResource(server.api);
  await create('key dropped');
  await server.stop();
  // The old key is not among the keys of this server.
  server = await start(key('new'));
  for (const name of ['flipped', 'swapped with next', 'swapped', 'cut', 'header flipped', 'well'])
    await create(name);
});

afterAll(async () => {
  await server?.stop();
  await sql?.end();
  await receiver?.close();
  await database?.drop();
});

const idOf = (name: string) => made.get(name)!.endpointId;

/** Changes what is stored, behind the server's back. */
async function tamper(): Promise<void> {
  const flipped = 'set_byte(sealed, length(sealed) - 20, get_byte(sealed, length(sealed) - 20) # 1)';
  await sql.query(`update secrets set sealed = ${flipped} where endpoint_id = $1`, [idOf('flipped')]);
  await sql.query(
    `update secrets s set sealed = other.sealed from secrets other
     where (s.endpoint_id, other.endpoint_id) in (($1, $2), ($2, $1))`,
    [idOf('swapped with next'), idOf('swapped')],
  );
  await sql.query(
    `update secrets set sealed = substring(sealed for length(sealed) - 4) where endpoint_id = $1`,
    [idOf('cut')],
  );
  const { rows } = await sql.query<{ headers: { sealed: string }[] }>(
    'select headers from endpoints where id = $1',
    [idOf('header flipped')],
  );
  const sealed = Buffer.from(rows[0]!.headers[0]!.sealed, 'base64');
  sealed[sealed.length - 1]! ^= 1;
  const changed = rows[0]!.headers.map((header) => ({ ...header, sealed: sealed.toString('base64') }));
  await sql.query('update endpoints set headers = $2 where id = $1', [
    idOf('header flipped'),
    JSON.stringify(changed),
  ]);
}

/** The newest delivery of each webhook, by the webhook's name. */
async function outcomes(): Promise<Record<string, string>> {
  const page = await server.api.run(
    `{ deliveries(first: 50) { nodes { id status webhook { name } latestAttempt { outcome failure { code } response { statusCode } } } } }`,
  );
  const found: Record<string, string> = {};
  for (const { status, webhook, latestAttempt } of page.nodes)
    found[webhook.name] ??= [status, latestAttempt?.outcome, latestAttempt?.failure?.code]
      .filter(Boolean)
      .join(' ');
  return found;
}

/** Waits until so many endpoints are paused; the names of the webhooks whose endpoints are not. */
async function notPaused(count: number): Promise<string[]> {
  for (;;) {
    const { nodes } = await server.api.run('{ webhooks(first: 50) { nodes { name endpoints { status } } } }');
    const others = (nodes as { name: string; endpoints: { status: string }[] }[]).filter(
      ({ endpoints }) => endpoints[0]!.status !== 'PAUSED',
    );
    if (others.length <= nodes.length - count) return others.map(({ name }) => name);
    await sql.query('select pg_sleep(0.02)');
  }
}

async function untilAllEnded(): Promise<void> {
  for (let open = 1; open > 0;) {
    const { rows } = await sql.query<{ open: number }>(
      'select count(*)::int as open, pg_sleep(0.01) from delivery_queue',
    );
    open = rows[0]!.open;
  }
}

describe('SEC-03: an endpoint whose stored secrets do not open', () => {
  it('is sent nothing, its deliveries say why, and the log names it; every other endpoint gets its own', async () => {
    const before = await sql.query('select id, sealed from secrets');
    await tamper();
    await publish(server.api, clientEvent('c-1'));
    await untilAllEnded();

    const blocked = 'FAILED BLOCKED SECRET_UNAVAILABLE';
    const found = await outcomes();
    expect(found).toEqual({
      'key dropped': blocked,
      flipped: blocked,
      'swapped with next': blocked,
      swapped: blocked,
      cut: blocked,
      'header flipped': blocked,
      well: 'SUCCEEDED SUCCEEDED',
    });
    expect(receiver.hits.map((hit) => [hit.path, hit.headers['x-key']])).toEqual([
      ['/hooks/well', 'key of well'],
    ]);
    const notices = log.filter((line) => line.includes('SecretUnavailableError'));
    for (const [name, { endpointId }] of made)
      expect([name, notices.some((line) => line.includes(endpointId))]).toEqual([name, name !== 'well']);
    // One failure of the kind proves it: all others would fail alike.
    expect(await notPaused(made.size - 1)).toEqual(['well']);
    // At the start already, for the key that is not there.
    expect(log.find((line) => line.includes('"missing":["old"]'))).toContain('"level":40');
    expect(log.join('\n')).not.toMatch(/key of|whsec_/);
    figure(
      'SEC-03',
      {
        broken: made.size - 1,
        blocked: Object.values(found).filter((outcome) => outcome === blocked).length,
        othersStopped: Number(found['well'] !== 'SUCCEEDED SUCCEEDED'),
        requestsOfBroken: receiver.hits.filter((hit) => !hit.path.endsWith('/well')).length,
      },
      { blocked: { atLeast: made.size - 1 }, othersStopped: 0, requestsOfBroken: 0 },
    );

    // What was put right is sent when it is asked for.
    for (const { id, sealed } of before.rows)
      await sql.query('update secrets set sealed = $2 where id = $1', [id, sealed]);
    const { nodes } = await server.api.run(
      'query ($id: ID!) { deliveries(filter: { webhookId: $id }) { nodes { id } } }',
      { id: made.get('cut')!.id },
    );
    await server.api.mutate('mutation ($id: ID!) { deliveryRetry(id: $id) { errors { code message } } }', {
      id: nodes[0].id,
    });
    await receiver.find((hit) => hit.path.endsWith('/cut') && hit.headers['x-key'] === 'key of cut');
  });
});
