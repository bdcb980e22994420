/** What the console says of deliveries whose past is going, or gone. */
import { Retention } from '../../src/history/retention.ts';
import { createLogger } from '../../src/log.ts';
import { makeOldRows, oldId } from '../support/old-rows.ts';
import { createWebhook, type MadeWebhook, registerResource } from '../support/scenario.ts';
import { type Console, screenshot, startConsole } from './console.ts';

const DAY = 86_400_000;

let site: Console;
let webhook: MadeWebhook;

beforeAll(async () => {
  site = await startConsole();
  await registerResource(site.server.api);
  webhook = await createWebhook(site.server.api, 'http://127.0.0.1:9999/hooks');
});
afterAll(() => site?.stop());

async function retain(): Promise<void> {
  const { database, app } = site.server;
  await new Retention({ url: database.url, keep: app.config, logger: createLogger('error'), pace: 0 }).run(
    Date.now(),
  );
}

const ground = () => ({
  sql: site.server.app.db.engine,
  keep: site.server.app.config,
  api: site.server.api,
});

it('a delivery that waited too long says so in the list, at once, and on its page, which offers no retry', async () => {
  const atMs = Math.floor((Date.now() - 29 * DAY) / DAY) * DAY - 3_600_000;
  await makeOldRows(ground(), { atMs, count: 1, webhook, state: 'WAITING' });
  const id = oldId('delivery', { atMs }, 1);
  const list = await site.open('/deliveries');
  const row = list.page.locator('tbody tr', { has: list.page.locator(`a[href$="/deliveries/${id}"]`) });
  await row.getByText('None yet').waitFor();
  const { page, complaints } = await site.open(`/deliveries/${id}`);
  await page.getByText('Nothing was sent yet').waitFor();

  await retain();
  await row.getByText('Waited too long').waitFor();
  await page.getByText('Waited too long', { exact: true }).waitFor();
  await page.getByText('Nothing was sent', { exact: true }).waitFor();
  await page.getByText(/its payload was about to be forgotten/).waitFor();
  const retry = page.getByRole('button', { name: /retry|send/i });
  expect((await retry.getAttribute('aria-disabled')) ?? String(await retry.isDisabled())).toBe('true');
  await screenshot(page, 'delivery-expired');
  expect([...complaints, ...list.complaints]).toEqual([]);
  await page.context().close();
  await list.page.context().close();
});

it('a delivery whose attempts are no longer kept says that, and not that nothing was sent', async () => {
  const atMs = Date.now() - 40 * DAY;
  await makeOldRows(ground(), { atMs, count: 1, webhook });
  await retain();
  const id = oldId('delivery', { atMs }, 1);
  const { page, complaints } = await site.open(`/deliveries/${id}`);
  await page.getByText('What was sent is no longer kept').waitFor();
  await page.getByText('0 of 1 attempts are still on record.').waitFor();
  await page.goto(`${site.url}/deliveries`);
  const row = page.locator('tbody tr', { has: page.locator(`a[href$="/deliveries/${id}"]`) });
  await row.getByText('Not kept').waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});
