/** Events in a browser: the list is what the API has, and each event shows its payload and where it went. */
import pg from 'pg';
import type { Locator, Page } from 'playwright-core';

import { createPerson } from '../support/people.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { type Console, startConsole } from './console.ts';

let site: Console;
let receiver: Receiver;
let ids: string[];

beforeAll(async () => {
  site = await startConsole();
  receiver = await startReceiver();
  await registerResource(site.server.api);
});
afterAll(async () => {
  await site?.stop();
  await receiver?.close();
});

const rows = (page: Page): Locator =>
  page.getByRole('table', { name: 'Events' }).locator('tbody tr[data-index]');

async function shown(page: Page): Promise<string[]> {
  const links = await page.getByRole('table', { name: 'Events' }).locator('a[href*="/events/"]').all();
  return Promise.all(links.map(async (link) => (await link.getAttribute('href'))!.split('/').at(-1)!));
}

async function known(filter: Record<string, unknown> = {}): Promise<string[]> {
  const { nodes } = await site.server.api.run(
    'query ($filter: EventFilterInput) { events(first: 100, filter: $filter) { nodes { id } } }',
    { filter },
  );
  return nodes.map(({ id }: { id: string }) => id);
}

describe('the pages of events', () => {
  it('say that nothing was published yet, and show an event that nothing listened to', async () => {
    const { page, complaints } = await site.open('/events');
    await page.getByRole('heading', { name: 'No event yet' }).waitFor();
    const [unheard] = await publish(site.server.api, clientEvent('unheard'));
    ids = [unheard!.event.id];
    await page.getByRole('button', { name: 'Refresh' }).click();
    await rows(page).filter({ hasText: 'unheard' }).getByText('None').waitFor();
    await rows(page).filter({ hasText: 'unheard' }).getByRole('link').click();
    await page.getByRole('heading', { name: 'No delivery: nothing listened' }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('list what the API has, by filters that survive a reload', async () => {
    const { api } = site.server;
    const person = await createPerson(site.server, { name: 'Piet', permissions: ['EVENTS_PUBLISH'] });
    await createWebhook(api, receiver.url, { details: { name: 'Orders' } });
    const [mine] = await publish(api, clientEvent('mine'));
    const [his] = await publish(api, clientEvent('his', { loginId: person.id }));
    const [changed] = await publish(api, clientEvent('mine', { event: 'update' }));
    ids = [changed, his, mine].map((one) => one!.event.id).concat(ids);
    await receiver.until(2);
    const { page, complaints } = await site.open('/events');
    await rows(page).first().waitFor();
    expect(await shown(page)).toEqual(ids);
    expect(await known()).toEqual(ids);
    await page.locator('[data-count]').getByText('4 events').waitFor();

    await page.getByRole('searchbox', { name: 'Entity id' }).fill('mine');
    await page.waitForURL(/entity=mine/);
    await page.getByRole('combobox', { name: 'Resource' }).click();
    await page.getByRole('option', { name: 'Client' }).click();
    await page.getByRole('combobox', { name: 'Event' }).click();
    await page.getByRole('option', { name: 'Created' }).click();
    await page.getByRole('combobox', { name: 'Delivered' }).click();
    await page.getByRole('option', { name: 'Delivered', exact: true }).click();
    await page.getByRole('combobox', { name: 'Time' }).click();
    await page.getByRole('option', { name: 'Last 24 hours' }).click();
    await page.waitForURL(/within=24h/);
    await page.reload();
    await page.locator('[data-count]').getByText('1 event').waitFor();
    // Its rows come by themselves.
    await rows(page).first().waitFor();
    expect(await shown(page)).toEqual([mine!.event.id]);
    expect(await known({ entityId: 'mine', name: ['create'], delivered: true })).toEqual([mine!.event.id]);

    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.locator('[data-count]').getByText('4 events').waitFor();
    await page.getByRole('combobox', { name: 'Login' }).fill('piet');
    await page.getByRole('option', { name: `Piet #${person.number}` }).click();
    await page.locator('[data-count]').getByText('1 event').waitFor();
    await page.reload();
    await page.locator('[data-count]').getByText('1 event').waitFor();
    // Its rows come by themselves.
    await rows(page).first().waitFor();
    expect(await shown(page)).toEqual(await known({ loginId: person.id }));
    expect(await page.getByRole('combobox', { name: 'Login' }).inputValue()).toBe(`Piet #${person.number}`);
    // A search that the next key has made pointless is given up by the page itself.
    expect(complaints.filter((text) => !text.endsWith('ERR_ABORTED'))).toEqual([]);
    await page.context().close();
  });

  it('show the payload as text, and the deliveries with their states as they change', async () => {
    const { api } = site.server;
    let answer = (): void => undefined;
    receiver.answer = (_hit, response) => void (answer = () => void response.writeHead(204).end());
    const name = '<b>Ann</b> & "Bo"';
    const payload = { id: 'live', name };
    const [made] = await publish(api, clientEvent('live', { payload }));
    await receiver.find(({ body }) => body.toString().includes('"live"'));
    const { page, complaints } = await site.open(`/events/${made!.event.id}`);
    expect(await page.getByRole('region', { name: 'payload of the event' }).innerText()).toBe(
      JSON.stringify(payload, null, 2),
    );
    const table = page.getByRole('table', { name: 'Deliveries of the event' });
    await table.getByText('Sending').waitFor();
    await page.locator('[data-live="live"]').waitFor();
    receiver.answer = status(204);
    answer();
    await table.getByText('Delivered').waitFor();
    await table.getByRole('link').first().click();
    await page.getByRole('heading', { level: 1, name: 'Delivery' }).waitFor();
    await page.getByRole('link', { name: made!.event.id }).click();
    await page.getByRole('heading', { level: 1, name: 'Event' }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('say when a payload is not kept any more', async () => {
    const { page, complaints } = await site.open(`/events/${ids[0]}`);
    await page.getByRole('region', { name: 'payload of the event' }).waitFor();
    // As retention does it: the partition of the payloads is dropped before that of the events.
    const client = new pg.Client({ connectionString: site.server.database.url });
    await client.connect();
    await client.query('delete from event_payloads where event_id = $1', [ids[0]]);
    await client.end();
    await page.reload();
    await page.getByText('The payload is not kept any more').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('say that nothing matches, that there is no such event, and try again after an error', async () => {
    const { page } = await site.open('/events/evt_01h455vb4pex5vsknk084sn02q');
    await page.getByRole('heading', { name: 'There is no such event' }).waitFor();
    await page.goto(`${site.url}/events?entity=nobody`);
    await page.getByRole('heading', { name: 'No events match' }).waitFor();
    await page.route('**/graphql', async (route) => {
      if (route.request().postData()?.includes('EventsTable')) await route.abort();
      else await route.continue();
    });
    await page.goto(`${site.url}/events`);
    await page.getByRole('alert').getByText('This could not be loaded').waitFor();
    await page.unroute('**/graphql');
    await page.getByRole('button', { name: 'Try again' }).click();
    await rows(page).first().waitFor();
    expect(await shown(page)).toEqual(await known());
    await page.context().close();
  });
});
