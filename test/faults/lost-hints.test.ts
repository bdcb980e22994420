/** A server that is not told any more that there is work (REL-13): its poll delivers, and it listens again by itself. */
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { figure } from '../support/figure.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { isStartupOf, simpleQuery } from '../support/postgres-protocol.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const POLL_MS = 1_000;
/** How often the connection is asked whether it still listens, and how long that may take (db/hints.ts). */
const PROBE_MS = 2_000;
/** What comes that soon, three times in a row, each after the last, was brought by hints. */
const HINTED_MS = 400;

let database: TestDatabase;
let proxy: FaultProxy;
let server: TestServer;
let receiver: Receiver;

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await startFaultProxy(database.url, { only: (head) => isStartupOf(head, 'bellwire hints') });
  server = await startServer({ DATABASE_URL: proxy.url, BELLWIRE_POLL_INTERVAL: `${POLL_MS}ms` });
  receiver = await startReceiver();
  await registerResource(server.api);
  await createWebhook(server.api, receiver.url, { advanced: { maxConcurrency: 50 } });
});

afterAll(async () => {
  await server?.stop();
  await receiver?.close();
  await proxy?.close();
  await database?.drop();
});

/** Publishes one event; how long it took until it arrived, ms. */
async function arrivalMs(): Promise<number> {
  const publishedAt = performance.now();
  const count = receiver.hits.length + 1;
  await publish(server.api, clientEvent(`c-${count}`));
  await receiver.until(count);
  return performance.now() - publishedAt;
}

/** Publishes one event after the other until hints bring them; the slowest arrival, and when hints came again. */
async function untilHinted(): Promise<{ slowestMs: number; listensAgainMs: number }> {
  const startedAt = performance.now();
  let slowestMs = 0;
  let firstHintedAt = startedAt;
  for (let hinted = 0; hinted < 3;) {
    const at = performance.now();
    const ms = await arrivalMs();
    slowestMs = Math.max(slowestMs, ms);
    if (ms > HINTED_MS) hinted = 0;
    else if (hinted++ === 0) firstHintedAt = at;
    if (performance.now() - startedAt > 20_000) throw new Error('no hints come');
  }
  return { slowestMs: Math.round(slowestMs), listensAgainMs: Math.round(firstHintedAt - startedAt) };
}

describe('REL-13: a LISTEN connection', () => {
  it('that swallows everything delays a delivery by a poll at most, and is replaced', async () => {
    await untilHinted();
    expect(proxy.swallow()).toBe(1);
    const { slowestMs, listensAgainMs } = await untilHinted();
    // By its poll, since nothing told it.
    expect(slowestMs).toBeGreaterThan(HINTED_MS);
    figure(
      'REL-13 half-open',
      { slowestMs, listensAgainMs },
      { slowestMs: POLL_MS + 1_000, listensAgainMs: 2 * PROBE_MS + POLL_MS + 1_000 },
    );
  }, 60_000);

  it('that does not listen any more delays a delivery by a poll at most, and listens again', async () => {
    await untilHinted();
    // What a pooler between the two may do to the session.
    proxy.inject(simpleQuery('unlisten *'));
    const { slowestMs, listensAgainMs } = await untilHinted();
    expect(slowestMs).toBeGreaterThan(HINTED_MS);
    figure(
      'REL-13 unlisten',
      { slowestMs, listensAgainMs },
      { slowestMs: POLL_MS + 1_000, listensAgainMs: PROBE_MS + POLL_MS + 1_000 },
    );
  }, 60_000);
});
