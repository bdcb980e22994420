/** The page of a login in a browser: what is granted there counts in the other's browser and at a receiver. */
import type { Locator, Page } from 'playwright-core';

import { createPerson, type Person } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { type Console, startConsole } from './console.ts';

let site: Console;
let receiver: Receiver;
let north: Person;
let south: Person;
let nora: Person;
beforeAll(async () => {
  site = await startConsole();
  receiver = await startReceiver();
  await registerResource(site.server.api);
  north = await createPerson(site.server, { name: 'North', isAccount: true });
  south = await createPerson(site.server, { name: 'South', isAccount: true });
  nora = await createPerson(site.server, {
    name: 'Nora',
    parentId: north.id,
    permissions: ['WEBHOOKS_MANAGE', 'ACCESS_MANAGE'],
  });
});
afterAll(async () => {
  await site?.stop();
  await receiver?.close();
});

const heading = (page: Page, name: string): Promise<void> =>
  page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
const rows = (page: Page, name: string): Locator => page.getByRole('table', { name }).locator('tbody tr');
const section = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });

/** Ticks or unticks a permission of the open login's page and saves. */
async function setPermission(page: Page, name: string, held: boolean): Promise<void> {
  await section(page, 'Permissions').getByRole('checkbox', { name }).setChecked(held);
  await page.getByRole('button', { name: 'Save permissions' }).click();
  await page
    .getByText(/^The permissions of .* are saved\.$/)
    .first()
    .waitFor();
}

describe('who may not manage webhooks', () => {
  it('sees neither the entry nor the page, and gets no data (P10, L06)', async () => {
    await createWebhook(site.server.api, 'https://example.com/', { details: { name: 'Secret plans' } });
    const plain = await createPerson(site.server, { name: 'Plain' });
    const { page, context } = await site.open('/guide', { token: plain.api.token! });
    for (const path of ['/webhooks', '/webhooks/1', '/settings/api/webhook-listeners', '/webhooks/new']) {
      await page.goto(site.url + path);
      await page.getByRole('heading', { name: 'You may not see this page' }).waitFor();
      const main = page.getByRole('navigation', { name: 'Main' });
      expect(
        await main.getByRole('link', { name: /^(Webhooks|Webhook Listeners|Logins|Teams)$/ }).count(),
      ).toBe(0);
      expect(await page.content()).not.toContain('Secret plans');
    }
    await context.close();
    const { data, errors } = await plain.api.send('{ webhooks { nodes { name } } }');
    expect([data, errors?.[0]?.extensions?.['code']]).toEqual([{ webhooks: null }, 'FORBIDDEN']);
    const allowed = await site.open('/webhooks');
    await allowed.page.getByText('Secret plans').waitFor();
    await allowed.context.close();
  });
});

describe('the page of a login', () => {
  it('grants and takes back the permission: it counts in the other browser at its next request (L07)', async () => {
    const finn = await createPerson(nora, { name: 'Finn', permissions: ['WEBHOOKS_MANAGE'] });
    await nora.api.mutate(
      'mutation ($id: ID!) { loginUpdate(id: $id, input: { permissions: [] }) { errors { message } } }',
      { id: finn.id },
    );
    const his = await site.open('/webhooks', { token: finn.api.token! });
    await his.page.getByRole('heading', { name: 'You may not see this page' }).waitFor();

    const { page, complaints } = await site.open('/logins', { token: nora.api.token! });
    await page.getByRole('searchbox', { name: 'Search logins' }).fill('Finn');
    await page.getByText('One in all').waitFor();
    await rows(page, 'Logins').filter({ hasText: 'Finn' }).click();
    await heading(page, 'Finn');
    await setPermission(page, 'Manage webhooks', true);

    await his.page.reload();
    await heading(his.page, 'Webhooks');
    const webhook = await createWebhook(finn.api, receiver.url, { details: { name: 'By Finn' } });
    await publish(site.server.api, clientEvent('granted', { loginId: finn.id }));
    await receiver.find(({ body }) => body.includes('"granted"'));
    await his.page.reload();
    await his.page.getByText('By Finn').waitFor();

    await setPermission(page, 'Manage webhooks', false);
    await his.page.reload();
    await his.page.getByRole('heading', { name: 'You may not see this page' }).waitFor();
    expect(await his.page.content()).not.toContain('By Finn');
    const refused = await finn.api.run('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', {
      id: webhook.id,
    });
    expect(refused.errors).toEqual([{ code: 'FORBIDDEN' }]);
    // The webhook is the account's: it goes on.
    await publish(site.server.api, clientEvent('later', { loginId: finn.id }));
    await receiver.find(({ body }) => body.includes('"later"'));
    expect(complaints).toEqual([]);
    await page.context().close();
    await his.page.context().close();
  });

  it('keeps what the viewer does not hold out of reach, and says why; what stands above can only be read', async () => {
    const { page, complaints } = await site.open(`/logins/${nora.id}`, { token: nora.api.token! });
    await heading(page, 'Nora');
    const publishing = section(page, 'Permissions').getByRole('checkbox', { name: 'Publish events' });
    expect(await publishing.isDisabled()).toBe(true);
    expect(
      await section(page, 'Permissions').getByText('You do not hold it, so you cannot grant it').count(),
    ).toBe(2);
    await page
      .getByRole('navigation', { name: 'Place in the tree' })
      .getByRole('link', { name: /North/ })
      .click();
    await heading(page, 'North');
    await page.getByText('You may look at this login, not change it').waitFor();
    expect(
      await page.getByRole('button', { name: /^(Edit|Move|Disable|Save permissions|New token)$/ }).count(),
    ).toBe(0);
    await page.goto(`${site.url}/logins/${south.id}`);
    await page.getByRole('heading', { name: 'There is no such login' }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('disables a login: its tokens and its browsers are refused, its webhooks go on; and enables it again', async () => {
    const gina = await createPerson(nora, { name: 'Gina', permissions: ['WEBHOOKS_MANAGE'] });
    await createWebhook(gina.api, receiver.url, { details: { name: 'By Gina' } });
    const hers = await site.open('/webhooks', { token: gina.api.token! });
    await hers.page.getByText('By Gina').waitFor();

    const { page } = await site.open(`/logins/${gina.id}`, { token: nora.api.token! });
    await page.getByRole('button', { name: 'Disable' }).click();
    const dialog = page.getByRole('dialog', { name: 'Disable login' });
    await dialog.getByText(/access tokens are refused/).waitFor();
    await dialog.getByText(/webhooks that it made go on/).waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect((await gina.api.send('{ viewer { id } }')).status).toBe(200);
    await page.getByRole('button', { name: 'Disable' }).click();
    await dialog.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('button', { name: 'Enable' }).waitFor();

    expect((await gina.api.send('{ viewer { id } }')).status).toBe(401);
    await hers.page.reload();
    await hers.page.waitForURL(/\/sign-in/);
    await publish(site.server.api, clientEvent('while-disabled', { loginId: gina.id }));
    await receiver.find(({ body }) => body.includes('"while-disabled"'));

    await page.getByRole('button', { name: 'Enable' }).click();
    await page.getByRole('dialog', { name: 'Enable login' }).getByRole('button', { name: 'Enable' }).click();
    await page.getByRole('button', { name: 'Disable' }).waitFor();
    expect((await gina.api.send('{ viewer { id } }')).status).toBe(200);
    await page.context().close();
    await hers.page.context().close();
  });

  it('makes a login, with what is wrong at its fields, moves it, and edits it', async () => {
    const { page, complaints } = await site.open('/logins?new=1');
    const dialog = page.getByRole('dialog', { name: 'New login' });
    await dialog.getByLabel('E-mail address').fill('not an address');
    await dialog.getByRole('button', { name: 'Create login' }).click();
    await dialog.getByRole('alert').getByText('2 things are to be mended').waitFor();
    await dialog.getByRole('alert').getByRole('button', { name: 'Name', exact: true }).click();
    await page.keyboard.type('<b>Hugo</b>');
    await dialog.getByLabel('E-mail address').fill('hugo@example.com');
    await dialog.getByRole('button', { name: 'Create login' }).click();
    await heading(page, '<b>Hugo</b>');
    const id = new URL(page.url()).pathname.split('/').at(-1)!;

    await page.getByRole('button', { name: 'Move' }).click();
    const move = page.getByRole('dialog', { name: 'Move login' });
    await move.getByRole('combobox', { name: 'New place: below' }).fill('South');
    await page.getByRole('option', { name: /^South/ }).click();
    await move.getByRole('button', { name: 'Move' }).click();
    await page
      .getByRole('navigation', { name: 'Place in the tree' })
      .getByRole('link', { name: /South/ })
      .waitFor();

    await section(page, 'About').getByRole('button', { name: 'Edit' }).click();
    await section(page, 'About').getByLabel('Name').fill('Hugo');
    await section(page, 'About').getByRole('button', { name: 'Save' }).click();
    await heading(page, 'Hugo');
    const query = 'query ($id: ID!) { node(id: $id) { ... on Login { name email parent { id } } } }';
    expect(await site.server.api.run(query, { id })).toEqual({
      name: 'Hugo',
      email: 'hugo@example.com',
      parent: { id: south.id },
    });
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
