/** One delivery in a browser: its attempts as they are made, what the receiver got and answered, the retry. */
import { execFileSync } from 'node:child_process';

import type { Locator, Page, Request } from 'playwright-core';

import { type Hit, type Receiver, startReceiver, status } from '../support/receiver.ts';
import {
  clientEvent,
  createWebhook,
  type MadeWebhook,
  publish,
  registerResource,
} from '../support/scenario.ts';
import { type Console, startConsole } from './console.ts';

const SECRET = 'shop-secret-0123456789';
const HTML = '<h1>no</h1><img src="x" onerror="window.broken = 1"><script>window.broken = 2</script>';

let site: Console;
let receiver: Receiver;
let once: MadeWebhook;

beforeAll(async () => {
  site = await startConsole();
  receiver = await startReceiver();
  await registerResource(site.server.api);
  once = await createWebhook(site.server.api, receiver.url, {
    details: { name: 'Shop' },
    advanced: {
      retrySchedule: [0],
      headers: [
        { name: 'x-shop', value: "it's 12; ok", secret: false },
        { name: 'x-key', value: SECRET, secret: true },
      ],
    },
  });
});
afterAll(async () => {
  await site?.stop();
  await receiver?.close();
});

const step = (page: Page, number: number): Locator => page.locator(`[data-attempt="${number}"]`);
const text = async (locator: Locator): Promise<string> =>
  (await locator.innerText()).replace(/\s+/g, ' ').trim();
/** The badge in the head of the page. */
const state = (page: Page, word: string): Promise<void> =>
  page.locator('main').getByText(word, { exact: true }).first().waitFor();

/** The name of the GraphQL operation that a request carries; undefined for others. */
const operation = (request: Request): string | undefined =>
  request.method() === 'POST' && request.url().endsWith('/graphql')
    ? (request.postDataJSON() as { operationName?: string }).operationName
    : undefined;

/** Publishes one event and answers its delivery's id and the receiver's first hit of it. */
async function deliver(entity: string): Promise<{ id: string; hit: Hit }> {
  await publish(site.server.api, clientEvent(entity));
  const hit = await receiver.find(({ body }) => body.toString().includes(`"${entity}"`));
  return { id: hit.headers['webhook-id'] as string, hit };
}

/** So many hits of one delivery. */
async function hitsOf(id: string, count: number): Promise<Hit[]> {
  let seen = -1;
  await receiver.find(() => {
    seen = receiver.hits.filter(({ headers }) => headers['webhook-id'] === id).length;
    return seen >= count;
  });
  return receiver.hits.filter(({ headers }) => headers['webhook-id'] === id);
}

describe('the page of a delivery', () => {
  it('shows each attempt as it is made, the time to the next, and that it was delivered in the end', async () => {
    const later = await startReceiver(
      (_hit, response, count) => void response.writeHead(count === 1 ? 500 : 204).end(),
    );
    await createWebhook(site.server.api, later.url, {
      details: { name: 'Later' },
      triggers: [{ resource: 'clients', event: 'update' }],
      advanced: { retrySchedule: [0, 5] },
    });
    await publish(site.server.api, clientEvent('slow', { event: 'update' }));
    const [first] = await later.until(1);
    const id = first!.headers['webhook-id'] as string;
    const { page, complaints } = await site.open(`/deliveries/${id}`);
    await step(page, 1).waitFor();
    await page.getByRole('heading', { name: 'Attempt 1' }).waitFor();
    // What it reads by itself does not keep the session alive.
    const reads: [string, string | undefined][] = [];
    page.on('request', (request) => {
      const name = operation(request);
      if (name !== undefined) reads.push([name, request.headers()['bellwire-background']]);
    });
    expect(await text(step(page, 1))).toMatch(/^1\. Refused · HTTP 500 First attempt · .+ · \d+ ms$/);
    expect(await text(page.locator('[data-next]'))).toMatch(/^2\. Next attempt (00:0\d|due now) · /);
    await state(page, 'Will retry');
    const countdown = page.locator('[data-next] [data-countdown]');
    const before = await countdown.innerText();
    await page.locator('[data-next] [data-countdown]').filter({ hasNotText: before }).waitFor();

    await step(page, 2).waitFor();
    expect(await text(step(page, 2))).toMatch(/^2\. Delivered · HTTP 204 Automatic retry · /);
    await state(page, 'Delivered');
    expect(await page.locator('[data-next]').count()).toBe(0);
    expect((await later.until(2)).map(({ headers }) => headers['webhook-id'])).toEqual([id, id]);
    // The attempt that is on display is the newest, until one is chosen: then it is in the address.
    await page.getByRole('heading', { name: 'Attempt 2' }).waitFor();
    expect(reads).toContainEqual(['DeliveryPage', '1']);
    expect(reads).toContainEqual(['DeliveryAttempt', '1']);
    expect(reads.filter(([, background]) => background !== '1')).toEqual([]);
    await step(page, 1).getByRole('button').click();
    await page.getByRole('heading', { name: 'Attempt 1' }).waitFor();
    expect(new URL(page.url()).search).toBe('?attempt=1');
    reads.length = 0;
    await page.reload();
    await page.getByRole('heading', { name: 'Attempt 1' }).waitFor();
    expect(reads.find(([name]) => name === 'DeliveryPage')).toEqual(['DeliveryPage', undefined]);
    expect(reads).toContainEqual(['DeliveryAttempt', undefined]);
    expect(complaints).toEqual([]);
    await page.context().close();
    await later.close();
  });

  it('shows in its tabs what the receiver got, to the byte, and keeps what is secret', async () => {
    receiver.answer = (_hit, response) =>
      void response.writeHead(422, { 'content-type': 'text/html', 'x-answer': 'yes' }).end(HTML);
    const { id, hit } = await deliver('tabs');
    receiver.answer = status(204);
    const { page, complaints } = await site.open(`/deliveries/${id}`);
    const headers = page.getByRole('table', { name: 'Headers of the request' });
    await headers.waitFor();
    const listed = new Map<string, string>();
    for (const row of (await headers.getByRole('row').all()).slice(1)) {
      const [name, value] = await row.getByRole('cell').allInnerTexts();
      listed.set(name!, value!.trim());
    }
    expect(listed.get('x-key')).toBe('kept secret');
    for (const name of [
      'content-type',
      'content-length',
      'user-agent',
      'webhook-id',
      'webhook-timestamp',
      'webhook-signature',
      'webhook-attempt',
      'x-shop',
    ])
      expect([name, listed.get(name)]).toEqual([name, hit.headers[name]]);
    expect(await page.locator('[data-url]').innerText()).toBe(receiver.url);
    const body = page.getByRole('region', { name: 'body of the request' });
    expect(await body.innerText()).toBe(JSON.stringify(JSON.parse(hit.body.toString()), null, 2));
    await page.getByRole('switch', { name: 'As it was sent' }).click();
    expect(await body.innerText()).toBe(hit.body.toString());

    await page.getByRole('tab', { name: 'Response' }).click();
    expect(await page.getByRole('region', { name: 'body of the answer' }).innerText()).toBe(HTML);
    await page.getByRole('row', { name: 'x-answer yes' }).waitFor();
    expect(await page.evaluate('window.broken')).toBeUndefined();
    expect(await page.locator('main img, main script').count()).toBe(0);

    await page.getByRole('tab', { name: 'Timing' }).click();
    const phases = page.getByRole('table', { name: 'Phases of the attempt' });
    for (const phase of ['Queue', 'Send', 'Wait', 'Receive'])
      await phases.getByRole('row', { name: new RegExp(`^${phase} [\\d.]+ ms [\\d.]+ ms`) }).waitFor();

    await page.getByRole('tab', { name: 'cURL' }).click();
    const command = await page.getByRole('region', { name: 'command' }).innerText();
    const [program, ...args] = shellWords(command);
    expect(program).toBe('curl');
    expect(args.slice(0, 4)).toEqual(['--globoff', '--request', 'POST', receiver.url]);
    expect(args).toContain('x-key: <x-key>');
    expect(args).toContain(`x-shop: ${hit.headers['x-shop'] as string}`);
    expect(args).toContain(`webhook-signature: ${hit.headers['webhook-signature'] as string}`);
    expect(args.slice(-2)).toEqual(['--data-raw', hit.body.toString()]);
    expect(await page.content()).not.toContain(SECRET);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('sends again by button, by the key r, and a delivered one only when that is confirmed', async () => {
    receiver.answer = status(500);
    const { id } = await deliver('again');
    const { page, complaints } = await site.open(`/deliveries/${id}`);
    await state(page, 'Failed');

    // On the wire: the reason why it cannot be sent once more stands there.
    let answer = (): void => undefined;
    receiver.answer = (_hit, response) => void (answer = () => void response.writeHead(500).end());
    await page.getByRole('button', { name: 'Retry' }).click();
    await hitsOf(id, 2);
    await page.getByText('It is being sent at this moment: wait for its result.').waitFor();
    await page.keyboard.press('r');
    answer();
    await step(page, 2).getByText('Retry by hand').waitFor();
    await state(page, 'Failed');
    expect(await hitsOf(id, 2)).toHaveLength(2);

    // The retry is answered, and the page still shows the state of before: another r is not another wish.
    receiver.answer = status(204);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/graphql', async (route) => {
      if (operation(route.request()) === 'DeliveryPage') await held;
      await route.continue();
    });
    let retries = 0;
    page.on('request', (request) => void (retries += Number(operation(request) === 'DeliveryPageRetry')));
    const answered = page.waitForResponse(
      (response) => operation(response.request()) === 'DeliveryPageRetry',
    );
    await page.keyboard.down('r');
    await page.keyboard.down('r');
    await (await answered).finished();
    await hitsOf(id, 3);
    await page.keyboard.down('r');
    await page.keyboard.up('r');
    await page.keyboard.press('r');
    release();
    await state(page, 'Delivered');
    expect(retries).toBe(1);
    await page.unroute('**/graphql');
    expect((await hitsOf(id, 3)).map(({ headers }) => headers['webhook-attempt'])).toEqual(['1', '2', '3']);

    await page.getByRole('button', { name: 'Send again' }).click();
    const dialog = page.getByRole('dialog', { name: 'Send a delivered event again?' });
    await dialog.getByText(`webhook ${once.number}, Shop,`).waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.keyboard.press('r');
    await dialog.getByRole('button', { name: 'Send again' }).click();
    await step(page, 4).getByText('Delivered').waitFor();
    expect(await hitsOf(id, 4)).toHaveLength(4);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('says when there is no such delivery, and tries again when it could not be read', async () => {
    const { page } = await site.open('/deliveries/dlv_01h455vb4pex5vsknk084sn02q');
    await page.getByRole('heading', { name: 'There is no such delivery' }).waitFor();
    const id = receiver.hits[0]!.headers['webhook-id'] as string;
    await page.route('**/graphql', async (route) => {
      if (route.request().postData()?.includes('DeliveryPage')) await route.abort();
      else await route.continue();
    });
    await page.goto(`${site.url}/deliveries/${id}`);
    await page.getByRole('alert').getByText('This could not be loaded').waitFor();
    await page.unroute('**/graphql');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: 'Attempt 1' }).waitFor();
    await page.context().close();
  });
});

/** The words of a command, as a shell reads them. */
function shellWords(command: string): string[] {
  const print = `curl() { printf '%s\\0' curl "$@"; }\n${command}\n`;
  return execFileSync('sh', ['-c', print]).toString().split('\0').slice(0, -1);
}
