/**
 * The live stream. Comes in: a cursor, what the reader may see and wants to see. Goes out: batches of
 * the delivery log, in order, without gaps, each with the cursor to go on from; an empty batch is a
 * heartbeat. Every reader pulls straight from the table, so all that the server keeps of one is its
 * cursor: a slow reader costs nothing and loses nothing, and a reader that comes back, on whatever
 * node, goes on where it was.
 */
import type pg from 'pg';

import type { Hints } from '../db/hints.ts';
import { type SqlFragment, transaction } from '../db/sql.ts';
import type { Logger } from '../log.ts';
import { BEGINNING, decodeCursor, encodeCursor, type Position } from './cursor.ts';
import { settleEpoch } from './epoch.ts';
import { Followers } from './followers.ts';
import { currentPosition, type LogExpired, type LogLine, type LogRead, readLog } from './read-log.ts';

/** How often to look again while committed lines wait for an older transaction to end, ms. */
const HELD_POLL_MS = 20;

/** How long a stream may go on without asking for the reader's rights, ms: what is lost ends it within a second. */
const RENEW_MS = 1_000;
/** The least time between two reads that find nothing for the reader, ms. */
const QUIET_PAUSE_MS = 25;

/** A line with its cursor. */
export type StreamLine = LogLine & { cursor: string };

/** One batch of the stream. */
export interface Batch {
  lines: StreamLine[];
  cursor: string;
  /** Nothing more was there to read, and nothing waits to become readable. */
  caughtUp: boolean;
  /** How many lines were folded away because a newer one of their delivery is in the batch. */
  folded: number;
  /**
   * The cursor could not be resumed; the reader should fetch its page anew. After CURSOR_EXPIRED the stream goes on
   * from the oldest line that is kept, after the others from the present.
   */
  reset: 'CURSOR_EXPIRED' | 'CURSOR_UNKNOWN' | 'PERMISSION_CHANGED' | null;
}

/** What a reader may see, over the alias w of webhooks, and the transaction in which it last lost a right. */
export interface Rights {
  visible: SqlFragment;
  rightsLost: bigint | null;
}

/** What a reader wants. */
export interface Wish {
  after: string | null;
  mode: 'EVERY_EVENT' | 'LATEST_PER_DELIVERY';
  maxBatch: number;
  where: SqlFragment;
  /** As they are now. */
  rights: Rights;
}

/** Reads the log for the polling query and for subscriptions. */
export class Live {
  readonly #pool: pg.Pool;
  readonly #logger: Logger;
  readonly #followers: Followers;
  readonly #options: { pollMs: number; heartbeatMs: number };
  #epoch = 0;

  /** channel is the one on which the queue says that the log has grown. */
  constructor(options: {
    pool: pg.Pool;
    hints: Hints;
    channel: string;
    pollMs: number;
    heartbeatMs: number;
    logger: Logger;
  }) {
    this.#pool = options.pool;
    this.#logger = options.logger;
    this.#options = options;
    this.#followers = new Followers(options);
  }

  /** Settles the epoch; to be called once, before anything is read. */
  async start(): Promise<void> {
    this.#epoch = await transaction(this.#pool, (sql) => settleEpoch(sql, this.#logger));
  }

  /** Ends all followers; resolves when none of them reads any more. */
  stop(): Promise<void> {
    return this.#followers.stop();
  }

  /** A cursor from which nothing is missed that comes after this call, for a reader with that last loss of rights. */
  async cursor(rightsLost: bigint | null): Promise<string> {
    return encodeCursor(this.#epoch, rightsLost, await currentPosition(this.#pool));
  }

  /** One batch for those who poll; without a cursor from the oldest line kept. */
  async poll(wish: Wish): Promise<Batch> {
    const start = await this.#startOf(wish, BEGINNING);
    if (start.reset) return this.#emptyBatch(start, wish);
    for (let { position } = start; ;) {
      const read = await this.#readFrom(position, null, wish);
      if (!('floor' in read)) return this.#batch(read, wish);
      position = read.floor;
      if (wish.after !== null) return this.#emptyBatch({ position, reset: 'CURSOR_EXPIRED' }, wish);
    }
  }

  /**
   * Batches until the signal aborts: the first one at once (so that the reader has a cursor), then as
   * lines come, at most one each minIntervalMs, a heartbeat when idle. renew is asked before each
   * read for the rights as they are then; undefined ends the stream.
   */
  async *follow(
    wish: Wish & { minIntervalMs: number },
    renew: () => Promise<Rights | undefined>,
    signal: AbortSignal,
  ): AsyncGenerator<Batch, void, undefined> {
    const { wakeups } = this.#followers;
    const start = await this.#startOf(wish, null);
    let position = start.position;
    let since: Date | null = null;
    let lastYield = 0;
    if (start.reset || wish.after === null) {
      yield this.#emptyBatch(start, wish);
      lastYield = performance.now();
    }
    while (!this.#followers.ended(signal)) {
      const seen = wakeups.count;
      const read = await this.#followers.read(signal, () => this.#readOnce(position, since, wish, renew));
      if (read === undefined) return;
      if ('floor' in read) {
        // A reader that took nothing for so long, or came back with an old cursor.
        [position, since] = [read.floor, null];
        yield this.#emptyBatch({ position, reset: 'CURSOR_EXPIRED' }, { ...wish, rights: read.rights });
        lastYield = performance.now();
        continue;
      }
      [position, since] = [read.position, read.at];
      const idle = performance.now() - lastYield;
      if (read.lines.length > 0 || idle >= this.#options.heartbeatMs || lastYield === 0) {
        yield this.#batch(read, { ...wish, rights: read.rights });
        lastYield = performance.now();
        if (!(await this.#pause(wish.minIntervalMs, renew, signal))) return;
      } else {
        // Lines of others wake this reader, too: it need not look at each of them.
        await wakeups.pause(Math.min(wish.minIntervalMs, QUIET_PAUSE_MS), signal);
      }
      if (!read.more) {
        const untilBeat = Math.max(1, this.#options.heartbeatMs - (performance.now() - lastYield));
        const wait = Math.min(read.held ? HELD_POLL_MS : this.#options.pollMs, untilBeat);
        await wakeups.wait(seen, wait, signal);
      }
    }
  }

  /** Waits, and asks for the rights once a second meanwhile; false when they have ended. */
  async #pause(ms: number, renew: () => Promise<Rights | undefined>, signal: AbortSignal): Promise<boolean> {
    let left = ms;
    for (; left > RENEW_MS; left -= RENEW_MS) {
      await this.#followers.wakeups.pause(RENEW_MS, signal);
      if ((await this.#followers.read(signal, renew)) === undefined) return false;
    }
    await this.#followers.wakeups.pause(left, signal);
    return true;
  }

  /** One read with the rights as they are now; undefined when the reader's have ended. */
  async #readOnce(
    position: Position,
    since: Date | null,
    wish: Wish,
    renew: () => Promise<Rights | undefined>,
  ): Promise<((LogRead | LogExpired) & { rights: Rights }) | undefined> {
    const rights = await renew();
    if (rights === undefined) return undefined;
    const read = await this.#readFrom(position, since, { ...wish, rights });
    return { ...read, rights };
  }

  #readFrom(after: Position, since: Date | null, wish: Wish): Promise<LogRead | LogExpired> {
    const { maxBatch: limit, where, rights } = wish;
    return readLog(this.#pool, { after, since, limit, visible: rights.visible, where });
  }

  /** Where to begin: at the cursor, or at the present where it cannot be resumed. */
  async #startOf(
    { after, rights }: Wish,
    without: Position | null,
  ): Promise<{ position: Position; reset: Batch['reset'] }> {
    if (after === null) return { position: without ?? (await currentPosition(this.#pool)), reset: null };
    const cursor = decodeCursor(this.#epoch, after);
    if (cursor?.rightsLost === rights.rightsLost) return { position: cursor.position, reset: null };
    const reset = cursor ? 'PERMISSION_CHANGED' : 'CURSOR_UNKNOWN';
    return { position: await currentPosition(this.#pool), reset };
  }

  #emptyBatch({ position, reset }: { position: Position; reset: Batch['reset'] }, { rights }: Wish): Batch {
    const cursor = encodeCursor(this.#epoch, rights.rightsLost, position);
    return { lines: [], cursor, caughtUp: false, folded: 0, reset };
  }

  #batch({ lines, position, more, held }: LogRead, { mode, rights }: Wish): Batch {
    const kept = mode === 'EVERY_EVENT' ? lines : fold(lines);
    const cursorOf = (at: Position): string => encodeCursor(this.#epoch, rights.rightsLost, at);
    return {
      lines: kept.map((line) => ({ ...line, cursor: cursorOf(line.position) })),
      cursor: cursorOf(position),
      caughtUp: !more && !held,
      folded: lines.length - kept.length,
      reset: null,
    };
  }
}

/** Keeps the newest line of each delivery, at its place: lines stand in the order of commits, and versions tell. */
function fold(lines: LogLine[]): LogLine[] {
  const newest = new Map<string, LogLine>();
  for (const line of lines) {
    const before = newest.get(line.deliveryId);
    if (before === undefined || before.version <= line.version) newest.set(line.deliveryId, line);
  }
  return lines.filter((line) => newest.get(line.deliveryId) === line);
}
