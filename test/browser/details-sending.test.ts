/** What Webhook Details sets going and stops, each time proven at a receiver. */
import type { Api } from '../support/api.ts';
import { createPerson, createTeam } from '../support/people.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { type Console, startConsole } from './console.ts';
import { badge, closed, edit, entity, press } from './details.ts';
import { chooseTrigger, row } from './wizard.ts';

let site: Console;
let api: Api;
let receiver: Receiver;
beforeAll(async () => {
  // The second try of a delivery is far away, so that a test can stop it.
  site = await startConsole({ BELLWIRE_RETRY_SCHEDULE: '0s,1h' });
  ({ api } = site.server);
  await registerResource(api);
});
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());
afterAll(() => site?.stop());

/** What the API says of one webhook's deliveries of one entity. */
const deliveriesOf = async (number: number, entityId: string): Promise<object[]> =>
  (
    await api.run(
      `query ($filter: DeliveryFilterInput) { deliveries(filter: $filter) { nodes { status nextAttemptAt } } }`,
      { filter: { webhookNumber: number, entityId } },
    )
  ).nodes;
const entities = (): string[] => receiver.hits.map(entity);

describe('whose activity is watched', () => {
  it('For Login, set on the page: an act of that login or below it is sent, a sibling’s is not (P33)', async () => {
    const boss = await createPerson({ api }, { name: 'Boss' });
    const worker = await createPerson({ api }, { name: 'Worker', parentId: boss.id });
    const sibling = await createPerson({ api }, { name: 'Sibling' });
    const { number } = await createWebhook(api, receiver.url);
    const { page, complaints } = await site.open(`/webhooks/${number}`);
    await edit(page, 'details');
    await page.getByRole('radio', { name: 'For Login' }).check();
    await page.getByRole('combobox', { name: 'Login' }).fill('Boss');
    await page.getByRole('option', { name: `Boss (${boss.number})` }).click();
    await press(page, 'Save');
    await closed(page, 'details');
    await publish(
      api,
      clientEvent('of-sibling', { loginId: sibling.id }),
      clientEvent('of-the-one-above'),
      clientEvent('of-boss', { loginId: boss.id }),
      clientEvent('of-worker', { loginId: worker.id }),
    );
    await receiver.until(2);
    expect(entities().sort()).toEqual(['of-boss', 'of-worker']);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('Team, set on the page: a member’s act is sent, an outsider’s is not (P34)', async () => {
    const member = await createPerson({ api }, { name: 'Member' });
    const outsider = await createPerson({ api }, { name: 'Outsider' });
    await createTeam({ api }, 'Night shift', [member.id]);
    const { number } = await createWebhook(api, receiver.url);
    const { page } = await site.open(`/webhooks/${number}`);
    await edit(page, 'details');
    await page.getByRole('radio', { name: 'Team' }).check();
    await page.getByRole('combobox', { name: 'Team' }).fill('Night');
    await page.getByRole('option', { name: /^Night shift/ }).click();
    await press(page, 'Save');
    await closed(page, 'details');
    await page.getByText('What the members of the team Night shift do').waitFor();
    await publish(
      api,
      clientEvent('of-outsider', { loginId: outsider.id }),
      clientEvent('of-member', { loginId: member.id }),
    );
    await receiver.until(1);
    expect(entities()).toEqual(['of-member']);
    await page.context().close();
  });
});

describe('changing what is sent', () => {
  it('a new address takes the next event alone (L27)', async () => {
    const other = await startReceiver();
    const { number } = await createWebhook(api, receiver.url);
    await publish(api, clientEvent('old'));
    await receiver.until(1);
    const { page } = await site.open(`/webhooks/${number}`);
    await edit(page, 'endpoints');
    await row(page, 'Endpoint 1').getByLabel('Web address').fill(other.url);
    await press(page, 'Save');
    await closed(page, 'endpoints');
    await publish(api, clientEvent('new'));
    expect((await other.until(1)).map(entity)).toEqual(['new']);
    expect(entities()).toEqual(['old']);
    await page.context().close();
    await other.close();
  });

  it('disabled it sends nothing, then or later; enabled again only what is new (L28)', async () => {
    const { number } = await createWebhook(api, receiver.url);
    const { page, complaints } = await site.open(`/webhooks/${number}`);
    await press(page, 'Disable');
    const dialog = page.getByRole('dialog', { name: 'Disable Webhook' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    await publish(api, clientEvent('before'));
    await receiver.until(1);
    await press(page, 'Disable');
    await dialog.getByRole('button', { name: 'Disable' }).click();
    await page.getByText('This webhook is switched off').waitFor();
    await badge(page, 'Disabled').waitFor();
    await publish(api, clientEvent('meanwhile'));
    expect(await deliveriesOf(number, 'meanwhile')).toEqual([]);
    await press(page, 'Enable');
    await badge(page, 'Enabled').waitFor();
    await publish(api, clientEvent('after'));
    await receiver.until(2);
    expect(entities()).toEqual(['before', 'after']);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('an inactive one says why, and its event mended on the page makes it active (L15, L18, L28)', async () => {
    const { id, number } = await createWebhook(api, receiver.url, {
      triggers: [{ resource: 'clients', event: 'delete' }],
    });
    const { page } = await site.open(`/webhooks/${number}`);
    await badge(page, 'Inactive').waitFor();
    const banner = page.getByRole('alert').filter({ hasText: 'This webhook is inactive' });
    expect(await banner.innerText()).toContain('Choose a supported event');
    const told = await api.run('query ($id: ID!) { webhook(id: $id) { status statusReason } }', { id });
    expect(told.status).toBe('INACTIVE');
    expect(await banner.innerText()).toContain(told.statusReason);
    await publish(api, clientEvent('deleted', { event: 'delete' }));
    expect(await deliveriesOf(number, 'deleted')).toEqual([]);
    await page.getByRole('button', { name: 'Edit the triggers' }).click();
    await chooseTrigger(page, 1, 'Client', 'Updated');
    await press(page, 'Save');
    await badge(page, 'Enabled').waitFor();
    expect(await banner.count()).toBe(0);
    await publish(api, clientEvent('updated', { event: 'update' }));
    await receiver.until(1);
    expect(entities()).toEqual(['updated']);
    await page.context().close();
  });

  it.each([
    ['disabled', 'Disable', 'Disable Webhook', 'Disable'],
    ['deleted', 'Delete', 'Delete Webhook', 'CONFIRM'],
  ])(
    '%s on the page, what waits for another try is cancelled (X13, P38)',
    async (_, button, title, confirm) => {
      receiver.answer = status(500);
      const { number } = await createWebhook(api, receiver.url);
      const { page } = await site.open(`/webhooks/${number}?tab=deliveries`);
      await publish(api, clientEvent('stopped'));
      await receiver.until(1);
      await page
        .getByRole('row')
        .getByText(/^Will retry/)
        .waitFor();
      await press(page, button);
      await page.getByRole('dialog', { name: title }).getByRole('button', { name: confirm }).click();
      if (button === 'Delete') await page.waitForURL(/\/webhooks$/);
      else await page.getByRole('row').getByText('Cancelled').waitFor();
      expect(await deliveriesOf(number, 'stopped')).toEqual([{ status: 'CANCELLED', nextAttemptAt: null }]);
      // Another webhook's delivery goes out, so the sender was at work all the while.
      receiver.answer = status(204);
      await createWebhook(api, `${receiver.url}/other`);
      await publish(api, clientEvent('going-on'));
      await receiver.find((hit) => entity(hit) === 'going-on');
      expect(entities().filter((id) => id === 'stopped')).toHaveLength(1);
      await page.context().close();
    },
  );
});
