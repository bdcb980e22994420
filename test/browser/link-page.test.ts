/** The page behind a Create Webhooks link (P12, P15): for whoever has the address, without a session and without JavaScript. */
import { AxeBuilder } from '@axe-core/playwright';

import { makeLink } from '../feed/link.ts';
import { createPerson } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { openWatchedPage } from './chromium.ts';
import { type Console, screenshot, startConsole } from './console.ts';

let console_: Console;
let receiver: Receiver;
let link: string;

beforeAll(async () => {
  console_ = await startConsole();
  receiver = await startReceiver();
  await registerResource(console_.server.api);
  link = await makeLink(console_.server.api);
});
afterAll(async () => {
  await console_?.stop();
  await receiver?.close();
});

it('shows operations, parameters, fields, a sample and the checks in six languages, with the address itself in the examples (P15)', async () => {
  const context = await console_.browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(link);
  expect(await page.title()).toBe('Webhooks API information · Bellwire');
  await page.getByRole('heading', { level: 1, name: 'Webhooks API information' }).waitFor();
  for (const title of [
    'What you can ask for',
    'Follow without a gap',
    'What can happen',
    'Verify a signature',
  ])
    await page.getByRole('heading', { level: 2, name: title }).waitFor();
  await page.getByRole('cell', { name: 'lastEventId', exact: true }).waitFor();
  expect(await page.getByLabel('A notification', { exact: true }).textContent()).toContain('"sample": true');
  await page.getByText('Client clients').click();
  const fields = page.getByLabel('Fields of Client', { exact: true });
  await fields.waitFor();
  expect(await fields.textContent()).toContain('type Client {');
  for (const language of ['Node.js', 'Python', 'Ruby', 'PHP', 'Go', 'Java'])
    await page.locator('#verify summary').filter({ hasText: language }).waitFor();
  expect(await page.getByLabel('Polling the newest').textContent()).toContain(link);
  // Nothing but the page: no script, no style, no picture, nobody else.
  expect(asked).toEqual([link]);
  await context.close();
});

it('shows the newest notification of those that its login may see, as text whatever is in it (P12)', async () => {
  const { api } = console_.server;
  const beside = await createPerson(console_.server, {
    ...{ name: '<img src=x onerror=alert(1)>', isAccount: true, permissions: ['WEBHOOKS_MANAGE'] },
  });
  await createWebhook(api, receiver.url);
  const markup = '</code></pre><script>alert(1)</script>';
  await publish(api, clientEvent('markup', { payload: { id: 'markup', name: markup } }));
  const { page, complaints } = await openWatchedPage(console_.browser);
  await page.goto(link);
  const shown = await page.getByLabel('A notification', { exact: true }).textContent();
  expect(shown).toContain(markup);
  expect(shown).not.toContain('sample');
  await page.goto(await makeLink(beside.api));
  await page.getByText('<img src=x onerror=alert(1)>').first().waitFor();
  expect(await page.getByLabel('A notification', { exact: true }).textContent()).toContain('"sample": true');
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('has nothing that axe finds in either scheme, fits 320 pixels, and is reached by the keyboard', async () => {
  const { page, complaints } = await openWatchedPage(console_.browser);
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    for (const width of [1400, 320]) {
      await page.setViewportSize({ width, height: 900 });
      await page.goto(link);
      await page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))");
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.target.join(' ')}`)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      await page.evaluate('scrollTo(0, 0)');
      await screenshot(page, `link-page-${scheme}-${width}`);
    }
  }
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('To the content');
  expect(complaints).toEqual([]);
  await page.context().close();
});
