/** The deliveries of one webhook on its page, its test event, and the examples that verify a signature. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { packageRoot } from '../../src/paths.ts';
import type { Api } from '../support/api.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { type Console, startConsole } from './console.ts';
import { press } from './details.ts';

let site: Console;
let api: Api;
let receiver: Receiver;
beforeAll(async () => {
  site = await startConsole();
  ({ api } = site.server);
  await registerResource(api);
});
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());
afterAll(() => site?.stop());

describe('deliveries and tests', () => {
  it('lists what was sent, filtered by the address, and sends a delivery again (X05)', async () => {
    const { number } = await createWebhook(api, receiver.url);
    const { page, complaints } = await site.open(`/webhooks/${number}?tab=deliveries`);
    await page.getByRole('heading', { name: 'No delivery yet' }).waitFor();
    await publish(api, clientEvent('again'));
    const line = page.getByRole('row').filter({ hasText: 'again' });
    await line.getByText('Delivered').waitFor();
    expect((await line.innerText()).replace(/\s+/g, ' ')).toContain('HTTP 204');
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
    const address = `/deliveries/${String(example!.headers['webhook-id'])}`;
    await result.locator(`a[href$="${address}"]`).click();
    await page.waitForURL(`**${address}`);
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
    env: { PATH: process.env['PATH'], PORT: String(port), WEBHOOK_SECRET: secret },
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
