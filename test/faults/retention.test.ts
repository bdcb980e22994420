/** Retention: what is old goes in batches and without holding anybody up, what is pending never does. */
import pg from 'pg';

import { listPartitions } from '../../src/db/partitions.ts';
import { Retention, retentionProgress, type RetentionRun } from '../../src/history/retention.ts';
import { createLogger } from '../../src/log.ts';
import { ask, idsOf, makeLink } from '../feed/link.ts';
import { figure } from '../support/figure.ts';
import { watchLocks } from '../support/lock-watch.ts';
import { type Ground, makeOldRows, oldId, type OldRows } from '../support/old-rows.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import {
  clientEvent,
  createWebhook,
  type MadeWebhook,
  publish,
  registerResource,
} from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const DAY = 86_400_000;
const DELIVERY = `query ($id: ID!) { delivery(id: $id) {
  status version attemptCount completedAt nextAttemptAt failure { code message }
  latestAttempt { number } attempts(first: 5) { totalCount } event { id entityId payload } } }`;
const POLL = `query ($after: StreamCursor, $first: Int! = 200) { deliveryEvents(after: $after, first: $first) {
  cursor caughtUp reset events { kind delivery { id status failure { code } event { entityId } } } } }`;
const WATCH = `subscription ($after: StreamCursor) { deliveryEvents(after: $after, mode: EVERY_EVENT, minIntervalMs: 0) {
  cursor caughtUp reset events { kind delivery { id failure { code } event { entityId } } } } }`;
const RETRY = `mutation ($id: ID!) { deliveryRetry(id: $id) { errors { code field message } delivery { id } } }`;

let server: TestServer;
let ground: Ground;
let receiver: Receiver;
let webhook: MadeWebhook;

beforeEach(async () => {
  // The tests ask again and again until something is there.
  server = await startServer({ BELLWIRE_RATE_LIMIT: '1000000000' });
  ground = { sql: server.app.db.engine, keep: server.app.config, api: server.api };
  receiver = await startReceiver();
  await registerResource(server.api);
  webhook = await createWebhook(server.api, receiver.url);
});

afterEach(async () => {
  await server.stop();
  await receiver.close();
});

/** One run of another server's retention, as of now or another time. */
async function retain(nowMs = Date.now()): Promise<RetentionRun> {
  const logger = createLogger('error');
  const run = await new Retention({ url: server.database.url, keep: server.app.config, logger, pace: 0 }).run(
    nowMs,
  );
  expect(run).not.toBeNull();
  return run!;
}

const ago = (days: number): number => Date.now() - days * DAY;
/** On a day whose payloads go within the next one. */
const LAST_DAY = Math.floor(ago(29) / DAY) * DAY - 3_600_000;
/** In the middle of the last week of events that is over for 90 days by then: weeks behind it would wait with it. */
const lastWeek = (nowMs: number): number => {
  const monday = 4 * DAY;
  return Math.floor((nowMs - 90 * DAY - monday) / (7 * DAY)) * 7 * DAY + monday - 3.5 * DAY;
};
const old = (days: number, count: number, more: Partial<OldRows> = {}): OldRows => ({
  ...{ atMs: ago(days), count, webhook },
  ...more,
});

async function count(table: string, where = 'true'): Promise<number> {
  const { rows } = await server.app.db.engine.query<{ count: number }>(
    `select count(*)::int as count from ${table} where ${where}`,
  );
  return rows[0]!.count;
}

describe('retention', () => {
  it('REL-21: drops 10,000 old rows of each table under load, while nobody waits for a lock, and keeps what is pending', async () => {
    for (const days of [120, 110, 100, 40]) await makeOldRows(ground, old(days, 2_500));
    await makeOldRows(ground, old(0, 1_200, { atMs: LAST_DAY, state: 'WAITING' }));
    const patient = old(20, 30, { state: 'WAITING' });
    await makeOldRows(ground, patient);
    const flying = old(100.001, 1, { state: 'ON_THE_WIRE', series: 1 });
    await makeOldRows(ground, flying);

    const locks = watchLocks(server.database.url, 'bellwire retention');
    const taken: number[] = [];
    let running = true;
    let cursor = (await server.api.run('{ deliveries(first: 1) { streamCursor } }')).streamCursor;
    const load = (async () => {
      for (let number = 0; running; number += 1) {
        const started = performance.now();
        await publish(server.api, clientEvent(`now-${number}`));
        await server.api.run('{ deliveries(first: 20) { nodes { id event { id } } } }');
        cursor = (await server.api.run(POLL, { after: cursor })).cursor;
        taken.push(performance.now() - started);
      }
    })();
    const run = await retain();
    running = false;
    await load;
    const lockWaits = await locks.end();
    await receiver.until(taken.length);
    figure('REL-21', {
      oldRows: 10_000,
      expired: run.expired,
      partitions: run.dropped.length,
      lockWaits,
      slowestRoundMs: Math.round(Math.max(...taken)),
      rounds: taken.length,
    });

    expect(lockWaits.causedMs).toBeLessThan(100);
    expect(run.expired).toBe(1_200);
    // The one on the wire is 100 days old: it keeps what it needs, and all that is behind it in those tables.
    expect(run.waiting.some((name) => name.startsWith('event_payloads_'))).toBe(true);
    expect(await count('delivery_queue')).toBe(31);
    expect(
      await count(
        'delivery_queue',
        `sender is null and id like '${oldId('delivery', patient, 1).slice(0, 20)}%'`,
      ),
    ).toBe(30);
    expect(await count('events', `id = '${oldId('event', flying, 1)}'`)).toBe(1);
    expect(await count('event_payloads', `event_id = '${oldId('event', flying, 1)}'`)).toBe(1);
    expect(await count('attempts', `delivery_id < '${oldId('delivery', old(105, 1), 1)}'`)).toBe(0);
    expect(await count('delivery_log', `at < now() - interval '9 days'`)).toBe(0);

    // Once it has ended, all of it goes, and what is younger stays.
    await server.app.db.engine.query(`delete from delivery_queue where sender = 'another'`);
    await retain();
    const last = await retain();
    expect(last.waiting).toEqual([]);
    for (const [table, column] of [
      ['event_payloads', 'event_id'],
      ['attempts', 'delivery_id'],
    ] as const)
      expect(
        await count(
          table,
          `${column} like '___\\_%' and substr(${column}, 5, 10) < substr('${oldId('event', old(31.1, 1), 1)}', 5, 10)`,
        ),
      ).toBe(0);
    expect(await count('events', `entity_id like 'old-%'`)).toBe(2_500 + 1_200 + 30);
    expect(await count('deliveries', `status = 'SUCCEEDED' and created_at < now() - interval '1 day'`)).toBe(
      2_500,
    );
    expect(await count('event_payloads', `event_id like '${oldId('event', patient, 1).slice(0, 20)}%'`)).toBe(
      30,
    );
    const job = retentionProgress().find((entry) => entry.job === 'drop')!;
    expect(job).toMatchObject({ done: last.dropped.length, total: last.dropped.length });
    expect(job.finishedAt).not.toBeNull();
  }, 120_000);

  it('ends a delivery that waits a day before its payload goes, says why, and takes no retry of it', async () => {
    const waiting = old(0, 1, { atMs: LAST_DAY, state: 'WAITING' });
    await makeOldRows(ground, waiting);
    const id = oldId('delivery', waiting, 1);
    const page = await server.api.run('{ deliveries(first: 1) { streamCursor } }');
    expect(await server.api.run(DELIVERY, { id })).toMatchObject({ status: 'PENDING', failure: null });
    expect((await retain(ago(1))).expired).toBe(0);
    const stream = server.api.subscribe(WATCH, { after: page.streamCursor });
    const run = await retain();
    expect(run).toMatchObject({ expired: 1, waiting: [] });
    expect(await server.api.run(DELIVERY, { id })).toMatchObject({
      status: 'FAILED',
      version: 2,
      nextAttemptAt: null,
      failure: { code: 'EXPIRED', message: expect.stringContaining('payload') },
      event: { payload: { name: 'Old' } },
    });
    const line = await stream.until((batches) => batches.flatMap((batch) => batch.events)[0]);
    expect(line).toMatchObject({ kind: 'FAILED', delivery: { id, failure: { code: 'EXPIRED' } } });
    await stream.close();
    expect(await server.api.run(RETRY, { id })).toMatchObject({
      errors: [{ code: 'INVALID_STATE', field: ['id'], message: expect.stringContaining('payload') }],
    });

    receiver.answer = status(500);
    await publish(server.api, clientEvent('young'));
    await receiver.until(4);
    const failed = await server.api.run('{ deliveries(first: 1) { nodes { id status failure { code } } } }');
    const [young] = failed.nodes;
    receiver.answer = status(204);
    for (let state = young; state.status !== 'FAILED';)
      state = (await server.api.run('{ deliveries(first: 1) { nodes { id status } } }')).nodes[0];
    expect(young.failure).toBeNull();
    expect(await server.api.run(RETRY, { id: young.id })).toMatchObject({ errors: [] });
    await receiver.until(5);
  });

  it('forgets payloads and attempts before events and deliveries, which say so', async () => {
    const rows = old(40, 1);
    await makeOldRows(ground, rows);
    const id = oldId('delivery', rows, 1);
    expect(await server.api.run(DELIVERY, { id })).toMatchObject({
      latestAttempt: { number: 1 },
      event: { payload: { id: 'old-1' } },
    });
    await retain();
    expect(await server.api.run(DELIVERY, { id })).toMatchObject({
      status: 'SUCCEEDED',
      attemptCount: 1,
      latestAttempt: null,
      attempts: { totalCount: 0 },
      event: { entityId: 'old-1', payload: null },
    });
    expect(await server.api.run(RETRY, { id })).toMatchObject({ errors: [{ code: 'INVALID_STATE' }] });
    const later = await retain(Date.now() + 60 * DAY);
    expect(await server.api.run(DELIVERY, { id })).toBeNull();
    // Who has read the delivery a moment ago finds its event.
    expect(later.waiting.every((name) => name.startsWith('events_'))).toBe(true);
    expect(await count('events', `id = '${oldId('event', rows, 1)}'`)).toBe(1);
    await retain(Date.now() + 60 * DAY);
    expect(await count('events', `id = '${oldId('event', rows, 1)}'`)).toBe(0);
  });

  it('answers a cursor from before the kept log with CURSOR_EXPIRED and lets its reader go on from the oldest line', async () => {
    const before = await server.api.beginning();
    await publish(server.api, clientEvent('gone'));
    await receiver.until(1);
    let batch = await server.api.run(POLL, { after: before });
    while (batch.events.length < 2) batch = await server.api.run(POLL, { after: before });
    const behind = batch.cursor;
    await makeOldRows(ground, old(9, 1));
    await server.app.db.engine.query(
      `update delivery_log set at = at - interval '9 days' where at > now() - interval '1 day'`,
    );
    const position = async (text: string): Promise<unknown> =>
      (await server.app.db.engine.query(text)).rows[0];
    const floor = () => position('select floor_xid as xid, floor_seq as seq from stream_epoch');
    const newest = await position('select xid, seq from delivery_log order by xid desc, seq desc limit 1');
    await publish(server.api, clientEvent('kept'));
    await receiver.until(2);
    const stream = server.api.subscribe(WATCH, { after: behind });
    await stream.until((batches) => batches.flatMap((one) => one.events).length >= 2);

    await retain();
    expect(await server.api.run(POLL, { after: behind })).toMatchObject({ reset: null });
    const expired = await server.api.run(POLL, { after: before });
    expect(expired).toMatchObject({ reset: 'CURSOR_EXPIRED', events: [], caughtUp: false });
    const entities = (one: any): string[] => one.events.map((event: any) => event.delivery.event.entityId);
    const next = await server.api.run(POLL, { after: expired.cursor });
    expect(next.reset).toBeNull();
    expect(entities(next)).toEqual(['kept', 'kept']);
    // Without a cursor the log begins with the oldest line kept, and its cursors are good.
    const first = await server.api.run(POLL, { after: null, first: 1 });
    expect(first.reset).toBeNull();
    expect(entities(first)).toEqual(['kept']);
    expect(entities(await server.api.run(POLL, { after: first.cursor }))).toEqual(['kept']);

    const late = server.api.subscribe(WATCH, { after: before });
    await late.until((batches) => batches.flatMap((one) => one.events).length >= 2);
    expect(late.received[0]).toMatchObject({ reset: 'CURSOR_EXPIRED', events: [] });
    await publish(server.api, clientEvent('new'));
    for (const reader of [late, stream]) {
      await reader.until((batches) => batches.some((one) => entities(one).includes('new')));
      expect(reader.received.slice(1).every((one) => one.reset === null)).toBe(true);
      await reader.close();
    }
    // The log begins behind the newest line that went; lines of an older transaction that go later change nothing of it.
    expect(await floor()).toEqual(newest);
    await makeOldRows(ground, old(8, 1));
    expect((await retain()).dropped).toContainEqual(expect.stringMatching(/^delivery_log_/));
    expect(await floor()).toEqual(newest);
  });

  it('takes nothing that somebody holds at this moment, and takes it at the next run', async () => {
    const waiting = old(40, 3, { state: 'WAITING' });
    await makeOldRows(ground, waiting);
    const holder = new pg.Client({ connectionString: server.database.url });
    await holder.connect();
    await holder.query('begin');
    await holder.query('select from delivery_queue where id = $1 for update', [
      oldId('delivery', waiting, 2),
    ]);
    const run = await retain();
    expect(run.expired).toBe(2);
    expect(run.waiting.map((name) => name.replace(/_\d+$/, ''))).toEqual(
      expect.arrayContaining(['event_payloads', 'attempts']),
    );
    expect(await count('event_payloads')).toBe(3);
    await holder.query('rollback');
    await holder.end();
    expect(await retain()).toMatchObject({ expired: 1, waiting: [] });
    expect(await count('event_payloads')).toBe(0);
    expect(await count('deliveries', `failure_code = 'EXPIRED'`)).toBe(3);
  });

  it('that is stopped ends the batch that it is at and begins nothing more; the next run goes on', async () => {
    await makeOldRows(ground, old(40, 1_200, { state: 'WAITING' }));
    const logger = createLogger('error');
    const stopped = new Retention({ url: server.database.url, keep: server.app.config, logger });
    const run = stopped.run(Date.now());
    for (let expired = 0; expired === 0;) expired = await count('deliveries', `failure_code = 'EXPIRED'`);
    // It rests after its first batch, for a second at least.
    await server.app.db.engine.query('select pg_sleep(0.3)');
    expect(await count('deliveries', `failure_code = 'EXPIRED'`)).toBe(500);
    await stopped.stop();
    const { rows } = await server.app.db.engine.query(
      `select (select count(*)::int from pg_stat_activity
               where datname = current_database() and application_name = 'bellwire retention') as connections,
              job, done, total from retention_jobs where job = 'expire'`,
    );
    expect(rows).toEqual([{ connections: 0, job: 'expire', done: 500, total: 1_200 }]);
    expect(await run).toEqual({ expired: 500, dropped: [], waiting: [] });
    expect(await retain()).toMatchObject({ expired: 700, waiting: [] });
    expect(await count('event_payloads')).toBe(0);
  });

  it('that loses its connection says so, and the next run goes on, also with the drop that was begun', async () => {
    await makeOldRows(ground, old(40, 600, { state: 'WAITING' }));
    const { engine } = server.app.db;
    const logger = createLogger('error');
    const cut = new Retention({ url: server.database.url, keep: server.app.config, logger });
    const run = cut.run(Date.now());
    for (let expired = 0; expired === 0;) expired = await count('deliveries', `failure_code = 'EXPIRED'`);
    // It rests: nobody asks for anything at this moment.
    await engine.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'bellwire retention'`,
    );
    await expect(run).rejects.toThrow();
    await cut.stop();
    const { name } = (await listPartitions(engine)).find(({ of }) => of.table === 'delivery_log')!;
    await engine.query(`insert into partition_drops (partition, parent) values ($1, 'delivery_log')`, [name]);
    await engine.query(`alter table delivery_log detach partition ${name}`);
    const next = await retain();
    expect(next).toMatchObject({ expired: 100, waiting: [] });
    expect(next.dropped).toContain(name);
    const { rows } = await engine.query('select to_regclass($1) as there', [name]);
    expect(rows).toEqual([{ there: null }]);
  });

  it('leaves a partition that somebody still reads for later, with those behind it, and goes on with the other tables', async () => {
    await makeOldRows(ground, old(40, 1));
    const { name } = (await listPartitions(server.app.db.engine)).find(({ of }) => of.table === 'attempts')!;
    const reader = new pg.Client({ connectionString: server.database.url });
    await reader.connect();
    try {
      await reader.query('begin');
      await reader.query(`select count(*) from ${name}`);
      // The second run finds it as the first has left it.
      for (const others of [expect.stringMatching(/^event_payloads_/), expect.stringMatching(/^attempts_/)]) {
        const run = await retain();
        expect(run.waiting).toContain(name);
        expect(run.waiting.every((one) => one.startsWith('attempts_'))).toBe(true);
        const job = retentionProgress().find((entry) => entry.job === 'drop')!;
        expect(job.done).toBe(run.dropped.length);
        expect([...run.dropped, ...run.waiting]).toContainEqual(others);
      }
      await reader.query('commit');
    } finally {
      await reader.end();
    }
    const last = await retain();
    expect(last.dropped).toContain(name);
    expect(last.waiting).toEqual([]);
  });

  it.each([
    ['attempts', 'BELLWIRE_KEEP_ATTEMPTS', { name: 'Old' }],
    ['payloads', 'BELLWIRE_KEEP_PAYLOADS', null],
  ])(
    'goes by %s where they are kept for less long: without them nothing can be sent',
    async (_, setting, payload) => {
      const own = await startServer({ [setting]: '5d' });
      try {
        await registerResource(own.api);
        const target = await createWebhook(own.api, receiver.url);
        const past = { sql: own.app.db.engine, keep: own.app.config, api: own.api };
        const [waits, done] = [old(10, 1, { state: 'WAITING' }), old(10, 1, { series: 1 })];
        for (const rows of [waits, done]) await makeOldRows(past, { ...rows, webhook: target });
        expect(await own.api.run(RETRY, { id: oldId('delivery', done, 1) })).toMatchObject({
          errors: [{ code: 'INVALID_STATE', field: ['id'] }],
        });
        const logger = createLogger('error');
        const retention = new Retention({ url: own.database.url, keep: own.app.config, logger, pace: 0 });
        expect(await retention.run(Date.now())).toMatchObject({ expired: 1, waiting: [] });
        expect(await own.api.run(DELIVERY, { id: oldId('delivery', waits, 1) })).toMatchObject({
          ...{ status: 'FAILED', failure: { code: 'EXPIRED' }, event: { payload } },
        });
        // A young one is sent again.
        await publish(own.api, clientEvent('young'));
        await receiver.until(1);
        const { nodes } = await own.api.run('{ deliveries(first: 1) { nodes { id } } }');
        let errors: unknown[] = [{}];
        while (errors.length > 0) ({ errors } = await own.api.run(RETRY, { id: nodes[0].id }));
        await receiver.until(2);
      } finally {
        await own.stop();
      }
    },
  );

  it('keeps events for as long as a delivery names them', async () => {
    const now = Date.now();
    const rows = old(0, 1, { atMs: lastWeek(now) });
    await makeOldRows(ground, rows);
    // Its delivery was made a moment later, on the other side of a partition's bound.
    const later = old(60, 1);
    await makeOldRows(ground, later);
    await server.app.db.engine.query('update deliveries set event_id = $1 where id = $2', [
      oldId('event', rows, 1),
      oldId('delivery', later, 1),
    ]);
    // The first run takes the lines of the log that name it, too.
    for (const _ of [1, 2]) expect((await retain(now)).waiting).toEqual([expect.stringMatching(/^events_/)]);
    expect(await server.api.run(DELIVERY, { id: oldId('delivery', later, 1) })).toMatchObject({
      event: { entityId: 'old-1' },
    });
    for (const _ of [1, 2]) await retain(now + 40 * DAY);
    expect(await count('events')).toBe(0);
  });

  it('keeps events for as long as the log may name them: lines of before the log had partitions, too', async () => {
    const rows = old(200, 1);
    await makeOldRows(ground, rows);
    const { engine } = server.app.db;
    const whole = `create table delivery_log_start (like delivery_log including all);
                   alter table delivery_log attach partition delivery_log_start for values from (minvalue) to ('%s');`;
    const oldest = (await listPartitions(engine)).find(({ of }) => of.by === 'time')!;
    await engine.query(whole.replace('%s', new Date(oldest.fromMs!).toISOString()));
    await engine.query(`update delivery_log set at = at - interval '200 days' where xid = '3'`);
    const keep = { ...server.app.config, keepLogMs: 300 * DAY };
    const logger = createLogger('error');
    const patient = new Retention({ url: server.database.url, keep, logger, pace: 0 });
    for (const _ of [1, 2]) await patient.run(Date.now());
    expect(await count('deliveries')).toBe(0);
    const { events } = await server.api.run(POLL, { after: null });
    expect(events).toMatchObject([{ delivery: { event: { entityId: 'old-1' } } }]);
    for (const _ of [1, 2]) await retain();
    expect(await count('events')).toBe(0);
    expect((await server.api.run(POLL, { after: null })).events).toEqual([]);
  });

  it('runs on one server at a time, and on the other when that one is gone', async () => {
    await makeOldRows(ground, old(40, 1));
    const other = new pg.Client({ connectionString: server.database.url });
    await other.connect();
    await other.query('select pg_advisory_lock(7215101003)');
    const logger = createLogger('error');
    const retention = new Retention({ url: server.database.url, keep: server.app.config, logger, pace: 0 });
    expect(await retention.run(Date.now())).toBeNull();
    expect(await count('event_payloads')).toBe(1);
    await other.end();
    let run = await retention.run(Date.now());
    while (run === null) run = await retention.run(Date.now());
    expect(await count('event_payloads')).toBe(0);
  });

  it('REL-21: tells a poller of the feed when its event is gone, and shows one whose payload is gone without it', async () => {
    const link = await makeLink(server.api);
    const [gone, kept] = [old(100, 3), old(60, 2, { series: 1 })];
    await makeOldRows(ground, gone);
    await makeOldRows(ground, kept);
    const feed = (last: string) => ask(`${link}/feed?scope=portfolio&lastEventId=${last}`);
    const [first, second, third] = [1, 2, 3].map((n) => oldId('event', gone, n));
    const stay = [1, 2].map((n) => oldId('event', kept, n));
    expect(idsOf(await feed(first!))).toEqual([second, third, ...stay]);
    // Events go a run later than what names them.
    for (const _ of [1, 2]) await retain();
    const expired = await feed(first!);
    expect([expired.status, expired.json.code]).toEqual([410, 'CURSOR_EXPIRED']);
    expect(expired.json.detail).toContain('without lastEventId');
    const rest = await feed('');
    expect(idsOf(rest)).toEqual(stay);
    expect(rest.json[0]).not.toHaveProperty('data');
    expect((await ask(`${link}/events?scope=portfolio`)).json[1]).toMatchObject({ id: stay[0], data: null });
  });
});
