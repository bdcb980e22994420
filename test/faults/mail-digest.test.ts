/** A burst to one mailbox: above its rate mails become digests, and every event is in exactly one of them. */
import pg from 'pg';

import { figure } from '../support/figure.ts';
import { confirmedWebhook, deliveriesTo, endpointOf, until } from '../support/mail-scenario.ts';
import { type MailServer, startMailServer } from '../support/mail-server.ts';
import { ended, finished, startReplay } from '../support/replays.ts';
import { clientEvent, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const RATE = 5;
const SIZE = 20;
const EVENTS = 63;

let server: TestServer;
let mail: MailServer;
let database: pg.Client;

beforeAll(async () => {
  mail = await startMailServer();
  server = await startServer({
    BELLWIRE_SMTP_URL: mail.url,
    BELLWIRE_MAIL_RATE: String(RATE),
    BELLWIRE_DIGEST_INTERVAL: '1h',
    BELLWIRE_DIGEST_SIZE: String(SIZE),
  });
  database = new pg.Client(server.database.url);
  await database.connect();
  await registerResource(server.api);
});
afterEach(async () => {
  const { nodes } = await server.api.run('{ webhooks(first: 10) { nodes { id } } }');
  for (const { id } of nodes)
    await server.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', { id });
});
afterAll(async () => {
  await database.end();
  await server?.stop();
  await mail?.close();
});

/** Resolves once so many wait to go together, each after so many attempts. */
async function gathered(count: number, attempts = 0): Promise<void> {
  await until(
    server.api,
    async () =>
      (
        await database.query('select 1 from delivery_queue where rank = 4 and attempt_count >= $1', [
          attempts,
        ])
      ).rowCount,
    (waiting) => waiting === count,
  );
}
/** The hour is over. */
const timeIsUp = () => database.query(`update delivery_queue set due_at = clock_timestamp() where rank = 4`);

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
  // What fills a digest goes at once, what is left over when it has waited for long enough.
  const left = (EVENTS - RATE) % SIZE;
  await mail.find(() => arrived(address).length >= EVENTS - left, 30_000);
  await gathered(left);
  expect(arrived(address)).toHaveLength(EVENTS - left);
  await timeIsUp();
  await mail.find(() => arrived(address).length >= EVENTS, 30_000);
  expect(arrived(address).sort()).toEqual([...ids].sort());
  const mails = mail.mails.filter(deliveriesTo(address));
  const digests = mails.filter((one) => one.mail.attachments.length > 1);
  expect([mails.length - digests.length, digests.length]).toEqual([RATE, Math.ceil((EVENTS - RATE) / SIZE)]);
  expect(Math.max(...digests.map((one) => one.mail.attachments.length))).toBe(SIZE);
  for (const one of digests) {
    expect(one.mail.subject).toBe(`[Mails] ${one.mail.attachments.length} events: Client created`);
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
  // A minute later it has its mails one by one again.
  await database.query(`update mailboxes set window_began_at = window_began_at - interval '61 seconds'`);
  await publish(server.api, clientEvent('later'));
  const last = await mail.find((one) => deliveriesTo(address)(one) && one.mail.subject!.endsWith('later'));
  expect(last.mail.attachments).toHaveLength(1);
});

it('what somebody asks for by hand is not held back', async () => {
  const address = 'hand@example.com';
  await confirmedWebhook(server.api, mail, address);
  await publish(server.api, ...Array.from({ length: RATE + 1 }, (_, at) => clientEvent(`m${at}`)));
  await gathered(1);
  const { rows } = await database.query<{ id: string }>('select id from delivery_queue where rank = 4');
  const before = arrived(address).length;
  await server.api.mutate('mutation ($id: ID!) { deliveryRetry(id: $id) { errors { code } } }', {
    id: rows[0]!.id,
  });
  await mail.find(() => arrived(address).length === before + 1);
});

it('what a replay sends is: nobody waits for just that one', async () => {
  const address = 'again@example.com';
  const { id: webhookId } = await confirmedWebhook(server.api, mail, address);
  await publish(server.api, ...Array.from({ length: RATE }, (_, at) => clientEvent(`r${at}`)));
  await mail.find(() => arrived(address).length === RATE);
  await ended(server.api, { webhookId }, RATE);
  const replay = await startReplay(server.api, { filter: { webhookId } });
  await gathered(RATE);
  expect(arrived(address)).toHaveLength(RATE);
  await timeIsUp();
  expect(await finished(server.api, replay.id)).toMatchObject({ succeeded: RATE, failed: 0 });
  const [digest] = mail.mails
    .filter(deliveriesTo(address))
    .filter(({ mail: { attachments } }) => attachments.length > 1);
  expect(digest!.mail.attachments).toHaveLength(RATE);
});

it('X15: digests lose none where the mail server refuses for now', async () => {
  const address = 'hard@example.com';
  await confirmedWebhook(server.api, mail, address);
  let refusals = 1;
  mail.answerMessage = (to) => (to === address && refusals-- > 0 ? { code: 452, message: 'full' } : null);
  const ids = Array.from({ length: 12 }, (_, at) => `h${at}`);
  await publish(server.api, ...ids.map((id) => clientEvent(id)));
  // The one that was refused has had its turn: it goes with the others.
  const together = ids.length - RATE + 1;
  await gathered(together);
  expect(arrived(address)).toHaveLength(ids.length - together);
  // Their digest is refused: each is tried again, and gathers anew.
  refusals = 1;
  await timeIsUp();
  await gathered(together, 1);
  await timeIsUp();
  await mail.find(() => arrived(address).length >= ids.length, 30_000);
  expect(arrived(address).sort()).toEqual([...ids].sort());
  mail.answerMessage = () => null;
});
