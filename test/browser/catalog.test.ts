/** The catalog's pages in a browser: what they show is what the API says, and what they save is what it keeps. */
import type { Locator, Page } from 'playwright-core';

import { HOST_RESOURCES } from '../support/host-application-resources.ts';
import { createPerson } from '../support/people.ts';
import { startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish } from '../support/scenario.ts';
import { type Console, startConsole } from './console.ts';

let site: Console;
beforeAll(async () => {
  site = await startConsole();
});
afterAll(() => site?.stop());

const rows = (page: Page): Locator => page.getByRole('table', { name: 'Catalog' }).locator('tbody tr');
const heading = (page: Page, name: string): Promise<void> =>
  page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
const catalog = (): Promise<any[]> =>
  site.server.api.run(
    '{ catalog { name label description allowed model payloadSchema events { name label description supported examplePayload } } }',
  );

describe('the catalog', () => {
  it('holds at first what the server itself tells of, which nobody changes, and offers the first step', async () => {
    const { page, complaints } = await site.open('/settings/api/catalog');
    await page.getByRole('link', { name: 'Webhook endpoint' }).click();
    await heading(page, 'Webhook endpoint');
    for (const name of ['Edit', 'Remove'])
      expect(await page.getByRole('button', { name, exact: true }).count()).toBe(0);
    await page.goBack();
    await page.getByRole('button', { name: 'Register resource' }).click();
    await heading(page, 'Register resource');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('lists what the API lists, with what is allowed and supported in words (L14, L16)', async () => {
    for (const input of HOST_RESOURCES)
      await site.server.api.mutate(
        'mutation ($input: CatalogResourceInput!) { resourceRegister(input: $input) { errors { message } } }',
        { input },
      );
    const { page, complaints } = await site.open('/settings/api/catalog');
    await rows(page).first().waitFor();
    const shown = await rows(page).allInnerTexts();
    const known = await catalog();
    expect(shown).toHaveLength(known.length);
    for (const [index, { label, name, allowed }] of known.entries()) {
      expect(shown[index]).toContain(label);
      expect(shown[index]).toContain(name);
      expect(shown[index]!.includes('Not allowed')).toBe(!allowed);
    }

    await page.getByRole('searchbox', { name: 'Search resources' }).fill('nothing like this');
    await page.getByRole('heading', { name: 'No resources match' }).waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await rows(page).first().waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('shows a resource with its events, its model, its JSON Schema and how it arrives', async () => {
    const { page, complaints } = await site.open('/settings/api/catalog');
    await rows(page).filter({ hasText: 'clients' }).click();
    await heading(page, 'Client');
    const clients = (await catalog()).find(({ name }) => name === 'clients');
    const events = page.getByRole('table', { name: 'Events of Client' }).locator('tbody tr');
    expect(await events.count()).toBe(clients.events.length);
    expect(await events.filter({ hasText: 'Deleted' }).innerText()).toContain('Not supported');

    const body = page.getByRole('region', { name: /^body of the request/ });
    const envelope = JSON.parse(await body.innerText());
    expect(envelope).toMatchObject({ type: 'clients.create', data: clients.events[0].examplePayload });
    await page.getByRole('combobox', { name: 'Event' }).click();
    await page.getByRole('option', { name: 'Updated' }).click();
    expect(JSON.parse(await body.innerText()).type).toBe('clients.update');

    const model = await page.getByRole('region', { name: 'GraphQL model of Client' }).innerText();
    expect(model.trim()).toBe(clients.model);
    await page.getByRole('tab', { name: 'JSON Schema' }).click();
    const schema = page.getByRole('region', { name: 'JSON Schema of Client' });
    expect(JSON.parse(await schema.innerText())).toEqual(clients.payloadSchema);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('shows an envelope of exactly the fields that a delivery has', async () => {
    const receiver = await startReceiver();
    const { api } = site.server;
    const webhook = await createWebhook(api, receiver.url);
    const client = clientEvent('c-1', {
      payload: { id: 'c-1', name: 'Ada', tags: [], createdAt: '2026-01-31T09:30:00.000Z' },
    });
    await publish(api, client);
    const [hit] = await receiver.until(1);
    const { page } = await site.open('/settings/api/catalog/clients');
    const body = await page.getByRole('region', { name: /^body of the request/ }).innerText();
    expect(Object.keys(JSON.parse(body))).toEqual(Object.keys(JSON.parse(hit!.body.toString())));
    const headers = await page.getByRole('region', { name: 'headers of the request' }).innerText();
    for (const line of headers.trim().split('\n')) expect(hit!.headers).toHaveProperty(line.split(':')[0]!);
    await api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { message } } }', {
      id: webhook.id,
    });
    await page.context().close();
    await receiver.close();
  });

  it('registers a resource: what is wrong in the model stands at the field with line and column', async () => {
    const { page, complaints } = await site.open('/settings/api/catalog?register=1');
    await page.getByLabel('Name', { exact: false }).first().fill('orders');
    await page.getByLabel('Label').first().fill('Order');
    const model = page.getByLabel('GraphQL type definitions');
    await model.fill('type Order {\n  id: ID!\n  total: Flaot!\n}');
    await page.getByRole('button', { name: 'Register resource' }).click();
    const problem = page.getByText(/line 3, column \d+:/).first();
    await problem.waitFor();
    await page.getByRole('button', { name: 'Go to line 3' }).click();
    const rest = 'document.activeElement.value.slice(document.activeElement.selectionStart)';
    expect(await page.evaluate<string>(rest)).toMatch(/^Flaot/);

    await model.fill('type Order {\n  id: ID!\n  total: Float!\n}');
    await page.getByLabel('Example').first().fill('{ "id": 1');
    await page.getByRole('button', { name: 'Register resource' }).click();
    await page
      .getByText(/This is not valid JSON/)
      .first()
      .waitFor();
    await page.getByLabel('Example').first().fill('{ "id": "1", "total": "much" }');
    await page.getByRole('button', { name: 'Register resource' }).click();
    await page
      .getByText(/^total: /)
      .first()
      .waitFor();
    await page.getByLabel('Example').first().fill('{ "id": "1", "total": 9.5 }');
    await page.getByRole('button', { name: 'Register resource' }).click();
    await heading(page, 'Order');
    await page.getByText('It turned no trigger on or off').waitFor();
    expect((await catalog()).find(({ name }) => name === 'orders')).toMatchObject({
      label: 'Order',
      allowed: true,
      events: [
        { name: 'create', examplePayload: { id: '1', total: 9.5 } },
        { name: 'update', supported: true },
      ],
    });
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('says which triggers an edit turned off, and removing a resource turns off the others (L15)', async () => {
    const { api } = site.server;
    const { id } = await createWebhook(api, 'https://example.com/', {
      triggers: ['create', 'update'].map((event) => ({ resource: 'payments', event })),
    });
    const reasons = async (): Promise<(string | null)[]> => {
      const query = 'query ($id: ID!) { webhook(id: $id) { triggers { inactiveReason } } }';
      return (await api.run(query, { id })).triggers.map((trigger: any) => trigger.inactiveReason);
    };
    const { page, complaints } = await site.open('/settings/api/catalog/payments?edit=1');
    const updated = page.getByRole('group', { name: 'Event 2: Updated' });
    await updated.getByRole('switch', { name: 'The host sends it' }).click({ force: true });
    await page.getByRole('button', { name: 'Save resource' }).click();
    await page.getByText('Saved: it turned one trigger on or off').waitFor();
    await page.getByText('off now, the host does not send the event').waitFor();
    expect(await reasons()).toEqual([null, 'EVENT_NOT_SUPPORTED']);

    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Remove resource' });
    await dialog.getByText(/Triggers on it are kept and become inactive/).waitFor();
    await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
    await heading(page, 'Catalog');
    expect(await reasons()).toEqual(['RESOURCE_UNKNOWN', 'RESOURCE_UNKNOWN']);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('can be read, not changed, without CATALOG_MANAGE; a failed read can be tried again', async () => {
    const plain = await createPerson(site.server, { name: 'Plain' });
    const { page } = await site.open('/guide', { token: plain.api.token! });
    await heading(page, 'Set Up Webhooks');
    await page.route('**/graphql', (route) => route.abort());
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Catalog' }).click();
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    await page.unroute('**/graphql');
    await page.getByRole('button', { name: 'Try again' }).click();
    await rows(page).first().waitFor();
    expect(await page.getByRole('button', { name: 'Register resource' }).count()).toBe(0);
    await page.goto(`${site.url}/settings/api/catalog/clients?edit=1`);
    await heading(page, 'Client');
    expect(await page.getByRole('button', { name: /^(Edit|Remove|Save resource)$/ }).count()).toBe(0);
    await page.context().close();
  });
});
