import pg from 'pg';

import { ensurePartitions, partitionsAhead } from '../../src/db/partitions.ts';
import { idFloor } from '../../src/ids.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const DAY = 86_400_000;
/** A Monday well ahead of what the template already has. */
const MONDAY = Date.UTC(2040, 0, 2);

describe('partitions', () => {
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

  async function partitionsOf(table: string, from: string): Promise<string[]> {
    const { rows } = await pool.query<{ name: string }>(
      'select inhrelid::regclass::text as name from pg_inherits where inhparent = $1::regclass order by name',
      [table],
    );
    return rows.map(({ name }) => name).filter((name) => name >= from);
  }

  it('reach from the week before to two weeks ahead, by Mondays in UTC, for all four tables', async () => {
    expect(await partitionsAhead(pool, MONDAY)).toBe(false);
    await ensurePartitions(pool, MONDAY + 2 * DAY);
    for (const table of ['events', 'event_payloads', 'deliveries', 'attempts']) {
      const weeks = ['20391226', '20400102', '20400109', '20400116'].map((week) => `${table}_${week}`);
      expect(await partitionsOf(table, `${table}_2039`)).toEqual(weeks);
    }
    expect(await partitionsAhead(pool, MONDAY)).toBe(true);
    expect(await partitionsAhead(pool, MONDAY + 7 * DAY - 1)).toBe(true);
    expect(await partitionsAhead(pool, MONDAY + 7 * DAY)).toBe(false);
  });

  it('take the rows of their own week, with the indexes of their table', async () => {
    await ensurePartitions(pool, MONDAY);
    const ids = [
      idFloor('delivery', MONDAY - 1),
      idFloor('delivery', MONDAY),
      idFloor('delivery', MONDAY + 7 * DAY - 1),
    ];
    for (const id of ids)
      await pool.query(
        `insert into deliveries values ($1, 'evt', 'whk', 'ep', 'EVENT', 'FAILED', 1, 1, 0, null, now(), now())`,
        [id],
      );
    const { rows } = await pool.query(
      'select tableoid::regclass::text as partition from deliveries order by id',
    );
    expect(rows.map((row) => row.partition)).toEqual([
      'deliveries_20391226',
      'deliveries_20400102',
      'deliveries_20400102',
    ]);
    const indexes = await pool.query(
      `select indexdef from pg_indexes where tablename = 'deliveries_20400102'`,
    );
    expect(indexes.rows).toHaveLength(3);
  });

  it('are made once when two servers make them at the same moment, and again without harm', async () => {
    const at = MONDAY + 100 * DAY;
    await Promise.all([ensurePartitions(pool, at), ensurePartitions(pool, at), ensurePartitions(pool, at)]);
    await ensurePartitions(pool, at);
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
    const made = ensurePartitions(pool, at);
    const first = await waitStart();
    // Only a second try begins to wait later than the first.
    while ((await waitStart()) === first);
    await holder.query('commit');
    holder.release();
    await made;
    expect(await partitionsAhead(pool, at)).toBe(true);
  });
});
