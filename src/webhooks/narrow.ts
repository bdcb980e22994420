/**
 * Which rows of the saved table a caller asks for. The planner can read a page off the index of its
 * order and drop what does not fit, which is fast where much fits, or take what fits and sort it,
 * which is fast where little does. It has to guess, and with portfolios and LIKE it guesses wrong: on
 * 100,000 webhooks 60 to 160 ms for an administrator who sees 50 of them, or a search that finds 20. So
 * what narrows is looked up first, and a few rows go into the page by their ids: below 10 ms for both.
 */
import type { DataSource } from 'typeorm';

import { managesAllWebhooks, may, webhookVisible } from '../access/policy.ts';
import type { Viewer } from '../access/viewer.ts';
import { allOf, collect } from '../db/fragment.ts';
import type { SqlFragment } from '../db/sql.ts';
import { ok, type Result } from '../errors.ts';
import { readFilter, searchFor, type WebhookFilter } from './filter.ts';

/**
 * How many rows are few. One more, of 100,000, and a page of 100 is on average found among the first
 * 10,000 rows of its order.
 */
const FEW = 1_000;

/** Which rows. */
export interface Narrowed {
  /** True for them, over webhooks w that are not deleted. */
  where: SqlFragment;
  /** Whether they are at most FEW. */
  few: boolean;
}

/** The rows that the viewer may read and that the filter lets through, as they are now. */
export async function narrow(
  orm: DataSource,
  viewer: Viewer,
  filter: WebhookFilter | null,
): Promise<Result<Narrowed>> {
  const checked = readFilter(filter ?? {});
  if (!checked.ok) return checked;
  const { search, indexed, status } = checked.value;
  if (search === null && indexed.length === 0 && managesAllWebhooks(viewer))
    return ok({ where: status, few: false });
  const [accountIds, found] = await Promise.all([
    accountsOf(orm, viewer),
    search === null ? allOf([]) : searchFor(orm, search),
  ]);
  const where = allOf([webhookVisible(viewer, accountIds), found, ...indexed]);
  const ids = await firstIds(orm, where);
  if (ids.length > FEW) return ok({ where: allOf([where, status]), few: false });
  return ok({ where: allOf([(add) => `w.id = any (${add(ids)}::text[])`, status]), few: true });
}

/** The accounts with webhooks that the viewer manages; undefined where nobody needs to know. */
async function accountsOf(orm: DataSource, viewer: Viewer): Promise<string[] | undefined> {
  if (managesAllWebhooks(viewer) || !may(viewer, 'WEBHOOKS_MANAGE')) return undefined;
  const rows = await orm.query<{ id: string }[]>(
    `select a.id from logins a
     where a.path @> array[$1]::text[] and exists (select 1 from webhooks w where w.account_id = a.id)`,
    [viewer.accountId],
  );
  return rows.map((row) => row.id);
}

async function firstIds(orm: DataSource, where: SqlFragment): Promise<string[]> {
  const { text, values } = collect(where);
  const rows = await orm.query<{ id: string }[]>(
    `select w.id from webhooks w where w.deleted_at is null and ${text} limit ${FEW + 1}`,
    values,
  );
  return rows.map((row) => row.id);
}
