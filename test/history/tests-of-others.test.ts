/**
 * Tests that were sent from above. Who manages many accounts with few logins gets a list, where little of all there is fits, along the events of
 * those logins; the event of such a test is of none of them.
 */
import pg from 'pg';

import { loadConfig } from '../../src/config.ts';
import type { Api } from '../support/api.ts';
import { makeOldRows } from '../support/old-rows.ts';
import { createPerson, type Person } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import {
  clientEvent,
  createWebhook,
  type MadeWebhook,
  publish,
  registerResource,
} from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const NEWEST = 'query { deliveries(first: 50) { nodes { id } } }';
const OLDEST = 'query { deliveries(last: 50) { nodes { id } } }';
const SEND = `mutation ($input: TestEventInput!) {
  testEventSend(input: $input) { errors { code } deliveries { id } } }`;
const WATCH = `subscription ($after: StreamCursor) {
  deliveryEvents(after: $after, mode: EVERY_EVENT, minIntervalMs: 0) { events { kind delivery { id } } } }`;
/** More than a list of accounts is made for, and more webhooks than are looked up one by one. */
const ACCOUNTS = 11;
const WEBHOOKS = 201;
/** More than are looked through before anything else. */
const OTHERS = 1_001;

let server: TestServer;
let receiver: Receiver;
let sql: pg.Client;
let reseller: Person;
let shop: Person;
let webhook: MadeWebhook;

const account = { isAccount: true, permissions: ['WEBHOOKS_MANAGE' as const, 'EVENTS_PUBLISH' as const] };

/** Sends a test event to the webhook; the id of its delivery. */
async function sendTest(api: Api): Promise<string> {
  const { deliveries } = await api.mutate(SEND, {
    input: { webhookId: webhook.id, resource: 'clients', event: 'create' },
  });
  return deliveries[0].id as string;
}

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  sql = new pg.Client({ connectionString: server.database.url });
  await sql.connect();
  await registerResource(server.api);
  reseller = await createPerson(server, { name: 'Reseller', ...account });
  for (let nth = 1; nth <= ACCOUNTS; nth += 1) {
    shop = await createPerson(server, { name: `Shop ${nth}`, parentId: reseller.id, ...account });
    webhook = await createWebhook(shop.api, receiver.url);
  }
  await sql.query(
    `insert into webhooks (id, account_id, login_id, name, description)
     select 'whk_01' || lpad(nth::text, 24, '0'), account_id, login_id, 'More', '' from webhooks, generate_series(1, $2::int) nth
     where id = $1`,
    [webhook.id, WEBHOOKS],
  );
});
afterAll(async () => {
  await sql?.end();
  await server?.stop();
  await receiver?.close();
});

it('are in the lists of those whom they reached, however much of others is newer', async () => {
  const after = await reseller.api.beginning();
  const tests = [await sendTest(server.api), await sendTest(shop.api)];
  await publish(shop.api, clientEvent('c-1'));
  const stream = reseller.api.subscribe(WATCH, { after });
  const ended = (batches: any[]): string[] =>
    batches.flatMap(({ events }) =>
      events.flatMap(({ kind, delivery }: any) => (kind === 'SUCCEEDED' ? [delivery.id] : [])),
    );
  await stream.until((batches) => ended(batches).length === 3);
  const made = ended(stream.received).sort().reverse();
  await stream.close();
  expect(made).toEqual(expect.arrayContaining(tests));

  const others = await createWebhook(server.api, `${receiver.url}/others`);
  const ground = { sql, keep: loadConfig({}), api: server.api };
  await makeOldRows(ground, { atMs: Date.now() + 60_000, count: OTHERS, webhook: others });
  const listed = async (query: string): Promise<string[]> =>
    (await reseller.api.run(query)).nodes.map(({ id }: { id: string }) => id);
  expect(await listed(NEWEST)).toEqual(made);
  await makeOldRows(ground, { atMs: Date.now() - 3_600_000, count: OTHERS, webhook: others, series: 1 });
  expect(await listed(OLDEST)).toEqual(made);
});
