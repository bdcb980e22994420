/**
 * The mailboxes of the demo: a mail server on this machine that takes every mail, whomever it is to, and keeps the newest
 * ones to be looked at. Nothing goes on from here.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

import type { Config } from '../config.ts';
import { oneLine } from '../sending/mail/layout.ts';

const HOST = '127.0.0.1';
/** How many mails are kept. */
const KEPT = 200;
/** Who mails are from, unless it is set. */
const SENDER = { name: 'Bellwire', address: 'bellwire@example.com' };

/** A mail as it arrived. */
export interface InboxMail {
  /** From 1 on, in the order of their arrival. */
  number: number;
  at: Date;
  from: string;
  to: string;
  subject: string;
  /** The link to the page that confirms a mailbox; null in a mail without one. */
  confirm: string | null;
  html: string;
  attachments: { name: string; type: string; content: Buffer }[];
}

/** Starts the inbox of a demo; none where a mail server is configured, which then gets the mails. */
export async function openInbox(config: Config): Promise<Inbox | undefined> {
  return config.smtp === null ? Inbox.open() : undefined;
}

/** A running mail server. */
export class Inbox {
  readonly #server: SMTPServer;
  #port = 0;
  #count = 0;
  readonly #mails: InboxMail[] = [];
  #tell: ((mail: InboxMail) => void) | undefined;

  private constructor() {
    this.#server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      // Nobody asks who a client on this machine is, and no open connection holds up the end.
      disableReverseLookup: true,
      closeTimeout: 500,
      onData: (stream, { envelope }, done) => {
        simpleParser(stream, { skipTextToHtml: true, skipImageLinks: true }).then(
          (mail) => {
            this.#keep(mail, envelope.rcptTo.map(({ address }) => address).join(', '));
            done();
          },
          (error: Error) => done(error),
        );
      },
    });
    // Of connections that break off.
    this.#server.on('error', () => undefined);
  }

  /** Starts one on any free port. */
  static async open(): Promise<Inbox> {
    const inbox = new Inbox();
    const listening = inbox.#server.listen(0, HOST);
    await once(listening, 'listening');
    inbox.#port = (listening.address() as AddressInfo).port;
    return inbox;
  }

  /** The configuration of a server whose mails come here. */
  configure(config: Config): Config {
    const smtp = { host: HOST, port: this.#port, secure: false, user: null, password: null };
    return { ...config, smtp, mailFrom: config.mailFrom ?? SENDER };
  }

  /** Tells of each mail from now on, and first of those that have come. */
  follow(tell: (mail: InboxMail) => void): void {
    this.#mails.forEach(tell);
    this.#tell = tell;
  }

  /** Those that are kept, the newest first. */
  get mails(): InboxMail[] {
    return [...this.#mails].reverse();
  }

  /** The mail with a number, as long as it is kept. */
  mail(number: number): InboxMail | undefined {
    return this.#mails.find((one) => one.number === number);
  }

  /** Takes no more mails. */
  stop(): Promise<void> {
    return new Promise((done) => this.#server.close(() => done()));
  }

  #keep({ from, subject, text, html, attachments }: ParsedMail, to: string): void {
    const mail: InboxMail = {
      number: (this.#count += 1),
      at: new Date(),
      from: oneLine(from?.text ?? '', 200),
      to: oneLine(to, 200),
      subject: oneLine(subject ?? '', 200),
      confirm: /https?:\/\/\S+\/mail\/confirm\/[\w.-]+/.exec(text ?? '')?.[0] ?? null,
      html: html || '',
      attachments: attachments.map(({ filename, contentType, content }, at) => ({
        name: oneLine(filename ?? `attachment ${at + 1}`, 100),
        type: contentType,
        content,
      })),
    };
    this.#mails.push(mail);
    if (this.#mails.length > KEPT) this.#mails.shift();
    this.#tell?.(mail);
  }
}
