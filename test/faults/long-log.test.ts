/** A read of the stream costs what it brings, however long the log is. */
import pg from 'pg';

import { figure } from '../support/figure.ts';
import { createWebhook, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const LINES = 40_000;
/** A scan of the log for each line of the answer took 9,000 ms. */
const LIMIT_MS = 1_500;

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.stop());

it('a thousand lines of a log of 40,000 are read at once, and so is its end', async () => {
  await registerResource(server.api);
  const { id, endpointId } = await createWebhook(server.api, 'http://127.0.0.1:9999/never');
  const after = await server.api.beginning();
  const sql = new pg.Client({ connectionString: server.database.url });
  await sql.connect();
  await sql.query(
    `insert into delivery_log (kind, delivery_id, version, event_id, webhook_id, endpoint_id, origin, attempt_count, created_at)
     select 'CREATED', 'dlv_' || n, 1, 'evt_' || n, $1, $2, 'EVENT', 0, now() from generate_series(1, $3::int) n`,
    [id, endpointId, LINES],
  );
  await sql.end();
  const read = async (from: string) => {
    const startedAt = performance.now();
    const batch = await server.api.run(
      `query ($after: StreamCursor) {
         deliveryEvents(after: $after, first: 1000, mode: EVERY_EVENT) { cursor caughtUp events { kind } }
       }`,
      { after: from },
    );
    return { ...batch, ms: performance.now() - startedAt };
  };
  // The first ones warm up; lines are shown once every older transaction of the cluster has ended.
  while ((await read(after)).events.length === 0);
  const first = await read(after);
  expect(first.events).toHaveLength(1000);
  expect(first.caughtUp).toBe(false);
  expect(first.ms).toBeLessThan(LIMIT_MS);
  const { streamCursor } = await server.api.run('{ deliveries(first: 1) { streamCursor } }');
  const last = await read(streamCursor);
  expect(last.events).toEqual([]);
  expect(last.caughtUp).toBe(true);
  expect(last.ms).toBeLessThan(LIMIT_MS);
  figure('long log', { lines: LINES, readMs: Math.round(first.ms), endMs: Math.round(last.ms) });
}, 60_000);
