/** /readyz and the oldest due delivery: red when what could be sent is not, and never for a receiver's sake. */
import pg from 'pg';

import { oldestDueSeconds } from '../../src/queue/oldest-due.ts';
import { figure } from '../support/figure.ts';
import { asked, readyz, scrape } from '../support/probe.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { ROOT_TOKEN, startServer, type TestServer } from '../support/server.ts';

/** Answers are remembered for a second. */
const LIMIT_MS = 10_000;

let server: TestServer;
let receiver: Receiver;
let sql: pg.Client;
let endpoint: string;
let webhook: string;

/** An API without any worker: what is due stays due. */
beforeAll(async () => {
  server = await startServer({ BELLWIRE_ROLE: 'api', BELLWIRE_READY_MAX_DUE_AGE: '300ms' });
  receiver = await startReceiver();
  sql = new pg.Client({ connectionString: server.database.url });
  await sql.connect();
  await registerResource(server.api);
  ({ endpointId: endpoint, id: webhook } = await createWebhook(server.api, receiver.url));
});

afterAll(async () => {
  await sql.end();
  await server.stop();
  await receiver.close();
});

const green = () =>
  asked(
    () => readyz(server.api.url),
    ({ status }) => status === 200,
    LIMIT_MS,
  );
const red = () =>
  asked(
    () => readyz(server.api.url),
    ({ status }) => status === 503,
    LIMIT_MS,
  );
const oldest = async () =>
  (await scrape(`${server.api.url}/metrics`, ROOT_TOKEN)).get('bellwire_oldest_due_seconds')!;

/** One statement each; e and w stand for the endpoint's and the webhook's id. */
const set = (text: string) =>
  sql.query(text.replaceAll(':e', `'${endpoint}'`).replaceAll(':w', `'${webhook}'`));

const CIRCUIT = (columns: string, values: string): [string, string] => [
  `insert into endpoint_circuits (endpoint_id, ${columns}) values (:e, ${values})`,
  'delete from endpoint_circuits',
];
const OPENED = [
  `state, opened_at, failing_since, failures, failure_code`,
  `now(), now(), 10, 'STATUS'`,
] as const;

it('is green while nothing is due, turns red with the reason, and is green again when it is sent', async () => {
  expect(await green()).toEqual({ status: 200, ready: true });
  expect(await oldest()).toBe(0);
  await publish(server.api, clientEvent('c-1'));
  const { ready, reason } = await red();
  expect(ready).toBe(false);
  expect(reason).toMatch(
    /^A delivery or mail that could be sent has been due for \d+ s, longer than the 0\.3 s of BELLWIRE_READY_MAX_DUE_AGE: no sender takes it\.$/,
  );
  expect(await asked(oldest, (seconds) => seconds > 0.3)).toBeLessThan(60);
  // Alive all the same: to restart it would help nobody.
  expect((await fetch(`${server.api.url}/healthz`)).status).toBe(200);
  const sender = await startServer({ DATABASE_URL: server.database.url, BELLWIRE_DATA_DIR: server.dataDir });
  await receiver.until(1);
  await green();
  await asked(oldest, (seconds) => seconds === 0);
  await sender.stop();
});

describe('what waits for its receiver does not count:', () => {
  beforeAll(async () => {
    await publish(server.api, clientEvent('c-2'), clientEvent('c-3'));
  });

  const RESTORED = `update delivery_queue set sender = null, claimed_at = null, due_at = now() - interval '1 hour', blocked = false, entity_key = null, entity_seq = null`;
  const cases: [string, string, string][] = [
    [
      'an endpoint that is off',
      `update endpoints set disabled_as = 'DISABLED', disabled_at = now() where id = :e`,
      'update endpoints set disabled_as = null, disabled_at = null where id = :e',
    ],
    [
      'a webhook that is disabled',
      'update webhooks set enabled = false where id = :w',
      'update webhooks set enabled = true where id = :w',
    ],
    [
      'an endpoint that was removed',
      'update endpoints set removed_at = now() where id = :e',
      'update endpoints set removed_at = null where id = :e',
    ],
    [
      'a webhook that was deleted',
      'update webhooks set deleted_at = now() where id = :w',
      'update webhooks set deleted_at = null where id = :w',
    ],
    [
      'an open circuit',
      ...CIRCUIT(`${OPENED[0]}, probe_at`, `'OPEN', ${OPENED[1]}, now() + interval '1 hour'`),
    ],
    ['a circuit that is probed', ...CIRCUIT(OPENED[0], `'HALF_OPEN', ${OPENED[1]}`)],
    ['a pause that the receiver asked for', ...CIRCUIT('hold_until', `now() + interval '1 hour'`)],
    [
      'an endpoint with a rate of its own',
      'update endpoints set rate_per_second = 1 where id = :e',
      'update endpoints set rate_per_second = null where id = :e',
    ],
    [
      'a delivery behind another one of its entity',
      `update delivery_queue set blocked = true, entity_key = 'k', entity_seq = 1`,
      RESTORED,
    ],
    [
      'a delivery that is not due yet',
      `update delivery_queue set due_at = now() + interval '1 hour'`,
      RESTORED,
    ],
    [
      'an endpoint with a request on the wire, which hangs',
      `with one as (select id from delivery_queue limit 1)
       update delivery_queue q set sender = 's', claimed_at = now(), attempt_count = 1, fence = 1,
              due_at = now() + interval '1 hour' from one where q.id = one.id`,
      RESTORED,
    ],
  ];

  it.each(cases)('%s', async (_name, apply, undo) => {
    expect(await oldestDueSeconds(sql, false)).toBeGreaterThan(0);
    await set(apply);
    expect(await oldestDueSeconds(sql, false)).toBe(0);
    await set(undo);
    expect(await oldestDueSeconds(sql, false)).toBeGreaterThan(0);
  });

  it('but a lease that ran out and that nobody takes over does', async () => {
    await sql.query(`update delivery_queue set sender = 's', claimed_at = now(), attempt_count = 1, fence = 1,
                            due_at = now() + interval '1 hour'`);
    await green();
    await sql.query(`update delivery_queue set due_at = now() - interval '1 hour'`);
    await red();
    const seconds = await oldestDueSeconds(sql, false);
    expect(seconds).toBeGreaterThanOrEqual(3_600);
    expect(seconds).toBeLessThan(3_700);
    await set(RESTORED);
    // Nor does it hide what waits beside it.
    await sql.query(`with one as (select id from delivery_queue limit 1)
      update delivery_queue q set sender = 's', claimed_at = now(), attempt_count = 1, fence = 1, due_at = now() - interval '1 second'
      from one where q.id = one.id`);
    expect(await oldestDueSeconds(sql, false)).toBeGreaterThanOrEqual(3_600);
    await set(RESTORED);
  });

  it.each([0, 1, 2])('what could be sent does, whoever asked for it (rank %i)', async (rank) => {
    await sql.query('update delivery_queue set rank = $1', [rank]);
    expect(await oldestDueSeconds(sql, false)).toBeGreaterThan(0);
    await sql.query('update delivery_queue set rank = 1');
  });

  it('a pause that has passed and a closed circuit do count', async () => {
    const [apply, undo] = CIRCUIT('hold_until', `now() - interval '1 second'`);
    await set(apply);
    expect(await oldestDueSeconds(sql, false)).toBeGreaterThan(0);
    await set(undo);
  });
});

it('turns red when the partitions of the coming days are missing', async () => {
  await sql.query('delete from delivery_queue');
  await green();
  const { rows } = await sql.query<{ name: string }>(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'attempts'::regclass order by 1 desc limit 1`,
  );
  await sql.query(`drop table ${rows[0]!.name}`);
  // Of the three weeks ahead the last one may lie beyond the 14 days that count.
  await sql.query(`do $$ declare name text; begin
    for name in select inhrelid::regclass::text from pg_inherits where inhparent = 'events'::regclass order by 1 desc limit 2
    loop execute 'drop table ' || name; end loop; end $$`);
  expect((await red()).reason).toBe('The partitions of the coming 14 days are not made yet.');
});

it('0 lets deliveries be due for any time', async () => {
  const patient = await startServer({ BELLWIRE_ROLE: 'api', BELLWIRE_READY_MAX_DUE_AGE: '0' });
  await registerResource(patient.api);
  await createWebhook(patient.api, receiver.url);
  await publish(patient.api, clientEvent('c-1'));
  await asked(
    async () => (await scrape(`${patient.api.url}/metrics`, ROOT_TOKEN)).get('bellwire_oldest_due_seconds')!,
    (seconds) => seconds > 1,
  );
  expect(await readyz(patient.api.url)).toEqual({ status: 200, ready: true });
  await patient.stop();
});

it('costs what the endpoints cost, not what waits for them: 100,000 rows of 100 endpoints', async () => {
  const big = await startServer({ BELLWIRE_ROLE: 'api' });
  const own = new pg.Client({ connectionString: big.database.url });
  await own.connect();
  try {
    await registerResource(big.api);
    const { endpointId, id } = await createWebhook(big.api, receiver.url);
    await own.query(
      `insert into endpoints (id, webhook_id, position, kind, target, timeout_ms)
       select 'ep_' || n, $2, n, 'URL', target, timeout_ms from endpoints, generate_series(1, 99) n where id = $1`,
      [endpointId, id],
    );
    await own.query(
      `insert into delivery_queue (id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, due_at)
       select 'dlv_' || n, 'evt_' || n, 'clients', 'create', 'c', $1, 'ep_' || (1 + n % 99), 'EVENT', now() - n * interval '1 ms'
       from generate_series(1, 100000) n`,
      [id],
    );
    const startedAt = performance.now();
    const { status, reason } = await asked(
      () => readyz(big.api.url),
      ({ status: is }) => is === 200,
    );
    const tookMs = performance.now() - startedAt;
    expect([status, reason]).toEqual([200, undefined]);
    const seconds = (await scrape(`${big.api.url}/metrics`, ROOT_TOKEN)).get('bellwire_oldest_due_seconds')!;
    expect(seconds).toBeGreaterThan(99);
    expect(tookMs).toBeLessThan(1_000);
    figure('oldest due', { rows: 100_000, endpoints: 99, readyzMs: Math.round(tookMs) });
  } finally {
    await own.end();
    await big.stop();
  }
});
