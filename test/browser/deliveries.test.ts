/** Deliveries in a browser: found by filters, pushed as they happen, retried; each claim proven at a receiver. */
import type { Locator, Page } from 'playwright-core';

import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, publishMany, registerResource } from '../support/scenario.ts';
import { type Console, screenshot, startConsole } from './console.ts';

let site: Console;
let receiver: Receiver;
let failing: Receiver;

beforeAll(async () => {
  site = await startConsole();
  [receiver, failing] = await Promise.all([startReceiver(), startReceiver(status(503))]);
  await registerResource(site.server.api);
});
afterAll(async () => {
  await site?.stop();
  await receiver?.close();
  await failing?.close();
});

const table = (page: Page): Locator => page.getByRole('table', { name: 'Deliveries' });
const rows = (page: Page): Locator => table(page).locator('tbody tr[data-index]');
const rowOf = (page: Page, entity: string): Locator =>
  rows(page).filter({ has: page.getByRole('cell', { name: entity, exact: true }) });
const live = (page: Page, state: string): Promise<void> => page.locator(`[data-live="${state}"]`).waitFor();
const pill = (page: Page, text: string): Locator => page.getByRole('button', { name: text, exact: true });

/** The ids of the deliveries on display, from their links. */
async function shown(page: Page): Promise<string[]> {
  const links = await table(page).locator('tbody a[href*="/deliveries/"]').all();
  return Promise.all(links.map(async (link) => (await link.getAttribute('href'))!.split('/').at(-1)!));
}

/** The ids that the API has for a filter, newest first. */
async function known(filter: Record<string, unknown> = {}): Promise<string[]> {
  const { nodes } = await site.server.api.run(
    'query ($filter: DeliveryFilterInput) { deliveries(first: 100, filter: $filter) { nodes { id } } }',
    { filter },
  );
  return nodes.map(({ id }: { id: string }) => id);
}

describe('the list of deliveries', () => {
  it('says that nothing was delivered yet, waits in words, and tries again when it could not be read', async () => {
    const { page } = await site.open('/guide');
    await page.route('**/graphql', async (route) => {
      if (route.request().postData()?.includes('DeliveriesTable')) await route.abort();
      else await route.continue();
    });
    await page.goto(`${site.url}/deliveries`);
    await page.getByRole('alert').getByText('This could not be loaded').waitFor();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.unroute('**/graphql');
    await page.route('**/graphql', async (route) => {
      if (route.request().postData()?.includes('DeliveriesTable')) await held;
      await route.continue();
    });
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Loading deliveries').waitFor();
    release();
    await page.getByRole('heading', { name: 'No delivery yet' }).waitFor();
    await page.context().close();
  });

  it('puts in what happens, as it happens, without a reload', async () => {
    const { page, complaints } = await site.open('/deliveries');
    await live(page, 'live');
    await page.evaluate('window.mark = 1');
    const webhook = await createWebhook(site.server.api, receiver.url, { details: { name: 'Orders' } });
    await publish(site.server.api, clientEvent('first'));
    const row = rowOf(page, 'first');
    await row.getByText('Delivered').waitFor();
    const hit = await receiver.find(({ body }) => body.toString().includes('"first"'));
    const cells = (await row.getByRole('cell').allInnerTexts()).map((text) =>
      text.replace(/\s+/g, ' ').trim(),
    );
    expect(cells.slice(1, 7)).toEqual([
      'Delivered',
      `${webhook.number} Orders`,
      'Client · Created',
      'first',
      'HTTP 204',
      '1',
    ]);
    expect(await shown(page)).toEqual([hit.headers['webhook-id']]);
    expect(await page.evaluate('window.mark')).toBe(1);
    // However narrow the column is, a status stays in one piece.
    await page.setViewportSize({ width: 800, height: 800 });
    const pieces = await row
      .getByText('HTTP')
      .evaluate((answer: any) => answer.getClientRects().length as number);
    expect(pieces).toBe(1);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('keeps its filters in the address, where they survive a reload', async () => {
    const broken = await createWebhook(site.server.api, failing.url, {
      details: { name: 'Broken shop' },
      advanced: { retrySchedule: [0] },
    });
    await publish(site.server.api, clientEvent('second'));
    const { page, complaints } = await site.open('/deliveries');
    await rowOf(page, 'second').getByText('Failed').waitFor();
    await page.getByRole('group', { name: 'Status' }).getByText('Failed').click();
    await page.getByLabel('HTTP status').fill('5xx');
    await page.getByLabel('Webhook number').fill(String(broken.number));
    await page.getByRole('combobox', { name: 'Time' }).click();
    await page.getByRole('option', { name: 'Last hour' }).click();
    await page.getByRole('combobox', { name: 'Resource' }).click();
    await page.getByRole('option', { name: 'Client' }).click();
    await page.getByRole('combobox', { name: 'Event' }).click();
    await page.getByRole('option', { name: 'Created' }).click();
    await page.getByRole('searchbox').fill('broken');
    await page.waitForURL(/search=broken/);
    const address = new URL(page.url()).searchParams;
    expect(Object.fromEntries(address)).toEqual({
      status: 'failed',
      code: '5xx',
      webhook: String(broken.number),
      within: '1h',
      resource: 'clients',
      event: 'create',
      search: 'broken',
    });
    await page.locator('[data-count]').getByText('1 delivery').waitFor();
    await page.reload();
    await rowOf(page, 'second').waitFor();
    expect(await shown(page)).toEqual(await known({ status: ['FAILED'], webhookNumber: broken.number }));
    expect(await page.getByRole('checkbox', { name: 'Failed' }).isChecked()).toBe(true);
    expect(await page.getByRole('searchbox').inputValue()).toBe('broken');
    await page.locator('[data-count]').getByText('1 delivery').waitFor();

    await page.getByRole('searchbox').fill('nothing like it');
    await page.getByRole('heading', { name: 'No deliveries match' }).waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).last().click();
    await rowOf(page, 'first').waitFor();
    expect(new URL(page.url()).search).toBe('');
    expect(await shown(page)).toEqual(await known());
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it.each(['deliveries', 'events'])(
    'says at the field when a span ends before it begins, and does not use it, as that of %s does',
    async (list) => {
      const { page, complaints } = await site.open(`/${list}`);
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.postData() ?? ''));
      await page.locator('tbody tr[data-index]').first().waitFor();
      await page.getByRole('combobox', { name: 'Time' }).click();
      await page.getByRole('option', { name: 'From … to …' }).click();
      await page.getByLabel('From', { exact: true }).fill('2026-01-27T10:00');
      await page.waitForURL(/from=2026-01-27/);
      const to = page.getByLabel('To', { exact: true });
      await to.fill('2026-01-26T10:00');
      await page.getByText('Not after From: choose a later time').waitFor();
      expect(await to.getAttribute('aria-invalid')).toBe('true');
      // Read anew for the other field, and not for this one.
      await page.locator('tbody tr[data-index]').first().waitFor();
      await screenshot(page, `${list}-span`);
      await to.fill('2096-01-28T10:00');
      await page.getByText('Not after From').waitFor({ state: 'detached' });
      await page.waitForURL(/to=2096-01-28/);
      await page.locator('tbody tr[data-index]').first().waitFor();
      expect(asked.filter((body) => body.includes('2026-01-26T'))).toEqual([]);
      // In an address it counts as not chosen, as what makes no sense does elsewhere.
      await page.goto(`${site.url}/${list}?within=custom&from=2026-01-27T10:00&to=2026-01-26T10:00`);
      await page.locator('tbody tr[data-index]').first().waitFor();
      expect(await to.inputValue()).toBe('');
      expect(complaints.filter((text) => !text.endsWith('ERR_ABORTED'))).toEqual([]);
      await page.context().close();
    },
  );

  it('takes a delivery out when it does not fit the filter any more', async () => {
    const { page } = await site.open('/deliveries?status=failed');
    await rowOf(page, 'second').waitFor();
    await live(page, 'live');
    const [id] = await known({ status: ['FAILED'] });
    failing.answer = status(204);
    await site.server.api.mutate('mutation ($id: ID!) { deliveryRetry(id: $id) { errors { message } } }', {
      id,
    });
    await page.getByRole('heading', { name: 'No deliveries match' }).waitFor();
    failing.answer = status(503);
    await publish(site.server.api, clientEvent('third'));
    await rowOf(page, 'third').getByText('Failed').waitFor();
    expect(await shown(page)).toEqual(await known({ status: ['FAILED'] }));
    await page.context().close();
  });

  it('stands still while it is paused, counts what is new, and shows it when asked', async () => {
    const { page, complaints } = await site.open('/deliveries');
    await rowOf(page, 'third').first().waitFor();
    await live(page, 'live');
    const before = await shown(page);
    await page.getByRole('button', { name: 'Pause' }).click();
    await live(page, 'paused');
    await publish(site.server.api, clientEvent('fourth'), clientEvent('fifth'));
    await receiver.find(({ body }) => body.toString().includes('"fifth"'));
    await pill(page, '4 new').waitFor();
    expect(await shown(page)).toEqual(before);
    await pill(page, '4 new').click();
    await live(page, 'live');
    await rowOf(page, 'fifth').getByText('Failed').waitFor();
    expect(await shown(page)).toEqual(await known());
    expect(await pill(page, '4 new').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('does not move under a reader who has scrolled down: what is new waits behind the pill', async () => {
    await publishMany(site.server.api, 60, 60, 'many');
    const { page } = await site.open('/deliveries?webhook=1');
    await rows(page).nth(40).scrollIntoViewIfNeeded();
    const seen = rows(page).nth(30);
    const place = async (): Promise<number> => Math.round((await seen.boundingBox())!.y);
    await live(page, 'live');
    const text = await seen.innerText();
    const y = await place();
    await publish(site.server.api, clientEvent('sixth'), clientEvent('seventh'));
    await pill(page, '2 new').waitFor();
    expect([await seen.innerText(), await place()]).toEqual([text, y]);
    await pill(page, '2 new').click();
    await rowOf(page, 'seventh').getByText('Delivered').waitFor();
    expect(await page.evaluate('window.scrollY')).toBe(0);
    const filter = { webhookNumber: 1 };
    expect((await shown(page)).slice(0, 10)).toEqual((await known(filter)).slice(0, 10));
    await page.context().close();
  });

  it('leaves the stream of a filter that is not chosen any more for good', async () => {
    const { api } = site.server;
    const updates = { triggers: [{ resource: 'clients', event: 'update' }] };
    const { number } = await createWebhook(api, receiver.url, { ...updates, details: { name: 'Updates' } });
    const { page, complaints } = await site.open('/guide');
    // The streams that the page has asked for and not called off, by the webhook's number.
    const streams = new Map<string, unknown>();
    const begun: unknown[] = [];
    page.on('websocket', (socket) => {
      streams.clear();
      socket.on('framesent', ({ payload }) => {
        const { type, id, payload: asked } = JSON.parse(payload.toString());
        if (type === 'complete') streams.delete(id);
        if (type !== 'subscribe') return;
        streams.set(id, asked.variables.filter.webhookNumber);
        begun.push(asked.variables.filter.webhookNumber);
      });
    });
    await page.clock.install();
    await page.goto(`${site.url}/deliveries?webhook=1`);
    await rowOf(page, 'seventh').waitFor();
    await live(page, 'live');
    await page.getByLabel('Webhook number').fill(String(number));
    await page.getByRole('heading', { name: 'No deliveries match' }).waitFor();
    await live(page, 'live');
    expect([...streams.values()]).toEqual([number]);
    // Longer than a stream that was turned away waits before it is begun again.
    await page.clock.runFor(30_000);
    await publish(api, clientEvent('of the old filter'));
    await receiver.find(({ body }) => body.toString().includes('"of the old filter"'));
    await publish(api, clientEvent('of the new one', { event: 'update' }));
    await rowOf(page, 'of the new one').getByText('Delivered').waitFor();
    expect(await shown(page)).toEqual(await known({ webhookNumber: number }));
    expect(begun.lastIndexOf(1)).toBe(0);
    expect([...streams.values()]).toEqual([number]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
