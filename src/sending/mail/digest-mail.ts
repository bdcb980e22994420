/** One mail of several deliveries: a table of what happened, and the record of each attached. */
import type Mail from 'nodemailer/lib/mailer';

import {
  attachment,
  footOf,
  headersOf,
  kindOf,
  type MailContext,
  type MailedEvent,
  type MailFrame,
} from './delivery-mail.ts';
import { escapeHtml, eyebrow, factsTable, instant, mailHtml, oneLine, paragraph } from './layout.ts';
import { gistOf } from './summary.ts';

/** How many kinds of events the subject names. */
const MAX_KINDS = 3;

/** An event of a digest with the names of what happened. */
export interface DigestedEvent extends MailedEvent {
  resourceLabel: string;
  eventLabel: string;
}

/** The mail; all events are of the context's mailbox. */
export function digestMail(context: MailContext, events: DigestedEvent[], frame: MailFrame): Mail.Options {
  const name = oneLine(context.webhookName, 80);
  const heading = `${events.length} event${events.length === 1 ? '' : 's'}: ${kindsOf(events)}`;
  const days = new Set(events.map(({ occurredAt }) => instant(occurredAt).slice(0, 10)));
  const oneDay = days.size === 1;
  const lines = events.map(
    (event) =>
      [
        oneDay ? instant(event.occurredAt).slice(11, 19) : instant(event.occurredAt),
        `${kindOf(event)}: ${oneLine(event.entityId, 80)}`,
        gistOf(event.payload, event.entityId),
      ] as const,
  );
  const why = `So much happened at once that these come together. The whole record of each is attached as JSON, in this order.${oneDay ? ` All on ${[...days].join()}, in UTC.` : ''}`;
  const foot = footOf(context, frame);
  return {
    ...headersOf(context, frame),
    subject: oneLine(`[${name}] ${heading}`, 200),
    messageId: `<digest.${events[0]!.deliveryId}.${events.length}@${frame.host}>`,
    text: [
      ...[heading, '', why, ''],
      ...lines.flatMap(([when, what, gist]) => [`${when}  ${what}`, ...(gist === '' ? [] : [`  ${gist}`])]),
      ...['', foot.text],
    ].join('\n'),
    html: mailHtml({
      above: eyebrow(`Webhook ${context.webhookNumber} · ${name}`),
      heading,
      preview: lines.map(([, what]) => what).join(' · '),
      body: `${paragraph(escapeHtml(why))}\n${factsTable(lines)}`,
      footer: foot.html,
    }),
    attachments: events.map((event) => attachment(`${event.eventId}.json`, event.body)),
  };
}

/** What happened, the most frequent first. */
function kindsOf(events: DigestedEvent[]): string {
  const counts = new Map<string, number>();
  for (const event of events) counts.set(kindOf(event), (counts.get(kindOf(event)) ?? 0) + 1);
  const kinds = [...counts].sort(([, one], [, other]) => other - one).map(([kind]) => kind);
  const more = kinds.length - MAX_KINDS;
  return `${kinds.slice(0, MAX_KINDS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
