/** New Webhook Listener: the wizard as a page under Settings, with the same rules. */
import type { Page } from 'playwright-core';

import type { Api } from '../support/api.ts';
import { createPerson, createTeam, type Person } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, publish } from '../support/scenario.ts';
import { type Console, startConsole } from './console.ts';
import { add, chooseTrigger, kept, registerCatalog, row } from './wizard.ts';

const LISTENERS = '/settings/api/webhook-listeners';

let site: Console;
let admin: Person;
let api: Api;
let receiver: Receiver;
beforeAll(async () => {
  site = await startConsole();
  await registerCatalog(site.server.api);
  receiver = await startReceiver();
});
beforeEach(async () => {
  admin = await createPerson(site.server, {
    name: 'Admin',
    isAccount: true,
    permissions: ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH', 'ACCESS_MANAGE'],
  });
  api = admin.api;
});
afterAll(async () => {
  await site?.stop();
  await receiver?.close();
});

async function withPage(path: string, work: (page: Page) => Promise<void>): Promise<void> {
  const { page, complaints, context } = await site.open(path, { token: api.token! });
  await work(page);
  expect(complaints).toEqual([]);
  await context.close();
}

/** Presses Save and waits for all that is to be mended, as "field: message". */
async function refusals(page: Page): Promise<string[]> {
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  const summary = page.getByRole('alert').filter({ hasText: 'things are to be mended' });
  await summary.waitFor();
  return summary.getByRole('listitem').allInnerTexts();
}

it('the button New Webhook Listener opens it, Save adds what was filled in, and the list has it (L25, L26, L30)', () =>
  withPage('/guide', async (page) => {
    const settings = page.getByRole('navigation', { name: 'Main' }).getByRole('region', { name: 'Settings' });
    await settings.getByRole('link', { name: 'Webhook Listeners' }).click();
    await page.getByRole('link', { name: 'New Webhook Listener' }).first().click();
    await page.getByRole('heading', { level: 1, name: 'New Webhook Listener' }).waitFor();
    expect(await page.getByRole('navigation', { name: 'Breadcrumbs' }).innerText()).toMatch(
      /Settings\s*\/?\s*API\s*\/?\s*Webhook Listeners/,
    );
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.locator('[data-field="details.name"]').fill('Client listener');
    await row(page, 'Endpoint 1').getByLabel('Web address').fill(receiver.url);
    await chooseTrigger(page, 1, 'Client', 'Created');
    const secrets = await add(page, 'Save');
    expect(secrets).toEqual([expect.stringMatching(/^whsec_/)]);
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('table').getByText('Client listener').waitFor();
    expect(new URL(page.url()).pathname).toBe(LISTENERS);
    const { nodes } = await api.run(
      '{ webhooks { nodes { name status endpoints { target } triggers { event } } } }',
    );
    expect(nodes).toEqual([
      {
        ...{ name: 'Client listener', status: 'ENABLED' },
        ...{ endpoints: [{ target: receiver.url }], triggers: [{ event: 'create' }] },
      },
    ]);
    await publish(api, clientEvent('from-the-page'));
    await receiver.find(({ body }) => JSON.parse(body.toString()).entityId === 'from-the-page');
  }));

it('Save refuses what the API refuses, all at once, and each refusal leads to its field (L30, X01)', () =>
  withPage(`${LISTENERS}/new`, async (page) => {
    const told = await refusals(page);
    const { errors } = await api.run(
      'mutation ($input: WebhookInput!) { webhookCreate(input: $input) { errors { message } } }',
      { input: { details: { name: '' }, endpoints: [{ kind: 'URL', target: '' }], triggers: [{}] } },
    );
    expect(told.map((text) => text.replace(/^.*?: /, '')).sort()).toEqual(
      errors.map(({ message }: { message: string }) => message).sort(),
    );
    await page.locator('[data-field="details.name"]:focus').waitFor();
    await page.getByRole('button', { name: 'Trigger 1, event' }).click();
    // The event waits for its resource.
    await page.getByRole('button', { name: 'Trigger 1, resource' }).click();
    await page.locator('[data-field="triggers.0.resource"]:focus').waitFor();
    expect((await api.run('{ webhooks { totalCount } }')).totalCount).toBe(0);
  }));

it('its draft is in the address: a reload goes on with it, and Cancel keeps it for later (L12, L30)', () =>
  withPage(`${LISTENERS}/new`, async (page) => {
    await page.locator('[data-field="details.name"]').fill('Half a listener');
    await kept(page);
    await row(page, 'Endpoint 1').getByLabel('Web address').fill('http://127.0.0.1:9999/half');
    await page.waitForURL(/webhook-listeners\/new\/drf_/);
    await page.reload();
    await page.locator('[data-field="details.name"]').waitFor();
    expect(await page.locator('[data-field="details.name"]').inputValue()).toBe('Half a listener');
    expect(await row(page, 'Endpoint 1').getByLabel('Web address').inputValue()).toBe(
      'http://127.0.0.1:9999/half',
    );
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Your draft is kept').waitFor();
    await page.getByRole('link', { name: 'Continue Half a listener' }).click();
    await page.getByRole('heading', { level: 1, name: 'New Webhook Listener' }).waitFor();
    expect(new URL(page.url()).pathname).toMatch(/webhook-listeners\/new\/drf_/);
  }));

it('a login is found among many by the server, and a team as well; without a choice it is not saved', async () => {
  for (let number = 1; number <= 22; number++)
    await createPerson(admin, { name: `Clerk ${String.fromCharCode(64 + number)}` });
  const agent = await createPerson(admin, { name: 'Zoe Agent' });
  const teamId = await createTeam(admin, 'Night shift', [agent.id]);
  await withPage(`${LISTENERS}/new`, async (page) => {
    await page.locator('[data-field="details.name"]').fill('Watched');
    await row(page, 'Endpoint 1').getByLabel('Web address').fill(receiver.url);
    await chooseTrigger(page, 1, 'Client', 'Created');
    await page.getByRole('radio', { name: 'For Login' }).check();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Choose a login, or watch the whole account.').waitFor();
    const login = page.getByRole('combobox', { name: 'Login' });
    await login.fill('zoe');
    await page.getByRole('option', { name: `Zoe Agent (${agent.number})` }).click();
    await kept(page);
    await page.getByRole('radio', { name: 'Team', exact: true }).check();
    await page.getByRole('combobox', { name: 'Team' }).fill('night');
    await page.getByRole('option', { name: /Night shift/ }).click();
    await page.getByRole('radio', { name: 'For Login' }).check();
    expect(await login.inputValue()).toBe(`Zoe Agent (${agent.number})`);
    await page.getByRole('radio', { name: 'Team', exact: true }).check();
    await add(page, 'Save');
  });
  const { nodes } = await api.run('{ webhooks { nodes { team { id } forLogin { id } } } }');
  expect(nodes).toEqual([{ team: { id: teamId }, forLogin: null }]);
});
