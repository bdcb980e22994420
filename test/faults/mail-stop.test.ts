/** A stop while the mail server takes its time: what it has been handed has the grace to be taken, so that nobody sends it again. */
import pg from 'pg';

import { LAST_WORDS_MS } from '../../src/sending/sender.ts';
import { confirmedWebhook, createMailWebhook, deliveriesTo } from '../support/mail-scenario.ts';
import { type MailServer, startMailServer } from '../support/mail-server.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { asked } from '../support/probe.ts';
import { clientEvent, publish, registerResource } from '../support/scenario.ts';
import { type ServerProcess, spawnServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ADDRESS = 'ann@mails.example';
/** Longer than a stop waits for the database, and shorter than its grace. */
const TAKES_MS = LAST_WORDS_MS + 1_500;

let database: TestDatabase;
let folder: ReturnType<typeof temporaryFolder>;
let mail: MailServer;
let sql: pg.Client;
let server: ServerProcess;

beforeEach(async () => {
  database = await createTestDatabase();
  folder = temporaryFolder();
  mail = await startMailServer();
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
  server = await spawnServer(database.url, folder.path, {
    BELLWIRE_SMTP_URL: mail.url,
    BELLWIRE_MAIL_RATE: '1',
    BELLWIRE_DIGEST_INTERVAL: '500ms',
    BELLWIRE_SHUTDOWN_GRACE: '20s',
    BELLWIRE_LOG_LEVEL: 'warn',
  });
  await registerResource(server.api);
});
afterEach(async () => {
  const { exitCode, signalCode } = server.process;
  if (exitCode === null && signalCode === null) await server.end('SIGKILL');
  await sql.end();
  await mail.close();
  await database.drop();
  folder.remove();
});

it.each<[string, () => Promise<() => Promise<unknown>>, { attempts: number; records: number }]>([
  [
    'a digest',
    async () => {
      const advanced = { timeoutMs: 15_000 };
      await confirmedWebhook(server.api, mail, ADDRESS, { endpoint: { advanced } });
      await publish(server.api, clientEvent('alone'));
      await mail.find(deliveriesTo(ADDRESS));
      return () => publish(server.api, clientEvent('a'), clientEvent('b'));
    },
    { attempts: 3, records: 2 },
  ],
  [
    'a confirmation mail',
    () => Promise.resolve(() => createMailWebhook(server.api, ADDRESS)),
    { attempts: 0, records: 0 },
  ],
])(
  '%s that the mail server takes its time for is taken and recorded before its sender has stopped',
  async (_name, prepare, { attempts, records }) => {
    const send = await prepare();
    const open: ((answer: null) => void)[] = [];
    mail.answerMessage = () => new Promise((answer) => open.push(answer));
    await send();
    await asked(
      () => Promise.resolve(open.length),
      (held) => held === 1,
    );
    const stoppedAt = performance.now();
    const code = server.end('SIGTERM');
    await asked(
      () => Promise.resolve(performance.now() - stoppedAt),
      (passedMs) => passedMs > TAKES_MS,
    );
    open.forEach((answer) => answer(null));
    expect(await code).toBe(0);
    const { rows } = await sql.query(
      `select (select count(*)::int from delivery_queue) as deliveries, (select count(*)::int from mail_outbox) as others,
              (select count(*)::int from attempts) as attempts, (select count(*)::int from attempts where outcome = 'SUCCEEDED') as taken`,
    );
    expect(rows).toEqual([{ deliveries: 0, others: 0, attempts, taken: attempts }]);
    expect(mail.mails.at(-1)!.mail.attachments).toHaveLength(records);
  },
);
