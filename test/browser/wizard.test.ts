/** Add Webhook in a browser: three steps, what each refuses, and that what was added really sends. */
import type { Page } from 'playwright-core';
import { Webhook } from 'standardwebhooks';

import type { Api } from '../support/api.ts';
import { createPerson } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish } from '../support/scenario.ts';
import { type Console, startConsole } from './console.ts';
import {
  add,
  addWebhook,
  chooseTrigger,
  dialogOf,
  focusedHeading,
  kept,
  next,
  offered,
  registerCatalog,
  row,
} from './wizard.ts';

let site: Console;
let api: Api;
let receiver: Receiver;
beforeAll(async () => {
  site = await startConsole();
  await registerCatalog(site.server.api);
  receiver = await startReceiver();
});
// Each test in an account of its own: what it publishes reaches its own webhooks only.
beforeEach(async () => {
  const admin = await createPerson(site.server, {
    name: 'Admin',
    isAccount: true,
    permissions: ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH'],
  });
  api = admin.api;
});
afterAll(async () => {
  await site?.stop();
  await receiver?.close();
});

/** The wizard, opened by its button, in a page of the account; work ends with an empty ledger. */
async function withWizard(work: (page: Page) => Promise<void>): Promise<void> {
  const { page, complaints, context } = await site.open('/webhooks', { token: api.token! });
  await page.getByRole('link', { name: 'ADD WEBHOOK' }).first().click();
  await page.getByRole('heading', { name: 'Step 1 of 3' }).waitFor();
  await work(page);
  expect(complaints).toEqual([]);
  await context.close();
}

const SAVED = `{ webhooks { nodes { number name description status statusReason
  endpoints { target advanced { timeoutMs retrySchedule headers { name value secret } } }
  triggers { resource event name description active inactiveReason } } } }`;
const saved = async (): Promise<any[]> => (await api.run(SAVED)).nodes;
/** What the API says about an address. */
async function refusalOf(target: string): Promise<string> {
  const { errors } = await api.run(
    'mutation ($input: WebhookInput!) { webhookCreate(input: $input) { errors { field message } } }',
    {
      input: {
        details: { name: 'Refused' },
        endpoints: [{ kind: 'URL', target }],
        triggers: [{ resource: 'clients', event: 'create' }],
      },
    },
  );
  expect(errors).toEqual([{ field: ['endpoints', '0', 'target'], message: expect.any(String) }]);
  return errors[0].message;
}
const hitsOf = (entity: string) =>
  receiver.hits.filter(({ body }) => JSON.parse(body.toString()).entityId === entity);
const arrived = (entity: string) =>
  receiver.find(({ body }) => JSON.parse(body.toString()).entityId === entity);
const focused = (page: Page): Promise<string> =>
  page.evaluate(`document.activeElement.getAttribute('data-field') ?? document.activeElement.textContent`);

/** From now on timers that are due at once wait until letTimersGo() is called, which says how many there were. */
const HOLD_TIMERS = `(() => {
  const real = window.setTimeout;
  const held = [];
  window.setTimeout = (work, ms, ...rest) => ms === 0 ? (held.push(work), 0) : real(work, ms, ...rest);
  window.letTimersGo = () => {
    window.setTimeout = real;
    held.forEach((work) => work());
    return held.length;
  };
})()`;

describe('the dialog Add Webhook', () => {
  it('opens with the focus in it, closes by Escape, and keeps a draft of what was typed (P18)', () =>
    withWizard(async (page) => {
      await page.locator('[data-field="details.name"]:focus').waitFor();
      for (let tabs = 0; tabs < 12; tabs++) {
        await page.keyboard.press('Tab');
        expect(await page.evaluate(`document.activeElement.closest('[role="dialog"]') !== null`)).toBe(true);
      }
      await page.keyboard.press('Escape');
      await dialogOf(page).waitFor({ state: 'detached' });
      expect(new URL(page.url()).pathname).toBe('/webhooks');
      await page.getByRole('link', { name: 'ADD WEBHOOK' }).first().and(page.locator(':focus')).waitFor();
      expect(await api.run('{ webhookDrafts { name } }')).toEqual([]);
      await page.keyboard.press('Enter');
      await page.locator('[data-field="details.name"]:focus').waitFor();
      await page.keyboard.type('Half');
      await page.keyboard.press('Escape');
      await page.getByText('Your draft is kept').waitFor();
      expect(await api.run('{ webhookDrafts { name } }')).toEqual([{ name: 'Half' }]);
    }));

  it('takes a name and a description, and no empty name; NEXT and Back keep what was typed (P19, P20)', () =>
    withWizard(async (page) => {
      const name = page.locator('[data-field="details.name"]');
      await page.getByRole('button', { name: 'NEXT' }).click();
      await page.getByText('The name is missing.').waitFor();
      expect(await focused(page)).toBe('details.name');
      await name.fill('n'.repeat(201));
      await page.getByRole('button', { name: 'NEXT' }).click();
      await page.getByText('may have at most 200 characters').waitFor();
      await name.fill('Orders');
      await page.getByLabel('Description').fill('For the warehouse.\nAsk Ann.');
      const dialog = (await dialogOf(page).boundingBox())!;
      const button = (await page.getByRole('button', { name: 'NEXT' }).boundingBox())!;
      expect(dialog.x + dialog.width - (button.x + button.width)).toBeLessThan(40);
      expect(dialog.y + dialog.height - (button.y + button.height)).toBeLessThan(40);
      await next(page, 2);
      expect(await focused(page)).toContain('Step 2 of 3');
      const [draft] = await api.run('{ webhookDrafts { name description } }');
      expect(draft).toEqual({ name: 'Orders', description: 'For the warehouse.\nAsk Ann.' });
      await page.getByRole('button', { name: 'Back', exact: true }).click();
      await page.getByRole('heading', { name: 'Step 1 of 3' }).waitFor();
      expect(await name.inputValue()).toBe('Orders');
      expect(await page.getByLabel('Description').inputValue()).toBe('For the warehouse.\nAsk Ann.');
    }));

  it('goes on to triggers only with a valid address: the server says at the field what is wrong (P21, P24)', () =>
    withWizard(async (page) => {
      await page.locator('[data-field="details.name"]').fill('Orders');
      await next(page, 2);
      const address = row(page, 'Endpoint 1').getByLabel('Web address');
      for (const typed of ['', 'no address', 'ftp://example.com/x', 'http://169.254.169.254/']) {
        await address.fill(typed);
        await page.getByRole('button', { name: 'NEXT' }).click();
        await row(page, 'Endpoint 1')
          .getByText(await refusalOf(typed))
          .waitFor();
        expect(await address.getAttribute('aria-invalid')).toBe('true');
        expect(await focused(page)).toBe('endpoints.0.target');
        expect(page.url()).toContain('/endpoints');
      }
      await address.fill(receiver.url);
      await next(page, 3);
    }));

  it('offers the resources of the catalog, and the events of the one that is chosen (P26, L13, L14, L16)', () =>
    withWizard(async (page) => {
      await page.locator('[data-field="details.name"]').fill('Orders');
      await next(page, 2);
      await row(page, 'Endpoint 1').getByLabel('Web address').fill(receiver.url);
      await next(page, 3);
      const trigger = row(page, 'Trigger 1');
      const catalog = await api.run('{ catalog { name label allowed events { label supported } } }');
      const marked = (label: string, mark: string | false) => (mark ? `${label} | ${mark}` : label);
      expect(await offered(trigger, 'Resource')).toEqual(
        catalog.map(({ name, label, allowed }: any) =>
          marked(
            label,
            allowed ? name.startsWith('bellwire.') && 'built in' : 'not allowed – stays inactive',
          ),
        ),
      );
      expect(await trigger.getByRole('combobox', { name: 'Event' }).isDisabled()).toBe(true);
      for (const one of catalog) {
        await trigger.getByRole('combobox', { name: 'Resource' }).click();
        await page.getByRole('option', { name: one.label }).click();
        expect(await offered(trigger, 'Event')).toEqual(
          one.events.map((event: any) =>
            marked(event.label, !event.supported && 'not supported – stays inactive'),
          ),
        );
      }
      // The clients of this catalog have all three kinds.
      expect(catalog.map((one: any) => one.label)).toEqual([
        ...['Client', 'Ledger', 'Ticket'],
        'Webhook endpoint',
      ]);
      await page.getByRole('button', { name: 'ADD', exact: true }).click();
      await page.getByText('The event is missing.').waitFor();
      expect(await saved()).toEqual([]);
    }));

  it('takes the focus to a choice that is missing without covering what says so, and opens when one types', () =>
    withWizard(async (page) => {
      await page.locator('[data-field="details.name"]').fill('Orders');
      await page.getByRole('radio', { name: 'For Login' }).check();
      const missing = async (button: string, field: string, message: string): Promise<void> => {
        await page.getByRole('button', { name: button, exact: true }).click();
        await page.locator(`[data-field="${field}"]:focus`).waitFor();
        await page.getByText(message, { exact: true }).waitFor();
        expect(await page.getByRole('option').count()).toBe(0);
      };
      await missing('NEXT', 'details.forLogin', 'Choose a login, or watch the whole account.');
      await page.getByRole('radio', { name: 'The whole account' }).check();
      await next(page, 2);
      await row(page, 'Endpoint 1').getByLabel('Web address').fill(receiver.url);
      await next(page, 3);
      await missing('ADD', 'triggers.0.resource', 'The resource is missing.');
      await page.keyboard.type('Cli');
      await page.getByRole('option', { name: 'Client' }).waitFor();
      await page.keyboard.press('ArrowDown');
      await page.locator('[data-combobox-selected]').waitFor();
      await page.keyboard.press('Enter');
      expect(await page.locator('[data-field="triggers.0.resource"]').inputValue()).toBe('Client');
    }));
});

describe('a webhook that was added', () => {
  it('is on at once and listed without a reload; the receiver sees header and signature (P07, P22, P25, P27, P29)', () =>
    withWizard(async (page) => {
      await page.locator('[data-field="details.name"]').fill('Orders');
      await next(page, 2);
      expect(await page.getByRole('button', { name: 'Add a header' }).count()).toBe(0);
      await row(page, 'Endpoint 1').getByLabel('Web address').fill(receiver.url);
      await page.getByRole('button', { name: 'Advanced' }).click();
      await page.getByRole('button', { name: 'Add a header' }).click();
      const header = page.getByRole('group', { name: 'Header 1' });
      await header.getByLabel('Name').fill('X-Source');
      await header.getByLabel('Value').fill('bell');
      await page.getByRole('button', { name: 'Add a header' }).click();
      const secretHeader = page.getByRole('group', { name: 'Header 2' });
      await secretHeader.getByRole('switch', { name: 'Keep secret' }).check();
      await secretHeader.getByLabel('Name').fill('X-Key');
      await secretHeader.getByRole('textbox', { name: 'Value' }).fill('hush-hush');
      await page.getByLabel('Time limit').fill('2.5');
      await page.getByLabel('Retries').fill('soon');
      await page.getByText('“soon” is no wait').waitFor();
      await page.getByRole('button', { name: 'NEXT' }).click();
      await page.locator('[data-field="endpoints.0.advanced.retrySchedule"]:focus').waitFor();
      await page.getByLabel('Retries').fill('0 s, 5 s, 1 h 30 min, 2 d');
      await page.getByText('4 attempts over 2 days 1 h').waitFor();
      await next(page, 3);
      await chooseTrigger(page, 1, 'Client', 'Created');
      await row(page, 'Trigger 1').getByLabel('Name of the trigger').fill('New clients');
      await row(page, 'Trigger 1').getByLabel('Description of the trigger').fill('As they come');
      await page.getByRole('region', { name: 'sample' }).getByText('"type": "clients.create"').waitFor();
      const addButton = (await page.getByRole('button', { name: 'ADD', exact: true }).boundingBox())!;
      const dialog = (await dialogOf(page).boundingBox())!;
      expect(dialog.x + dialog.width - (addButton.x + addButton.width)).toBeLessThan(40);
      expect(dialog.y + dialog.height - (addButton.y + addButton.height)).toBeLessThan(40);

      const secrets = await add(page);
      expect(secrets).toHaveLength(1);
      const [webhook, ...more] = await saved();
      expect(more).toEqual([]);
      expect(webhook).toEqual({
        ...{
          number: expect.any(Number),
          name: 'Orders',
          description: '',
          status: 'ENABLED',
          statusReason: null,
        },
        endpoints: [
          {
            target: receiver.url,
            advanced: {
              timeoutMs: 2500,
              retrySchedule: [0, 5, 5400, 172_800],
              headers: [
                { name: 'X-Source', value: 'bell', secret: false },
                { name: 'X-Key', value: null, secret: true },
              ],
            },
          },
        ],
        triggers: [
          {
            ...{ resource: 'clients', event: 'create', name: 'New clients', description: 'As they come' },
            ...{ active: true, inactiveReason: null },
          },
        ],
      });
      await publish(api, clientEvent('on-at-once'));
      const hit = await arrived('on-at-once');
      expect(hit.headers).toMatchObject({ 'x-source': 'bell', 'x-key': 'hush-hush' });
      expect(() =>
        new Webhook(secrets[0]!.trim()).verify(hit.body.toString(), hit.headers as Record<string, string>),
      ).not.toThrow();
      // The secret goes by a button, not by a slip.
      await page.keyboard.press('Escape');
      await page.getByRole('region', { name: /signing secret/ }).waitFor();
      await page.getByRole('button', { name: 'Done' }).click();
      await page
        .getByRole('table')
        .getByRole('link', { name: `${webhook.number}, Orders` })
        .waitFor();
      expect(new URL(page.url()).pathname).toBe('/webhooks');
      expect(await page.getByText('whsec_').count()).toBe(0);
    }));

  it('sends to each of its addresses, and once what two of its triggers take (P23, P28)', async () => {
    const second = await startReceiver();
    await withWizard(async (page) => {
      await page.locator('[data-field="details.name"]').fill('Both');
      await next(page, 2);
      await row(page, 'Endpoint 1').getByLabel('Web address').fill(receiver.url);
      await page.getByRole('button', { name: 'ADD ANOTHER ENDPOINT' }).click();
      expect(await focused(page)).toBe('endpoints.1.target');
      await row(page, 'Endpoint 2').getByLabel('Web address').fill(second.url);
      // A third that is taken out again, with the focus where the work goes on.
      await page.getByRole('button', { name: 'ADD ANOTHER ENDPOINT' }).click();
      await row(page, 'Endpoint 3').getByLabel('Web address').fill('http://127.0.0.1:1/none');
      await page.getByRole('button', { name: 'Remove endpoint 3' }).click();
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Remove endpoint 3' }).click();
      await page.getByRole('button', { name: 'Remove', exact: true }).click();
      expect(await focused(page)).toBe('endpoints.1.target');
      await next(page, 3);
      await chooseTrigger(page, 1, 'Client', 'Created');
      for (const [number, event] of [
        [2, 'Updated'],
        [3, 'Created'],
      ] as const) {
        await page.getByRole('button', { name: 'ADD ANOTHER TRIGGER' }).click();
        expect(await focused(page)).toBe(`triggers.${number - 1}.resource`);
        await chooseTrigger(page, number, 'Client', event);
      }
      expect(await add(page)).toHaveLength(2);
    });
    const [webhook] = await saved();
    expect(webhook.endpoints.map((one: any) => one.target)).toEqual([receiver.url, second.url]);
    expect(webhook.triggers.map((one: any) => one.event)).toEqual(['create', 'update', 'create']);
    const events = await publish(
      api,
      clientEvent('both-new'),
      clientEvent('both-changed', { event: 'update' }),
    );
    expect(events.map(({ deliveryCount }) => deliveryCount)).toEqual([2, 2]);
    await second.until(2);
    await arrived('both-new');
    await arrived('both-changed');
    expect([hitsOf('both-new').length, hitsOf('both-changed').length, second.hits.length]).toEqual([1, 1, 2]);
    await second.close();
  });

  it('for what is not allowed or not supported is saved inactive, says why, and sends nothing (L14, L15, L18)', async () => {
    await withWizard(async (page) => {
      await page.locator('[data-field="details.name"]').fill('Waiting');
      await next(page, 2);
      await row(page, 'Endpoint 1').getByLabel('Web address').fill(receiver.url);
      await next(page, 3);
      await chooseTrigger(page, 1, 'Ledger', 'Created');
      await row(page, 'Trigger 1').getByText('Webhooks may not listen to this resource').waitFor();
      await page.getByRole('button', { name: 'ADD ANOTHER TRIGGER' }).click();
      await chooseTrigger(page, 2, 'Client', 'Deleted');
      await row(page, 'Trigger 2').getByText('The host does not send this event').waitFor();
      await add(page);
      const dialog = dialogOf(page);
      await dialog.getByText('Inactive', { exact: true }).waitFor();
      const [webhook] = await saved();
      expect(webhook).toMatchObject({
        status: 'INACTIVE',
        triggers: [
          { active: false, inactiveReason: 'RESOURCE_NOT_ALLOWED' },
          { active: false, inactiveReason: 'EVENT_NOT_SUPPORTED' },
        ],
      });
      await dialog.getByText(webhook.statusReason).waitFor();
    });
    const events = await publish(
      api,
      clientEvent('ledger', { resource: 'ledgers' }),
      clientEvent('gone', { event: 'delete' }),
    );
    expect(events.map(({ deliveryCount }) => deliveryCount)).toEqual([0, 0]);
    // What may fire does, and by then the others would have come.
    await createWebhook(api, receiver.url);
    await publish(api, clientEvent('positive'));
    await arrived('positive');
    expect([hitsOf('ledger'), hitsOf('gone')]).toEqual([[], []]);
  });

  it('shows markup in its name as text (P35)', () =>
    withWizard(async (page) => {
      const name = '<img src=x onerror=alert(1)><b>Bold</b>';
      await addWebhook(page, { name, target: receiver.url });
      await dialogOf(page).getByText(name, { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Done' }).click();
      await page.getByRole('table').getByText(name, { exact: true }).waitFor();
      expect((await saved()).map((one) => one.name)).toEqual([name]);
    }));

  it('has the trigger that was marked when Enter was pressed, however late the timers of a busy page are', () =>
    withWizard(async (page) => {
      await page.locator('[data-field="details.name"]').fill('Late');
      await next(page, 2);
      await row(page, 'Endpoint 1').getByLabel('Web address').fill(receiver.url);
      await next(page, 3);
      await page.locator('[data-field="triggers.0.resource"]').waitFor();
      for (const [field, typed, value] of [
        ['resource', 'Cli', 'Client'],
        ['event', 'Upd', 'Updated'],
      ] as const) {
        await page.evaluate(HOLD_TIMERS);
        await page.locator(`[data-field="triggers.0.${field}"]`).focus();
        await page.keyboard.type(typed);
        await page.keyboard.press('ArrowDown');
        // Some were set when the list opened; what they do comes between the two keys.
        expect(await page.evaluate('letTimersGo()')).toBeGreaterThan(0);
        await page.keyboard.press('Enter');
        await page.locator(`[data-field="triggers.0.${field}"][aria-expanded="false"]`).waitFor();
        expect(await page.locator(`[data-field="triggers.0.${field}"]`).inputValue()).toBe(value);
      }
      // Nothing is marked: Enter leaves the list open, and sends nothing.
      await page.locator('[data-field="triggers.0.event"]').press('Backspace');
      await page.keyboard.press('Enter');
      await page.locator('[data-field="triggers.0.event"][aria-expanded="true"]').waitFor();
      await add(page);
      const [webhook] = await saved();
      expect(webhook.triggers).toMatchObject([{ resource: 'clients', event: 'update' }]);
      await page.getByRole('button', { name: 'Done' }).click();
    }));

  it('was made by the keyboard alone (X17)', () =>
    withWizard(async (page) => {
      const press = async (...keys: string[]) => {
        for (const key of keys) await page.keyboard.press(key);
      };
      await page.locator('[data-field="details.name"]:focus').waitFor();
      await page.keyboard.type('By keys');
      await press('Enter');
      await focusedHeading(page, 'Step 2 of 3');
      // The choice between URL and mailbox is one stop, then comes the field of what is chosen.
      await press('Tab');
      expect(await focused(page)).toBe('endpoints.0');
      await press('Tab');
      expect(await focused(page)).toBe('endpoints.0.target');
      await page.keyboard.type(receiver.url);
      await press('Enter');
      await focusedHeading(page, 'Step 3 of 3');
      await page.locator('[data-field="triggers.0.resource"]').waitFor();
      await press('Tab');
      expect(await focused(page)).toBe('triggers.0.resource');
      await page.keyboard.type('Cli');
      await press('ArrowDown', 'Enter', 'Tab');
      expect(await focused(page)).toBe('triggers.0.event');
      await page.keyboard.type('Upd');
      await press('ArrowDown', 'Enter');
      await kept(page);
      await page.keyboard.press('Tab');
      expect(await focused(page)).toBe('triggers.0.name');
      await press('Enter');
      await focusedHeading(page, 'is added');
      for (let tabs = 0; tabs < 8 && (await focused(page)) !== 'Done'; tabs++) await press('Tab');
      await press('Enter');
      await dialogOf(page).waitFor({ state: 'detached' });
      await page.getByRole('link', { name: 'ADD WEBHOOK' }).first().and(page.locator(':focus')).waitFor();
      await page.getByRole('table').getByText('By keys').waitFor();
      await publish(api, clientEvent('by-keys', { event: 'update' }));
      await arrived('by-keys');
    }));
});
