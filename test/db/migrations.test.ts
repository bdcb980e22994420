/** Every migration can be taken back, and made again. */
import { createDataSource } from '../../ormconfig.ts';
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
