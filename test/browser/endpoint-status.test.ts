/** Endpoints that are not sent to, as their webhook's page shows them: paused, off by themselves, off by hand, back again. */
import type { Locator, Page } from 'playwright-core';

import type { Api } from '../support/api.ts';
import { createPerson, createTeam } from '../support/people.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import {
  clientEvent,
  createWebhook,
  type MadeWebhook,
  publish,
  publishMany,
  registerResource,
} from '../support/scenario.ts';
import { type Console, startConsole } from './console.ts';
import { closed, edit, entity, fact, part, press } from './details.ts';
import { row } from './wizard.ts';

let site: Console;
let api: Api;
let receiver: Receiver;

async function start(settings: Record<string, string>): Promise<void> {
  site = await startConsole(settings);
  ({ api } = site.server);
  await registerResource(api);
}
beforeEach(async () => {
  receiver = await startReceiver(status(500));
});
afterEach(() => receiver.close());

const banner = (page: Page, title: string): Locator => page.getByRole('alert').filter({ hasText: title });
const card = (page: Page, number: number): Locator =>
  page
    .getByRole('list', { name: 'Endpoints' })
    .locator('> li')
    .nth(number - 1);
const readEndpoint = (id: string): Promise<any> =>
  api.run('query ($id: ID!) { node(id: $id) { ... on Endpoint { status statusReason failingSince } } }', {
    id,
  });
/** The state of each delivery of a webhook, newest first. */
const states = async (webhookId: string): Promise<string[]> =>
  (
    await api.run(
      'query ($filter: DeliveryFilterInput) { deliveries(first: 100, filter: $filter) { nodes { status } } }',
      { filter: { webhookId } },
    )
  ).nodes.map((node: { status: string }) => node.status);
/** The page as it is now is the one that was opened: nobody loaded it again. */
async function neverReloaded(page: Page): Promise<() => Promise<void>> {
  await page.evaluate('window.opened = true');
  return async () => expect(await page.evaluate('window.opened')).toBe(true);
}
/** Publishes enough failures to pause an endpoint. */
const fail = (): Promise<string[]> => publishMany(api, 12);
/** Waits until the page's menu of an endpoint is open, and chooses. */
async function chooseAction(page: Page, number: number, name: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for endpoint ${number}` }).click();
  await page.getByRole('menuitem', { name }).click();
}

describe('an endpoint that fails, and is probed soon', () => {
  beforeAll(() =>
    start({
      BELLWIRE_PROBE_INTERVAL: '300ms',
      BELLWIRE_RETRY_SCHEDULE: '0s,20ms,20ms,20ms,20ms,20ms,20ms,20ms',
    }),
  );
  afterAll(() => site?.stop());

  it('is shown paused with cause and first failure, and sent to again, without a reload (X04)', async () => {
    const { id, number, endpointId } = await createWebhook(api, receiver.url);
    const { page, complaints } = await site.open(`/webhooks/${number}`);
    const same = await neverReloaded(page);
    await card(page, 1).getByText('Active', { exact: true }).waitFor();
    const background: (string | undefined)[] = [];
    page.on('request', (request) => {
      if (request.postData()?.includes('query WebhookDetails('))
        background.push(request.headers()['bellwire-background']);
    });

    const published = await fail();
    const paused = banner(page, 'Endpoint 1 is paused: it fails');
    await paused.waitFor();
    await card(page, 1).getByText('Paused', { exact: true }).waitFor();
    expect(await fact(paused, 'Cause').innerText()).toContain(
      'The receiver answered with a status other than 2xx.',
    );
    const { failingSince } = await readEndpoint(endpointId);
    expect(await fact(paused, 'First failure').locator('time').getAttribute('datetime')).toBe(failingSince);
    expect(await fact(paused, 'Address').innerText()).toBe(receiver.url);
    expect(await fact(paused, 'Meanwhile').innerText()).toContain('What is to be sent waits.');

    receiver.answer = status(204);
    await page.getByText('Endpoint 1 is sent to again').waitFor();
    await paused.waitFor({ state: 'detached' });
    await card(page, 1).getByText('Active', { exact: true }).waitFor();
    await same();
    // It was the page that read, with nobody there, so that the session is not kept alive.
    expect(background.length).toBeGreaterThan(0);
    expect(new Set(background)).toEqual(new Set(['1']));
    for (const one of published) await receiver.find((hit) => entity(hit) === one);
    await page.getByRole('button', { name: 'Dismiss: endpoint 1 is sent to again' }).click();
    await page.getByText('Endpoint 1 is sent to again').waitFor({ state: 'detached' });
    expect(await states(id)).not.toContain('CANCELLED');
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('an endpoint that fails, and is probed late', () => {
  beforeAll(() =>
    start({
      BELLWIRE_PROBE_INTERVAL: '1h',
      BELLWIRE_AUTO_DISABLE_AFTER: '2s',
      BELLWIRE_RETRY_SCHEDULE: '0s,600ms,600ms,600ms,600ms,600ms,600ms,600ms',
    }),
  );
  afterAll(() => site?.stop());

  /** A webhook whose endpoint is paused, with what waits for it. */
  async function pausedWebhook(page: Page, webhook: MadeWebhook): Promise<string[]> {
    const published = await fail();
    await banner(page, 'Endpoint 1 is paused').waitFor();
    expect((await readEndpoint(webhook.endpointId)).status).toBe('PAUSED');
    return published;
  }

  it('resumes at once by one press of a key, and gets what waited (X04)', async () => {
    const webhook = await createWebhook(api, receiver.url);
    const { page, complaints } = await site.open(`/webhooks/${webhook.number}`);
    await card(page, 1).waitFor();
    const published = await pausedWebhook(page, webhook);
    receiver.answer = status(204);
    await page.getByRole('button', { name: 'Resume now: endpoint 1' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Endpoint 1 is sent to again').waitFor();
    // The focus stays where the button was.
    await page.locator('div[tabindex="-1"]:focus').getByText('Endpoint 1 is sent to again').waitFor();
    const answered = receiver.hits.length;
    await receiver.until(answered);
    for (const one of published) await receiver.find((hit) => entity(hit) === one);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('leads from the banner to the deliveries that failed there, and nowhere else', async () => {
    const other = await startReceiver();
    const webhook = await createWebhook(api, [receiver.url, other.url]);
    const { page } = await site.open(`/webhooks/${webhook.number}`);
    await card(page, 2).waitFor();
    await pausedWebhook(page, webhook);
    await page.getByRole('link', { name: 'Its failed deliveries' }).click();
    await page.waitForURL(/tab=deliveries.*status=/);
    const rows = page.locator('tbody tr');
    await rows.first().waitFor();
    for (const text of await rows.allInnerTexts()) {
      expect(text).toContain(receiver.url);
      expect(text).toMatch(/Will retry|Failed/);
    }
    // Without the endpoint in it, the list has the other one's, too.
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await rows.filter({ hasText: other.url }).first().waitFor();
    await page.context().close();
    await other.close();
  });

  it('is off at once when the receiver says that it is gone; enabled, it gets the next event (X04)', async () => {
    receiver.answer = status(410);
    const webhook = await createWebhook(api, receiver.url, { details: { name: 'Moved away' } });
    const { page, complaints } = await site.open(`/webhooks/${webhook.number}`);
    const same = await neverReloaded(page);
    await card(page, 1).waitFor();
    await publish(api, clientEvent('refused'));
    const off = banner(page, 'Endpoint 1 is off after failures');
    await off.waitFor();
    expect(await fact(off, 'Cause').innerText()).toMatch(
      /Switched off by itself at .+\. The receiver answered 410 Gone: it wants nothing more\./,
    );
    // Instants are the reader's own, not the server's.
    expect(await fact(off, 'Cause').innerText()).not.toContain('UTC');
    await card(page, 1).getByText('Off after failures').waitFor();
    await publish(api, clientEvent('meanwhile'));

    // The saved table says so, too, and finds it by that.
    const table = await page.context().newPage();
    await table.goto(`${site.url}/webhooks?status=AUTO_DISABLED`);
    const line = table
      .getByRole('table', { name: 'Saved Webhooks' })
      .getByRole('row')
      .filter({ hasText: 'Moved away' });
    await line.getByText('Off after failures', { exact: true }).waitFor();
    expect(await line.innerText()).toContain('The receiver answered 410 Gone');
    await table.close();

    receiver.answer = status(204);
    await page.getByRole('button', { name: 'Enable: endpoint 1' }).click();
    await page.getByText('Endpoint 1 is sent to again').waitFor();
    await off.waitFor({ state: 'detached' });
    await card(page, 1).getByText('Active', { exact: true }).waitFor();
    await publish(api, clientEvent('next'));
    await receiver.find((hit) => entity(hit) === 'next');
    // What happened while it was off is not made up for.
    expect(receiver.hits.map(entity)).toEqual(['refused', 'next']);
    await same();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('is off when it failed for too long; enabling the webhook turns it on again (X04)', async () => {
    const webhook = await createWebhook(api, receiver.url);
    const { page, complaints } = await site.open(`/webhooks/${webhook.number}`);
    await card(page, 1).waitFor();
    await publish(api, clientEvent('failing'));
    const off = banner(page, 'Endpoint 1 is off after failures');
    await off.waitFor();
    const told = await readEndpoint(webhook.endpointId);
    expect(told.status).toBe('AUTO_DISABLED');
    expect(await fact(off, 'First failure').locator('time').getAttribute('datetime')).toBe(told.failingSince);
    expect(await fact(off, 'Cause').innerText()).toMatch(
      /It had failed since .+, without a success between\./,
    );
    // What waited is cancelled.
    expect(await states(webhook.id)).toEqual(['CANCELLED']);
    receiver.answer = status(204);
    await press(page, 'Enable');
    await page.getByText('Endpoint 1 is sent to again').waitFor();
    await publish(api, clientEvent('next'));
    await receiver.find((hit) => entity(hit) === 'next');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('one of two is switched off by hand, by keyboard: what waits for it ends, the other goes on (X13)', async () => {
    const other = await startReceiver();
    const webhook = await createWebhook(api, [receiver.url, other.url], {
      advanced: { retrySchedule: [0, 3600] },
    });
    await publish(api, clientEvent('waiting'));
    await receiver.until(1);
    await other.until(1);
    const { page, complaints } = await site.open(`/webhooks/${webhook.number}`);
    await page.getByRole('button', { name: 'Actions for endpoint 1' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Disable' }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Disable Endpoint' });
    await dialog.getByText(receiver.url).waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect((await readEndpoint(webhook.endpointId)).status).toBe('ACTIVE');
    await chooseAction(page, 1, 'Disable');
    await dialog.getByRole('button', { name: 'Disable' }).focus();
    await page.keyboard.press('Enter');
    const quiet = page.getByRole('status').filter({ hasText: 'Endpoint 1 is switched off' });
    await quiet.waitFor();
    await card(page, 1).getByText('Disabled', { exact: true }).waitFor();
    await card(page, 2).getByText('Active', { exact: true }).waitFor();
    expect((await states(webhook.id)).sort()).toEqual(['CANCELLED', 'SUCCEEDED']);
    receiver.answer = status(204);
    await publish(api, clientEvent('meanwhile'));
    await other.find((hit) => entity(hit) === 'meanwhile');
    await chooseAction(page, 1, 'Enable');
    await quiet.waitFor({ state: 'detached' });
    await publish(api, clientEvent('after'));
    await receiver.find((hit) => entity(hit) === 'after');
    expect(receiver.hits.map(entity)).toEqual(['waiting', 'after']);
    expect(complaints).toEqual([]);
    await page.context().close();
    await other.close();
  });

  it('changes its state under an open form without a question, and what was typed is saved', async () => {
    receiver.answer = status(410);
    const webhook = await createWebhook(api, receiver.url);
    const { page } = await site.open(`/webhooks/${webhook.number}`);
    await edit(page, 'endpoints');
    await row(page, 'Endpoint 1').getByLabel('Web address').fill(`${receiver.url}/moved`);
    await publish(api, clientEvent('refused'));
    await banner(page, 'Endpoint 1 is off after failures').waitFor();
    await page.getByRole('button', { name: 'Enable: endpoint 1' }).click();
    await page.getByText('Endpoint 1 is sent to again').waitFor();
    await press(page, 'Save');
    await closed(page, 'endpoints');
    await part(page, 'Endpoints').getByText(`${receiver.url}/moved`).waitFor();
    expect(await page.getByText('Somebody changed this webhook').count()).toBe(0);
    receiver.answer = status(204);
    await publish(api, clientEvent('next'));
    expect((await receiver.find((hit) => entity(hit) === 'next')).path).toBe('/hooks/moved');
    await page.context().close();
  });

  it('says why a switch did not work, and stays as it was', async () => {
    receiver.answer = status(410);
    const webhook = await createWebhook(api, receiver.url);
    const { page } = await site.open(`/webhooks/${webhook.number}`);
    await card(page, 1).waitFor();
    await publish(api, clientEvent('refused'));
    await banner(page, 'Endpoint 1 is off after failures').waitFor();
    await page.route('**/graphql', (route) =>
      route.request().postData()?.includes('WebhookDetailsEndpointEnable')
        ? route.fulfill({ status: 503, body: '{"errors":[{"message":"The database does not answer."}]}' })
        : route.continue(),
    );
    const button = page.getByRole('button', { name: 'Enable: endpoint 1' });
    await button.click();
    await page.getByText('Endpoint 1 could not be switched on').waitFor();
    expect((await readEndpoint(webhook.endpointId)).status).toBe('AUTO_DISABLED');
    await page.unroute('**/graphql');
    await button.click();
    await page.getByText('Endpoint 1 is sent to again').waitFor();
    await page.context().close();
  });

  it('a member of the team reads why it is off, and is offered no switch (X04)', async () => {
    receiver.answer = status(410);
    const member = await createPerson({ api }, { name: 'Member' });
    const teamId = await createTeam({ api }, 'Watchers', [member.id]);
    const webhook = await createWebhook(api, receiver.url, { details: { teamId } });
    await publish(api, clientEvent('refused', { loginId: member.id }));
    await receiver.until(1);
    const { page } = await site.open(`/webhooks/${webhook.number}`, { token: member.api.token! });
    await banner(page, 'Endpoint 1 is off after failures').waitFor();
    expect(await page.getByRole('button', { name: /Enable/ }).count()).toBe(0);
    await page.getByRole('button', { name: 'Actions for endpoint 1' }).click();
    expect(await page.getByRole('menuitem').allInnerTexts()).toEqual(['Deliveries that did not arrive']);
    await page.context().close();
  });
});
