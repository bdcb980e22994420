/**
 * The mail of one delivery: a summary to be read, as text and as HTML, and the very bytes that a request would carry,
 * attached. The same delivery gives the same mail on every attempt, message id included, so that a mailbox that gets it
 * twice can tell.
 */
import { createHash } from 'node:crypto';

import type Mail from 'nodemailer/lib/mailer';

import {
  escapeHtml as escape,
  eyebrow,
  factsTable,
  flag,
  instant,
  link,
  mailHtml,
  oneLine,
  paragraph,
} from './layout.ts';
import { gistOf, summarize } from './summary.ts';

/** The most characters of a subject; mail programs show some 80. */
const MAX_SUBJECT = 200;

/** What a mail tells of where it comes from. */
export interface MailContext {
  webhookId: string;
  webhookName: string;
  webhookNumber: number;
  accountName: string;
  resourceLabel: string;
  eventLabel: string;
  /** Null where the endpoint is the mailbox. */
  teamName: string | null;
  address: string;
}

/** An event as a mail shows it. */
export interface MailedEvent {
  deliveryId: string;
  eventId: string;
  resource: string;
  event: string;
  entityId: string;
  occurredAt: Date;
  test: boolean;
  /** JSON text. */
  payload: string;
  /** What a request would carry. */
  body: string;
}

/** What the mailer adds. */
export interface MailFrame {
  from: { name: string; address: string };
  /** In message ids. */
  host: string;
  /** Where users reach the server. */
  address: string;
  /** Ends these mails. */
  unsubscribe: string;
}

/** The mail. */
export function deliveryMail(context: MailContext, event: MailedEvent, frame: MailFrame): Mail.Options {
  const { webhookName, webhookNumber } = context;
  const name = oneLine(webhookName, 80);
  const what = kindOf(context);
  const entity = oneLine(event.entityId, 80);
  const { facts, more } = summarize(event.payload);
  const when = instant(event.occurredAt);
  const rest = more > 0 ? `${more} more field${more === 1 ? ' is' : 's are'} in the attachment.` : '';
  const file = `${event.eventId}.json`;
  const test = 'This is a test: somebody sent a made-up record to see whether mails arrive.';
  const foot = footOf(context, frame);
  const page = `${frame.address}/deliveries/${event.deliveryId}`;
  const thread = `<${entityHash(context.webhookId, event)}@${frame.host}>`;
  return {
    ...headersOf(context, frame),
    subject: oneLine(`[${name}] ${event.test ? 'Test: ' : ''}${what}: ${entity}`, MAX_SUBJECT),
    messageId: `<${event.deliveryId}@${frame.host}>`,
    references: thread,
    inReplyTo: thread,
    text: [
      ...(event.test ? [test, ''] : []),
      `${what}: ${entity}`,
      when,
      '',
      ...facts.map(([label, value]) => `${label}: ${value}`),
      ...(rest === '' ? [] : [rest]),
      '',
      `The whole record is attached as JSON (${file}).`,
      `This delivery in Bellwire: ${page}`,
      '',
      foot.text,
    ].join('\n'),
    html: mailHtml({
      above: `${event.test ? flag('Test') : ''}${eyebrow(`Webhook ${webhookNumber} · ${name}`)}`,
      heading: `${what}: ${entity}`,
      preview: event.test ? test : gistOf(event.payload, event.entityId) || when,
      body: [
        ...(event.test ? [paragraph(escape(test))] : []),
        factsTable([...facts, ['Happened at', when]]),
        ...(rest === '' ? [] : [paragraph(escape(rest))]),
        paragraph(`The whole record is attached as JSON. ${link('This delivery in Bellwire', page)}`),
      ].join('\n'),
      footer: foot.html,
    }),
    attachments: [attachment(file, event.body)],
  };
}

/** The headers that all mails of a webhook have. */
export function headersOf(context: MailContext, frame: MailFrame): Mail.Options {
  return {
    from: frame.from,
    to: { name: '', address: context.address },
    headers: {
      'Auto-Submitted': 'auto-generated',
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    },
    list: {
      id: { url: `${context.webhookId}.${frame.host}`, comment: oneLine(context.webhookName, 80) },
      unsubscribe: { url: frame.unsubscribe, comment: '' },
    },
  };
}

/** The bytes of a request as a file. */
export function attachment(filename: string, body: string): NonNullable<Mail.Options['attachments']>[number] {
  return {
    filename,
    content: Buffer.from(body),
    contentType: 'application/json',
    contentTransferEncoding: 'base64',
  };
}

/** What happened to what: "Policy created". */
export function kindOf({
  resourceLabel,
  eventLabel,
}: Pick<MailContext, 'resourceLabel' | 'eventLabel'>): string {
  return `${oneLine(resourceLabel, 60)} ${oneLine(eventLabel, 60).toLowerCase()}`;
}

/** The foot of each mail of a webhook: who sends it, why, and how it is ended. */
export function footOf(
  context: MailContext,
  { address, unsubscribe }: MailFrame,
): { text: string; html: string } {
  const { webhookName, webhookNumber, accountName, teamName, address: mailbox } = context;
  const origin = `Sent by Bellwire on ${address} for the webhook ${oneLine(webhookName, 80)} (number ${webhookNumber}) of ${oneLine(accountName, 80)}.`;
  const why =
    teamName === null
      ? `You get this because ${mailbox} confirmed that it wants the mails of this webhook.`
      : `You get this as a member of the team ${oneLine(teamName, 80)}, and because ${mailbox} confirmed that it wants the mails of this webhook.`;
  const end = 'No more of these mails';
  return {
    text: ['-- ', origin, why, `${end}: ${unsubscribe}`, ''].join('\n'),
    html: [escape(origin), escape(why), link(end, unsubscribe)].join('<br>'),
  };
}

/** One thread for each entity of a webhook. */
function entityHash(webhookId: string, { resource, entityId }: MailedEvent): string {
  const text = JSON.stringify([webhookId, resource, entityId]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
