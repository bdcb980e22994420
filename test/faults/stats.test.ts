/** Statistics count each line of the log once, whatever becomes of the processes that count; their percentiles are as exact as they say. */
import pg from 'pg';

import { RELATIVE_ERROR } from '../../src/stats/sketch.ts';
import { sumOf, untilCounted, untilTrue } from '../stats/figures.ts';
import { figure } from '../support/figure.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, publishMany, registerResource } from '../support/scenario.ts';
import { type ServerProcess, spawnServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const STATS = `query ($webhookId: ID, $window: StatsWindow! = LAST_HOUR) {
  deliveryStats(webhookId: $webhookId, window: $window) {
    total succeeded failed pending p50Ms p95Ms p99Ms latency { count } series { succeeded p95Ms } } }`;

const QUICK = { timeoutMs: 1_000 };

let database: TestDatabase;
let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
let sql: pg.Client;
const running: ServerProcess[] = [];

async function start(): Promise<ServerProcess> {
  // What a kill leaves on the wire is taken over a second later.
  const settings = { BELLWIRE_LOG_LEVEL: 'warn', BELLWIRE_LEASE_MARGIN: '400ms' };
  const server = await spawnServer(database.url, folder.path, settings);
  running.push(server);
  return server;
}

beforeEach(async () => {
  database = await createTestDatabase();
  folder = temporaryFolder();
  // Not every third: three endpoints that are sent to by turns would have one that always fails, and is paused.
  receiver = await startReceiver(
    (_hit, response, count) => void response.writeHead(count % 4 === 0 ? 500 : 204).end(),
  );
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.end('SIGKILL')));
  await sql.end();
  await receiver.close();
  await database.drop();
  folder.remove();
});

/** By endpoint and by account, for each step: what the log says, and what was counted. */
async function books() {
  const counted = await sql.query(
    `select scope_id as scope, part_id as part, step, sum(created)::int as created, sum(succeeded)::int as succeeded,
            sum(failed)::int as failed, sum(cancelled)::int as cancelled
     from delivery_stats group by 1, 2, 3 order by 1, 2, 3`,
  );
  const logged = await sql.query(
    `with lines as (select l.*, w.account_id from delivery_log l join webhooks w on w.id = l.webhook_id where l.origin <> 'TEST'),
     scopes as (select webhook_id as scope, endpoint_id as part, kind from lines union all select account_id, '', kind from lines)
     select scope, part, s.step, count(*) filter (where kind = 'CREATED')::int as created,
            count(*) filter (where kind = 'SUCCEEDED')::int as succeeded, count(*) filter (where kind = 'FAILED')::int as failed,
            count(*) filter (where kind = 'CANCELLED')::int as cancelled
     from scopes cross join (values (60), (900), (7200), (21600)) s (step) group by 1, 2, 3 order by 1, 2, 3`,
  );
  return { counted: counted.rows, logged: logged.rows };
}

describe('the statistics of servers that are killed', () => {
  it.each([
    ['before it has written', 'delivery_stats'],
    ['after it has written, before it moves on', 'delivery_stats_cursor'],
  ])('lack nothing and count nothing twice when the one that counts is killed %s', async (_when, table) => {
    const doomed = await start();
    await registerResource(doomed.api);
    const webhooks = [
      await createWebhook(doomed.api, [receiver.url, receiver.url.replace('hooks', 'more')], {
        advanced: QUICK,
      }),
      await createWebhook(doomed.api, receiver.url, { advanced: { ...QUICK, retrySchedule: [0] } }),
    ];
    await publishMany(doomed.api, 50, 50);
    await untilTrue(sql, 'select not exists (select from delivery_queue)');
    await untilCounted(sql);
    // Whoever counts next stops in the middle of its transaction.
    await sql.query('begin');
    await sql.query(`lock table ${table} in exclusive mode`);
    await publishMany(doomed.api, 100, 50, 'b');
    const blocked = new pg.Client({ connectionString: database.url });
    await blocked.connect();
    const stuck = `select count(*) > 0 as stuck from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query ~ '(insert into|update) ${table}\\s'`;
    while (!(await blocked.query(stuck)).rows[0].stuck) await blocked.query('select pg_sleep(0.02)');
    await blocked.end();
    await doomed.end('SIGKILL');
    await sql.query('commit');
    const heir = await start();
    await publishMany(heir.api, 50, 50, 'c');
    await untilTrue(sql, 'select not exists (select from delivery_queue)');
    await untilCounted(sql);
    const { counted, logged } = await books();
    expect(counted).toEqual(logged);
    const of = (id: string) => heir.api.run(STATS, { webhookId: id });
    expect(await of(webhooks[0]!.id)).toMatchObject({ total: 400, pending: 0 });
    const strict = await of(webhooks[1]!.id);
    expect(strict).toMatchObject({ total: 200, pending: 0 });
    expect(strict.succeeded + strict.failed).toBe(200);
    // Lost attempts have no duration.
    const { rows } = await sql.query(
      `select count(duration_ms)::int as timed from delivery_log where webhook_id = $1`,
      [webhooks[1]!.id],
    );
    expect(sumOf(strict.latency, 'count')).toBe(rows[0].timed);
    figure('statistics after a kill', { table, lines: sumOf(logged, 'created') / 8, rows: counted.length });
  });

  it('are right while two servers count by turns and one after the other is killed at random', async () => {
    const first = await start();
    await registerResource(first.api);
    await createWebhook(first.api, receiver.url, { advanced: QUICK });
    let servers = [first, await start()];
    for (let round = 0; round < 2; round += 1) {
      const publishing = publishMany(servers[1]!.api, 300, 30, `r${round}-`);
      await receiver.until(receiver.hits.length + 50 + round * 70);
      await servers[0]!.end('SIGKILL');
      await publishing;
      servers = [servers[1]!, await start()];
    }
    await untilTrue(sql, 'select not exists (select from delivery_queue)');
    await untilCounted(sql);
    const { counted, logged } = await books();
    expect(counted).toEqual(logged);
    expect(await servers[0]!.api.run(STATS)).toMatchObject({ total: 600, pending: 0 });
  }, 120_000);
});

describe('what the log does not tell', () => {
  it('is said, and what is open is counted in the queue, when retention took lines that were not counted', async () => {
    const server = await start();
    await registerResource(server.api);
    const webhook = await createWebhook(server.api, receiver.url, { advanced: { retrySchedule: [600] } });
    await publish(server.api, clientEvent('a'), clientEvent('b'), clientEvent('c'));
    await untilCounted(sql);
    expect(await server.api.run(STATS)).toMatchObject({ total: 3, pending: 3 });
    await server.end('SIGTERM');
    // As if it had been away for longer than the log is kept: three more were made, and one of those before was cancelled.
    await sql.query(
      `insert into delivery_queue (id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, due_at)
       select left(id, -1) || n, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, now() + interval '1 day'
       from (select * from delivery_queue limit 1) q cross join generate_series(5, 7) n
       on conflict do nothing`,
    );
    await sql.query(
      `insert into delivery_log (kind, delivery_id, version, event_id, webhook_id, endpoint_id, origin, attempt_count, created_at)
       select 'CREATED', id, 1, event_id, webhook_id, endpoint_id, origin, 0, now() from delivery_queue limit 1`,
    );
    await sql.query(
      `update stream_epoch set floor_xid = l.xid, floor_seq = l.seq
       from (select xid, seq from delivery_log order by xid desc, seq desc limit 1) l`,
    );
    await sql.query('delete from delivery_log');
    const heir = await start();
    const { rows } = await sql.query('select count(*)::int as open from delivery_queue');
    await untilTrue(sql, 'select not recount from delivery_stats_cursor');
    expect(heir.log()).toMatch(/went by retention before they were counted/);
    expect(await heir.api.run(STATS)).toMatchObject({ total: 3, pending: rows[0].open });
    // And goes on from there.
    await publish(heir.api, clientEvent('d'));
    await untilCounted(sql);
    expect(await heir.api.run(STATS, { webhookId: webhook.id })).toMatchObject({
      total: 4,
      pending: rows[0].open + 1,
    });
  });

  it('goes on after a restore, with what is open as the queue has it', async () => {
    const server = await start();
    await registerResource(server.api);
    await createWebhook(server.api, receiver.url, { advanced: { retrySchedule: [600] } });
    await publish(server.api, clientEvent('a'), clientEvent('b'));
    await untilCounted(sql);
    await server.end('SIGTERM');
    // A backup from before the second delivery, brought back on another cluster whose transactions are far behind.
    await sql.query('delete from delivery_queue where id = (select max(id) from delivery_queue)');
    await sql.query(`update stream_epoch set system_identifier = 'another'`);
    await sql.query(`update delivery_stats_cursor set xid = '999999999999'`);
    const heir = await start();
    await untilTrue(
      sql,
      'select not c.recount and c.epoch = e.epoch from delivery_stats_cursor c, stream_epoch e',
    );
    expect(heir.log()).toMatch(/statistics go on with it/);
    expect(await heir.api.run(STATS)).toMatchObject({ total: 2, pending: 1 });
    await publish(heir.api, clientEvent('c'));
    await untilTrue(sql, `select count(*) = 1 from delivery_log`);
    await untilCounted(sql);
    expect(await heir.api.run(STATS)).toMatchObject({ total: 3, pending: 2 });
  });
});

describe('percentiles', () => {
  it('lie within the error that the schema states of the exact ones, and 200,000 lines are counted in seconds', async () => {
    const server = await start();
    await registerResource(server.api);
    const webhooks = await Promise.all([1, 2, 3, 4].map(() => createWebhook(server.api, receiver.url)));
    await untilCounted(sql);
    await server.end('SIGTERM');
    const scope = webhooks.map(({ id, endpointId }) => [id, endpointId]);
    // Long tails, each webhook slower than the one before, over the last half hour.
    await sql.query('select setseed(0.42)');
    await sql.query(
      `with made as (
         select ($1::text[])[1 + n % 4] as webhook, ($2::text[])[1 + n % 4] as endpoint, n,
                greatest(1, round(exp(3 + n % 4 + 1.2 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()))))::int as ms
         from generate_series(1, 100000) n
       )
       insert into delivery_log (kind, at, delivery_id, version, event_id, webhook_id, endpoint_id, origin, attempt_count, created_at, duration_ms)
       select kind, now() - (n % 1800) * interval '1 second', 'dlv_' || n, 1, 'evt', webhook, endpoint, 'EVENT', 1, now(),
              case when kind = 'SUCCEEDED' then ms end
       from made cross join (values ('CREATED'), ('SUCCEEDED')) k (kind)`,
      [scope.map(([id]) => id), scope.map(([, id]) => id)],
    );
    const began = performance.now();
    const heir = await start();
    const listening = performance.now();
    await untilCounted(sql);
    const seconds = (performance.now() - listening) / 1000;
    const exact = async (where: string, values: string[] = []) => {
      const { rows } = await sql.query(
        `select array_agg(duration_ms order by duration_ms) as all from delivery_log where duration_ms is not null and ${where}`,
        values,
      );
      const all = rows[0].all as number[];
      return [0.5, 0.95, 0.99].map((share) => all[Math.floor(share * (all.length - 1))]!);
    };
    const errors: number[] = [];
    for (const window of ['LAST_HOUR', 'LAST_24_HOURS', 'LAST_7_DAYS', 'LAST_30_DAYS'])
      for (const webhookId of [undefined, ...webhooks.map(({ id }) => id)]) {
        const { p50Ms, p95Ms, p99Ms, total } = await heir.api.run(STATS, { window, webhookId });
        expect(total).toBe(webhookId === undefined ? 100_000 : 25_000);
        const wanted = await exact(
          webhookId === undefined ? 'true' : 'webhook_id = $1',
          webhookId === undefined ? [] : [webhookId],
        );
        [p50Ms, p95Ms, p99Ms].forEach((ms: number, index) =>
          errors.push(Math.abs(ms - wanted[index]!) / wanted[index]!),
        );
      }
    expect(errors).toHaveLength(60);
    figure(
      'statistics: percentiles',
      {
        worstErrorPercent: Number((100 * Math.max(...errors)).toFixed(3)),
        linesPerSecond: Math.round(200_000 / seconds),
        startMs: Math.round(listening - began),
      },
      { worstErrorPercent: 100 * RELATIVE_ERROR + 0.001, linesPerSecond: { atLeast: 20_000 } },
    );
  });
});
