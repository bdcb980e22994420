/** /readyz and mails: red when nobody sends them, and never for the mail server's, an owner's or a missing setting's sake. */
import pg from 'pg';

import { oldestDueSeconds } from '../../src/queue/oldest-due.ts';
import { createMailWebhook } from '../support/mail-scenario.ts';
import { startMailServer } from '../support/mail-server.ts';
import { asked, readyz } from '../support/probe.ts';
import { clientEvent, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** Answers are remembered for a second. */
const LIMIT_MS = 10_000;

let mailing: TestServer;
let own: pg.Client;

beforeAll(async () => {
  mailing = await startServer({
    BELLWIRE_ROLE: 'api',
    BELLWIRE_READY_MAX_DUE_AGE: '300ms',
    BELLWIRE_SMTP_URL: 'smtp://127.0.0.1:9',
  });
  own = new pg.Client({ connectionString: mailing.database.url });
  await own.connect();
  await registerResource(mailing.api);
  await createMailWebhook(mailing.api, 'ann@example.com');
  await createMailWebhook(mailing.api, 'ben@example.com');
  await publish(mailing.api, clientEvent('m-1'));
});
afterAll(async () => {
  await own.end();
  await mailing.stop();
});

const turns = (status: number) =>
  asked(
    () => readyz(mailing.api.url),
    (answer) => answer.status === status,
    LIMIT_MS,
  );
const LATER = `update mail_outbox set leased = false, due_at = now() + interval '1 hour'`;

it('a mail of the outbox counts until it is sent', async () => {
  expect(await oldestDueSeconds(own, true)).toBeGreaterThan(0);
  await turns(503);
  const mail = await startMailServer();
  const sender = await startServer({
    DATABASE_URL: mailing.database.url,
    BELLWIRE_DATA_DIR: mailing.dataDir,
    BELLWIRE_SMTP_URL: mail.url,
  });
  await mail.until(2);
  await turns(200);
  await sender.stop();
  await mail.close();
  expect(await oldestDueSeconds(own, true)).toBe(0);
});

it('what waits for an owner never counts, however long', async () => {
  const { rowCount } = await own.query(
    `update delivery_queue set due_at = now() - interval '1 hour' where rank = 3`,
  );
  expect(rowCount).toBe(2);
  expect(await oldestDueSeconds(own, true)).toBe(0);
  await turns(200);
});

it('what waits behind a mail server that has one in its hands does not count, but for a lease that ran out', async () => {
  await own.query(
    `insert into mail_outbox (id, address, notice, due_at) select 'mail_' || n, 'x', '{}', now() - interval '1 hour' from generate_series(1, 3) n`,
  );
  expect(await oldestDueSeconds(own, true)).toBeGreaterThan(3_599);
  // One that is tried again later is with nobody.
  await own.query(
    `update mail_outbox set due_at = now() + interval '1 minute', tries = 1 where id = 'mail_1'`,
  );
  expect(await oldestDueSeconds(own, true)).toBeGreaterThan(3_599);
  await own.query(`update mail_outbox set leased = true where id = 'mail_1'`);
  expect(await oldestDueSeconds(own, true)).toBe(0);
  await own.query(`update mail_outbox set due_at = now() - interval '2 hours' where id = 'mail_1'`);
  expect(await oldestDueSeconds(own, true)).toBeGreaterThan(7_199);
  await own.query(LATER);
  expect(await oldestDueSeconds(own, true)).toBe(0);
});

it('digests count when they are due, but not while a mail is on the wire', async () => {
  await own.query(`update delivery_queue set rank = 4, due_at = now() + interval '5 minutes'`);
  expect(await oldestDueSeconds(own, true)).toBe(0);
  await own.query(`update delivery_queue set due_at = now() - interval '1 hour'`);
  expect(await oldestDueSeconds(own, true)).toBeGreaterThan(3_599);
  await turns(503);
  // At another endpoint: the mail server is one for all.
  const wire = `with one as (select id from delivery_queue where rank = 4 limit 1)
    update delivery_queue q set rank = 1, sender = 's', claimed_at = now(), attempt_count = 1, fence = 1, due_at = now() + interval '1 hour'
    from one where q.id = one.id`;
  await own.query(wire);
  expect(await oldestDueSeconds(own, true)).toBe(0);
  await own.query(
    `update delivery_queue set rank = 4, sender = null, claimed_at = null, attempt_count = 0, due_at = now() - interval '1 hour' where sender = 's'`,
  );
  expect(await oldestDueSeconds(own, true)).toBeGreaterThan(3_599);
});

it('and where it is not, none of them counts: such a server could not send them', async () => {
  await own.query(`update mail_outbox set due_at = now() - interval '1 hour'`);
  expect(await oldestDueSeconds(own, true)).toBeGreaterThan(3_599);
  expect(await oldestDueSeconds(own, false)).toBe(0);
  await turns(503);
  const without = await startServer({
    DATABASE_URL: mailing.database.url,
    BELLWIRE_DATA_DIR: mailing.dataDir,
    BELLWIRE_READY_MAX_DUE_AGE: '300ms',
  });
  expect(
    await asked(
      () => readyz(without.api.url),
      ({ status }) => status === 200,
      LIMIT_MS,
    ),
  ).toEqual({ status: 200, ready: true });
  await without.stop();
});
