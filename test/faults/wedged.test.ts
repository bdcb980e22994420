/** REL-23: a worker that lives and does not work. That it lives says nothing; the oldest due delivery does. */
import { figure } from '../support/figure.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { asked, readyz, scrape } from '../support/probe.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, publishMany, registerResource } from '../support/scenario.ts';
import { ROOT_TOKEN, type ServerProcess, spawnServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const THRESHOLD_MS = 2_000;

let database: TestDatabase;
let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
const running: ServerProcess[] = [];

async function start(role: string): Promise<ServerProcess> {
  const settings = {
    BELLWIRE_READY_MAX_DUE_AGE: `${THRESHOLD_MS}ms`,
    BELLWIRE_LEASE_MARGIN: '500ms',
    // Of which an endpoint gets half before it has answered quickly.
    BELLWIRE_CONCURRENCY: '8',
  };
  const server = await spawnServer(database.url, folder.path, settings, ['--dev', '--role', role]);
  running.push(server);
  return server;
}

beforeEach(async () => {
  database = await createTestDatabase();
  folder = temporaryFolder();
  receiver = await startReceiver();
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.end('SIGKILL')));
  await receiver.close();
  await database.drop();
  folder.remove();
});

it('a worker that claims nothing turns readiness red within twice the threshold, and green when it works again (REL-23)', async () => {
  const [api, worker] = [await start('api'), await start('worker')];
  await registerResource(api.api);
  await createWebhook(api.api, receiver.url);
  await publish(api.api, clientEvent('before'));
  await receiver.until(1);
  expect((await readyz(api.url)).status).toBe(200);
  // With nothing of it left on the wire: else it is found when that lease has run out.
  await asked(
    async () =>
      (await api.api.run('{ deliveries(first: 1) { nodes { status } } }')).nodes[0].status as string,
    (state) => state === 'SUCCEEDED',
  );

  worker.process.kill('SIGSTOP');
  await publish(api.api, clientEvent('stuck'));
  const dueAt = performance.now();
  const { reason } = await asked(
    () => readyz(api.url),
    ({ status: is }) => is === 503,
  );
  const redAfterMs = performance.now() - dueAt;
  expect(reason).toContain('no sender takes it');
  expect(redAfterMs).toBeGreaterThan(THRESHOLD_MS);
  expect(redAfterMs).toBeLessThanOrEqual(2 * THRESHOLD_MS);
  expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
  const oldest = async () =>
    (await scrape(`${api.url}/metrics`, ROOT_TOKEN)).get('bellwire_oldest_due_seconds')!;
  expect(await oldest()).toBeGreaterThan(THRESHOLD_MS / 1000);

  worker.process.kill('SIGCONT');
  await receiver.until(2);
  await asked(
    () => readyz(api.url),
    ({ status: is }) => is === 200,
  );
  await asked(oldest, (seconds) => seconds === 0);
  figure('REL-23', { thresholdMs: THRESHOLD_MS, redAfterMs: Math.round(redAfterMs) });
}, 90_000);

it('a worker that stops with all it has on the wire is found when its leases run out', async () => {
  const [api, worker] = [await start('api'), await start('worker')];
  await registerResource(api.api);
  await createWebhook(api.api, receiver.url, { advanced: { timeoutMs: 1_000 } });
  receiver.answer = () => undefined;
  await publish(api.api, clientEvent('held'));
  await receiver.until(1);
  worker.process.kill('SIGSTOP');
  await asked(
    () => readyz(api.url),
    ({ status: is }) => is === 503,
  );
  receiver.answer = status(204);
  worker.process.kill('SIGCONT');
  await asked(
    () => readyz(api.url),
    ({ status: is }) => is === 200,
  );
}, 90_000);

it('a receiver that hangs, with much that waits for it, leaves the server green', async () => {
  const [api] = [await start('api'), await start('worker')];
  await registerResource(api.api);
  await createWebhook(api.api, receiver.url, { advanced: { timeoutMs: 30_000 } });
  receiver.answer = () => undefined;
  await publishMany(api.api, 100);
  await receiver.until(4);
  const depth = async () => {
    const series = await scrape(`${api.url}/metrics`, ROOT_TOKEN);
    return series.get('bellwire_queue_depth{state="due"}')!;
  };
  await asked(depth, (due) => due === 96);
  const since = performance.now();
  // Well past the threshold it is green at every look.
  await asked(
    async () => {
      expect(await readyz(api.url)).toEqual({ status: 200, ready: true });
      return performance.now() - since;
    },
    (ms) => ms > 2 * THRESHOLD_MS,
  );
}, 90_000);
