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

it('a replay goes on, and what its rate has used up is what the clock says now', async () => {
  const { id: webhookId } = await createWebhook(server.api, receiver.url);
  await publish(server.api, ...Array.from({ length: 8 }, (_, index) => clientEvent(`of ${index}`)));
  await ended(server.api, { webhookId }, 8);
  receiver.hits.length = 0;
  const { id } = await startReplay(server.api, { filter: { webhookId }, ratePerSecond: 2 });
  await receiver.until(2);
  await ahead('replays', 'paced_at');
  await finished(server.api, id);
  expect(receiver.hits).toHaveLength(8);
  const { rows } = await server.app.db.reads.query(
    `select paced_at < clock_timestamp() + interval '1 second' as now from replays where id = $1`,
    [id],
  );
  expect(rows).toEqual([{ now: true }]);
}, 60_000);
