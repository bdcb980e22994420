/** Statistics in a browser: the small charts of the table, the page and the tab, live, by keyboard, and as tables. */
import type { Locator, Page } from 'playwright-core';

import { statsUntil } from '../stats/figures.ts';
import { createPerson } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import {
  clientEvent,
  createWebhook,
  type MadeWebhook,
  publish,
  registerResource,
} from '../support/scenario.ts';
import { type Console, screenshot, startConsole } from './console.ts';

let site: Console;
let receiver: Receiver;
let good: MadeWebhook;
let bad: MadeWebhook;

beforeAll(async () => {
  site = await startConsole();
  // Every fifth is refused at the one, all at the other.
  receiver = await startReceiver(({ path }, response, count) => {
    const refused = path.endsWith('/bad') || count % 5 === 0;
    setTimeout(() => response.writeHead(refused ? 500 : 204).end(), (count % 7) * 12);
  });
  const { api } = site.server;
  await registerResource(api);
  good = await createWebhook(api, receiver.url, { details: { name: 'Orders' } });
  bad = await createWebhook(api, `${receiver.url}/bad`, {
    details: { name: 'Archive' },
    advanced: { retrySchedule: [0] },
  });
});
afterAll(async () => {
  await site?.stop();
  await receiver?.close();
});

const number = (page: Page, word: string): Locator => page.locator(`[data-number="${word}"]`);
const chart = (page: Page, title: string): Locator => page.getByRole('region', { name: title, exact: true });

const shareOf = (succeeded: number, failed: number): string =>
  `${Math.round((succeeded / (succeeded + failed)) * 1000) / 10}%`;

async function happen(count: number, api = site.server.api): Promise<void> {
  await publish(api, ...Array.from({ length: count }, (_, index) => clientEvent(`c${index}`)));
}

describe('the page Statistics', () => {
  it('says what it will show while nothing was sent, and fills by itself when something is', async () => {
    const { page, complaints } = await site.open('/statistics');
    await page.getByRole('heading', { name: 'Nothing was sent in the last 24 hours' }).waitFor();
    await screenshot(page, 'statistics-empty');
    await page.locator('[data-live="live"]').waitFor();
    await happen(20);
    await number(page, 'Created').getByText('40', { exact: true }).waitFor();
    await number(page, 'Open now').getByText('0', { exact: true }).waitFor();
    await chart(page, 'Success rate').waitFor();
    const { succeeded, failed, p95Ms } = await statsUntil(
      site.server,
      site.server.api,
      (stats) => stats.succeeded + stats.failed === 40,
      { window: 'LAST_24_HOURS' },
    );
    expect(failed).toBeGreaterThanOrEqual(20);
    const rate = shareOf(succeeded, failed);
    await number(page, 'Success rate').getByText(rate, { exact: true }).waitFor();
    await page.getByText(`${rate} of 40 delivered in the last 24 hours.`).waitFor();
    expect(await page.locator('[data-percentile="p95"]').innerText()).toBe(`${Math.round(p95Ms)} ms`);
    // Bars are drawn under the strict policy, and nothing else is asked for.
    await page.locator('[data-chart] path.recharts-rectangle').first().waitFor();
    // The rate is a line on an axis of its own.
    await chart(page, 'Success rate').locator('.recharts-line-dot').first().waitFor();
    await chart(page, 'Success rate').getByText('100%', { exact: true }).waitFor();
    await screenshot(page, 'statistics');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('keeps the time in the address, which another one may be given', async () => {
    const { page, complaints } = await site.open('/statistics?window=7d');
    await page.getByText(/delivered in the last 7 days/).waitFor();
    await page.getByRole('radiogroup', { name: 'Time' }).getByText('Hour', { exact: true }).click();
    await page.getByText(/delivered in the last hour/).waitFor();
    expect(new URL(page.url()).search).toBe('?window=1h');
    await page.reload();
    await page.getByText(/delivered in the last hour/).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('defines its words by keyboard, and gives each chart as a table', async () => {
    const { page, complaints } = await site.open('/statistics');
    const term = page.getByRole('button', { name: 'What “Success rate” means' });
    await term.focus();
    await page.getByRole('tooltip', { name: /Delivered ÷ \(delivered \+ failed\)/ }).waitFor();
    await page.keyboard.press('Tab');
    await page.getByRole('tooltip', { name: /Delivered ÷/ }).waitFor({ state: 'hidden' });
    const outcome = chart(page, 'Success rate');
    await outcome.getByRole('button', { name: 'Show as a table' }).press('Enter');
    const table = outcome.getByRole('table');
    await table.waitFor();
    const cells = await table.locator('tbody tr').first().locator('td').allInnerTexts();
    const { series } = await statsUntil(site.server, site.server.api, () => true, {
      window: 'LAST_24_HOURS',
    });
    const { succeeded, failed } = series.find((point: any) => point.succeeded + point.failed > 0);
    expect(cells).toEqual([shareOf(succeeded, failed), String(succeeded), String(failed)]);
    const times = chart(page, 'How long attempts took');
    await times.getByRole('button', { name: 'Show as a table' }).press('Enter');
    expect(await times.getByRole('table').locator('tbody tr').count()).toBe(12);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('says when it cannot be read, and tries again', async () => {
    const { page } = await site.open('/guide');
    // No socket, so that nothing is pushed either.
    await page.routeWebSocket(/graphql/, (socket) => void socket.close());
    await page.route('**/graphql', (route) =>
      route.request().postData()?.includes('deliveryStats')
        ? route.fulfill({ status: 503, body: '{"errors":[{"message":"The database does not answer."}]}' })
        : route.continue(),
    );
    await page.goto(`${site.url}/statistics`);
    await page.getByRole('alert').getByText('This could not be loaded').waitFor();
    await page.unroute('**/graphql');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('50% of 40 delivered in the last 24 hours.').waitFor();
    await page.context().close();
  });
});

describe('the statistics of a webhook', () => {
  it('are a tab of its page, which follows what it sends alone', async () => {
    const { page, complaints } = await site.open(`/webhooks/${good.number}`);
    await page.getByRole('tab', { name: 'Statistics' }).click();
    await number(page, 'Success rate').getByText('100%', { exact: true }).waitFor();
    await number(page, 'Delivered').getByText('20', { exact: true }).waitFor();
    await page.locator('[data-live="live"]').waitFor();
    await happen(1);
    await number(page, 'Delivered').getByText('21', { exact: true }).waitFor();
    expect(new URL(page.url()).search).toBe('?tab=statistics');
    await screenshot(page, 'webhook-statistics');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('are a small chart in each row of the saved table, with a sentence for those who do not see it', async () => {
    const { page, complaints, requests } = await site.open('/webhooks');
    const row = page
      .getByRole('row')
      .filter({ has: page.getByRole('link', { name: `${bad.number}, Archive` }) });
    // Its circuit is open by now: what came last waits.
    await row.getByRole('img', { name: '0% of 20 delivered in the last 24 hours' }).waitFor();
    const { succeeded, failed } = await statsUntil(site.server, site.server.api, () => true, {
      webhookId: good.id,
      window: 'LAST_24_HOURS',
    });
    const rate = shareOf(succeeded, failed);
    await page.getByRole('img', { name: `${rate} of 21 delivered in the last 24 hours` }).waitFor();
    await screenshot(page, 'webhooks-sparklines');
    // The library of the charts is not needed for them.
    expect(requests.filter((url) => /stats-panel|charts/i.test(url))).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('are not offered to a login without webhooks', async () => {
    const nobody = await createPerson(site.server, { name: 'Nobody' });
    const { page } = await site.open('/statistics', { token: nobody.api.token! });
    await page.getByRole('heading', { name: 'You may not see this page' }).waitFor();
    expect(await page.getByRole('link', { name: 'Statistics' }).count()).toBe(0);
    await page.context().close();
  });
});

describe('the table of a chart', () => {
  it('tells the hours of the night apart in which summer time ends, and shows no row of another window', async () => {
    const { page } = await site.open('/guide', { timeZone: 'Europe/Berlin' });
    // No socket: what is pushed would be of today.
    await page.routeWebSocket(/graphql/, (socket) => void socket.close());
    let points = 96;
    await page.route('**/graphql', async (route) => {
      if (!route.request().postData()?.includes('query StatisticsPage')) return route.continue();
      const response = await route.fetch();
      const { data } = await response.json();
      const end = Date.parse('2026-10-25T12:00:00Z');
      Object.assign(data.deliveryStats, { successRate: 1, succeeded: points, failed: 0 });
      data.deliveryStats.series = Array.from({ length: points }, (_, index) => ({
        ...data.deliveryStats.series[0],
        at: new Date(end - (points - index) * 900_000).toISOString(),
        succeeded: 1,
        failed: 0,
      }));
      return route.fulfill({ response, json: { data } });
    });
    await page.goto(`${site.url}/statistics`);
    const outcome = chart(page, 'Success rate');
    await outcome.getByRole('button', { name: 'Show as a table' }).click();
    const names = outcome.locator('tbody th');
    await names.nth(95).waitFor();
    const told = await names.allInnerTexts();
    expect(new Set(told).size).toBe(96);
    expect(told.filter((name) => /^Oct 25, 2:15/.test(name))).toEqual([
      expect.stringContaining('GMT+2'),
      expect.stringContaining('GMT+1'),
    ]);
    // The quarter of an hour at whose end the clocks go back.
    expect(told.filter((name) => /GMT\+2.+GMT\+1/.test(name))).toHaveLength(1);
    await screenshot(page, 'statistics-summer-time');
    points = 20;
    await page.getByRole('radiogroup', { name: 'Time' }).getByText('7 days', { exact: true }).click();
    await page.getByText('100% of 20 delivered in the last 7 days.').waitFor();
    expect(await names.count()).toBe(20);
    // Without such a night among them they are as short as ever.
    expect((await names.allInnerTexts()).join()).not.toContain('GMT');
    await page.context().close();
  });
});
