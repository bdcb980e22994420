/** What the further senders of a process are told, what they tell, what they leave to the first one, and when there are none. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { ServerResponse } from 'node:http';
import { availableParallelism, setPriority } from 'node:os';

import pg from 'pg';

import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { asked, scrape } from '../support/probe.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, publishMany, registerResource } from '../support/scenario.ts';
import { ROOT_TOKEN, type ServerProcess, spawnServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Of two senders; in all, at one endpoint. */
const EACH = 8;
const ALL = 2 * EACH;
const GRACE_MS = 20_000;
const SETTINGS = {
  BELLWIRE_SENDERS: '2',
  BELLWIRE_CONCURRENCY: '32',
  BELLWIRE_ENDPOINT_CONCURRENCY: String(ALL),
  BELLWIRE_SHUTDOWN_GRACE: `${GRACE_MS}ms`,
  BELLWIRE_RATE_LIMIT: '100000000',
  BELLWIRE_LOG_LEVEL: 'info',
};
const TIMEOUT_MS = 30_000;
/** A server does not look further back than 3 s for whether it was busy (app/senders.ts): behind its start it must have rested so long. */
const REST_MS = 4_000;

let database: TestDatabase;
let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
let sql: pg.Client;
let server: ServerProcess;

async function start(settings: Record<string, string> = {}): Promise<void> {
  server = await spawnServer(database.url, folder.path, { ...SETTINGS, ...settings });
  await registerResource(server.api);
  await createWebhook(server.api, receiver.url, { advanced: { timeoutMs: TIMEOUT_MS } });
}

beforeEach(async () => {
  database = await createTestDatabase();
  folder = temporaryFolder();
  receiver = await startReceiver();
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
});

afterEach(async () => {
  if (server.process.exitCode === null && !server.process.signalCode) await server.end('SIGKILL');
  await sql.end();
  await receiver.close();
  await database.drop();
  folder.remove();
});

const gauge = async (name: string) => (await scrape(`${server.url}/metrics`, ROOT_TOKEN)).get(name)!;
const senders = () => gauge('bellwire_senders');
const onTheWire = () => gauge('bellwire_requests_in_flight');
const claims = () => gauge('bellwire_claim_duration_seconds_count');
const is = (wanted: number) => (value: number) => value === wanted;

async function count(query: string): Promise<number> {
  const { rows } = await sql.query<{ count: number }>(`select count(*)::int as count from ${query}`);
  return rows[0]!.count;
}

/** Publishes more than one sender gets sent until there are two, and waits until all is sent. */
async function startSecond(): Promise<void> {
  for (let batch = 0; batch < 100 && (await senders()) < 2; batch += 1)
    await publishMany(server.api, 500, 500, `busy${batch}-`);
  expect(await senders()).toBe(2);
  await asked(() => count('delivery_queue'), is(0), 60_000);
  await asked(onTheWire, is(0));
}

/**
 * Publishes to an endpoint that does not answer: what is held, by delivery, once it is as much as it gets. It is another one than that of
 * the load, for which a sender claims some ahead because it answered quickly.
 */
async function hold(events: number): Promise<Map<string, ServerResponse>> {
  await createWebhook(server.api, `${receiver.url}/held`, {
    triggers: [{ resource: 'clients', event: 'update' }],
    advanced: { timeoutMs: TIMEOUT_MS },
  });
  const held = new Map<string, ServerResponse>();
  receiver.answer = (hit, response) => void held.set(String(hit.headers['webhook-id']), response);
  const numbered = Array.from({ length: events }, (_, index) =>
    clientEvent(`h${index}`, { event: 'update' }),
  );
  await publish(server.api, ...numbered);
  await asked(() => Promise.resolve(held.size), is(ALL));
  return held;
}

/** Answers what is held, or of it these. */
function answer(held: Map<string, ServerResponse>, ids = [...held.keys()]): void {
  for (const id of ids) {
    held.get(id)?.writeHead(204).end();
    held.delete(id);
  }
}

/** The deliveries on the wire, by whose they are, once what was answered is recorded. */
async function bySender(): Promise<string[][]> {
  await asked(() => count('delivery_queue where sender is not null'), is(ALL));
  const { rows } = await sql.query<{ ids: string[] }>(
    'select array_agg(id) as ids from delivery_queue where sender is not null group by sender order by sender',
  );
  return rows.map(({ ids }) => ids);
}

describe('a further sender', () => {
  it('has its part of an endpoint, its claims and requests count for the process, and those are waited for when it stops', async () => {
    await start();
    await startSecond();
    const held = await hold(100);
    expect((await bySender()).map((ids) => ids.length)).toEqual([EACH, EACH]);
    expect(await asked(onTheWire, is(ALL))).toBe(ALL);
    // Where one of them waits for its answers it is the other one that goes on, and claims.
    for (const one of [0, 1]) {
      const ids = (await bySender())[one];
      const before = await claims();
      const came = receiver.hits.length;
      answer(held, ids);
      await receiver.until(came + EACH);
      expect(await asked(claims, (now) => now > before)).toBeGreaterThan(before);
      await asked(onTheWire, is(ALL));
    }
    // More than its part nobody gets, however long it has work waiting.
    expect((await bySender()).map((ids) => ids.length)).toEqual([EACH, EACH]);
    expect(held.size).toBe(ALL);

    const last = [...held.keys()];
    const came = receiver.hits.length;
    const toldAt = performance.now();
    const ended = server.end('SIGTERM');
    await asked(
      () =>
        fetch(`${server.url}/readyz`).then(
          ({ status }) => status === 200,
          () => false,
        ),
      (ready) => !ready,
    );
    answer(held);
    expect(await ended).toBe(0);
    // A thread says that it has stopped, and is not ended by force behind its grace.
    expect(performance.now() - toldAt).toBeLessThan(GRACE_MS);
    expect(receiver.hits.length).toBe(came);
    const { rows } = await sql.query('select distinct outcome from attempts where delivery_id = any ($1)', [
      last,
    ]);
    expect(rows).toEqual([{ outcome: 'SUCCEEDED' }]);
    expect(await count('delivery_queue where sender is not null')).toBe(0);
  }, 120_000);

  it('leaves leases that ran out to the first one', async () => {
    await start();
    await startSecond();
    const held = await hold(ALL);
    for (const [index, id] of [...held.keys()].entries()) {
      // Each by itself: two that both looked would both find some of them.
      await sql.query(`update delivery_queue set due_at = clock_timestamp() - interval '1 s' where id = $1`, [
        id,
      ]);
      await asked(() => count(`attempts where outcome = 'LOST'`), is(index + 1));
    }
    const lines = server
      .log()
      .split('\n')
      .filter((line) => line.includes('taking over'))
      .map((line) => JSON.parse(line) as { sender?: number });
    expect(lines).toHaveLength(ALL);
    // What a thread writes bears its number.
    expect(lines.filter(({ sender }) => sender !== undefined)).toEqual([]);
  }, 120_000);
});

describe('a process', () => {
  it('that leaves work waiting but is not busy has one sender, and so it has when it is busy for a moment', async () => {
    await start({ BELLWIRE_SENDERS: '3' });
    const { endpointId } = await createWebhook(server.api, `${receiver.url}/slow`, {
      triggers: [{ resource: 'clients', event: 'update' }],
      advanced: { maxConcurrency: 1, timeoutMs: TIMEOUT_MS },
    });
    receiver.answer = (hit, response) => {
      const answerIt = () => void response.writeHead(204).end();
      if (hit.path.endsWith('/slow')) setTimeout(answerIt, 200);
      else answerIt();
    };
    const slow = Array.from({ length: 60 }, (_, index) => clientEvent(`s${index}`, { event: 'update' }));
    await publish(server.api, ...slow.slice(0, 1));
    for (const end = performance.now() + REST_MS, quiet = receiver.hits; performance.now() < end;) {
      const came = quiet.length;
      await publish(server.api, clientEvent(`q${came}`, { event: 'update' }));
      await receiver.until(came + 1);
    }
    await publish(server.api, ...slow);
    const came = receiver.hits.length;
    await receiver.until(came + 20);
    await publish(server.api, ...Array.from({ length: 20 }, (_, index) => clientEvent(`b${index}`)));
    await receiver.until(came + 50);
    expect(await count(`delivery_queue where endpoint_id = '${endpointId}'`)).toBeGreaterThan(0);
    expect(await senders()).toBe(1);
    expect(server.log()).not.toMatch(/further sender/);
    receiver.answer = (hit, response) => void response.writeHead(204).end();
    for (let batch = 0; batch < 100 && (await senders()) === 1; batch += 1)
      await publishMany(server.api, 500, 500, `busy${batch}-`);
    expect(await senders()).toBeGreaterThan(1);
  }, 120_000);

  it('on a machine without an idle core has one sender, however busy it is, unless it is told a number', async () => {
    const burning: ChildProcess[] = [];
    try {
      await start({ BELLWIRE_SENDERS: '', BELLWIRE_ENDPOINT_CONCURRENCY: '64' });
      for (let core = 0; core < availableParallelism(); core += 1) {
        const burner = spawn(process.execPath, ['-e', 'console.log(1); for (;;);'], {
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        burning.push(burner);
        // They take what everybody else leaves.
        setPriority(burner.pid!, 19);
        await new Promise((resolve) => burner.stdout.once('data', resolve));
      }
      for (const end = performance.now() + 2 * REST_MS; performance.now() < end;)
        await publishMany(server.api, 1_000, 500, `c${receiver.hits.length}-`);
      expect(await senders()).toBe(1);
      expect(server.log()).not.toMatch(/further sender/);
      expect(await server.end('SIGTERM')).toBe(0);
      server = await spawnServer(database.url, folder.path, SETTINGS);
      await startSecond();
    } finally {
      for (const burner of burning) burner.kill('SIGKILL');
    }
  }, 120_000);
});
