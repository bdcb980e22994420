/**
 * What all streams share: they are woken by a hint and look again at least once a second, wait for a
 * database that is away instead of ending, and are waited for when the server stops.
 */
import { isConnectionLoss } from '../db/connection-loss.ts';
import type { Hints } from '../db/hints.ts';
import { describeError, type Logger } from '../log.ts';
import { Wakeups } from './wakeups.ts';

/** How long a stream waits before it asks a database again that was away, ms. */
const AWAY_PAUSE_MS = 500;

/** The streams of one channel. */
export class Followers {
  readonly wakeups = new Wakeups();
  readonly #logger: Logger;
  readonly #stopListening: () => void;
  /** Reads that are under way: the pool must not be closed beneath them. */
  readonly #reading = new Set<Promise<unknown>>();
  #stopping = false;

  /** channel is the one on which the writers say that there is more. */
  constructor(options: { hints: Hints; channel: string; logger: Logger }) {
    this.#logger = options.logger;
    this.#stopListening = options.hints.on(options.channel, () => this.wakeups.wake());
  }

  /** Whether a stream has to end. */
  ended(signal: AbortSignal): boolean {
    return signal.aborted || this.#stopping;
  }

  /** Ends all streams; resolves when none of them reads any more. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#stopListening();
    this.wakeups.wake();
    await Promise.allSettled([...this.#reading]);
  }

  /**
   * The answer of a read; while the database is away it is asked again, since a stream's position loses
   * nothing by waiting. Undefined when the stream has to end.
   */
  async read<T>(signal: AbortSignal, ask: () => Promise<T | undefined>): Promise<T | undefined> {
    while (!this.ended(signal)) {
      try {
        return await this.#tracked(ask);
      } catch (error) {
        if (!isConnectionLoss(error) || this.#stopping) throw error;
        this.#logger.warn({ error: describeError(error).error }, 'a stream waits for the database');
        await this.wakeups.pause(AWAY_PAUSE_MS, signal);
      }
    }
    return undefined;
  }

  async #tracked<T>(work: () => Promise<T>): Promise<T> {
    const running = work();
    this.#reading.add(running);
    try {
      return await running;
    } finally {
      this.#reading.delete(running);
    }
  }
}
