/**
 * The links in mails: each press counts once and is written down, open pages are told, and a link is good for one purpose, one
 * mailbox and in one spelling, as long as there is something to say yes or no to.
 */
import { Stream } from '../support/api.ts';
import { holdLock } from '../support/lock-holder.ts';
import {
  confirm,
  confirmedWebhook,
  createMailWebhook,
  deliveriesTo,
  endpointOf,
  type MailWebhook,
} from '../support/mail-scenario.ts';
import { linkIn, type MailServer, mailTo, startMailServer } from '../support/mail-server.ts';
import { createTeam } from '../support/people.ts';
import { clientEvent, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const UPDATE =
  'mutation ($id: ID!, $input: WebhookInput!) { webhookUpdate(id: $id, input: $input) { errors { code } } }';

let server: TestServer;
let mail: MailServer;

beforeAll(async () => {
  mail = await startMailServer();
  server = await startServer({ BELLWIRE_SMTP_URL: mail.url });
  await registerResource(server.api);
});
afterAll(async () => {
  await server?.stop();
  await mail?.close();
});

const open = async (link: string): Promise<number> => (await fetch(link)).status;
const press = async (link: string): Promise<number> => (await fetch(link, { method: 'POST' })).status;
const confirmLink = async (address: string): Promise<string> =>
  linkIn(await mail.find(mailTo(address)), 'confirm');

/** What the audit log says of the mailboxes of a webhook, the oldest first. */
async function written({ id }: MailWebhook): Promise<any[]> {
  const { nodes } = await server.api.run(
    'query ($id: ID!) { auditLog(subjectId: $id) { nodes { action login { id } changes } } }',
    { id },
  );
  return nodes.filter(({ action }: { action: string }) => action.startsWith('webhook.mailbox')).reverse();
}

it('counts a press once, however often and at the same time it comes, and tells open pages', async () => {
  const address = 'twice@example.com';
  const webhook = await createMailWebhook(server.api, address);
  const client = server.api.socket();
  const connected = new Promise<void>((resolve) => client.on('connected', () => resolve()));
  const page = new Stream(
    client,
    'subscription { webhookChanges { id webhook { endpoints { status } } } }',
    {},
  );
  await connected;
  const told = (status: string) =>
    page.until((changes) =>
      changes.find((one) => one.id === webhook.id && one.webhook.endpoints[0].status === status),
    );
  const link = await confirmLink(address);
  const row = await holdLock(server.database, 'select 1 from mailboxes where endpoint_id = $1 for update', [
    webhook.endpointId,
  ]);
  const presses = Promise.all([press(link), press(link), press(link)]);
  await row.waiting(3);
  await row.letGo();
  expect(await presses).toEqual([200, 200, 200]);
  await told('ACTIVE');
  expect(await press(link)).toBe(200);
  const mailbox = `endpoints.${webhook.endpointId}.mailbox ${address}`;
  const yes = {
    ...{ action: 'webhook.mailboxConfirm', login: null },
    changes: { [mailbox]: { from: 'UNCONFIRMED', to: 'CONFIRMED' } },
  };
  expect(await written(webhook)).toEqual([yes]);

  await publish(server.api, clientEvent('once'));
  const end = linkIn(await mail.find(deliveriesTo(address)), 'unsubscribe');
  expect(await Promise.all([press(end), press(end)])).toEqual([200, 200]);
  await told('AUTO_DISABLED');
  expect(await press(end)).toBe(200);
  expect(await open(end)).toBe(200);
  expect(await written(webhook)).toEqual([
    yes,
    {
      ...{ action: 'webhook.mailboxUnsubscribe', login: null },
      changes: { [mailbox]: { from: 'CONFIRMED', to: 'UNSUBSCRIBED' } },
    },
  ]);
  // Once he has said no, the earlier link does not say yes.
  expect([await open(link), await press(link)]).toEqual([404, 404]);
  await page.close();
});

it('takes a link in its one spelling only, and changes nothing by another', async () => {
  const address = 'spelling@example.com';
  const webhook = await createMailWebhook(server.api, address);
  const link = await confirmLink(address);
  const [, id, secret] = /\/mail\/confirm\/(mbx_\w+)\.(\S+)$/.exec(link)!;
  const wrong = [
    `${link}.x`,
    `${link}=`,
    `${link}A`,
    `${link}%20`,
    link.slice(0, -1),
    link.replace(`.${secret}`, ''),
    link.replace(`.${secret}`, '.'),
    link.replace(`${id}.`, ''),
    link.replace(id!, id!.toUpperCase()),
    link.replace(id!, id!.replace('mbx_', 'whk_')),
    link.replace(id!, 'x%00y'),
    link.replace(id!, encodeURIComponent('https://example.com/')),
  ];
  for (const one of wrong) expect([one, await open(one), await press(one)]).toEqual([one, 404, 404]);
  expect((await endpointOf(server.api, webhook)).status).toBe('UNVERIFIED');
  for (const method of ['PUT', 'DELETE', 'OPTIONS']) {
    const answer = await fetch(link, { method });
    expect([method, answer.status, answer.headers.get('allow')]).toEqual([method, 405, 'GET, HEAD, POST']);
  }
  expect((await endpointOf(server.api, webhook)).status).toBe('UNVERIFIED');
  expect([await press(link), (await endpointOf(server.api, webhook)).status]).toEqual([200, 'ACTIVE']);
});

it('knows no link of a mailbox, endpoint or webhook that is gone', async () => {
  const links = async (address: string): Promise<string[]> => {
    const asked = await mail.find(mailTo(address));
    return [linkIn(asked, 'confirm'), linkIn(asked, 'unsubscribe')];
  };
  const goes: Record<string, (webhook: MailWebhook) => Promise<unknown>> = {
    'moved@example.com': ({ id, endpointId }) =>
      server.api.mutate(UPDATE, {
        id,
        input: { endpoints: [{ id: endpointId, target: 'instead@example.com' }] },
      }),
    'removed@example.com': ({ id }) =>
      server.api.mutate(UPDATE, { id, input: { endpoints: [{ kind: 'EMAIL', target: 'new@example.com' }] } }),
    'deleted@example.com': ({ id }) =>
      server.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', { id }),
  };
  for (const [address, go] of Object.entries(goes)) {
    const webhook = await createMailWebhook(server.api, address);
    const both = await links(address);
    expect(await Promise.all(both.map(open))).toEqual([200, 200]);
    await go(webhook);
    expect([address, await Promise.all(both.map(open)), await Promise.all(both.map(press))]).toEqual([
      address,
      [404, 404],
      [404, 404],
    ]);
    expect(await written(webhook)).toEqual([]);
  }
  // Those that took their place are asked for themselves.
  await confirm(mail, 'instead@example.com');
  await confirm(mail, 'new@example.com');
});

it('ends one mailbox and no other', async () => {
  const [one, other] = [
    await confirmedWebhook(server.api, mail, 'one@example.com'),
    await confirmedWebhook(server.api, mail, 'other@example.com'),
  ];
  await publish(server.api, clientEvent('both'));
  const end = linkIn(await mail.find(deliveriesTo('one@example.com')), 'unsubscribe');
  await mail.find(deliveriesTo('other@example.com'));
  expect(await press(end)).toBe(200);
  expect([(await endpointOf(server.api, one)).status, (await endpointOf(server.api, other)).status]).toEqual([
    'AUTO_DISABLED',
    'ACTIVE',
  ]);
  await publish(server.api, clientEvent('rest'));
  await mail.until(2, deliveriesTo('other@example.com'));
  expect(mail.mails.filter(deliveriesTo('one@example.com'))).toHaveLength(1);
});

it('ends the mails of one member of a team, and tells open pages', async () => {
  const { id: parentId } = await server.api.run('{ viewer { id } }');
  const emails = ['ann@members.example', 'ben@members.example'];
  const members: string[] = [];
  for (const email of emails) {
    const { login } = await server.api.mutate(
      'mutation ($input: LoginInput!) { loginCreate(input: $input) { errors { code } login { id } } }',
      { input: { name: email, email, parentId } },
    );
    members.push(login.id);
  }
  const teamId = await createTeam(server, 'Members', [parentId, ...members]);
  const webhook = await createMailWebhook(server.api, null, { details: { teamId } });
  for (const email of emails) await confirm(mail, email);
  await publish(server.api, clientEvent('team'));
  const end = linkIn(await mail.find(deliveriesTo(emails[0]!)), 'unsubscribe');
  const client = server.api.socket();
  const connected = new Promise<void>((resolve) => client.on('connected', () => resolve()));
  const page = new Stream(
    client,
    'subscription { webhookChanges { id webhook { endpoints { status statusReason } } } }',
    {},
  );
  await connected;
  expect(await press(end)).toBe(200);
  const changed = await page.until((changes) => changes.find((one) => one.id === webhook.id));
  expect(changed.webhook.endpoints).toEqual([
    { status: 'ACTIVE', statusReason: '1 of 2 mailboxes confirmed; ann@members.example unsubscribed.' },
  ]);
  await page.close();
});
