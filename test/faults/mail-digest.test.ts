/** A burst to one mailbox: above its rate mails become digests, and every event is in exactly one of them. */
import { figure } from '../support/figure.ts';
import { confirmedWebhook, deliveriesTo, endpointOf, until } from '../support/mail-scenario.ts';
import { type MailServer, startMailServer } from '../support/mail-server.ts';
import { clientEvent, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const RATE = 5;
const SIZE = 20;
const EVENTS = 63;

let server: TestServer;
let mail: MailServer;

beforeAll(async () => {
  mail = await startMailServer();
  server = await startServer({
    BELLWIRE_SMTP_URL: mail.url,
    BELLWIRE_MAIL_RATE: String(RATE),
    BELLWIRE_DIGEST_INTERVAL: '600ms',
    BELLWIRE_DIGEST_SIZE: String(SIZE),
  });
  await registerResource(server.api);
});
afterAll(async () => {
  await server?.stop();
  await mail?.close();
});

/** The entities whose records have arrived at an address. */
function arrived(address: string): string[] {
  return mail.mails
    .filter(deliveriesTo(address))
    .flatMap((one) =>
      one.mail.attachments.map(({ content }) => JSON.parse(content.toString()).data.id as string),
    );
}

it('L24: a burst comes as a few mails and digests that lose none, each record byte for byte', async () => {
  const address = 'burst@example.com';
  const webhook = await confirmedWebhook(server.api, mail, address);
  const other = await confirmedWebhook(server.api, mail, 'calm@example.com', {
    triggers: [{ resource: 'clients', event: 'update' }],
  });
  const ids = Array.from({ length: EVENTS }, (_, at) => `d${at}`);
  const texts = ids.map((id) => `{ "id": "${id}" , "name":"Zoë" }`);
  await publish(
    server.api,
    ...ids.map((id, at) => ({ resource: 'clients', event: 'create', entityId: id, payloadText: texts[at] })),
  );
  await publish(server.api, clientEvent('quiet', { event: 'update' }));
  await mail.find(() => arrived(address).length >= EVENTS, 30_000);
  expect(arrived(address).sort()).toEqual([...ids].sort());
  const mails = mail.mails.filter(deliveriesTo(address));
  const digests = mails.filter((one) => one.mail.attachments.length > 1);
  expect(mails.length - digests.length).toBeLessThanOrEqual(RATE + 1);
  expect(Math.max(...digests.map((one) => one.mail.attachments.length))).toBe(SIZE);
  for (const one of digests) {
    expect(one.mail.subject).toBe(`[Mails] ${one.mail.attachments.length} events`);
    expect(one.mail.attachments.map(({ filename }) => filename)).toEqual(
      one.mail.attachments.map(({ content }) => `${JSON.parse(content.toString()).id}.json`),
    );
    for (const { content } of one.mail.attachments) {
      const { id } = JSON.parse(content.toString()).data;
      expect(content.toString()).toContain(`"data":${texts[ids.indexOf(id)]}}`);
      expect(one.mail.text).toContain(`Client created: ${id}`);
    }
  }
  figure('digest', { events: EVENTS, rate: RATE, mails: mails.length, digests: digests.length, lost: 0 });
  await until(
    server.api,
    () =>
      server.api.run(
        `query ($id: ID) { deliveries(first: 100, filter: { webhookId: $id, status: [SUCCEEDED] }) { nodes { id } } }`,
        { id: webhook.id },
      ),
    ({ nodes }) => nodes.length === EVENTS,
  );
  expect((await endpointOf(server.api, other)).status).toBe('ACTIVE');
  expect(arrived('calm@example.com')).toEqual(['quiet']);
});

it('X15: digests lose none where the mail server refuses for now', async () => {
  const address = 'hard@example.com';
  await confirmedWebhook(server.api, mail, address);
  let refusals = 1;
  mail.answerMessage = (to) => (to === address && refusals-- > 0 ? { code: 452, message: 'full' } : null);
  const ids = Array.from({ length: 12 }, (_, at) => `h${at}`);
  await publish(server.api, ...ids.map((id) => clientEvent(id)));
  await mail.find(() => arrived(address).length >= ids.length, 30_000);
  expect(arrived(address).sort()).toEqual([...ids].sort());
  mail.answerMessage = () => null;
});
