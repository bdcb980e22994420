/** Tells at start what would otherwise show only delivery by delivery: secrets sealed with keys of another server. */
import type { Sql } from '../db/sql.ts';
import type { Keyring } from '../secrets/keyring.ts';
import { SEALED_IN_DRAFT, SEALED_IN_ENDPOINT, sealedOf } from './sealed-values.ts';

/** The ids of the keys that anything was sealed with and that this keyring lacks. */
export async function missingKeys(sql: Sql, keyring: Keyring): Promise<string[]> {
  // Behind the version byte stand the length of the key's id and the id itself (keyring.ts).
  const { rows } = await sql.query<{ id: Buffer }>(
    `select distinct substring(sealed from 3 for get_byte(sealed, 1)) as id
     from (
       select sealed from secrets
       union all select auth_sealed from endpoints
       union all select sealed from webhooks_links
       union all select ${sealedOf('v')} from endpoints ep cross join lateral ${SEALED_IN_ENDPOINT}
       union all select ${sealedOf('v')} from webhook_drafts d cross join lateral ${SEALED_IN_DRAFT}
     ) all_of_them
     where length(sealed) > 2
     order by id`,
  );
  return rows.map((row) => row.id.toString()).filter((id) => !keyring.has(id));
}
