/**
 * How replays get on, for pages that are open. Comes in: a replay. Goes out: how it stands, at once, then whenever that has
 * changed, until it has ended. However many look on, each process reads all replays that are watched with one statement a
 * second.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import type pg from 'pg';

import { isConnectionLoss } from '../db/connection-loss.ts';
import { Wakeups } from '../live/wakeups.ts';
import { describeError, type Logger } from '../log.ts';
import { readReplays, type ReplayRow, withIds } from './rows.ts';

/** The least time between two messages, and between two looks, ms. */
const LOOK_MS = 1_000;

interface Watched {
  watchers: number;
  /** As it was at the last look; null where it is gone. */
  row: ReplayRow | null;
}

/** Lets subscriptions follow replays. */
export class ReplayProgress {
  readonly #pool: pg.Pool;
  readonly #logger: Logger;
  readonly #watched = new Map<string, Watched>();
  readonly #looks = new Wakeups();
  readonly #stopping = new AbortController();
  /** The looks that are made while anything is watched. */
  #looking: Promise<void> | undefined;

  constructor(options: { pool: pg.Pool; logger: Logger }) {
    this.#pool = options.pool;
    this.#logger = options.logger;
  }

  /** Ends all streams; resolves when nothing is read any more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#looks.wake();
    await this.#looking;
  }

  /**
   * How the replay stands, first as the caller has read it, until it has ended or the signal aborts. renew is asked behind
   * each look whether the reader may still see it; false ends the stream.
   */
  async *follow(
    first: ReplayRow,
    renew: (row: ReplayRow) => Promise<boolean>,
    signal: AbortSignal,
  ): AsyncGenerator<ReplayRow, void, undefined> {
    const watched = this.#watch(first);
    try {
      let shown = first;
      yield shown;
      while (!hasEnded(shown)) {
        await this.#looks.wait(this.#looks.count, LOOK_MS, signal);
        if (signal.aborted || this.#stopping.signal.aborted) return;
        const { row } = watched;
        if (row === null || !(await this.#mayGoOn(() => renew(row)))) return;
        if (isSame(row, shown)) continue;
        shown = row;
        yield shown;
      }
    } finally {
      watched.watchers -= 1;
      if (watched.watchers === 0) this.#watched.delete(first.id);
    }
  }

  /** While the database is away nobody can say that he may not. */
  async #mayGoOn(renew: () => Promise<boolean>): Promise<boolean> {
    try {
      return await renew();
    } catch (error) {
      if (!isConnectionLoss(error)) throw error;
      return true;
    }
  }

  #watch(row: ReplayRow): Watched {
    const watched = this.#watched.get(row.id) ?? { watchers: 0, row };
    watched.watchers += 1;
    this.#watched.set(row.id, watched);
    this.#looking ??= this.#look();
    return watched;
  }

  async #look(): Promise<void> {
    const { signal } = this.#stopping;
    while (this.#watched.size > 0 && !signal.aborted) {
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
      const ids = [...this.#watched.keys()];
      if (ids.length === 0 || signal.aborted) break;
      try {
        const rows = await readReplays(this.#pool, withIds(ids), ids.length);
        for (const id of ids) {
          const watched = this.#watched.get(id);
          if (watched) watched.row = rows.find((row) => row.id === id) ?? null;
        }
      } catch (error) {
        // What was seen last stays; the next look tells.
        if (!isConnectionLoss(error)) this.#logger.error(describeError(error), 'replays could not be read');
      }
      this.#looks.wake();
    }
    this.#looking = undefined;
  }
}

/** Whether its numbers stay as they are: what was on the wire when it was cancelled still counts. */
function hasEnded({ status, open }: ReplayRow): boolean {
  return status === 'FINISHED' || (status === 'CANCELLED' && open === 0);
}

function isSame(a: ReplayRow, b: ReplayRow): boolean {
  return a.status === b.status && a.succeeded === b.succeeded && a.failed === b.failed && a.open === b.open;
}
