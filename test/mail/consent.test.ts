/**
 * What owners of mailboxes and their servers say: a refusal for now is tried again, one for good ends it with its reason, a
 * link ends it, a confirmation runs out, and nobody can be flooded with confirmation mails.
 */
import pg from 'pg';

import {
  confirm,
  confirmedWebhook,
  createMailWebhook,
  deliveriesOf,
  deliveriesTo,
  endpointOf,
  until,
} from '../support/mail-scenario.ts';
import { linkIn, type MailServer, mailTo, startMailServer } from '../support/mail-server.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const ENABLE =
  'mutation ($id: ID!) { endpointEnable(id: $id) { errors { code message } endpoint { status } } }';
const VERIFY = `mutation ($id: ID!) { endpointVerificationSend(id: $id) { errors { code field message } endpoint { status } } }`;

let server: TestServer;
let mail: MailServer;
let database: pg.Client;

beforeAll(async () => {
  mail = await startMailServer();
  server = await startServer({ BELLWIRE_SMTP_URL: mail.url });
  database = new pg.Client(server.database.url);
  await database.connect();
  await registerResource(server.api);
});
beforeEach(() => {
  mail.answerRecipient = () => null;
  mail.answerMessage = () => null;
});
afterAll(async () => {
  await database?.end();
  await server?.stop();
  await mail?.close();
});

const statusOf = (webhook: { id: string }) => () => endpointOf(server.api, webhook);

it('X15: tries again what the server refuses for now, under the same message id, and says what it answered', async () => {
  const address = 'later@example.com';
  const webhook = await confirmedWebhook(server.api, mail, address);
  let refusals = 2;
  mail.answerMessage = () => (refusals-- > 0 ? { code: 451, message: '4.3.0 come back later' } : null);
  await publish(server.api, clientEvent('l1'));
  const arrived = await mail.find(deliveriesTo(address));
  const [delivery] = await until(
    server.api,
    () => deliveriesOf(server.api, webhook),
    ([one]) => one?.status === 'SUCCEEDED',
  );
  expect(arrived.mail.messageId).toBe(`<${delivery.id}@127.0.0.1>`);
  const attempts = delivery.attempts.nodes;
  expect(
    attempts.map((one: any) => [one.outcome, one.response.statusCode, one.failure?.code]).sort(),
  ).toEqual([
    ['REJECTED', 451, 'MAIL_DEFERRED'],
    ['REJECTED', 451, 'MAIL_DEFERRED'],
    ['SUCCEEDED', 250, undefined],
  ]);
  expect(attempts.find((one: any) => one.failure)!.response.body).toContain('come back later');
  expect(
    attempts.every((one: any) =>
      one.request.headers.some((h: any) => h.name === 'Message-ID' && h.value === arrived.mail.messageId),
    ),
  ).toBe(true);
  // The link that ends the mails is the owner's alone.
  expect(attempts[0].request.headers.find((h: any) => h.name === 'List-Unsubscribe')).toMatchObject({
    value: null,
    secret: true,
  });
  expect((await endpointOf(server.api, webhook)).status).toBe('ACTIVE');
});

it('X15: switches the endpoint off once its mailbox is refused for good, with the reason, and on again by hand', async () => {
  const address = 'gone@example.com';
  const webhook = await confirmedWebhook(server.api, mail, address);
  const watcher = await confirmedWebhook(server.api, mail, 'watcher@example.com', {
    triggers: [{ resource: 'bellwire.endpoints', event: 'auto_disabled' }],
  });
  mail.answerRecipient = (to) =>
    to === address ? { code: 550, message: '5.1.1 <b>No such user</b>' } : null;
  await publish(server.api, clientEvent('g1'));
  const off = await until(server.api, statusOf(webhook), ({ status }) => status === 'AUTO_DISABLED');
  expect(off.statusReason).toContain('The mail server refused the mailbox for good.');
  expect(off.statusReason).toContain('550 5.1.1 <b>No such user</b>');
  const [delivery] = await deliveriesOf(server.api, webhook);
  expect(delivery).toMatchObject({ status: 'FAILED', attemptCount: 1 });
  expect(delivery.attempts.nodes[0].failure.code).toBe('MAILBOX_REFUSED');
  const notice = await mail.find(deliveriesTo('watcher@example.com'));
  expect(notice.mail.text).toContain('MAILBOX_REFUSED');
  const asked = mail.asked.filter((to) => to === address).length;
  await publish(server.api, clientEvent('g2'));
  expect(await deliveriesOf(server.api, webhook)).toHaveLength(1);

  mail.answerRecipient = () => null;
  expect((await server.api.mutate(ENABLE, { id: webhook.endpointId })).endpoint.status).toBe('ACTIVE');
  await publish(server.api, clientEvent('g3'));
  await mail.find(deliveriesTo(address));
  expect(mail.asked.filter((to) => to === address)).toHaveLength(asked + 1);
  expect(await deliveriesOf(server.api, watcher)).toHaveLength(1);
});

it('X15: ends by one click without cookie or Origin, cancels what waits, and asks anew when it is enabled again', async () => {
  const address = 'leaves@example.com';
  const webhook = await confirmedWebhook(server.api, mail, address);
  await publish(server.api, clientEvent('u1'));
  const first = await mail.find(deliveriesTo(address));
  const link = linkIn(first, 'unsubscribe');
  const page = await fetch(link);
  expect([page.status, page.headers.get('cache-control'), page.headers.get('referrer-policy')]).toEqual([
    200,
    'no-store',
    'no-referrer',
  ]);
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'nonce-/);
  const text = await page.text();
  expect(text).toContain(address);
  expect(text).not.toContain('<script');
  expect((await endpointOf(server.api, webhook)).status).toBe('ACTIVE');
  mail.answerMessage = () => ({ code: 451, message: 'later' });
  await database.query(`update endpoints set retry_schedule = '{0,3600}' where id = $1`, [
    webhook.endpointId,
  ]);
  await publish(server.api, clientEvent('u2'));
  await until(
    server.api,
    () => deliveriesOf(server.api, webhook),
    (all) => all.at(-1)?.status === 'RETRY_SCHEDULED',
  );
  const click = await fetch(link, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'List-Unsubscribe=One-Click',
  });
  expect(click.status).toBe(200);
  expect(await endpointOf(server.api, webhook)).toMatchObject({
    status: 'AUTO_DISABLED',
    statusReason: expect.stringContaining('The owner of the mailbox wants no more mails.'),
  });
  expect((await deliveriesOf(server.api, webhook)).map((one) => one.status)).toEqual([
    'SUCCEEDED',
    'CANCELLED',
  ]);
  mail.answerMessage = () => null;
  expect((await server.api.mutate(ENABLE, { id: webhook.endpointId })).endpoint.status).toBe('UNVERIFIED');
  await publish(server.api, clientEvent('u3'));
  await mail.until(2, (one) => mailTo(address)(one) && one.mail.subject!.startsWith('Confirm'));
  await confirm(mail, address);
  const again = await mail.find((one) => deliveriesTo(address)(one) && one !== first);
  expect(again.mail.subject).toContain('u3');
});

it('knows no link that has run out, was followed by a newer one, or never was', async () => {
  const address = 'slow@example.com';
  const webhook = await createMailWebhook(server.api, address);
  const old = linkIn(await mail.find(mailTo(address)), 'confirm');
  const answers = async (link: string) => [
    (await fetch(link)).status,
    (await fetch(link, { method: 'POST' })).status,
  ];
  const sent = `update mailboxes set confirmation_sent_at = confirmation_sent_at + $2::interval where endpoint_id = $1`;
  await database.query(sent, [webhook.endpointId, '-7 days']);
  expect(await answers(old)).toEqual([404, 404]);
  const missing = await (await fetch(`${old.slice(0, -4)}AAAA`)).text();
  const nonce = /nonce[=-]"?[\w+/=]+/g;
  expect(missing.replace(nonce, '')).toBe((await (await fetch(old)).text()).replace(nonce, ''));
  await database.query(sent, [webhook.endpointId, '7 days']);
  // Of another purpose, another mailbox, nothing at all.
  expect(await answers(old.replace('/confirm/', '/unsubscribe/'))).toEqual([404, 404]);
  expect(
    await answers(old.replace(/mbx_\w{26}/, (id) => `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`)),
  ).toEqual([404, 404]);
  expect(await answers(`${server.app.url}/mail/confirm/x%00y`)).toEqual([404, 404]);
  await database.query(`update mailboxes set asked_at = '{}' where endpoint_id = $1`, [webhook.endpointId]);
  expect((await server.api.mutate(VERIFY, { id: webhook.endpointId })).endpoint.status).toBe('UNVERIFIED');
  const [, newer] = await mail.until(2, mailTo(address));
  expect(await answers(old)).toEqual([404, 404]);
  expect(await answers(linkIn(newer!, 'confirm'))).toEqual([200, 200]);
  expect((await endpointOf(server.api, webhook)).status).toBe('ACTIVE');
});

it('sends a confirmation mail once a minute and five times a day at most, and none where there is nothing to confirm', async () => {
  const address = 'often@example.com';
  const webhook = await createMailWebhook(server.api, address);
  const ask = async () =>
    (await server.api.run(VERIFY, { id: webhook.endpointId })).errors[0]?.message ?? 'sent';
  const earlier = (interval: string) =>
    database.query(
      `update mailboxes set asked_at = (select array_agg(at - $2::interval order by at desc) from unnest(asked_at) at) where endpoint_id = $1`,
      [webhook.endpointId, interval],
    );
  expect(await ask()).toMatch(/at most once a minute and 5 times a day: ask again at 20\d\d-/);
  // One that has not gone yet would go as the next one.
  await mail.until(1, mailTo(address));
  for (let mails = 2; mails <= 5; mails += 1) {
    await earlier('61 seconds');
    expect(await ask()).toBe('sent');
    await mail.until(mails, mailTo(address));
  }
  await earlier('61 seconds');
  expect(await ask()).toMatch(/ask again at/);
  await earlier('1 day');
  expect(await ask()).toBe('sent');
  await mail.until(6, mailTo(address));
  await server.api.mutate('mutation ($id: ID!) { endpointDisable(id: $id) { errors { code } } }', {
    id: webhook.endpointId,
  });
  expect(await ask()).toBe('This endpoint is off: enable it first.');
  await server.api.mutate(ENABLE, { id: webhook.endpointId });
  await confirm(mail, address);
  expect(await ask()).toMatch(/has confirmed/);
  const url = await createWebhook(server.api, 'http://127.0.0.1:9999/');
  const { errors } = await server.api.run(VERIFY, { id: url.endpointId });
  expect(errors).toMatchObject([{ message: 'This endpoint is a URL: there is nothing to confirm.' }]);
});

it('lets no one flood an address by many webhooks', async () => {
  const address = 'flooded@example.com';
  await createMailWebhook(server.api, address);
  await mail.find(mailTo(address));
  await database.query(
    `update mailboxes set asked_at = array_fill(clock_timestamp(), array[20]) where address = $1`,
    [address],
  );
  const held = await createMailWebhook(server.api, address.toUpperCase());
  const other = await createMailWebhook(server.api, 'other@example.com');
  await mail.find(mailTo('other@example.com'));
  expect(mail.mails.filter(mailTo(address))).toHaveLength(1);
  expect((await endpointOf(server.api, held)).statusReason).toContain('is on its way');
  expect((await endpointOf(server.api, other)).statusReason).toContain('went to other@example.com');
});

it('waits for seven days, then cancels; a retry by hand does not go past the owner', async () => {
  const address = 'never@example.com';
  const webhook = await createMailWebhook(server.api, address);
  await publish(server.api, clientEvent('n1'), clientEvent('n2'));
  const [first] = await deliveriesOf(server.api, webhook);
  const RETRY = 'mutation ($id: ID!) { deliveryRetry(id: $id) { errors { code message } } }';
  expect((await server.api.run(RETRY, { id: first.id })).errors).toMatchObject([{ code: 'INVALID_STATE' }]);
  const { rows } = await database.query(
    `select extract(epoch from due_at - created_at)::int as wait from delivery_queue where id = $1`,
    [first.id],
  );
  expect(rows).toEqual([{ wait: 7 * 86_400 }]);
  await database.query(`update delivery_queue set due_at = due_at - interval '7 days' where id = $1`, [
    first.id,
  ]);
  const all = await until(
    server.api,
    () => deliveriesOf(server.api, webhook),
    ([one]) => one!.status === 'CANCELLED',
  );
  expect(all.map((one) => one.status)).toEqual(['CANCELLED', 'PENDING']);
  expect((await server.api.run(RETRY, { id: first.id })).errors).toMatchObject([{ code: 'INVALID_STATE' }]);
  await confirm(mail, address);
  expect((await mail.find(deliveriesTo(address))).mail.subject).toContain('n2');
  expect((await server.api.run(RETRY, { id: first.id })).errors).toEqual([]);
  await mail.until(2, deliveriesTo(address));
});

it('lets go what a publish brings in beside the confirmation', async () => {
  const address = 'beside@example.com';
  const webhook = await createMailWebhook(server.api, address);
  await publish(server.api, clientEvent('b1'));
  await mail.find(mailTo(address));
  // As a publish leaves it that matched before the confirmation and commits behind it.
  await database.query('begin');
  await database.query(`select 1 from delivery_queue where webhook_id = $1 for update`, [webhook.id]);
  const { rows } = await database.query(`delete from delivery_queue where webhook_id = $1 returning *`, [
    webhook.id,
  ]);
  await database.query('commit');
  await confirm(mail, address);
  const columns = Object.keys(rows[0]);
  await database.query(
    `insert into delivery_queue (${columns.join(', ')}) values (${columns.map((_, at) => `$${at + 1}`).join(', ')})`,
    Object.values(rows[0]),
  );
  expect((await mail.find(deliveriesTo(address))).mail.subject).toContain('b1');
});

it('says that mail is not configured, and saves all the same', async () => {
  const bare = await startServer();
  await registerResource(bare.api);
  const webhook = await createMailWebhook(bare.api, 'bare@example.com');
  expect(await endpointOf(bare.api, webhook)).toMatchObject({
    status: 'UNVERIFIED',
    statusReason: 'Mail is not configured on this server: set BELLWIRE_SMTP_URL.',
  });
  expect((await bare.api.run(VERIFY, { id: webhook.endpointId })).errors).toMatchObject([
    { code: 'INVALID_STATE', message: 'Mail is not configured on this server: set BELLWIRE_SMTP_URL.' },
  ]);
  await bare.stop();
});
