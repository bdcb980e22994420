/** A mail of the demo's inbox as a mail program would show it, and its attachments: pages without scripts. */
import type { ServerResponse } from 'node:http';

import { escapeHtml as escape } from '../sending/mail/layout.ts';
import type { Inbox, InboxMail } from './inbox.ts';

/** Where the page of a mail is. */
export function mailPath(number: number): string {
  return `/mails/${number}`;
}

/** Answers a request for a mail (/mails/2), or for its first attachment (/mails/2/1); with 404 where there is none. */
export function answerMailPage(inbox: Inbox | undefined, path: string, response: ServerResponse): void {
  const [, number, at] = /^\/mails\/(\d+)(?:\/(\d+))?$/.exec(path) ?? [];
  const mail = inbox?.mail(Number(number));
  const file = at === undefined ? undefined : mail?.attachments[Number(at) - 1];
  if (mail === undefined || (at !== undefined && file === undefined)) {
    response
      .writeHead(404, { 'content-type': 'text/plain' })
      .end('There is no such mail, or not any more.\n');
    return;
  }
  response.writeHead(200, {
    'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    'content-type': file ? 'text/plain; charset=utf-8' : 'text/html; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });
  response.end(file ? file.content : withHead(mail));
}

/** The mail's own page with what a mail program puts above it. */
function withHead(mail: InboxMail): string {
  const files = mail.attachments.map(
    ({ name }, at) => `<a href="${mailPath(mail.number)}/${at + 1}">${escape(name)}</a>`,
  );
  const lines = [
    ['Subject', escape(mail.subject)],
    ['From', escape(mail.from)],
    ['To', escape(mail.to)],
    ...(files.length === 0 ? [] : [['Attached', files.join(', ')]]),
  ];
  const head = `<header style="max-width:600px;margin:0 auto 16px">${lines
    .map(([name, html]) => `<div><b>${name}</b>: ${html}</div>`)
    .join('')}</header>`;
  // A function: a subject may hold what replace() would take for a pattern.
  return mail.html.replace(/<body[^>]*>/, (body) => body + head);
}
