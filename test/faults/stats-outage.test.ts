/** Followed statistics outlive a database that is away, as the other streams do. */
import { startFaultProxy } from '../support/fault-proxy.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { spawnServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

it('statistics that are followed go on behind a database that was away for longer than the rights are taken for granted', async () => {
  const database = await createTestDatabase();
  const proxy = await startFaultProxy(database.url);
  const through = new URL(database.url);
  const { port, hostname } = new URL(proxy.url);
  Object.assign(through, { port, hostname });
  const folder = temporaryFolder();
  // A process of its own: in the realm of the tests errors of Node are no instances of Error.
  const server = await spawnServer(through.href, folder.path, {});
  const receiver = await startReceiver();
  try {
    await registerResource(server.api);
    const { id } = await createWebhook(server.api, receiver.url);
    const streams = [
      server.api.subscribe('subscription ($id: ID) { deliveryStats(webhookId: $id) { total } }', { id }),
      server.api.subscribe('subscription { deliveryStats { total } }'),
    ];
    for (const stream of streams) await stream.until((frames) => frames.length > 0);
    proxy.fault = 'refuse';
    proxy.cutAll();
    // Rights are asked for once a second.
    const ready = async (): Promise<boolean> => (await fetch(`${server.api.url}/readyz`)).status === 200;
    while (await ready());
    const awayAt = performance.now();
    while (performance.now() - awayAt < 2_500) expect(await ready()).toBe(false);
    proxy.fault = 'pass';
    while (!(await ready()));
    await publish(server.api, clientEvent('later'));
    for (const stream of streams) await stream.until((frames) => frames.at(-1).total === 1, 30_000);
    for (const stream of streams) await stream.close();
  } finally {
    await server.end('SIGKILL');
    folder.remove();
    await proxy.close();
    await receiver.close();
    await database.drop();
  }
}, 90_000);
