/**
 * Sends what waits to go together, as every sender does. Comes in: the clock. Goes out: one mail for each mailbox whose digest
 * is due or full, and a result for each delivery in it. A crash leaves a lease for each, which some sender's rescue takes over.
 */
import type pg from 'pg';

import { isConnectionLoss } from '../../db/connection-loss.ts';
import { describeError, type Logger } from '../../log.ts';
import type { Completion } from '../../queue/complete.ts';
import { claimDigests } from '../../queue/digests.ts';
import type { Job } from '../../queue/job.ts';
import { completionOf, type CompletionTools, madeOfMail } from '../attempt.ts';
import { keepRequest } from '../record.ts';
import { Rounds } from '../rounds.ts';
import { startBy } from '../start-by.ts';
import { logFailure } from '../upkeep.ts';
import type { MailedEvent } from './delivery-mail.ts';
import { type DigestedEvent, digestMail } from './digest-mail.ts';
import {
  giveBack,
  keptHeaders,
  keptReply,
  type MailAttempt,
  mailedEvent,
  type MailTools,
  patience,
  readContext,
} from './mail-attempt.ts';

/** What it takes. */
export interface DigestsOptions extends CompletionTools {
  pool: pg.Pool;
  logger: Logger;
  mail: MailTools;
  sender: string;
  leaseMarginMs: number;
  pollMs: number;
  /** How many events one mail holds at most. */
  size: number;
  now: () => Date;
  /** Records the result of a delivery. */
  record(completion: Completion): Promise<void>;
  /** The mailbox of a job was refused for good. */
  refuse: (job: Job, reply: string) => Promise<void>;
}

/** A job with what its record says. */
interface Readable {
  job: Job;
  event: MailedEvent;
}

/** A mail, and whom it is for. */
interface Composed {
  address: string;
  message: ReturnType<typeof digestMail>;
}

/** Runs until it is stopped. */
export class Digests {
  readonly #options: DigestsOptions;
  readonly #rounds: Rounds;

  constructor(options: DigestsOptions) {
    this.#options = options;
    this.#rounds = new Rounds(options.pollMs, () =>
      this.#work().catch((error: unknown) => logFailure(options.logger, error, 'digests.failed')),
    );
  }

  /** Begins. */
  start(): void {
    this.#rounds.start();
  }

  /** Claims nothing more; resolves when what is under way has ended. */
  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  async #work(): Promise<void> {
    for (let some = true; some && this.#rounds.running;) {
      const askedAt = performance.now();
      const groups = await claimDigests(this.#options.pool, this.#options);
      const ended = await Promise.all(groups.map((jobs) => this.#send(jobs, askedAt)));
      // What was given back is due: it is for the next round.
      some = ended.some((results) => results > 0);
    }
  }

  /** Of how many of them there is a result; the others have been given back. */
  async #send(jobs: Job[], askedAt: number): Promise<number> {
    const startedAt = this.#options.now();
    const attempts = await this.#attempt(jobs, askedAt);
    const completions = [...attempts].map(([job, made]) =>
      completionOf(job, startedAt, madeOfMail(made, 0), this.#options),
    );
    await Promise.all(completions.map((completion) => this.#options.record(completion)));
    const refused = completions.find(({ refusal }) => refusal !== undefined);
    if (refused) await this.#options.refuse(jobs[0]!, refused.refusal!);
    return completions.length;
  }

  /**
   * What became of each that was not given back. A record that cannot be read fails alone; what else is a fault of ours is one of
   * all in the mail.
   */
  async #attempt(jobs: Job[], askedAt: number): Promise<Map<Job, MailAttempt>> {
    const broken = (job: Job): MailAttempt => ({
      ...{ failure: 'INTERNAL', exchange: null, response: null },
      request: keepRequest(job.target, [], 0),
    });
    const made = new Map<Job, MailAttempt>();
    const readable: Readable[] = [];
    for (const job of jobs)
      try {
        readable.push({ job, event: mailedEvent(job) });
      } catch (error) {
        this.#logBroken(1, error);
        made.set(job, broken(job));
      }
    try {
      for (const [job, of] of await this.#mail(readable, askedAt)) made.set(job, of);
    } catch (error) {
      this.#logBroken(readable.length, error);
      for (const { job } of readable) made.set(job, broken(job));
    }
    return made;
  }

  /**
   * One mail of all that is given, and what became of each; of none where it was not handed over, since it could not go in time or
   * the database was lost before: all have been given back, then.
   */
  async #mail(readable: Readable[], askedAt: number): Promise<Map<Job, MailAttempt>> {
    const { mail, leaseMarginMs } = this.#options;
    const [first] = readable;
    if (first === undefined) return new Map();
    const jobs = readable.map(({ job }) => job);
    const latest = Math.min(...jobs.map((job) => startBy(job, askedAt, leaseMarginMs)));
    const mayStartBy = (): number => (this.#rounds.running ? latest : -Infinity);
    // Due at once: they have waited to go together.
    const givenBack = async (): Promise<Map<Job, MailAttempt>> => {
      await giveBack(mail, jobs, 0);
      return new Map();
    };
    let composed: Composed;
    try {
      composed = await this.#compose(readable);
    } catch (error) {
      if (!isConnectionLoss(error)) throw error;
      logFailure(this.#options.logger, error, 'mail.postponed');
      return givenBack();
    }
    const { address, message } = composed;
    const { timeoutMs } = first.job;
    const exchange = await mail.mailer.send(address, message, timeoutMs, patience(mail, mayStartBy));
    if (exchange === null) return givenBack();
    const headers = keptHeaders(message);
    return new Map(
      readable.map(({ job, event }) => [
        job,
        {
          failure: exchange.failure,
          exchange,
          request: keepRequest(job.target, headers, Buffer.byteLength(event.body)),
          response: keptReply(exchange),
        },
      ]),
    );
  }

  async #compose(readable: Readable[]): Promise<Composed> {
    const labels = new Map<string, Awaited<ReturnType<typeof readContext>>>();
    const events: DigestedEvent[] = [];
    for (const { job, event } of readable) {
      const key = `${job.resource}.${job.event}`;
      const names = labels.get(key) ?? (await readContext(this.#options.mail, job));
      labels.set(key, names);
      const { resourceLabel, eventLabel } = names.context;
      events.push({ ...event, resourceLabel, eventLabel });
    }
    const { context, frame } = [...labels.values()][0]!;
    return { address: context.address, message: digestMail(context, events, frame) };
  }

  #logBroken(deliveries: number, error: unknown): void {
    this.#options.logger.error({ deliveries, ...describeError(error) }, 'digest.broken');
  }
}
