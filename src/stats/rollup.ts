/**
 * Keeps the statistics going in every process: steps when the log says that it has grown, and now and then in case a hint was
 * lost. Which process makes a step is settled by roll-up.ts; one that dies is replaced at the next one.
 */
import type pg from 'pg';

import { isConnectionLoss } from '../db/connection-loss.ts';
import type { Hints } from '../db/hints.ts';
import { Wakeups } from '../live/wakeups.ts';
import { describeError, type Logger } from '../log.ts';
import { type RolledUp, rollUp } from './roll-up.ts';

/** So many lines are counted by one step: some 100 ms. */
const STEP_LINES = 20_000;
/** How long there is at least between two steps in the whole cluster while it is not behind: half of the poll interval, but no longer, ms. */
const PACE_MS = 500;
/** It rests so many times as long as a step took: a fifth of a core at most; while it is behind, half as long. */
const REST = 4;
const REST_BEHIND = 0.5;
/** How often it looks without a hint, ms. */
const LOOK_MS = 10_000;
/** How long it waits when the database is away, or a step fails, ms. */
const AWAY_MS = 2_000;

/** What StatsRollup needs. */
export interface RollupOptions {
  pool: pg.Pool;
  hints: Hints;
  /** The one on which the queue says that the log has grown. */
  channel: string;
  pollMs: number;
  /** The database's time. */
  now: () => Date;
  logger: Logger;
}

/** The statistics' part of a process. */
export class StatsRollup {
  readonly #options: RollupOptions;
  readonly #paceMs: number;
  readonly #wakeups = new Wakeups();
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #stopListening: (() => void) | undefined;

  constructor(options: RollupOptions) {
    this.#options = options;
    this.#paceMs = Math.min(PACE_MS, options.pollMs / 2);
  }

  /** Begins. */
  start(): void {
    this.#stopListening = this.#options.hints.on(this.#options.channel, () => this.#wakeups.wake());
    this.#running = this.#run();
  }

  /** Lets the present step end, and begins no other. */
  async stop(): Promise<void> {
    this.#stopListening?.();
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let outcome: RolledUp | 'AWAY' = 'DONE';
    while (!signal.aborted) {
      const seen = this.#wakeups.count;
      const began = performance.now();
      outcome = await this.#step(outcome === 'MORE' ? 0 : this.#paceMs);
      const took = performance.now() - began;
      if (outcome === 'MORE') await this.#wakeups.pause(REST_BEHIND * took, signal);
      else
        await this.#wakeups.pause(outcome === 'AWAY' ? AWAY_MS : Math.max(this.#paceMs, REST * took), signal);
      if (outcome === 'DONE') await this.#wakeups.wait(seen, LOOK_MS, signal);
    }
  }

  async #step(paceMs: number): Promise<RolledUp | 'AWAY'> {
    try {
      return await rollUp(this.#options.pool, { ...this.#options, limit: STEP_LINES, paceMs });
    } catch (error) {
      const { logger } = this.#options;
      if (isConnectionLoss(error))
        logger.warn({ error: describeError(error).error }, 'statistics wait for the database');
      else logger.error(describeError(error), 'statistics could not be counted, it is tried again');
      return 'AWAY';
    }
  }
}
