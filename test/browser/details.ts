/** Webhook Details as its users drive it: its parts by their headings, their buttons, what they say. */
import type { Locator, Page } from 'playwright-core';

import type { Api } from '../support/api.ts';
import type { Hit } from '../support/receiver.ts';

/** A part of the page by its heading. */
export const part = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });

/** The value of a fact, by its name. */
export const fact = (within: Locator, name: string): Locator =>
  within.locator('dt', { hasText: new RegExp(`^${name}$`) }).locator('xpath=following-sibling::dd[1]');

/** The word of the webhook's state. */
export const badge = (page: Page, word: string): Locator =>
  page.getByRole('main').getByText(word, { exact: true }).first();

/** Presses a button by its whole name. */
export const press = (page: Page, name: string): Promise<void> =>
  page.getByRole('button', { name, exact: true }).click();

/** Opens the form of "details", "endpoints" or "triggers". */
export const edit = (page: Page, what: string): Promise<void> =>
  page.getByRole('button', { name: `Edit ${what}` }).click();

/** Waits until the form of a part is closed again. */
export const closed = (page: Page, what: string): Promise<void> =>
  page.getByRole('button', { name: `Edit ${what}` }).waitFor();

/** The field of the webhook's name, in the form of its details. */
export const nameField = (page: Page): Locator => page.getByLabel('Name', { exact: false }).first();

/** The entity that a request was about. */
export const entity = ({ body }: Hit): string =>
  (JSON.parse(body.toString()) as { entityId: string }).entityId;

/** A webhook as the API tells it. */
export const readWebhook = (api: Api, id: string): Promise<any> =>
  api.run(
    `query ($id: ID!) { webhook(id: $id) {
       id number version name description status statusReason
       login { name number } account { name number } forLogin { id name } team { id name }
       endpoints { id target advanced { timeoutMs retrySchedule headers { name value secret } } secrets { id hint } }
       triggers { id resource event label name description active inactiveReason } } }`,
    { id },
  );

/** Changes a webhook by the API, as somebody else does. */
export const updateWebhook = (api: Api, id: string, input: object): Promise<unknown> =>
  api.mutate(
    `mutation ($id: ID!, $input: WebhookInput!) {
       webhookUpdate(id: $id, input: $input) { errors { code field message } webhook { version } } }`,
    { id, input },
  );
