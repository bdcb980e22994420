/** The wizard as its users drive it: the fields by their labels, the drop-downs by what they offer. */
import type { Locator, Page } from 'playwright-core';

import type { Api } from '../support/api.ts';
import { CLIENT_MODEL, registerResource } from '../support/scenario.ts';

/** What the tests' catalog has besides clients: a resource of one event, and one that is not allowed. */
export async function registerCatalog(api: Api): Promise<void> {
  await registerResource(api);
  const register = (input: object) =>
    api.mutate(
      'mutation ($input: CatalogResourceInput!) { resourceRegister(input: $input) { errors { message } } }',
      { input },
    );
  const model = CLIENT_MODEL.replace('Client', 'Thing');
  await register({ name: 'tickets', label: 'Ticket', model, events: [{ name: 'close', label: 'Closed' }] });
  await register({
    name: 'ledgers',
    label: 'Ledger',
    model,
    allowed: false,
    events: [{ name: 'create', label: 'Created' }],
  });
}

/** The dialog on display. */
export const dialogOf = (page: Page): Locator => page.getByRole('dialog', { name: 'Add Webhook' });

/** Presses NEXT and waits for the step with this number. */
export async function next(page: Page, step: 2 | 3): Promise<void> {
  await page.getByRole('button', { name: 'NEXT' }).click();
  await page.getByRole('heading', { name: `Step ${step} of 3` }).waitFor();
}

/** The fieldset of a row: "Endpoint 2", "Trigger 1". */
export const row = (page: Page, name: string): Locator => page.getByRole('group', { name, exact: true });

/** Chooses an option of a drop-down inside a part of the page. */
export async function choose(within: Locator, label: string, option: string): Promise<void> {
  await within.getByRole('combobox', { name: label }).click();
  await within.page().getByRole('option', { name: option }).click();
}

/** What a drop-down offers, as it reads; it is closed again. */
export async function offered(within: Locator, label: string): Promise<string[]> {
  const field = within.getByRole('combobox', { name: label });
  await field.click();
  const options = within.page().getByRole('option');
  await options.first().waitFor();
  const texts = await Promise.all(
    (await options.all()).map(async (option) => (await option.locator('span').allInnerTexts()).join(' | ')),
  );
  await field.press('Escape');
  return texts;
}

/** Chooses resource and event of a trigger by their labels. */
export async function chooseTrigger(
  page: Page,
  number: number,
  resource: string,
  event: string,
): Promise<void> {
  const trigger = row(page, `Trigger ${number}`);
  await choose(trigger, 'Resource', resource);
  await choose(trigger, 'Event', event);
}

/** Waits until the server has what was typed. */
export const kept = (page: Page): Promise<void> => page.locator('[data-keeping="kept"]').waitFor();

/** Presses ADD (or Save) and reads the signing secrets that are shown once. */
export async function add(page: Page, button = 'ADD'): Promise<string[]> {
  await page.getByRole('button', { name: button, exact: true }).click();
  await page.getByRole('heading', { name: /^Webhook \d+ is added$/ }).waitFor();
  return page.getByRole('region', { name: /^signing secret/ }).allInnerTexts();
}

/** The whole run by the mouse: name, one address, one trigger, ADD. */
export async function addWebhook(
  page: Page,
  {
    name,
    target,
    resource = 'Client',
    event = 'Created',
  }: {
    name: string;
    target: string;
    resource?: string;
    event?: string;
  },
): Promise<string[]> {
  await page.getByRole('textbox', { name: 'Name' }).first().fill(name);
  await next(page, 2);
  await row(page, 'Endpoint 1').getByLabel('Web address').fill(target);
  await next(page, 3);
  await chooseTrigger(page, 1, resource, event);
  return add(page);
}

/** Waits for a heading that has the focus; what the dialog shows instead, and what has the focus, is in the error, without secrets. */
export async function focusedHeading(page: Page, name: string): Promise<void> {
  try {
    await page.getByRole('heading', { name }).and(page.locator(':focus')).waitFor();
  } catch (error) {
    const dialog = await page.evaluate<string>(
      `document.querySelector('[role="dialog"]')?.innerText ?? 'none'`,
    );
    const focus = await page.evaluate<string>(`(() => {
      const { tagName, role, ariaLabel, dataset, innerText } = document.activeElement;
      return JSON.stringify({ tagName, role, ariaLabel, field: dataset.field, text: innerText?.slice(0, 80) });
    })()`);
    const shown = `${dialog}\nThe focus: ${focus}`.replace(/whsec_[\w+/=]+/g, 'whsec_…');
    throw new Error(`no heading “${name}” has the focus. The dialog: ${shown}`, { cause: error });
  }
}
