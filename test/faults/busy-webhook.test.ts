/** Lists where there are few webhooks and one of them has nearly all deliveries: a small platform after its first month. */
import type pg from 'pg';

import { copyDelivery } from '../support/old-rows.ts';
import { openExplainer, readingOf, statementsOf } from '../support/plans.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { deliveriesOf, history } from '../support/replays.ts';
import { type MadeWebhook, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** So many that a table of them is not read whole for a page. */
const BUSY = 100_000;
const MOST_ROWS = 2_000;

let server: TestServer;
let receiver: Receiver;
let explainer: pg.Client;
let quiet: MadeWebhook;
let busy: MadeWebhook;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  await registerResource(server.api);
  ({ webhook: busy } = await history(server.api, receiver, ['one']));
  ({ webhook: quiet } = await history(server.api, receiver, ['a', 'b', 'c'], { event: 'update' }));
  const { engine } = server.app.db;
  await copyDelivery(engine, busy.id, BUSY);
  await engine.query('vacuum analyze deliveries');
  explainer = await openExplainer(server.database.url);
}, 120_000);
afterAll(async () => {
  await explainer?.end();
  await receiver?.close();
  await server?.stop();
});

const COUNT =
  'query ($filter: DeliveryFilterInput) { deliveries(filter: $filter, first: 0) { count { value } } }';

/** How many rows the statements of some work read, and what they are. */
async function rowsOf(work: () => Promise<unknown>): Promise<{ rows: number; shown: string }> {
  let rows = 0;
  const shown: string[] = [];
  for (const statement of await statementsOf(work)) {
    if (!/\bdeliveries\b/.test(statement.text)) continue;
    const reading = await readingOf(explainer, statement);
    rows += reading.read;
    shown.push(reading.shown());
  }
  return { rows, shown: shown.join('\n') };
}

it.each<[string, () => Record<string, unknown>, number]>([
  ['of all', () => ({}), 50],
  ['of the busy one', () => ({ webhookId: busy.id }), 50],
  ['of a quiet one', () => ({ webhookId: quiet.id }), 3],
  ['of a quiet one by its number', () => ({ webhookNumber: quiet.number }), 3],
  ['of a quiet one by its endpoint', () => ({ endpointId: quiet.endpointId }), 3],
  ['that arrived', () => ({ status: ['SUCCEEDED'] }), 50],
  ['of a time', () => ({ createdAt: { from: '2020-01-01T00:00:00Z' } }), 50],
])('a list of deliveries %s reads about what it shows', async (_name, filter, count) => {
  const found: unknown[] = [];
  const { rows, shown } = await rowsOf(async () => {
    const { nodes } = await server.api.run(
      'query ($filter: DeliveryFilterInput) { deliveries(filter: $filter, first: 50) { nodes { id } } }',
      { filter: filter() },
    );
    found.push(...nodes);
  });
  expect(found).toHaveLength(count);
  expect({ rows, much: rows > MOST_ROWS ? shown : '' }).toEqual({ rows, much: '' });
});

it('a count of a quiet one reads what it counts', async () => {
  const { rows, shown } = await rowsOf(async () => {
    const { count } = await server.api.run(COUNT, { filter: { webhookId: quiet.id } });
    expect(count).toEqual({ value: 3 });
  });
  expect({ rows, much: rows > MOST_ROWS ? shown : '' }).toEqual({ rows, much: '' });
  expect(await deliveriesOf(server.api, { webhookId: quiet.id })).toHaveLength(3);
});
