/** A delivery that is cancelled on its page: before its first attempt, between two, and on the wire, each proven at the receiver. */
import type { ServerResponse } from 'node:http';

import type { Page } from 'playwright-core';

import type { Api } from '../support/api.ts';
import { createPerson, createTeam } from '../support/people.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import {
  clientEvent,
  createWebhook,
  type MadeWebhook,
  publish,
  registerResource,
} from '../support/scenario.ts';
import { type Console, startConsole } from './console.ts';
import { entity } from './details.ts';

let site: Console;
let api: Api;
let receiver: Receiver;
/** The answers that the receiver has not given yet. */
let open: ServerResponse[];

beforeAll(async () => {
  // The second attempt is far away, so that a test can come before it.
  site = await startConsole({ BELLWIRE_RETRY_SCHEDULE: '0s,1h' });
  ({ api } = site.server);
  await registerResource(api);
});
beforeEach(async () => {
  open = [];
  receiver = await startReceiver((_hit, response) => void open.push(response));
});
afterEach(async () => {
  // What is held would be held until its time limit.
  for (const response of open) if (!response.writableEnded) response.writeHead(204).end();
  await receiver.close();
});
afterAll(() => site?.stop());

/** The delivery of an entity to a webhook. */
async function deliveryOf(webhook: MadeWebhook, entityId: string): Promise<{ id: string; status: string }> {
  const { nodes } = await api.run(
    'query ($filter: DeliveryFilterInput) { deliveries(filter: $filter) { nodes { id status attemptCount } } }',
    { filter: { webhookId: webhook.id, entityId } },
  );
  return nodes[0];
}
const word = (page: Page, text: string): Promise<void> =>
  page.locator('main').getByText(text, { exact: true }).first().waitFor();
const dialogOf = (page: Page) => page.getByRole('dialog', { name: 'Cancel this delivery?' });
/** Confirms what is asked. */
const confirm = (page: Page): Promise<void> =>
  dialogOf(page).getByRole('button', { name: 'Cancel delivery' }).click();
const press = (page: Page): Promise<void> =>
  page.locator('main').getByRole('button', { name: 'Cancel delivery' }).click();

describe('a delivery is cancelled on its page', () => {
  it('before its first attempt: it is never sent, and what is behind it is (X13)', async () => {
    const webhook = await createWebhook(api, receiver.url, { advanced: { maxConcurrency: 1 } });
    await publish(api, clientEvent('first'), clientEvent('second'));
    await receiver.until(1);
    const going = entity(receiver.hits[0]!);
    const stopped = going === 'first' ? 'second' : 'first';
    const waiting = await deliveryOf(webhook, stopped);
    const { page, complaints } = await site.open(`/deliveries/${waiting.id}`);
    await word(page, 'Waiting');
    await press(page);
    await dialogOf(page).getByText('It waits for its first attempt: nothing will be sent.').waitFor();
    await page.keyboard.press('Escape');
    await dialogOf(page).waitFor({ state: 'detached' });
    expect((await deliveryOf(webhook, stopped)).status).toBe('PENDING');
    await press(page);
    await confirm(page);
    await word(page, 'Cancelled');
    await page.getByText('It was stopped before its first attempt').waitFor();
    expect(await page.locator('main').getByRole('button', { name: 'Cancel delivery' }).count()).toBe(0);
    open[0]!.writeHead(204).end();
    await publish(api, clientEvent('third'));
    await receiver.until(2);
    expect(receiver.hits.map(entity)).toEqual([going, 'third']);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('between two attempts, by keyboard: there is no other one, and Retry still sends it (X13)', async () => {
    receiver.answer = status(500);
    const webhook = await createWebhook(api, receiver.url);
    await publish(api, clientEvent('failed-once'));
    const [hit] = await receiver.until(1);
    const { page, complaints } = await site.open(`/deliveries/${hit!.headers['webhook-id'] as string}`);
    await word(page, 'Will retry');
    await page.locator('main').getByRole('button', { name: 'Cancel delivery' }).focus();
    await page.keyboard.press('Enter');
    await dialogOf(page).getByText('It waits for another attempt: there will be none.').waitFor();
    await dialogOf(page).getByRole('button', { name: 'Cancel delivery' }).focus();
    await page.keyboard.press('Enter');
    await word(page, 'Cancelled');
    await page.getByText('It was stopped after that').waitFor();
    expect(await page.locator('[data-next]').count()).toBe(0);
    expect(await deliveryOf(webhook, 'failed-once')).toMatchObject({ status: 'CANCELLED', attemptCount: 1 });
    receiver.answer = status(204);
    await page.getByRole('button', { name: 'Retry', exact: true }).click();
    await word(page, 'Delivered');
    expect(receiver.hits.map(entity)).toEqual(['failed-once', 'failed-once']);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it.each([
    ['its success still counts', 204, 'Delivered', 'SUCCEEDED'],
    ['its failure is the last', 500, 'Cancelled', 'CANCELLED'],
  ])('on the wire: %s (X13)', async (_, code, shown, state) => {
    const webhook = await createWebhook(api, receiver.url);
    await publish(api, clientEvent(`sent-${code}`));
    const [hit] = await receiver.until(1);
    const { page } = await site.open(`/deliveries/${hit!.headers['webhook-id'] as string}`);
    await word(page, 'Sending');
    await press(page);
    await dialogOf(page).getByText('its result still counts').waitFor();
    await confirm(page);
    await page.getByText('There will be no further attempt; the one on the wire still counts.').waitFor();
    open[0]!.writeHead(code).end();
    await word(page, shown);
    expect(await deliveryOf(webhook, `sent-${code}`)).toMatchObject({ status: state, attemptCount: 1 });
    expect(receiver.hits).toHaveLength(1);
    await page.context().close();
  });

  it('too late: the dialog says why not, and the page shows what became of it', async () => {
    await createWebhook(api, receiver.url);
    await publish(api, clientEvent('arriving'));
    const [hit] = await receiver.until(1);
    const { page } = await site.open(`/deliveries/${hit!.headers['webhook-id'] as string}`);
    await word(page, 'Sending');
    await press(page);
    await page.route('**/graphql', async (route) => {
      if (route.request().postData()?.includes('DeliveryPageCancel')) {
        open[0]!.writeHead(204).end();
        await delivered(hit!.headers['webhook-id'] as string);
      }
      await route.continue();
    });
    await confirm(page);
    await dialogOf(page).getByRole('alert').getByText('The delivery has arrived already').waitFor();
    await dialogOf(page).getByRole('button', { name: 'Go on sending' }).click();
    await word(page, 'Delivered');
    await page.context().close();
  });

  it('is not offered to a member of the team who may only read', async () => {
    receiver.answer = status(500);
    const member = await createPerson({ api }, { name: 'Reader' });
    const teamId = await createTeam({ api }, 'Readers', [member.id]);
    await createWebhook(api, receiver.url, { details: { teamId } });
    await publish(api, clientEvent('read-only', { loginId: member.id }));
    const [hit] = await receiver.until(1);
    const address = `/deliveries/${hit!.headers['webhook-id'] as string}`;
    const reader = await site.open(address, { token: member.api.token! });
    await word(reader.page, 'Will retry');
    expect(await reader.page.getByRole('button', { name: 'Cancel delivery' }).count()).toBe(0);
    await reader.context.close();
    const { page } = await site.open(address);
    await page.getByRole('button', { name: 'Cancel delivery' }).waitFor();
    await page.context().close();
  });
});

/** Settles when the stream tells that a delivery has arrived. */
async function delivered(id: string): Promise<void> {
  const stream = api.subscribe(
    'subscription ($after: StreamCursor) { deliveryEvents(after: $after) { cursor events { delivery { id status } } } }',
    { after: await api.beginning() },
  );
  await stream.until((batches) =>
    batches
      .flatMap((batch) => batch.events)
      .some((event: any) => event.delivery.id === id && event.delivery.status === 'SUCCEEDED'),
  );
  await stream.close();
}
