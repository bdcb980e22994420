/**
 * One attempt of a delivery to a mailbox. Comes in: a claimed job. Goes out: what became of it, in the terms of a request;
 * or that it was not made, and the delivery is to be given back.
 */
import { isConnectionLoss } from '../../db/connection-loss.ts';
import type { Sql } from '../../db/sql.ts';
import type { FailureCode } from '../../errors.ts';
import { contentOf } from '../../events/content.ts';
import type { Logger } from '../../log.ts';
import { giveTurnBack, takeTurn } from '../../mailboxes/mailboxes.ts';
import { release } from '../../queue/complete.ts';
import type { Job } from '../../queue/job.ts';
import { keepRequest, type KeptHeader } from '../record.ts';
import { logFailure } from '../upkeep.ts';
import { deliveryMail, type MailContext, type MailedEvent, type MailFrame } from './delivery-mail.ts';
import type { Mailer, MailExchange } from './mailer.ts';

/** What sending mail takes. */
export interface MailTools {
  mailer: Mailer;
  sql: Sql;
  logger: Logger;
  /** How long a mail may wait for a free connection at most, ms; its claim may end that sooner. */
  waitMs: number;
  /** Mails to a mailbox in a minute; what is more goes together. */
  perMinute: number;
  /** How long what goes together waits for more, ms. */
  digestMs: number;
}

/** What became of it. */
export interface MailAttempt {
  failure: FailureCode | null;
  exchange: MailExchange | null;
  /** JSON texts, as they are kept. */
  request: string;
  response: string | null;
}

/**
 * Sends the mail of a job, by mayStartBy at the latest (performance.now(); asked anew whenever something was waited for). Null when
 * it was not sent, and the job was given back: the database or a free connection took too long, the database was lost before, or the
 * mailbox has had its mails of this minute, and it waits for a digest. What somebody asked for by hand is never held back. Throws
 * for faults of ours.
 */
export async function attemptMail(
  job: Job,
  tools: MailTools | null,
  mayStartBy: () => number,
): Promise<MailAttempt | null> {
  if (tools === null)
    return {
      failure: 'MAIL_NOT_CONFIGURED',
      exchange: null,
      request: keepRequest(job.target, [], 0),
      response: null,
    };
  let turn = false;
  const back = async (): Promise<null> => {
    await giveBack(tools, [job]);
    if (turn) await returnTurn(tools, job.mailboxId!);
    return null;
  };
  let ready: Awaited<ReturnType<typeof readContext>>;
  try {
    turn = await takeTurn(tools.sql, job.mailboxId!, tools.perMinute);
    if (!turn && !job.byHand) {
      await release(tools.sql, [job], tools.digestMs);
      return null;
    }
    ready = await readContext(tools, job);
  } catch (error) {
    // Nothing has been handed over: that the database is away is not the delivery's fault.
    if (!isConnectionLoss(error)) throw error;
    logFailure(tools.logger, error, 'mail.postponed');
    return back();
  }
  const event = mailedEvent(job);
  const { context, frame } = ready;
  const message = deliveryMail(context, event, frame);
  const exchange = await tools.mailer.send(
    context.address,
    message,
    job.timeoutMs,
    patience(tools, mayStartBy),
  );
  if (exchange === null) return back();
  return {
    failure: exchange.failure,
    exchange,
    request: keepRequest(job.target, keptHeaders(message), Buffer.byteLength(event.body)),
    response: keptReply(exchange),
  };
}

/**
 * Gives back what was not handed over; with digestMs it goes together, as release() says. Never rejects: where the database does
 * not take it back its lease runs out, which counts no more.
 */
export async function giveBack(
  { sql, logger }: Pick<MailTools, 'sql' | 'logger'>,
  jobs: Job[],
  digestMs: number | null = null,
): Promise<void> {
  await release(sql, jobs, digestMs).catch((error: unknown) => logFailure(logger, error, 'release.failed'));
}

/** Never rejects: at worst a mail goes into a digest. */
async function returnTurn({ sql, logger }: MailTools, mailboxId: string): Promise<void> {
  await giveTurnBack(sql, mailboxId).catch((error: unknown) => logFailure(logger, error, 'turn.lost'));
}

/** Until when what is ready now may wait for a free connection: for waitMs, but not beyond its claim. */
export function patience({ waitMs }: Pick<MailTools, 'waitMs'>, mayStartBy: () => number): () => number {
  const until = performance.now() + waitMs;
  return () => Math.min(until, mayStartBy());
}

/** The event of a job, with the body that a request would carry. */
export function mailedEvent(job: Job): MailedEvent {
  const { payload, origin, format } = job;
  if (payload === null) throw new Error(`the payload of ${job.eventId} is gone`);
  const test = origin === 'TEST';
  const { eventId, resource, event, entityId, occurredAt } = job;
  return {
    ...{ deliveryId: job.id, eventId, resource, event, entityId, occurredAt, test, payload },
    body: contentOf(format, { ...job, test, payload }).body,
  };
}

/** What the mails to a mailbox tell of where they come from, and the names of what happened. */
export async function readContext(
  { mailer, sql }: Pick<MailTools, 'mailer' | 'sql'>,
  job: Pick<Job, 'mailboxId' | 'resource' | 'event'>,
): Promise<{ context: MailContext; frame: MailFrame }> {
  const { rows } = await sql.query<MailContext & { id: string; nonce: string }>(
    `select w.id as "webhookId", w.name as "webhookName", w.number::int as "webhookNumber", a.name as "accountName",
            coalesce(nullif(r.label, ''), $2) as "resourceLabel", coalesce(nullif(re.label, ''), $3) as "eventLabel",
            case when m.login_id is not null then t.name end as "teamName", m.address, m.id, m.nonce
     from mailboxes m
     join endpoints ep on ep.id = m.endpoint_id
     join webhooks w on w.id = ep.webhook_id
     join logins a on a.id = w.account_id
     left join teams t on t.id = w.team_id
     left join resources r on r.name = $2
     left join resource_events re on re.resource_id = r.id and re.name = $3
     where m.id = $1`,
    [job.mailboxId, job.resource, job.event],
  );
  const { id, nonce, ...context } = rows[0]!;
  const frame = {
    ...{ from: mailer.from, host: mailer.host, address: mailer.address },
    unsubscribe: mailer.link('unsubscribe', { id, nonce }),
  };
  return { context, frame };
}

/** The headers of a message as they are kept; the link that ends the mails is a secret of the mailbox's owner. */
export function keptHeaders(message: ReturnType<typeof deliveryMail>): KeptHeader[] {
  const { from, to, subject, messageId, references, inReplyTo, list } = message;
  const address = (value: unknown): string => {
    const { name, address: text } = value as { name: string; address: string };
    return name === '' ? text : `${name} <${text}>`;
  };
  const id = (list as { id: { url: string; comment: string } }).id;
  const shown: [string, string | null | undefined][] = [
    ['From', address(from)],
    ['To', address(to)],
    ['Subject', subject],
    ['Message-ID', messageId],
    ['In-Reply-To', inReplyTo],
    ['References', references as string | undefined],
    ['Auto-Submitted', 'auto-generated'],
    ['List-Id', `"${id.comment}" <${id.url}>`],
    ['List-Unsubscribe', null],
    ['List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'],
    ['MIME-Version', '1.0'],
  ];
  return shown
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ({ name, value: value ?? null, secret: value === null }));
}

/** What the server said, as a response; null when it said nothing. */
export function keptReply({ statusCode, reply }: MailExchange): string | null {
  if (statusCode === null) return null;
  return JSON.stringify({
    ...{ statusCode, headers: [], body: reply },
    ...{ bodyBytes: Buffer.byteLength(reply), bodyTruncated: false },
  });
}
