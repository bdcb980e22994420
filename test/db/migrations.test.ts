/** Every migration can be taken back, and made again; what the host may lack is not needed. */
import { createDataSource } from '../../ormconfig.ts';
import { Access } from '../../src/access/access.ts';
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
