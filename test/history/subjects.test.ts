/** A delivery says what its event is about from its birth on, whatever becomes of it, and is found by it; so are those from before it did. */
import { NoteSubjectsOfDeliveries1764000000027 } from '../../migrations/1764000000027-note-subjects-of-deliveries.ts';
import { createDataSource } from '../../ormconfig.ts';
import { expireWaiting } from '../../src/queue/expire.ts';
import type { Api } from '../support/api.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { act, ended, finished, startReplay } from '../support/replays.ts';
import {
  clientEvent,
  createWebhook,
  type MadeWebhook,
  publish,
  registerResource,
} from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const BOTH = ['create', 'update'].map((event) => ({ resource: 'clients', event }));
/** More than are published in one statement. */
const BATCH = 51;
const FILTERS: [Record<string, unknown>, condition: string][] = [
  [{ resource: 'clients' }, `e.resource = 'clients'`],
  [{ resource: 'orders' }, `e.resource = 'orders'`],
  [{ resource: 'nothing' }, 'false'],
  [{ event: 'update' }, `e.name = 'update'`],
  [{ event: 'create', resource: 'orders' }, `e.name = 'create' and e.resource = 'orders'`],
  [{ entityId: 'of 3' }, `e.entity_id = 'of 3'`],
  [{ entityId: `"quoted", 'twice'\n{}` }, `e.entity_id like '"quoted%'`],
  [{ entityId: 'of 3', event: 'update' }, `e.entity_id = 'of 3' and e.name = 'update'`],
  [{ search: 'of 4' }, `e.entity_id = 'of 4'`],
  [{ resource: 'clients', status: ['CANCELLED'] }, `e.resource = 'clients' and d.status = 'CANCELLED'`],
];

let server: TestServer;
let receiver: Receiver;
let api: Api;
let sent: MadeWebhook;

const rows = async (text: string): Promise<any[]> => (await server.app.db.engine.query(text)).rows;
const ofWebhook = ({ id }: MadeWebhook) => ({ webhookId: id });

/** Both tables, with what became of each delivery. */
const ALL = `(select id, event_id, resource, event, entity_id, origin, 'OPEN' as status, failure_code, attempt_count, manual
  from (select *, null as failure_code from delivery_queue) q
  union all select id, event_id, resource, event, entity_id, origin, status, failure_code, attempt_count, false from deliveries)`;

beforeAll(async () => {
  server = await startServer();
  ({ api } = server);
  receiver = await startReceiver();
  for (const name of ['clients', 'orders']) await registerResource(api, name);
  // Ids have no blanks: "bad" alone is in one of some 500.
  receiver.answer = (hit, response) => void response.writeHead(hit.body.includes('bad ') ? 500 : 204).end();
  const triggers = [...BOTH, ...BOTH.map((trigger) => ({ ...trigger, resource: 'orders' }))];
  sent = await createWebhook(api, receiver.url, { triggers, advanced: { retrySchedule: [0] } });
  const late = await createWebhook(api, receiver.url, { triggers, advanced: { retrySchedule: [600] } });

  await publish(api, clientEvent('bad by hand'));
  await publish(api, clientEvent(`"quoted", 'twice'\n{}`, { resource: 'orders' }));
  const batch = Array.from({ length: BATCH }, (_, k) =>
    clientEvent(k === 7 ? 'bad in a replay' : `of ${k % 5}`, {
      ...{ resource: k % 3 === 0 ? 'orders' : 'clients', event: k % 2 === 0 ? 'create' : 'update' },
    }),
  );
  await publish(api, ...batch);
  const failed = (await ended(api, ofWebhook(sent), BATCH + 2)).filter(({ status }) => status === 'FAILED');
  expect(failed).toHaveLength(2);

  await api.mutate(
    'mutation ($input: TestEventInput!) { testEventSend(input: $input) { errors { code field message } } }',
    { input: { ...ofWebhook(sent), resource: 'orders', event: 'create' } },
  );
  const byHand = failed.find(({ event }) => event.entityId === 'bad by hand')!;
  receiver.answer = (_hit, response) => void response.writeHead(204).end();
  await act(api, 'deliveryRetry', byHand.id);
  await ended(api, { ...ofWebhook(sent), status: ['SUCCEEDED'] }, BATCH + 2);
  await finished(api, (await startReplay(api, { filter: { ...ofWebhook(sent), status: ['FAILED'] } })).id);
  const missed = await createWebhook(api, receiver.url);
  await finished(api, (await startReplay(api, { filter: ofWebhook(missed), missingFor: missed.id })).id);

  const { nodes } = await api.run(
    'query ($filter: DeliveryFilterInput) { deliveries(first: 2, filter: $filter) { nodes { id } } }',
    { filter: ofWebhook(late) },
  );
  await act(api, 'deliveryCancel', nodes[0].id);
  await expireWaiting(server.app.db.engine, { by: 'id', below: '~' }, 1);
}, 60_000);
afterAll(async () => {
  await receiver?.close();
  await server?.stop();
});

/** What the list of deliveries has for each filter, and what a plain reading of the events finds. */
async function found(): Promise<{ listed: unknown[]; read: unknown[] }> {
  const listed: unknown[] = [];
  const read: unknown[] = [];
  for (const [filter, condition] of FILTERS) {
    const list = await api.run(
      `query ($filter: DeliveryFilterInput) { deliveries(first: 100, filter: $filter) {
         count(limit: 1000) { value } nodes { id } } }`,
      { filter },
    );
    listed.push({ filter, count: list.count.value, ids: list.nodes.map(({ id }: { id: string }) => id) });
    const plain = await rows(
      `select d.id from ${ALL} d join events e on e.id = d.event_id where ${condition} order by d.id desc`,
    );
    read.push({ filter, count: plain.length, ids: plain.slice(0, 100).map(({ id }) => id) });
  }
  return { listed, read };
}

it('says so through every way there is to be born, sent, sent again and ended', async () => {
  const ways = await rows(
    `select d.origin, d.status, coalesce(d.failure_code, '') as code, max(d.attempt_count) as attempts, count(*)::int as count,
            bool_and((d.resource, d.event, d.entity_id) is not distinct from (e.resource, e.name, e.entity_id)) as same
     from ${ALL} d join events e on e.id = d.event_id group by 1, 2, 3 order by 1, 2, 3`,
  );
  const way = (origin: string, status: string, code: string, attempts: number) =>
    expect.objectContaining({ origin, status, code, attempts, same: true });
  expect(ways).toEqual([
    way('EVENT', 'CANCELLED', '', 0),
    way('EVENT', 'FAILED', 'EXPIRED', 0),
    way('EVENT', 'OPEN', '', 0),
    // One by hand and one by a replay.
    way('EVENT', 'SUCCEEDED', '', 2),
    way('REPLAY', 'SUCCEEDED', '', 1),
    way('TEST', 'SUCCEEDED', '', 1),
  ]);
});

it('is found by it, and so is one from before it said so', async () => {
  const { listed, read } = await found();
  expect(listed).toEqual(read);
  const source = await createDataSource(server.database.url).initialize();
  const runner = source.createQueryRunner();
  const migration = new NoteSubjectsOfDeliveries1764000000027();
  await runner.startTransaction();
  await migration.down(runner);
  await migration.up(runner);
  await runner.commitTransaction();
  await source.destroy();
  expect((await found()).listed).toEqual(read);
});
