/**
 * Statistics that are followed. All who follow the same share one frame, which is read anew when a hint says that
 * it has changed, at most once a second, and once a minute since the window moves on. What nobody follows is not read.
 */
import { isConnectionLoss } from '../db/connection-loss.ts';
import type { Hints } from '../db/hints.ts';
import { Wakeups } from '../live/wakeups.ts';
import { describeError, type Logger } from '../log.ts';
import { STATS_CHANNEL } from './roll-up.ts';

/** The least time between two frames, ms. */
const FRAME_MS = 1_000;
/** How often a frame is read without a hint, ms. */
const MOVES_ON_MS = 60_000;
/** How long a follower goes on without asking for its rights, ms. */
const RENEW_MS = 1_000;

/** What a follower wants to see, by its rights as they are now. */
export interface Watched<T> {
  /** The same text for all who may see the same. */
  key: string;
  /** The ids of the webhook or the account that a hint names; null where any change may be one of it. */
  scopeId: string | null;
  read: () => Promise<T>;
}

/** A frame that followers share. */
interface Shared {
  watched: Watched<unknown>;
  followers: number;
  wakeups: Wakeups;
  frame: unknown;
  /** How many reads were begun, and which of them the frame is of, 0 before the first: two may overlap. */
  reads: number;
  version: number;
  failure: Error | undefined;
  /** When the last one was begun, ms of performance.now(). */
  readAt: number;
  timer: NodeJS.Timeout | undefined;
}

/** Lets subscriptions follow statistics. */
export class StatsWatch {
  readonly #logger: Logger;
  readonly #stopListening: () => void;
  readonly #shared = new Map<string, Shared>();
  readonly #reading = new Set<Promise<void>>();
  #stopping = false;

  constructor(options: { hints: Hints; logger: Logger }) {
    this.#logger = options.logger;
    this.#stopListening = options.hints.on(STATS_CHANNEL, (payload) => this.#changed(payload));
  }

  /** Ends all followers; resolves when nothing is read any more. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#stopListening();
    for (const shared of this.#shared.values()) {
      clearTimeout(shared.timer);
      shared.wakeups.wake();
    }
    await Promise.all(this.#reading);
  }

  /**
   * Frames until the signal aborts: one at once, then whenever there is another. renew is asked once a second, and
   * before each frame, what is to be seen by the rights as they then are; undefined ends it.
   */
  async *follow<T>(
    renew: () => Promise<Watched<T> | undefined>,
    signal: AbortSignal,
  ): AsyncGenerator<T, void, undefined> {
    let shared: Shared | undefined;
    let seen = 0;
    try {
      while (!signal.aborted && !this.#stopping) {
        const watched = await this.#renewed(renew, shared?.watched as Watched<T> | undefined);
        if (watched === undefined) return;
        if (shared?.watched.key !== watched.key) {
          if (shared) this.#leave(shared);
          shared = this.#join(watched);
          seen = 0;
        }
        if (shared.failure !== undefined) throw shared.failure;
        const { count } = shared.wakeups;
        if (shared.version > seen) {
          seen = shared.version;
          yield shared.frame as T;
        }
        await shared.wakeups.wait(count, RENEW_MS, signal);
      }
    } finally {
      if (shared) this.#leave(shared);
    }
  }

  /** While the database is away what was to be seen stays. */
  async #renewed<T>(
    renew: () => Promise<Watched<T> | undefined>,
    known: Watched<T> | undefined,
  ): Promise<Watched<T> | undefined> {
    try {
      return await renew();
    } catch (error) {
      if (known === undefined || !isConnectionLoss(error)) throw error;
      return known;
    }
  }

  #join(watched: Watched<unknown>): Shared {
    let shared = this.#shared.get(watched.key);
    if (shared === undefined) {
      const wakeups = new Wakeups();
      shared = {
        watched,
        followers: 0,
        wakeups,
        frame: undefined,
        reads: 0,
        version: 0,
        failure: undefined,
        readAt: -Infinity,
        timer: undefined,
      };
      this.#shared.set(watched.key, shared);
      this.#readIn(shared, 0);
    }
    shared.followers += 1;
    return shared;
  }

  #leave(shared: Shared): void {
    shared.followers -= 1;
    if (shared.followers > 0) return;
    clearTimeout(shared.timer);
    if (this.#shared.get(shared.watched.key) === shared) this.#shared.delete(shared.watched.key);
  }

  /** A hint: without a word everything may have changed. */
  #changed(payload: string): void {
    const changed = payload === '' ? null : new Set(payload.split(' '));
    for (const shared of this.#shared.values()) {
      const { scopeId } = shared.watched;
      if (changed === null || scopeId === null || changed.has(scopeId))
        this.#readIn(shared, Math.max(0, shared.readAt + FRAME_MS - performance.now()));
    }
  }

  #readIn(shared: Shared, ms: number): void {
    clearTimeout(shared.timer);
    shared.timer = setTimeout(() => {
      const reading = this.#read(shared).finally(() => this.#reading.delete(reading));
      this.#reading.add(reading);
    }, ms);
  }

  async #read(shared: Shared): Promise<void> {
    shared.readAt = performance.now();
    this.#readIn(shared, MOVES_ON_MS);
    shared.reads += 1;
    const turn = shared.reads;
    try {
      const frame = await shared.watched.read();
      // One that began later may have ended before.
      if (turn > shared.version) {
        shared.frame = frame;
        shared.version = turn;
      }
    } catch (error) {
      if (isConnectionLoss(error)) {
        this.#logger.warn(
          { error: describeError(error).error },
          'statistics that are followed wait for the database',
        );
        this.#readIn(shared, FRAME_MS);
      } else {
        // Whoever comes next tries again.
        shared.failure = error instanceof Error ? error : new Error(String(error));
        this.#shared.delete(shared.watched.key);
      }
    }
    if (shared.followers === 0 || this.#stopping) clearTimeout(shared.timer);
    shared.wakeups.wake();
  }
}
