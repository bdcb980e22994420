/** The senders of one process: threads that start when it is busy, share its work, and end with it. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import pg from 'pg';

import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { asked, scrape } from '../support/probe.ts';
import { type Hit, type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, publishMany, registerResource } from '../support/scenario.ts';
import { ROOT_TOKEN, type ServerProcess, spawnServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { verifies } from '../support/verify.ts';

const MARGIN_MS = 500;
const SLOTS = 32;
const SETTINGS = {
  BELLWIRE_SENDERS: '3',
  BELLWIRE_CONCURRENCY: String(SLOTS),
  BELLWIRE_LEASE_MARGIN: `${MARGIN_MS}ms`,
  BELLWIRE_RATE_LIMIT: '100000000',
  BELLWIRE_LOG_LEVEL: 'info',
  // A thread gets the keys as the process has them, and not from the data directory.
  BELLWIRE_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
};
const TIMEOUT_MS = 5_000;

let database: TestDatabase;
let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
let sql: pg.Client;
const running: ServerProcess[] = [];

async function start(settings: Record<string, string> = {}, launcher: string[] = []): Promise<ServerProcess> {
  const given = { ...SETTINGS, ...settings };
  const server = await spawnServer(database.url, folder.path, given, ['--dev'], launcher);
  running.push(server);
  return server;
}

beforeEach(async () => {
  database = await createTestDatabase();
  folder = temporaryFolder();
  receiver = await startReceiver();
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
});

afterEach(async () => {
  const left = running.splice(0).filter(({ process: child }) => child.exitCode === null && !child.signalCode);
  await Promise.all(left.map((server) => server.end('SIGKILL')));
  await sql.end();
  await receiver.close();
  await database.drop();
  folder.remove();
});

const seen = (server: ServerProcess) => scrape(`${server.url}/metrics`, ROOT_TOKEN);
const gauge = async (server: ServerProcess, name: string) => (await seen(server)).get(name)!;
const senders = (server: ServerProcess) => gauge(server, 'bellwire_senders');

/** Publishes more than one sender gets sent until so many have had a part in it, and some that all of them share; how many in all. */
async function busyUntil(server: ServerProcess, count: number, batch = 500): Promise<number> {
  let published = 0;
  const atWork = new Set<string>();
  for (const end = performance.now() + 60_000; (await senders(server)) < count || atWork.size < count;) {
    if (performance.now() > end)
      throw new Error(`${await senders(server)} senders, of which ${atWork.size} send`);
    await publishMany(server.api, 2 * batch, batch, `b${published}-`);
    published += 2 * batch;
    const { rows } = await sql.query<{ sender: string }>(
      'select distinct sender from delivery_queue where sender is not null',
    );
    rows.forEach((row) => atWork.add(row.sender));
  }
  await publishMany(server.api, 2_000, 500, 'all-');
  return published + 2_000;
}

async function count(query: string): Promise<number> {
  const { rows } = await sql.query<{ count: number }>(`select count(*)::int as count from ${query}`);
  return rows[0]!.count;
}

const ids = (hits: Hit[]) => new Set(hits.map((hit) => hit.headers['webhook-id']));
const nothingOpen = () => count('delivery_queue');

describe('the senders of a process', () => {
  it('are one while that keeps up, and as many as are allowed once it is busy; together they send everything once', async () => {
    const server = await start();
    await registerResource(server.api);
    const { secret } = await createWebhook(server.api, receiver.url);
    for (let one = 0; one < 20; one += 1) await publish(server.api, clientEvent(`quiet${one}`));
    await receiver.until(20);
    expect(await senders(server)).toBe(1);

    const published = 20 + (await busyUntil(server, 3));
    await receiver.until(published, 60_000);
    expect([ids(receiver.hits).size, receiver.hits.length]).toEqual([published, published]);
    expect(receiver.hits.filter((hit) => !verifies(secret, hit))).toEqual([]);
    await asked(nothingOpen, (open) => open === 0);
    // What threads do is counted where the process is asked.
    const done = 'bellwire_attempts_total{outcome="SUCCEEDED"}';
    expect(
      await asked(
        () => gauge(server, done),
        (sent) => sent >= published,
      ),
    ).toBe(published);
    expect(
      await asked(
        () => gauge(server, 'bellwire_requests_in_flight'),
        (open) => open === 0,
      ),
    ).toBe(0);
    expect(await count('attempts')).toBe(published);
    expect(server.log()).toMatch(/busy: a further sender starts/);
    expect(await server.end('SIGTERM')).toBe(0);
    // Their connections are gone, too.
    expect(
      await count(
        `pg_stat_activity where application_name = 'bellwire engine' and datname = current_database()`,
      ),
    ).toBe(0);
  }, 120_000);

  it('are one where no more are allowed, however busy it is', async () => {
    const server = await start({ BELLWIRE_SENDERS: '1' });
    await registerResource(server.api);
    await createWebhook(server.api, receiver.url);
    await publishMany(server.api, 6_000);
    await receiver.until(6_000, 60_000);
    expect(await senders(server)).toBe(1);
    expect(server.log()).not.toMatch(/further sender/);
  }, 120_000);

  it('are no more than an endpoint may get requests, so that it never gets more of all of them', async () => {
    const peak = watchPeak('/hooks');
    const server = await start({ BELLWIRE_ENDPOINT_CONCURRENCY: '2' });
    await registerResource(server.api);
    await createWebhook(server.api, receiver.url);
    // Elsewhere there is enough to do.
    for (let other = 0; other < 20; other += 1)
      await createWebhook(server.api, `${receiver.url}/other${other}`);
    for (let batch = 0; (await senders(server)) < 2 && batch < 100; batch += 1)
      await publishMany(server.api, 50, 50, `b${batch}-`);
    expect(await senders(server)).toBe(2);
    await asked(nothingOpen, (open) => open === 0, 60_000);
    expect(await senders(server)).toBe(2);
    expect(peak()).toBeLessThanOrEqual(2);
  }, 120_000);

  it('keep the limits, the rate and the order of an endpoint together', async () => {
    const server = await start();
    const peak = watchPeak('/hooks/limited');
    await registerResource(server.api);
    await registerResource(server.api, 'orders');
    await createWebhook(server.api, receiver.url);
    const triggers = [{ resource: 'orders', event: 'create' }];
    const own = (path: string, advanced: Record<string, unknown>) =>
      createWebhook(server.api, `${receiver.url}/${path}`, { triggers, advanced });
    await own('limited', { maxConcurrency: 2 });
    await own('paced', { ratePerSecond: 20 });
    await own('ordered', { ordering: 'PER_ENTITY' });
    await busyUntil(server, 3);
    // In between it goes on being busy.
    for (let step = 0; step < 10; step += 1) {
      const orders = Array.from({ length: 10 }, (_, entity) => ({
        ...clientEvent(`o${entity}`),
        ...{ resource: 'orders', payload: { id: `o${entity}`, name: String(step) } },
      }));
      await publish(server.api, ...orders);
      await publishMany(server.api, 500, 500, `s${step}-`);
    }
    await asked(nothingOpen, (open) => open === 0, 60_000);
    const at = (path: string) => receiver.hits.filter((hit) => hit.path === `/hooks/${path}`);
    expect([at('limited').length, at('paced').length, at('ordered').length]).toEqual([100, 100, 100]);
    expect(peak()).toBeLessThanOrEqual(2);
    const times = at('paced').map((hit) => hit.at);
    // 100 at 20 in a second: the last one comes 4.95 s after the first.
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(4_700);
    const steps = new Map<string, number[]>();
    for (const hit of at('ordered')) {
      const { data } = JSON.parse(hit.body.toString()) as { data: { id: string; name: string } };
      steps.set(data.id, [...(steps.get(data.id) ?? []), Number(data.name)]);
    }
    expect([...steps.values()]).toEqual(Array(10).fill([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
  }, 120_000);
});

describe('a process with several senders', () => {
  it('that is told to stop gives back what none of them has begun, and ends with 0; the next one sends the rest once', async () => {
    const server = await start();
    await registerResource(server.api);
    await createWebhook(server.api, receiver.url);
    const published = await busyUntil(server, 3);
    expect(await server.end('SIGTERM')).toBe(0);
    const open = await nothingOpen();
    expect(open).toBeGreaterThan(0);
    expect(await count('delivery_queue where sender is not null')).toBe(0);
    expect(receiver.hits.length).toBe(published - open);

    const next = await start({ BELLWIRE_SENDERS: '1' });
    await receiver.until(published, 60_000);
    expect(ids(receiver.hits).size).toBe(published);
    await asked(nothingOpen, (left) => left === 0);
    expect(receiver.hits.length).toBe(published);
    expect(await next.end('SIGTERM')).toBe(0);
  }, 120_000);

  it('that is killed loses nothing, and repeats no more than its senders had on the wire or not yet recorded', async () => {
    const server = await start();
    await registerResource(server.api);
    await createWebhook(server.api, receiver.url, { advanced: { timeoutMs: TIMEOUT_MS } });
    const published = await busyUntil(server, 3);
    await server.end('SIGKILL');
    expect(await nothingOpen()).toBeGreaterThan(0);
    await start({ BELLWIRE_SENDERS: '1' });
    await asked(nothingOpen, (open) => open === 0, 60_000);
    expect(ids(receiver.hits).size).toBe(published);
    // Four times its slots may wait to be recorded (sending/slots.ts).
    expect(receiver.hits.length - published).toBeLessThanOrEqual(3 * 5 * SLOTS);
  }, 120_000);

  it('ends when one of their threads does, as after any error that nobody caught, and nothing is lost', async () => {
    const trap = join(folder.path, 'trap.mjs');
    writeFileSync(
      trap,
      `import { workerData } from 'node:worker_threads';
       if (workerData?.databaseUrl) setTimeout(() => { throw new Error('made up by a test'); }, 2_500);`,
    );
    const server = await start({}, ['env', `NODE_OPTIONS=--import=${trap}`]);
    await registerResource(server.api);
    await createWebhook(server.api, receiver.url, { advanced: { timeoutMs: TIMEOUT_MS } });
    const ended = new Promise<number | null>((resolve) => server.process.once('exit', resolve));
    let taken = 0;
    try {
      for (const end = performance.now() + 60_000; performance.now() < end;) {
        await publishMany(server.api, 1_000, 500, `t${taken}-`);
        taken += 1_000;
      }
    } catch {
      // It is gone.
    }
    expect(await ended).toBe(1);
    expect(server.log()).toMatch(/made up by a test/);
    await start({ BELLWIRE_SENDERS: '1' });
    await asked(nothingOpen, (open) => open === 0, 60_000);
    // The publish that got no answer may be there, or not.
    expect(ids(receiver.hits).size).toBeGreaterThanOrEqual(taken);
    expect(ids(receiver.hits).size).toBe(await count('deliveries'));
  }, 120_000);
});

/** How many requests were on the wire at once at a path, at most; each takes 5 ms. */
function watchPeak(path: string): () => number {
  let open = 0;
  let peak = 0;
  receiver.answer = (hit, response) => {
    if (hit.path !== path) return void response.writeHead(204).end();
    open += 1;
    peak = Math.max(peak, open);
    // Before the answer is out the request is on the wire.
    setTimeout(() => {
      open -= 1;
      response.writeHead(204).end();
    }, 5);
  };
  return () => peak;
}
