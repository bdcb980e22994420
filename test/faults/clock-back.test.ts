/**
 * The clock of the database is set back by an hour: what it has written before then lies an hour ahead, which is done here by moving those times.
 * Nothing waits for them.
 */
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { ended, finished, startReplay } from '../support/replays.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let receiver: Receiver;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  await registerResource(server.api);
});
beforeEach(() => void (receiver.hits.length = 0));
afterAll(async () => {
  await receiver?.close();
  await server?.stop();
});

const ahead = (table: string, ...columns: string[]): Promise<unknown> =>
  server.app.db.engine.query(
    `update ${table} set ${columns.map((column) => `${column} = ${column} + interval '1 hour'`).join()}`,
  );

it('what was turned on before is sent what is published behind it, handed over or claimed', async () => {
  const { id } = await createWebhook(server.api, receiver.url);
  const limited = await createWebhook(server.api, receiver.url, { advanced: { ratePerSecond: 100 } });
  await ahead('webhooks', 'created_at', 'updated_at', 'enabled_at');
  await ahead('endpoints', 'enabled_at');
  await publish(server.api, clientEvent('one'));
  await receiver.until(2);
  for (const webhookId of [id, limited.id])
    expect(await ended(server.api, { webhookId }, 1)).toMatchObject([{ status: 'SUCCEEDED' }]);
});

it('statistics go on', async () => {
  const { id } = await createWebhook(server.api, receiver.url);
  const stats = server.api.subscribe('subscription ($id: ID) { deliveryStats(webhookId: $id) { total } }', {
    id,
  });
  try {
    const counted = (total: number) => stats.until((frames) => frames.at(-1)?.total === total);
    await publish(server.api, clientEvent('one'));
    await counted(1);
    await ahead('delivery_stats_cursor', 'rolled_at');
    await publish(server.api, clientEvent('two'));
    await counted(2);
  } finally {
    await stats.close();
  }
}, 60_000);

it('a replay goes on, at its rate', async () => {
  const { id: webhookId } = await createWebhook(server.api, receiver.url);
  await publish(server.api, ...Array.from({ length: 8 }, (_, index) => clientEvent(`of ${index}`)));
  await ended(server.api, { webhookId }, 8);
  receiver.hits.length = 0;
  const { id } = await startReplay(server.api, { filter: { webhookId }, ratePerSecond: 2 });
  await receiver.until(2);
  const before = receiver.hits.length;
  await ahead('replays', 'paced_at');
  await finished(server.api, id);
  const [first, last] = [receiver.hits[before]!, receiver.hits.at(-1)!];
  expect(receiver.hits).toHaveLength(8);
  // Half a second each but for the one that is due at once; on a busy machine the first one may be late.
  expect(last.at - first.at).toBeGreaterThan((8 - before - 2) * 500 - 1_000);
}, 60_000);
