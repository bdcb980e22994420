/** The states of what the Advanced section offers, and of signing secrets on the page of a webhook. */
import type { Page } from 'playwright-core';

import { edit } from './details.ts';
import type { State } from './states.ts';
import { choose, next, row } from './wizard.ts';

const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first().click();
const dialog = (page: Page, name: string) => page.getByRole('dialog', { name }).waitFor();
const waysPath: State['path'] = ({ ways }) => `/webhooks/${ways.number}`;

/** Step 2 with the Advanced section opened. */
async function advanced(page: Page): Promise<void> {
  await page.getByLabel('Name', { exact: false }).first().fill('Partners');
  await next(page, 2);
  await row(page, 'Endpoint 1').getByLabel('Web address').fill('https://hooks.example.com/orders');
  await press(page, 'Advanced');
}

/** Chooses a type of authentication, and looks at it. */
async function authenticate(page: Page, type: string): Promise<void> {
  await choose(row(page, 'Endpoint 1'), 'Authentication', type);
  await row(page, 'Authentication').scrollIntoViewIfNeeded();
}

const advancedWith = (type: string, more: (page: Page) => Promise<unknown> = async () => undefined) =>
  async function ready(page: Page): Promise<void> {
    await advanced(page);
    await authenticate(page, type);
    await more(page);
  };

/** Those of the webhook with an endpoint for each way. */
export const WAYS_STATES: State[] = [
  {
    name: 'wizard-2-basic-refused',
    path: '/webhooks/new',
    ready: advancedWith('Basic', async (page) => {
      await press(page, 'NEXT');
      await page.locator('[data-field="endpoints.0.authentication.basic.username"]:focus').waitFor();
    }),
  },
  { name: 'wizard-2-bearer', path: '/webhooks/new', ready: advancedWith('Bearer token') },
  { name: 'wizard-2-api-key', path: '/webhooks/new', ready: advancedWith('API key') },
  { name: 'wizard-2-oauth', path: '/webhooks/new', ready: advancedWith('OAuth 2.0 client credentials') },
  {
    name: 'wizard-2-mutual-tls-refused',
    path: '/webhooks/new',
    ready: advancedWith('Mutual TLS', async (page) => {
      await press(page, 'NEXT');
      await page.getByRole('alert').filter({ hasText: '2 things' }).waitFor();
      await page.getByRole('button', { name: 'Read the private key from a file' }).scrollIntoViewIfNeeded();
    }),
  },
  {
    name: 'wizard-2-unsigned',
    path: '/webhooks/new',
    async ready(page) {
      await advanced(page);
      await page.getByRole('radiogroup', { name: 'Signing' }).getByRole('radio', { name: 'None' }).check();
      await page.getByRole('radio', { name: 'CloudEvents, binary' }).check();
      await page.getByRole('region', { name: 'example: CloudEvents, binary' }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'details-ways',
    path: waysPath,
    async ready(page) {
      await page.getByText(/ends in 2[34] h/).waitFor();
      await page.getByRole('heading', { name: 'Endpoint 2' }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'details-stored-credential',
    path: waysPath,
    async ready(page) {
      await edit(page, 'endpoints');
      await row(page, 'Endpoint 1').getByRole('button', { name: 'Advanced' }).click();
      await page.getByText('Stored · shipping').waitFor();
    },
  },
  {
    name: 'details-credential-again',
    path: waysPath,
    async ready(page) {
      await edit(page, 'endpoints');
      await row(page, 'Endpoint 1').getByLabel('Web address').fill('https://other.example.com/orders');
      await press(page, 'Save');
      await page.getByRole('button', { name: 'Type it again' }).waitFor();
    },
  },
  {
    name: 'details-reveal',
    path: waysPath,
    async ready(page) {
      await press(page, 'Reveal the signing secret of endpoint 1');
      await dialog(page, 'Reveal signing secret');
    },
  },
  {
    name: 'details-revealed',
    path: waysPath,
    async ready(page) {
      await press(page, 'Reveal the signing secret of endpoint 1');
      await page.getByRole('dialog').getByRole('button', { name: 'Reveal' }).click();
      await page.getByRole('region', { name: 'the signing secret of endpoint 1' }).waitFor();
    },
  },
  {
    name: 'details-rotate',
    path: waysPath,
    async ready(page) {
      await press(page, 'Rotate the signing secret of endpoint 1');
      await dialog(page, 'Rotate signing secret');
    },
  },
  {
    name: 'details-rotated',
    path: waysPath,
    async ready(page) {
      await press(page, 'Rotate the signing secret of endpoint 2');
      await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click();
      await dialog(page, 'The new public key');
    },
  },
  {
    name: 'details-verify-ways',
    path: ({ ways }) => `/webhooks/${ways.number}?tab=verify`,
    async ready(page) {
      await page.getByRole('radiogroup', { name: 'How the endpoint signs' }).getByText('Key pair').click();
      await page.getByRole('region', { name: 'the steps in any other language' }).waitFor();
    },
  },
];
