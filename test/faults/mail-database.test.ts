/** Mails whose sender has to wait before it can send them: what is too late by then does not go, and costs its delivery nothing. */
import pg from 'pg';

import { holdLock } from '../support/lock-holder.ts';
import { confirmedWebhook, deliveriesOf, deliveriesTo, type MailWebhook } from '../support/mail-scenario.ts';
import { type MailServer, startMailServer } from '../support/mail-server.ts';
import { asked } from '../support/probe.ts';
import { clientEvent, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const KEPT = 'kept@mails.example';
const DROPPED = 'dropped@mails.example';
const BUSY = 'busy@mails.example';
/** To the mail server, at once. */
const CONNECTIONS = 5;

let mail: MailServer;
let server: TestServer;
let sql: pg.Client;

afterEach(async () => {
  await sql.end();
  await server.stop();
  await mail.close();
});

async function start(settings: Record<string, string> = {}): Promise<void> {
  mail = await startMailServer();
  server = await startServer({ BELLWIRE_SMTP_URL: mail.url, BELLWIRE_DIGEST_INTERVAL: '1h', ...settings });
  sql = new pg.Client({ connectionString: server.database.url });
  await sql.connect();
  await registerResource(server.api);
}

const disable = ({ id }: MailWebhook) =>
  server.api.mutate('mutation ($id: ID!) { webhookDisable(id: $id) { errors { code message } } }', { id });

/** Keeps what goes to mailboxes of these webhooks waiting for a turn. */
const holdTurns = (...webhooks: MailWebhook[]) =>
  holdLock(server.database, `select 1 from mailboxes where endpoint_id = any ($1::text[]) for update`, [
    webhooks.map(({ endpointId }) => endpointId),
  ]);

/** Resolves once so many deliveries wait to go together. */
const gathered = (count: number) =>
  asked(
    async () => (await sql.query('select 1 from delivery_queue where rank = 4')).rowCount,
    (waiting) => waiting === count,
  );
/** The hour is over. */
const timeIsUp = () => sql.query('update delivery_queue set due_at = clock_timestamp() where rank = 4');

/** Resolves once nothing that a webhook was to send has been claimed less than 5 s ago. */
const stale = ({ id }: MailWebhook) =>
  asked(
    async () =>
      (
        await sql.query(
          `select 1 from delivery_queue where webhook_id = $1 and claimed_at > clock_timestamp() - interval '5 seconds'`,
          [id],
        )
      ).rowCount,
    (young) => young === 0,
  );

const closed = (webhook: MailWebhook) =>
  asked(
    () => deliveriesOf(server.api, webhook),
    (deliveries) =>
      deliveries.every(({ status }) => ['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(status as string)),
  );

const mailsTo = (address: string) => mail.mails.filter(deliveriesTo(address));
const recordsTo = (address: string): string[] =>
  mailsTo(address).flatMap((one) =>
    one.mail.attachments.map(
      ({ content }) => (JSON.parse(content.toString()) as { entityId: string }).entityId,
    ),
  );

it('one event is one mail, though the database kept its turn waiting for longer than two leases', async () => {
  await start({ BELLWIRE_LEASE_MARGIN: '400ms' });
  const webhook = await confirmedWebhook(server.api, mail, KEPT, {
    endpoint: { advanced: { timeoutMs: 1_000 } },
  });
  const lock = await holdTurns(webhook);
  await publish(server.api, clientEvent('once'));
  await asked(
    async () => (await sql.query(`select 1 from attempts where outcome = 'LOST'`)).rowCount,
    (lost) => lost === 2,
  );
  await lock.letGo();
  const [delivery] = await closed(webhook);
  expect(delivery).toMatchObject({ status: 'SUCCEEDED' });
  // Whatever still waited has ended then.
  await server.app.stop();
  expect(mailsTo(KEPT)).toHaveLength(1);
});

it('nothing is mailed 5 s after its webhook was disabled, however long its turn was waited for; to others each goes as one mail', async () => {
  await start({ BELLWIRE_MAIL_RATE: '1' });
  const kept = await confirmedWebhook(server.api, mail, KEPT);
  const dropped = await confirmedWebhook(server.api, mail, DROPPED);
  const lock = await holdTurns(kept, dropped);
  await publish(server.api, clientEvent('once'));
  await lock.waiting(2);
  await disable(dropped);
  await Promise.all([stale(kept), stale(dropped)]);
  await lock.letGo();
  expect(await closed(dropped)).toMatchObject([{ status: 'CANCELLED', attemptCount: 0 }]);
  // The turn that was waited for is there again: it needs no digest.
  expect(await closed(kept)).toMatchObject([{ status: 'SUCCEEDED', attemptCount: 1 }]);
  expect([recordsTo(KEPT), recordsTo(DROPPED)]).toEqual([['once'], []]);
});

/** Has so many mails of another webhook on the wire, all that a server has connections for, until they are let go. */
async function takeConnections(): Promise<() => void> {
  await confirmedWebhook(server.api, mail, BUSY, { triggers: [{ resource: 'clients', event: 'update' }] });
  const open: ((answer: null) => void)[] = [];
  mail.answerMessage = (to) => (to === BUSY ? new Promise((answer) => open.push(answer)) : null);
  const entities = Array.from({ length: CONNECTIONS }, (_, at) => `b${at}`);
  await publish(server.api, ...entities.map((id) => clientEvent(id, { event: 'update' })));
  await asked(
    () => Promise.resolve(open.length),
    (held) => held === CONNECTIONS,
  );
  return () => {
    mail.answerMessage = () => null;
    open.forEach((answer) => answer(null));
  };
}

/** Resolves once so many deliveries of these webhooks are claimed. */
const claimed = (count: number, ...webhooks: MailWebhook[]) =>
  asked(
    async () =>
      (
        await sql.query(
          'select 1 from delivery_queue where webhook_id = any ($1::text[]) and sender is not null',
          [webhooks.map(({ id }) => id)],
        )
      ).rowCount,
    (now) => now === count,
  );

it('nothing is mailed 5 s after its webhook was disabled, however long a connection was waited for', async () => {
  await start();
  const dropped = await confirmedWebhook(server.api, mail, DROPPED);
  const letGo = await takeConnections();
  await publish(server.api, clientEvent('once'));
  await claimed(1, dropped);
  await disable(dropped);
  await stale(dropped);
  letGo();
  expect(await closed(dropped)).toMatchObject([{ status: 'CANCELLED', attemptCount: 0 }]);
  await server.app.stop();
  expect([recordsTo(BUSY).length, recordsTo(DROPPED)]).toEqual([CONNECTIONS, []]);
});

it('a digest that waited too long for a connection goes a little later, as one mail, and none of a disabled webhook', async () => {
  await start({ BELLWIRE_MAIL_RATE: String(CONNECTIONS) });
  const kept = await confirmedWebhook(server.api, mail, KEPT);
  const dropped = await confirmedWebhook(server.api, mail, DROPPED);
  const alone = Array.from({ length: CONNECTIONS }, (_, at) => `alone${at}`);
  await publish(server.api, ...alone.map((id) => clientEvent(id)));
  await Promise.all([kept, dropped].map(closed));
  await publish(server.api, clientEvent('a'), clientEvent('b'));
  await gathered(4);
  const letGo = await takeConnections();
  await timeIsUp();
  await claimed(4, kept, dropped);
  await disable(dropped);
  await Promise.all([kept, dropped].map(stale));
  letGo();
  expect(await closed(dropped)).toMatchObject([
    ...alone.map(() => ({ status: 'SUCCEEDED' })),
    ...['a', 'b'].map(() => ({ status: 'CANCELLED', attemptCount: 0 })),
  ]);
  expect(await closed(kept)).toMatchObject(
    [...alone, 'a', 'b'].map(() => ({ status: 'SUCCEEDED', attemptCount: 1 })),
  );
  expect(mailsTo(KEPT).map((one) => one.mail.attachments.length)).toEqual([...alone.map(() => 1), 2]);
  expect(recordsTo(DROPPED).sort()).toEqual(alone);
});
