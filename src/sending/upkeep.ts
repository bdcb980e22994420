/**
 * What every sender does beside sending, now and then: takes over claims whose lease ran out, cancels what slipped past a
 * switch, settles what waits for the owners of mailboxes, and promotes deliveries that wait for nothing. All of it can be done by any sender, twice, or late.
 */
import type pg from 'pg';

import { isConnectionLoss } from '../db/connection-loss.ts';
import { describeError, type Logger } from '../log.ts';
import { settleAwaiting } from '../queue/awaiting.ts';
import { promoteOrphans } from '../queue/order.ts';
import { type Rescued, takeExpired } from '../queue/rescue.ts';
import { sweep } from '../queue/sweep.ts';
import { Rounds } from './rounds.ts';

/** How many expired leases one look takes over. */
const RESCUE_BATCH = 100;
/** How many deliveries of what was switched off one look cancels. */
const SWEEP_BATCH = 1_000;
/** The share of its time that looking for orphans may take: one probe of an index for each entity under way. */
const ORPHANS_SHARE = 0.1;

/**
 * The share of its time that looking at all leases may take; in between it looks at those that ran out since the last look,
 * and this much before it, ms.
 */
const RESCUE_SHARE = 0.02;
const RESCUE_OVERLAP_MS = 10_000;

/** What upkeep takes. */
export interface UpkeepOptions {
  pool: pg.Pool;
  logger: Logger;
  sender: string;
  leaseMarginMs: number;
  pollMs: number;
  /** Records the lost attempt of a claim that is now this sender's. */
  recordLost(lost: Rescued): Promise<void>;
  /** These endpoints have work; none named: look. */
  nudge(endpointIds: string[]): void;
}

/** Runs until it is stopped, not in step with other senders. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #rounds: Rounds;
  #orphansAt = 0;
  #rescueAllAt = 0;
  /** When the last look at leases began that saw all of them. */
  #rescuedAt = -Infinity;

  constructor(options: UpkeepOptions) {
    this.#options = options;
    this.#rounds = new Rounds(options.pollMs, () => this.#work());
  }

  /** Begins. */
  start(): void {
    this.#rounds.start();
  }

  /** Starts no further round; resolves when the present one is over. */
  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  async #work(): Promise<void> {
    await this.#guarded('rescue.failed', () => this.#rescue());
    await this.#guarded('sweep.failed', async () => {
      while (this.#rounds.running && (await sweep(this.#options.pool, SWEEP_BATCH)) === SWEEP_BATCH);
    });
    await this.#guarded('awaiting.failed', async () => {
      while (this.#rounds.running && (await settleAwaiting(this.#options.pool, SWEEP_BATCH)) === SWEEP_BATCH);
    });
    await this.#guarded('promotion.failed', () => this.#promote());
  }

  async #rescue(): Promise<void> {
    const { pool, sender, leaseMarginMs, logger } = this.#options;
    for (let full = true; full && this.#rounds.running;) {
      const startedAt = performance.now();
      const all = startedAt >= this.#rescueAllAt;
      const withinMs = all ? null : startedAt - this.#rescuedAt + RESCUE_OVERLAP_MS;
      const rescued = await takeExpired(pool, sender, RESCUE_BATCH, leaseMarginMs, withinMs);
      const endedAt = performance.now();
      if (all) this.#rescueAllAt = endedAt + (endedAt - startedAt) / RESCUE_SHARE;
      full = rescued.length === RESCUE_BATCH;
      if (!full) this.#rescuedAt = startedAt;
      if (rescued.length === 0) return;
      logger.warn({ deliveries: rescued.length }, 'leases ran out: taking over');
      await Promise.all(rescued.map((row) => this.#options.recordLost(row)));
      this.#options.nudge([]);
    }
  }

  async #promote(): Promise<void> {
    const startedAt = performance.now();
    if (startedAt < this.#orphansAt) return;
    const endpointIds = await promoteOrphans(this.#options.pool);
    const endedAt = performance.now();
    this.#orphansAt = endedAt + (endedAt - startedAt) / ORPHANS_SHARE;
    if (endpointIds.length > 0) this.#options.nudge(endpointIds);
  }

  async #guarded(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      logFailure(this.#options.logger, error, what);
    }
  }
}

/** A database that is away is no news with a stack each time; a statement that is wrong is. */
export function logFailure(logger: Logger, error: unknown, what: string): void {
  if (isConnectionLoss(error)) logger.warn({ error: describeError(error).error }, what);
  else logger.error(describeError(error), what);
}
