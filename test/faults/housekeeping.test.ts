/** What every process looks after by itself, a minute after its start and hourly. */
import { jest } from '@jest/globals';

import { listPartitions, partitionsAhead } from '../../src/db/partitions.ts';
import { newId } from '../../src/ids.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const SEND = `mutation ($input: TestEventInput!) {
  testEventSend(input: $input, idempotencyKey: "once") { errors { code message } } }`;
/** Tables whose rows have had their time in this test, all of them. */
const FORGOTTEN = [
  ...['webhook_drafts', 'sessions', 'sign_in_links', 'event_keys', 'idempotency_keys', 'webhook_changes'],
  'secrets',
];

let server: TestServer;
/** What it does then. */
let round: () => void;

const sql = async (text: string, values: unknown[] = []): Promise<any[]> =>
  (await server.app.db.engine.query(text, values)).rows;

beforeEach(async () => {
  const timeouts = jest.spyOn(globalThis, 'setTimeout');
  const intervals = jest.spyOn(globalThis, 'setInterval');
  // A round that fails is on purpose: no lines of it.
  server = await startServer({ BELLWIRE_LOG_LEVEL: 'silent' });
  round = intervals.mock.calls.find(([, ms]) => ms === 3_600_000)![0];
  expect(timeouts.mock.calls.filter(([work]) => work === round)).toEqual([[round, 60_000]]);
  jest.restoreAllMocks();
  await registerResource(server.api);
});
afterEach(() => server?.stop());

/** Rows of each kind whose time is over. */
async function makeOld(): Promise<void> {
  const webhook = await createWebhook(server.api, 'http://127.0.0.1:9999/', {
    advanced: { retrySchedule: [600] },
  });
  await publish(server.api, clientEvent('c', { idempotencyKey: 'once' }));
  const input = { webhookId: webhook.id, resource: 'clients', event: 'create' };
  await server.api.mutate(SEND, { input });
  const { id: login } = (await server.api.run('{ viewer { id } }')) as { id: string };
  const draft = newId('draft');
  await sql(
    `insert into webhook_drafts (id, login_id, details, expires_at) values ($1, $2, '{}', now() - interval '1 year')`,
    [draft, login],
  );
  for (const [table, more, value] of [
    ['sessions', ', idle_ms', ', 1'],
    ['sign_in_links', '', ''],
  ])
    await sql(
      `insert into ${table} (id, login_id, sha256, expires_at${more}) values ($1, $2, sha256('x'), now() - interval '1 year'${value})`,
      [draft, login],
    );
  for (const [table, column] of [
    ['event_keys', 'created_at'],
    ['idempotency_keys', 'created_at'],
    ['webhook_changes', 'at'],
    ['secrets', 'expires_at'],
  ])
    await sql(`update ${table} set ${column} = now() - interval '1 year'`);
  // The last of the days ahead are missing.
  const ahead = await sql(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'attempts'::regclass order by 1 desc limit 2`,
  );
  for (const { name } of ahead) await sql(`drop table ${name}`);
}

async function counts(): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const table of FORGOTTEN) [{ count: found[table] }] = await sql(`select count(*)::int from ${table}`);
  return found;
}

/** Resolves when a run of retention has ended; it is the last thing that a round does. */
async function untilRetained(): Promise<void> {
  for (let ended = 0; ended < 2;)
    [{ ended }] = await sql('select count(finished_at)::int as ended, pg_sleep(0.005) from retention_jobs');
}

const all = (count: number) => Object.fromEntries(FORGOTTEN.map((table) => [table, count]));

it('what has had its time is forgotten, and the coming days have their partitions', async () => {
  await makeOld();
  expect(Object.values(await counts()).every((count) => count > 0)).toBe(true);
  expect(await partitionsAhead(server.app.db.engine, Date.now())).toBe(false);
  round();
  await untilRetained();
  expect(await counts()).toEqual(all(0));
  expect(await partitionsAhead(server.app.db.engine, Date.now())).toBe(true);
});

it('a round that fails is made up for by the next one', async () => {
  await makeOld();
  await sql('alter table event_keys rename to event_keys_away');
  round();
  while ((await sql('select 1 from sign_in_links')).length > 0);
  await sql('alter table event_keys_away rename to event_keys');
  round();
  await untilRetained();
  expect(await counts()).toEqual(all(0));
});

it('of the times when an endpoint took no requests those are forgotten from which no event is kept', async () => {
  const partitions = await listPartitions(server.app.db.engine);
  const begin = new Date(partitions.find(({ of }) => of.table === 'events')!.fromMs!).toISOString();
  for (const [name, ended] of [
    ['before', `'${begin}'::timestamptz - interval '10 minutes'`],
    // Clocks may differ by so much.
    ['around', `'${begin}'::timestamptz - interval '4 minutes'`],
    ['open', 'null'],
  ])
    await sql(
      `insert into webhook_gaps (webhook_id, endpoint_id, began_at, ended_at) values ('whk', $1, 'epoch', ${ended})`,
      [name],
    );
  round();
  await untilRetained();
  expect(await sql('select endpoint_id as name from webhook_gaps order by id')).toEqual([
    { name: 'around' },
    { name: 'open' },
  ]);
});
