/** Every page, state and dialog of the console: where it is, and what to do until it shows. */
import type { Page } from 'playwright-core';

import type { Furnished } from './furnished.ts';
import { MAIL_STATES } from './states-mail.ts';
import { WAYS_STATES } from './states-ways.ts';
import { next } from './wizard.ts';

/** A state of a page. */
export interface State {
  name: string;
  path: string | ((made: Furnished) => string);
  /** Brings it about, and settles when it shows. */
  ready: (page: Page) => Promise<unknown>;
}

const heading =
  (name: string | RegExp, level = 1) =>
  (page: Page) =>
    page.getByRole('heading', { level, name }).first().waitFor();
const rows = (page: Page) => page.locator('tbody tr').first().waitFor();
const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first().click();
const dialog = (page: Page, name: string | RegExp) => page.getByRole('dialog', { name }).waitFor();
/** A dialog that a button of the page opens, once the page is there. */
const opens = (button: string | RegExp, title: string | RegExp) => async (page: Page) => {
  await press(page, button);
  await dialog(page, title);
};
/** What a page shows when the server does not answer its query. */
const broken = (operation: string) => async (page: Page) => {
  await page.route('**/graphql', (route) =>
    route.request().postData()?.includes(operation)
      ? route.fulfill({ status: 503, body: '{"errors":[{"message":"The database does not answer."}]}' })
      : route.continue(),
  );
  await page.reload();
  await page.getByRole('button', { name: 'Try again' }).waitFor();
  await page.unroute('**/graphql');
};

/** The charts are drawn. */
const charts = (page: Page): Promise<void> =>
  page.locator('[data-chart] path.recharts-rectangle').nth(1).waitFor();

const wizardTo = (step: 2 | 3) => async (page: Page) => {
  await page.getByRole('textbox', { name: 'Name' }).first().fill(`Wizard ${step}`);
  await next(page, 2);
  if (step === 2) {
    await page.getByLabel('Web address').fill('not an address');
    await press(page, /Advanced/);
    await press(page, 'NEXT');
    await page.locator('[aria-invalid=true]').first().waitFor();
  } else {
    await page.getByLabel('Web address').fill('https://hooks.example.com/orders');
    await next(page, 3);
    await page.getByRole('combobox', { name: 'Resource' }).click();
    await page.getByRole('option', { name: /Document/ }).click();
    await page
      .getByText(/stays inactive/)
      .first()
      .waitFor();
  }
};

/** Those of the root administrator, on a furnished server. */
export const STATES: State[] = [
  { name: 'webhooks', path: '/webhooks', ready: rows },
  {
    name: 'webhooks-no-match',
    path: '/webhooks?search=nothing-like-this',
    ready: heading('No webhooks match', 2),
  },
  { name: 'webhooks-error', path: '/webhooks', ready: broken('WebhooksTable') },
  { name: 'webhooks-delete', path: '/webhooks', ready: opens(/^Delete webhook/, 'Delete Webhook') },
  { name: 'wizard-1', path: '/webhooks/new', ready: heading('Step 1 of 3', 3) },
  { name: 'wizard-2-refused', path: '/webhooks/new', ready: wizardTo(2) },
  { name: 'wizard-3-inactive', path: '/webhooks/new', ready: wizardTo(3) },
  { name: 'listeners', path: '/settings/api/webhook-listeners', ready: rows },
  {
    name: 'listener-new',
    path: '/settings/api/webhook-listeners/new',
    ready: heading('New Webhook Listener'),
  },
  {
    name: 'listener-refused',
    path: '/settings/api/webhook-listeners/new',
    async ready(page) {
      await press(page, 'Save');
      await page.locator('[aria-invalid=true]').first().waitFor();
    },
  },
  {
    name: 'details',
    path: ({ orders }) => `/webhooks/${orders.number}`,
    ready: heading(/Orders to the warehouse/),
  },
  {
    name: 'details-inactive',
    path: ({ inactive }) => `/webhooks/${inactive.number}`,
    ready: heading(/Document inbox/),
  },
  {
    name: 'details-paused',
    path: ({ paused }) => `/webhooks/${paused.number}`,
    ready: (page) => page.getByText('Endpoint 1 is paused').waitFor(),
  },
  {
    name: 'details-endpoint-menu',
    path: ({ paused }) => `/webhooks/${paused.number}`,
    async ready(page) {
      await press(page, 'Actions for endpoint 1');
      await page.getByRole('menuitem', { name: 'Resume now' }).waitFor();
    },
  },
  {
    name: 'details-endpoint-disable',
    path: ({ paused }) => `/webhooks/${paused.number}`,
    async ready(page) {
      await press(page, 'Actions for endpoint 1');
      await page.getByRole('menuitem', { name: 'Disable' }).click();
      await dialog(page, 'Disable Endpoint');
    },
  },
  {
    name: 'details-endpoint-deliveries',
    path: ({ off }) => `/webhooks/${off.number}`,
    async ready(page) {
      await page.getByRole('link', { name: 'Its failed deliveries' }).click();
      await rows(page);
    },
  },
  {
    name: 'details-off',
    path: ({ off }) => `/webhooks/${off.number}`,
    ready: (page) => page.getByText('Endpoint 1 is off after failures').waitFor(),
  },
  {
    name: 'details-recovered',
    path: ({ off }) => `/webhooks/${off.number}`,
    async ready(page) {
      await press(page, 'Enable: endpoint 2');
      await page.getByText('Endpoint 2 is sent to again').waitFor();
    },
  },
  {
    name: 'details-edit-details',
    path: ({ orders }) => `/webhooks/${orders.number}`,
    async ready(page) {
      await press(page, 'Edit details');
      await page.getByLabel('Description').first().waitFor();
    },
  },
  {
    name: 'details-edit-endpoints',
    path: ({ orders }) => `/webhooks/${orders.number}`,
    async ready(page) {
      await press(page, 'Edit endpoints');
      await press(page, /Advanced/);
      await page.getByRole('radio', { name: 'In order for each entity' }).waitFor();
    },
  },
  {
    name: 'details-edit-triggers',
    path: ({ orders }) => `/webhooks/${orders.number}`,
    async ready(page) {
      await press(page, 'Edit triggers');
      await page.getByRole('combobox', { name: 'Resource' }).waitFor();
    },
  },
  {
    name: 'details-disable',
    path: ({ orders }) => `/webhooks/${orders.number}`,
    ready: opens('Disable', 'Disable Webhook'),
  },
  {
    name: 'details-deliveries',
    path: ({ orders }) => `/webhooks/${orders.number}?tab=deliveries`,
    ready: rows,
  },
  {
    name: 'details-test',
    path: ({ orders }) => `/webhooks/${orders.number}?tab=test`,
    ready: (page) => page.getByRole('textbox', { name: /Payload/ }).waitFor(),
  },
  {
    name: 'details-verify',
    path: ({ orders }) => `/webhooks/${orders.number}?tab=verify`,
    ready: (page) => page.locator('pre').first().waitFor(),
  },
  ...WAYS_STATES,
  ...MAIL_STATES,
  { name: 'details-unknown', path: '/webhooks/999999', ready: heading('There is no such webhook') },
  { name: 'deliveries', path: '/deliveries', ready: rows },
  {
    name: 'deliveries-no-match',
    path: '/deliveries?search=nothing-like-this',
    ready: heading(/No deliveries match/, 2),
  },
  { name: 'deliveries-error', path: '/deliveries', ready: broken('DeliveriesTable') },
  { name: 'statistics', path: '/statistics', ready: charts },
  {
    name: 'statistics-tables',
    path: '/statistics?window=1h',
    async ready(page) {
      await charts(page);
      await page.getByRole('button', { name: 'Show as a table' }).first().click();
      await page.getByRole('button', { name: 'Show as a table' }).first().click();
      await page.getByRole('table').nth(1).waitFor();
    },
  },
  {
    name: 'statistics-definition',
    path: '/statistics',
    async ready(page) {
      await page.getByRole('button', { name: 'What “Success rate” means' }).focus();
      await page.getByRole('tooltip').waitFor();
    },
  },
  {
    name: 'details-statistics',
    path: ({ orders }) => `/webhooks/${orders.number}?tab=statistics`,
    ready: charts,
  },
  {
    name: 'delivery',
    path: ({ delivered }) => `/deliveries/${delivered}`,
    ready: (page) => page.getByRole('tab', { name: 'Response' }).waitFor(),
  },
  {
    name: 'delivery-response',
    path: ({ failed }) => `/deliveries/${failed}`,
    async ready(page) {
      await page.getByRole('tab', { name: 'Response' }).click();
      await page.getByText('<h1>500</h1>').first().waitFor();
    },
  },
  {
    name: 'delivery-timing',
    path: ({ failed }) => `/deliveries/${failed}`,
    async ready(page) {
      await page.getByRole('tab', { name: 'Timing' }).click();
      await page.getByRole('tabpanel', { name: 'Timing' }).getByRole('table').first().waitFor();
    },
  },
  {
    name: 'delivery-curl',
    path: ({ delivered }) => `/deliveries/${delivered}`,
    async ready(page) {
      await page.getByRole('tab', { name: 'cURL' }).click();
      await page.locator('pre').first().waitFor();
    },
  },
  {
    name: 'delivery-again',
    path: ({ delivered }) => `/deliveries/${delivered}`,
    ready: opens(/^(Retry|Send again)/, 'Send a delivered event again?'),
  },
  {
    name: 'delivery-waiting',
    path: ({ waiting }) => `/deliveries/${waiting}`,
    ready: (page) => page.getByText('It waits while its endpoint is paused').waitFor(),
  },
  {
    name: 'delivery-cancel',
    path: ({ waiting }) => `/deliveries/${waiting}`,
    ready: opens('Cancel delivery', 'Cancel this delivery?'),
  },
  {
    name: 'deliveries-of-replay',
    path: ({ replay }) => `/deliveries?replay=${replay}`,
    ready: rows,
  },
  {
    name: 'replay-dialog',
    path: ({ again }) => `/deliveries?webhook=${again.number}&status=succeeded`,
    async ready(page) {
      await opens('Replay …', 'Send deliveries again')(page);
      await page.getByText('12 deliveries would be sent again').first().waitFor();
      await page.getByLabel(/Also events that never/).waitFor();
    },
  },
  { name: 'replays', path: '/replays', ready: rows },
  { name: 'replays-error', path: '/replays', ready: broken('ReplaysTable') },
  {
    name: 'replay',
    path: ({ replay }) => `/replays/${replay}`,
    ready: (page) => page.getByRole('button', { name: 'Resume' }).waitFor(),
  },
  {
    name: 'replay-cancel',
    path: ({ replay }) => `/replays/${replay}`,
    ready: opens('Cancel replay', 'Cancel this replay?'),
  },
  { name: 'replay-unknown', path: '/replays/nothing', ready: heading('There is no such replay') },
  { name: 'events', path: '/events', ready: rows },
  { name: 'event', path: ({ event }) => `/events/${event}`, ready: rows },
  { name: 'catalog', path: '/settings/api/catalog', ready: rows },
  { name: 'resource', path: '/settings/api/catalog/clients', ready: heading('Client') },
  {
    name: 'resource-built-in',
    path: '/settings/api/catalog/bellwire.endpoints',
    ready: heading('Webhook endpoint'),
  },
  {
    name: 'resource-remove',
    path: '/settings/api/catalog/clients',
    ready: opens(/^Remove/, 'Remove resource'),
  },
  {
    name: 'resource-new',
    path: '/settings/api/catalog?register=1',
    ready: (page) => page.getByLabel('Model').first().waitFor(),
  },
  { name: 'logins', path: '/logins', ready: rows },
  { name: 'logins-no-match', path: '/logins?search=nothing-like-this', ready: heading(/No logins match/, 2) },
  { name: 'login-new', path: '/logins?new=1', ready: (page) => dialog(page, 'New login') },
  { name: 'login', path: ({ manager }) => `/logins/${manager.id}`, ready: heading('Nils Holm') },
  {
    name: 'login-disable',
    path: ({ manager }) => `/logins/${manager.id}`,
    ready: opens(/^Disable/, 'Disable login'),
  },
  { name: 'login-move', path: ({ manager }) => `/logins/${manager.id}`, ready: opens('Move', 'Move login') },
  {
    name: 'accounts',
    path: '/accounts',
    ready: (page) => page.getByRole('link', { name: /North/ }).waitFor(),
  },
  { name: 'teams', path: '/teams', ready: rows },
  { name: 'team-new', path: '/teams', ready: opens('New team', 'New team') },
  {
    name: 'team',
    path: ({ teamId }) => `/teams?team=${teamId}`,
    ready: (page) => dialog(page, /Night shift/),
  },
  { name: 'tokens', path: '/settings/api/access-tokens', ready: rows },
  {
    name: 'token-made',
    path: '/settings/api/access-tokens',
    async ready(page) {
      await opens('New token', 'New access token')(page);
      await page.getByRole('dialog').getByLabel('Name').fill('To look at');
      await press(page, 'Make token');
      await dialog(page, 'Your new access token');
    },
  },
  {
    name: 'token-revoke',
    path: '/settings/api/access-tokens',
    ready: opens(/^Revoke/, 'Revoke access token'),
  },
  { name: 'audit', path: '/audit', ready: rows },
  { name: 'guide', path: '/guide', ready: heading('Set Up Webhooks') },
  {
    name: 'palette',
    path: '/guide',
    async ready(page) {
      await page.keyboard.press('Control+k');
      await page.getByPlaceholder('Go to a page or a webhook').waitFor();
      await page.keyboard.type('ord');
      await page.getByText('Orders to the warehouse').first().waitFor();
    },
  },
  {
    name: 'keys',
    path: '/guide',
    async ready(page) {
      await page.keyboard.press('?');
      await dialog(page, 'Keys');
    },
  },
  { name: 'not-found', path: '/nowhere', ready: heading('There is no such page') },
];

/** Those of a root administrator on a server where nothing was ever made. */
export const EMPTY: State[] = [
  { name: 'empty-webhooks', path: '/webhooks', ready: heading('No webhook yet', 2) },
  { name: 'empty-deliveries', path: '/deliveries', ready: heading(/./, 2) },
  { name: 'empty-replays', path: '/replays', ready: heading('No replay yet', 2) },
  { name: 'empty-statistics', path: '/statistics', ready: heading(/Nothing was sent/, 2) },
  { name: 'empty-events', path: '/events', ready: heading(/./, 2) },
  { name: 'empty-catalog', path: '/settings/api/catalog', ready: rows },
  { name: 'empty-teams', path: '/teams', ready: heading(/./, 2) },
  { name: 'empty-audit', path: '/audit', ready: heading(/./, 2) },
];
