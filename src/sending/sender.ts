/**
 * The sender. Comes in: hints that the queue has work, and the clock. Goes out: one attempt for every
 * delivery that is due, at most `concurrency` at a time, each recorded. It claims no more than it
 * can start at once, so what is claimed is on the wire, and a disable that has answered stops
 * everything that is not. A crash at any point leaves a lease behind, which some sender's rescue
 * takes over; a stop waits for what is on the wire and gives the rest back.
 */
import { randomUUID } from 'node:crypto';

import type pg from 'pg';

import { isConnectionLoss } from '../db/connection-loss.ts';
import type { Hints } from '../db/hints.ts';
import { describeError, type Logger } from '../log.ts';
import { claim, type Job } from '../queue/claim.ts';
import { release } from '../queue/complete.ts';
import { QUEUE_CHANNEL } from '../queue/enqueue.ts';
import { takeExpired } from '../queue/rescue.ts';
import { sweep } from '../queue/sweep.ts';
import { attempt, type AttemptTools } from './attempt.ts';
import type { SendingObserver } from './observer.ts';
import { keepRequest } from './record.ts';
import { Recorder } from './recorder.ts';
import { decide } from './retry.ts';

/** Slots that must be free before the next claim under load, and how long fewer may wait for it: small claims cost more than they bring. */
const CLAIM_SHARE = 0.25;
const CLAIM_WAIT_MS = 5;
/** A claim whose answer took so long (the process slept, the network hung) may know settings that no longer hold, ms. */
const STALE_CLAIM_MS = 5_000;
/** The shortest wait after a claim that brought nothing: what is due may be locked by somebody else, ms. */
const EMPTY_CLAIM_MS = 20;
/** How long a stop waits for the database beyond the requests on the wire, ms. */
const LAST_WORDS_MS = 5_000;
/** How many expired leases one look takes over. */
const RESCUE_BATCH = 100;
/** How many deliveries of what was switched off one look cancels. */
const SWEEP_BATCH = 1_000;
/** What must be left of a lease beyond the request's deadline, ms; less than the margin allows with short test leases. */
const LEASE_RESERVE_MS = 1_000;

/** Settings of a sender. */
export interface SenderOptions extends AttemptTools {
  pool: pg.Pool;
  hints: Hints;
  concurrency: number;
  leaseMarginMs: number;
  pollMs: number;
  observer: SendingObserver;
}

/** Claims, sends and records until it is stopped. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #name = randomUUID();
  readonly #recorder: Recorder;
  /** answered: the attempt has ended, and its result is being recorded. */
  readonly #inFlight = new Map<string, { job: Job; ended: Promise<void>; answered: boolean }>();
  #running = false;
  #loop: Promise<void> = Promise.resolve();
  #wake: () => void = () => undefined;
  #hinted = false;
  #unsubscribe: () => void = () => undefined;
  #upkeepTimer: NodeJS.Timeout | undefined;
  #upkeep: Promise<void> = Promise.resolve();

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#recorder = new Recorder(options.pool, options.logger);
  }

  /** How many attempts are under way: on the wire, or being recorded. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Begins to claim. */
  start(): void {
    this.#running = true;
    this.#unsubscribe = this.#options.hints.on(QUEUE_CHANNEL, () => this.#nudge());
    this.#loop = this.#run();
    this.#scheduleUpkeep();
  }

  /**
   * Stops claiming at once, waits up to graceMs for what is on the wire, then records the rest as
   * lost, so that another sender may try again without waiting for the lease.
   */
  async stop(graceMs: number): Promise<void> {
    this.#running = false;
    this.#unsubscribe();
    clearTimeout(this.#upkeepTimer);
    this.#nudge();
    const stoppedAt = performance.now();
    // A statement may hang on a database that is away: the stop does not wait for it for ever.
    await within(LAST_WORDS_MS, [this.#loop, this.#upkeep]);
    const graceLeft = Math.max(0, graceMs - (performance.now() - stoppedAt));
    await within(
      graceLeft,
      [...this.#inFlight.values()].map((entry) => entry.ended),
    );
    const left = [...this.#inFlight.values()];
    const lost = left.filter((entry) => !entry.answered);
    if (lost.length > 0)
      this.#options.logger.warn({ lost: lost.length }, 'stopped with requests on the wire');
    await within(LAST_WORDS_MS, [
      ...left.filter((entry) => entry.answered).map((entry) => entry.ended),
      ...lost.map(({ job }) => this.#recordLost({ ...job, claimedAt: this.#options.now() })),
    ]);
    this.#recorder.close();
  }

  #nudge(): void {
    this.#hinted = true;
    this.#wake();
  }

  async #run(): Promise<void> {
    let backoff = 50;
    while (this.#running) {
      this.#hinted = false;
      const free = this.#options.concurrency - this.#inFlight.size;
      try {
        const nextDueMs = free > 0 ? await this.#claimAndStart(free) : null;
        backoff = 50;
        await this.#rest(free, nextDueMs);
      } catch (error) {
        logFailure(this.#options.logger, error, 'claim.failed');
        await this.#sleep(backoff);
        backoff = Math.min(backoff * 2, 2_000);
      }
    }
  }

  /** Claims and starts; returns when there is more to do, ms, or null when nobody knows. */
  async #claimAndStart(free: number): Promise<number | null> {
    const { pool, leaseMarginMs } = this.#options;
    const askedAt = performance.now();
    const { jobs, nextDueMs } = await claim(pool, this.#name, free, leaseMarginMs);
    this.#options.observer.claimed(performance.now() - askedAt);
    const late: Job[] = [];
    for (const job of jobs) {
      // Conservative: the lease is taken to have begun when the claim was asked for.
      const age = performance.now() - askedAt;
      const leaseLeft = job.leaseMs - age;
      const reserve = Math.min(LEASE_RESERVE_MS, leaseMarginMs / 2);
      if (!this.#running || age > STALE_CLAIM_MS || leaseLeft < job.timeoutMs + reserve) late.push(job);
      else this.#send(job, askedAt);
    }
    if (late.length > 0) await release(pool, late);
    return nextDueMs;
  }

  #send(job: Job, claimedAt: number): void {
    const entry = { job, ended: Promise.resolve(), answered: false };
    entry.ended = attempt(job, claimedAt, this.#options)
      // The slot is held until the result is recorded: a database that is away stops the sending.
      .then((completion) => {
        entry.answered = true;
        this.#options.observer.attempted(completion.outcome, completion.durationMs);
        return this.#recorder.record(completion);
      })
      // A bug must cost one delivery, not the process: its lease runs out and counts as lost.
      .catch((error: unknown) =>
        this.#options.logger.error({ delivery: job.id, ...describeError(error) }, 'attempt.crashed'),
      )
      .then(() => {
        this.#inFlight.delete(job.id);
        this.#wake();
      });
    this.#inFlight.set(job.id, entry);
  }

  /** Sleeps until there is something to claim and a slot to send it with. */
  async #rest(asked: number, nextDueMs: number | null): Promise<void> {
    const { concurrency, pollMs } = this.#options;
    const full = asked <= 0 || nextDueMs === 0;
    if (!full) {
      if (!this.#hinted) await this.#sleep(Math.max(EMPTY_CLAIM_MS, Math.min(pollMs, nextDueMs ?? pollMs)));
      return;
    }
    const wanted = Math.max(1, Math.floor(concurrency * CLAIM_SHARE));
    const until = performance.now() + CLAIM_WAIT_MS;
    while (this.#running) {
      const free = concurrency - this.#inFlight.size;
      if (free >= wanted || (free > 0 && performance.now() >= until)) return;
      await this.#sleep(free > 0 ? CLAIM_WAIT_MS : pollMs);
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      function done(): void {
        clearTimeout(timer);
        resolve();
      }
      this.#wake = done;
    });
  }

  /** Looks for expired leases, and for what was switched off, now and then, but not all senders at the same moment. */
  #scheduleUpkeep(): void {
    this.#upkeepTimer = setTimeout(
      () => {
        this.#upkeep = this.#rescue()
          .then(() => this.#sweep())
          .finally(() => {
            if (this.#running) this.#scheduleUpkeep();
          });
      },
      this.#options.pollMs * (0.75 + 0.5 * Math.random()),
    );
  }

  async #rescue(): Promise<void> {
    const { pool, leaseMarginMs, logger } = this.#options;
    try {
      let full = true;
      while (full && this.#running) {
        const rescued = await takeExpired(pool, this.#name, RESCUE_BATCH, leaseMarginMs);
        full = rescued.length === RESCUE_BATCH;
        if (rescued.length === 0) return;
        logger.warn({ deliveries: rescued.length }, 'leases ran out: taking over');
        await Promise.all(rescued.map((row) => this.#recordLost(row)));
        this.#nudge();
      }
    } catch (error) {
      logFailure(logger, error, 'rescue.failed');
    }
  }

  async #sweep(): Promise<void> {
    const { pool, logger } = this.#options;
    try {
      while (this.#running && (await sweep(pool, SWEEP_BATCH)) === SWEEP_BATCH);
    } catch (error) {
      logFailure(logger, error, 'sweep.failed');
    }
  }

  #recordLost(lost: {
    id: string;
    fence: number;
    attempt: number;
    lostCount: number;
    manual: boolean;
    claimedAt: Date;
    target: string;
  }): Promise<void> {
    this.#options.observer.attempted('LOST', null);
    const tried = { ...lost, outcome: 'LOST' as const, priorCount: 0, scheduleMs: [] };
    return this.#recorder.record({
      id: lost.id,
      fence: lost.fence,
      attempt: lost.attempt,
      ...decide(tried, Math.random()),
      origin: lost.manual ? 'MANUAL_RETRY' : lost.attempt === 1 ? 'FIRST' : 'AUTOMATIC_RETRY',
      outcome: 'LOST',
      failureCode: 'SENDER_LOST',
      statusCode: null,
      startedAt: lost.claimedAt,
      durationMs: null,
      request: keepRequest(lost.target, [], 0),
      response: null,
      phases: null,
    });
  }
}

/** A database that is away is no news with a stack each time; a statement that is wrong is. */
function logFailure(logger: Logger, error: unknown, what: string): void {
  if (isConnectionLoss(error)) logger.warn({ error: describeError(error).error }, what);
  else logger.error(describeError(error), what);
}

/** Resolves when all of them have, or after so many ms. */
async function within(limitMs: number, promises: Promise<unknown>[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<void>((resolve) => (timer = setTimeout(resolve, limitMs)));
  await Promise.race([Promise.all(promises), expired]);
  clearTimeout(timer);
}
