/** Digests that go wrong: a mailbox that is refused, a record that cannot be read. */
import { confirmedWebhook, deliveriesOf, deliveriesTo, endpointOf, until } from '../support/mail-scenario.ts';
import { type MailServer, startMailServer } from '../support/mail-server.ts';
import { clientEvent, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const RATE = 3;
const ids = Array.from({ length: RATE + 4 }, (_, at) => `x${at}`);

let server: TestServer;
let mail: MailServer;

beforeEach(async () => {
  mail = await startMailServer();
  server = await startServer({
    BELLWIRE_SMTP_URL: mail.url,
    BELLWIRE_MAIL_RATE: String(RATE),
    BELLWIRE_DIGEST_INTERVAL: '1500ms',
    // One test takes a record away, which is an error of the log.
    BELLWIRE_LOG_LEVEL: 'silent',
  });
  await registerResource(server.api);
});
afterEach(async () => {
  await server?.stop();
  await mail?.close();
});

it('switches a mailbox off that is refused for good, once', async () => {
  const gone = 'refused@example.com';
  const refused = await confirmedWebhook(server.api, mail, gone);
  let asked = 0;
  mail.answerRecipient = (to) =>
    to === gone && ++asked > RATE ? { code: 550, message: 'no such user' } : null;
  await publish(server.api, ...ids.map((id) => clientEvent(id)));
  await until(
    server.api,
    () => endpointOf(server.api, refused),
    ({ status }) => status === 'AUTO_DISABLED',
  );
  expect(asked).toBe(RATE + 1);
  expect(mail.mails.filter(deliveriesTo(gone))).toHaveLength(RATE);
});

it('sends the rest where a record cannot be read: that one fails alone', async () => {
  const whole = 'whole@example.com';
  const webhook = await confirmedWebhook(server.api, mail, whole);
  const sent = await publish(server.api, ...ids.map((id) => clientEvent(id)));
  await mail.until(RATE, deliveriesTo(whole));
  const inDigest = sent.filter(
    ({ event }) => !mail.mails.some((one) => one.raw.includes(event.id) && deliveriesTo(whole)(one)),
  );
  expect(inDigest.length).toBeGreaterThan(1);
  const broken = inDigest[0]!.event.id;
  await server.app.db.engine.query('delete from event_payloads where event_id = $1', [broken]);
  await mail.find((one) => deliveriesTo(whole)(one) && one.mail.attachments.length === inDigest.length - 1);
  const all = await until(
    server.api,
    () => deliveriesOf(server.api, webhook),
    (deliveries) => deliveries.every(({ status }) => ['SUCCEEDED', 'FAILED'].includes(status)),
  );
  expect(all.filter(({ status }) => status === 'FAILED').map(({ event }) => event.id)).toEqual([broken]);
});
