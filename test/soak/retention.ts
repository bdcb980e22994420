/**
 * REL-21 at its full size: a million old rows go while a server publishes and sends. Nobody may wait for a lock for
 * 100 ms, events may take twice as long as before at most (p99), and what is pending stays.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import pg from 'pg';

import { loadConfig } from '../../src/config.ts';
import { startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts';
import { Retention, storageReport } from '../../src/history/retention.ts';
import { createLogger } from '../../src/log.ts';
import type { Api } from '../support/api.ts';
import { watchLocks } from '../support/lock-watch.ts';
import { makeOldRows } from '../support/old-rows.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { type ServerProcess, spawnServer } from '../support/server.ts';

const DAY_MS = 86_400_000;
const KEEP = loadConfig({});
/** Each makes a row in all five tables: a million and a quarter. */
const OLD_EVENTS = 250_000;
const OLD_DAYS = 5;
const EXPIRING = 20_000;
const PENDING = 1_000;
const EVENTS_PER_SECOND = 20;
const WARM_UP_MS = 10_000;
const BEFORE_MS = 30_000;
const MOST_LOCK_WAIT_MS = 100;
const MOST_RATIO = 2;

/** Runs it on a PostgreSQL and a server of its own; figures, and in broken one sentence for each bound that was not kept. */
export async function retentionSoak(): Promise<Record<string, unknown> & { broken: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'bellwire-soak-'));
  // For root's sake: the user that PostgreSQL then runs as must get in.
  chmodSync(folder, 0o711);
  const postgres = await startEmbeddedPostgres({
    dataDir: join(folder, 'postgres'),
    logger: createLogger('warn'),
  });
  const receiver = await startReceiver();
  const pool = new pg.Pool({ connectionString: postgres.url, max: 2 });
  const spawn = (): Promise<ServerProcess> => spawnServer(postgres.url, join(folder, 'server'));
  let server = await spawn();
  try {
    await furnish({ api: server.api, receiver, pool });
    // A server looks after retention a minute after its start by itself: this one comes after us.
    await server.end('SIGTERM');
    server = await spawn();
    const outcome = await measure({ url: postgres.url, api: server.api, receiver, pool });
    const errors = server
      .output()
      .split('\n')
      .filter((line) => line.includes('"level":"error"'));
    if (errors.length > 0)
      outcome.broken.push(`the server logged ${errors.length} errors, the first: ${errors[0]}`);
    return outcome;
  } finally {
    await server.end('SIGTERM');
    await pool.end();
    await receiver.close();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Place {
  api: Api;
  receiver: Receiver;
  pool: pg.Pool;
}

/** Makes the past. */
async function furnish({ api, receiver, pool }: Place): Promise<void> {
  await registerResource(api);
  const webhook = await createWebhook(api, receiver.url);
  const ground = { sql: pool, keep: KEEP, api };
  const now = Date.now();
  for (let day = 0; day < OLD_DAYS; day += 1)
    await makeOldRows(ground, { atMs: now - (100 + day) * DAY_MS, count: OLD_EVENTS / OLD_DAYS, webhook });
  const lastDay = Math.floor((now - 29 * DAY_MS) / DAY_MS) * DAY_MS - 3_600_000;
  await makeOldRows(ground, { atMs: lastDay, count: EXPIRING, webhook, state: 'WAITING' });
  await makeOldRows(ground, { atMs: now - 20 * DAY_MS, count: PENDING, webhook, state: 'WAITING' });
  await pool.query('vacuum analyze');
}

async function measure({ url, api, receiver, pool }: Place & { url: string }) {
  const bytesBefore = await bytes(pool);

  const load = new Load(api, receiver);
  load.start();
  await sleep(WARM_UP_MS);
  load.begin();
  const quiet = watchLocks(url, 'bellwire retention');
  await sleep(BEFORE_MS);
  const lockWaitsBefore = await quiet.end();
  const before = load.begin();
  const locks = watchLocks(url, 'bellwire retention');
  const startedAt = performance.now();
  const retention = new Retention({ url, keep: KEEP, logger: createLogger('warn') });
  const run = await retention.run(Date.now());
  // The events whose deliveries went just now follow at the next run.
  const second = await retention.run(Date.now());
  const tookMs = performance.now() - startedAt;
  const lockWaits = await locks.end();
  const during = load.begin();
  await load.stop();

  const { rows } = await pool.query<{ pending: number; expired: number; left: number }>(
    `select (select count(*)::int from delivery_queue where due_at > now() + interval '1 hour') as pending,
            (select count(*)::int from deliveries where failure_code = 'EXPIRED') as expired,
            (select count(*)::int from events where published_at < now() - interval '91 days') as left`,
  );
  const { pending, expired, left } = rows[0]!;
  const ratio = percentile(during, 99) / percentile(before, 99);
  const broken = [
    lockWaits.causedMs < MOST_LOCK_WAIT_MS
      ? ''
      : `retention held a statement up for ${lockWaits.causedMs} ms`,
    ratio <= MOST_RATIO ? '' : `events took ${ratio.toFixed(1)} times as long as before`,
    pending === PENDING ? '' : `${PENDING - pending} pending deliveries are missing`,
    expired === EXPIRING ? '' : `${expired} of ${EXPIRING} deliveries are EXPIRED`,
    left === 0 ? '' : `${left} old events are still there`,
    second?.waiting.length === 0 ? '' : `${second?.waiting.length} partitions that are due are still there`,
    load.faults.length === 0
      ? ''
      : `${load.faults.length} publishes failed, the first with ${load.faults[0]}`,
    load.missing === 0 ? '' : `${load.missing} events did not arrive`,
  ];
  return {
    oldRows: OLD_EVENTS * 5,
    expired,
    pending,
    partitionsDropped: (run?.dropped.length ?? 0) + (second?.dropped.length ?? 0),
    tookMs: Math.round(tookMs),
    freedMiB: Math.round((bytesBefore - (await bytes(pool))) / 1_048_576),
    lockWaits,
    lockWaitsBefore,
    before: summary(before),
    during: summary(during),
    p99Ratio: Number(ratio.toFixed(2)),
    broken: broken.filter((sentence) => sentence !== ''),
  };
}

async function bytes(pool: pg.Pool): Promise<number> {
  return (await storageReport(pool)).reduce((sum, table) => sum + table.bytes, 0);
}

/** Publishes at a steady rate and notes how long each event takes to arrive, ms. */
class Load {
  /** Publishes that were not answered well. */
  readonly faults: string[] = [];
  readonly #api: Api;
  readonly #receiver: Receiver;
  readonly #sentAt = new Map<string, number>();
  #taken: number[] = [];
  #seen = 0;
  #number = 0;
  #publishing = new Set<Promise<unknown>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(api: Api, receiver: Receiver) {
    this.#api = api;
    this.#receiver = receiver;
  }

  get missing(): number {
    return this.#sentAt.size;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#collect();
      const entityId = `now-${(this.#number += 1)}`;
      this.#sentAt.set(entityId, performance.now());
      const sent = publish(this.#api, clientEvent(entityId))
        .catch((error: unknown) => this.faults.push(String(error)))
        .finally(() => this.#publishing.delete(sent));
      this.#publishing.add(sent);
    }, 1_000 / EVENTS_PER_SECOND);
  }

  /** What was noted since the last time; from now on it is noted anew. */
  begin(): number[] {
    this.#collect();
    const taken = this.#taken;
    this.#taken = [];
    return taken;
  }

  /** Stops publishing and waits for what is under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#publishing);
    await this.#receiver.until(this.#number - this.faults.length, 60_000);
    this.#collect();
  }

  #collect(): void {
    const { hits } = this.#receiver;
    for (; this.#seen < hits.length; this.#seen += 1) {
      const { body, at } = hits[this.#seen]!;
      const { id } = (JSON.parse(body.toString()) as { data: { id: string } }).data;
      const sentAt = this.#sentAt.get(id);
      if (sentAt === undefined) continue;
      this.#sentAt.delete(id);
      this.#taken.push(at - sentAt);
    }
  }
}

function percentile(times: number[], percent: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0;
}

function summary(times: number[]): Record<string, number> {
  const at = (percent: number): number => Math.round(percentile(times, percent) * 10) / 10;
  return { events: times.length, p50Ms: at(50), p95Ms: at(95), p99Ms: at(99) };
}
