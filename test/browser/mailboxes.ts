/** Mailboxes as their owners and whoever manages a webhook drive them: the choice in the form, the pages behind the links. */
import type { Locator, Page } from 'playwright-core';

import { linkIn, type MailServer, mailTo } from '../support/mail-server.ts';
import { openWatchedPage } from './chromium.ts';
import type { Console } from './console.ts';
import { row } from './wizard.ts';

/** Chooses where an endpoint of a form sends: "URL", "Mailbox", "The team’s mailboxes". */
export const sendTo = (page: Page, kind: string, endpoint = 'Endpoint 1'): Promise<void> =>
  row(page, endpoint).getByRole('radio', { name: kind, exact: true }).check();

/** The field of the mailbox of an endpoint. */
export const addressField = (page: Page, endpoint = 'Endpoint 1'): Locator =>
  row(page, endpoint).getByRole('textbox', { name: 'E-mail address' });

/** The rows of the mailboxes of an endpoint, on the page of its webhook. */
export const mailboxRows = (page: Page, endpoint = 'endpoint 1'): Locator =>
  page.getByRole('list', { name: `Mailboxes of ${endpoint}` }).getByRole('listitem');

/** Opens the page behind a link of the newest such mail to an address, in a browser that knows no session. */
async function openLink(
  site: Console,
  mail: MailServer,
  address: string,
  purpose: 'confirm' | 'unsubscribe',
): Promise<Page> {
  const fits = (one: MailServer['mails'][number]): boolean =>
    mailTo(address)(one) && one.mail.subject!.startsWith('Confirm mails') === (purpose === 'confirm');
  await mail.find(fits);
  const { page } = await openWatchedPage(site.browser);
  await page.goto(linkIn(mail.mails.findLast(fits)!, purpose));
  return page;
}

/** Confirms a mailbox by the button of its page. */
export async function confirmByButton(site: Console, mail: MailServer, address: string): Promise<void> {
  const page = await openLink(site, mail, address, 'confirm');
  await page.getByText(address).waitFor();
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByRole('heading', { name: 'Confirmed' }).waitFor();
  await page.context().close();
}

/** Ends the mails to a mailbox by the button of its page. */
export async function unsubscribeByButton(site: Console, mail: MailServer, address: string): Promise<void> {
  const page = await openLink(site, mail, address, 'unsubscribe');
  await page.getByRole('button', { name: 'End the mails' }).click();
  await page.getByRole('heading', { name: 'The mails have ended' }).waitFor();
  await page.context().close();
}
