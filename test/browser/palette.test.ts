/** Ctrl-K by the keyboard alone: to a page, and to a webhook that only the server knows. */
import { createWebhook, registerResource } from '../support/scenario.ts';
import { type Console, startConsole } from './console.ts';

let site: Console;

beforeAll(async () => {
  site = await startConsole();
  await registerResource(site.server.api);
});
afterAll(() => site?.stop());

describe('the palette', () => {
  it('opens with Enter the webhook that was found, the first of several, and the next one after an arrow', async () => {
    const { api } = site.server;
    const target = 'https://hooks.example.com/orders';
    const only = await createWebhook(api, target, { details: { name: 'Quay' } });
    await createWebhook(api, target, { details: { name: 'Zebra one' } });
    await createWebhook(api, target, { details: { name: 'Zebra two' } });
    const { page, complaints } = await site.open('/guide');
    await page.getByRole('heading', { name: 'Set Up Webhooks' }).first().waitFor();
    // What is typed before it has the focus is for the page.
    const ready = () => page.locator('[placeholder="Go to a page or a webhook"]:focus').waitFor();
    const find = async (text: string, count: number): Promise<string[]> => {
      await page.keyboard.press('Control+k');
      await ready();
      await page.keyboard.type(text);
      const found = page.getByRole('button').filter({ hasText: 'Webhook' }).filter({ hasText: text });
      await found.nth(count - 1).waitFor();
      return found.allInnerTexts();
    };
    const closed = () => page.getByPlaceholder('Go to a page or a webhook').waitFor({ state: 'detached' });

    await find('Quay', 1);
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/webhooks/${only.number}`);
    await closed();
    const [, second] = await find('Zebra', 2);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/webhooks/${parseInt(second!, 10)}`);
    await closed();
    // A page is there at once, and stays chosen when webhooks come.
    await page.keyboard.press('Control+k');
    await ready();
    await page.keyboard.type('Statistics');
    // What is typed narrows the list a moment later.
    await page.locator('[data-action][data-selected]').filter({ hasText: 'Statistics' }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/statistics');
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
