/** Names of 200 letters without a blank, as everything may have: no page becomes wider than its window for them. */
import type { Page } from 'playwright-core';

import { createPerson, createTeam } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish } from '../support/scenario.ts';
import { type Console, screenshot, startConsole } from './console.ts';

const LONG = 'Vorratslager'.repeat(17).slice(0, 200);

let site: Console;
let receiver: Receiver;
let page: Page;
/** The pages that show some of them. */
let paths: [name: string, path: string][];

beforeAll(async () => {
  site = await startConsole();
  receiver = await startReceiver();
  const { api } = site.server;
  await api.mutate(
    'mutation ($input: CatalogResourceInput!) { resourceRegister(input: $input) { errors { code field message } } }',
    {
      input: {
        name: 'clients',
        label: LONG,
        model: 'type Client { id: ID! name: String! }',
        events: [{ name: 'create', label: LONG }],
      },
    },
  );
  const manager = await createPerson({ api }, { name: LONG, permissions: ['WEBHOOKS_MANAGE'] });
  const below = await createPerson({ api }, { name: LONG, parentId: manager.id });
  const teamId = await createTeam({ api }, LONG, [manager.id, below.id]);
  await api.mutate(
    'mutation ($input: AccessTokenInput!) { accessTokenCreate(input: $input) { errors { code } } }',
    { input: { name: LONG, permissions: ['WEBHOOKS_MANAGE'] } },
  );
  const { number } = await createWebhook(manager.api, receiver.url, { details: { name: LONG } });
  await createWebhook(api, receiver.url, { details: { name: LONG, teamId } });
  const [published] = await publish(api, clientEvent('c-1', { loginId: manager.id }));
  await receiver.until(2);
  const [delivery] = (await api.run('{ deliveries(first: 1) { nodes { id } } }')).nodes;
  paths = [
    ['webhooks', '/webhooks'],
    ['webhook', `/webhooks/${number}`],
    ['webhook-deliveries', `/webhooks/${number}?tab=deliveries`],
    ['deliveries', '/deliveries'],
    ['delivery', `/deliveries/${delivery.id}`],
    ['events', '/events'],
    ['event', `/events/${published!.event.id}`],
    ['catalog', '/settings/api/catalog'],
    ['resource', '/settings/api/catalog/clients'],
    ['listeners', '/settings/api/webhook-listeners'],
    ['tokens', '/settings/api/access-tokens'],
    ['logins', '/logins'],
    ['login', `/logins/${below.id}`],
    ['accounts', '/accounts'],
    ['teams', '/teams'],
    ['team', `/teams?team=${teamId}`],
    ['audit', '/audit'],
  ];
  ({ page } = await site.open('/guide'));
});
afterAll(async () => {
  await site?.stop();
  await receiver?.close();
});

describe('where names are long', () => {
  it.each([1280, 390])('no page scrolls sideways that is %d px wide', async (width) => {
    await page.setViewportSize({ width, height: 900 });
    const wrong: string[] = [];
    for (const [name, path] of paths) {
      await page.goto(site.url + path);
      await page.getByRole('main').getByText(LONG).first().waitFor({ state: 'attached' });
      const over = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      if (over > 0) wrong.push(`${name}: ${over} px too wide`);
      await screenshot(page, `long-names-${name}-${width}`, { fullPage: true });
    }
    expect(wrong).toEqual([]);
  });

  it('no key is broken in two for that, however narrow its dialog is', async () => {
    await page.setViewportSize({ width: 320, height: 720 });
    await page.goto(`${site.url}/guide`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.keyboard.press('?');
    const keys = page.getByRole('dialog', { name: 'Keys' }).locator('kbd');
    await keys.first().waitFor();
    const heights = await keys.evaluateAll((all: any[]) => all.map((key) => key.offsetHeight as number));
    expect(new Set(heights).size).toBe(1);
  });
});

describe('a card of a list that is 390 px wide', () => {
  beforeAll(() => page.setViewportSize({ width: 390, height: 900 }));

  it('ends its first line before its buttons', async () => {
    for (const path of ['/settings/api/access-tokens', '/webhooks']) {
      await page.goto(site.url + path);
      const card = page.getByRole('row').filter({ has: page.locator('td').getByText(LONG) });
      const first = (await card.first().locator('td').first().boundingBox())!;
      const button = (await card.first().getByRole('button').boundingBox())!;
      expect(first.x + first.width).toBeLessThanOrEqual(button.x);
      expect(button.y - first.y).toBeLessThan(10);
    }
  });

  it('has all parts of a cell beside its label, not below', async () => {
    for (const path of ['/settings/api/catalog', '/webhooks']) {
      await page.goto(site.url + path);
      await page.locator('td').getByText(LONG).first().waitFor();
      const places = await page
        .locator('td[data-label] > *')
        .evaluateAll((parts: any[]) => parts.map((part) => part.getBoundingClientRect().left as number));
      expect(Math.min(...places)).toBe(places[0]);
      expect(places[0]).toBeGreaterThan(100);
    }
  });
});
