/** One mail of several deliveries: a table of what happened, and the record of each attached. */
import type Mail from 'nodemailer/lib/mailer';

import {
  attachment,
  headersOf,
  type MailContext,
  type MailedEvent,
  type MailFrame,
  whyText,
} from './delivery-mail.ts';
import { escapeHtml, eyebrow, factsTable, link, mailHtml, oneLine, paragraph } from './layout.ts';

/** An event of a digest with the names of what happened. */
export interface DigestedEvent extends MailedEvent {
  resourceLabel: string;
  eventLabel: string;
}

/** The mail; all events are of the context's mailbox. */
export function digestMail(context: MailContext, events: DigestedEvent[], frame: MailFrame): Mail.Options {
  const name = oneLine(context.webhookName, 80);
  const count = `${events.length} event${events.length === 1 ? '' : 's'}`;
  const lines = events.map((event) => {
    const what = `${oneLine(event.resourceLabel, 60)} ${oneLine(event.eventLabel, 60).toLowerCase()}`;
    const when = `${event.occurredAt.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
    return [when, `${what}: ${oneLine(event.entityId, 80)}`] as const;
  });
  const why = `So much happened at once that these come together. The whole record of each is attached as JSON, in this order.`;
  const origin = `Webhook ${context.webhookNumber}, ${name} · ${oneLine(context.accountName, 80)}`;
  return {
    ...headersOf(context, frame),
    subject: oneLine(`[${name}] ${count}`, 200),
    messageId: `<digest.${events[0]!.deliveryId}.${events.length}@${frame.host}>`,
    text: [
      ...[count, '', why, '', ...lines.map(([when, what]) => `${when}  ${what}`)],
      ...['', '-- ', origin, whyText(context), `No more of these mails: ${frame.unsubscribe}`, ''],
    ].join('\n'),
    html: mailHtml({
      above: eyebrow(`Webhook ${context.webhookNumber} · ${name}`),
      heading: count,
      body: `${paragraph(escapeHtml(why))}\n${factsTable(lines)}`,
      footer: `${escapeHtml(origin)}<br>${escapeHtml(whyText(context))}<br>${link('No more of these mails', frame.unsubscribe)}`,
    }),
    attachments: events.map((event) => attachment(`${event.eventId}.json`, event.body)),
  };
}
