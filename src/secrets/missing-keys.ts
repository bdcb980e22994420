/** Tells at start what would otherwise show only delivery by delivery: secrets sealed with keys of another server. */
import type { Sql } from '../db/sql.ts';
import type { Keyring } from './keyring.ts';

/** The ids of the keys that signing secrets were sealed with and that this keyring lacks. */
export async function missingKeys(sql: Sql, keyring: Keyring): Promise<string[]> {
  // Behind the version byte stand the length of the key's id and the id itself (keyring.ts).
  const { rows } = await sql.query<{ id: string }>(
    `select distinct convert_from(substring(sealed from 3 for get_byte(sealed, 1)), 'UTF8') as id
     from secrets order by id`,
  );
  return rows.map((row) => row.id).filter((id) => !keyring.has(id));
}
