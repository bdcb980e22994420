/** Two tabs on one list, their connections cut again and again in a burst: both end as the server has it. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

import type { Page } from 'playwright-core';

import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { figure } from '../support/figure.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { ROOT_TOKEN } from '../support/server.ts';
import { openWatchedPage } from './chromium.ts';
import { type Console, signIn, startConsole } from './console.ts';

const DELIVERIES = 300;
const BATCH = 10;

let site: Console;
let proxy: FaultProxy;
let receiver: Receiver;

beforeAll(async () => {
  // The server takes the proxy's address for its own, so that a page may come through it.
  const port = await freePort();
  proxy = await startFaultProxy(`http://127.0.0.1:${port}`);
  site = await startConsole({ BELLWIRE_PORT: String(port), BELLWIRE_PUBLIC_URL: proxy.url });
  // Every third request fails once, so that deliveries change after they were made.
  const seen = new Set<unknown>();
  receiver = await startReceiver((hit, response, count) => {
    const again = seen.has(hit.headers['webhook-id']);
    seen.add(hit.headers['webhook-id']);
    status(count % 3 === 0 && !again ? 500 : 204)(hit, response, count);
  });
  await registerResource(site.server.api);
  await createWebhook(site.server.api, receiver.url);
});
afterAll(async () => {
  await site?.browser.close();
  await proxy?.close();
  await site?.stop();
  await receiver?.close();
});

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A tab through the proxy, live. */
async function tab(): Promise<Page> {
  const { page } = await openWatchedPage(site.browser);
  await signIn(page, proxy.url, ROOT_TOKEN);
  await page.goto(`${proxy.url}/deliveries`);
  await page.locator('[data-live="live"]').waitFor();
  return page;
}

/** All rows of a tab as id, status and attempts, also those that the table keeps out of the document. */
async function rowsOf(page: Page): Promise<string[]> {
  const found = new Map<number, string>();
  await page.evaluate('window.scrollTo(0, 0)');
  for (;;) {
    const rows: [number, string][] = await page.evaluate(`
      [...document.querySelectorAll('tbody tr[data-index]')].map((row) => [
        Number(row.dataset.index),
        [row.querySelector('a').getAttribute('href').split('/').pop(), row.cells[1].innerText.trim(), row.cells[6].innerText.trim()].join(' '),
      ])`);
    for (const [index, text] of rows) found.set(index, text);
    const end: boolean = await page.evaluate(
      'window.scrollY + window.innerHeight >= document.documentElement.scrollHeight - 2',
    );
    if (end) break;
    await page.evaluate(`new Promise((resolve) => {
      window.scrollBy(0, 500);
      requestAnimationFrame(() => requestAnimationFrame(resolve));
    })`);
  }
  return [...found].sort(([a], [b]) => a - b).map(([, text]) => text);
}

/** The same of the API. */
async function rowsOfServer(): Promise<string[]> {
  const rows: string[] = [];
  for (let after: string | null = null; ;) {
    const page: any = await site.server.api.run(
      `query ($after: String) { deliveries(first: 100, after: $after) {
         nodes { id status attemptCount } pageInfo { hasNextPage endCursor } } }`,
      { after },
    );
    const words: Record<string, string> = { SUCCEEDED: 'Delivered' };
    for (const { id, status: state, attemptCount } of page.nodes)
      rows.push(`${id} ${words[state] ?? state} ${attemptCount}`);
    if (!page.pageInfo.hasNextPage) return rows;
    after = page.pageInfo.endCursor;
  }
}

describe('two tabs on the list of deliveries', () => {
  it('stay equal to each other and to the server while their sockets are cut at random', async () => {
    const tabs = await Promise.all([tab(), tab()]);
    let cuts = 0;
    for (let made = 0; made < DELIVERIES; made += BATCH) {
      const events = Array.from({ length: BATCH }, (_, index) => clientEvent(`e${made + index}`));
      await publish(site.server.api, ...events);
      if (Math.random() < 0.3) cuts += proxy.cutAll();
    }
    cuts += proxy.cutAll();
    const retried = Math.floor(DELIVERIES / 4);
    await receiver.until(DELIVERIES + retried);
    const entity = (page: Page, name: string) =>
      page.getByRole('table', { name: 'Deliveries' }).getByRole('cell', { name, exact: true });
    await publish(site.server.api, clientEvent('last'));
    for (const page of tabs) {
      await entity(page, 'last').waitFor();
      await page.locator('[data-live="live"]').waitFor();
      await page
        .locator('[data-count]')
        .getByText(`${DELIVERIES + 1} deliveries`)
        .waitFor();
    }
    // What was pushed last is drawn with the next frame.
    for (const page of tabs)
      await page
        .getByRole('table', { name: 'Deliveries' })
        .locator('tbody tr[data-index]')
        .filter({ hasText: /Waiting|Sending|Will retry/ })
        .first()
        .waitFor({ state: 'detached' });
    const expected = await rowsOfServer();
    expect(expected).toHaveLength(DELIVERIES + 1);
    expect(expected.filter((text) => text.endsWith(' 2')).length).toBeGreaterThan(retried / 2);
    for (const page of tabs) {
      const shown = await rowsOf(page);
      expect(new Set(shown.map((text) => text.split(' ')[0])).size).toBe(shown.length);
      expect(shown).toEqual(expected);
    }
    expect(cuts).toBeGreaterThan(2);
    figure('two-tabs', { deliveries: expected.length, connectionsCut: cuts, upgrades: proxy.upgrades });
    await Promise.all(tabs.map((page) => page.context().close()));
  });
});
