/** How a replay of many is begun: in parts that hold nobody up, wholly or not at all. */
import pg from 'pg';

import { newId } from '../../src/ids.ts';
import { forgetReplays } from '../../src/replay/forget.ts';
import { holdLock } from '../support/lock-holder.ts';
import { copyDelivery } from '../support/old-rows.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { askReplay, finished, history, moveReplay, readReplay, startReplay } from '../support/replays.ts';
import { registerResource } from '../support/scenario.ts';
import { type ServerProcess, spawnServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const MANY = 12_000;
const MOST_IN_A_PART = 5_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let database: TestDatabase;
let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
let sql: pg.Pool;
const running: ServerProcess[] = [];

async function start(): Promise<ServerProcess> {
  const server = await spawnServer(database.url, folder.path, { BELLWIRE_LOG_LEVEL: 'warn' });
  running.push(server);
  return server;
}

beforeEach(async () => {
  database = await createTestDatabase();
  folder = temporaryFolder();
  receiver = await startReceiver();
  sql = new pg.Pool({ connectionString: database.url });
});

afterEach(async () => {
  const left = running
    .splice(0)
    .filter(({ process: { exitCode, signalCode } }) => exitCode === null && signalCode === null);
  await Promise.all(left.map((server) => server.end('SIGKILL')));
  await sql.end();
  await receiver.close();
  await database.drop();
  folder.remove();
});

const itemsOf = async (id: string): Promise<number> =>
  (await sql.query('select count(*)::int as count from replay_items where replay_id = $1', [id])).rows[0]
    .count;

describe('a replay', () => {
  it('of many writes what it will send in parts that commit one by one, all of it in the order of time', async () => {
    const { api } = await start();
    await registerResource(api);
    const { webhook } = await history(api, receiver, ['one']);
    await copyDelivery(sql, webhook.id, MANY);
    const replay = await startReplay(api, { filter: { webhookId: webhook.id }, ratePerSecond: 1 });
    expect(replay).toMatchObject({ status: 'RUNNING', matched: MANY + 1 });
    // Live streams wait for every transaction that has written something.
    const { rows: parts } = await sql.query<{ rows: number }>(
      `select count(*)::int as rows from replay_items where replay_id = $1 and state = 'WAITING' group by xmin::text`,
      [replay.id],
    );
    expect(Math.max(...parts.map(({ rows }) => rows))).toBeLessThanOrEqual(MOST_IN_A_PART);
    const { rows } = await sql.query(
      `select count(*)::int as items, count(distinct delivery_id)::int as deliveries, min(position) as first, max(position) as last,
            bool_and(position = place) as in_order
     from (select i.position, i.delivery_id, row_number() over (order by d.created_at, d.id) as place
           from replay_items i join deliveries d on d.id = i.delivery_id where i.replay_id = $1
           union all
           select i.position, i.delivery_id, i.position from replay_items i join delivery_queue q on q.id = i.delivery_id where i.replay_id = $1) t`,
      [replay.id],
    );
    expect(rows).toEqual([
      { items: MANY + 1, deliveries: MANY + 1, first: 1, last: MANY + 1, in_order: true },
    ]);
    await moveReplay(api, 'Cancel', replay.id);
  }, 60_000);

  it('that is killed in its start sends nothing, and what it wrote is forgotten; asked for again it goes as a whole', async () => {
    const first = await start();
    await registerResource(first.api);
    const { filter } = await history(first.api, receiver, ['a', 'b', 'c']);
    const key = newId('event');
    // What it will send is written, and the replay itself is not.
    const lock = await holdLock(database, 'lock table replays in exclusive mode');
    const asked = askReplay(first.api, { filter }, key).catch(() => 'no answer');
    await lock.waiting(1);
    const { rows } = await sql.query<{ id: string }>('select replay_id as id from replay_items group by 1');
    expect(rows).toHaveLength(1);
    const [{ id: killed }] = rows as [{ id: string }];
    await first.end('SIGKILL');
    await lock.letGo();
    expect(await asked).toBe('no answer');

    const { api } = await start();
    const { errors, replay } = await askReplay(api, { filter }, key);
    expect(errors).toEqual([]);
    expect(replay.id).not.toBe(killed);
    expect(await finished(api, replay.id)).toMatchObject({ matched: 3, succeeded: 3 });
    expect(receiver.hits).toHaveLength(3);
    expect(await readReplay(api, killed)).toBeNull();

    expect(await itemsOf(killed)).toBe(3);
    await forgetReplays(sql, DAY_MS);
    expect(await itemsOf(killed)).toBe(3);
    await forgetReplays(sql, DAY_MS, Date.now() + 1.1 * HOUR_MS);
    expect([await itemsOf(killed), await itemsOf(replay.id)]).toEqual([0, 3]);
    await forgetReplays(sql, 0);
    expect(await itemsOf(replay.id)).toBe(0);
  }, 60_000);

  it('that is asked for by several calls with one key at once leaves nothing of the others', async () => {
    const { api } = await start();
    await registerResource(api);
    const { filter } = await history(api, receiver, ['a', 'b']);
    const key = newId('event');
    const answers = await Promise.all(Array.from({ length: 5 }, () => askReplay(api, { filter }, key)));
    expect(new Set(answers.map(({ replay }) => replay.id)).size).toBe(1);
    const { rows } = await sql.query('select distinct replay_id as id from replay_items');
    expect(rows).toEqual([{ id: answers[0].replay.id }]);
    expect(await finished(api, answers[0].replay.id)).toMatchObject({ matched: 2, succeeded: 2 });
  });
});
