/** A database that goes away and comes back: streams and senders go on by themselves, and lose nothing. */
import { EventEmitter, once } from 'node:events';

import pino from 'pino';

import { onServer } from '../support/postgres.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const WATCH = `subscription {
  deliveryEvents(mode: EVERY_EVENT, minIntervalMs: 0) { cursor events { kind delivery { id } } } }`;
const PAGE = 'subscription { webhookChanges { kind webhook { name } } }';

/** When streams said that they wait for the database, ms; each is an event, too. */
const waits: number[] = [];
const waiting = new EventEmitter();
const logger = pino(
  { level: 'warn' },
  {
    write(line) {
      if (!line.includes('a stream waits for the database')) return;
      waits.push(performance.now());
      waiting.emit('wait');
    },
  },
);

let server: TestServer;
let receiver: Receiver;

beforeEach(async () => {
  server = await startServer({}, { logger });
  receiver = await startReceiver();
  await registerResource(server.api);
  await createWebhook(server.api, receiver.url);
});

afterEach(async () => {
  await server.stop();
  await receiver.close();
});

/** Throws everybody out of the server's database and lets nobody in, until meanwhile has ended. */
async function outage(meanwhile: () => Promise<unknown>): Promise<void> {
  const name = new URL(server.database.url).pathname.slice(1);
  await onServer((sql) => sql.query(`alter database ${name} with allow_connections false`));
  await onServer((sql) =>
    sql.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]),
  );
  const refused = await server.api.send('{ viewer { name } }');
  expect(refused.data?.viewer ?? null).toBeNull();
  await meanwhile();
  await onServer((sql) => sql.query(`alter database ${name} with allow_connections true`));
}

it('an open subscription outlives an outage of the database and shows all that came before and after it', async () => {
  const stream = server.api.subscribe(WATCH);
  await stream.until((batches) => batches[0]);
  await publish(server.api, clientEvent('before'));
  await receiver.until(1);

  await outage(() => Promise.resolve());

  await publish(server.api, clientEvent('after'));
  const hits = await receiver.until(2);
  const ids = new Set(hits.map((hit) => hit.headers['webhook-id']));
  const succeeded = await stream.until((batches) => {
    const lines = batches.flatMap(
      (batch: { events: { kind: string; delivery: { id: string } }[] }) => batch.events,
    );
    const done = lines.filter((line) => line.kind === 'SUCCEEDED').map((line) => line.delivery.id);
    return done.length >= 2 && done;
  });
  expect(new Set(succeeded)).toEqual(ids);
  expect(stream.ended).toBeUndefined();
  await stream.close();
}, 60_000);

it('an open page of the saved table outlives it, too, and hears of what comes after it', async () => {
  const page = server.api.subscribe(PAGE);
  const create = (name: string) => createWebhook(server.api, receiver.url, { details: { name } });
  const heard = (name: string, limitMs?: number) =>
    page.until((changes) => changes.some((change) => change.webhook.name === name), limitMs);
  for (let probe = 0; page.received.length === 0; probe++) {
    await create(`Probe ${probe}`);
    await heard(`Probe ${probe}`, 500).catch(() => undefined);
  }
  await outage(async () => {
    for (waits.length = 0; waits.length < 3;) await once(waiting, 'wait');
  });
  // It asks twice a second, and not as fast as it is refused.
  expect(waits[2]! - waits[0]!).toBeGreaterThan(900);
  await create('After');
  await heard('After');
  expect(page.ended).toBeUndefined();
  await page.close();
}, 60_000);
