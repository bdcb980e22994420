/**
 * The pages behind the links in mails: /mail/confirm/<token> and /mail/unsubscribe/<token>. To open one changes nothing,
 * since programs that look at mails open links; its button does, and so does a mail program that unsubscribes by itself
 * (RFC 8058). Whoever has the link may use it: no session, no cookie, no Origin is asked for. A link that is none any more
 * and one that never was look alike. Pages hold no script.
 */
import { randomBytes } from 'node:crypto';

import { type Request, type RequestHandler, type Response, Router } from 'express';

import type { LinkSubject } from '../mailboxes/consent.ts';
import type { LinkPurpose } from '../mailboxes/links.ts';
import { escapeHtml as escape } from '../sending/mail/layout.ts';
import type { Rooms } from './rooms.ts';

/** What it is made of. */
export interface MailPagesOptions {
  rooms: Pick<Rooms, 'consent'>;
}

/** What a page says. */
interface Page {
  title: string;
  /** Texts, one paragraph each. */
  texts: string[];
  subject?: LinkSubject;
  /** The button that does it. */
  button?: string;
  tone?: 'good';
}

const NOT_FOUND: Page = {
  title: 'This link is not valid, or not any more',
  texts: [
    'A link to confirm is good for 7 days and ends when a newer one is sent. Whoever manages the webhook can send you a new mail.',
  ],
};

const PAGES: Record<
  LinkPurpose,
  { ask: (subject: LinkSubject) => Page; done: (subject: LinkSubject) => Page }
> = {
  confirm: {
    ask: (subject) =>
      subject.status === 'CONFIRMED'
        ? confirmed(subject)
        : {
            title: 'Confirm mails of this webhook?',
            texts: [
              'Each event that fires the webhook becomes a mail to this mailbox, with the record as JSON. When there are many, one mail tells of several.',
              'You can end it at any time by the link in each mail.',
            ],
            subject,
            button: 'Confirm',
          },
    done: confirmed,
  },
  unsubscribe: {
    ask: (subject) =>
      subject.status === 'UNSUBSCRIBED'
        ? unsubscribed(subject)
        : {
            title: 'End the mails of this webhook?',
            texts: ['This mailbox gets nothing more of it, and what still waits is cancelled.'],
            subject,
            button: 'End the mails',
          },
    done: unsubscribed,
  },
};

function confirmed(subject: LinkSubject): Page {
  return {
    title: 'Confirmed',
    texts: ['From now on this mailbox gets the mails of the webhook. You can close this page.'],
    subject,
    tone: 'good',
  };
}

function unsubscribed(subject: LinkSubject): Page {
  return {
    title: 'The mails have ended',
    texts: ['This mailbox gets nothing more of the webhook. You can close this page.'],
    subject,
    tone: 'good',
  };
}

/** The routes, to be hung under /mail. */
export function mailPages({ rooms }: MailPagesOptions): Router {
  const router = Router();
  for (const purpose of ['confirm', 'unsubscribe'] as const) {
    const { ask, done } = PAGES[purpose];
    const act = (token: string) =>
      purpose === 'confirm' ? rooms.consent.confirm(token) : rooms.consent.unsubscribe(token);
    const route = router.route(`/${purpose}/:token`);
    route.get(answer((token) => rooms.consent.look(purpose, token), ask));
    route.post(answer(act, done));
    route.all((_request, response) => {
      response.set('Allow', 'GET, HEAD, POST').status(405).end();
    });
  }
  return router;
}

function answer(
  find: (token: string) => Promise<LinkSubject | undefined>,
  page: (subject: LinkSubject) => Page,
): RequestHandler {
  return async (request: Request, response: Response) => {
    const subject = await find(String(request.params['token']));
    const nonce = randomBytes(16).toString('base64');
    response.set(
      'Content-Security-Policy',
      `default-src 'none'; style-src 'nonce-${nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    );
    response.set('X-Robots-Tag', 'noindex').type('html');
    response.status(subject === undefined ? 404 : 200).send(html(subject ? page(subject) : NOT_FOUND, nonce));
  };
}

function html({ title, texts, subject, button, tone }: Page, nonce: string): string {
  const facts =
    subject === undefined
      ? ''
      : `<dl>${[
          ['Webhook', `${subject.webhookName} (number ${subject.webhookNumber})`],
          ['Account', subject.accountName],
          ['Mailbox', subject.address],
        ]
          .map(([name, value]) => `<div><dt>${name}</dt><dd>${escape(value!)}</dd></div>`)
          .join('')}</dl>`;
  const mark = tone === 'good' ? '<span class="mark" aria-hidden="true">✓</span>' : '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)} · Bellwire</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<main>
<p class="brand">Bellwire</p>
<h1>${mark}${escape(title)}</h1>
${facts}
${texts.map((text) => `<p>${escape(text)}</p>`).join('\n')}
${button === undefined ? '' : `<form method="post"><button type="submit">${escape(button)}</button></form>`}
</main>
</body>
</html>
`;
}

/** The console's colours (src/console/theme.ts), in both schemes. */
const STYLE = `
:root { color-scheme: light dark; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; box-sizing: border-box; padding: 16px;
  background: light-dark(#f8f9fa, #1f1f1f); color: light-dark(#000, #c9c9c9); overflow-wrap: anywhere;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { box-sizing: border-box; width: 100%; max-width: 480px; padding: 32px; border-radius: 8px;
  background: light-dark(#fff, #242424); border: 1px solid light-dark(#dee2e6, #424242);
  box-shadow: 0 1px 3px rgb(0 0 0 / .05), 0 10px 15px -5px rgb(0 0 0 / .05); }
h1 { margin: 0 0 20px; font-size: 26px; line-height: 1.3; font-weight: 650; }
p { margin: 0 0 12px; }
.brand { margin: 0 0 8px; font-size: 14px; font-weight: 600; color: light-dark(#2a5d9e, #89afd9); }
.mark { margin-inline-end: 10px; color: light-dark(#2b8a3e, #69db7c); }
dl { margin: 0 0 20px; border-bottom: 1px solid light-dark(#dee2e6, #424242); }
dl div { display: flex; gap: 16px; padding: 8px 0; border-top: 1px solid light-dark(#dee2e6, #424242); }
dt { flex: 0 0 80px; color: light-dark(#495057, #b8b8b8); }
dd { margin: 0; min-width: 0; }
form { margin: 24px 0 0; }
button { font: inherit; font-weight: 600; padding: 9px 22px; border: 0; border-radius: 8px; cursor: pointer;
  background: #2a5d9e; color: #fff; }
button:hover { background: #1f3a5f; }
@media (max-width: 420px) { main { padding: 24px 20px; } h1 { font-size: 23px; } dl div { display: block; } }
:focus-visible { outline: 2px solid light-dark(#2a5d9e, #89afd9); outline-offset: 2px; }
`;
