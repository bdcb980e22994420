/** The Webhooks page in a browser: what is listed, how it is found, and that deleting really silences. */
import type { Locator, Page } from 'playwright-core';

import { createPerson, createTeam } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { type Console, startConsole } from './console.ts';

let site: Console;
let receiver: Receiver;
beforeAll(async () => {
  site = await startConsole();
  receiver = await startReceiver();
  await registerResource(site.server.api);
});
afterAll(async () => {
  await site?.stop();
  await receiver?.close();
});

const table = (page: Page): Locator => page.getByRole('table', { name: 'Saved Webhooks' });
const rows = (page: Page): Locator => table(page).locator('tbody tr');
/** Of the six columns; the charts behind them come later. */
const texts = async (row: Locator): Promise<string[]> =>
  (await row.getByRole('cell').allInnerTexts()).slice(0, 6).map((text) => text.replace(/\s+/g, ' ').trim());

describe('the Webhooks page', () => {
  it('says that nothing is sent yet, and offers the first step (P06, L11)', async () => {
    const { page, complaints } = await site.open('/webhooks');
    await page.getByRole('heading', { name: 'No webhook yet' }).waitFor();
    const section = page.getByRole('region', { name: 'Saved Webhooks' });
    await section.getByRole('link', { name: 'ADD WEBHOOK' }).click();
    await page.waitForURL(/\/webhooks\/new/);
    const listeners = await site.open('/settings/api/webhook-listeners');
    await listeners.page.getByRole('heading', { name: 'No webhook yet' }).waitFor();
    expect(await listeners.page.getByRole('link', { name: 'New Webhook Listener' }).count()).toBe(2);
    expect([...complaints, ...listeners.complaints]).toEqual([]);
    await page.context().close();
    await listeners.page.context().close();
  });

  it('is reached by Webhooks in the category Admin, and by Settings, API, Webhook Listeners (P09, L08)', async () => {
    const { page, complaints } = await site.open('/guide');
    const admin = page.getByRole('navigation', { name: 'Main' }).getByRole('region', { name: 'Admin' });
    await admin.getByRole('link', { name: 'Webhooks', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Webhooks', exact: true }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/webhooks');
    const settings = page.getByRole('navigation', { name: 'Main' }).getByRole('region', { name: 'Settings' });
    await settings.getByRole('button', { name: 'API' }).waitFor();
    await settings.getByRole('link', { name: 'Webhook Listeners' }).click();
    await page.getByRole('heading', { level: 1, name: 'Webhook Listeners' }).waitFor();
    await page.getByRole('heading', { level: 2, name: 'Saved Webhooks' }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('has the link on top, ADD WEBHOOK directly below it, and then the table (P16, P18)', async () => {
    const { page } = await site.open('/webhooks');
    const top = async (locator: Locator): Promise<number> => (await locator.boundingBox())!.y;
    const link = await top(page.getByRole('heading', { name: 'Create Webhooks Link' }));
    const add = await top(page.getByRole('link', { name: 'ADD WEBHOOK' }).first());
    const saved = await top(page.getByRole('heading', { name: 'Saved Webhooks' }));
    expect(link).toBeLessThan(add);
    expect(add).toBeLessThan(saved);
    await page.context().close();
  });

  it('leads to the guide and its other neighbours (P40)', async () => {
    const { page } = await site.open('/webhooks');
    const related = page.getByRole('region', { name: 'Related pages' });
    for (const name of ['Set Up Webhooks', 'Deliveries', 'Webhook Listeners', 'Catalog']) {
      await related.getByRole('link', { name }).click();
      await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
      await page.goBack();
    }
    await page.context().close();
  });
});

describe('the saved table', () => {
  it('has its six columns in order, and rows that are what the API says, markup as text (P30, P32, P33, P34, P35)', async () => {
    const { api } = site.server;
    const nils = await createPerson(site.server, { name: 'Nils Holm', permissions: ['WEBHOOKS_MANAGE'] });
    const night = await createTeam({ api }, 'Night shift', [nils.id]);
    await createWebhook(nils.api, receiver.url, {
      details: { name: '<b>Bold</b> & co', description: '<img src=x onerror=alert(1)>' },
    });
    await createWebhook(api, receiver.url, { details: { name: 'Pager', teamId: night } });
    await createWebhook(api, receiver.url, { details: { name: 'Desk', forLoginId: nils.id } });

    const { page, complaints } = await site.open('/webhooks');
    await rows(page).nth(2).waitFor();
    const headers = await table(page).getByRole('columnheader').allInnerTexts();
    expect(headers.slice(0, 6)).toEqual(['ID', 'Login', 'For Login', 'Team', 'Name', 'Description']);
    const { nodes } = await api.run(`{ webhooks(first: 10, orderBy: [{ field: NUMBER, direction: DESC }]) {
      nodes { number name description login { name number } forLogin { name number } team { name } } } }`);
    const named = (login: { name: string; number: number } | null) =>
      login ? `${login.name} #${login.number}` : '';
    const expected = nodes.map((row: any) => [
      String(row.number),
      named(row.login),
      named(row.forLogin),
      row.team?.name ?? '',
      row.name,
      row.description,
    ]);
    expect(await Promise.all((await rows(page).all()).map(texts))).toEqual(expected);
    // Another viewer sees the same creator.
    const other = await site.open('/webhooks', { token: nils.api.token! });
    await rows(other.page).nth(2).waitFor();
    expect((await texts(rows(other.page).nth(2)))[1]).toBe(`Nils Holm #${nils.number}`);
    expect([...complaints, ...other.complaints]).toEqual([]);
    await page.context().close();
    await other.page.context().close();
  });

  it('shows two accounts different lists, and two managers of one account the same (P04, L09, L10)', async () => {
    const branch = async (name: string) =>
      createPerson(site.server, {
        name,
        isAccount: true,
        permissions: ['WEBHOOKS_MANAGE', 'ACCESS_MANAGE', 'EVENTS_PUBLISH'],
      });
    const [north, south] = [await branch('North'), await branch('South')];
    const colleague = await createPerson(north, { name: 'Nora', permissions: ['WEBHOOKS_MANAGE'] });
    await createWebhook(north.api, receiver.url, { details: { name: 'Of the north' } });
    await createWebhook(colleague.api, receiver.url, { details: { name: 'Of a colleague' } });
    await createWebhook(south.api, receiver.url, { details: { name: 'Of the south' } });
    const names = async (token: string) => {
      const { page } = await site.open('/webhooks', { token });
      await rows(page).first().waitFor();
      const found = await rows(page).locator('[data-label=Name]').allInnerTexts();
      await page.context().close();
      return found;
    };
    expect(await names(north.api.token!)).toEqual(['Of a colleague', 'Of the north']);
    expect(await names(colleague.api.token!)).toEqual(['Of a colleague', 'Of the north']);
    expect(await names(south.api.token!)).toEqual(['Of the south']);
    expect(await names(site.server.api.token!)).toEqual(
      expect.arrayContaining(['Of a colleague', 'Of the north', 'Of the south']),
    );
  });

  it('takes in what others add, change and delete without a reload (P29)', async () => {
    const { api } = site.server;
    const { page, complaints } = await site.open('/webhooks');
    await page.locator('[data-live=live]').waitFor();
    const made = await createWebhook(api, receiver.url, { details: { name: 'Came by itself' } });
    const row = rows(page).filter({ hasText: 'Came by itself' });
    await row.waitFor();
    expect(await rows(page).first().innerText()).toContain('Came by itself');
    await api.mutate(
      'mutation ($id: ID!) { webhookUpdate(id: $id, input: { details: { name: "Changed by itself" } }) { errors { message } } }',
      { id: made.id },
    );
    await rows(page).filter({ hasText: 'Changed by itself' }).waitFor();
    await api.mutate('mutation ($id: ID!) { webhookDisable(id: $id) { errors { message } } }', {
      id: made.id,
    });
    await rows(page).filter({ hasText: 'Changed by itself' }).getByText('Disabled').waitFor();
    await api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { message } } }', {
      id: made.id,
    });
    await rows(page).filter({ hasText: 'Changed by itself' }).waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('opens the details by a click on any cell and by the keyboard, and its ID stays (P31, P36, P39)', async () => {
    const made = await createWebhook(site.server.api, receiver.url, {
      details: { name: 'To open', description: 'Any cell' },
    });
    const { page } = await site.open('/webhooks?search=To%20open');
    await rows(page).first().waitFor();
    const address = `${site.url}/webhooks/${made.number}`;
    for (let cell = 0; cell < 6; cell++) {
      await rows(page).first().getByRole('cell').nth(cell).click();
      await page.waitForURL(address);
      await page.goBack();
      await rows(page).first().waitFor();
    }
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL(address);
    await page.goBack();
    const link = rows(page).first().getByRole('link');
    expect(await link.getAttribute('href')).toBe(`/webhooks/${made.number}`);
    await link.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(address);
    await page.context().close();
  });

  it('keeps search, status and order in the address, and clears them when nothing fits', async () => {
    for (const name of ['Zebra feed', 'Anchor feed'])
      await createWebhook(site.server.api, receiver.url, { details: { name } });
    const { page } = await site.open('/webhooks');
    await rows(page).first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('zebra');
    await page.waitForURL(/search=zebra/);
    await table(page).getByText('Anchor feed').waitFor({ state: 'detached' });
    await table(page).getByText('Zebra feed').waitFor();
    expect(await rows(page).locator('[data-label=Name]').allInnerTexts()).toEqual(['Zebra feed']);
    await page.reload();
    await rows(page).first().waitFor();
    expect(await page.getByRole('searchbox').inputValue()).toBe('zebra');
    await page.getByRole('combobox', { name: 'Status' }).click();
    await page.getByRole('option', { name: 'Inactive' }).click();
    await page.getByRole('heading', { name: 'No webhooks match' }).waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await table(page).getByText('Anchor feed').waitFor();
    expect(new URL(page.url()).search).toBe('');
    await table(page).getByRole('button', { name: 'Name' }).click();
    await page.waitForURL(/sort=name.asc/);
    await table(page).locator('th[aria-sort=ascending]').waitFor();
    const { nodes } = await site.server.api.run(
      '{ webhooks(first: 100, orderBy: [{ field: NAME, direction: ASC }]) { nodes { name } } }',
    );
    await rows(page)
      .nth(nodes.length - 1)
      .waitFor();
    expect(
      (await rows(page).locator('[data-label=Name]').allInnerTexts()).map((text) => text.split('\n')[0]),
    ).toEqual(nodes.map(({ name }: { name: string }) => name));
    await page.context().close();
  });

  it('says what went wrong when the server does not answer, and tries again', async () => {
    const { page } = await site.open('/guide');
    // Until somebody asks again: the page may ask by itself before, when its socket tells of a change.
    await page.evaluate(
      `document.addEventListener('click', ({ target }) => (window.askedAgain ||= target.textContent === 'Try again'), true)`,
    );
    const askedAgain = () => page.evaluate<boolean>('window.askedAgain');
    await page.route('**/graphql', async (route) =>
      route.request().postData()?.includes('WebhooksTable') && !(await askedAgain())
        ? route.abort()
        : route.continue(),
    );
    const navigation = page.getByRole('navigation', { name: 'Main' });
    await navigation.getByRole('link', { name: 'Webhooks', exact: true }).click();
    await page.getByText('The server cannot be reached').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await rows(page).first().waitFor();
    await page.context().close();
  });
});

describe('the X', () => {
  it('opens Delete Webhook with the name; leaving keeps it, CONFIRM deletes and silences (P37, P38, X13)', async () => {
    const { api } = site.server;
    const doomed = await createWebhook(api, `${receiver.url}/doomed`, { details: { name: 'Doomed' } });
    const { page, complaints } = await site.open('/webhooks');
    const x = page.getByRole('button', { name: `Delete webhook ${doomed.number}, Doomed` });
    const dialog = page.getByRole('dialog', { name: 'Delete Webhook' });
    await x.click();
    await dialog.getByText('Doomed').waitFor();
    expect(new URL(page.url()).pathname).toBe('/webhooks');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    await publish(api, clientEvent('kept'));
    await receiver.find(({ path, body }) => path.endsWith('/doomed') && body.includes('"kept"'));

    await x.click();
    await dialog.getByRole('button', { name: 'CONFIRM' }).click();
    await rows(page).filter({ hasText: 'Doomed' }).waitFor({ state: 'detached' });
    expect(await api.run('query ($id: ID!) { webhook(id: $id) { id } }', { id: doomed.id })).toBeNull();
    const witness = await createWebhook(api, `${receiver.url}/witness`, { details: { name: 'Witness' } });
    await publish(api, clientEvent('after'));
    await receiver.find(({ path, body }) => path.endsWith('/witness') && body.includes('"after"'));
    expect(
      receiver.hits.filter(({ path, body }) => path.endsWith('/doomed') && body.includes('"after"')),
    ).toEqual([]);
    await api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { message } } }', {
      id: witness.id,
    });
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('is worked by the keyboard alone, and the focus comes back to it (P38, X17)', async () => {
    const { api } = site.server;
    const first = await createWebhook(api, receiver.url, { details: { name: 'By keyboard' } });
    const { page } = await site.open('/webhooks?search=By%20keyboard');
    await rows(page).first().waitFor();
    const label = `Delete webhook ${first.number}, By keyboard`;
    const focused = (): Promise<string | null> =>
      page.evaluate<string | null>(
        'document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent',
      );
    await page.keyboard.press('j');
    // From the row by its link to the X.
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe(label);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Delete Webhook' }).waitFor();
    await page.locator(':focus', { hasText: 'Cancel' }).waitFor();
    // The focus cannot leave the dialog.
    for (let step = 0; step < 8; step++) {
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.closest("[role=dialog]") !== null')).toBe(true);
    }
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: label }).and(page.locator(':focus')).waitFor();
    await page.keyboard.press('Enter');
    await page.locator(':focus', { hasText: 'Cancel' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('CONFIRM');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'No webhooks match' }).waitFor();
    expect(await api.run('query ($id: ID!) { webhook(id: $id) { id } }', { id: first.id })).toBeNull();
    await page.context().close();
  });
});
