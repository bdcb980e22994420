/** The webhooks that a caller may read, where those are few: by the indexes of accounts and teams. */
import { collect } from '../db/fragment.ts';
import type { Sql, SqlFragment } from '../db/sql.ts';
import { managesAllWebhooks, may } from './policy.ts';
import type { Viewer } from './viewer.ts';

/**
 * The ids of webhooks, deleted ones included, that the caller may read and for which one of the conditions over w holds; null when there are
 * more than most. Each condition should be one that an index answers.
 */
export async function visibleWebhooks(
  sql: Sql,
  viewer: Viewer,
  conditions: readonly SqlFragment[],
  most: number,
): Promise<string[] | null> {
  const owned: SqlFragment[] = [];
  if (managesAllWebhooks(viewer)) owned.push(() => 'true');
  else {
    if (may(viewer, 'WEBHOOKS_MANAGE'))
      owned.push(
        (add) =>
          `w.account_id in (select a.id from logins a where a.path @> array[${add(viewer.accountId)}]::text[])`,
      );
    if (viewer.teamIds.length > 0)
      owned.push((add) => `w.team_id is not null and w.team_id = any (${add(viewer.teamIds)}::text[])`);
  }
  const parts = owned.flatMap((whose) =>
    conditions.map(
      (condition): SqlFragment =>
        (add) =>
          `(select w.id from webhooks w where (${whose(add)}) and (${condition(add)}) limit ${most + 1})`,
    ),
  );
  if (parts.length === 0) return [];
  const { text, values } = collect((add) => parts.map((part) => part(add)).join(' union '));
  const { rows } = await sql.query<{ id: string }>(text, values);
  return rows.length > most ? null : rows.map(({ id }) => id);
}
