/** Senders that die, hang or are stopped: REL-01 to REL-04, with the program itself in processes of their own. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

import pg from 'pg';

import { figure } from '../support/figure.ts';
import { createTestDatabase, onServer, type TestDatabase } from '../support/postgres.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, publishMany, registerResource } from '../support/scenario.ts';
import { type ServerProcess, spawnServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A claim is taken over this long after its request's deadline. */
const MARGIN_MS = 400;
const TIMEOUT_MS = 600;
const SETTINGS = {
  BELLWIRE_LEASE_MARGIN: `${MARGIN_MS}ms`,
  BELLWIRE_CONCURRENCY: '16',
  BELLWIRE_LOG_LEVEL: 'warn',
};

let database: TestDatabase;
let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
let sql: pg.Client;
const running: ServerProcess[] = [];

async function start(settings: Record<string, string> = {}): Promise<ServerProcess> {
  const server = await spawnServer(database.url, folder.path, { ...SETTINGS, ...settings });
  running.push(server);
  return server;
}

beforeEach(async () => {
  database = await createTestDatabase();
  folder = temporaryFolder();
  receiver = await startReceiver();
  sql = new pg.Client({ connectionString: database.url });
  // One test throws this connection out together with the server's.
  sql.on('error', () => undefined);
  await sql.connect();
});

afterEach(async () => {
  const left = running.splice(0).filter((server) => !hasEnded(server));
  await Promise.all(left.map((server) => server.end('SIGKILL')));
  await sql.end().catch(() => undefined);
  await receiver.close();
  await database.drop();
  folder.remove();
});

/** Keeps requests on the wire until they are let go; gone counts those whose sender went away meanwhile. */
function holdRequests(): { held: ServerResponse[]; gone: () => number; letGo(code: number): void } {
  const held: ServerResponse[] = [];
  let gone = 0;
  receiver.answer = (_hit, response) => {
    held.push(response);
    response.on('close', () => {
      if (!response.writableEnded) gone += 1;
    });
  };
  return {
    held,
    gone: () => gone,
    letGo: (code) => {
      receiver.answer = status(code);
      for (const response of held) response.writeHead(code).end();
    },
  };
}

/** Resolves when a query's first column of its first row is true; it is asked again with each poll of a server. */
async function untilTrue(text: string, limitMs = 15_000): Promise<void> {
  for (const end = performance.now() + limitMs; ;) {
    const { rows } = await sql.query({ text, rowMode: 'array' });
    if ((rows[0] as unknown[])[0] === true) return;
    if (performance.now() > end) throw new Error(`still not true after ${limitMs} ms: ${text}`);
    await sql.query('select pg_sleep(0.02)');
  }
}

const NOTHING_OPEN = 'select not exists (select 1 from delivery_queue)';

async function outcomes(): Promise<Record<string, number>> {
  const { rows } = await sql.query<{ outcome: string; count: number }>(
    'select outcome, count(*)::int as count from attempts group by outcome',
  );
  return Object.fromEntries(rows.map((row) => [row.outcome, row.count]));
}

describe('REL-01: of two servers on one database one is killed in mid-request', () => {
  it('loses no event, and repeats only what was on the wire or not yet recorded, under the same webhook-id', async () => {
    const timeoutMs = 2_000;
    // The survivor sleeps until the kill, so that everything on the wire is the doomed server's.
    const [doomed, survivor] = [await start(), await start()];
    await registerResource(doomed.api);
    await createWebhook(doomed.api, receiver.url, { advanced: { timeoutMs } });
    survivor.process.kill('SIGSTOP');
    const entities = await publishMany(doomed.api, 250, 250, 'a');
    await receiver.until(250);
    // In one batch, so that the kill comes long before the time limit of the first request that is held.
    const hold = holdRequests();
    entities.push(...(await publishMany(doomed.api, 250, 250, 'b')));
    await receiver.until(250 + 16);
    await doomed.end('SIGKILL');
    receiver.answer = status(204);
    const killedAt = performance.now();
    survivor.process.kill('SIGCONT');

    await untilTrue(NOTHING_OPEN, 20_000);
    const rescuedMs = performance.now() - killedAt;
    const taken = await sql.query<{ status: string; count: number }>(
      'select status, count(*)::int as count from deliveries group by status',
    );
    expect(taken.rows).toEqual([{ status: 'SUCCEEDED', count: 500 }]);
    expect((await outcomes())['LOST']).toBeGreaterThanOrEqual(1);
    const arrived = receiver.hits.map((hit) => hit.headers['webhook-id']);
    const idsOfEntity = new Map<string, Set<unknown>>();
    for (const hit of receiver.hits) {
      const { entityId } = JSON.parse(hit.body.toString()) as { entityId: string };
      idsOfEntity.set(entityId, (idsOfEntity.get(entityId) ?? new Set()).add(hit.headers['webhook-id']));
    }
    expect([...idsOfEntity.keys()].sort()).toEqual([...entities].sort());
    expect([...idsOfEntity.values()].every((ids) => ids.size === 1)).toBe(true);
    const repeats = arrived.length - new Set(arrived).size;
    const late = await sql.query<{ ms: number }>(
      `select max(extract(epoch from retry.started_at - lost.started_at) * 1000)::float8 as ms
       from attempts lost join attempts retry on retry.delivery_id = lost.delivery_id and retry.number = lost.number + 1
       where lost.outcome = 'LOST'`,
    );
    figure(
      'REL-01',
      {
        published: 500,
        lost: entities.length - idsOfEntity.size,
        repeats,
        onTheWireAtKill: hold.gone(),
        sentAgainMs: Math.round(late.rows[0]!.ms),
        allDoneMs: Math.round(rescuedMs),
      },
      {
        lost: 0,
        // What was in flight, and what had been answered but not recorded: both at most the concurrency.
        repeats: 2 * 16,
        onTheWireAtKill: { atLeast: 1 },
        // From the claim: the request's deadline, the margin, a poll (jittered by a quarter), and some for a busy machine.
        sentAgainMs: timeoutMs + MARGIN_MS + 1.25 * 50 + 2_000,
      },
    );
    expect(await survivor.end('SIGTERM')).toBe(0);
  }, 120_000);
});

describe('REL-02: SIGTERM while a request is on the wire', () => {
  it('claims nothing more, ends the request, gives the rest back and exits with 0; the next server sends the rest once', async () => {
    // Of which an endpoint gets half before it has answered quickly.
    const first = await start({ BELLWIRE_CONCURRENCY: '8' });
    await registerResource(first.api);
    await createWebhook(first.api, receiver.url, { advanced: { timeoutMs: 10_000 } });
    const hold = holdRequests();
    await publishMany(first.api, 20);
    await receiver.until(4);
    const stopping = performance.now();
    const ended = first.end('SIGTERM');
    // The listening socket closes when the stop has begun; only then may the requests end.
    await expect(untilRefused(`${first.url}/healthz`)).resolves.toBe(true);
    expect(receiver.hits).toHaveLength(4);
    hold.letGo(204);
    expect(await ended).toBe(0);
    const stopMs = performance.now() - stopping;
    expect(receiver.hits).toHaveLength(4);
    const { rows } = await sql.query(
      'select count(*)::int as waiting, count(sender)::int as leased from delivery_queue',
    );
    expect(rows[0]).toEqual({ waiting: 16, leased: 0 });

    await start();
    await receiver.until(20);
    await untilTrue(NOTHING_OPEN);
    const sent = new Set(receiver.hits.map((hit) => hit.headers['webhook-id'])).size;
    expect(await outcomes()).toEqual({ SUCCEEDED: 20 });
    figure(
      'REL-02',
      { stopMs: Math.round(stopMs), lost: 20 - sent, repeats: receiver.hits.length - sent },
      { stopMs: 20_000, lost: 0, repeats: 0 },
    );
  }, 120_000);
});

describe('SIGTERM that cannot wait', () => {
  it('ends at the end of its grace although a receiver is silent, and the next server sends again at once', async () => {
    const first = await start({ BELLWIRE_SHUTDOWN_GRACE: '200ms' });
    await registerResource(first.api);
    await createWebhook(first.api, receiver.url, { advanced: { timeoutMs: 30_000 } });
    const hold = holdRequests();
    await publish(first.api, clientEvent('c-1'));
    await receiver.until(1);
    const stopping = performance.now();
    expect(await first.end('SIGTERM')).toBe(0);
    expect(performance.now() - stopping).toBeLessThan(10_000);
    expect(hold.held).toHaveLength(1);
    expect(await outcomes()).toEqual({ LOST: 1 });
    receiver.answer = status(204);
    await start();
    // The lease would have lasted 30 s more.
    await receiver.until(2, 10_000);
    await untilTrue(NOTHING_OPEN);
    expect(await outcomes()).toEqual({ LOST: 1, SUCCEEDED: 1 });
  }, 120_000);

  it('ends although the database is away, and what was on the wire is sent again when both are back', async () => {
    const admin = new URL(database.url);
    const name = admin.pathname.slice(1);
    const first = await start({ BELLWIRE_SHUTDOWN_GRACE: '200ms' });
    await registerResource(first.api);
    await createWebhook(first.api, receiver.url, { advanced: { timeoutMs: 2_000 } });
    const hold = holdRequests();
    await publish(first.api, clientEvent('c-1'));
    await receiver.until(1);
    await onServer((server) => server.query(`alter database ${name} with allow_connections false`));
    await onServer((server) =>
      server.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()',
        [name],
      ),
    );
    const stopping = performance.now();
    await first.end('SIGTERM');
    const stopMs = performance.now() - stopping;
    expect(hold.held).toHaveLength(1);
    await onServer((server) => server.query(`alter database ${name} with allow_connections true`));
    sql = new pg.Client({ connectionString: database.url });
    await sql.connect();
    receiver.answer = status(204);
    await start();
    await receiver.until(2);
    await untilTrue(NOTHING_OPEN);
    expect((await outcomes())['SUCCEEDED']).toBe(1);
    figure('SIGTERM without a database', { stopMs: Math.round(stopMs) }, { stopMs: 20_000 });
  }, 120_000);
});

describe('REL-03: a server sleeps through its lease and then ends its request', () => {
  it('does not record the late result over the newer one', async () => {
    const sleeper = await start();
    await registerResource(sleeper.api);
    await createWebhook(sleeper.api, receiver.url, { advanced: { timeoutMs: TIMEOUT_MS } });
    const hold = holdRequests();
    await publish(sleeper.api, clientEvent('c-1'));
    await receiver.until(1);
    sleeper.process.kill('SIGSTOP');
    await start();
    hold.letGo(500);
    receiver.answer = status(204);
    await receiver.until(2);
    await untilTrue(NOTHING_OPEN);
    sleeper.process.kill('SIGCONT');
    await untilOutput(sleeper, /completion\.late/);

    const { rows } = await sql.query<{ number: number; outcome: string }>(
      'select number, outcome from attempts order by number',
    );
    expect(rows).toEqual([
      { number: 1, outcome: 'LOST' },
      { number: 2, outcome: 'SUCCEEDED' },
    ]);
    const delivery = await sql.query('select status, attempt_count, version from deliveries');
    expect(delivery.rows).toEqual([{ status: 'SUCCEEDED', attempt_count: 2, version: 3 }]);
    figure('REL-03', { overwrites: delivery.rows[0].attempt_count - rows.length }, { overwrites: 0 });
  }, 120_000);
});

describe('REL-04: a delivery that cannot be sent', () => {
  it('ends after its schedule when its row is broken, and its neighbours go on', async () => {
    const server = await start();
    await registerResource(server.api);
    const poison = await createWebhook(server.api, `${receiver.url}/poison`);
    await createWebhook(server.api, receiver.url);
    await sql.query(`update endpoints set headers = '{"not": "a list"}' where id = $1`, [poison.endpointId]);
    await publishMany(server.api, 20);
    await receiver.until(20);
    await untilTrue(NOTHING_OPEN);
    const { rows } = await sql.query(
      `select status, attempt_count, count(*)::int as count from deliveries group by 1, 2 order by 1`,
    );
    expect(rows).toEqual([
      { status: 'FAILED', attempt_count: 4, count: 20 },
      { status: 'SUCCEEDED', attempt_count: 1, count: 20 },
    ]);
    figure('REL-04 broken row', { attempts: rows[0].attempt_count }, { attempts: 4 });
  }, 120_000);

  it('ends after five lost attempts when it kills its sender every time, and its neighbours go on', async () => {
    let server = await start();
    await registerResource(server.api);
    const advanced = { timeoutMs: 300 };
    await createWebhook(server.api, `${receiver.url}/poison`, { advanced });
    await createWebhook(server.api, receiver.url, { advanced });
    receiver.answer = (hit, response) => {
      if (hit.path.endsWith('/poison')) server.process.kill('SIGKILL');
      else response.writeHead(204).end();
    };
    // The publish itself may be cut off by the kill: what was committed counts.
    await publish(server.api, clientEvent('c-1')).catch(() => undefined);
    for (let kill = 1; kill <= 5; kill++) {
      if (!hasEnded(server)) await once(server.process, 'exit');
      server = await start();
    }
    await untilTrue(NOTHING_OPEN);
    await publish(server.api, clientEvent('c-2', { event: 'update' }));
    const { rows } = await sql.query<{ status: string; attempts: number; lost: number }>(
      `select d.status, d.attempt_count as attempts, d.lost_count as lost
       from deliveries d order by d.lost_count desc, d.id`,
    );
    expect(rows[0]).toEqual({ status: 'FAILED', attempts: 5, lost: 5 });
    expect(rows.slice(1).map((row) => row.status)).toEqual(['SUCCEEDED']);
    figure(
      'REL-04',
      { attempts: rows[0]!.attempts, neighboursDelivered: rows.length - 1 },
      { attempts: 5, neighboursDelivered: { atLeast: 1 } },
    );
  }, 120_000);
});

/** Resolves true once the address refuses connections. */
async function untilRefused(url: string): Promise<boolean> {
  for (const end = performance.now() + 10_000; performance.now() < end;) {
    try {
      await fetch(url, { headers: { connection: 'close' } });
    } catch {
      return true;
    }
  }
  return false;
}

function hasEnded(server: ServerProcess): boolean {
  return server.process.exitCode !== null || server.process.signalCode !== null;
}

/** Resolves once a process has written something. */
async function untilOutput(server: ServerProcess, pattern: RegExp): Promise<void> {
  while (!pattern.test(server.output())) await once(server.process.stderr!, 'data');
}
