/**
 * Tells open pages that the saved table changed. Comes in: which webhooks are about to change, inside the
 * transaction of the change. Goes out: a row for each, with who could see it before, and one hint;
 * src/live reads them. Pages that were not open read the table itself.
 */
import { collect } from '../db/fragment.ts';
import type { Reader, Sql, SqlFragment } from '../db/sql.ts';

/** Says that webhook_changes has grown. A hint only: readers also poll. */
export const CHANGES_CHANNEL = 'bellwire_changes';

/**
 * Notes that the webhooks w for which the fragment holds change in this transaction. To be called before
 * the change, since it records who can see them now; for new ones after their insert, with created set.
 */
export async function noteWebhookChanges(
  reader: Reader,
  where: SqlFragment,
  options: { created?: boolean } = {},
): Promise<void> {
  const seenBy = options.created ? `'{}'::text[]` : `a.path || array_remove(array[w.team_id], null)`;
  const { text, values } = collect(where);
  await reader.query(
    `with noted as (
       insert into webhook_changes (webhook_id, seen_by)
       select w.id, ${seenBy}
       from webhooks w join logins a on a.id = w.account_id
       where w.deleted_at is null and (${text})
       returning 1
     )
     select pg_notify('${CHANGES_CHANNEL}', '') from (select from noted limit 1) any_of_them`,
    values,
  );
}

/** Forgets changes that are older than an hour: no subscription lags behind that long. Returns how many. */
export async function forgetWebhookChanges(sql: Sql): Promise<number> {
  const { rowCount } = await sql.query(
    `delete from webhook_changes where at < clock_timestamp() - interval '1 hour'`,
  );
  return rowCount ?? 0;
}
