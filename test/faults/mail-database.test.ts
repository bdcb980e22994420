/** Mails whose sender has to wait before it can send them, or loses its database: what was not handed over costs its delivery nothing. */
import pg from 'pg';

import { startFaultProxy } from '../support/fault-proxy.ts';
import { holdLock } from '../support/lock-holder.ts';
import { confirmedWebhook, deliveriesOf, deliveriesTo, type MailWebhook } from '../support/mail-scenario.ts';
import { type MailServer, startMailServer } from '../support/mail-server.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
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
let database: { url: string };
let sql: pg.Client;
/** What a test has started beside them. */
const stops: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await sql.end();
  await server.stop();
  await mail.close();
  for (const stop of stops.splice(0)) await stop();
});

/** On a database of its own unless given, which the settings then lead to. */
async function start(settings: Record<string, string> = {}, given?: TestDatabase): Promise<void> {
  mail = await startMailServer();
  server = await startServer({ BELLWIRE_SMTP_URL: mail.url, BELLWIRE_DIGEST_INTERVAL: '1h', ...settings });
  database = given ?? server.database;
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
  await registerResource(server.api);
}

const disable = ({ id }: MailWebhook) =>
  server.api.mutate('mutation ($id: ID!) { webhookDisable(id: $id) { errors { code message } } }', { id });

/** Keeps what goes to mailboxes of these webhooks waiting for a turn. */
const holdTurns = (...webhooks: MailWebhook[]) =>
  holdLock(database, `select 1 from mailboxes where endpoint_id = any ($1::text[]) for update`, [
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
    (lost) => lost! >= 2,
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

describe('a database that is lost before a mail has been handed over', () => {
  /** A delivery has no attempt to lose: its first one is the last. */
  const once = { endpoint: { advanced: { timeoutMs: 1_000, retrySchedule: [0] } } };
  /** Ends connections of the server, as a restart of PostgreSQL does to all of them: those whose statements wait for a lock, or all. */
  const cut = (which: 'waiting' | 'all') =>
    sql.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name like 'bellwire %' and ($1 = 'all' or wait_event_type = 'Lock')`,
      [which],
    );

  it('costs a delivery no attempt: its mail goes once that is back', async () => {
    await start();
    const webhook = await confirmedWebhook(server.api, mail, KEPT, once);
    const lock = await holdTurns(webhook);
    await publish(server.api, clientEvent('once'));
    await lock.waiting(1);
    await cut('waiting');
    await lock.letGo();
    expect(await closed(webhook)).toMatchObject([{ status: 'SUCCEEDED', attemptCount: 1 }]);
    expect(recordsTo(KEPT)).toEqual(['once']);
  });

  it('costs none of the events of a digest an attempt', async () => {
    await start({ BELLWIRE_MAIL_RATE: '1' });
    const webhook = await confirmedWebhook(server.api, mail, KEPT, once);
    await publish(server.api, clientEvent('alone'));
    await closed(webhook);
    await publish(server.api, clientEvent('a'), clientEvent('b'));
    await gathered(2);
    // What is read for a mail.
    const lock = await holdLock(database, 'lock table resource_events in access exclusive mode');
    await timeIsUp();
    await lock.waiting(1);
    await cut('waiting');
    await lock.letGo();
    expect(await closed(webhook)).toMatchObject(
      ['alone', 'a', 'b'].map(() => ({ status: 'SUCCEEDED', attemptCount: 1 })),
    );
    expect(mailsTo(KEPT).map((one) => one.mail.attachments.length)).toEqual([1, 2]);
  });

  it('costs no entry of the schedule either where the delivery cannot be given back and its lease runs out', async () => {
    const own = await createTestDatabase();
    const way = await startFaultProxy(own.url);
    stops.push(
      () => way.close(),
      () => own.drop(),
    );
    await start({ DATABASE_URL: way.url, BELLWIRE_LEASE_MARGIN: '2s' }, own);
    const webhook = await confirmedWebhook(server.api, mail, KEPT, once);
    const lock = await holdTurns(webhook);
    await publish(server.api, clientEvent('once'));
    await lock.waiting(1);
    way.fault = 'refuse';
    await cut('all');
    // By the end of the lease, 3 s, it has been tried in vain to give it back.
    await asked(
      async () =>
        (
          await sql.query(
            'select 1 from delivery_queue where sender is not null and due_at > clock_timestamp()',
          )
        ).rowCount,
      (leased) => leased === 0,
    );
    await lock.letGo();
    way.fault = 'pass';
    expect(await closed(webhook)).toMatchObject([{ status: 'SUCCEEDED', attemptCount: 2 }]);
    const { rows } = await sql.query('select outcome from attempts order by number');
    expect(rows).toEqual([{ outcome: 'LOST' }, { outcome: 'SUCCEEDED' }]);
    expect(recordsTo(KEPT)).toEqual(['once']);
  });
});
