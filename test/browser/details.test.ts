/** Webhook Details in a browser: what it shows, to whom, and its parts edited in place. */
import type { Api } from '../support/api.ts';
import { createPerson, createTeam } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish } from '../support/scenario.ts';
import { type Console, startConsole } from './console.ts';
import { closed, edit, fact, nameField, part, press, readWebhook } from './details.ts';
import { choose, chooseTrigger, registerCatalog, row } from './wizard.ts';

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

describe('the page Webhook Details', () => {
  it('opens from a row of the table, and shows what the API says (P36, P39)', async () => {
    const { number, id } = await createWebhook(api, `${receiver.url}/shown`, {
      details: { name: '<i>Orders</i> & more', description: 'Two\nlines' },
      advanced: {
        timeoutMs: 2500,
        retrySchedule: [0, 60],
        headers: [
          { name: 'x-source', value: 'Bellwire' },
          { name: 'x-key', value: 'never-to-be-seen', secret: true },
        ],
      },
      triggers: [
        { resource: 'clients', event: 'create' },
        { resource: 'tickets', event: 'close' },
      ],
    });
    const told = await readWebhook(api, id);
    const { page, complaints } = await site.open('/webhooks');
    await page
      .getByRole('table', { name: 'Saved Webhooks' })
      .getByRole('row')
      .nth(1)
      .getByText('Two')
      .click();
    await page.waitForURL(`**/webhooks/${number}`);
    await page.getByRole('navigation', { name: 'Breadcrumbs' }).getByText('Webhook Details').waitFor();
    await page.getByRole('heading', { level: 1, name: `${number} ${told.name}` }).waitFor();

    const about = part(page, 'About');
    expect((await fact(about, 'ID').innerText()).trim()).toBe(String(told.number));
    expect((await fact(about, 'For the API').innerText()).trim()).toBe(told.id);
    expect(await fact(about, 'Login').innerText()).toBe(`${told.login.name} #${told.login.number}`);
    expect(await fact(about, 'Account').innerText()).toBe(`${told.account.name} #${told.account.number}`);
    expect(await fact(about, 'Version').innerText()).toBe(String(told.version));
    const details = part(page, 'Details');
    expect(await fact(details, 'Name').innerText()).toBe(told.name);
    expect(await fact(details, 'Description').innerText()).toBe(told.description);
    const endpoints = await part(page, 'Endpoints').innerText();
    for (const text of [
      told.endpoints[0].target,
      told.endpoints[0].secrets[0].hint,
      '2.5 s',
      '0 s, 1 min',
      'Bellwire',
    ])
      expect(endpoints).toContain(text);
    expect(await page.content()).not.toContain('never-to-be-seen');
    expect(await part(page, 'Triggers').getByRole('listitem').allInnerTexts()).toEqual(
      told.triggers.map(({ label }: { label: string }) => expect.stringContaining(label)),
    );
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('edits name, description and scope in place, and the ID stays (P05, P31, P35, X16)', async () => {
    const ann = await createPerson({ api }, { name: 'Ann Miller' });
    const { id, number } = await createWebhook(api, receiver.url, { details: { name: 'Before' } });
    const { page, complaints } = await site.open(`/webhooks/${number}`);
    await edit(page, 'details');
    await nameField(page).fill('');
    await press(page, 'Save');
    await page.getByText('The name is missing.').first().waitFor();
    await nameField(page).fill('<b>After</b>');
    await page.getByLabel('Description').fill('What it is for');
    await page.getByRole('radio', { name: 'For Login' }).check();
    await page.getByRole('combobox', { name: 'Login' }).fill('Ann');
    await page.getByRole('option', { name: `Ann Miller (${ann.number})` }).click();
    await press(page, 'Save');
    await page.getByRole('heading', { level: 1, name: `${number} <b>After</b>` }).waitFor();
    expect(await fact(part(page, 'Details'), 'For Login').innerText()).toBe(`Ann Miller #${ann.number}`);
    expect(await readWebhook(api, id)).toMatchObject({
      number,
      name: '<b>After</b>',
      description: 'What it is for',
      forLogin: { id: ann.id },
    });
    await page.reload();
    expect((await fact(part(page, 'About'), 'ID').innerText()).trim()).toBe(String(number));
    expect((await fact(part(page, 'About'), 'For the API').innerText()).trim()).toBe(id);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('edits endpoints and triggers in place, with the new secret shown once, and discards on Cancel (X07, X16)', async () => {
    const { id, number } = await createWebhook(api, `${receiver.url}/first`);
    const before = await readWebhook(api, id);
    const { page, complaints } = await site.open(`/webhooks/${number}`);
    // Cancel: each part is left as it was.
    await edit(page, 'details');
    await nameField(page).fill('Not to be');
    await press(page, 'Cancel');
    await edit(page, 'endpoints');
    await row(page, 'Endpoint 1').getByLabel('Web address').fill(`${receiver.url}/not-to-be`);
    await press(page, 'Cancel');
    await edit(page, 'triggers');
    await chooseTrigger(page, 1, 'Ticket', 'Closed');
    await press(page, 'Cancel');
    await page.getByRole('heading', { level: 1, name: `${number} Test` }).waitFor();
    expect(await part(page, 'Endpoints').innerText()).toContain('/first');
    expect(await part(page, 'Triggers').innerText()).toContain('Client');
    expect(await readWebhook(api, id)).toEqual(before);

    await edit(page, 'endpoints');
    await press(page, 'ADD ANOTHER ENDPOINT');
    await row(page, 'Endpoint 2').getByLabel('Web address').fill(`${receiver.url}/second`);
    await press(page, 'Save');
    const dialog = page.getByRole('dialog', { name: 'The new signing secret' });
    const secret = (await dialog.getByRole('region').innerText()).trim();
    expect(secret).toMatch(/^whsec_/);
    // Not by a slip: it is shown this once.
    await page.keyboard.press('Escape');
    await page.mouse.click(5, 5);
    await dialog.getByRole('button', { name: 'I have copied it' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await page.content()).not.toContain(secret);

    await edit(page, 'triggers');
    // The drop-down that took the focus lies over the button.
    await page.keyboard.press('Escape');
    await press(page, 'ADD ANOTHER TRIGGER');
    await chooseTrigger(page, 2, 'Ticket', 'Closed');
    await row(page, 'Trigger 2').getByLabel('Name of the trigger').fill('Closed ones');
    await press(page, 'Save');
    await part(page, 'Triggers').getByText('Closed ones').waitFor();
    const after = await readWebhook(api, id);
    expect(after.endpoints.map(({ target }: { target: string }) => target)).toEqual([
      `${receiver.url}/first`,
      `${receiver.url}/second`,
    ]);
    expect(after.triggers).toMatchObject([
      before.triggers[0],
      { resource: 'tickets', event: 'close', name: 'Closed ones' },
    ]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('refuses at the field, and asks for the secret values again when the address moves (X01, X07)', async () => {
    const elsewhere = await startReceiver();
    const { id, number } = await createWebhook(api, receiver.url, {
      advanced: { headers: [{ name: 'x-key', value: 'first', secret: true }] },
    });
    const { page } = await site.open(`/webhooks/${number}`);
    await edit(page, 'endpoints');
    const first = row(page, 'Endpoint 1');
    await first.getByLabel('Web address').fill('no address');
    await press(page, 'Save');
    await first.locator('[aria-invalid=true]').waitFor();
    await first.getByLabel('Web address').fill(elsewhere.url);
    await press(page, 'Save');
    await first.getByText('they do not follow the endpoint to another server').waitFor();
    expect(await first.innerText()).toContain('give the values of x-key again');
    await first.getByRole('group', { name: 'Header 1' }).getByLabel('Value', { exact: true }).fill('second');
    await press(page, 'Save');
    await closed(page, 'endpoints');
    expect((await readWebhook(api, id)).endpoints[0].target).toBe(elsewhere.url);
    await publish(api, clientEvent('moved'));
    expect((await elsewhere.until(1))[0]!.headers['x-key']).toBe('second');
    await page.context().close();
    await elsewhere.close();
  });
});

describe('who may what', () => {
  it('a member of the team reads the page and its deliveries, and changes nothing (P10, P34)', async () => {
    const member = await createPerson({ api }, { name: 'Member' });
    const teamId = await createTeam({ api }, 'Readers', [member.id]);
    const { number } = await createWebhook(api, `${receiver.url}/read`, {
      details: { name: 'Team one', teamId },
    });
    const other = await createWebhook(api, receiver.url, { details: { name: 'Not theirs' } });
    await publish(api, clientEvent('by-member', { loginId: member.id }));
    await receiver.find(({ path }) => path.endsWith('/read'));
    const { page, complaints } = await site.open(`/webhooks/${number}`, { token: member.api.token! });
    await page.getByRole('heading', { level: 1, name: `${number} Team one` }).waitFor();
    expect(await fact(part(page, 'Details'), 'Team').innerText()).toBe('Readers');
    for (const name of [/^Edit/, 'Delete', 'Disable', 'Send test'])
      expect(await page.getByRole('button', { name }).count()).toBe(0);
    expect(await page.getByRole('tab', { name: 'Test' }).count()).toBe(0);
    await page.getByRole('tab', { name: 'Deliveries' }).click();
    await page.getByRole('row').getByText('by-member').waitFor();
    await page.goto(`${site.url}/webhooks/${other.number}`);
    await page.getByRole('heading', { name: 'There is no such webhook' }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
    // With the permission the same page is one to edit.
    const manager = await site.open(`/webhooks/${number}`);
    await edit(manager.page, 'details');
    await manager.page.getByRole('radio', { name: 'Team' }).waitFor();
    await choose(manager.page.locator('form'), 'Team', 'Readers');
    await manager.page.context().close();
  });
});
