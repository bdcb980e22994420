/** The life of mailboxes in a browser: owners confirm and leave on their own pages, and the console follows. */
import pg from 'pg';
import type { Page } from 'playwright-core';

import { createMailWebhook, deliveriesOf, deliveriesTo, until } from '../support/mail-scenario.ts';
import { type MailServer, mailTo, startMailServer } from '../support/mail-server.ts';
import { createTeam } from '../support/people.ts';
import { clientEvent, publish, registerResource } from '../support/scenario.ts';
import { type Console, startConsole } from './console.ts';
import { badge, part, press } from './details.ts';
import { confirmByButton, mailboxRows, sendTo, unsubscribeByButton } from './mailboxes.ts';
import { add, chooseTrigger, dialogOf, next } from './wizard.ts';

let site: Console;
let mail: MailServer;
let database: pg.Client;

beforeAll(async () => {
  mail = await startMailServer();
  site = await startConsole({ BELLWIRE_SMTP_URL: mail.url });
  await registerResource(site.server.api);
  database = new pg.Client(site.server.database.url);
  await database.connect();
});
beforeEach(() => {
  mail.answerRecipient = () => null;
  mail.answerMessage = () => null;
});
afterAll(async () => {
  await database?.end();
  await site?.stop();
  await mail?.close();
});

/** Waits until the row of a mailbox says so. */
const says = (page: Page, address: string, words: string | RegExp): Promise<void> =>
  mailboxRows(page).filter({ hasText: address }).getByText(words).waitFor();

const askAgain = (page: Page): Promise<void> =>
  press(page, 'Send again: the confirmation mail of endpoint 1');

/** A login with an address. */
async function member(name: string): Promise<string> {
  const { id: parentId } = await site.server.api.run('{ viewer { id } }');
  const { login } = await site.server.api.mutate(
    'mutation ($input: LoginInput!) { loginCreate(input: $input) { errors { code message } login { id } } }',
    { input: { name, email: `${name.toLowerCase()}@team.example`, parentId } },
  );
  return login.id as string;
}

describe('a mailbox', () => {
  it('waits for its owner, whose button the open page follows; what waited is delivered and shown as a mail', async () => {
    const { api } = site.server;
    const address = 'owner@example.com';
    const webhook = await createMailWebhook(api, address, { details: { name: 'Reception' } });
    await publish(api, clientEvent('w1'));
    const [waiting] = await deliveriesOf(api, webhook);
    const { page, complaints } = await site.open(`/webhooks/${webhook.number}`);
    await says(page, address, /^Waiting for confirmation, mail sent (now|\d+ seconds? ago)$/);
    await badge(page, 'Awaits confirmation').waitFor();
    expect(await page.getByText('Authentication', { exact: true }).count()).toBe(0);
    expect(await page.getByText('Signing', { exact: true }).count()).toBe(0);
    expect(await page.getByText('Pace', { exact: true }).count()).toBe(0);

    // Just now one went: the server says when the next may, in the reader's own time.
    await askAgain(page);
    await page
      .getByText(/^A confirmation mail goes at most once a minute .* ask again at [^U]*\.$/)
      .waitFor();
    expect(mail.mails.filter(mailTo(address))).toHaveLength(1);

    const delivery = await site.open(`/deliveries/${waiting.id}`);
    await badge(delivery.page, 'Awaits confirmation').waitFor();
    await delivery.page.getByText('It waits until the owner of its mailbox confirms').waitFor();
    await delivery.page.getByText('Its mailbox has not confirmed yet: it goes when it has.').waitFor();
    const table = await site.open('/webhooks');
    await table.page.getByText(`Awaits confirmation: ${address}`).waitFor();

    await confirmByButton(site, mail, address);
    await page.getByText('Endpoint 1 is confirmed').waitFor();
    await says(page, address, 'Confirmed');
    expect(await page.getByRole('button', { name: /^Send again/ }).count()).toBe(0);
    await table.page.getByText(`Awaits confirmation: ${address}`).waitFor({ state: 'detached' });
    await mail.find(deliveriesTo(address));
    await badge(delivery.page, 'Delivered').waitFor();

    const { page: shown } = delivery;
    await shown.getByText('SMTP 250').first().waitFor();
    expect(await shown.getByRole('tab').allInnerTexts()).toEqual([
      'Mail',
      expect.stringMatching(/^Reply/),
      'Timing',
    ]);
    expect(await shown.locator('[data-url]').innerText()).toBe(address);
    await shown.getByRole('cell', { name: 'Message-ID' }).waitFor();
    await shown.getByRole('heading', { name: 'Attached JSON' }).waitFor();
    await shown.getByText('"entityId": "w1"').waitFor();
    await shown.getByRole('tab', { name: 'Reply' }).click();
    await shown.getByRole('region', { name: 'reply' }).getByText(/^250 /).waitFor();
    // An address with the tab of a request leads to the mail.
    await shown.goto(`${site.url}/deliveries/${waiting.id}?tab=curl`);
    await shown.getByRole('heading', { name: 'Attached JSON' }).waitFor();
    await shown.goto(`${site.url}/webhooks/${webhook.number}?tab=deliveries`);
    await shown.getByRole('cell', { name: address }).waitFor();
    await shown.goto(`${site.url}/webhooks/${webhook.number}?tab=verify`);
    await part(shown, 'Endpoints').waitFor();
    for (const watched of [page, shown, table.page]) await watched.context().close();
    expect([...complaints, ...delivery.complaints, ...table.complaints]).toEqual([]);
  });

  it('whose confirmation mail is not taken yet says so, and follows each further try', async () => {
    const address = 'greylisted@example.com';
    let tries = 0;
    mail.answerMessage = () => ({ code: 451, message: `4.7.1 try ${++tries} is too early` });
    const triggers = [{ resource: 'clients', event: 'update' }];
    const webhook = await createMailWebhook(site.server.api, address, { triggers });
    const { page, complaints } = await site.open(`/webhooks/${webhook.number}`);
    await says(
      page,
      address,
      'Waiting for confirmation, its mail is tried again: 451 4.7.1 try 1 is too early',
    );
    const hasten = () => database.query('update mail_outbox set due_at = clock_timestamp()');
    await hasten();
    await says(page, address, /: 451 4\.7\.1 try 2 is too early$/);
    // What is read when a page opens is read by now: this one it must look for.
    await hasten();
    await says(page, address, /: 451 4\.7\.1 try 3 is too early$/);
    mail.answerMessage = () => null;
    await hasten();
    await confirmByButton(site, mail, address);
    await says(page, address, 'Confirmed');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('that is refused, or whose owner leaves, is off with the reason, and back by Enable', async () => {
    const { api } = site.server;
    const address = 'gone@example.com';
    const webhook = await createMailWebhook(api, address, {
      triggers: [{ resource: 'clients', event: 'update' }],
    });
    const update = (id: string) => publish(api, clientEvent(id, { event: 'update' }));
    const { page, complaints } = await site.open(`/webhooks/${webhook.number}`);
    await says(page, address, /^Waiting for confirmation/);
    await confirmByButton(site, mail, address);
    await page.getByText('Endpoint 1 is confirmed').waitFor();
    mail.answerRecipient = () => ({ code: 550, message: '5.1.1 <b>No such user</b>' });
    await update('g1');
    await page.getByText('Endpoint 1 is off: its mailbox was refused').waitFor();
    await says(page, address, /^Refused by its server: 550 5\.1\.1 <b>No such user<\/b>$/);
    await badge(page, 'Refused').waitFor();
    await page.getByRole('link', { name: 'Its failed deliveries' }).click();
    await page.getByRole('cell', { name: 'SMTP 550' }).waitFor();
    await page.getByRole('tab', { name: 'Overview' }).click();
    mail.answerRecipient = () => null;
    await press(page, 'Enable: endpoint 1');
    await page.getByText('Endpoint 1 is sent to again').waitFor();
    await says(page, address, 'Confirmed');
    await update('g2');
    await mail.find(deliveriesTo(address));

    await unsubscribeByButton(site, mail, address);
    await page.getByText('Endpoint 1 is off: its owner unsubscribed').waitFor();
    await says(page, address, 'Unsubscribed');
    await press(page, 'Enable: endpoint 1');
    await page.getByText('Endpoint 1 waits for a confirmation').waitFor();
    await says(page, address, /^Waiting for confirmation/);
    await mail.until(2, (one) => mailTo(address)(one) && one.mail.subject!.startsWith('Confirm mails'));
    await confirmByButton(site, mail, address);
    await page.getByText('Endpoint 1 is confirmed').waitFor();

    await page.goto(`${site.url}/audit?subject=${webhook.id}`);
    const rows = page.getByRole('table', { name: 'Audit log' }).locator('tbody tr');
    await rows.nth(8).waitFor();
    const told = (await rows.allInnerTexts()).map((text) => text.replace(/\s+/g, ' ')).reverse();
    expect(told.map((text) => / (?:The server|#1) (.*?) \d+, Mails/.exec(text)?.[1])).toEqual([
      'Created the webhook',
      'A mailbox confirmed the mails of the webhook',
      'A mail server refused a mailbox of the webhook',
      'Switched off an endpoint of the webhook after failures',
      'Enabled an endpoint of the webhook',
      'A mailbox ended the mails of the webhook',
      'Switched off an endpoint of the webhook after failures',
      'Enabled an endpoint of the webhook',
      'A mailbox confirmed the mails of the webhook',
    ]);
    expect(told[1]).toContain('Endpoint, mailbox gone@example.com: Waiting for confirmation → Confirmed');
    expect(told[2]).toContain('Endpoint, mailbox gone@example.com: Confirmed → Refused');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('of each member of a team has a row of its own, and a confirmation of its own', async () => {
    const { api } = site.server;
    const ids = [await member('Ann'), await member('Ben'), await member('Eve')];
    const teamId = await createTeam({ api }, 'Sales', ids);
    mail.answerRecipient = (to) =>
      to === 'eve@team.example' ? { code: 550, message: 'no such user' } : null;
    const webhook = await createMailWebhook(api, null, { details: { teamId, name: 'Sales mails' } });
    const { page, complaints } = await site.open(`/webhooks/${webhook.number}`);
    await says(page, 'eve@team.example', 'Refused by its server: 550 no such user');
    await says(page, 'ann@team.example', /^Waiting for confirmation, mail sent/);
    await says(page, 'ben@team.example', /^Waiting for confirmation, mail sent/);
    const rows = (await mailboxRows(page).allInnerTexts()).map((text) => text.replace(/\s+/g, ' '));
    expect(rows).toEqual([
      expect.stringMatching(/^ann@team\.example Ann #\d+ Waiting/),
      expect.stringMatching(/^ben@team\.example Ben #\d+ Waiting/),
      expect.stringMatching(/^eve@team\.example Eve #\d+ Refused/),
    ]);
    await confirmByButton(site, mail, 'ben@team.example');
    await says(page, 'ben@team.example', 'Confirmed');
    await badge(page, 'Active').waitFor();
    await says(page, 'ann@team.example', /^Waiting for confirmation/);
    await publish(api, clientEvent('t1', { loginId: ids[0] }));
    await mail.find(deliveriesTo('ben@team.example'));

    // The one who left may be asked once more, as those who have not answered.
    await unsubscribeByButton(site, mail, 'ben@team.example');
    await says(page, 'ben@team.example', 'Unsubscribed');
    // A day passes.
    await database.query(`update mailboxes set asked_at = '{}' where address = 'ben@team.example'`);
    await askAgain(page);
    await page.getByText('A new confirmation mail goes out to each who has not confirmed').waitFor();
    await mail.until(2, (one) => mailTo('ben@team.example')(one) && one.mail.subject!.startsWith('Confirm'));
    expect(mail.mails.filter(mailTo('ann@team.example'))).toHaveLength(1);
    await confirmByButton(site, mail, 'ben@team.example');
    await says(page, 'ben@team.example', 'Confirmed');
    const waiting = await until(
      api,
      () => deliveriesOf(api, webhook),
      (all) => all.some(({ status }) => status === 'PENDING'),
    );
    await page.goto(`${site.url}/webhooks/${webhook.number}?tab=deliveries`);
    await page.getByRole('cell', { name: 'Awaits confirmation' }).waitFor();
    expect(waiting).toHaveLength(2);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('gets a test once it has confirmed; before that the page says why not', async () => {
    const { api } = site.server;
    const address = 'tested@example.com';
    const webhook = await createMailWebhook(api, address, {
      triggers: [{ resource: 'clients', event: 'update' }],
    });
    const { page, complaints } = await site.open(`/webhooks/${webhook.number}?tab=test`);
    const send = page
      .getByRole('form', { name: 'Send a test event' })
      .getByRole('button', { name: 'Send test' });
    await send.click();
    await page
      .getByText('No mailbox of it has confirmed yet: before that it gets nothing, not even a test.')
      .waitFor();
    await confirmByButton(site, mail, address);
    await send.click();
    const result = page.getByRole('region', { name: 'How the test went' });
    await result.getByText('Delivered').first().waitFor();
    await result.getByText('SMTP 250').waitFor();
    expect((await mail.find(deliveriesTo(address))).mail.subject).toContain('Test: ');
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

it('a server without a mail server says so where a mailbox was added', async () => {
  const bare = await startConsole();
  try {
    await registerResource(bare.server.api);
    const { page, complaints } = await bare.open('/webhooks/new');
    await dialogOf(page).getByRole('textbox', { name: 'Name' }).first().fill('Mute');
    await next(page, 2);
    await sendTo(page, 'Mailbox');
    await page.getByRole('textbox', { name: 'E-mail address' }).fill('mute@example.com');
    await next(page, 3);
    await chooseTrigger(page, 1, 'Client', 'Created');
    await add(page);
    await page.getByText('mute@example.com: nothing is sent yet').waitFor();
    await dialogOf(page)
      .getByText(/^Mail is not configured on this server/)
      .waitFor();
    await press(page, 'Done');
    await page.getByText('Awaits confirmation: mute@example.com').waitFor();
    await page.goto(`${bare.url}/webhooks/1`);
    await page.getByText(/^Mail is not configured on this server/).waitFor();
    await press(page, 'Send again: the confirmation mail of endpoint 1');
    await page
      .getByText(/^Mail is not configured on this server/)
      .nth(1)
      .waitFor();
    expect(complaints).toEqual([]);
  } finally {
    await bare.stop();
  }
});
