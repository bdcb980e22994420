/** Tells those who manage an account's webhooks that an endpoint has switched itself off. Holds nothing that a receiver wrote. */
import type Mail from 'nodemailer/lib/mailer';

import type { NoticeMail } from '../../mailboxes/outbox.ts';
import { button, escapeHtml, factsTable, instant, mailHtml, oneLine, paragraph } from './layout.ts';

/** The mail; address is where users reach the server. */
export function noticeMail(
  { id, address, notice }: NoticeMail,
  frame: { from: { name: string; address: string }; host: string; address: string },
): Mail.Options {
  const name = oneLine(notice.webhookName, 80);
  const heading = `An endpoint of ${name} has switched itself off`;
  const facts: (readonly [string, string])[] = [
    ['Webhook', `${name} (number ${notice.webhookNumber})`],
    ['Account', oneLine(notice.accountName, 80)],
    [notice.kind === 'URL' ? 'Host' : 'Mailbox at', oneLine(notice.host, 253) || 'the team'],
    ['Cause', notice.reason],
    ...(notice.failingSince === null
      ? []
      : [['Failing since', instant(new Date(notice.failingSince))] as const]),
    ['Switched off', instant(new Date(notice.disabledAt))],
  ];
  const what =
    'Nothing is sent to it. What waited for it is cancelled, and what happens until somebody enables it again is not made up for.';
  const page = `${frame.address}/webhooks/${notice.webhookNumber}`;
  const why = `Sent by Bellwire on ${frame.address}. You get this because you manage the webhooks of this account.`;
  return {
    from: frame.from,
    to: { name: '', address },
    subject: oneLine(`[Bellwire] Switched off: an endpoint of ${name}`, 200),
    messageId: `<${id}@${frame.host}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
    text: [
      ...[
        heading,
        '',
        ...facts.map(([label, value]) => `${label}: ${value}`),
        '',
        what,
        '',
        `The webhook: ${page}`,
      ],
      ...['', '-- ', why, ''],
    ].join('\n'),
    html: mailHtml({
      heading,
      preview: `${notice.reason} Nothing is sent to it until somebody enables it again.`,
      body: [factsTable(facts), paragraph(escapeHtml(what)), button('Look at the webhook', page)].join('\n'),
      footer: escapeHtml(why),
    }),
  };
}
