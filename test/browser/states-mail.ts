/** The states of endpoints that are mailboxes: the choice, what owners and servers said, deliveries that are mails. */
import type { Page } from 'playwright-core';

import { edit } from './details.ts';
import type { FurnishedMails } from './furnished-mail.ts';
import { addressField, mailboxRows, sendTo } from './mailboxes.ts';
import type { State } from './states.ts';
import { add, chooseTrigger, next, row } from './wizard.ts';

const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first().click();

/** Step 2 with a kind chosen. */
async function choice(page: Page, kind: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Name' }).first().fill('Letters');
  await next(page, 2);
  await sendTo(page, kind);
}

type Place = Exclude<keyof FurnishedMails, 'delivered' | 'awaiting'>;

/** The page of one of the webhooks, once it says so. */
const details = (name: string, place: Place, says: string | RegExp): State => ({
  name,
  path: ({ mails }) => `/webhooks/${mails[place].number}`,
  async ready(page) {
    await mailboxRows(page).getByText(says).first().waitFor();
    await page.getByRole('heading', { name: 'Endpoint 1' }).scrollIntoViewIfNeeded();
  },
});

export const MAIL_STATES: State[] = [
  {
    name: 'wizard-2-mailbox',
    path: '/webhooks/new',
    async ready(page) {
      await choice(page, 'Mailbox');
      await addressField(page).fill('porter@example.com');
      await press(page, 'Advanced');
      await page.getByLabel('Retries').waitFor();
      await page.getByText('The address must cope with many messages').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'wizard-2-mailbox-refused',
    path: '/webhooks/new',
    async ready(page) {
      await choice(page, 'Mailbox');
      await addressField(page).fill('porter@');
      await press(page, 'NEXT');
      await page.locator('[aria-invalid=true]').first().waitFor();
    },
  },
  {
    name: 'wizard-2-team-mailboxes',
    path: '/webhooks/new',
    async ready(page) {
      await choice(page, 'The team’s mailboxes');
      await press(page, 'NEXT');
      await row(page, 'Endpoint 1')
        .getByText(/need a team/)
        .waitFor();
    },
  },
  {
    name: 'wizard-mailbox-added',
    path: '/webhooks/new',
    async ready(page) {
      await choice(page, 'Mailbox');
      await addressField(page).fill('front.desk@example.com');
      await next(page, 3);
      await chooseTrigger(page, 1, 'Letter', 'Created');
      await add(page);
      await page.getByText('front.desk@example.com: nothing is sent yet').waitFor();
    },
  },
  details('details-mailbox-waiting', 'waiting', /mail sent/),
  {
    ...details('details-mailbox-again', 'waiting', /mail sent/),
    async ready(page) {
      await press(page, /^Send again/);
      await page
        .getByRole('status')
        .filter({ hasText: /once a minute|goes out/ })
        .waitFor();
    },
  },
  details('details-mailbox-confirmed', 'confirmed', 'Confirmed'),
  details('details-mailbox-refused', 'refused', /^Refused by its server/),
  details('details-mailbox-left', 'left', 'Unsubscribed'),
  details('details-mailboxes-team', 'team', /mail sent/),
  {
    name: 'details-edit-mailbox',
    path: ({ mails }) => `/webhooks/${mails.confirmed.number}`,
    async ready(page) {
      await edit(page, 'endpoints');
      await addressField(page).waitFor();
    },
  },
  {
    name: 'delivery-awaiting',
    path: ({ mails }) => `/deliveries/${mails.awaiting}`,
    ready: (page) => page.getByText(/^It waits until the owner/).waitFor(),
  },
  {
    name: 'delivery-mail',
    path: ({ mails }) => `/deliveries/${mails.delivered}`,
    ready: (page) => page.getByRole('heading', { name: 'Attached JSON' }).waitFor(),
  },
  {
    name: 'delivery-mail-reply',
    path: ({ mails }) => `/deliveries/${mails.delivered}`,
    async ready(page) {
      await page.getByRole('tab', { name: /^Reply/ }).click();
      await page.getByRole('region', { name: 'reply' }).waitFor();
    },
  },
];
