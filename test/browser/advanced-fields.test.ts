/** Pace and order of an endpoint in the Advanced section: from the keys to the API and the receiver. */
import { setTimeout as wait } from 'node:timers/promises';

import type { Page } from 'playwright-core';

import type { Api } from '../support/api.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish } from '../support/scenario.ts';
import { type Console, startConsole } from './console.ts';
import { closed, edit, entity, fact, press, updateWebhook } from './details.ts';
import { add, chooseTrigger, dialogOf, kept, next, registerCatalog, row } from './wizard.ts';

let site: Console;
let api: Api;
let receiver: Receiver;
/** The requests that are on the wire now, and the most that ever were. */
let now: number;
let peak: number;

beforeAll(async () => {
  site = await startConsole();
  ({ api } = site.server);
  await registerCatalog(api);
});
beforeEach(async () => {
  now = 0;
  peak = 0;
  // A receiver takes its time, so that requests which may overlap do.
  receiver = await startReceiver((_hit, response) => {
    peak = Math.max(peak, ++now);
    void wait(40).then(() => {
      now -= 1;
      response.writeHead(204).end();
    });
  });
});
afterEach(() => receiver.close());
afterAll(() => site?.stop());

const ADVANCED = 'ratePerSecond maxConcurrency ordering timeoutMs';
const readAdvanced = async (number: number): Promise<any> =>
  (
    await api.run(
      `query ($number: Int!) { webhookByNumber(number: $number) { id endpoints { id advanced { ${ADVANCED} } } } }`,
      { number },
    )
  ).endpoints[0].advanced;
const field = (page: Page, name: string) => row(page, 'Endpoint 1').getByLabel(name, { exact: true });
const errorAt = (page: Page, path: string): Promise<void> =>
  page.locator(`[data-field="endpoints.0.advanced.${path}"][aria-invalid=true]`).waitFor();
const orderOf = (page: Page, name: string) => page.getByRole('radio', { name });

describe('pace and order under Advanced', () => {
  it('are typed in the wizard, refused where the server refuses them, kept in the draft, and heeded (P22)', async () => {
    const { page, complaints } = await site.open('/webhooks/new');
    await dialogOf(page).waitFor();
    await page.getByLabel('Name', { exact: false }).first().fill('Slow');
    await next(page, 2);
    await row(page, 'Endpoint 1').getByLabel('Web address').fill(receiver.url);
    await page.getByRole('button', { name: 'Advanced' }).click();
    expect(await field(page, 'Requests per second').getAttribute('placeholder')).toBe('No limit');
    expect(await orderOf(page, 'Any order').isChecked()).toBe(true);
    await field(page, 'Requests per second').fill('0');
    await field(page, 'Requests at once').fill('1001');
    await page.getByRole('button', { name: 'NEXT' }).click();
    await errorAt(page, 'ratePerSecond');
    await errorAt(page, 'maxConcurrency');
    const summary = page.getByRole('alert').filter({ hasText: '2 things are to be mended' });
    expect(await summary.innerText()).toContain('A whole number from 1 to 10,000.');
    await summary.getByRole('button', { name: 'Endpoint 1, requests at once' }).click();
    await page.locator('[data-field="endpoints.0.advanced.maxConcurrency"]:focus').waitFor();
    await page.keyboard.press('Control+a');
    await page.keyboard.type('1');
    // Larger than any whole number of the API, it is a mistake at its field all the same.
    await field(page, 'Requests per second').fill('99999999999');
    await page.getByRole('button', { name: 'NEXT' }).click();
    await page.locator('[data-field="endpoints.0.advanced.ratePerSecond"]:focus').waitFor();
    await errorAt(page, 'ratePerSecond');
    await field(page, 'Requests per second').fill('2000');
    await orderOf(page, 'In order for each entity').check();
    // Many write 2.5 like that.
    const limit = field(page, 'Time limit');
    await limit.fill('31');
    await page.getByRole('button', { name: 'NEXT' }).click();
    await errorAt(page, 'timeoutMs');
    await row(page, 'Endpoint 1').getByText('from 0.1 to 30 seconds (100 to 30000 ms)').first().waitFor();
    await limit.fill('');
    await limit.click();
    await page.keyboard.type('2,5');
    expect(await field(page, 'Time limit').inputValue()).toBe('2.5 s');
    await kept(page);

    // Another visit has it all from the draft.
    await page.reload();
    await dialogOf(page).waitFor();
    await page.getByRole('heading', { name: /^Step \d of 3/ }).waitFor();
    while ((await page.getByRole('heading', { name: 'Step 2 of 3' }).count()) === 0)
      await page.getByRole('button', { name: /BACK/i }).click();
    await page.getByRole('button', { name: 'Advanced' }).click();
    expect(await field(page, 'Requests per second').inputValue()).toBe('2,000');
    expect(await field(page, 'Requests at once').inputValue()).toBe('1');
    expect(await orderOf(page, 'In order for each entity').isChecked()).toBe(true);
    await next(page, 3);
    await chooseTrigger(page, 1, 'Client', 'Created');
    await add(page);
    const [{ number }] = (await api.run('{ webhooks(first: 1) { nodes { number } } }')).nodes;
    expect(await readAdvanced(number)).toMatchObject({
      ratePerSecond: 2000,
      maxConcurrency: 1,
      ordering: 'PER_ENTITY',
      timeoutMs: 2500,
    });
    const ids = Array.from({ length: 6 }, (_, index) => `slow-${index}`);
    await publish(api, ...ids.map((id) => clientEvent(id)));
    await receiver.until(6);
    expect(peak).toBe(1);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('are facts of the webhook’s page, changed there, and left empty they are the defaults (P22)', async () => {
    const { number } = await createWebhook(api, receiver.url, {
      advanced: { ratePerSecond: 7, maxConcurrency: 1, ordering: 'PER_ENTITY' },
    });
    const { page, complaints } = await site.open(`/webhooks/${number}`);
    const endpoint = page.getByRole('list', { name: 'Endpoints' }).getByRole('listitem').first();
    expect(await fact(endpoint, 'Pace').innerText()).toBe('7 requests per second at most, 1 at once');
    expect(await fact(endpoint, 'Order').innerText()).toBe('In order for each entity');
    await edit(page, 'endpoints');
    await row(page, 'Endpoint 1').getByRole('button', { name: 'Advanced' }).click();
    await field(page, 'Requests per second').fill('');
    await field(page, 'Requests at once').fill('');
    await orderOf(page, 'Any order').check();
    await press(page, 'Save');
    await closed(page, 'endpoints');
    const saved = await readAdvanced(number);
    expect(saved).toMatchObject({ ratePerSecond: null, ordering: 'NONE' });
    // The default is shown as it is.
    expect(await fact(endpoint, 'Pace').innerText()).toBe(
      `As many requests per second as there are, ${saved.maxConcurrency} at once`,
    );
    expect(saved.maxConcurrency).toBeGreaterThan(1);
    const ids = Array.from({ length: 8 }, (_, index) => `fast-${index}`);
    await publish(api, ...ids.map((id) => clientEvent(id)));
    await receiver.until(8);
    expect(peak).toBeGreaterThan(1);
    expect(receiver.hits.map(entity).sort()).toEqual(ids);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('stand as they are typed when they are no whole numbers, and are refused at the field before anything is sent', async () => {
    const { number } = await createWebhook(api, receiver.url, { advanced: { ratePerSecond: 7 } });
    const { page, requests, complaints } = await site.open(`/webhooks/${number}`);
    await edit(page, 'endpoints');
    await row(page, 'Endpoint 1').getByRole('button', { name: 'Advanced' }).click();
    const wrong: [name: string, path: string, typed: string, shown: string, most: string][] = [
      ['Requests per second', 'ratePerSecond', '0.5', '0.5', '10,000'],
      ['Requests at once', 'maxConcurrency', '2,5', '2.5', '1,000'],
      ['Requests at once', 'maxConcurrency', '1001', '1,001', '1,000'],
    ];
    for (const [name, path, typed, shown, most] of wrong) {
      await field(page, name).click();
      await page.keyboard.press('Control+a');
      await page.keyboard.type(typed);
      expect(await field(page, name).inputValue()).toBe(shown);
      await errorAt(page, path);
      await row(page, 'Endpoint 1').getByText(`A whole number from 1 to ${most}.`).waitFor();
    }
    await field(page, 'Requests at once').fill('25');
    const before = requests.length;
    await press(page, 'Save');
    await page.locator('[data-field="endpoints.0.advanced.ratePerSecond"]:focus').waitFor();
    expect(requests.slice(before)).toEqual([]);
    await page.keyboard.press('Control+a');
    await page.keyboard.type('2000');
    expect(await field(page, 'Requests per second').inputValue()).toBe('2,000');
    await press(page, 'Save');
    await closed(page, 'endpoints');
    expect(await readAdvanced(number)).toMatchObject({ ratePerSecond: 2000, maxConcurrency: 25 });
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('are compared when two change the same endpoint, and what was not typed here stays theirs (P22)', async () => {
    const { id, number, endpointId } = await createWebhook(api, receiver.url);
    const { page } = await site.open(`/webhooks/${number}`);
    await edit(page, 'endpoints');
    await row(page, 'Endpoint 1').getByRole('button', { name: 'Advanced' }).click();
    await field(page, 'Requests per second').fill('50');
    await updateWebhook(api, id, {
      endpoints: [
        { id: endpointId, advanced: { ratePerSecond: 9, maxConcurrency: 3, ordering: 'PER_ENTITY' } },
      ],
    });
    await press(page, 'See what changed');
    const dialog = page.getByRole('dialog', { name: 'Somebody changed this webhook' });
    expect(await dialog.getByRole('row').nth(1).innerText()).toMatch(
      /Endpoint 1, requests per second\s+9\s+50/,
    );
    expect(await dialog.getByRole('row').count()).toBe(2);
    await dialog.getByRole('button', { name: 'Keep mine' }).click();
    await press(page, 'Save');
    await closed(page, 'endpoints');
    expect(await readAdvanced(number)).toMatchObject({
      ratePerSecond: 50,
      maxConcurrency: 3,
      ordering: 'PER_ENTITY',
    });
    await page.context().close();
  });
});
