/** URL or mailbox, chosen in the wizard and in the form of a saved webhook, and proven at the mail server. */
import type { Page } from 'playwright-core';

import { confirm, confirmedWebhook, deliveriesTo } from '../support/mail-scenario.ts';
import { attachedJson, type MailServer, startMailServer } from '../support/mail-server.ts';
import { createPerson, createTeam } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish } from '../support/scenario.ts';
import { type Console, startConsole } from './console.ts';
import { closed, edit, part, press } from './details.ts';
import { addressField, mailboxRows, sendTo } from './mailboxes.ts';
import { add, choose, chooseTrigger, dialogOf, kept, next, registerCatalog, row } from './wizard.ts';

const RATE = 5;
const BURST = 40;
const WARNING = 'The address must cope with many messages';

let site: Console;
let mail: MailServer;
let receiver: Receiver;

beforeAll(async () => {
  mail = await startMailServer();
  site = await startConsole({
    BELLWIRE_SMTP_URL: mail.url,
    BELLWIRE_MAIL_RATE: String(RATE),
    BELLWIRE_DIGEST_INTERVAL: '300ms',
  });
  receiver = await startReceiver();
  await registerCatalog(site.server.api);
});
afterAll(async () => {
  await site?.stop();
  await mail?.close();
  await receiver?.close();
});

/** The wizard at step 2. */
async function openEndpoints(name: string): Promise<{ page: Page; complaints: string[] }> {
  const { page, complaints } = await site.open('/webhooks/new');
  await dialogOf(page).waitFor();
  await page.getByRole('textbox', { name: 'Name' }).first().fill(name);
  await next(page, 2);
  return { page, complaints };
}

/** The newest webhook, as the API tells it. */
async function newest(): Promise<any> {
  const { nodes } = await site.server.api.run(
    `{ webhooks(first: 1, orderBy: [{ field: NUMBER, direction: DESC }]) {
         nodes { id number endpoints { kind target authentication { type } advanced { signing format timeoutMs headers { name } } } } } }`,
  );
  return nodes[0];
}

/** What only a request has, by the labels of its fields. */
const HTTP_ONLY = ['Web address', 'Authentication', 'Signing', 'Time limit', 'Requests per second', 'Order'];

describe('the choice between URL and mailbox', () => {
  it('hides the fields of the other, keeps what was typed there, and is refused at its own fields (L23)', async () => {
    const { page, complaints } = await openEndpoints('Choice');
    const endpoint = row(page, 'Endpoint 1');
    await endpoint.getByLabel('Web address').fill('https://hooks.example.com/a');
    await press(page, 'Advanced');
    for (const label of HTTP_ONLY) await endpoint.getByLabel(label, { exact: false }).first().waitFor();
    expect(await addressField(page).count()).toBe(0);
    expect(await page.getByText(WARNING).count()).toBe(0);

    await sendTo(page, 'Mailbox');
    for (const label of HTTP_ONLY)
      expect([label, await endpoint.getByLabel(label).count()]).toEqual([label, 0]);
    await endpoint.getByRole('button', { name: 'Add a header' }).waitFor({ state: 'detached' });
    await endpoint.getByLabel('Retries').waitFor();
    await endpoint.getByRole('radiogroup', { name: 'Format of the attached JSON' }).waitFor();
    const wrong: [typed: string, says: RegExp][] = [
      ['', /^The e-mail address is missing\.$/],
      ['ann', /^This is not an e-mail address/],
      ['ann@example.com, ben@example.com', /^Give one e-mail address only/],
      ['https://hooks.example.com/a', /An endpoint is a URL or a mailbox, not both\.$/],
    ];
    for (const [typed, says] of wrong) {
      await addressField(page).fill(typed);
      await press(page, 'NEXT');
      await endpoint.getByText(says).waitFor();
      expect(await page.locator('[data-field="endpoints.0.target"]:focus').count()).toBe(1);
    }
    await addressField(page).fill('ann@example.com');
    await sendTo(page, 'URL');
    expect(await endpoint.getByLabel('Web address').inputValue()).toBe('https://hooks.example.com/a');
    expect(await addressField(page).count()).toBe(0);
    await sendTo(page, 'Mailbox');
    expect(await addressField(page).inputValue()).toBe('ann@example.com');
    await next(page, 3);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('warns that the address must cope with many messages; of a burst every record arrives (L24)', async () => {
    const { page, complaints } = await openEndpoints('Burst');
    await sendTo(page, 'Mailbox');
    await page.getByText(WARNING, { exact: true }).waitFor();
    await addressField(page).fill('burst@example.com');
    await next(page, 3);
    await chooseTrigger(page, 1, 'Client', 'Created');
    expect(await add(page)).toEqual([]);
    await page.getByText('burst@example.com: nothing is sent yet').waitFor();
    expect(await page.getByText('Its requests are not signed').count()).toBe(0);
    await confirm(mail, 'burst@example.com');
    const ids = Array.from({ length: BURST }, (_, index) => `burst-${index}`);
    await publish(site.server.api, ...ids.map((id) => clientEvent(id)));
    const arrived = (): string[] =>
      mail.mails
        .filter(deliveriesTo('burst@example.com'))
        .flatMap((one) => one.mail.attachments)
        .map(({ content }) => JSON.parse(content.toString()).entityId as string);
    await mail.find(() => arrived().length >= BURST);
    expect(arrived().sort()).toEqual([...ids].sort());
    expect(mail.mails.filter(deliveriesTo('burst@example.com')).length).toBeLessThan(BURST);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('is kept by a draft; what was typed for a URL before is in nobody’s way (L23)', async () => {
    const { page, complaints } = await openEndpoints('Resumed');
    const endpoint = row(page, 'Endpoint 1');
    await endpoint.getByLabel('Web address').fill('https://hooks.example.com/a');
    await press(page, 'Advanced');
    await choose(endpoint, 'Authentication', 'Bearer token');
    await row(page, 'Authentication').getByRole('textbox', { name: 'Token' }).fill('of-the-url');
    await endpoint.getByLabel('Time limit').fill('900');
    await kept(page);
    await sendTo(page, 'Mailbox');
    await addressField(page).fill('resumed@example.com');
    await page.getByRole('radio', { name: 'Bare entity' }).check();
    await kept(page);
    await page.reload();
    await page.getByRole('heading', { name: /^Step 2 of 3/ }).waitFor();
    expect(await addressField(page).inputValue()).toBe('resumed@example.com');
    expect(
      await row(page, 'Endpoint 1').getByRole('radio', { name: 'Mailbox', exact: true }).isChecked(),
    ).toBe(true);
    await next(page, 3);
    await chooseTrigger(page, 1, 'Client', 'Updated');
    await add(page);
    expect((await newest()).endpoints).toMatchObject([
      {
        kind: 'EMAIL',
        target: 'resumed@example.com',
        authentication: { type: 'NONE' },
        advanced: { signing: 'NONE', format: 'ENTITY', headers: [] },
      },
    ]);
    await confirm(mail, 'resumed@example.com');
    await publish(site.server.api, clientEvent('resumed-1', { event: 'update' }));
    const arrived = await mail.find(deliveriesTo('resumed@example.com'));
    expect(JSON.parse(attachedJson(arrived))).toEqual({ id: 'resumed-1', name: 'Client resumed-1' });
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('of a saved webhook is changed at its page: mails go where requests went, and back, signed again (L23)', async () => {
    const { api } = site.server;
    const triggers = [{ resource: 'tickets', event: 'close' }];
    const ticket = (id: string) => clientEvent(id, { resource: 'tickets', event: 'close' });
    const webhook = await createWebhook(api, receiver.url, {
      triggers,
      authentication: { type: 'BEARER', bearer: { token: 'abc' } },
      advanced: { headers: [{ name: 'x-key', value: 'hidden', secret: true }], format: 'ENTITY' },
    });
    const { page, complaints } = await site.open(`/webhooks/${webhook.number}`);
    await edit(page, 'endpoints');
    await sendTo(page, 'Mailbox');
    await addressField(page).fill('moved@example.com');
    await press(page, 'Save');
    await closed(page, 'endpoints');
    expect(await mailboxRows(page).allInnerTexts()).toEqual([expect.stringContaining('moved@example.com')]);
    expect(await page.getByRole('tab', { name: 'Verify signatures' }).count()).toBe(0);
    // The format was shown, and so it stays.
    await part(page, 'Endpoints').getByText('Bare entity').waitFor();
    await confirm(mail, 'moved@example.com');
    await publish(api, ticket('by-mail'));
    expect(JSON.parse(attachedJson(await mail.find(deliveriesTo('moved@example.com')))).id).toBe('by-mail');
    expect(receiver.hits).toEqual([]);

    await edit(page, 'endpoints');
    await sendTo(page, 'URL');
    await row(page, 'Endpoint 1').getByLabel('Web address').fill(receiver.url);
    await press(page, 'Save');
    await page.getByRole('dialog', { name: 'The new signing secret' }).waitFor();
    await press(page, 'I have copied it');
    await publish(api, ticket('by-post'));
    const hit = await receiver.find(({ body }) => body.toString().includes('by-post'));
    expect(hit.headers['webhook-signature']).toMatch(/^v1,/);
    expect(hit.headers).not.toHaveProperty('authorization');
    expect(mail.mails.filter(deliveriesTo('moved@example.com'))).toHaveLength(1);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('of the team’s mailboxes needs a team, at its field and in the details of a saved webhook (L23)', async () => {
    const { api } = site.server;
    const member = await createPerson({ api }, { name: 'Mia' });
    const teamId = await createTeam({ api }, 'Front desk', [member.id]);
    const { page, complaints } = await openEndpoints('Team');
    await sendTo(page, 'The team’s mailboxes');
    await page.getByText('This webhook watches no team yet').waitFor();
    expect(await addressField(page).count()).toBe(0);
    await press(page, 'NEXT');
    await row(page, 'Endpoint 1')
      .getByText(/^The mailboxes of a team need a team/)
      .waitFor();
    await page.locator('[data-field="endpoints.0"]:focus').waitFor();
    await press(page, 'Back');
    await page.getByRole('radio', { name: 'Team', exact: true }).check();
    await choose(dialogOf(page), 'Team', 'Front desk');
    await next(page, 2);
    await page.getByText('Each member of the team Front desk gets the mails').waitFor();
    await next(page, 3);
    await chooseTrigger(page, 1, 'Client', 'Updated');
    await add(page);
    const { number, endpoints } = await newest();
    expect(endpoints).toMatchObject([{ kind: 'TEAM_MAILBOXES', target: '' }]);
    await page.goto(`${site.url}/webhooks/${number}`);
    await edit(page, 'details');
    await page.getByRole('radio', { name: 'The whole account' }).check();
    await press(page, 'Save');
    await page.getByText(/^The mailboxes of a team need a team/).waitFor();
    await page.getByRole('radio', { name: 'The whole account' }).and(page.locator(':focus')).waitFor();
    expect(teamId).toMatch(/^tem_/);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('is compared when two change the same endpoint: theirs is a mailbox, mine a URL (L23)', async () => {
    const { api } = site.server;
    const webhook = await confirmedWebhook(api, mail, 'first@example.com', {
      triggers: [{ resource: 'tickets', event: 'close' }],
    });
    const { page } = await site.open(`/webhooks/${webhook.number}`);
    await edit(page, 'endpoints');
    await sendTo(page, 'URL');
    await row(page, 'Endpoint 1').getByLabel('Web address').fill(`${receiver.url}/mine`);
    await api.mutate(
      `mutation ($id: ID!, $input: WebhookInput!) { webhookUpdate(id: $id, input: $input) { errors { code message } } }`,
      {
        id: webhook.id,
        input: { endpoints: [{ id: webhook.endpointId, kind: 'EMAIL', target: 'second@example.com' }] },
      },
    );
    await press(page, 'See what changed');
    const differs = page.getByRole('table', { name: 'What differs' }).locator('tbody tr');
    expect(await differs.allInnerTexts()).toEqual([
      expect.stringMatching(/^Endpoint 1\s+second@example\.com\s+http:.*\/mine$/),
    ]);
    await press(page, 'Keep mine');
    await press(page, 'Save');
    await press(page, 'I have copied it');
    expect((await newest()).endpoints).toMatchObject([{ kind: 'URL', target: `${receiver.url}/mine` }]);
    await page.context().close();
  });
});
