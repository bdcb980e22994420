/** Signing, its secrets and the formats in the console, proven at the receiver. */
import type { Locator, Page } from 'playwright-core';

import { PUBLIC_KEY } from '../../src/console/guide/snippets.ts';
import type { Api } from '../support/api.ts';
import { type Hit, type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish } from '../support/scenario.ts';
import { verifies } from '../support/verify.ts';
import { type Console, startConsole } from './console.ts';
import { closed, edit, entity, fact, press } from './details.ts';
import { chooseTrigger, dialogOf, next, registerCatalog, row } from './wizard.ts';

let site: Console;
let api: Api;
let receiver: Receiver;

beforeAll(async () => {
  site = await startConsole({ BELLWIRE_RETRY_SCHEDULE: '0s' });
  ({ api } = site.server);
  receiver = await startReceiver();
  await registerCatalog(api);
});
beforeEach(() => receiver.hits.splice(0));
afterEach(async () => {
  const { nodes } = await api.run('{ webhooks(first: 100) { nodes { id } } }');
  for (const { id } of nodes)
    await api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { message } } }', { id });
});
afterAll(async () => {
  await site?.stop();
  await receiver?.close();
});

const firstEndpoint = (page: Page): Locator =>
  page.getByRole('list', { name: 'Endpoints' }).getByRole('listitem').first();
const signing = (page: Page, name: string): Locator =>
  page.getByRole('radiogroup', { name: 'Signing' }).getByRole('radio', { name });
const format = (page: Page, name: string): Locator =>
  page.getByRole('radiogroup', { name: 'Format' }).getByRole('radio', { name });
const region = async (page: Page, name: string): Promise<string> =>
  (await page.getByRole('region', { name, exact: true }).innerText()).trim();

/** The request of an event that is published now. */
async function sent(id: string): Promise<Hit> {
  const before = receiver.hits.length;
  await publish(api, clientEvent(id));
  return (await receiver.until(before + 1))[before]!;
}

describe('a signing secret', () => {
  it('is revealed after a question, as the one that signs, hidden again, and audited (X07)', async () => {
    const { number, secret } = await createWebhook(api, receiver.url);
    const { page, complaints } = await site.open(`/webhooks/${number}`);
    await press(page, 'Reveal the signing secret of endpoint 1');
    const dialog = page.getByRole('dialog', { name: 'Reveal signing secret' });
    expect(await dialog.innerText()).toContain('is written to the audit log');
    expect(await page.content()).not.toContain(secret);
    await dialog.getByRole('button', { name: 'Reveal' }).click();
    await dialog.getByRole('button', { name: 'Copy the signing secret of endpoint 1' }).waitFor();
    const value = await region(page, 'the signing secret of endpoint 1');
    expect(value).toBe(secret);
    expect(verifies(value, await sent('revealed'))).toBe(true);
    await dialog.getByText('Close', { exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await page.content()).not.toContain(secret);
    // Opened again it asks again.
    await press(page, 'Reveal the signing secret of endpoint 1');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.goto(`${site.url}/audit`);
    const entries = page.getByText('Looked at the signing secret of an endpoint of the webhook');
    await entries.first().waitFor();
    expect(await entries.count()).toBe(1);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('is rotated with a grace period, in which the old one signs, too, and counts down (X08)', async () => {
    const { number, secret } = await createWebhook(api, receiver.url);
    const { page, complaints } = await site.open(`/webhooks/${number}`);
    await press(page, 'Rotate the signing secret of endpoint 1');
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByRole('radio', { name: '24 hours' }).isChecked()).toBe(true);
    await dialog.getByRole('radio', { name: '1 hour' }).check();
    expect(await dialog.getByRole('list', { name: 'What happens' }).innerText()).toContain('both signatures');
    await dialog.getByRole('button', { name: 'Rotate' }).click();
    const shown = await region(page, 'the new signing secret of endpoint 1');
    expect(shown).toMatch(/^whsec_/);
    expect(shown).not.toBe(secret);
    // The value goes by the button, not by a slip.
    await page.keyboard.press('Escape');
    await press(page, 'I have copied it');
    await dialog.waitFor({ state: 'detached' });
    expect(await page.content()).not.toContain(shown);
    const secrets = page.getByRole('list', { name: 'Signing secrets of endpoint 1' });
    await secrets.getByText(/ends in (60 min|1 h)/).waitFor();
    expect(await secrets.getByRole('listitem').count()).toBe(2);
    const during = await sent('during');
    expect([verifies(secret, during), verifies(shown, during)]).toEqual([true, true]);

    // Without a grace period all older ones end at once.
    await press(page, 'Rotate the signing secret of endpoint 1');
    await dialog.getByRole('radio', { name: /^None/ }).check();
    await dialog.getByRole('button', { name: 'Rotate' }).click();
    const last = await region(page, 'the new signing secret of endpoint 1');
    await press(page, 'I have copied it');
    await page.waitForFunction(
      `document.querySelectorAll('[aria-label="Signing secrets of endpoint 1"] li').length === 1`,
    );
    const after = await sent('after');
    expect([secret, shown, last].map((one) => verifies(one, after))).toEqual([false, false, true]);
    await page.goto(`${site.url}/audit`);
    await page.getByText('Rotated the signing secret of an endpoint of the webhook').first().waitFor();
    await page
      .getByText(/grace period: none/)
      .first()
      .waitFor();
    await page
      .getByText(/grace period: 1 h/)
      .first()
      .waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('is gone from the page when its grace period is over, by the clock (X08)', async () => {
    const { number, endpointId } = await createWebhook(api, receiver.url);
    await api.mutate(
      'mutation ($id: ID!) { endpointRotateSecret(id: $id, graceSeconds: 3600) { errors { message } } }',
      { id: endpointId },
    );
    const { page } = await site.open('/guide');
    await page.clock.setFixedTime(Date.now() + 3_590_000);
    await page.goto(`${site.url}/webhooks/${number}`);
    const secrets = page.getByRole('list', { name: 'Signing secrets of endpoint 1' });
    await secrets.getByText(/ends in \d+ s/).waitFor();
    await page.clock.setFixedTime(Date.now() + 3_610_000);
    await secrets.getByText(/ends in/).waitFor({ state: 'detached' });
    expect(await secrets.getByRole('listitem').count()).toBe(1);
    await page.context().close();
  });
});

describe('signing', () => {
  it('with a key pair is chosen in the wizard; its public key stands on the page and verifies (P22, X08)', async () => {
    const { page, complaints } = await site.open('/webhooks/new');
    await dialogOf(page).waitFor();
    await page.getByLabel('Name', { exact: false }).first().fill('Partner');
    await next(page, 2);
    await row(page, 'Endpoint 1').getByLabel('Web address').fill(receiver.url);
    await press(page, 'Advanced');
    expect(await signing(page, 'Shared secret').isChecked()).toBe(true);
    await signing(page, 'None').check();
    await page.getByText('Anybody could send this').waitFor();
    await signing(page, 'Key pair').check();
    await format(page, 'CloudEvents, binary').check();
    await next(page, 3);
    await chooseTrigger(page, 1, 'Client', 'Created');
    await page.getByRole('region', { name: 'sample' }).getByText('ce-type: clients.create').waitFor();
    await press(page, 'ADD');
    await page.getByRole('heading', { name: /^Webhook \d+ is added$/ }).waitFor();
    const key = await region(page, 'public key');
    expect(key).toMatch(/^whpk_/);
    await press(page, 'Done');

    const hit = await sent('by-key');
    expect(verifies(key, hit)).toBe(true);
    expect(hit.headers).toMatchObject({ 'ce-type': 'clients.create', 'ce-subject': 'by-key' });
    expect(await isGenuine(PUBLIC_KEY, hit, key)).toBe(true);
    expect(await isGenuine(PUBLIC_KEY, { ...hit, body: Buffer.from('{}') }, key)).toBe(false);

    await page.locator('tbody tr').first().getByRole('link').first().click();
    expect(await firstEndpoint(page).locator('[data-public-key]').innerText()).toBe(key);
    await firstEndpoint(page).getByRole('button', { name: 'Copy the public key of endpoint 1' }).waitFor();
    expect(
      await firstEndpoint(page)
        .getByRole('button', { name: /^Reveal/ })
        .count(),
    ).toBe(0);
    expect(await fact(firstEndpoint(page), 'Format').innerText()).toBe('CloudEvents, binary');

    // The request as it was, also as a command.
    await page.getByRole('tab', { name: 'Deliveries' }).click();
    await page.getByRole('row').getByText('Delivered').first().waitFor();
    await page.locator('tbody tr').first().getByRole('link').first().click();
    const table = page.getByRole('table', { name: 'Headers of the request' });
    expect(await table.getByRole('row', { name: /^ce-subject/ }).innerText()).toContain('by-key');
    await page.getByLabel('As it was sent').check();
    expect(await region(page, 'body of the request')).toBe(hit.body.toString());
    await page.getByRole('tab', { name: 'cURL' }).click();
    const command = await region(page, 'command');
    expect(command).toContain("--header 'ce-type: clients.create'");
    expect(command).toContain(`--data-raw '${hit.body.toString()}'`);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('changed on the page makes a new key at once and ends the old secret; None says that it does not sign (P22, X08)', async () => {
    const { number, secret } = await createWebhook(api, receiver.url);
    const { page, complaints } = await site.open(`/webhooks/${number}`);
    await edit(page, 'endpoints');
    await press(page, 'Advanced');
    await signing(page, 'Key pair').check();
    await page.getByText('The old signing secrets end at once').waitFor();
    await press(page, 'Save');
    const dialog = page.getByRole('dialog', { name: 'The new public key' });
    const key = (await dialog.getByRole('region').innerText()).trim();
    await dialog.getByRole('button', { name: 'I have copied it' }).click();
    await closed(page, 'endpoints');
    const hit = await sent('changed');
    expect([verifies(secret, hit), verifies(key, hit)]).toEqual([false, true]);

    await page.getByRole('tab', { name: 'Verify signatures' }).click();
    const languages = page.getByRole('radiogroup', { name: 'Language' });
    await languages.waitFor();
    expect(await languages.locator('label').allInnerTexts()).toEqual(['JavaScript', 'Python', 'Go']);
    expect(await page.getByRole('list', { name: 'What each endpoint signs with' }).innerText()).toContain(
      key,
    );
    const code = await region(page, 'the example in JavaScript');
    const check = code.slice(0, code.indexOf('createServer(async'));
    expect(await isGenuine(check, hit, key)).toBe(true);
    expect(await isGenuine(check, { ...hit, body: Buffer.from('{}') }, key)).toBe(false);
    await page.getByRole('region', { name: 'the steps in any other language' }).waitFor();

    await page.getByRole('tab', { name: 'Overview' }).click();
    await edit(page, 'endpoints');
    await press(page, 'Advanced');
    await signing(page, 'None').check();
    await format(page, 'Bare entity').check();
    await press(page, 'Save');
    await closed(page, 'endpoints');
    const open = await sent('unsigned');
    expect(open.headers).not.toHaveProperty('webhook-signature');
    expect(JSON.parse(open.body.toString())).toEqual({ id: 'unsigned', name: 'Client unsigned' });
    await page.getByRole('tab', { name: 'Verify signatures' }).click();
    await page.getByText('This endpoint does not sign').waitFor();
    expect(await languages.count()).toBe(0);
    await page.goto(`${site.url}/audit`);
    await page
      .getByText(/signing:/)
      .first()
      .waitFor();
    expect(await page.locator('tbody tr').first().innerText()).toMatch(
      /Key pair \(Ed25519\)[\s\S]*None[\s\S]*Bare entity/,
    );
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it.each([
    ['Standard Webhooks envelope', (hit: Hit) => entity(hit)],
    ['CloudEvents, structured', (hit: Hit) => JSON.parse(hit.body.toString()).subject],
    ['CloudEvents, binary', (hit: Hit) => hit.headers['ce-subject']],
    ['Bare entity', (hit: Hit) => JSON.parse(hit.body.toString()).id],
  ])('the format is chosen on the page, shown by an example, and sent: %s (P22)', async (name, read) => {
    const first = name === 'Bare entity' ? 'STANDARD_WEBHOOKS' : 'ENTITY';
    const { number } = await createWebhook(api, receiver.url, { advanced: { format: first } });
    const { page } = await site.open(`/webhooks/${number}`);
    await edit(page, 'endpoints');
    await press(page, 'Advanced');
    await format(page, name).check();
    expect(await region(page, `example: ${name}`)).toContain('"Ada"');
    await press(page, 'Save');
    await closed(page, 'endpoints');
    expect(read(await sent('formatted'))).toBe('formatted');
    await page.context().close();
  });
});

/** What a snippet's function of this name says of a request. */
async function isGenuine(snippet: string, { body, headers }: Pick<Hit, 'body' | 'headers'>, key: string) {
  process.env['WEBHOOK_PUBLIC_KEY'] = key;
  const unique = `\nexport { isGenuine }; // ${key}`;
  const module = `data:text/javascript,${encodeURIComponent(snippet + unique)}`;
  const loaded = (await import(module)) as {
    isGenuine: (body: Buffer, headers: Hit['headers'], key: string) => boolean;
  };
  return loaded.isGenuine(body, headers, key);
}
