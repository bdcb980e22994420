/** /metrics: who may read it, what it says, and what it never says. */
import { jest } from '@jest/globals';
import pg from 'pg';

import { loadConfig } from '../../src/config.ts';
import { Api } from '../support/api.ts';
import { onServer } from '../support/postgres.ts';
import { asked, scrape } from '../support/probe.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { ROOT_TOKEN, startServer, type TestServer } from '../support/server.ts';

const CANARY = 'canary-7f3a';

let server: TestServer;
let receiver: Receiver;
let open: string;

beforeAll(async () => {
  server = await startServer({ BELLWIRE_METRICS: '127.0.0.1:0', BELLWIRE_RETRY_SCHEDULE: '0s,1h' });
  receiver = await startReceiver();
  open = server.app.metricsUrl!;
  await registerResource(server.api);
});

afterAll(async () => {
  await server.stop();
  await receiver.close();
});

const TOKEN = `mutation ($loginId: ID, $permissions: [Permission!]!) {
  accessTokenCreate(input: { name: "t", permissions: $permissions, loginId: $loginId }) { errors { code message } value } }`;

describe('who may read the metrics', () => {
  it('on the main port: a token of the root account with ACCESS_MANAGE, and nobody else', async () => {
    const made = await server.api.mutate(
      `mutation { loginCreate(input: { name: "North", isAccount: true, permissions: [ACCESS_MANAGE] }) {
         errors { code message } login { id } } }`,
    );
    const tokenFor = async (permissions: string[], loginId?: string): Promise<string> =>
      (await server.api.mutate(TOKEN, { permissions, loginId })).value as string;
    const operator = await tokenFor(['ACCESS_MANAGE']);
    const others = [
      await tokenFor(['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH', 'CATALOG_MANAGE']),
      await tokenFor(['ACCESS_MANAGE'], made.login.id as string),
    ];
    const url = `${server.api.url}/metrics`;
    const ask = (authorization?: string) =>
      fetch(url, { headers: authorization === undefined ? {} : { authorization } });
    for (const authorization of [undefined, 'Bearer nobody', 'Basic cm9vdDpyb290']) {
      const response = await ask(authorization);
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    }
    for (const token of others) {
      const response = await ask(`Bearer ${token}`);
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({
        errors: [{ message: expect.stringContaining('BELLWIRE_METRICS'), extensions: { code: 'FORBIDDEN' } }],
      });
    }
    for (const token of [ROOT_TOKEN, operator]) {
      const response = await ask(`Bearer ${token}`);
      expect([response.status, response.headers.get('content-type')]).toEqual([
        200,
        'text/plain; version=0.0.4; charset=utf-8',
      ]);
      expect(await response.text()).toContain('bellwire_oldest_due_seconds');
    }
  });

  it('on an address of its own whoever can connect, and there is nothing else at it', async () => {
    expect((await scrape(open)).has('bellwire_oldest_due_seconds')).toBe(true);
    for (const path of ['/', '/graphql', '/healthz', '/readyz', '/metrics/'])
      expect((await fetch(new URL(path, open))).status).toBe(404);
    expect((await fetch(open, { method: 'POST' })).status).toBe(404);
    const plain = await startServer({ DATABASE_URL: server.database.url });
    expect(plain.app.metricsUrl).toBeNull();
    await plain.stop();
  });

  it('an address that cannot be had stops the start with a sentence that names the setting', async () => {
    const { host } = new URL(open);
    await expect(startServer({ BELLWIRE_METRICS: host, DATABASE_URL: server.database.url })).rejects.toThrow(
      `${host} is taken by another program. Stop it, or set BELLWIRE_METRICS to another port (0 picks a free one).`,
    );
    for (const wrong of ['9464', 'metrics', '127.0.0.1:99999', 'http://127.0.0.1:1', '::1:80'])
      expect(() => loadConfig({ BELLWIRE_METRICS: wrong })).toThrow('BELLWIRE_METRICS: ');
    expect(loadConfig({ BELLWIRE_METRICS: '[::1]:9464' }).metricsAddress).toEqual({
      host: '::1',
      port: 9464,
    });
  });
});

describe('what the metrics say', () => {
  it('counts events and attempts by outcome, times attempts and claims, and shows the depth of the queue', async () => {
    // With a limit of its own it is claimed for, and nothing handed over.
    await createWebhook(server.api, receiver.url, { advanced: { maxConcurrency: 10 } });
    const value = async (series: string) => (await scrape(open)).get(series);
    const before = await scrape(open);
    expect(before.get('bellwire_attempts_total{outcome="LOST"}')).toBe(0);
    await publish(server.api, clientEvent('good', { idempotencyKey: 'once' }), clientEvent('also'));
    await publish(server.api, clientEvent('good', { idempotencyKey: 'once' }));
    await receiver.until(2);
    receiver.answer = status(500);
    await publish(server.api, clientEvent('bad'));
    await receiver.until(3);
    const after = await asked(
      () => scrape(open),
      (series) =>
        series.get('bellwire_attempts_total{outcome="REJECTED"}') === 1 &&
        series.get('bellwire_requests_in_flight') === 0 &&
        series.get('bellwire_queue_depth{state="waiting"}') === 1,
    );
    expect(after.get('bellwire_attempts_total{outcome="SUCCEEDED"}')).toBe(2);
    expect(after.get('bellwire_events_published_total')).toBe(3);
    expect(after.get('bellwire_attempt_duration_seconds_count')).toBe(3);
    expect(after.get('bellwire_attempt_duration_seconds_sum')).toBeGreaterThan(0);
    expect(after.get('bellwire_claim_duration_seconds_count')).toBeGreaterThanOrEqual(2);
    expect(after.get('bellwire_deliveries_handed_over_total')).toBe(0);
    for (const state of ['due', 'in_flight', 'blocked'])
      expect(after.get(`bellwire_queue_depth{state="${state}"}`)).toBe(0);

    // One on the wire.
    let letGo: () => void = () => undefined;
    receiver.answer = (_hit, response) => void (letGo = () => response.writeHead(204).end());
    await publish(server.api, clientEvent('slow'));
    await receiver.until(4);
    expect(await value('bellwire_requests_in_flight')).toBe(1);
    await asked(
      () => value('bellwire_queue_depth{state="in_flight"}'),
      (depth) => depth === 1,
    );
    expect(await value('bellwire_oldest_due_seconds')).toBe(0);
    letGo();
    await asked(
      () => value('bellwire_requests_in_flight'),
      (count) => count === 0,
    );
  });

  it('counts sockets and subscriptions while they are open', async () => {
    const stream = server.api.subscribe('subscription { deliveryEvents { cursor } }');
    await stream.until((batches) => batches[0]);
    const during = await scrape(open);
    await stream.close();
    const counts = (series: Map<string, number>) => [
      series.get('bellwire_sockets_open'),
      series.get('bellwire_subscriptions_open'),
    ];
    expect(counts(during)).toEqual([1, 1]);
    await asked(
      async () => counts(await scrape(open)),
      ([sockets]) => sockets === 0,
    );
  });

  it('shows for how long a transaction elsewhere holds the delivery log, and the statistics, back, until it ends', async () => {
    const holder = new pg.Client({ connectionString: server.database.url });
    await holder.connect();
    const lag = async () => (await scrape(open)).get('bellwire_delivery_log_lag_seconds')!;
    const statsLag = async () => (await scrape(open)).get('bellwire_stats_lag_seconds')!;
    try {
      await holder.query('begin');
      await holder.query('select pg_current_xact_id()');
      receiver.answer = status(204);
      await publish(server.api, clientEvent('held'));
      const held = await asked(lag, (seconds) => seconds > 1);
      expect(held).toBeLessThan(60);
      await asked(statsLag, (seconds) => seconds > 1 && seconds < 60);
    } finally {
      await holder.query('rollback');
      await holder.end();
    }
    await asked(lag, (seconds) => seconds < 1);
    await asked(statsLag, (seconds) => seconds === 0);
  });

  it('shows dead rows of the hot tables, the clock, the version and the process', async () => {
    const series = await scrape(open);
    for (const name of [
      'bellwire_dead_tuples{table="delivery_queue"}',
      'bellwire_dead_tuples{table="delivery_log"}',
      'bellwire_dead_tuples{table="delivery_stats"}',
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_p99_seconds',
    ])
      expect([name, series.has(name)]).toEqual([name, true]);
    expect(Math.abs(series.get('bellwire_clock_skew_seconds')!)).toBeLessThan(1);
    expect([...series.keys()].filter((key) => key.startsWith('bellwire_build_info'))).toEqual([
      expect.stringMatching(/^bellwire_build_info\{version="\d+\.\d+\.\d+",role="all"\}$/),
    ]);
    receiver.answer = status(204);
    await createWebhook(server.api, receiver.url);
    await publish(server.api, clientEvent('gone'));
    const deleted = async () => (await scrape(open)).get('bellwire_dead_tuples{table="delivery_queue"}')! > 0;
    // PostgreSQL writes its statistics when a session is idle for a moment.
    await asked(deleted, (some) => some);
  });

  it('holds no secret, address, id or name of anybody: labels come from closed lists (SEC-06)', async () => {
    const hook = await createWebhook(server.api, `${receiver.url}/${CANARY}`, {
      details: { name: CANARY },
      advanced: { headers: [{ name: 'x-key', value: `${CANARY}-secret`, secret: true }] },
    });
    receiver.answer = (_hit, response) => void response.writeHead(500, { 'x-echo': CANARY }).end(CANARY);
    await publish(server.api, clientEvent(CANARY, { payload: { id: CANARY, name: CANARY } }));
    await receiver.find((hit) => hit.path.includes(CANARY));
    const text = await (await fetch(open)).text();
    for (const secret of [CANARY, hook.secret, ROOT_TOKEN, '127.0.0.1', String(receiver.port)])
      expect(text).not.toContain(secret);
    expect(text).not.toMatch(/\b(dlv|evt|wh|ep|lgn|tok|whk|whe)_[0-9a-z]{10,}/);
    const labels = new Set(
      [...text.matchAll(/^bellwire_\w+\{(.+)\} /gm)].flatMap(([, pairs]) =>
        [...pairs!.matchAll(/(\w+)="/g)].map(([, name]) => name),
      ),
    );
    expect([...labels].sort()).toEqual(['le', 'outcome', 'role', 'source', 'state', 'table', 'version']);
  });
});

describe('a database that is slow or away', () => {
  const LOCKED = ['oldest_due', 'queue_depth'];
  const failed = (series: Map<string, number>) =>
    [...series]
      .filter(([key, value]) => key.startsWith('bellwire_scrape_failed') && value === 1)
      .map(([key]) => key);

  it('leaves out what it did not answer in time, says so, and gives the rest', async () => {
    const holder = new pg.Client({ connectionString: server.database.url });
    await holder.connect();
    try {
      await holder.query('begin');
      await holder.query('lock table delivery_queue in access exclusive mode');
      const startedAt = performance.now();
      // What asks for other tables may fail, too, while these two hold the connections of health.
      const series = await asked(
        () => scrape(open),
        (found) =>
          LOCKED.every((source) => failed(found).includes(`bellwire_scrape_failed{source="${source}"}`)),
      );
      expect(performance.now() - startedAt).toBeLessThan(10_000);
      expect(series.has('bellwire_oldest_due_seconds')).toBe(false);
      expect([...series.keys()].some((key) => key.startsWith('bellwire_queue_depth'))).toBe(false);
      expect(series.has('bellwire_requests_in_flight')).toBe(true);
    } finally {
      await holder.query('rollback');
      await holder.end();
    }
    const again = await asked(
      () => scrape(open),
      (found) => failed(found).length === 0,
    );
    expect(again.has('bellwire_oldest_due_seconds')).toBe(true);
  });

  it('still shows what the process knows when nobody gets into the database', async () => {
    const name = new URL(server.database.url).pathname.slice(1);
    await onServer((sql) => sql.query(`alter database ${name} with allow_connections false`));
    try {
      await onServer((sql) =>
        sql.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]),
      );
      const series = await asked(
        () => scrape(open),
        (found) => failed(found).length === 6,
      );
      expect(series.get('bellwire_scrape_failed{source="process"}')).toBe(0);
      expect(series.get('bellwire_events_published_total')).toBeGreaterThan(0);
      const health = await fetch(`${server.api.url}/readyz`);
      expect([health.status, await health.json()]).toEqual([
        503,
        { ready: false, reason: 'The database does not answer.' },
      ]);
    } finally {
      await onServer((sql) => sql.query(`alter database ${name} with allow_connections true`));
    }
    await asked(
      () => scrape(open),
      (found) => failed(found).length === 0,
    );
    await asked(
      () => new Api(server.api.url, ROOT_TOKEN).send('{ viewer { name } }'),
      (answer) => answer.status === 200,
    );
  });

  it('is asked once, however many scrape', async () => {
    const queries = jest.spyOn(server.app.db.health, 'query');
    await asked(
      () => Promise.resolve(queries.mock.calls.length),
      () => true,
    );
    queries.mockClear();
    await Promise.all(Array.from({ length: 50 }, () => scrape(open)));
    // Five sources, and the partitions of a readiness check that may fall into it.
    expect(queries.mock.calls.length).toBeLessThanOrEqual(10);
    queries.mockRestore();
  });
});
