import pg from 'pg';

import { loadConfig } from '../../src/config.ts';
import { dropPartition, finishDrops } from '../../src/db/drop-partition.ts';
import {
  ensurePartitions,
  type Keep,
  listPartitions,
  partitionDays,
  partitionsAhead,
} from '../../src/db/partitions.ts';
import { idFloor } from '../../src/ids.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const DAY = 86_400_000;
const KEEP: Keep = loadConfig({});
/** A Monday well ahead of what the template already has. */
const MONDAY = Date.UTC(2040, 0, 2);

let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new pg.Pool({ connectionString: database.url });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** Names of a table's partitions that begin with a day of the year 2039 or later. */
async function partitionsOf(table: string): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    'select inhrelid::regclass::text as name from pg_inherits where inhparent = $1::regclass order by name',
    [table],
  );
  return rows.map(({ name }) => name).filter((name) => name >= `${table}_2039`);
}

/** The columns and values of a delivery with the id $1. */
const ROW = `(id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, status, version, attempt_count, lost_count, status_code, created_at, completed_at, account_id)
  values ($1, 'evt', 'clients', 'create', 'c', 'whk', 'ep', 'EVENT', 'FAILED', 1, 1, 0, null, now(), now(), 'lgn')`;

/** The rows of deliveries with these ids, and the partition that each is in. */
async function placesOf(ids: string[]): Promise<string[]> {
  for (const id of ids) await pool.query(`insert into deliveries ${ROW}`, [id]);
  const { rows } = await pool.query<{ partition: string }>(
    'select tableoid::regclass::text as partition from deliveries where id = any ($1) order by id',
    [ids],
  );
  return rows.map(({ partition }) => partition);
}

describe('partitions', () => {
  it('reach from the day before to two weeks ahead: days of what is kept for a month, weeks of what is for a quarter', async () => {
    expect(await partitionsAhead(pool, MONDAY)).toBe(false);
    await ensurePartitions(pool, KEEP, MONDAY + 2 * DAY);
    for (const table of ['events', 'deliveries']) {
      const weeks = ['20400102', '20400109', '20400116'].map((week) => `${table}_${week}`);
      expect(await partitionsOf(table)).toEqual(weeks);
    }
    for (const table of ['event_payloads', 'attempts', 'delivery_log']) {
      const days = Array.from(
        { length: 17 },
        (_, day) => `${table}_204001${String(day + 3).padStart(2, '0')}`,
      );
      expect(await partitionsOf(table)).toEqual(days);
    }
    expect(await partitionsAhead(pool, MONDAY + DAY)).toBe(true);
    expect(await partitionsAhead(pool, MONDAY + 4 * DAY - 1)).toBe(true);
    expect(await partitionsAhead(pool, MONDAY + 4 * DAY)).toBe(false);
  });

  it.each([
    [2, 1],
    [45, 1],
    [46, 7],
    [400, 7],
    [401, 28],
  ])('hold, of what is kept for %i days, %i', (days, width) => {
    expect(partitionDays(days * DAY)).toBe(width);
  });

  it('take the rows of their own time, with the indexes of their table', async () => {
    const ids = [MONDAY, MONDAY + 7 * DAY - 1, MONDAY + 7 * DAY].map((at) => idFloor('delivery', at));
    expect(await placesOf(ids)).toEqual([
      'deliveries_20400102',
      'deliveries_20400102',
      'deliveries_20400109',
    ]);
    const indexesOf = async (table: string): Promise<string[]> =>
      (
        await pool.query<{ what: string }>(
          `select substring(indexdef from 'USING.*') as what from pg_indexes where tablename = $1 order by 1`,
          [table],
        )
      ).rows.map(({ what }) => what);
    expect(await indexesOf('deliveries_20400102')).toEqual(await indexesOf('deliveries'));
    expect(await indexesOf('deliveries')).not.toHaveLength(0);
  });

  it('go on where wider ones end that an older version, or other settings, have made', async () => {
    const start = MONDAY + 300 * DAY;
    const at = start - (start % (7 * DAY)) + 4 * DAY;
    await ensurePartitions(pool, { ...KEEP, keepPayloadsMs: 90 * DAY }, at);
    await ensurePartitions(pool, KEEP, at + 10 * DAY);
    const made = (await listPartitions(pool)).filter(
      ({ of, toMs }) => of.table === 'event_payloads' && toMs > at,
    );
    const widths = made.map(({ fromMs, toMs }) => (toMs - fromMs!) / DAY);
    expect(widths.slice(0, 3)).toEqual([7, 7, 7]);
    expect(new Set(widths.slice(3))).toEqual(new Set([1]));
    made.slice(1).forEach(({ fromMs }, index) => expect(fromMs).toBe(made[index]!.toMs));
  });

  it('are made once when three servers make them at the same moment, and again without harm', async () => {
    const at = MONDAY + 100 * DAY;
    await Promise.all([1, 2, 3].map(() => ensurePartitions(pool, KEEP, at)));
    await ensurePartitions(pool, KEEP, at);
    expect(await partitionsAhead(pool, at)).toBe(true);
  });

  it('are made by two servers whose settings want them of different widths', async () => {
    const at = MONDAY + 500 * DAY;
    const other = { ...KEEP, keepPayloadsMs: 90 * DAY, keepLogMs: 60 * DAY };
    await Promise.all([ensurePartitions(pool, KEEP, at), ensurePartitions(pool, other, at)]);
    expect(await partitionsAhead(pool, at)).toBe(true);
  });

  /** When somebody began to wait for a lock on events; asks until there is such a one. */
  async function waitStart(): Promise<string> {
    for (;;) {
      const { rows } = await pool.query<{ since: string | null }>(
        `select waitstart::text as since from pg_locks where not granted and relation = 'events'::regclass`,
      );
      if (rows[0]?.since) return rows[0].since;
    }
  }

  it('wait for a reader that holds the table, and do not give up at the first lock timeout', async () => {
    const at = MONDAY + 200 * DAY;
    const holder = await pool.connect();
    await holder.query('begin');
    await holder.query('lock table events in share row exclusive mode');
    const made = ensurePartitions(pool, KEEP, at);
    const first = await waitStart();
    // Only a second try begins to wait later than the first.
    while ((await waitStart()) === first);
    await holder.query('commit');
    holder.release();
    await made;
    expect(await partitionsAhead(pool, at)).toBe(true);
  });
});

describe('the drop of a partition', () => {
  const AT = MONDAY + 700 * DAY;
  let client: pg.Client;

  beforeAll(async () => {
    for (const days of [0, 14, 28]) await ensurePartitions(pool, KEEP, AT + days * DAY);
  });

  beforeEach(async () => {
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
  });

  afterEach(() => client.end());

  /** The oldest partition of deliveries from AT on, with a row in it. */
  async function filled(): Promise<{ name: string; id: string }> {
    const { name, fromMs } = (await listPartitions(pool)).find(
      ({ of, fromMs }) => of.table === 'deliveries' && fromMs! >= AT,
    )!;
    const id = idFloor('delivery', fromMs! + 1);
    expect(await placesOf([id])).toEqual([name]);
    return { name, id };
  }

  async function isThere(name: string): Promise<boolean> {
    const { rows } = await pool.query<{ there: boolean }>('select to_regclass($1) is not null as there', [
      name,
    ]);
    return rows[0]!.there;
  }

  const notes = async (): Promise<string[]> =>
    (await pool.query<{ partition: string }>('select partition from partition_drops')).rows.map(
      ({ partition }) => partition,
    );

  it('takes its rows with it and leaves no note', async () => {
    const { name, id } = await filled();
    expect(await dropPartition(client, 'deliveries', name)).toBe('DROPPED');
    expect(await isThere(name)).toBe(false);
    expect((await pool.query('select from deliveries where id = $1', [id])).rowCount).toBe(0);
    expect(await notes()).toEqual([]);
  });

  it('waits for a reader without holding up others, gives up in the end, and is gone on with by the next run', async () => {
    const { name } = await filled();
    const reader = await pool.connect();
    await reader.query('begin');
    await reader.query('select count(*) from deliveries');
    const outcome = dropPartition(client, 'deliveries', name);
    let done = false;
    void outcome.finally(() => (done = true));
    let longest = 0;
    while (!done) {
      const started = performance.now();
      await pool.query(`select count(*) from deliveries`);
      await pool.query(
        `with gone as (delete from deliveries where id = $1)
         insert into deliveries ${ROW} on conflict do nothing`,
        [idFloor('delivery', AT + 20 * DAY)],
      );
      longest = Math.max(longest, performance.now() - started);
    }
    expect(await outcome).toBe('LATER');
    expect(longest).toBeLessThan(1_000);
    expect(await notes()).toEqual([name]);
    expect(await isThere(name)).toBe(true);
    await reader.query('commit');
    reader.release();
    expect(await finishDrops(client)).toEqual({ dropped: [name], waiting: [], busy: [] });
    expect(await isThere(name)).toBe(false);
    expect(await notes()).toEqual([]);
  }, 30_000);

  it('is gone on with where a crash left it: noted, marked, or a table of its own', async () => {
    const noted = await filled();
    await pool.query(`insert into partition_drops (partition, parent) values ($1, 'deliveries')`, [
      noted.name,
    ]);
    expect((await finishDrops(client)).dropped).toEqual([noted.name]);

    const apart = await filled();
    await pool.query(`insert into partition_drops (partition, parent) values ($1, 'deliveries')`, [
      apart.name,
    ]);
    await pool.query(`alter table deliveries detach partition ${apart.name}`);
    expect((await finishDrops(client)).dropped).toEqual([apart.name]);
    expect(await isThere(apart.name)).toBe(false);
  });

  it('leaves a table alone that an operator has detached to keep it', async () => {
    await ensurePartitions(pool, KEEP, AT + 100 * DAY);
    const { name } = (await listPartitions(pool)).find(({ of }) => of.table === 'attempts')!;
    await pool.query(`alter table attempts detach partition ${name}`);
    expect(await finishDrops(client)).toEqual({ dropped: [], waiting: [], busy: [] });
    expect(await isThere(name)).toBe(true);
  });
});
