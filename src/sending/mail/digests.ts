/**
 * Sends what waits to go together, as every sender does. Comes in: the clock. Goes out: one mail for each mailbox whose digest
 * is due or full, and a result for each delivery in it. A crash leaves a lease for each, which some sender's rescue takes over.
 */
import type pg from 'pg';

import { describeError, type Logger } from '../../log.ts';
import type { Completion } from '../../queue/complete.ts';
import { claimDigests } from '../../queue/digests.ts';
import type { Job } from '../../queue/job.ts';
import { completionOf, type CompletionTools, madeOfMail } from '../attempt.ts';
import { keepRequest } from '../record.ts';
import { Rounds } from '../rounds.ts';
import { logFailure } from '../upkeep.ts';
import type { MailedEvent } from './delivery-mail.ts';
import { type DigestedEvent, digestMail } from './digest-mail.ts';
import {
  keptHeaders,
  keptReply,
  type MailAttempt,
  mailedEvent,
  type MailTools,
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
      const groups = await claimDigests(this.#options.pool, this.#options);
      some = groups.length > 0;
      await Promise.all(groups.map((jobs) => this.#send(jobs)));
    }
  }

  async #send(jobs: Job[]): Promise<void> {
    const startedAt = this.#options.now();
    const attempts = await this.#attempt(jobs);
    const completions = jobs.map((job, at) =>
      completionOf(job, startedAt, madeOfMail(attempts[at]!, 0), this.#options),
    );
    await Promise.all(completions.map((completion) => this.#options.record(completion)));
    const refused = completions.find(({ refusal }) => refusal !== undefined);
    if (refused) await this.#options.refuse(jobs[0]!, refused.refusal!);
  }

  /** What became of each. A record that cannot be read fails alone; what else is a fault of ours is one of all in the mail. */
  async #attempt(jobs: Job[]): Promise<MailAttempt[]> {
    const broken = (job: Job): MailAttempt => ({
      ...{ failure: 'INTERNAL', exchange: null, response: null },
      request: keepRequest(job.target, [], 0),
    });
    const readable: { job: Job; event: MailedEvent }[] = [];
    for (const job of jobs)
      try {
        readable.push({ job, event: mailedEvent(job) });
      } catch (error) {
        this.#logBroken(1, error);
      }
    const made = await this.#mail(readable).catch((error: unknown) => {
      this.#logBroken(readable.length, error);
      return new Map<Job, MailAttempt>();
    });
    return jobs.map((job) => made.get(job) ?? broken(job));
  }

  /** One mail of all that is given, and what became of each. */
  async #mail(readable: { job: Job; event: MailedEvent }[]): Promise<Map<Job, MailAttempt>> {
    const { mail } = this.#options;
    const [first] = readable;
    if (first === undefined) return new Map();
    const labels = new Map<string, Awaited<ReturnType<typeof readContext>>>();
    const events: DigestedEvent[] = [];
    for (const { job, event } of readable) {
      const key = `${job.resource}.${job.event}`;
      const names = labels.get(key) ?? (await readContext(mail, job));
      labels.set(key, names);
      const { resourceLabel, eventLabel } = names.context;
      events.push({ ...event, resourceLabel, eventLabel });
    }
    const { context, frame } = [...labels.values()][0]!;
    const message = digestMail(context, events, frame);
    const exchange = await mail.mailer.send(context.address, message, first.job.timeoutMs, mail.waitMs);
    const headers = keptHeaders(message);
    return new Map(
      readable.map(({ job, event }) => [
        job,
        {
          // No connection was free in time: like a server that does not answer, tried again by schedule.
          failure: exchange === null ? 'MAIL_SERVER_UNREACHABLE' : exchange.failure,
          exchange,
          request: keepRequest(job.target, headers, Buffer.byteLength(event.body)),
          response: exchange && keptReply(exchange),
        },
      ]),
    );
  }

  #logBroken(deliveries: number, error: unknown): void {
    this.#options.logger.error({ deliveries, ...describeError(error) }, 'digest.broken');
  }
}
