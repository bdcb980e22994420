/** The feed that goes forward, under everything at once (REL-22): many writers, servers that die, a restore, retention. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ask, follow, idsOf, makeLink, soon } from '../feed/link.ts';
import { examplesOf } from '../feed/page.ts';
import { Api } from '../support/api.ts';
import { figure } from '../support/figure.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { ROOT_TOKEN, type ServerProcess, spawnServer, startServer } from '../support/server.ts';

const EVENTS = 10_000;
const WRITERS = 8;
const KEYS = { BELLWIRE_ENCRYPTION_KEYS: `shared:${Buffer.alloc(32, 7).toString('base64')}` };

async function freePort(): Promise<string> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  return String(port);
}

describe('a poller made of nothing but the page’s text', () => {
  let database: TestDatabase;
  let receiver: Receiver;
  let dataDir: string;
  let servers: ServerProcess[];
  let poller: ChildProcess | undefined;

  beforeAll(async () => {
    database = await createTestDatabase();
    dataDir = mkdtempSync(join(tmpdir(), 'bellwire-feed-'));
    receiver = await startReceiver();
  });
  afterAll(async () => {
    if (poller?.pid !== undefined && poller.exitCode === null) process.kill(-poller.pid, 'SIGKILL');
    await Promise.all(servers.map((server) => server.end('SIGKILL')));
    await database.drop();
    await receiver.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('follows 10,000 events of many writers through a restart, a kill and revived servers: none missing, none twice (REL-22)', async () => {
    const ports = [await freePort(), await freePort()];
    const start = (port: string) => spawnServer(database.url, dataDir, { ...KEYS, BELLWIRE_PORT: port });
    servers = [await start(ports[0]!), await start(ports[1]!)];
    const { api } = servers[0]!;
    await registerResource(api);
    await createWebhook(api, receiver.url);
    const link = await makeLink(api);
    const script = (await examplesOf(link)).get('Following the feed (bash, curl and jq)')!;
    expect(script).toContain(link);

    poller = spawn('bash', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const seen: string[] = [];
    let rest = '';
    let complaints = '';
    let wake = (): void => undefined;
    poller.stdout!.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop()!;
      seen.push(...lines.map((line) => line.split(' ')[0]!));
      wake();
    });
    poller.stderr!.on('data', (chunk: Buffer) => (complaints += chunk.toString()));

    // Each writer goes on at the other server when its own is away; a repeat is known by its key.
    const published = new Set<string>();
    let next = 0;
    const write = async (writer: number): Promise<void> => {
      while (next < EVENTS) {
        const from = next;
        const size = Math.min(1 + ((from * 7 + writer) % 40), EVENTS - from);
        next += size;
        const events = Array.from({ length: size }, (_, index) =>
          clientEvent(`e${from + index}`, { idempotencyKey: `e${from + index}` }),
        );
        for (let turn = writer; ; turn++) {
          const to = new Api(`http://127.0.0.1:${ports[turn % 2]}`, ROOT_TOKEN);
          const made = await publish(to, ...events).catch(() => undefined);
          if (made === undefined) continue;
          for (const { event } of made) published.add(event.id);
          break;
        }
      }
    };
    const writing = Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
    const until = async (count: number): Promise<void> => {
      while (seen.length < count) await new Promise<void>((resolve) => (wake = resolve));
    };
    // The one that the poller asks: ended as an operator does, then killed; the other one killed between.
    await until(EVENTS * 0.2);
    await servers[0]!.end('SIGTERM');
    servers[0] = await start(ports[0]!);
    await until(EVENTS * 0.4);
    await servers[1]!.end('SIGKILL');
    servers[1] = await start(ports[1]!);
    await until(EVENTS * 0.6);
    await servers[0].end('SIGKILL');
    servers[0] = await start(ports[0]!);
    await writing;
    await until(EVENTS);
    // What would come twice would have come by the time that one more has.
    const [proof] = await publish(servers[0].api, clientEvent('proof'));
    while (seen.at(-1) !== proof!.event.id) await until(seen.length + 1);
    seen.pop();
    const once = new Set(seen);
    figure(
      'REL-22',
      {
        events: published.size,
        writers: WRITERS,
        restarts: 3,
        missing: [...published].filter((id) => !once.has(id)).length,
        repeated: seen.length - once.size,
      },
      { events: { atLeast: EVENTS }, missing: 0, repeated: 0 },
    );
    expect([once.size, seen.length]).toEqual([EVENTS, EVENTS]);
    expect(complaints).toBe('');
  }, 240_000);
});

describe('a database', () => {
  it('that was restored on another cluster goes on where its pollers were: none missing, none twice', async () => {
    const first = await startServer(KEYS);
    const receiver = await startReceiver();
    try {
      await registerResource(first.api);
      await createWebhook(first.api, receiver.url);
      const link = await makeLink(first.api);
      const path = new URL(link).pathname;
      const before = (await publish(first.api, ...['a', 'b', 'c', 'd'].map((id) => clientEvent(id)))).map(
        ({ event }) => event.id,
      );
      await soon(link, before.at(-1)!);
      // Over there transactions begin at small numbers again: those of the events lie far in the future.
      await first.app.db.engine.query(`update stream_epoch set system_identifier = 'another'`);
      await first.app.db.engine.query(`update events set xid = (xid::text::bigint + 1000000000)::text::xid8`);
      await first.app.stop();
      const second = await startServer({ ...KEYS, DATABASE_URL: first.database.url });
      try {
        const moved = second.app.url + path;
        expect(idsOf(await ask(`${moved}/feed?lastEventId=${before[1]}`))).toEqual(before.slice(2));
        const after = (await publish(second.api, clientEvent('e'), clientEvent('f'))).map(
          ({ event }) => event.id,
        );
        expect(await follow(moved, after.at(-1)!, { from: before[1] })).toEqual([
          ...before.slice(2),
          ...after,
        ]);
        expect(await follow(moved, after.at(-1)!, { limit: 1 })).toEqual([...before, ...after]);
      } finally {
        await second.stop();
      }
    } finally {
      await first.stop();
      await receiver.close();
    }
  });
});
