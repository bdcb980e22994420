/** Servers that are killed while they send mails: nothing is lost, and what comes twice says so by its Message-ID. */
import type { ServerResponse } from 'node:http';

import pg from 'pg';

import { figure } from '../support/figure.ts';
import { confirm, createMailWebhook, deliveriesTo, type MailWebhook } from '../support/mail-scenario.ts';
import {
  type ArrivedMail,
  linkIn,
  type MailReply,
  type MailServer,
  mailTo,
  startMailServer,
} from '../support/mail-server.ts';
import { createPerson } from '../support/people.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { asked } from '../support/probe.ts';
import { startReceiver, status } from '../support/receiver.ts';
import { createWebhook, publishMany, registerResource } from '../support/scenario.ts';
import { type ServerProcess, spawnServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ADDRESS = 'ann@example.com';
const TIMEOUT_MS = 4_000;
/** A claim is taken over this long after the deadline of its mail. */
const MARGIN_MS = 400;

let database: TestDatabase;
let folder: ReturnType<typeof temporaryFolder>;
let mail: MailServer;
let sql: pg.Client;
let running: ServerProcess[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  folder = temporaryFolder();
  mail = await startMailServer();
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
});
afterEach(async () => {
  await Promise.all(running.map(kill));
  running = [];
  await sql.end();
  await mail.close();
  await database.drop();
  folder.remove();
});

async function start(settings: Record<string, string> = {}): Promise<ServerProcess> {
  const server = await spawnServer(database.url, folder.path, {
    BELLWIRE_SMTP_URL: mail.url,
    BELLWIRE_LEASE_MARGIN: `${MARGIN_MS}ms`,
    BELLWIRE_MAIL_RATE: '1000',
    BELLWIRE_LOG_LEVEL: 'warn',
    ...settings,
  });
  running.push(server);
  return server;
}

async function kill(server: ServerProcess): Promise<void> {
  const { exitCode, signalCode } = server.process;
  if (exitCode === null && signalCode === null) await server.end('SIGKILL');
}

const create = (server: ServerProcess): Promise<MailWebhook> =>
  createMailWebhook(server.api, ADDRESS, { endpoint: { advanced: { timeoutMs: TIMEOUT_MS } } });

/** Leaves conversations open at one of their steps until they are let go; how many there are. */
function hold(step: 'answerRecipient' | 'answerMessage'): { held: () => number; letGo: () => void } {
  const waiting: ((answer: MailReply | null) => void)[] = [];
  mail[step] = () => new Promise((answer) => waiting.push(answer));
  return {
    held: () => waiting.length,
    letGo: () => {
      mail[step] = () => null;
      waiting.forEach((answer) => answer(null));
    },
  };
}

const heldAtLeast = (count: number, { held }: { held: () => number }) =>
  asked(
    () => Promise.resolve(held()),
    (now) => now >= count,
  );

const nothingOpen = () =>
  asked(
    async () => (await sql.query('select id from delivery_queue')).rowCount,
    (open) => open === 0,
  );

const arrived = () => mail.mails.filter(deliveriesTo(ADDRESS));
const recordsOf = ({ mail: { attachments } }: ArrivedMail): string[] =>
  attachments.map(({ content }) => (JSON.parse(content.toString()) as { entityId: string }).entityId);

/** The entities of what arrived, and how many mails were no first ones. */
function counted(): { entities: string[]; repeats: number } {
  const ids = new Map<string, string>();
  for (const one of arrived()) ids.set(one.mail.messageId!, recordsOf(one).join());
  return { entities: [...ids.values()].sort(), repeats: arrived().length - ids.size };
}

it.each([
  ['before anything of it is sent', 'answerRecipient', 0],
  ['while the mail server has it and has not answered', 'answerMessage', 5],
] as const)(
  'a mail whose sender is killed %s arrives',
  async (_when, step, most) => {
    const doomed = await start();
    await registerResource(doomed.api);
    await create(doomed);
    await confirm(mail, ADDRESS);
    const open = hold(step);
    const entities = await publishMany(doomed.api, 30);
    // All connections that a server has.
    await heldAtLeast(5, open);
    await kill(doomed);
    open.letGo();
    await start();
    await nothingOpen();
    const { entities: came, repeats } = counted();
    expect(came).toEqual([...entities].sort());
    const { rows } = await sql.query<{ outcome: string; count: number }>(
      'select outcome, count(*)::int as count from attempts group by outcome order by outcome',
    );
    const outcomes = Object.fromEntries(rows.map((row) => [row.outcome, row.count]));
    expect(outcomes).toMatchObject({ SUCCEEDED: entities.length, LOST: expect.any(Number) });
    figure(
      `Mails of a killed sender (${step})`,
      { published: entities.length, lost: entities.length - came.length, repeats },
      { lost: 0, repeats: most },
    );
  },
  120_000,
);

it('a digest whose sender is killed in the middle loses none of its events', async () => {
  const settings = { BELLWIRE_MAIL_RATE: '1', BELLWIRE_DIGEST_INTERVAL: '200ms' };
  const doomed = await start(settings);
  await registerResource(doomed.api);
  await create(doomed);
  await confirm(mail, ADDRESS);
  await publishMany(doomed.api, 1, 1, 'alone');
  await mail.find(deliveriesTo(ADDRESS));
  const open = hold('answerMessage');
  const entities = await publishMany(doomed.api, 20);
  await heldAtLeast(1, open);
  await kill(doomed);
  open.letGo();
  await start(settings);
  await nothingOpen();
  const records = arrived().flatMap(recordsOf);
  expect([...new Set(records)].sort()).toEqual(['alone0', ...entities].sort());
  figure(
    'Digest of a killed sender',
    { events: entities.length, lost: 21 - new Set(records).size, repeats: records.length - 21 },
    { lost: 0, repeats: 20 },
  );
}, 120_000);

it('a confirmation mail whose sender is killed arrives, and nothing else before somebody confirms', async () => {
  const doomed = await start();
  await registerResource(doomed.api);
  const open = hold('answerMessage');
  await create(doomed);
  const waiting = await publishMany(doomed.api, 5);
  await heldAtLeast(1, open);
  await kill(doomed);
  open.letGo();
  const first = await mail.find(mailTo(ADDRESS));
  const next = await start();
  // As if the lease of the mail were over.
  const { rowCount } = await sql.query(
    `update mail_outbox set due_at = clock_timestamp() where due_at between now() and now() + interval '75 seconds'`,
  );
  expect(rowCount).toBe(1);
  const [, second] = await mail.until(2);
  expect(second!.mail.messageId).toBe(first.mail.messageId);
  await asked(
    async () => (await sql.query('select 1 from mail_outbox')).rowCount,
    (left) => left === 0,
  );
  expect(mail.mails).toHaveLength(2);
  expect(arrived()).toEqual([]);
  // The link of the killed server, on the next one.
  const link = new URL(new URL(linkIn(first, 'confirm')).pathname, next.url);
  expect((await fetch(link, { method: 'POST' })).status).toBe(200);
  await nothingOpen();
  expect(counted()).toEqual({ entities: [...waiting].sort(), repeats: 0 });
  figure('Confirmation of a killed sender', { mails: 2, 'deliveries before': 0, delivered: waiting.length });
}, 120_000);

it('what waits for an owner goes out although no sender runs when he confirms, nor for long after', async () => {
  const first = await start();
  await registerResource(first.api);
  const { endpointId } = await create(first);
  const waiting = await publishMany(first.api, 5);
  const link = linkIn(await mail.find(mailTo(ADDRESS)), 'confirm');
  await kill(first);
  const api = await start({ BELLWIRE_ROLE: 'api' });
  const pressed = await fetch(new URL(new URL(link).pathname, api.url), { method: 'POST' });
  expect(pressed.status).toBe(200);
  // Senders look only at mailboxes whose owners have said something lately.
  await sql.query(`update mailboxes set changed_at = changed_at - interval '1 hour' where endpoint_id = $1`, [
    endpointId,
  ]);
  await start();
  await nothingOpen();
  expect(counted()).toEqual({ entities: [...waiting].sort(), repeats: 0 });
}, 120_000);

it('REL-09 by mail: each manager gets exactly one notice of an endpoint that two servers find gone', async () => {
  const receiver = await startReceiver();
  const [one] = [await start(), await start()];
  const { id: parentId } = await one.api.run('{ viewer { id } }');
  const managers = ['ann@managers.example', 'ben@managers.example'];
  for (const email of managers) {
    const { id } = await createPerson(one, { name: email, parentId, permissions: ['WEBHOOKS_MANAGE'] });
    await one.api.mutate(
      'mutation ($id: ID!, $input: LoginInput!) { loginUpdate(id: $id, input: $input) { errors { code } } }',
      { id, input: { email } },
    );
  }
  await registerResource(one.api);
  const { endpointId } = await createWebhook(one.api, receiver.url);
  /** Both have requests on the wire before the first is answered. */
  const off = async (): Promise<void> => {
    const open: ServerResponse[] = [];
    receiver.answer = (_hit, response) => void open.push(response);
    await publishMany(one.api, 200);
    await asked(
      async () =>
        (await sql.query('select distinct sender from delivery_queue where sender is not null')).rowCount,
      (senders) => senders === 2,
    );
    receiver.answer = status(410);
    open.forEach((response) => response.writeHead(410).end());
    await nothingOpen();
  };
  await off();
  await mail.until(managers.length);
  // Switched off once more later, so that a second notice of the first time would stand before it.
  await one.api.mutate('mutation ($id: ID!) { endpointEnable(id: $id) { errors { code } } }', {
    id: endpointId,
  });
  await off();
  await mail.until(2 * managers.length);
  await asked(
    async () => (await sql.query('select 1 from mail_outbox')).rowCount,
    (left) => left === 0,
  );
  const to = mail.mails.map((one) => one.to.join()).sort();
  expect(to).toEqual([...managers, ...managers].sort());
  figure(
    'REL-09 by mail',
    {
      servers: 2,
      requests: receiver.hits.length,
      'notices per manager and time': to.length / managers.length / 2,
    },
    { 'notices per manager and time': 1 },
  );
  await receiver.close();
}, 120_000);
