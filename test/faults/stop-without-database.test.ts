/** A stop while the database is away: it succeeds in time, and what was claimed and not sent yet is sent by another sender. */
import type { ServerResponse } from 'node:http';

import pg from 'pg';

import { CONNECT_TIMEOUT_MS } from '../../src/db/pools.ts';
import { LAST_WORDS_MS } from '../../src/sending/sender.ts';
import { type Fault, type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { figure } from '../support/figure.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { createWebhook, publishMany, registerResource } from '../support/scenario.ts';
import { type ServerProcess, spawnServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const EVENTS = 500;
const SLOTS = 16;
const GRACE_MS = 1_000;
/** For who was about to connect, the end of the process, two seconds, and a busy machine. */
const ALLOWANCE_MS = CONNECT_TIMEOUT_MS + 4_000;

let database: TestDatabase;
let way: FaultProxy;
let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
let sql: pg.Client;
const running: ServerProcess[] = [];

async function start(databaseUrl: string): Promise<ServerProcess> {
  const server = await spawnServer(databaseUrl, folder.path, {
    BELLWIRE_CONCURRENCY: String(SLOTS),
    BELLWIRE_LEASE_MARGIN: '400ms',
    BELLWIRE_SHUTDOWN_GRACE: `${GRACE_MS}ms`,
    BELLWIRE_LOG_LEVEL: 'warn',
  });
  running.push(server);
  return server;
}

beforeEach(async () => {
  database = await createTestDatabase();
  way = await startFaultProxy(database.url);
  folder = temporaryFolder();
  receiver = await startReceiver();
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.end('SIGKILL')));
  await sql.end();
  await way.close();
  await receiver.close();
  await database.drop();
  folder.remove();
});

/** What is claimed and has not been sent. */
async function unsent(): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>('select id from delivery_queue where sender is not null');
  const sent = new Set(receiver.hits.map((hit) => hit.headers['webhook-id']));
  return rows.map(({ id }) => id).filter((id) => !sent.has(id));
}

function entityOf(body: Buffer): string {
  return (JSON.parse(body.toString()) as { entityId: string }).entityId;
}

it.each<[string, Fault]>([
  ['refuses every connection', 'refuse'],
  ['lets statements hang', 'freeze'],
])(
  'a server that is told to stop while its database %s stops in time; what it had claimed ahead another one sends, each once',
  async (_, fault) => {
    const first = await start(way.url);
    await registerResource(first.api);
    await createWebhook(first.api, receiver.url, { advanced: { timeoutMs: 1_000 } });
    // Quick enough that more is claimed than is on the wire; then all at once nothing answers any more.
    const stopping = new Promise<{ at: number; code: Promise<number | null> }>((begun, failed) => {
      const open = new Set<ServerResponse>();
      let looking = false;
      const end = (response: ServerResponse): void => {
        if (looking || way.fault !== 'pass' || !open.delete(response)) return;
        response.writeHead(204).end();
      };
      // With all slots taken, and no answer while this looks, what the last claim brought beyond them waits.
      const look = async (): Promise<void> => {
        looking = true;
        const ahead = await unsent();
        looking = false;
        if (ahead.length === 0) return [...open].forEach(end);
        way.fault = fault;
        if (fault === 'refuse') way.cutAll();
        begun({ at: performance.now(), code: first.end('SIGTERM') });
      };
      receiver.answer = (_hit, response, count) => {
        if (way.fault !== 'pass') return;
        open.add(response);
        if (count >= EVENTS / 4 && open.size >= SLOTS && !looking) look().catch(failed);
        else setTimeout(end, 20, response);
      };
    });
    const entities = await publishMany(first.api, EVENTS);
    const { at, code } = await stopping;
    expect(await code).toBe(0);
    const stopMs = performance.now() - at;

    const ahead = await unsent();
    expect(ahead.length).toBeGreaterThan(0);

    const came = new Set(receiver.hits.map(({ body }) => entityOf(body)));
    const all = new Promise<void>((arrived) => {
      receiver.answer = ({ body }, response) => {
        response.writeHead(204).end();
        if (came.add(entityOf(body)).size === EVENTS) arrived();
      };
    });
    await start(database.url);
    await all;
    expect(came).toEqual(new Set(entities));
    const times = (id: string) => receiver.hits.filter((hit) => hit.headers['webhook-id'] === id).length;
    figure(
      'stop without database',
      {
        fault,
        claimedAhead: ahead.length,
        sentTwiceOfThem: ahead.filter((id) => times(id) !== 1).length,
        stopMs: Math.round(stopMs),
      },
      { sentTwiceOfThem: 0, stopMs: GRACE_MS + LAST_WORDS_MS + ALLOWANCE_MS },
    );
  },
  120_000,
);
