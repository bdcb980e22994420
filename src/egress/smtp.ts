/**
 * The way out for mail: to the one server that the operator's configuration names, over a few connections that are kept.
 * Its address is not judged by the policy, which is for addresses that users give; nothing that a user gives decides where
 * a connection goes, and nothing in a message is read from files or from the network.
 */
import { createConnection, type LookupFunction, type Socket } from 'node:net';

import { createTransport } from 'nodemailer';
import type Mail from 'nodemailer/lib/mailer';
import type SMTPPool from 'nodemailer/lib/smtp-pool';

import type { SmtpServer } from '../config-values.ts';
import type { ResolvedAddress } from './resolver.ts';

/** How long a connection may take to be there, and the server to greet, ms. */
const CONNECT_TIMEOUT_MS = 10_000;
/** How long the server may be silent in the middle, ms; each message has a deadline of its own beside it. */
const SOCKET_TIMEOUT_MS = 60_000;

/** A message, and whom it is handed over for: no header decides that. */
export interface OutgoingMail {
  from: string;
  to: string;
  message: Mail.Options;
}

/** What the server answered when it took a message. */
export interface SmtpReply {
  /** Such as "250 2.0.0 Ok: queued as 4F2". */
  response: string;
}

/** What a client is made of. */
export interface SmtpOptions {
  server: SmtpServer;
  resolve: (hostname: string) => Promise<ResolvedAddress[]>;
  /** Certificates (PEM) that are trusted instead of the usual ones. */
  ca?: string[];
  maxConnections: number;
}

/** Hands messages to the mail server. */
export class SmtpClient {
  readonly #transporter: Mail<SMTPPool.SentMessageInfo>;

  constructor({ server, resolve, ca, maxConnections }: SmtpOptions) {
    const { host, port, secure, user, password } = server;
    this.#transporter = createTransport({
      pool: true,
      maxConnections,
      ...{ host, port, secure },
      // A password goes over TLS only, but on this machine.
      requireTLS: !secure && user !== null && !isLoopback(host),
      ...(user === null ? {} : { auth: { user, pass: password ?? '' } }),
      tls: { rejectUnauthorized: true, minVersion: 'TLSv1.2', ...(ca ? { ca } : {}) },
      connectionTimeout: CONNECT_TIMEOUT_MS,
      greetingTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SOCKET_TIMEOUT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
      getSocket: (_options: unknown, done: (error: Error | null, socket?: { connection: Socket }) => void) =>
        connect(host, port, resolve, done),
    } as SMTPPool.Options);
  }

  /** Hands a message over; rejects with what nodemailer makes of a refusal, and at the deadline. */
  async send({ from, to, message }: OutgoingMail, timeoutMs: number): Promise<SmtpReply> {
    const signal = AbortSignal.timeout(timeoutMs);
    const options = { ...message, envelope: { from, to: [to] }, signal } as Mail.Options;
    const { response } = await this.#transporter.sendMail(options);
    return { response };
  }

  /** Closes the connections. */
  close(): void {
    this.#transporter.close();
  }
}

function connect(
  host: string,
  port: number,
  resolve: SmtpOptions['resolve'],
  done: (error: Error | null, socket?: { connection: Socket }) => void,
): void {
  const lookup: LookupFunction = (hostname, { all }, found) => {
    resolve(hostname).then(
      (answers) => (all ? found(null, answers) : found(null, answers[0]!.address, answers[0]!.family)),
      (error: Error) => found(error, ''),
    );
  };
  const socket = createConnection({ host, port, lookup });
  const fail = (error: Error): void => {
    clearTimeout(timer);
    socket.destroy();
    done(error);
  };
  const timer = setTimeout(
    () => fail(Object.assign(new Error('the mail server did not answer'), { code: 'ETIMEDOUT' })),
    CONNECT_TIMEOUT_MS,
  );
  socket.once('error', fail);
  socket.once('connect', () => {
    clearTimeout(timer);
    socket.off('error', fail);
    done(null, { connection: socket });
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host);
}
