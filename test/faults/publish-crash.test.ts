/** A server is killed in the middle of a publish (REL-16): what was not committed is never sent, what was is. */
import { once } from 'node:events';

import pg from 'pg';

import { type CommitGate, createCommitGate } from '../support/commit-gate.ts';
import { figure } from '../support/figure.ts';
import { holdLock } from '../support/lock-holder.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { type ServerProcess, spawnServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What is born with a sender that dies is sent when its lease has run out: after a second and a half. */
const SETTINGS = { BELLWIRE_LEASE_MARGIN: '500ms' };
const TIMEOUT_MS = 1_000;

let database: TestDatabase;
let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
let sql: pg.Client;
let gate: CommitGate;
let server: ServerProcess;

beforeEach(async () => {
  database = await createTestDatabase();
  folder = temporaryFolder();
  receiver = await startReceiver();
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
  gate = await createCommitGate(database.url);
  server = await spawnServer(database.url, folder.path, SETTINGS);
  await registerResource(server.api);
  await createWebhook(server.api, receiver.url, { advanced: { timeoutMs: TIMEOUT_MS } });
});

afterEach(async () => {
  if (server.process.exitCode === null && server.process.signalCode === null) await server.end('SIGKILL');
  await gate.close();
  await sql.end();
  await receiver.close();
  await database.drop();
  folder.remove();
});

const EVENT = clientEvent('in the middle', { idempotencyKey: 'once' });

/** Kills the server while a publish is under way; the publish got no answer. */
async function killDuring(published: Promise<unknown>): Promise<void> {
  const ended = once(server.process, 'exit');
  server.process.kill('SIGKILL');
  await ended;
  await expect(published).rejects.toThrow();
}

/** Resolves once the publish waits for the lock; what the sender looks after now and then waits for it, too. */
async function untilItWaits(): Promise<void> {
  for (let waiting = 0; waiting === 0;) {
    const { rows } = await sql.query<{ waiting: number }>(
      `select count(*)::int as waiting, pg_sleep(0.02) from pg_stat_activity
       where datname = current_database() and application_name = 'bellwire publishing' and wait_event_type = 'Lock'`,
    );
    waiting = rows[0]!.waiting;
  }
}

/** Resolves once the killed server's connections have ended: what they had to commit is committed. */
async function untilGone(): Promise<void> {
  for (let left = 1; left > 0;) {
    const { rows } = await sql.query<{ left: number }>(
      `select count(*)::int as left, pg_sleep(0.02) from pg_stat_activity
       where datname = current_database() and application_name in ('bellwire engine', 'bellwire publishing')`,
    );
    left = rows[0]!.left;
  }
}

function hits(text: string): number {
  return receiver.hits.filter((hit) => hit.body.includes(`"${text}"`)).length;
}

/** Publishes something else and waits for it: whatever was to be sent before it has been. */
async function proof(): Promise<void> {
  await publish(server.api, clientEvent('proof'));
  await receiver.find((hit) => hit.body.includes('"proof"'));
}

async function events(): Promise<number> {
  const { rows } = await sql.query<{ count: number }>('select count(*)::int as count from events');
  return rows[0]!.count;
}

/** The event is in the database, is sent once by the next server, and is not published again. */
async function publishedOnce(test: string): Promise<void> {
  expect(await events()).toBe(1);
  expect(receiver.hits).toHaveLength(0);
  server = await spawnServer(database.url, folder.path, SETTINGS);
  const [repeated] = await publish(server.api, EVENT);
  expect(repeated).toMatchObject({ duplicate: true, deliveryCount: 1 });
  await receiver.find((hit) => hit.body.includes('"in the middle"'));
  await proof();
  const sent = hits('in the middle');
  figure(test, { lost: 1 - sent, repeats: sent - 1 }, { lost: 0, repeats: 0 });
}

describe('a kill -9 in a publish (REL-16)', () => {
  it('before its COMMIT leaves nothing, and a repeat with the keys publishes it', async () => {
    // More than one key takes steps; the log lines are the last that they write.
    const both = [EVENT, clientEvent('beside', { idempotencyKey: 'twice' })];
    const lock = await holdLock(database, 'lock table delivery_log in exclusive mode');
    const published = publish(server.api, ...both);
    await untilItWaits();
    await killDuring(published);
    await lock.letGo();
    await untilGone();
    expect(await events()).toBe(0);
    server = await spawnServer(database.url, folder.path, SETTINGS);
    await proof();
    figure('REL-16 killed before the commit', { phantoms: hits('in the middle') }, { phantoms: 0 });

    const repeated = await publish(server.api, ...both);
    expect(repeated).toMatchObject(both.map(() => ({ duplicate: false, deliveryCount: 1 })));
    await receiver.find((hit) => hit.body.includes('"in the middle"'));
  }, 120_000);

  it('in the one statement that a single event takes leaves all of it: it is sent, and a repeat with the key finds it', async () => {
    const lock = await holdLock(database, 'lock table delivery_log in exclusive mode');
    const published = publish(server.api, EVENT);
    await untilItWaits();
    await killDuring(published);
    expect([await events(), receiver.hits.length]).toEqual([0, 0]);
    await lock.letGo();
    await untilGone();
    await publishedOnce('REL-16 killed in the one statement');
  }, 120_000);

  it('in its COMMIT, before the answer, loses nothing: it is sent, and a repeat with the key finds it', async () => {
    await gate.shut();
    const published = publish(server.api, EVENT);
    await gate.held(1);
    await killDuring(published);
    await gate.open();
    await untilGone();
    await publishedOnce('REL-16 killed in the commit');
  }, 120_000);
});
