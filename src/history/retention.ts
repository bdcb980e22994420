/**
 * Forgets what is older than is to be kept. Comes in: the time. What happens, in this order: drops that were cut
 * short are gone on with; deliveries that wait for what goes within a day end as EXPIRED; partitions that are due
 * are dropped. A partition that an open delivery needs stays, whatever its age: nothing that is pending is
 * ever taken away. An event's partition also stays for as long as a delivery of the history, or a line of the log, can
 * name an event of it. It goes a run later than those, so that who has just read one of them still finds the event.
 *
 * Any server may do it, one at a time does (an advisory lock, which ends with its connection). It has a connection of
 * its own, since detaching waits for what others run, and must neither do so in a transaction nor take a place
 * in a pool.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import pg from 'pg';

import { dropPartition, finishDrops } from '../db/drop-partition.ts';
import { type Keep, listPartitions, type Partition } from '../db/partitions.ts';
import { connectionSettings } from '../db/pools.ts';
import type { Sql } from '../db/sql.ts';
import type { Logger } from '../log.ts';
import { countOlder, expireWaiting } from '../queue/expire.ts';
import { duePartitions, expiring, namedByLog, needing } from './retention-plan.ts';
import { runJob } from './retention-progress.ts';

export { retentionProgress } from './retention-progress.ts';
export { storageReport } from './storage.ts';

const LOCK_KEY = 7_215_101_003;
/** So many deliveries end in one transaction: some 50 ms. */
const EXPIRE_BATCH = 500;
/**
 * It rests four times as long as each step took, counting a short one as a quarter of a second: a partition that goes
 * makes everybody plan statements anew. Without rests events took six times as long while 159 partitions went.
 */
const PACE = 4;
const SHORTEST_STEP_MS = 250;

/** What a run did. */
export interface RetentionRun {
  /** Deliveries that ended as EXPIRED. */
  expired: number;
  /** Names of partitions that are gone. */
  dropped: string[];
  /** Names of partitions that are due and stay for now: something open needs them, or something still reads them. */
  waiting: string[];
}

/** What Retention needs; only tests change the pace: how many times as long as it works it rests. */
export interface RetentionOptions {
  url: string;
  keep: Keep;
  logger: Logger;
  pace?: number;
}

/** Runs retention for one server. */
export class Retention {
  readonly #options: Required<RetentionOptions>;
  readonly #stopping = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: RetentionOptions) {
    this.#options = { pace: PACE, ...options };
  }

  /** One run as of nowMs; null when another server is at it. Rejects when the database does not answer. */
  run(nowMs: number): Promise<RetentionRun | null> {
    const run = this.#connected((sql) => this.#runLocked(sql, nowMs));
    this.#running = run.catch(() => undefined);
    return run;
  }

  /** Lets the present batch end, and begins no other. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** Does one step and rests after it. */
  async #step<T>(work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const result = await work();
    const restMs = this.#options.pace * Math.max(SHORTEST_STEP_MS, performance.now() - started);
    await sleep(restMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    return result;
  }

  async #connected<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const client = new pg.Client({
      connectionString: this.#options.url,
      ...connectionSettings('retention'),
    });
    // A connection lost between two statements shows at the next one.
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async #runLocked(sql: Sql, nowMs: number): Promise<RetentionRun | null> {
    const { rows } = await sql.query<{ free: boolean }>('select pg_try_advisory_lock($1) as free', [
      LOCK_KEY,
    ]);
    if (!rows[0]!.free) return null;
    // What an earlier run has marked is no partition any more in the eyes of the list.
    const { dropped, waiting, busy } = await finishDrops(sql);
    const partitions = await listPartitions(sql);
    const expired = await this.#expire(sql, partitions, nowMs);
    const run = { expired, dropped, waiting };
    await this.#drop(sql, partitions, nowMs, run, busy);
    return run;
  }

  /** Ends what waits for what goes within a day; how many. */
  async #expire(sql: Sql, partitions: readonly Partition[], nowMs: number): Promise<number> {
    const bounds = expiring(partitions, this.#options.keep, nowMs);
    let [expired, total] = [0, 0];
    // A delivery is mostly older than both.
    for (const older of bounds) total = Math.max(total, (await countOlder(sql, older)).waiting);
    await runJob('expire', total, { sql, logger: this.#options.logger }, async (advance) => {
      for (const older of bounds)
        for (let count = EXPIRE_BATCH; count === EXPIRE_BATCH && !this.#stopping.signal.aborted;) {
          count = await this.#step(() => expireWaiting(sql, older, EXPIRE_BATCH));
          expired += count;
          if (count > 0) await advance(count);
        }
    });
    return expired;
  }

  /** Drops what is due and free; the oldest of a table first, so one that must stay keeps those behind it, as it is with busy tables. */
  async #drop(
    sql: Sql,
    partitions: readonly Partition[],
    nowMs: number,
    run: RetentionRun,
    busy: readonly string[],
  ): Promise<void> {
    const { logger, keep } = this.#options;
    // Events come first in it: what named them until now goes behind them.
    const due = duePartitions(partitions, keep, nowMs);
    const named = (events: Partition): boolean => namedByLog(events, partitions, keep);
    const kept = new Set(busy);
    await runJob('drop', due.length, { sql, logger }, async (advance) => {
      for (const partition of due) {
        if (this.#stopping.signal.aborted) return;
        const { of, name } = partition;
        const why = kept.has(of.table) ? 'an older one stays' : await whatNeeds(sql, partition, named);
        if (why !== null) {
          kept.add(of.table);
          run.waiting.push(name);
          logger.info({ table: of.table, partition: name, why }, 'a partition that is due stays for now');
          continue;
        }
        if (of.by === 'time') await raiseFloor(sql, name);
        const outcome = await this.#step(() => dropPartition(sql, of.table, name));
        (outcome === 'DROPPED' ? run.dropped : run.waiting).push(name);
        // Of one table PostgreSQL parts with one at a time.
        if (outcome === 'LATER') kept.add(of.table);
        logger.info({ table: of.table, partition: name, outcome }, 'a partition that is due was taken out');
        if (outcome === 'DROPPED') await advance(1);
      }
    });
  }
}

/** What needs a partition that is due, in words; null when nothing does. */
async function whatNeeds(
  sql: Sql,
  partition: Partition,
  namedByLog: (events: Partition) => boolean,
): Promise<string | null> {
  const older = needing(partition);
  if (older === null) return null;
  const { open } = await countOlder(sql, older);
  if (open > 0) return `${open} open deliveries need it, or one before it`;
  if (partition.of.table !== 'events') return null;
  if (namedByLog(partition)) return 'lines of the log may name its events';
  const { rows } = await sql.query<{ named: boolean }>(
    'select exists (select from deliveries where event_id < $1) as named',
    [partition.to],
  );
  return rows[0]!.named ? 'deliveries that are kept name its events' : null;
}

/**
 * Notes where the log begins from now on, before the lines before it go: whoever reads the log after this sees that a
 * position from before it misses some, and whoever does not see it yet still has the lines.
 */
async function raiseFloor(sql: Sql, partition: string): Promise<void> {
  await sql.query(
    `update stream_epoch e set floor_xid = l.xid, floor_seq = l.seq
     from (select xid, seq from ${partition} order by xid desc, seq desc limit 1) l
     where (l.xid, l.seq) > (e.floor_xid, e.floor_seq)`,
  );
}
