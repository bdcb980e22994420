/**
 * The sender. Comes in: hints that the queue has work, and the clock. Goes out: one attempt for every delivery that is due,
 * each recorded. It claims no more than it can start within 50 ms, so a disable that has answered stops all that was not about to
 * start (ahead.ts). Whom it claims for is dealt fairly (lanes.ts). A crash at any point leaves a lease
 * behind, which some sender's rescue takes over; a stop waits for what is on the wire and gives the rest back.
 */
import { randomUUID } from 'node:crypto';

import type { AttemptOutcome } from '../errors.ts';
import { describeError } from '../log.ts';
import { releaseEndpoints } from '../queue/circuits.ts';
import { type Ask, claim } from '../queue/claim.ts';
import { type Completion, release } from '../queue/complete.ts';
import { QUEUE_CHANNEL } from '../queue/enqueue.ts';
import type { HandOver, Places } from '../queue/hand-over.ts';
import type { Job } from '../queue/job.ts';
import { readyEndpoints } from '../queue/ready.ts';
import type { Rescued } from '../queue/rescue.ts';
import { Ahead, AHEAD_FACTOR } from './ahead.ts';
import { attempt, type AttemptTools } from './attempt.ts';
import { type CircuitOptions, Circuits } from './circuits.ts';
import type { Lane } from './lane.ts';
import { Lanes } from './lanes.ts';
import { lostAttempt } from './lost-attempt.ts';
import { Digests } from './mail/digests.ts';
import { Recorder } from './recorder.ts';
import { type InFlight, Slots } from './slots.ts';
import { startBy } from './start-by.ts';
import { logFailure, Upkeep } from './upkeep.ts';
import { within } from './within.ts';

/**
 * Before the next claim under load, so much must be free: a share of all slots, or a greater one of what the endpoints
 * with work may have on the wire; and how long less may wait for it. Small claims cost more than they bring.
 */
const CLAIM_SHARE = 0.25;
const CLAIM_SHARE_OF_WORK = 0.5;
/** The same, of what may be claimed ahead. */
const CLAIM_SHARE_AHEAD = 0.6;
const CLAIM_WAIT_MS = 5;
/**
 * A birth whose commit took so long goes through the queue after all, ms: what was switched off meanwhile did not see it, and a
 * claim judges anew. It takes 1 to 5.
 */
const LONG_COMMIT_MS = 50;
/** How long a stop waits for the database beyond the requests on the wire, in all, ms. */
export const LAST_WORDS_MS = 5_000;
/** The share of the slots that an endpoint gets at most before it is known to be quick. */
const SHARE_UNTIL_QUICK = 0.5;
/** Looking for endpoints with work takes at most this share of the time, beside the claims. */
const LOOK_SHARE = 0.05;
/** The shortest wait between two looks that hints ask for, ms; and behind one that failed. */
const LOOK_GAP_MS = 20;
const LOOK_FAILED_MS = 500;
/** Others are told at most so often of what this sender does not get at, ms. */
const PASS_ON_GAP_MS = 10;
/** One claim in so many serves retries before first attempts, so that neither can keep the other waiting for ever. */
const RETRIES_TURN = 8;

/** Hears what a sender does, for metrics; must not throw. */
export interface SenderObserver {
  /** A claim took so many ms and brought so many jobs. */
  claimed(durationMs: number, jobs: number): void;
  /** So many jobs came from a publish of this process, without a claim. */
  handedOver(jobs: number): void;
  /** An attempt ended; durationMs is null where there was no exchange. */
  attempted(outcome: AttemptOutcome, durationMs: number | null): void;
}

/** Settings of a sender. */
export interface SenderOptions extends AttemptTools, Omit<CircuitOptions, 'lanes' | 'sender'> {
  /** Calls back with which endpoints have work, as NOTIFY says it; the result ends that. */
  hints: { on(channel: string, listener: (payload: string) => void): () => void };
  /**
   * Whether it serves beside the first sender of its process: it looks for no work but is told of it, and what is to be done now and
   * then is done by that one.
   */
  further: boolean;
  /** Hears which endpoints have work that this sender has not taken in time; null where there is nobody else. */
  passOn: ((endpointIds: string[]) => void) | null;
  /** Requests that hold a slot, at most. */
  concurrency: number;
  /** Requests at once at an endpoint without a limit of its own. */
  endpointConcurrency: number;
  leaseMarginMs: number;
  pollMs: number;
  /** Takes a mailbox that its server refused out of use, with all that follows. */
  refuseMailbox(mailboxId: string, reply: string): Promise<void>;
  observer?: SenderObserver;
  /** Sends the mails that are no deliveries; null where mail is not configured. */
  outbox: { start(): void; stop(): Promise<void> } | null;
  /** How many events one digest holds at most. */
  digestSize: number;
}

/** Claims, sends and records until it is stopped. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #name = randomUUID();
  readonly #recorder: Recorder;
  readonly #lanes: Lanes;
  readonly #circuits: Circuits;
  readonly #upkeep: Upkeep;
  readonly #digests: Digests | null;
  readonly #slots: Slots;
  readonly #ahead: Ahead;
  #running = false;
  #loop: Promise<void> = Promise.resolve();
  #looking: Promise<void> = Promise.resolve();
  #wake: () => void = () => undefined;
  #awake = false;
  #unsubscribe: () => void = () => undefined;
  #lookAt: number;
  /** A hint that named no endpoint has come since the last look began. */
  #hintedToLook = false;
  #earliestLook = 0;
  #claims = 0;
  #claimedAt = 0;
  #pumping = false;
  #passedAt = 0;

  constructor(options: SenderOptions) {
    const { pool, logger } = options;
    this.#options = options;
    this.#lookAt = options.further ? Infinity : 0;
    this.#lanes = new Lanes({
      most: options.endpointConcurrency,
      untilQuick: Math.max(1, Math.floor(options.concurrency * SHARE_UNTIL_QUICK)),
      ahead: options.concurrency * AHEAD_FACTOR,
    });
    this.#slots = new Slots(options.concurrency);
    this.#ahead = new Ahead(this.#lanes);
    this.#circuits = new Circuits({ ...options, lanes: this.#lanes, sender: this.#name });
    this.#recorder = new Recorder(pool, logger, (failing) => void this.#circuits.endFailing(failing));
    this.#digests =
      options.mail &&
      new Digests({
        ...options,
        mail: options.mail,
        sender: this.#name,
        size: options.digestSize,
        record: (completion) => this.#recorder.record(completion),
        refuse: (job, reply) => this.#refuse(job, reply),
      });
    this.#upkeep = new Upkeep({
      ...options,
      sender: this.#name,
      recordLost: (lost) => this.#recordLost(lost),
      nudge: (endpointIds) => this.#hint(endpointIds),
    });
  }

  /** Takes what this process publishes without a way through the queue, as far as there are places. */
  get handOver(): HandOver {
    return {
      sender: this.#name,
      leaseMarginMs: this.#options.leaseMarginMs,
      reserve: (most) => this.#reserve(most),
    };
  }

  /** Requests on the wire, and results that are not recorded yet. */
  get inFlight(): number {
    return this.#slots.size;
  }

  /** From now on sends so many requests at once to an endpoint without a limit of its own, at most. */
  limitEach(most: number): void {
    this.#lanes.limitEach(most);
  }

  /** Begins to claim. */
  start(): void {
    this.#running = true;
    this.#unsubscribe = this.#options.hints.on(QUEUE_CHANNEL, (payload) =>
      this.#hint(payload.split(' ').filter((part) => part.startsWith('ep_'))),
    );
    this.#loop = this.#run();
    if (this.#options.further) return;
    this.#upkeep.start();
    this.#options.outbox?.start();
    this.#digests?.start();
  }

  /**
   * Stops claiming at once, waits up to graceMs for what is on the wire, then records the rest as
   * lost, so that another sender may try again without waiting for the lease. Takes no longer than graceMs and LAST_WORDS_MS.
   */
  async stop(graceMs: number): Promise<void> {
    this.#running = false;
    this.#unsubscribe();
    this.#rouse();
    const stoppedAt = performance.now();
    const left = (limitMs: number): number => Math.max(0, limitMs - (performance.now() - stoppedAt));
    const held = this.#ahead.clear();
    // A database that is away must not make the stop fail: their leases run out.
    const givenBack = this.#giveBack(held).catch((error: unknown) =>
      logFailure(this.#options.logger, error, 'release.failed'),
    );
    const mails = [this.#options.outbox?.stop(), this.#digests?.stop()].map(
      (end) => end ?? Promise.resolve(),
    );
    // A statement may hang on a database that is away: the stop does not wait for it for ever.
    await within(LAST_WORDS_MS, [
      this.#loop.then(() => this.#looking),
      givenBack,
      this.#upkeep.stop(),
      ...mails,
    ]);
    // Digests and the mails of the outbox hold no slot, and may be on the wire as well.
    await within(left(graceMs), [...this.#slots.entries.map((entry) => entry.ended), ...mails]);
    const under = this.#slots.entries;
    const lost = under.filter((entry) => !entry.answered);
    if (lost.length > 0)
      this.#options.logger.warn({ lost: lost.length }, 'stopped with requests on the wire');
    await within(left(graceMs + LAST_WORDS_MS), [
      ...under.filter((entry) => entry.answered).map((entry) => entry.ended),
      ...lost.map(({ job }) => this.#recordLost({ ...job, claimedAt: this.#options.now() })),
    ]);
    await within(left(graceMs + LAST_WORDS_MS), [
      releaseEndpoints(this.#options.pool, this.#name).catch((error: unknown) =>
        logFailure(this.#options.logger, error, 'release.failed'),
      ),
    ]);
    this.#recorder.close();
  }

  /** These endpoints have work; none named: look which. */
  #hint(endpointIds: string[]): void {
    const now = performance.now();
    for (const endpointId of endpointIds) this.#lanes.expect(endpointId, 0, now);
    if (endpointIds.length === 0 && !this.#options.further) {
      this.#hintedToLook = true;
      // While one is under way, which may have missed what the hint is about, the next one follows it.
      if (this.#lookAt !== Infinity) this.#lookAt = Math.min(this.#lookAt, Math.max(now, this.#earliestLook));
    }
    this.#rouse();
  }

  #rouse(): void {
    this.#awake = true;
    this.#wake();
  }

  async #run(): Promise<void> {
    let backoff = 50;
    while (this.#running) {
      this.#awake = false;
      try {
        const now = performance.now();
        if (now >= this.#lookAt) this.#looking = this.#look();
        this.#passOn(now);
        this.#lanes.tidy(now);
        const asks = this.#choose();
        if (asks.length > 0) await this.#claimAndStart(asks);
        else await this.#rest();
        backoff = 50;
      } catch (error) {
        logFailure(this.#options.logger, error, 'claim.failed');
        await this.#sleep(backoff);
        backoff = Math.min(backoff * 2, 2_000);
      }
    }
  }

  /**
   * Asks the database which endpoints have work: at each poll, and when a hint did not say. Claims do not wait for it: under a
   * long transaction elsewhere it takes long. Never rejects.
   */
  async #look(): Promise<void> {
    const { pool, pollMs, logger } = this.#options;
    const startedAt = performance.now();
    this.#lookAt = Infinity;
    this.#hintedToLook = false;
    let failed = false;
    try {
      for (const { endpointId, dueMs } of await readyEndpoints(pool, pollMs * 2))
        this.#lanes.expect(endpointId, dueMs, performance.now());
    } catch (error) {
      failed = true;
      logFailure(logger, error, 'look.failed');
    }
    const now = performance.now();
    this.#earliestLook =
      now + (failed ? LOOK_FAILED_MS : Math.max(LOOK_GAP_MS, (now - startedAt) / LOOK_SHARE));
    const next = this.#hintedToLook ? now : now + pollMs * (0.75 + 0.5 * Math.random());
    this.#lookAt = Math.max(next, this.#earliestLook);
    this.#rouse();
  }

  /** Has other senders know of what this one does not get at. */
  #passOn(now: number): void {
    const { passOn } = this.#options;
    if (passOn === null || now < this.#passedAt + PASS_ON_GAP_MS) return;
    this.#passedAt = now;
    const endpointIds = this.#lanes.overdue(now);
    if (endpointIds.length > 0) passOn(endpointIds);
  }

  /** Whom to ask for how much now: nobody, while it is better to wait a little for more free slots. */
  #choose(): Ask[] {
    const { concurrency } = this.#options;
    const now = performance.now();
    const ahead = Math.min(this.#slots.turnover(this.#ahead.spanMs, now), concurrency * AHEAD_FACTOR);
    const free = this.#slots.free(now) + ahead - this.#ahead.size;
    if (free <= 0) return [];
    const { claimable, capacity } = this.#lanes.pressure(free, now);
    if (claimable === 0) return [];
    const share = Math.max(concurrency * CLAIM_SHARE, ahead * CLAIM_SHARE_AHEAD);
    const wanted = Math.floor(Math.min(share, capacity * CLAIM_SHARE_OF_WORK));
    // While some wait here no slot is idle, however long a claim that pays is waited for.
    const busy = this.#ahead.size > 0 || (this.#slots.size > 0 && now < this.#claimedAt + CLAIM_WAIT_MS);
    return busy && claimable < wanted ? [] : this.#lanes.choose(free, now);
  }

  async #claimAndStart(asks: Ask[]): Promise<void> {
    const { pool, observer } = this.#options;
    const askedAt = performance.now();
    this.#claimedAt = askedAt;
    this.#claims += 1;
    const { concurrency, endpointConcurrency } = this.#options;
    const most = endpointConcurrency + concurrency * AHEAD_FACTOR;
    const terms = { ...this.#options, endpointConcurrency: most, sender: this.#name };
    let claimed;
    try {
      claimed = await claim(pool, terms, asks, this.#claims % RETRIES_TURN === 0);
    } catch (error) {
      for (const ask of asks) this.#lanes.expect(ask.endpointId, 0, performance.now());
      throw error;
    }
    const now = performance.now();
    this.#ahead.claimTook(now - askedAt);
    this.#lanes.paceRescans(asks, now - askedAt, now);
    for (const standing of claimed.standings) this.#lanes.settle(standing, askedAt, now);
    observer?.claimed(now - askedAt, claimed.jobs.length);
    await this.#start(claimed.jobs, askedAt);
  }

  /** Sends what is leased since askedAt at the earliest, or has it wait for a slot, and gives back what it is too late for. */
  async #start(jobs: Job[], askedAt: number): Promise<void> {
    const late: Job[] = [];
    const now = performance.now();
    for (const job of jobs) {
      const lane = this.#lanes.of(job.endpointId);
      if (!this.#isInTime(job, askedAt, now)) late.push(job);
      else if (this.#ahead.size > 0 || this.#slots.free(now) <= 0 || !this.#lanes.mayStart(lane))
        this.#ahead.hold(job, lane, askedAt, now);
      else this.#send(job, lane, askedAt);
    }
    await this.#giveBack(late);
    this.#pumpSoon();
  }

  #isInTime(job: Job, askedAt: number, now: number): boolean {
    return this.#running && now <= startBy(job, askedAt, this.#options.leaseMarginMs);
  }

  /**
   * Starts what waits for a slot, once for all that ended in the same turn of the event loop: in the very moment in which an
   * answer ends its socket is not free yet, and a request that starts then opens another one.
   */
  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      const now = performance.now();
      const { ready, late } = this.#ahead.take(this.#slots.free(now), now);
      for (const { job, askedAt } of ready)
        if (this.#isInTime(job, askedAt, now)) this.#send(job, this.#lanes.of(job.endpointId), askedAt);
        else late.push(job);
      this.#giveBack(late).catch((error: unknown) =>
        logFailure(this.#options.logger, error, 'release.failed'),
      );
      this.#rouse();
    });
  }

  async #giveBack(jobs: Job[]): Promise<void> {
    if (jobs.length === 0) return;
    await release(this.#options.pool, jobs);
    for (const job of jobs) this.#lanes.expect(job.endpointId, 0, performance.now());
  }

  #reserve(most: number): Places {
    const reservedAt = performance.now();
    // What waits goes first.
    const waiting = this.#ahead.size > 0 || this.#lanes.pressure(Infinity, reservedAt).claimable > 0;
    const free = this.#running && !waiting ? Math.max(0, this.#slots.free(reservedAt)) : 0;
    const count = Math.min(most, free);
    const release = this.#slots.reserve(count, LONG_COMMIT_MS, () => this.#rouse());
    const start = async (jobs: Job[], sinceMs: number): Promise<void> => {
      const held = release();
      try {
        const now = performance.now();
        if (!held || now - sinceMs > LONG_COMMIT_MS) return await this.#giveBack(jobs);
        for (const { endpointId } of jobs) this.#lanes.serve(endpointId, now);
        this.#options.observer?.handedOver(jobs.length);
        await this.#start(jobs, reservedAt);
      } catch (error) {
        // Their leases run out.
        logFailure(this.#options.logger, error, 'release.failed');
      }
    };
    return { count, ...this.#lanes.places(reservedAt), start, release };
  }

  #send(job: Job, lane: Lane, claimedAt: number): void {
    const entry: InFlight = { job, startedAt: performance.now(), ended: Promise.resolve(), answered: false };
    // What keeps a limit waits for the verdict on the last one, too.
    const judged = !lane.unlimited;
    lane.inFlight += 1;
    const ended = () => {
      lane.inFlight -= 1;
      this.#pumpSoon();
    };
    const mayStartBy = startBy(job, claimedAt, this.#options.leaseMarginMs);
    entry.ended = attempt(job, claimedAt, this.#options, () => (this.#running ? mayStartBy : -Infinity))
      .then(async (completion) => {
        this.#slots.answer(entry);
        if (!judged) ended();
        // Given back already.
        if (completion === null) return void this.#lanes.expect(job.endpointId, 0, performance.now());
        await this.#recorder.record(completion);
        await this.#heed(lane, entry, completion);
      })
      // A bug must cost one delivery, not the process: its lease runs out and counts as lost.
      .catch((error: unknown) =>
        this.#options.logger.error({ delivery: job.id, ...describeError(error) }, 'attempt.crashed'),
      )
      .then(() => {
        this.#slots.remove(entry);
        if (judged) ended();
        else this.#pumpSoon();
      });
    this.#slots.add(entry);
  }

  /** What a recorded result means for what comes next. */
  async #heed(lane: Lane, { job, startedAt }: InFlight, completion: Completion): Promise<void> {
    const now = performance.now();
    this.#options.observer?.attempted(completion.outcome, completion.durationMs);
    if (completion.next === 'RETRY') this.#lanes.expect(job.endpointId, completion.delayMs + 1, now);
    else if (job.ordered) this.#lanes.expect(job.endpointId, 0, now);
    if (completion.refusal !== undefined) await this.#refuse(job, completion.refusal);
    await this.#circuits.judge(lane, completion, now, startedAt);
  }

  /** Never rejects: what cannot be written now, the next refusal will ask for. */
  async #refuse(job: Job, reply: string): Promise<void> {
    try {
      await this.#options.refuseMailbox(job.mailboxId!, reply);
      this.#options.logger.warn({ endpoint: job.endpointId, mailbox: job.mailboxId }, 'mailbox.refused');
    } catch (error) {
      logFailure(this.#options.logger, error, 'mailbox.refusal.failed');
    }
  }

  /** Sleeps until there is something to claim and a slot to send it with. */
  async #rest(): Promise<void> {
    if (this.#awake) return;
    const now = performance.now();
    if (this.#ahead.dueAt <= now) this.#pumpSoon();
    let until = Math.min(this.#lookAt, this.#lanes.nextAt(now), this.#ahead.dueAt);
    if (this.#options.passOn !== null) until = Math.min(until, this.#lanes.nextOverdueAt(now));
    // Only slots are missing, or a few more of them are waited for.
    if (this.#lanes.pressure(Infinity, now).claimable > 0)
      until = Math.min(
        until,
        this.#slots.free(now) > 0 ? this.#claimedAt + CLAIM_WAIT_MS : this.#slots.nextParking(now),
      );
    await this.#sleep(Math.max(1, until - now));
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, Math.min(ms, this.#options.pollMs));
      function done(): void {
        clearTimeout(timer);
        resolve();
      }
      this.#wake = done;
    });
  }

  #recordLost(lost: Rescued): Promise<void> {
    this.#options.observer?.attempted('LOST', null);
    return this.#recorder.record(lostAttempt(lost));
  }
}
