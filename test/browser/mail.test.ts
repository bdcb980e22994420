/**
 * Mails as a mail program shows them, from messages that a real mail server got, and the pages behind their links: nothing is
 * changed by opening one, its button does it, and all of it can be read by everybody, in the light and in the dark, wide and
 * narrow. Pictures go to dist/screenshots, to be looked at.
 */
import type { Page } from 'playwright-core';

import { createMailWebhook, deliveriesOf, deliveriesTo, endpointOf } from '../support/mail-scenario.ts';
import {
  type ArrivedMail,
  linkIn,
  type MailServer,
  mailTo,
  startMailServer,
} from '../support/mail-server.ts';
import { createPerson } from '../support/people.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import { createWebhook, publish } from '../support/scenario.ts';
import { openWatchedPage, type WatchedPage } from './chromium.ts';
import { type Console, screenshot, startConsole } from './console.ts';
import { inspect, judge } from './inspect.ts';

const ADDRESS = 'broker@example.com';
const MODEL = `type Policy {
  id: ID!
  clientId: ID!
  product: Product!
  premium: Money!
  handledBy: String
  insured: [String!]
  remark: String
  renews: Boolean
  validFrom: DateTime!
}
type Money { amount: Float! currency: String! }
enum Product { HOME CAR TRAVEL }`;

let site: Console;
let mail: MailServer;
let receiver: Receiver;
let webhook: { id: string; endpointId: string };

beforeAll(async () => {
  mail = await startMailServer();
  receiver = await startReceiver(status(410));
  site = await startConsole({
    BELLWIRE_SMTP_URL: mail.url,
    BELLWIRE_MAIL_FROM: 'Bellwire <hooks@bellwire.example>',
    BELLWIRE_MAIL_RATE: '1',
    BELLWIRE_DIGEST_INTERVAL: '300ms',
  });
  const { api } = site.server;
  for (const [name, label] of [
    ['policies', 'Policy'],
    ['claims', 'Claim'],
  ])
    await api.mutate(
      'mutation ($input: CatalogResourceInput!) { resourceRegister(input: $input) { errors { code message } } }',
      {
        input: {
          ...{ name, label, model: MODEL.replace('Policy', label!) },
          events: [
            { name: 'create', label: 'Created' },
            { name: 'update', label: 'Updated' },
          ],
        },
      },
    );
  webhook = await createMailWebhook(api, ADDRESS, {
    details: { name: 'New policies by mail' },
    triggers: ['policies', 'claims'].flatMap((resource) =>
      ['create', 'update'].map((event) => ({ resource, event })),
    ),
  });
});
afterAll(async () => {
  await site?.stop();
  await mail?.close();
  await receiver?.close();
});

function policy(entityId: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    ...{ resource: 'policies', event: 'create', entityId, occurredAt: '2026-11-26T10:15:30.120Z' },
    payload: {
      ...{ id: entityId, clientId: 'cl-3120', product: 'HOME', premium: { amount: 412.5, currency: 'EUR' } },
      ...{ handledBy: 'Ada Berg', insured: ['Zoë Müller', 'Li Wei'], renews: true, remark: null },
      validFrom: '2027-01-01T00:00:00Z',
    },
    ...more,
  };
}

/** A page of a mailbox's owner, who has no session. */
async function openLink(link: string): Promise<WatchedPage> {
  const watched = await openWatchedPage(site.browser);
  await watched.page.goto(link);
  return watched;
}

const statusNow = async (): Promise<string> => (await endpointOf(site.server.api, webhook)).status as string;

/** Shows a mail's HTML as a program does that knows both schemes, and what is wrong with it. */
async function look(page: Page, name: string, { mail: { html } }: ArrivedMail): Promise<string[]> {
  await page.setContent(html as string);
  const wrong: string[] = [];
  for (const scheme of ['light', 'dark'] as const)
    for (const width of [640, 360]) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      const { violations } = await judge(page, `${name}, ${scheme}, ${width}`, ['wcag2a', 'wcag2aa']);
      wrong.push(...violations);
      const overflow = await page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      if (overflow > 0) wrong.push(`${name}, ${scheme}, ${width}: ${overflow} px too wide`);
      await screenshot(page, `mail-${name}-${scheme}-${width}`, { fullPage: true });
    }
  return wrong;
}

/** What a mail program shows of it in a list. */
const preview = async (page: Page): Promise<string> =>
  page.evaluate<string>('document.body.firstElementChild.textContent.trim()');

describe('the page of a link', () => {
  it('to confirm changes nothing by being opened; its button confirms, and says so (P22)', async () => {
    const asked = await mail.find(mailTo(ADDRESS));
    const { page, context, complaints, requests } = await openLink(linkIn(asked, 'confirm'));
    await page.getByRole('heading', { name: 'Confirm mails of this webhook?' }).waitFor();
    await page.reload();
    expect(await page.locator('dl').innerText()).toContain('New policies by mail');
    expect(await statusNow()).toBe('UNVERIFIED');
    const before = await inspect(page, 'mail-page-confirm', { console: false });
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByRole('heading', { name: 'Confirmed', exact: true }).waitFor();
    expect(await statusNow()).toBe('ACTIVE');
    const after = await inspect(page, 'mail-page-confirmed', { console: false });
    // Once more is no error, and asks nothing.
    await page.goto(linkIn(asked, 'confirm'));
    await page.getByRole('heading', { name: 'Confirmed', exact: true }).waitFor();
    expect(await page.getByRole('button').count()).toBe(0);
    expect([before.violations, after.violations].flat()).toEqual([]);
    expect([before.overflow, after.overflow]).toEqual([0, 0]);
    expect(complaints).toEqual([]);
    expect(requests.every((url) => url.startsWith(`${site.url}/mail/`))).toBe(true);
    await context.close();
  });

  it('that is none says so, and has nothing to press', async () => {
    const { page, context, complaints } = await openLink(`${site.url}/mail/confirm/mbx_x.y`);
    await page.getByRole('heading', { name: 'This link is not valid, or not any more' }).waitFor();
    expect(await page.getByRole('button').count()).toBe(0);
    expect((await inspect(page, 'mail-page-none', { console: false })).violations).toEqual([]);
    expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
    await context.close();
  });
});

describe('a mail in a mail program', () => {
  let watched: WatchedPage;
  beforeAll(async () => {
    watched = await openWatchedPage(site.browser);
  });
  afterAll(() => watched?.context.close());

  it('that asks to confirm tells who wants what, and leads to the page', async () => {
    const asked = await mail.find(mailTo(ADDRESS));
    const { page } = watched;
    expect(await look(page, 'confirmation', asked)).toEqual([]);
    expect(await preview(page)).toContain(`has asked Bellwire to send mails to ${ADDRESS}`);
    const button = page.getByRole('link', { name: 'Look and confirm' });
    expect(await button.getAttribute('href')).toBe(linkIn(asked, 'confirm'));
    expect(asked.mail.subject).toBe('Confirm mails of the webhook New policies by mail');
  });

  it('of an event shows the record as a table, where it comes from, and how to end it', async () => {
    const { page } = watched;
    await publish(site.server.api, policy('po-8429'));
    const arrived = await mail.find(deliveriesTo(ADDRESS));
    expect(await look(page, 'delivery', arrived)).toEqual([]);
    expect(arrived.mail.subject).toBe('[New policies by mail] Policy created: po-8429');
    const rows = await page.getByRole('row').allInnerTexts();
    expect(rows.map((row) => row.replace(/\s*\t\s*|\n/g, ': '))).toEqual([
      'Id: po-8429',
      'Client id: cl-3120',
      'Product: HOME',
      'Premium amount: 412.5',
      'Premium currency: EUR',
      'Handled by: Ada Berg',
      'Insured: Zoë Müller, Li Wei',
      'Renews: yes',
      'Remark: –',
      'Valid from: 2027-01-01 00:00:00 UTC',
      'Happened at: 2026-11-26 10:15:30 UTC',
    ]);
    for (const row of rows.slice(0, -1))
      expect(arrived.mail.text).toContain(row.replace(/\s*\t\s*|\n/g, ': '));
    expect(await preview(page)).toBe('Client id: cl-3120 · Product: HOME · Premium amount: 412.5');
    expect(await page.getByRole('link', { name: 'No more of these mails' }).getAttribute('href')).toBe(
      linkIn(arrived, 'unsubscribe'),
    );
    expect(arrived.mail.text).toContain('(number 1) of Root administrator.');
    expect(watched.requests).toEqual([]);
  });

  it('of several events names each, with what it is about', async () => {
    const { page } = watched;
    const events = ['po-1', 'po-2', 'po-3'].map((id) => policy(id));
    await publish(
      site.server.api,
      ...events,
      policy('cl-77', { resource: 'claims', event: 'update' }),
      policy(`po-${'9'.repeat(70)}`),
    );
    const arrived = await mail.find((one) => one.mail.attachments.length > 1);
    expect(await look(page, 'digest', arrived)).toEqual([]);
    expect(arrived.mail.subject).toBe('[New policies by mail] 5 events: Policy created, Claim updated');
    expect(await page.getByRole('row').count()).toBe(5);
    expect(await page.getByRole('row').nth(3).innerText()).toContain(
      'Claim updated: cl-77\nClient id: cl-3120 · Product: HOME · Premium amount: 412.5',
    );
    await page.getByText('All on 2026-11-26, in UTC.').waitFor();
    expect(arrived.mail.text).toContain(
      '10:15:30  Claim updated: cl-77\n  Client id: cl-3120 · Product: HOME',
    );
  });

  it('of an endpoint that switched itself off tells a manager why, and leads to the webhook', async () => {
    const { api } = site.server;
    const { id: parentId } = await api.run('{ viewer { id } }');
    const { id } = await createPerson({ api }, { name: 'Nora', parentId, permissions: ['WEBHOOKS_MANAGE'] });
    await api.mutate(
      'mutation ($id: ID!, $input: LoginInput!) { loginUpdate(id: $id, input: $input) { errors { code } } }',
      { id, input: { email: 'nora@example.com' } },
    );
    const { number } = await createWebhook(api, receiver.url, {
      details: { name: 'Policies to the old archive' },
      triggers: [{ resource: 'policies', event: 'create' }],
    });
    await publish(api, policy('po-off'));
    const arrived = await mail.find(mailTo('nora@example.com'));
    const { page } = watched;
    expect(await look(page, 'notice', arrived)).toEqual([]);
    expect(arrived.mail.subject).toBe('[Bellwire] Switched off: an endpoint of Policies to the old archive');
    expect(await preview(page)).toContain('410 Gone');
    expect(await page.getByRole('link', { name: 'Look at the webhook' }).getAttribute('href')).toBe(
      `${site.url}/webhooks/${number}`,
    );
  });
});

it('the page of the link to unsubscribe changes nothing by being opened; its button ends the mails', async () => {
  const arrived = await mail.find(deliveriesTo(ADDRESS));
  const { page, context, complaints } = await openLink(linkIn(arrived, 'unsubscribe'));
  await page.getByRole('heading', { name: 'End the mails of this webhook?' }).waitFor();
  await page.reload();
  expect(await statusNow()).toBe('ACTIVE');
  const before = await inspect(page, 'mail-page-unsubscribe', { console: false });
  await page.getByRole('button', { name: 'End the mails' }).click();
  await page.getByRole('heading', { name: 'The mails have ended' }).waitFor();
  expect(await statusNow()).toBe('AUTO_DISABLED');
  const after = await inspect(page, 'mail-page-unsubscribed', { console: false });
  expect([before.violations, after.violations].flat()).toEqual([]);
  expect([before.overflow, after.overflow]).toEqual([0, 0]);
  expect(complaints).toEqual([]);
  const deliveries = (await deliveriesOf(site.server.api, webhook)).length;
  await publish(site.server.api, policy('po-late'));
  expect(await deliveriesOf(site.server.api, webhook)).toHaveLength(deliveries);
  await context.close();
});
