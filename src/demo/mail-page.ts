/**
 * The demo's inbox in a browser: a list of the mails, each mail as a mail program would show it, and its attachments. Pages
 * without scripts.
 */
import type { ServerResponse } from 'node:http';

import { escapeHtml as escape } from '../sending/mail/layout.ts';
import type { Inbox, InboxMail } from './inbox.ts';

/** Where the list is. */
export const INBOX_PATH = '/mails';

/** Where the page of a mail is. */
export function mailPath(number: number): string {
  return `${INBOX_PATH}/${number}`;
}

/** Answers a request for the list (/mails), a mail (/mails/2) or its first attachment (/mails/2/1); with 404 where there is none. */
export function answerMailPage(inbox: Inbox | undefined, path: string, response: ServerResponse): void {
  const page = inbox && pageOf(inbox, path);
  if (page === undefined) {
    response
      .writeHead(404, { 'content-type': 'text/plain' })
      .end('There is no such mail, or not any more.\n');
    return;
  }
  response.writeHead(200, {
    'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    'content-type': `text/${typeof page === 'string' ? 'html' : 'plain'}; charset=utf-8`,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });
  response.end(page);
}

/** A page as text, a file as bytes. */
function pageOf(inbox: Inbox, path: string): string | Buffer | undefined {
  if (path === INBOX_PATH) return listPage(inbox.mails);
  const [, number, at] = /^\/mails\/(\d+)(?:\/(\d+))?$/.exec(path) ?? [];
  const mail = inbox.mail(Number(number));
  if (at !== undefined) return mail?.attachments[Number(at) - 1]?.content;
  return mail && withHead(mail);
}

/** The mail's own page with what a mail program puts above it. */
function withHead(mail: InboxMail): string {
  const files = mail.attachments.map(
    ({ name }, at) => `<a class="link" href="${mailPath(mail.number)}/${at + 1}">${escape(name)}</a>`,
  );
  const lines = [
    ['Subject', escape(mail.subject)],
    ['From', escape(mail.from)],
    ['To', escape(mail.to)],
    ...(files.length === 0 ? [] : [['Attached', files.join(', ')]]),
  ];
  const head = `<header style="max-width:600px;margin:0 auto 20px;overflow-wrap:anywhere">
<div style="margin:0 0 12px"><a class="link" href="${INBOX_PATH}">All mails</a></div>
${lines.map(([name, html]) => `<div><b>${name}</b>: ${html}</div>`).join('\n')}
</header>`;
  // A function: a subject may hold what replace() would take for a pattern.
  return mail.html.replace(/<body[^>]*>/, (body) => body + head);
}

function listPage(mails: InboxMail[]): string {
  const rows = mails.map(
    ({ number, at, to, subject }) =>
      `<tr><td>${at.toISOString().slice(11, 19)}<td>${escape(to)}<td><a href="${mailPath(number)}">${escape(subject)}</a></tr>`,
  );
  const table = `<table><tr><th>Arrived (UTC)<th>To<th>Subject</tr>${rows.join('\n')}</table>`;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5"><title>Mails of the demo</title>
<style>:root{color-scheme:light dark}body{max-width:900px;margin:24px auto;padding:0 16px;font:15px/1.5 system-ui,sans-serif}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:6px 16px 6px 0;border-bottom:1px solid #8884}
td:first-child{white-space:nowrap}</style></head>
<body>
<h1>Mails of the demo</h1>
${mails.length === 0 ? '<p>None yet.</p>' : table}
</body>
</html>
`;
}
