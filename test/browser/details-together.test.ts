/** Several people at one Webhook Details: news at once, conflicts put before the person, nothing lost in silence. */
import type { Api } from '../support/api.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { createWebhook } from '../support/scenario.ts';
import { type Console, startConsole } from './console.ts';
import { closed, edit, nameField, part, press, readWebhook, updateWebhook } from './details.ts';
import { chooseTrigger, registerCatalog, row } from './wizard.ts';

let site: Console;
let api: Api;
let receiver: Receiver;
beforeAll(async () => {
  site = await startConsole();
  ({ api } = site.server);
  receiver = await startReceiver();
  await registerCatalog(api);
});
afterAll(async () => {
  await site?.stop();
  await receiver?.close();
});

describe('two people at one webhook', () => {
  it('shows what somebody else saves, at once (P39)', async () => {
    const { id, number } = await createWebhook(api, receiver.url, { details: { name: 'Alone' } });
    const { page, complaints } = await site.open(`/webhooks/${number}`);
    await page.getByRole('heading', { level: 1, name: `${number} Alone` }).waitFor();
    await updateWebhook(api, id, { details: { name: 'Together' } });
    await page.getByRole('heading', { level: 1, name: `${number} Together` }).waitFor();
    await api.mutate(`mutation ($id: ID!) { webhookDelete(id: $id) { errors { message } } }`, { id });
    await page.getByText('This webhook is gone').waitFor();
    expect(await page.getByRole('button', { name: /^Edit/ }).count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('puts a conflict before the person: Take theirs discards, Keep mine saves on top of theirs', async () => {
    const { id, number } = await createWebhook(api, receiver.url, { details: { name: 'Base' } });
    const { page } = await site.open(`/webhooks/${number}`);
    const name = nameField(page);
    const dialog = page.getByRole('dialog', { name: 'Somebody changed this webhook' });

    await edit(page, 'details');
    await name.fill('Mine');
    await updateWebhook(api, id, { details: { name: 'Theirs' } });
    await page.getByRole('button', { name: 'See what changed' }).click();
    expect(await dialog.getByRole('row').nth(1).innerText()).toMatch(/Name\s+Theirs\s+Mine/);
    await dialog.getByRole('button', { name: 'Take theirs' }).click();
    await page.getByRole('heading', { level: 1, name: `${number} Theirs` }).waitFor();
    await closed(page, 'details');
    expect((await readWebhook(api, id)).name).toBe('Theirs');

    // Saved before the news of the other change is there: the server refuses the version.
    await edit(page, 'details');
    await name.fill('Mine again');
    let overtaken = false;
    await page.route('**/graphql', async (route) => {
      if (!overtaken && route.request().postData()?.includes('WebhookDetailsUpdate')) {
        overtaken = true;
        await updateWebhook(api, id, { details: { name: 'Theirs again', description: 'Added by them' } });
      }
      await route.continue();
    });
    await press(page, 'Save');
    await dialog.getByText('Your change was not saved').waitFor();
    await dialog.getByRole('button', { name: 'Keep mine' }).click();
    await page.getByRole('heading', { level: 1, name: `${number} Mine again` }).waitFor();
    expect(await readWebhook(api, id)).toMatchObject({ name: 'Mine again', description: 'Added by them' });
    await page.context().close();
  });

  it('a second conflict after Keep mine leaves alone what was not typed here', async () => {
    const { id, number } = await createWebhook(api, receiver.url, { details: { name: 'Base' } });
    const { page } = await site.open(`/webhooks/${number}`);
    const dialog = page.getByRole('dialog', { name: 'Somebody changed this webhook' });
    await edit(page, 'details');
    await nameField(page).fill('Mine');
    const others = ['First of theirs', 'Second of theirs'];
    await page.route('**/graphql', async (route) => {
      if (route.request().postData()?.includes('WebhookDetailsUpdate')) {
        const description = others.shift();
        if (description) await updateWebhook(api, id, { details: { name: description, description } });
      }
      await route.continue();
    });
    await press(page, 'Save');
    await dialog.getByText('It is now at version 2.').waitFor();
    await press(page, 'Keep mine');
    await dialog.getByText('It is now at version 3.').waitFor();
    await press(page, 'Keep mine');
    await page.getByRole('heading', { level: 1, name: `${number} Mine` }).waitFor();
    expect(await readWebhook(api, id)).toMatchObject({ name: 'Mine', description: 'Second of theirs' });
    await page.context().close();
  });

  it('lets two edit different parts without a question', async () => {
    const { id, number } = await createWebhook(api, `${receiver.url}/parts`, { details: { name: 'Parts' } });
    const { page } = await site.open(`/webhooks/${number}`);
    await edit(page, 'triggers');
    await chooseTrigger(page, 1, 'Ticket', 'Closed');
    await updateWebhook(api, id, { details: { name: 'Parts, renamed' } });
    await page.getByRole('heading', { level: 1, name: `${number} Parts, renamed` }).waitFor();
    await press(page, 'Save');
    await part(page, 'Triggers').getByText('tickets · close').waitFor();
    expect(await readWebhook(api, id)).toMatchObject({
      name: 'Parts, renamed',
      triggers: [{ resource: 'tickets', event: 'close' }],
    });
    await page.context().close();
  });

  it('keeps the endpoint that somebody else added when mine is kept', async () => {
    const { id, number } = await createWebhook(api, `${receiver.url}/one`);
    const { endpoints } = await readWebhook(api, id);
    const { page } = await site.open(`/webhooks/${number}`);
    await edit(page, 'endpoints');
    await row(page, 'Endpoint 1').getByLabel('Web address').fill(`${receiver.url}/mine`);
    await updateWebhook(api, id, {
      endpoints: [{ id: endpoints[0].id }, { kind: 'URL', target: `${receiver.url}/theirs` }],
    });
    await page.getByRole('button', { name: 'See what changed' }).click();
    await press(page, 'Keep mine');
    await row(page, 'Endpoint 2').waitFor();
    await press(page, 'Save');
    await closed(page, 'endpoints');
    expect((await readWebhook(api, id)).endpoints.map(({ target }: { target: string }) => target)).toEqual([
      `${receiver.url}/mine`,
      `${receiver.url}/theirs`,
    ]);
    await page.context().close();
  });

  it('asks before what was typed is lost by leaving, and not for a look at another tab', async () => {
    const { number } = await createWebhook(api, receiver.url, { details: { name: 'Typed' } });
    const { page } = await site.open(`/webhooks/${number}`);
    await edit(page, 'details');
    await page.getByLabel('Description').fill('half a sentence');
    await page.getByRole('tab', { name: 'Deliveries' }).click();
    await page.getByRole('tab', { name: 'Overview' }).click();
    expect(await page.getByLabel('Description').inputValue()).toBe('half a sentence');
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Catalog' }).click();
    const dialog = page.getByRole('dialog', { name: 'Leave without saving?' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await page.getByLabel('Description').inputValue()).toBe('half a sentence');
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Catalog' }).click();
    await dialog.getByRole('button', { name: 'Leave' }).click();
    await page.getByRole('heading', { level: 1, name: 'Catalog' }).waitFor();
    await page.context().close();
  });

  it('asks once when it is left by Back, and goes there', async () => {
    const { number } = await createWebhook(api, receiver.url, { details: { name: 'Left' } });
    const { page } = await site.open('/webhooks');
    await page.getByRole('table').getByRole('link', { name: 'Left' }).click();
    await page.getByRole('heading', { level: 1, name: `${number} Left` }).waitFor();
    await edit(page, 'details');
    await page.getByLabel('Description').fill('half a sentence');
    const dialog = page.getByRole('dialog', { name: 'Leave without saving?' });
    await page.goBack();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await page.getByLabel('Description').inputValue()).toBe('half a sentence');
    await page.goBack();
    await dialog.getByRole('button', { name: 'Leave' }).click();
    await page.getByRole('heading', { level: 1, name: 'Webhooks', exact: true }).waitFor();
    await dialog.waitFor({ state: 'detached' });
    await page.context().close();
  });
});
