/**
 * Every page, state and dialog of the console, in both schemes and 320 px wide: no violation of WCAG 2.2 AA that
 * axe knows, nothing wider than the screen, nothing refused by the policy. The pictures are for people.
 */
import type { Page } from 'playwright-core';

import { figure } from '../support/figure.ts';
import { createPerson } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { openWatchedPage, type WatchedPage } from './chromium.ts';
import { type Console, startConsole } from './console.ts';
import { furnish, type Furnished } from './furnished.ts';
import { inspect, type Inspection } from './inspect.ts';

let site: Console;
let receiver: Receiver;
let made: Furnished;
let root: WatchedPage;
const table: Inspection[] = [];

beforeAll(async () => {
  site = await startConsole();
  receiver = await startReceiver();
  made = await furnish(site.server.api, receiver);
  root = await site.open('/guide');
});
afterAll(async () => {
  for (const { name, passes, violations, overflow } of table)
    figure('axe', { page: name, passes, violations: violations.length, overflow });
  await site?.stop();
  await receiver?.close();
});

/** A state of a page: where, what to wait for, and what to do first. */
interface State {
  name: string;
  path: string | (() => string);
  ready: (page: Page) => Promise<unknown>;
}

const heading =
  (name: string | RegExp, level = 1) =>
  (page: Page) =>
    page.getByRole('heading', { level, name }).first().waitFor();
const rows = (page: Page) => page.locator('tbody tr').first().waitFor();

const STATES: State[] = [
  { name: 'webhooks', path: '/webhooks', ready: rows },
  {
    name: 'webhooks-no-match',
    path: '/webhooks?search=nothing-like-this',
    ready: heading('No webhooks match', 2),
  },
  {
    name: 'webhooks-delete',
    path: '/webhooks',
    async ready(page) {
      await page
        .getByRole('button', { name: /^Delete webhook/ })
        .first()
        .click();
      await page.getByRole('button', { name: 'CONFIRM' }).waitFor();
    },
  },
  { name: 'listeners', path: '/settings/api/webhook-listeners', ready: rows },
  {
    name: 'palette',
    path: '/guide',
    async ready(page) {
      await page.keyboard.press('Control+k');
      await page
        .getByRole('textbox', { name: /Go to a page/ })
        .or(page.getByRole('combobox', { name: /Go to a page/ }))
        .first()
        .waitFor();
      await page.keyboard.type('ord');
      await page.getByText('Orders to the warehouse').first().waitFor();
    },
  },
  {
    name: 'keys',
    path: '/guide',
    async ready(page) {
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    },
  },
  { name: 'not-found', path: '/nowhere', ready: heading('There is no such page') },
];

describe('every page of the console', () => {
  it.each(STATES)(
    '$name has no violation in either scheme and fits a narrow screen',
    async ({ name, path, ready }) => {
      await check(root, name, typeof path === 'string' ? path : path(), ready);
    },
  );

  it('the sign-in, before and after a refusal', async () => {
    const watched = await openWatchedPage(site.browser);
    await check(watched, 'sign-in', '/sign-in', heading('Sign in to Bellwire'));
    await check(watched, 'sign-in-refused', '/sign-in?ended=1', async (page) => {
      await page.getByLabel('Access token or one-time link').fill('not a token');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('That did not work').waitFor();
      watched.complaints.length = 0;
    });
    await watched.page.context().close();
  });

  it('what a login without permissions sees', async () => {
    const plain = await createPerson(site.server, { name: 'Plain' });
    const watched = await site.open('/', { token: plain.api.token! });
    await check(watched, 'forbidden', '/webhooks', heading('You may not see this page'));
    await watched.page.context().close();
  });
});

async function check(watched: WatchedPage, name: string, path: string, ready: State['ready']): Promise<void> {
  const { page, complaints } = watched;
  await page.goto(site.url + path);
  await page.getByRole('heading').first().waitFor();
  await ready(page);
  const found = await inspect(page, name);
  table.push(found);
  expect(found.violations).toEqual([]);
  expect(found.overflow).toBe(0);
  expect(complaints).toEqual([]);
  expect(made).toBeDefined();
}
