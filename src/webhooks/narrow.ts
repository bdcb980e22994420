/** Which rows of the saved table a caller asks for. */
import type { DataSource } from 'typeorm';

import { managesAllWebhooks, may, webhookVisible } from '../access/policy.ts';
import type { Viewer } from '../access/viewer.ts';
import { allOf } from '../db/fragment.ts';
import { ok, type Result } from '../errors.ts';
import { type Narrowing, readFilter, searchFor, type WebhookFilter, withStatus } from './filter.ts';

/**
 * True for webhooks w that the viewer may read and that the filter lets through; null when those are
 * all. Whose they are, and what a search finds in other tables, is looked up here: with the ids before
 * it the planner knows how many rows they have, and without them it takes 15 accounts for half of all.
 */
export async function narrow(
  orm: DataSource,
  viewer: Viewer,
  filter: WebhookFilter | null,
): Promise<Result<Narrowing | null>> {
  const checked = readFilter(filter ?? {});
  if (!checked.ok) return checked;
  const { search, status, conditions } = checked.value;
  if (search === null && status.length === 0 && conditions.length === 0 && managesAllWebhooks(viewer))
    return ok(null);
  const [accountIds, found, inStates] = await Promise.all([
    accountsOf(orm, viewer),
    search === null ? { near: allOf([]), far: allOf([]), common: false } : searchFor(orm, search),
    status.length === 0 ? allOf([]) : withStatus(orm, status),
  ]);
  const others = [webhookVisible(viewer, accountIds), inStates, ...conditions];
  return ok({
    near: allOf([found.near, ...others]),
    far: allOf([found.far, ...others]),
    common: found.common,
  });
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
