/** Every migration can be taken back, and made again; what the host may lack is not needed. */
import type pg from 'pg';

import { createDataSource } from '../../ormconfig.ts';
import { Access } from '../../src/access/access.ts';
import { loadConfig } from '../../src/config.ts';
import { ensurePartitions, listPartitions } from '../../src/db/partitions.ts';
import { good } from '../access/people.ts';
import { createEmptyDatabase } from '../support/postgres.ts';

const COLUMNS = `
  select table_name, column_name, data_type, column_default, is_nullable from information_schema.columns
  where table_schema = 'public' and table_name <> 'migrations' order by 1, 2`;

it('the migrations go up, down to nothing, and up again to the same tables', async () => {
  const database = await createEmptyDatabase();
  const source = await createDataSource(database.url).initialize();
  try {
    const made = await source.runMigrations();
    const first = await source.query<unknown[]>(COLUMNS);
    expect(first.length).toBeGreaterThan(100);
    for (let step = 0; step < made.length; step++) await source.undoLastMigration();
    expect(await source.query(COLUMNS)).toEqual([]);
    await source.runMigrations();
    expect(await source.query(COLUMNS)).toEqual(first);
  } finally {
    await source.destroy();
    await database.drop();
  }
});

it('the delivery log keeps its lines when it becomes partitioned, and back, and its numbers go on', async () => {
  const database = await createEmptyDatabase();
  const source = await createDataSource(database.url).initialize();
  const write = (delivery: string): Promise<unknown> =>
    source.query(
      `insert into delivery_log (kind, delivery_id, version, event_id, webhook_id, endpoint_id, origin, attempt_count, created_at)
       values ('CREATED', $1, 1, 'evt', 'whk', 'ep', 'EVENT', 0, now())`,
      [delivery],
    );
  const lines = async () =>
    (
      await source.query<{ delivery_id: string; seq: string }[]>(
        'select delivery_id, seq from delivery_log order by xid, seq',
      )
    ).map(({ delivery_id, seq }) => `${delivery_id} ${seq}`);
  try {
    await source.runMigrations();
    while (await partitioned()) await source.undoLastMigration();
    for (const delivery of ['first', 'second']) await write(delivery);
    await source.query(`insert into delivery_log (kind, delivery_id, version, event_id, webhook_id, endpoint_id, origin, attempt_count, created_at, at)
                        select kind, 'old', version, event_id, webhook_id, endpoint_id, origin, attempt_count, created_at, now() - interval '400 days'
                        from delivery_log limit 1`);
    await source.runMigrations();
    expect(await partitioned()).toBe(true);
    await write('third');
    expect(await lines()).toEqual(['first 1', 'second 2', 'old 3', 'third 4']);
    // Behind the lines of before come partitions of a day.
    const keep = loadConfig({});
    const runner = source.createQueryRunner();
    const sql = (await runner.connect()) as pg.PoolClient;
    await ensurePartitions(sql, keep, Date.now());
    const [whole, next] = (await listPartitions(sql)).filter(({ of }) => of.table === 'delivery_log');
    expect(whole).toMatchObject({ name: 'delivery_log_start', fromMs: null });
    expect(next!.fromMs).toBe(whole!.toMs);
    expect(whole!.toMs % 86_400_000).toBe(0);
    await runner.release();
    while (await partitioned()) await source.undoLastMigration();
    await write('fourth');
    expect(await lines()).toEqual(['first 1', 'second 2', 'old 3', 'third 4', 'fourth 5']);
  } finally {
    await source.destroy();
    await database.drop();
  }

  async function partitioned(): Promise<boolean> {
    const rows = await source.query<{ relkind: string }[]>(
      `select relkind from pg_class where oid = 'delivery_log'::regclass`,
    );
    return rows[0]!.relkind === 'p';
  }
});

describe('the indexes of search', () => {
  const INDEXES = `select indexname from pg_indexes where indexname ~ '_(trigrams|prefix)$' order by 1`;

  /** Migrates an empty database, and returns these indexes and the names of the logins that each search finds. */
  async function migrated(prepare: string, searches: string[]) {
    const database = await createEmptyDatabase();
    const source = await createDataSource(database.url).initialize();
    try {
      await source.query(prepare);
      const made = await source.runMigrations({ transaction: 'all' });
      const indexes = (await source.query<{ indexname: string }[]>(INDEXES)).map((row) => row.indexname);
      const access = new Access(source, { rootToken: null });
      await access.ensureRoot();
      const viewer = await access.rootViewer();
      const found: string[][] = [];
      for (const search of searches) {
        const { edges } = good(await access.loginsPage(viewer, {}, search));
        found.push(edges.map((edge) => edge.node.name));
      }
      for (let step = 0; step < made.length; step++) await source.undoLastMigration();
      expect(await source.query(INDEXES)).toEqual([]);
      return { indexes, found };
    } finally {
      await source.destroy();
      await database.drop();
    }
  }
  const TRIGRAMS = ['logins_trigrams', 'teams_trigrams', 'webhooks_trigrams'];
  const ROOT = ['Root administrator'];

  it.each([
    ['where nobody has made pg_trgm yet', ''],
    ['where it lies off the search path', 'create schema away; create extension pg_trgm schema away'],
  ])('are trigrams %s', async (_, prepare) => {
    expect(await migrated(prepare, ['root', 'ADMIN'])).toEqual({ indexes: TRIGRAMS, found: [ROOT, ROOT] });
  });

  it('are beginnings where pg_trgm cannot be made, and the migration succeeds', async () => {
    // A type that the extension would make: making it fails, as it does for a role that may not.
    const { indexes, found } = await migrated('create type gtrgm as enum ()', ['ROOT', 'admin']);
    expect(indexes).toEqual([
      'logins_email_prefix',
      'logins_name_prefix',
      'teams_name_prefix',
      'webhooks_description_prefix',
      'webhooks_name_prefix',
    ]);
    expect(found).toEqual([ROOT, []]);
  });
});
