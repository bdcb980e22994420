/**
 * Mails that are no deliveries, when the mail server refuses them: what is for now is tried again, seldomer each time and under
 * the same message id, and is told of meanwhile; what is for good ends the mailbox, or that notice; what nobody wants any
 * more is not sent.
 */
import pg from 'pg';

import { confirm, createMailWebhook, deliveriesTo, endpointOf, until } from '../support/mail-scenario.ts';
import { type MailServer, mailTo, startMailServer } from '../support/mail-server.ts';
import { createPerson } from '../support/people.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const ENABLE = 'mutation ($id: ID!) { endpointEnable(id: $id) { errors { code } endpoint { status } } }';
const DELETE = 'mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }';

let server: TestServer;
let mail: MailServer;
let receiver: Receiver;
let database: pg.Client;

beforeAll(async () => {
  mail = await startMailServer();
  receiver = await startReceiver(status(410));
  server = await startServer({ BELLWIRE_SMTP_URL: mail.url });
  database = new pg.Client(server.database.url);
  await database.connect();
  await registerResource(server.api);
});
afterEach(() => {
  mail.answerRecipient = () => null;
  mail.answerMessage = () => null;
});
afterAll(async () => {
  await database.end();
  await server.stop();
  await mail.close();
  await receiver.close();
});

/** The rows of the outbox, the oldest first; wait in seconds. */
async function outbox(): Promise<{ tries: number; leased: boolean; wait: number }[]> {
  const { rows } = await database.query(
    `select tries, leased, extract(epoch from due_at - clock_timestamp())::float8 as wait from mail_outbox order by id`,
  );
  return rows;
}
const hasten = () => database.query('update mail_outbox set due_at = clock_timestamp()');
const seen = <T>(look: () => Promise<T>, holds: (value: T) => boolean) => until(server.api, look, holds);

it('a confirmation mail that is refused for now is tried again, says why, and is forgotten once it is there', async () => {
  const address = 'busy@example.com';
  mail.answerMessage = (to) => (to === address ? { code: 451, message: 'come back later.' } : null);
  const webhook = await createMailWebhook(server.api, address);
  const status = () => endpointOf(server.api, webhook);
  const first = await seen(outbox, ([row]) => row?.tries === 1 && !row.leased);
  expect(first[0]!.wait).toBeGreaterThan(2);
  expect(first[0]!.wait).toBeLessThanOrEqual(5);
  const { statusReason } = await seen(status, (endpoint) => /handed over/.test(endpoint.statusReason));
  expect(statusReason).toBe(
    `The confirmation mail to ${address} could not be handed over: 451 come back later. It is tried again. Until somebody confirms, what is to be sent waits for up to 7 days.`,
  );
  await hasten();
  const second = await seen(outbox, ([row]) => row?.tries === 2 && !row.leased);
  expect(second[0]!.wait).toBeGreaterThan(7);
  expect(second[0]!.wait).toBeLessThanOrEqual(10);
  mail.answerMessage = () => null;
  await hasten();
  await mail.find(mailTo(address));
  await seen(outbox, (rows) => rows.length === 0);
  await confirm(mail, address);
  expect(await status()).toMatchObject({ status: 'ACTIVE', statusReason: null });
  expect(mail.mails.filter(mailTo(address))).toHaveLength(1);
});

it('one that is refused for good ends the mailbox with the reason, and enabling it asks once more', async () => {
  const address = 'nobody@example.com';
  mail.answerRecipient = (to) => (to === address ? { code: 550, message: '5.1.1 no such user' } : null);
  const webhook = await createMailWebhook(server.api, address);
  await publish(server.api, clientEvent('n1'));
  const off = await seen(
    () => endpointOf(server.api, webhook),
    (endpoint) => endpoint.status === 'AUTO_DISABLED',
  );
  expect(off.statusReason).toContain('550 5.1.1 no such user');
  expect(await outbox()).toEqual([]);
  mail.answerRecipient = () => null;
  expect((await server.api.mutate(ENABLE, { id: webhook.endpointId })).endpoint.status).toBe('UNVERIFIED');
  await confirm(mail, address);
  await publish(server.api, clientEvent('n2'));
  expect((await mail.find(deliveriesTo(address))).mail.subject).toContain('n2');
  expect(mail.mails.filter(deliveriesTo(address))).toHaveLength(1);
  await server.api.mutate(DELETE, { id: webhook.id });
});

it.each([
  ['taken', null],
  ['refused for now', { code: 451, message: 'later' }],
] as const)(
  'a mail that is asked for while the one before is on its way, which is then %s, goes at once',
  async (name, answer) => {
    const address = `again-${name.length}@example.com`;
    let decide!: (answer: { code: number; message: string } | null) => void;
    const decided = new Promise<{ code: number; message: string } | null>((resolve) => (decide = resolve));
    let arrived!: () => void;
    const first = new Promise<void>((resolve) => (arrived = resolve));
    mail.answerMessage = (to) => {
      if (to !== address) return null;
      mail.answerMessage = () => null;
      arrived();
      return decided;
    };
    const webhook = await createMailWebhook(server.api, address);
    await first;
    await database.query(`update mailboxes set asked_at = '{}' where endpoint_id = $1`, [webhook.endpointId]);
    await server.api.mutate('mutation ($id: ID!) { endpointVerificationSend(id: $id) { errors { code } } }', {
      id: webhook.endpointId,
    });
    const { rows } = await database.query<{ nonce: string }>(
      'select nonce from mailboxes where endpoint_id = $1',
      [webhook.endpointId],
    );
    decide(answer);
    // A second try of the first one would come in five seconds.
    const mine = await mail.find(
      (one) => mailTo(address)(one) && one.mail.messageId!.includes(rows[0]!.nonce),
      4_500,
    );
    expect(mine.mail.subject).toMatch(/^Confirm/);
    await confirm(mail, address);
    expect((await endpointOf(server.api, webhook)).status).toBe('ACTIVE');
  },
);

it('what the mail server does not say is said in its place', async () => {
  const address = 'unsaid@example.com';
  const bare = await startServer({ BELLWIRE_SMTP_URL: 'smtp://127.0.0.1:9' });
  await registerResource(bare.api);
  const webhook = await createMailWebhook(bare.api, address);
  const { statusReason } = await until(
    bare.api,
    () => endpointOf(bare.api, webhook),
    (endpoint) => /handed over/.test(endpoint.statusReason),
  );
  expect(statusReason).toContain(
    'could not be handed over: the mail server does not answer. It is tried again.',
  );
  await bare.stop();
});

it('a notice is tried again while the server asks for that, and given up where it refuses the recipient', async () => {
  const { id: rootId } = await server.api.run('{ viewer { id } }');
  for (const name of ['later', 'never']) {
    const person = await createPerson(server, { name, parentId: rootId, permissions: ['WEBHOOKS_MANAGE'] });
    await server.api.mutate(
      'mutation ($id: ID!, $input: LoginInput!) { loginUpdate(id: $id, input: $input) { errors { code field message } } }',
      { id: person.id, input: { email: `${name}@managers.example` } },
    );
  }
  mail.answerRecipient = (to) =>
    to.startsWith('later')
      ? { code: 450, message: 'later' }
      : to.startsWith('never')
        ? { code: 550, message: 'no' }
        : null;
  const webhook = await createWebhook(server.api, receiver.url, {
    triggers: [{ resource: 'clients', event: 'update' }],
  });
  await publish(server.api, clientEvent('g1', { event: 'update' }));
  const rows = await seen(outbox, (all) => all.length === 1 && all[0]!.tries === 1 && !all[0]!.leased);
  expect(rows[0]!.wait).toBeGreaterThan(2);
  expect(mail.asked.filter((to) => to.startsWith('never'))).toHaveLength(1);
  mail.answerRecipient = () => null;
  await hasten();
  await mail.find(mailTo('later@managers.example'));
  await seen(outbox, (all) => all.length === 0);
  // Its last try of some three days.
  await server.api.mutate(ENABLE, { id: webhook.endpointId });
  mail.answerRecipient = () => ({ code: 450, message: 'later' });
  await publish(server.api, clientEvent('g2', { event: 'update' }));
  await seen(outbox, (all) => all.length === 2 && all.every((row) => row.tries === 1 && !row.leased));
  await database.query('update mail_outbox set tries = 79, due_at = clock_timestamp()');
  await seen(outbox, (all) => all.length === 0);
  expect(mail.mails.filter(mailTo('never@managers.example'))).toEqual([]);
});

it('a mail that nobody wants any more by the time it is due is not sent, nor does it keep others waiting', async () => {
  const asleep = await startServer({ BELLWIRE_ROLE: 'api', BELLWIRE_SMTP_URL: mail.url });
  await registerResource(asleep.api);
  const own = new pg.Client(asleep.database.url);
  await own.connect();
  // As a sender meets it that has looked at it a moment before.
  const ends: [string, string][] = [
    ['gone@example.com', 'update webhooks set deleted_at = now() where id = $1'],
    ['removed@example.com', 'update endpoints set removed_at = now() where webhook_id = $1'],
    [
      'other@example.com',
      `update mailboxes set removed_at = now() where endpoint_id in (select id from endpoints where webhook_id = $1)`,
    ],
    [
      'left@example.com',
      `update mailboxes set status = 'UNSUBSCRIBED' where endpoint_id in (select id from endpoints where webhook_id = $1)`,
    ],
  ];
  for (const [address, end] of ends) {
    const { id } = await createMailWebhook(asleep.api, address);
    await own.query(end, [id]);
  }
  await createMailWebhook(asleep.api, 'still@example.com');
  const sender = await startServer({
    ...{ DATABASE_URL: asleep.database.url, BELLWIRE_DATA_DIR: asleep.dataDir, BELLWIRE_SMTP_URL: mail.url },
  });
  await mail.find(mailTo('still@example.com'));
  await until(
    sender.api,
    async () => (await own.query('select 1 from mail_outbox')).rows,
    (rows) => rows.length === 0,
  );
  for (const [address] of ends) expect(mail.asked).not.toContain(address);
  await sender.stop();
  await own.end();
  await asleep.stop();
});
