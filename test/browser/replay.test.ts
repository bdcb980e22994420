/** Replays as their users drive them: counted before, watched, held, cancelled; each proven at the receiver. */
import type { ServerResponse } from 'node:http';

import type { Locator, Page, Route } from 'playwright-core';

import type { Api } from '../support/api.ts';
import { createPerson, createTeam } from '../support/people.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import {
  act,
  deliveriesOf,
  deliveryOf,
  history,
  idsOf,
  readReplay,
  startReplay,
} from '../support/replays.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { type Console, screenshot, startConsole } from './console.ts';

let site: Console;
let api: Api;
let receiver: Receiver;

beforeAll(async () => {
  site = await startConsole();
  ({ api } = site.server);
  await registerResource(api);
});
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  await receiver.close();
  const { nodes } = await api.run('{ webhooks { nodes { id } } }');
  for (const { id } of nodes) await act(api, 'webhookDelete', id);
});
afterAll(() => site?.stop());

const dialogOf = (page: Page) => page.getByRole('dialog', { name: 'Send deliveries again' });
const said = (page: Page, text: string | RegExp) => dialogOf(page).getByText(text).first().waitFor();
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const word = (page: Page, text: string | RegExp) => page.locator('main').getByText(text).first().waitFor();
const replayOf = (page: Page): string => /\/replays\/(rpl_\w+)$/.exec(page.url())![1]!;
const settled = async (page: Page) => {
  await page.waitForURL(/\/replays\/rpl_/);
  await page.getByRole('heading', { level: 1, name: 'Replay' }).waitFor();
};

describe('a replay from the list of deliveries', () => {
  it('takes its filter, says how many go and how many do not, and shows what came of them', async () => {
    receiver.answer = (hit, response) => void response.writeHead(hit.body.includes('"bad') ? 500 : 204).end();
    const { webhook, deliveries } = await history(api, receiver, ['bad1', 'good', 'bad2']);
    const off = await history(api, receiver, ['bad3'], { event: 'update' });
    await act(api, 'webhookDisable', off.webhook.id);
    const { page, complaints } = await site.open('/deliveries?status=failed');
    await press(page, 'Replay …');
    await said(page, '2 deliveries would be sent again');
    await said(page, /^1 of the list is left out: what goes to a webhook/);
    // What is chosen in the dialog counts at once.
    await dialogOf(page).getByText('Delivered', { exact: true }).click();
    await said(page, '3 deliveries would be sent again');
    await dialogOf(page).getByText('Delivered', { exact: true }).click();
    await said(page, '2 deliveries would be sent again');
    await dialogOf(page).getByLabel('Deliveries a second, at most').fill('2000');
    await said(page, 'A whole number from 1 to 1,000');
    expect(await dialogOf(page).getByRole('button', { name: 'Send 2 again' }).isDisabled()).toBe(true);
    // As it is typed, not as something else.
    for (const typed of ['1.5', '-5']) {
      await dialogOf(page).getByLabel('Deliveries a second, at most').fill('');
      await dialogOf(page).getByLabel('Deliveries a second, at most').pressSequentially(typed);
      expect(await dialogOf(page).getByLabel('Deliveries a second, at most').inputValue()).toBe(typed);
      await said(page, 'A whole number from 1 to 1,000');
      await screenshot(page, 'replay-dialog-rate');
      expect(await dialogOf(page).getByRole('button', { name: 'Send 2 again' }).isDisabled()).toBe(true);
    }
    await dialogOf(page).getByLabel('Deliveries a second, at most').fill('1000');
    await page.keyboard.press('Escape');
    await dialogOf(page).waitFor({ state: 'detached' });
    expect(receiver.hits).toEqual([]);

    await press(page, 'Replay …');
    await said(page, '2 deliveries would be sent again');
    receiver.answer = (hit, response) =>
      void response.writeHead(hit.body.includes('"bad2') ? 500 : 204).end();
    await press(page, 'Send 2 again');
    await settled(page);
    await word(page, 'Finished');
    await word(page, 'Every delivery of it has come to its end.');
    expect(receiver.hits.map(deliveryOf)).toEqual(idsOf([deliveries[0]!, deliveries[2]!]));
    expect(await readReplay(api, replayOf(page))).toMatchObject({ matched: 2, succeeded: 1, failed: 1 });
    expect(await page.getByRole('progressbar').getAttribute('aria-valuetext')).toBe('2 of 2, 1 failed');
    await page.getByRole('link', { name: 'Failed: 1' }).click();
    await page.locator('tbody tr').first().waitFor();
    expect(await page.locator('tbody tr').count()).toBe(1);
    await word(page, 'bad2');
    await page.getByRole('button', { name: 'Not only of one replay' }).click();
    await word(page, 'bad3');
    expect(complaints).toEqual([]);
    expect(webhook.number).toBeGreaterThan(0);
    await page.context().close();
  });

  it('says when nothing goes, what the server refuses, and sends once whatever is pressed', async () => {
    const { webhook } = await history(api, receiver, ['one']);
    const { page } = await site.open(`/deliveries?webhook=${webhook.number}`);
    await press(page, 'Replay …');
    // Of a list of all states: what failed.
    await said(page, 'Nothing would be sent again');
    expect(await dialogOf(page).getByRole('button', { name: 'Send again' }).isDisabled()).toBe(true);
    await dialogOf(page).getByText('Delivered', { exact: true }).click();
    await said(page, '1 delivery would be sent again');
    await act(api, 'webhookDisable', webhook.id);
    await press(page, 'Send 1 again');
    await dialogOf(page).getByRole('alert').getByText('Nothing that matches can be sent again now').waitFor();
    await dialogOf(page)
      .getByLabel(/Also events that never had a delivery/)
      .check();
    await dialogOf(page).getByText('The webhook is disabled: enable it first.').waitFor();
    await act(api, 'webhookEnable', webhook.id);
    await dialogOf(page)
      .getByLabel(/Also events that never had a delivery/)
      .uncheck();
    await said(page, '1 delivery would be sent again');
    await dialogOf(page).getByRole('button', { name: 'Send 1 again' }).dblclick();
    await settled(page);
    await word(page, 'Finished');
    expect(receiver.hits).toHaveLength(1);
    await page.context().close();
  });
});

describe("a replay from a webhook's deliveries", () => {
  it('also makes what the webhook never had, where that is asked for', async () => {
    await publish(api, clientEvent('before'));
    const { webhook, deliveries } = await history(api, receiver, ['known']);
    const { page, complaints } = await site.open(`/webhooks/${webhook.number}?tab=deliveries`);
    await press(page, 'Replay …');
    await said(page, `From the list: Webhook Test #${webhook.number}. `);
    await screenshot(page, 'replay-dialog-webhook');
    await said(page, 'Nothing would be sent again');
    await dialogOf(page)
      .getByLabel(/Also events that never had a delivery/)
      .check();
    await said(page, /^Left out: what is on its way/);
    const [count] = /\d+/.exec(await dialogOf(page).locator('[data-preview]').innerText())!;
    await press(page, `Send ${count} again`);
    await settled(page);
    await word(page, 'Finished');
    const made = (await deliveriesOf(api, { webhookId: webhook.id })).filter(
      ({ id }) => id !== deliveries[0]!.id,
    );
    expect(made.every(({ origin }) => origin === 'REPLAY')).toBe(true);
    expect(made.map(({ event }) => event.entityId)).toContain('before');
    expect(receiver.hits.map(deliveryOf).sort()).toEqual(idsOf(made).sort());
    await page.getByRole('link', { name: /^Delivered: / }).click();
    await page.locator('tbody tr', { hasText: 'before' }).getByText('replay').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('a replay on its page', () => {
  it('is live, is held and goes on, and survives a reload', async () => {
    const entities = Array.from({ length: 8 }, (_, index) => `e${index}`);
    const { filter } = await history(api, receiver, entities);
    const { id } = await startReplay(api, { filter, ratePerSecond: 1 });
    const { page, complaints } = await site.open(`/replays/${id}`);
    await word(page, 'Running');
    await page.locator('[role=progressbar]:not([aria-valuenow="0"])').waitFor();
    await press(page, 'Pause');
    await word(page, 'Paused');
    await word(page, /to go\. Nothing more is queued until it is resumed\./);
    await page.reload();
    await word(page, 'Paused');
    const { done } = await readReplay(api, id);
    expect(done).toBeLessThan(8);
    await site.server.app.db.engine.query('update replays set rate_per_second = 1000 where id = $1', [id]);
    await press(page, 'Resume');
    // By itself, from here on.
    await word(page, 'Finished');
    expect(await page.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('8');
    expect(receiver.hits).toHaveLength(8);
    expect(await page.getByRole('button', { name: 'Cancel replay' }).count()).toBe(0);
    await page.getByRole('link', { name: 'Replays' }).first().click();
    await page.locator('tbody tr').first().getByText('Finished').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('is cancelled behind a question, and what waits of it does not go', async () => {
    const { filter, deliveries } = await history(api, receiver, ['a', 'b', 'c'], {
      advanced: { maxConcurrency: 1 },
    });
    const open: ServerResponse[] = [];
    receiver.answer = (_hit, response) => void open.push(response);
    const { id } = await startReplay(api, { filter });
    await receiver.until(1);
    const { page, complaints } = await site.open(`/replays/${id}`);
    await press(page, 'Cancel replay');
    const dialog = page.getByRole('dialog', { name: 'Cancel this replay?' });
    await dialog.getByText('0 of 3 deliveries have come to their end.').waitFor();
    await dialog.getByText('in the list they are Cancelled then, whatever they were before.').waitFor();
    await screenshot(page, 'replay-cancel');
    await dialog.getByRole('button', { name: 'Go on' }).click();
    await dialog.waitFor({ state: 'detached' });
    await word(page, 'Running');
    await press(page, 'Cancel replay');
    await dialog.getByRole('button', { name: 'Cancel replay' }).click();
    await word(page, 'Cancelled');
    receiver.answer = status(204);
    open[0]!.writeHead(204).end();
    const proof = await createWebhook(api, receiver.url, {
      triggers: [{ resource: 'clients', event: 'update' }],
    });
    await publish(api, clientEvent('proof', { event: 'update' }));
    await receiver.find((hit) => hit.body.includes('"proof"'));
    expect(receiver.hits.map(deliveryOf).slice(0, -1)).toEqual([deliveries[0]!.id]);
    expect(proof.id).toBeTruthy();
    await word(page, /What it had queued by then and nobody was sending was taken back/);
    await screenshot(page, 'replay-cancelled');
    await page.locator('main').getByRole('link', { name: 'Cancelled', exact: true }).click();
    const takenBack = page.locator('tbody tr[data-index]');
    await takenBack.nth(1).waitFor();
    const links = await takenBack.locator('a[href*="/deliveries/"]').all();
    const shown = await Promise.all(
      links.map(async (link) => (await link.getAttribute('href'))!.split('/').at(-1)),
    );
    expect(shown.sort()).toEqual(idsOf(deliveries.slice(1)).sort());
    await takenBack.first().getByText('Cancelled').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('keeps the focus of the keyboard: on its buttons, and on the heading when they go', async () => {
    const entities = Array.from({ length: 30 }, (_, index) => `k${index}`);
    const { filter } = await history(api, receiver, entities);
    const { id } = await startReplay(api, { filter, ratePerSecond: 1 });
    const { page, complaints } = await site.open(`/replays/${id}`);
    const focused = (target: Locator) => target.and(page.locator(':focus')).waitFor();
    // Held until it has been looked at what the page shows meanwhile.
    const steps: Route[] = [];
    const asked = (word: string) =>
      page.waitForRequest((request) => request.postData()?.includes(word) === true);
    await page.route('**/graphql', (route) =>
      /replay(Pause|Cancel)\(/.test(route.request().postData() ?? '')
        ? void steps.push(route)
        : route.continue(),
    );
    const button = page.getByRole('button', { name: 'Pause', exact: true });
    await button.focus();
    const [pausing] = await Promise.all([asked('replayPause('), page.keyboard.press('Enter')]);
    await focused(page.locator('button[aria-busy=true]'));
    await screenshot(page, 'replay-pausing');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Space');
    await steps[0]!.continue();
    await pausing.response();
    await focused(page.getByRole('button', { name: 'Resume', exact: true }));
    await page.keyboard.press('Tab');
    await focused(page.getByRole('button', { name: 'Cancel replay' }));
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Cancel this replay?' });
    await focused(dialog.getByRole('button', { name: 'Go on' }));
    await page.keyboard.press('Tab');
    const confirm = dialog.getByRole('button', { name: 'Cancel replay' });
    await focused(confirm);
    await Promise.all([asked('replayCancel('), page.keyboard.press('Enter')]);
    await focused(confirm.and(page.locator('[aria-busy=true]')));
    await page.keyboard.press('Enter');
    await steps[1]!.continue();
    await dialog.waitFor({ state: 'detached' });
    await word(page, 'Cancelled');
    await focused(page.getByRole('heading', { level: 1, name: 'Replay' }));
    await screenshot(page, 'replay-focus');
    expect(steps).toHaveLength(2);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('is nothing that a member of a team may see or do', async () => {
    const member = await createPerson({ api }, { name: 'Reader' });
    const teamId = await createTeam({ api }, 'Readers', [member.id]);
    const webhook = await createWebhook(api, receiver.url, { details: { teamId } });
    await publish(api, clientEvent('read-only', { loginId: member.id }));
    const reader = await site.open('/deliveries', { token: member.api.token! });
    await reader.page.locator('tbody tr').first().waitFor();
    expect(await reader.page.getByRole('button', { name: 'Replay …' }).count()).toBe(0);
    expect(await reader.page.getByRole('link', { name: 'Replays' }).count()).toBe(0);
    await reader.page.goto(`${site.url}/replays`);
    await reader.page.getByRole('heading', { name: 'You may not see this page' }).waitFor();
    await reader.context.close();
    const { page } = await site.open(`/webhooks/${webhook.number}?tab=deliveries`);
    await page.getByRole('button', { name: 'Replay …' }).waitFor();
    await page.context().close();
  });
});
