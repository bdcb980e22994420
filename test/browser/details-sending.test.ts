/** What Webhook Details sets going and stops, each time proven at a receiver. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Locator, Page } from 'playwright-core';

import { packageRoot } from '../../src/paths.ts';
import type { Api } from '../support/api.ts';
import { createPerson, createTeam } from '../support/people.ts';
import { type Hit, type Receiver, startReceiver, status } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { type Console, startConsole } from './console.ts';
import { chooseTrigger, row } from './wizard.ts';

let site: Console;
let api: Api;
let receiver: Receiver;
beforeAll(async () => {
  // The second try of a delivery is far away, so that a test can stop it.
  site = await startConsole({ BELLWIRE_RETRY_SCHEDULE: '0s,1h' });
  ({ api } = site.server);
  await registerResource(api);
});
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());
afterAll(() => site?.stop());

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const edit = (page: Page, what: string) => page.getByRole('button', { name: `Edit ${what}` }).click();
const saved = (page: Page, what: string) => page.getByRole('button', { name: `Edit ${what}` }).waitFor();
const badge = (page: Page, word: string): Locator =>
  page.getByRole('main').getByText(word, { exact: true }).first();
const entity = ({ body }: Hit): string => (JSON.parse(body.toString()) as { entityId: string }).entityId;
/** What the API says of one webhook's deliveries of one entity. */
const deliveriesOf = async (number: number, entityId: string): Promise<object[]> =>
  (
    await api.run(
      `query ($filter: DeliveryFilterInput) { deliveries(filter: $filter) { nodes { status nextAttemptAt } } }`,
      { filter: { webhookNumber: number, entityId } },
    )
  ).nodes;
const entities = (): string[] => receiver.hits.map(entity);

describe('whose activity is watched', () => {
  it('For Login, set on the page: an act of that login or below it is sent, a sibling’s is not (P33)', async () => {
    const boss = await createPerson({ api }, { name: 'Boss' });
    const worker = await createPerson({ api }, { name: 'Worker', parentId: boss.id });
    const sibling = await createPerson({ api }, { name: 'Sibling' });
    const { number } = await createWebhook(api, receiver.url);
    const { page, complaints } = await site.open(`/webhooks/${number}`);
    await edit(page, 'details');
    await page.getByRole('radio', { name: 'For Login' }).check();
    await page.getByRole('combobox', { name: 'Login' }).fill('Boss');
    await page.getByRole('option', { name: `Boss (${boss.number})` }).click();
    await press(page, 'Save');
    await saved(page, 'details');
    await publish(
      api,
      clientEvent('of-sibling', { loginId: sibling.id }),
      clientEvent('of-the-one-above'),
      clientEvent('of-boss', { loginId: boss.id }),
      clientEvent('of-worker', { loginId: worker.id }),
    );
    await receiver.until(2);
    expect(entities().sort()).toEqual(['of-boss', 'of-worker']);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('Team, set on the page: a member’s act is sent, an outsider’s is not (P34)', async () => {
    const member = await createPerson({ api }, { name: 'Member' });
    const outsider = await createPerson({ api }, { name: 'Outsider' });
    await createTeam({ api }, 'Night shift', [member.id]);
    const { number } = await createWebhook(api, receiver.url);
    const { page } = await site.open(`/webhooks/${number}`);
    await edit(page, 'details');
    await page.getByRole('radio', { name: 'Team' }).check();
    await page.getByRole('combobox', { name: 'Team' }).fill('Night');
    await page.getByRole('option', { name: /^Night shift/ }).click();
    await press(page, 'Save');
    await saved(page, 'details');
    await page.getByText('What the members of the team Night shift do').waitFor();
    await publish(
      api,
      clientEvent('of-outsider', { loginId: outsider.id }),
      clientEvent('of-member', { loginId: member.id }),
    );
    await receiver.until(1);
    expect(entities()).toEqual(['of-member']);
    await page.context().close();
  });
});

describe('changing what is sent', () => {
  it('a new address takes the next event alone (L27)', async () => {
    const other = await startReceiver();
    const { number } = await createWebhook(api, receiver.url);
    await publish(api, clientEvent('old'));
    await receiver.until(1);
    const { page } = await site.open(`/webhooks/${number}`);
    await edit(page, 'endpoints');
    await row(page, 'Endpoint 1').getByLabel('Web address').fill(other.url);
    await press(page, 'Save');
    await saved(page, 'endpoints');
    await publish(api, clientEvent('new'));
    expect((await other.until(1)).map(entity)).toEqual(['new']);
    expect(entities()).toEqual(['old']);
    await page.context().close();
    await other.close();
  });

  it('disabled it sends nothing, then or later; enabled again only what is new (L28)', async () => {
    const { number } = await createWebhook(api, receiver.url);
    const { page, complaints } = await site.open(`/webhooks/${number}`);
    await press(page, 'Disable');
    const dialog = page.getByRole('dialog', { name: 'Disable Webhook' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    await publish(api, clientEvent('before'));
    await receiver.until(1);
    await press(page, 'Disable');
    await dialog.getByRole('button', { name: 'Disable' }).click();
    await page.getByText('This webhook is switched off').waitFor();
    await badge(page, 'Disabled').waitFor();
    await publish(api, clientEvent('meanwhile'));
    expect(await deliveriesOf(number, 'meanwhile')).toEqual([]);
    await press(page, 'Enable');
    await badge(page, 'Enabled').waitFor();
    await publish(api, clientEvent('after'));
    await receiver.until(2);
    expect(entities()).toEqual(['before', 'after']);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('an inactive one says why, and its event mended on the page makes it active (L15, L18, L28)', async () => {
    const { id, number } = await createWebhook(api, receiver.url, {
      triggers: [{ resource: 'clients', event: 'delete' }],
    });
    const { page } = await site.open(`/webhooks/${number}`);
    await badge(page, 'Inactive').waitFor();
    const banner = page.getByRole('alert').filter({ hasText: 'This webhook is inactive' });
    expect(await banner.innerText()).toContain('Choose a supported event');
    const told = await api.run('query ($id: ID!) { webhook(id: $id) { status statusReason } }', { id });
    expect(told.status).toBe('INACTIVE');
    expect(await banner.innerText()).toContain(told.statusReason);
    await publish(api, clientEvent('deleted', { event: 'delete' }));
    expect(await deliveriesOf(number, 'deleted')).toEqual([]);
    await page.getByRole('button', { name: 'Edit the triggers' }).click();
    await chooseTrigger(page, 1, 'Client', 'Updated');
    await press(page, 'Save');
    await badge(page, 'Enabled').waitFor();
    expect(await banner.count()).toBe(0);
    await publish(api, clientEvent('updated', { event: 'update' }));
    await receiver.until(1);
    expect(entities()).toEqual(['updated']);
    await page.context().close();
  });

  it.each([
    ['disabled', 'Disable', 'Disable Webhook', 'Disable'],
    ['deleted', 'Delete', 'Delete Webhook', 'CONFIRM'],
  ])(
    '%s on the page, what waits for another try is cancelled (X13, P38)',
    async (_, button, title, confirm) => {
      receiver.answer = status(500);
      const { number } = await createWebhook(api, receiver.url);
      const { page } = await site.open(`/webhooks/${number}?tab=deliveries`);
      await publish(api, clientEvent('stopped'));
      await receiver.until(1);
      await page
        .getByRole('row')
        .getByText(/^Will retry/)
        .waitFor();
      await press(page, button);
      await page.getByRole('dialog', { name: title }).getByRole('button', { name: confirm }).click();
      if (button === 'Delete') await page.waitForURL(/\/webhooks$/);
      else await page.getByRole('row').getByText('Cancelled').waitFor();
      expect(await deliveriesOf(number, 'stopped')).toEqual([{ status: 'CANCELLED', nextAttemptAt: null }]);
      // Another webhook's delivery goes out, so the sender was at work all the while.
      receiver.answer = status(204);
      await createWebhook(api, `${receiver.url}/other`);
      await publish(api, clientEvent('going-on'));
      await receiver.find((hit) => entity(hit) === 'going-on');
      expect(entities().filter((id) => id === 'stopped')).toHaveLength(1);
      await page.context().close();
    },
  );
});

describe('deliveries and tests', () => {
  it('lists what was sent, filtered by the address, and sends a delivery again (X05)', async () => {
    const { number } = await createWebhook(api, receiver.url);
    const { page, complaints } = await site.open(`/webhooks/${number}?tab=deliveries`);
    await page.getByRole('heading', { name: 'No delivery yet' }).waitFor();
    await publish(api, clientEvent('again'));
    const line = page.getByRole('row').filter({ hasText: 'again' });
    await line.getByText('Delivered').waitFor();
    expect(await line.innerText()).toContain('HTTP 204');
    await page.goto(`${site.url}/webhooks/${number}?tab=deliveries&status=failed`);
    await page.getByRole('heading', { name: 'No deliveries match' }).waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).last().click();
    await line.getByRole('link').first().click();
    await press(page, 'Send again');
    await page.getByRole('dialog').getByRole('button', { name: 'Send again' }).click();
    const [first, second] = await receiver.until(2);
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
    expect(second!.body.equals(first!.body)).toBe(true);
    await page.getByRole('list', { name: 'Attempts' }).getByText('Retry by hand').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('sends a test before the real ones, marked as one, and shows how it went (X06)', async () => {
    const failing = await startReceiver(status(500));
    const { number } = await createWebhook(api, [receiver.url, failing.url], {
      advanced: { retrySchedule: [0] },
    });
    const { page, complaints } = await site.open(`/webhooks/${number}`);
    await press(page, 'Send test');
    const form = page.getByRole('form', { name: 'Send a test event' });
    const payload = form.getByLabel('Payload');
    const submit = form.getByRole('button', { name: 'Send test' });
    expect(await form.getByRole('combobox', { name: 'Event' }).inputValue()).toBe('Client · Created');
    await form.getByText('"name"').or(payload).first().waitFor();
    await payload.fill('{ "id": ');
    await submit.click();
    await form.getByText(/^This is not JSON/).waitFor();
    await payload.fill('{ "id": "t1" }');
    await submit.click();
    await form.getByText(/^name: /).waitFor();
    expect(receiver.hits).toEqual([]);
    await payload.fill('{ "id": "t1", "name": "By hand" }');
    await submit.click();
    const result = page.getByRole('region', { name: 'How the test went' });
    await result.getByText('Delivered', { exact: true }).first().waitFor();
    await result.getByText('Failed', { exact: true }).first().waitFor();
    const [hit] = await receiver.until(1);
    expect(hit!.headers['webhook-test']).toBe('true');
    expect(JSON.parse(hit!.body.toString())).toMatchObject({
      test: true,
      data: { id: 't1', name: 'By hand' },
    });
    expect(await failing.until(1)).toHaveLength(1);
    // To one of them alone, with the example.
    await press(page, 'Use the example');
    await form.getByRole('combobox', { name: 'To' }).click();
    await page.getByRole('option', { name: receiver.url }).click();
    await submit.click();
    const [, example] = await receiver.until(2);
    expect(JSON.parse(example!.body.toString())).toMatchObject({ test: true, event: 'create' });
    expect(failing.hits).toHaveLength(1);
    await result.getByRole('link', { name: 'Request and response of this delivery' }).click();
    await page.waitForURL(`**/deliveries/${String(example!.headers['webhook-id'])}`);
    await page.getByRole('heading', { level: 1, name: 'Delivery' }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
    await failing.close();
  });

  it('has examples in six languages, and the one in JavaScript takes what is genuine and nothing else (X08)', async () => {
    const port = await freePort();
    const { number, secret } = await createWebhook(api, `http://127.0.0.1:${port}/hooks`, {
      advanced: { retrySchedule: [0] },
    });
    const { page, complaints } = await site.open(`/webhooks/${number}?tab=verify`);
    const languages = page.getByRole('radiogroup', { name: 'Language' });
    await languages.waitFor();
    expect(await languages.locator('label').allInnerTexts()).toEqual([
      ...['JavaScript', 'Python', 'Go', 'Ruby', 'PHP', 'Java'],
    ]);
    for (const language of ['Python', 'Go', 'Ruby', 'PHP', 'Java', 'JavaScript']) {
      await languages.getByText(language, { exact: true }).click();
      const code = await page
        .getByRole('region', { name: `the example in ${language}`, exact: true })
        .innerText();
      expect(code.toLowerCase()).toMatch(/webhook-signature/);
    }
    const code = await page
      .getByRole('region', { name: 'the example in JavaScript', exact: true })
      .innerText();
    const example = await startExample(code, port, secret);
    await press(page, 'Send test');
    await page.getByRole('form').getByRole('button', { name: 'Send test' }).click();
    const result = page.getByRole('region', { name: 'How the test went' });
    await result.getByText('Delivered', { exact: true }).first().waitFor();
    await example.saw('clients.create');
    const forged = await fetch(`http://127.0.0.1:${port}/hooks`, {
      method: 'POST',
      body: '{}',
      headers: {
        'webhook-id': 'x',
        'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
        'webhook-signature': 'v1,AAAA',
      },
    });
    expect(forged.status).toBe(401);
    expect(complaints).toEqual([]);
    await example.stop();
    await page.context().close();
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Runs the text of an example as a program, and waits until it listens. */
async function startExample(code: string, port: number, secret: string) {
  // Inside the package, where its import is found.
  const folder = mkdtempSync(join(packageRoot, 'dist', 'example-'));
  const file = join(folder, 'receiver.mjs');
  writeFileSync(file, code);
  const child: ChildProcess = spawn(process.execPath, [file], {
    env: { PATH: process.env['PATH'], TMPDIR: tmpdir(), PORT: String(port), WEBHOOK_SECRET: secret },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()));
  for (let up = false; !up;)
    up = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => new Promise((resolve) => setImmediate(() => resolve(false))),
    );
  return {
    async saw(text: string): Promise<void> {
      while (!output.includes(text)) await once(child.stdout!, 'data');
    },
    async stop(): Promise<void> {
      child.kill();
      await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
