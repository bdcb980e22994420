/** A stream that has read before looks only into the days since then, and misses nothing for it. */
import { readLog } from '../../src/live/read-log.ts';
import { makeOldRows, oldId } from '../support/old-rows.ts';
import { createWebhook, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const DAY = 86_400_000;

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  await registerResource(server.api);
});

afterAll(() => server.stop());

it('finds lines of today, whether the position was read just now, ten days ago, or nobody knows when', async () => {
  const webhook = await createWebhook(server.api, 'http://127.0.0.1:9999/hooks');
  const { db, config } = server.app;
  const ground = { sql: db.engine, keep: config, api: server.api };
  const today = { atMs: Date.now(), count: 2, webhook };
  const past = { atMs: Date.now() - 5 * DAY, count: 1, webhook };
  await makeOldRows(ground, past);
  await makeOldRows(ground, today);
  const idsSince = async (since: Date | null): Promise<string[]> => {
    const all = () => 'true';
    const read = await readLog(db.streams, {
      ...{ after: { xid: 0n, seq: 0n }, since, limit: 10 },
      ...{ visible: all, where: all },
    });
    if ('floor' in read) throw new Error('nothing was dropped');
    return read.lines.map(({ deliveryId }) => deliveryId);
  };
  const fresh = [oldId('delivery', today, 1), oldId('delivery', today, 2)];
  const whole = [oldId('delivery', past, 1), ...fresh];
  expect(await idsSince(null)).toEqual(whole);
  expect(await idsSince(new Date(Date.now() - 10 * DAY))).toEqual(whole);
  expect(await idsSince(new Date(Date.now() - 0.5 * DAY))).toEqual(fresh);
  // What was read just now cannot lie before a line of five days ago: that day is not even looked into.
  expect(await idsSince(new Date())).toEqual(fresh);
});
