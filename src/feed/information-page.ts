/**
 * The Webhooks API information: what a person sees who opens a Create Webhooks link. Everything that a program needs stands on
 * it, with the real address in each example. It holds no script, and what came from outside is escaped.
 */
import { randomBytes } from 'node:crypto';

import type { Access } from '../access/access.ts';
import { may } from '../access/policy.ts';
import type { Viewer } from '../access/viewer.ts';
import type { Catalog, CatalogResource } from '../catalog/catalog.ts';
import { verifySnippets } from './examples.ts';
import { type Feed, mayFollow } from './feed.ts';
import { type Html, Html as Raw, html } from './html.ts';
import { jsonItem, sampleItem } from './item.ts';
import { PAGE_STYLE } from './page-style.ts';
import { DEFAULT_LIMIT, MAX_LIMIT, MAX_TIMEOUT_MS } from './parameters.ts';
import { pickSamples } from './samples.ts';

/** What it is made of. */
export interface InformationPageOptions {
  access: Pick<Access, 'loginsByIds'>;
  catalog: Pick<Catalog, 'list'>;
  feed: Pick<Feed, 'newest'>;
}

const ANY = { scope: 'webhooks', resource: null, event: null, webhook: null } as const;

/** Makes the page. */
export class InformationPage {
  readonly #options: InformationPageOptions;

  constructor(options: InformationPageOptions) {
    this.#options = options;
  }

  /** The page for the holder of a link, with the policy that it needs (Content-Security-Policy). */
  async of(viewer: Viewer, link: string): Promise<{ body: string; policy: string }> {
    const { access, catalog, feed } = this.#options;
    const [logins, resources, newest] = await Promise.all([
      access.loginsByIds([viewer.loginId, viewer.accountId]),
      catalog.list(),
      mayFollow(viewer, 'webhooks') ? feed.newest(viewer, ANY, 1, null) : [],
    ]);
    const samples = pickSamples(resources, { resource: null, event: null }, 1);
    const nonce = randomBytes(16).toString('base64');
    const facts: Facts = {
      link,
      resources,
      login: logins.get(viewer.loginId)?.name ?? '',
      account: logins.get(viewer.accountId)?.name ?? '',
      maySubscribe: may(viewer, 'WEBHOOKS_MANAGE'),
      real: newest.length > 0,
      shown: newest[0] ? jsonItem(newest[0]) : samples[0] ? sampleItem(samples[0]) : null,
    };
    return {
      body: document(facts, nonce).text,
      policy: `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    };
  }
}

interface Facts {
  link: string;
  resources: CatalogResource[];
  login: string;
  account: string;
  maySubscribe: boolean;
  /** Whether shown has happened. */
  real: boolean;
  /** A notification as JSON text, or null where the catalog is empty. */
  shown: string | null;
}

const SECTIONS: [id: string, title: string, body: (facts: Facts) => Html][] = [
  ['operations', 'What you can ask for', operations],
  ['notification', 'What a notification looks like', notification],
  ['poll', 'Poll the newest', poll],
  ['follow', 'Follow without a gap', follow],
  ['subscribe', 'Subscribe an address', subscribe],
  ['catalog', 'What can happen', whatCanHappen],
  ['verify', 'Verify a signature', verify],
  ['errors', 'When something is wrong', errors],
];

function document(facts: Facts, nonce: string): Html {
  const [description, page] = [`${facts.link}/openapi.json`, `${facts.link}/info`];
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Webhooks API information · Bellwire</title>
        <style nonce="${nonce}">
          ${new Raw(PAGE_STYLE)}
        </style>
      </head>
      <body>
        <a class="skip" href="#operations">To the content</a>
        <header>
          <p class="brand">Bellwire</p>
          <h1>Webhooks API information</h1>
          <p>
            This address is the key to the notifications of <b>${facts.login}</b>${
              facts.account === facts.login ? '' : html`, account <b>${facts.account}</b>`
            }:
            a site that has it can pull them at its own pace, or subscribe to them. There is nothing to
            install and no other key. Keep it secret; its owner can make a new one at any time, and this one
            ends.
          </p>
          <p>
            For programs: <a href="${description}">OpenAPI description</a>. This page, whatever your program
            accepts: <a href="${page}">${page}</a>
          </p>
          <nav aria-label="On this page">
            <ul>
              ${SECTIONS.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}
            </ul>
          </nav>
        </header>
        <main>
          ${SECTIONS.map(
            ([id, title, body]) =>
              html`<section id="${id}" aria-labelledby="${id}-title">
                <h2 id="${id}-title">${title}</h2>
                ${body(facts)}
              </section>`,
          )}
        </main>
      </body>
    </html> `;
}

function operations({ maySubscribe }: Facts): Html {
  const rows: [string, string, string][] = [
    [
      'GET',
      '/events',
      'The newest notifications, the newest first: a JSON array, as Zapier and Make poll it.',
    ],
    [
      'GET',
      '/feed',
      'The notifications behind one that you have, in order and without a gap: a batch of CloudEvents.',
    ],
    ['GET', '/samples', 'A sample of each event that can be listened to.'],
    ['GET', '/subscriptions', 'Your subscriptions, each with a sample.'],
    [
      'POST',
      '/subscriptions',
      `Subscribes an address to an event; returns an id.${maySubscribe ? '' : ' This login may not: it needs WEBHOOKS_MANAGE.'}`,
    ],
    ['DELETE', '/subscriptions/<id>', 'Unsubscribes.'],
    ['GET', '/openapi.json', 'All this as OpenAPI 3.1.'],
    ['GET', '/info', 'This page.'],
  ];
  return html`<p>
      Each path is put behind the address of this page. The address alone answers a browser with this page,
      and a program as <code>/events</code> does, or as <code>/feed</code> where it accepts
      <code>application/cloudevents-batch+json</code>.
    </p>
    ${table(
      'Operations',
      ['Method', 'Path', 'What it does'],
      rows.map(([method, path, what]) => [
        html`<code>${method}</code>`,
        html`<code>${path}</code>`,
        html`${what}`,
      ]),
    )}
    <h3>Parameters of /events and /feed</h3>
    ${table(
      'Parameters',
      ['Name', 'Of', 'Meaning'],
      (
        [
          [
            'scope',
            'both',
            'webhooks (when left out): events that fired a webhook which the login may see. portfolio: everything that happens in its account and below.',
          ],
          ['resource', 'both', 'Only events of this resource, such as clients.'],
          ['event', 'both', 'Only events of this name, such as create.'],
          ['webhook', 'both', 'Only what fired this webhook: its number or its id.'],
          [
            'limit',
            'both',
            `The most notifications of one answer: 1 to ${MAX_LIMIT}, else ${DEFAULT_LIMIT}.`,
          ],
          [
            'since',
            '/events',
            'Only what was published then or later, such as 2026-01-31T12:00:00Z. No sample then.',
          ],
          [
            'lastEventId',
            '/feed',
            'The id of the last notification that you have. Without it: from the oldest that is kept.',
          ],
          [
            'timeout',
            '/feed',
            `How long to wait for a notification when there is none, in milliseconds: 0 to ${MAX_TIMEOUT_MS}, else 0.`,
          ],
        ] as [string, string, string][]
      ).map(([name, of, meaning]) => [html`<code>${name}</code>`, html`${of}`, html`${meaning}`]),
    )}`;
}

function notification({ shown, real }: Facts): Html {
  if (shown === null)
    return html`<p>
      Nothing can happen yet: the catalog of this platform is empty. Come back when something was registered.
    </p>`;
  return html`<p>
      ${
        real
          ? 'This is the newest one.'
          : 'Nothing has happened yet, so this is a sample: it is marked with "sample": true, and never stands in an answer together with real ones.'
      }
      In <code>data</code> is the record as the platform published it; all else is about the event.
      <code>id</code> stays the same wherever and however often you meet the event, and is never used again.
      <code>webhookNumbers</code> says which webhooks it fired.
    </p>
    ${code(JSON.stringify(JSON.parse(shown), null, 2), 'A notification')}`;
}

function poll({ link }: Facts): Html {
  return html`<p>
      Ask as often as you like, and leave out the ids that you have seen. The answer carries an
      <code>ETag</code>: give it back, and as long as nothing is new you get <code>304</code> without a body.
    </p>
    ${code(
      `curl --silent --include '${link}/events?limit=20'\ncurl --silent --include '${link}/events?limit=20' --header 'If-None-Match: "…the ETag…"'`,
      'Polling the newest',
    )}
    <p>
      While there is nothing yet the array holds one sample, so that a tool that wants to see the fields finds
      them.
    </p>`;
}

function follow({ link }: Facts): Html {
  return html`<p>
      Ask with the <code>id</code> of the last notification that you have dealt with; the answer holds those
      behind it, the oldest first. Nothing is missed and nothing comes twice, however many are published at
      the same time. An empty array means that there are none yet. With <code>timeout</code> the answer waits
      for them.
    </p>
    ${code(
      `last=""
while true; do
  batch=$(curl --silent --fail --max-time 90 --get '${link}/feed' --data-urlencode "lastEventId=$last" --data "timeout=30000") || { sleep 1; continue; }
  # Deal with each of the batch here, then remember the last one.
  echo "$batch" | jq --raw-output '.[] | "\\(.id) \\(.type) \\(.data)"'
  last=$(echo "$batch" | jq --raw-output --arg last "$last" '(last // {id: $last}).id')
done`,
      'Following the feed (bash, curl and jq)',
    )}
    <p>
      Keep <code>last</code> where it survives a restart. Where it is too old, since what it names is not kept
      any more, the answer is <code>410</code> with the code <code>CURSOR_EXPIRED</code>.
    </p>`;
}

function subscribe({ link, resources, maySubscribe }: Facts): Html {
  const [sample] = pickSamples(resources, { resource: null, event: null }, 1);
  const body = JSON.stringify({
    targetUrl: 'https://example.com/hooks/1',
    resource: sample?.resource ?? 'clients',
    event: sample?.event ?? 'create',
  });
  return html`${
      maySubscribe
        ? ''
        : html`<p class="note">The login of this link may not manage webhooks, so these calls answer 403.</p>`
    }
    <p>
      REST hooks: your address gets a signed POST for each event, with retries. No handshake is asked for. The
      subscription is a webhook, and stands in the table of the Webhooks page like any other.
    </p>
    ${code(
      `curl --silent '${link}/subscriptions' --header 'Content-Type: application/json' --data '${body}'`,
      'Subscribing',
    )}
    <p>
      The answer is <code>201</code> with the <code>id</code>, and with <code>signingSecret</code>, which is
      shown this once. To end it:
    </p>
    ${code(`curl --silent --request DELETE '${link}/subscriptions/whk_…'`, 'Unsubscribing')}
    <p>An address that answers <code>410 Gone</code> gets nothing more, either.</p>`;
}

function whatCanHappen({ resources }: Facts): Html {
  const open = resources.filter((resource) => resource.allowed);
  if (open.length === 0) return html`<p>There is nothing yet that webhooks can listen to.</p>`;
  return html`<p>What webhooks can listen to, with the fields of each record and a sample.</p>
    ${open.map(
      (resource) =>
        html`<details>
          <summary>
            <b>${resource.label}</b> <code>${resource.name}</code>
            <span class="events">${resource.events.map((event) => event.name).join(', ')}</span>
          </summary>
          ${resource.description === '' ? '' : html`<p>${resource.description}</p>`}
          ${table(
            `Events of ${resource.label}`,
            ['Event', 'Name', 'Can be listened to'],
            resource.events.map((event) => [
              html`${event.label}`,
              html`<code>${event.name}</code>`,
              html`${event.supported ? 'Yes' : 'No'}`,
            ]),
          )}
          <h3>Fields</h3>
          ${code(resource.model, `Fields of ${resource.label}`)}
          <h3>Sample</h3>
          ${code(JSON.stringify(resource.events[0]?.examplePayload ?? {}, null, 2), `Sample of ${resource.label}`)}
        </details>`,
    )}`;
}

function verify(): Html {
  return html`<p>
      A POST to a subscribed address is signed by the rules of
      <a href="https://www.standardwebhooks.com/" rel="noreferrer">Standard Webhooks</a>: check it before you
      believe it, with the <code>signingSecret</code>, over the body as it came. What you pull from here needs
      no check.
    </p>
    ${verifySnippets().map(
      ({ language, text }, index) =>
        html`<details${index === 0 ? new Raw(' open') : ''}>
          <summary><b>${language}</b></summary>
          ${code(text, `Check of a signature, ${language}`)}
        </details>`,
    )}`;
}

function errors(): Html {
  return html`<p>
      A refusal is JSON by RFC 9457 (<code>application/problem+json</code>): <code>detail</code> says what was
      wrong and what to do, <code>code</code> is for programs.
    </p>
    ${table(
      'Status codes',
      ['Status', 'What it means'],
      [
        ['400', 'A parameter is wrong; the answer names it.'],
        ['403', 'The login of the link may not do that.'],
        ['404', 'The address is none, or not any more: its owner has made a new one, or ended it.'],
        ['410', 'lastEventId names an event that is not kept any more, or none.'],
        ['415, 422', 'What was posted is no JSON, or has problems; each names its field.'],
        ['429', 'Too many requests of this link wait at the same time; Retry-After says when to come back.'],
        ['503', 'The server is busy or about to restart; try again in a moment.'],
      ].map(([status, meaning]) => [html`<code>${status!}</code>`, html`${meaning!}`]),
    )}`;
}

function table(label: string, head: string[], rows: Html[][]): Html {
  return html`<div class="table" tabindex="0" role="group" aria-label="${label}">
    <table>
      <thead>
        <tr>
          ${head.map((name) => html`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (cells) =>
            html`<tr>
              ${cells.map((cell) => html`<td>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function code(text: string, label: string): Html {
  return html`<pre tabindex="0" role="group" aria-label="${label}"><code>${text}</code></pre>`;
}
