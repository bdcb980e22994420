/** The one mail that a mailbox gets before its owner has confirmed. It holds nothing of what the webhook tells. */
import type Mail from 'nodemailer/lib/mailer';

import type { ConfirmationMail } from '../../mailboxes/outbox.ts';
import { aside, button, escapeHtml, factsTable, link, mailHtml, oneLine, paragraph } from './layout.ts';

/** The mail; confirm is the address of the page with the button, address where users reach the server. */
export function confirmationMail(
  mail: ConfirmationMail,
  frame: {
    from: { name: string; address: string };
    host: string;
    address: string;
    confirm: string;
    unsubscribe: string;
  },
): Mail.Options {
  const name = oneLine(mail.webhookName, 80);
  const heading = 'Do you want mails of this webhook?';
  const who = `${oneLine(mail.creatorName, 80)} has asked Bellwire to send mails to ${mail.address}.`;
  const facts = [
    ['Webhook', `${name} (number ${mail.webhookNumber})`],
    ['Account', oneLine(mail.accountName, 80)],
    ...(mail.alone || mail.teamName === null ? [] : [['Team', oneLine(mail.teamName, 80)] as const]),
    ['Mailbox', mail.address],
  ] as const;
  const what =
    'Each event that fires the webhook becomes a mail with the record as JSON; when there are many, one mail tells of several.';
  const next = 'Nothing is sent before you confirm on the page behind this link. It is good for 7 days.';
  const ignore = 'If you did not expect this, do nothing: you will get no mails.';
  const origin = `Sent once by Bellwire on ${frame.address}.`;
  return {
    from: frame.from,
    to: { name: '', address: mail.address },
    subject: oneLine(`Confirm mails of the webhook ${name}`, 200),
    messageId: `<${mail.id}.${mail.nonce}@${frame.host}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
    text: [
      ...[heading, '', who, '', ...facts.map(([label, value]) => `${label}: ${value}`), '', what, next, ''],
      ...[frame.confirm, '', '-- ', ignore, `To refuse for good: ${frame.unsubscribe}`, origin, ''],
    ].join('\n'),
    html: mailHtml({
      heading,
      preview: `${who} ${ignore}`,
      body: [
        paragraph(escapeHtml(who)),
        factsTable(facts),
        paragraph(escapeHtml(what)),
        paragraph(escapeHtml(next)),
        button('Look and confirm', frame.confirm),
        aside(`Or open this address: ${link(frame.confirm, frame.confirm)}`),
      ].join('\n'),
      footer: `${escapeHtml(ignore)}<br>${link('Refuse for good', frame.unsubscribe)}<br>${escapeHtml(origin)}`,
    }),
  };
}
