/** A real SMTP server: records every message to the byte, answers as it is told, and is waited on by events. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** One message as it arrived: whom it was handed over for, and what it says. */
export interface ArrivedMail {
  from: string;
  to: string[];
  raw: string;
  mail: ParsedMail;
  /** Whether it came over TLS, and the user who had logged in. */
  secure: boolean;
  user: string | null;
  /** performance.now() when it was complete. */
  at: number;
}

/** What to answer to a recipient, or to a whole message: null takes it, a promise has the client wait, for ever maybe. */
export type MailAnswer = (recipient: string, count: number) => MailReply | null | Promise<MailReply | null>;

/** A refusal. */
export interface MailReply {
  code: number;
  message: string;
}

/** A running mail server. */
export interface MailServer {
  url: string;
  port: number;
  mails: ArrivedMail[];
  /** Recipients that were asked for, refused ones included. */
  asked: string[];
  /** Open connections, and the most there were at a time. */
  connections: { now: number; most: number };
  /** From now on answers recipients so, and messages so. */
  answerRecipient: MailAnswer;
  answerMessage: MailAnswer;
  /** Resolves with the first mail, past or to come, that fits. */
  find(fits: (mail: ArrivedMail) => boolean, limitMs?: number): Promise<ArrivedMail>;
  /** Resolves with all mails that fit once there are so many. */
  until(count: number, fits?: (mail: ArrivedMail) => boolean, limitMs?: number): Promise<ArrivedMail[]>;
  close(): Promise<void>;
}

/** Starts a mail server on loopback; options are smtp-server's, the port any free one unless given. */
export async function startMailServer(options: SMTPServerOptions = {}, ownPort = 0): Promise<MailServer> {
  const mails: ArrivedMail[] = [];
  const waiting = new Set<() => void>();
  const refusal = (answer: MailReply | null): Error | null =>
    answer && Object.assign(new Error(answer.message), { responseCode: answer.code });
  const tell = (): void => [...waiting].forEach((check) => check());
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    closeTimeout: 500,
    disableReverseLookup: true,
    ...options,
    onConnect(_session, done) {
      result.connections.now += 1;
      result.connections.most = Math.max(result.connections.most, result.connections.now);
      done();
    },
    onClose: () => void (result.connections.now -= 1),
    onRcptTo({ address }, _session, done) {
      result.asked.push(address);
      tell();
      void Promise.resolve(result.answerRecipient(address, result.asked.length)).then((answer) =>
        done(refusal(answer)),
      );
    },
    onData(stream, { envelope, secure, user }, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      const take = async (): Promise<void> => {
        const raw = Buffer.concat(chunks);
        const to = envelope.rcptTo.map(({ address }) => address);
        const error = refusal(await result.answerMessage(to[0]!, mails.length + 1));
        if (error) return done(error);
        const mail = await simpleParser(raw, { skipImageLinks: true });
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        const session = { secure, user: typeof user === 'string' ? user : null };
        mails.push({ from, to, raw: raw.toString('latin1'), mail, ...session, at: performance.now() });
        done();
        tell();
      };
      stream.on('end', () => void take());
    },
  });
  server.on('error', () => undefined);
  const listening = server.listen(ownPort, '127.0.0.1');
  await once(listening, 'listening');
  const { port } = listening.address() as AddressInfo;

  function wait<T>(look: () => T | undefined, limitMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(check);
        const had = mails.map(({ to, mail }) => `${to.join()} ${mail.subject}`).join('; ');
        reject(new Error(`after ${limitMs} ms among ${mails.length} mails: ${had}`));
      }, limitMs);
      const check = (): void => {
        const found = look();
        if (found === undefined) return;
        clearTimeout(timer);
        waiting.delete(check);
        resolve(found);
      };
      waiting.add(check);
      check();
    });
  }

  const result: MailServer = {
    url: `smtp://127.0.0.1:${port}`,
    port,
    mails,
    asked: [],
    connections: { now: 0, most: 0 },
    answerRecipient: () => null,
    answerMessage: () => null,
    find: (fits, limitMs = 15_000) => wait(() => mails.find(fits), limitMs),
    until: (count, fits = () => true, limitMs = 15_000) =>
      wait(() => {
        const found = mails.filter(fits);
        return found.length >= count ? found : undefined;
      }, limitMs),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return result;
}

/** Mails to an address. */
export function mailTo(address: string): (mail: ArrivedMail) => boolean {
  return ({ to }) => to.includes(address);
}

/** A link of a mail, as it stands in its text. */
export function linkIn({ mail }: ArrivedMail, purpose: 'confirm' | 'unsubscribe'): string {
  const found = new RegExp(`https?://\\S+/mail/${purpose}/\\S+`).exec(mail.text ?? '');
  if (!found) throw new Error(`no ${purpose} link in: ${mail.text}`);
  return found[0];
}

/** The one JSON attachment of a mail, as text. */
export function attachedJson({ mail }: ArrivedMail): string {
  if (mail.attachments.length !== 1) throw new Error(`${mail.attachments.length} attachments`);
  return mail.attachments[0]!.content.toString();
}
