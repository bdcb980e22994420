/**
 * Hands mails to the operator's mail server, a few at once. Comes in: a message and its deadline. Goes out: what the server
 * said, always: every refusal is a value with a code. Nothing is retried here.
 */
import type Mail from 'nodemailer/lib/mailer';

import type { SmtpServer } from '../../config-values.ts';
import type { Egress } from '../../egress/egress.ts';
import type { SmtpClient } from '../../egress/smtp.ts';
import type { FailureCode } from '../../errors.ts';
import { linkToken } from '../../mailboxes/links.ts';
import type { Keyring } from '../../secrets/keyring.ts';
import { failureOf } from '../exchange-failure.ts';
import { blank } from '../record.ts';

/** Connections to the mail server, of each process. */
const CONNECTIONS = 5;
/** How much of what the mail server says is kept, characters. */
const MAX_REPLY = 1_000;

/** What came of a mail. */
export interface MailExchange {
  /** Null when the server has taken it. */
  failure: FailureCode | null;
  /** The SMTP code; null when there was no answer. */
  statusCode: number | null;
  /** What the server said, code included; empty when there was no answer. */
  reply: string;
  durationMs: number;
}

/** What a mailer is made of. */
export interface MailerOptions {
  egress: Egress;
  server: SmtpServer;
  keyring: Keyring;
  /** Who mails are from. */
  from: { name: string; address: string };
  /** Where users reach the server, without a slash at the end. */
  address: () => string;
}

/** The mails of a process. */
export class Mailer {
  readonly #options: MailerOptions;
  readonly #client: SmtpClient;
  readonly #secrets: string[];
  #free = CONNECTIONS;
  readonly #waiting: (() => void)[] = [];

  constructor(options: MailerOptions) {
    this.#options = options;
    this.#client = options.egress.smtp(options.server, CONNECTIONS);
    this.#secrets = secretsOf(options.server);
  }

  /** Who mails are from. */
  get from(): { name: string; address: string } {
    return this.#options.from;
  }

  /** The host in message ids. */
  get host(): string {
    const { address } = this.#options.from;
    return address.slice(address.lastIndexOf('@') + 1).replace(/[[\]]/g, '');
  }

  /** Where users reach the server. */
  get address(): string {
    return this.#options.address();
  }

  /** A link for the owner of a mailbox. */
  link(purpose: 'confirm' | 'unsubscribe', mailbox: { id: string; nonce: string }): string {
    return `${this.address}/mail/${purpose}/${linkToken(this.#options.keyring, purpose, mailbox)}`;
  }

  /**
   * Sends a message to one address, within timeoutMs from when a connection is free. Null, and nothing sent, when none is
   * free by startBy, or that has come nearer meanwhile and is over: as performance.now() tells it, asked at the beginning and once a
   * connection is free.
   */
  async send(
    to: string,
    message: Mail.Options,
    timeoutMs: number,
    startBy: () => number,
  ): Promise<MailExchange | null> {
    const waitMs = startBy() - performance.now();
    if (waitMs < 0 || !(await this.#slot(waitMs))) return null;
    const startedAt = performance.now();
    try {
      if (startedAt > startBy()) return null;
      const { response } = await this.#client.send({ from: this.from.address, to, message }, timeoutMs);
      return { failure: null, ...this.#said(response), durationMs: performance.now() - startedAt };
    } catch (error) {
      return { ...this.#failed(error), durationMs: performance.now() - startedAt };
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }

  /** Closes the connections. */
  close(): void {
    this.#client.close();
  }

  /** From a refusal, or what broke, to a code: 4xx are for later, 5xx of a mailbox are for good. */
  #failed(error: unknown): Omit<MailExchange, 'durationMs'> {
    const { code, originalCode, responseCode, response } = error as SmtpError;
    const nothing = { statusCode: null, reply: '' };
    // Where a password must not go without TLS, a server that has none: its answer says so in words of its own.
    if (code === 'ETLS') return { failure: 'TLS_FAILED', ...nothing };
    if (response !== undefined && responseCode !== undefined) {
      const failure =
        responseCode < 500
          ? 'MAIL_DEFERRED'
          : refusesMailbox(error as SmtpError)
            ? 'MAILBOX_REFUSED'
            : 'MAIL_REJECTED';
      return { failure, ...this.#said(response) };
    }
    if (code === 'ETIMEDOUT' || code === 'EABORT' || (error as Error).name === 'AbortError')
      return { failure: 'TIMEOUT', ...nothing };
    const known = failureOf(Object.assign(new Error(), { code: originalCode ?? code }));
    return { failure: known.startsWith('TLS_') ? known : 'MAIL_SERVER_UNREACHABLE', ...nothing };
  }

  #said(response: string): { statusCode: number | null; reply: string } {
    const reply = blank(response.toWellFormed(), this.#secrets)
      .replace(/\r?\n/g, ' ')
      // eslint-disable-next-line no-control-regex -- a foreign text, to be shown and stored
      .replace(/[\x00-\x1f\x7f]/g, '\uFFFD')
      .slice(0, MAX_REPLY)
      .toWellFormed();
    return { statusCode: Number(/^\d{3}/.exec(reply)?.[0]) || null, reply };
  }

  #slot(waitMs: number): Promise<boolean> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const take = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(take), 1);
        resolve(false);
      }, waitMs);
      this.#waiting.push(take);
    });
  }
}

/** What nodemailer's errors carry. */
interface SmtpError {
  code?: string;
  /** What Node called it, where code is nodemailer's own. */
  originalCode?: string;
  responseCode?: number;
  response?: string;
  command?: string;
}

/**
 * Whether a refusal for good is of the mailbox: 5xx to its recipient or to the message. Not where the server says that it is about
 * this message, its size or what it holds, or about who sends it (RFC 3463: x.3.4, x.6, x.7): other mails, or this one from
 * another sender, would be taken.
 */
function refusesMailbox({ response = '', responseCode = 0, command = '' }: SmtpError): boolean {
  if (responseCode < 500 || !/^(RCPT|DATA)/.test(command)) return false;
  const [, subject, detail] = /^\d{3}[ -]5\.(\d{1,3})\.(\d{1,3})\b/.exec(response) ?? [];
  if (subject !== undefined) return !['6', '7'].includes(subject) && !(subject === '3' && detail === '4');
  // 530 and the like ask for a login, 552 is the size of a message or a full mailbox, which may have room again.
  return ![530, 534, 535, 538, 552].includes(responseCode);
}

/** The password as a server that quotes what it was told would show it. */
function secretsOf({ user, password }: SmtpServer): string[] {
  if (user === null || password === null) return [];
  const forms = [`\0${user}\0${password}`, password].map((text) => Buffer.from(text).toString('base64'));
  return [...forms, password];
}
