/**
 * Sends the mails of the outbox, as every sender does: some at each look, each under a lease, until the mail
 * server has taken them, or has refused the mailbox for good.
 */
import type pg from 'pg';

import type { Sql } from '../../db/sql.ts';
import type { Logger } from '../../log.ts';
import {
  type ConfirmationMail,
  dropMail,
  type NoticeMail,
  retryMail,
  retryNotice,
  takeMails,
  takeNotices,
} from '../../mailboxes/outbox.ts';
import { Rounds } from '../rounds.ts';
import { logFailure } from '../upkeep.ts';
import { confirmationMail } from './confirmation-mail.ts';
import type { Mailer } from './mailer.ts';
import { noticeMail } from './notice-mail.ts';

/** How many mails one look takes, and how long each may take, ms. */
const BATCH = 5;
const MAIL_TIMEOUT_MS = 30_000;
/** The lease outlives the deadline of a mail, and its wait for a connection, by that, ms. */
const LEASE_MARGIN_MS = 15_000;
/** The waits after a failure: doubled from the first to the last, ms. */
const WAIT_MS = { first: 5_000, last: 3_600_000 };
/** How often a notice is tried: for some three days. */
const NOTICE_TRIES = 80;

/** Waits for all, then throws the first error there was. */
async function allOf(tasks: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(tasks)).find((task) => task.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Until when a mail may wait for a connection. */
function soon(): () => number {
  const until = performance.now() + MAIL_TIMEOUT_MS;
  return () => until;
}

function waitAfter(tries: number): number {
  return Math.min(WAIT_MS.first * 2 ** Math.min(tries - 1, 20), WAIT_MS.last);
}

/** What it takes. */
export interface OutboxOptions {
  pool: pg.Pool;
  mailer: Mailer;
  logger: Logger;
  pollMs: number;
  /** Takes a mailbox that its server refused out of use, with all that follows. */
  refuse: (mailboxId: string, reply: string) => Promise<void>;
}

/** Runs until it is stopped. */
export class OutboxSender {
  readonly #options: OutboxOptions;
  readonly #rounds: Rounds;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#rounds = new Rounds(options.pollMs, () =>
      this.#work().catch((error: unknown) => logFailure(options.logger, error, 'outbox.failed')),
    );
  }

  /** Begins. */
  start(): void {
    this.#rounds.start();
  }

  /** Takes nothing more; resolves when what is under way has ended. */
  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  /** What fails with one of them keeps none of the others waiting for its lease. */
  async #work(): Promise<void> {
    await allOf([
      this.#drain(takeMails, (mail) => this.#send(mail)),
      this.#drain(takeNotices, (mail) => this.#notify(mail)),
    ]);
  }

  async #drain<T>(
    take: (sql: Sql, limit: number, leaseMs: number) => Promise<T[]>,
    send: (mail: T) => Promise<void>,
  ): Promise<void> {
    for (let full = true; full && this.#rounds.running;) {
      const taken = await take(this.#options.pool, BATCH, 2 * MAIL_TIMEOUT_MS + LEASE_MARGIN_MS);
      full = taken.length === BATCH;
      await allOf(taken.map(send));
    }
  }

  /** A notice that was refused for good, or for too long, is given up: the event and the endpoint's status tell it, too. */
  async #notify(mail: NoticeMail): Promise<void> {
    const { pool, mailer } = this.#options;
    const frame = { from: mailer.from, host: mailer.host, address: mailer.address };
    const exchange = await mailer.send(mail.address, noticeMail(mail, frame), MAIL_TIMEOUT_MS, soon());
    const failure = exchange === null ? 'MAIL_SERVER_UNREACHABLE' : exchange.failure;
    if (failure === null || failure === 'MAILBOX_REFUSED' || mail.tries >= NOTICE_TRIES)
      return dropMail(pool, mail);
    await retryNotice(pool, mail, waitAfter(mail.tries));
  }

  async #send(mail: ConfirmationMail): Promise<void> {
    const { pool, mailer, logger, refuse } = this.#options;
    const mailbox = { id: mail.mailboxId, nonce: mail.nonce };
    const message = confirmationMail(mail, {
      ...{ from: mailer.from, host: mailer.host, address: mailer.address },
      confirm: mailer.link('confirm', mailbox),
      unsubscribe: mailer.link('unsubscribe', mailbox),
    });
    const exchange = await mailer.send(mail.address, message, MAIL_TIMEOUT_MS, soon());
    logger.debug({ mailbox: mail.mailboxId, status: exchange?.statusCode ?? null }, 'confirmation.sent');
    if (exchange?.failure === null) return dropMail(pool, mail);
    if (exchange?.failure === 'MAILBOX_REFUSED') return refuse(mail.mailboxId, exchange.reply);
    await retryMail(pool, mail, waitAfter(mail.tries), exchange?.reply || 'the mail server does not answer');
  }
}
