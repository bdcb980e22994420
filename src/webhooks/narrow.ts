/** Which rows of the saved table a caller asks for. */
import type { DataSource } from 'typeorm';

import { managesAllWebhooks, webhookVisible } from '../access/policy.ts';
import type { Viewer } from '../access/viewer.ts';
import { VisibleWebhooks } from '../access/visible-webhooks.ts';
import { allOf } from '../db/fragment.ts';
import { REACH } from '../db/in-order.ts';
import type { SqlFragment } from '../db/sql.ts';
import { ok, type Result } from '../errors.ts';
import { type Far, type Narrowing, readFilter, searchFor, type WebhookFilter, withStatus } from './filter.ts';

/** Of so many accounts at most the webhooks are read account by account. */
const MOST_ACCOUNTS = 10;
const EVERY: SqlFragment = () => 'true';
const ALL: Narrowing = { near: EVERY, far: () => Promise.resolve({ condition: EVERY, common: false }) };

/** What a caller asks for, and where it can be read. */
export interface Narrowed extends Narrowing {
  /** What fits is few: it is looked through, whatever is asked of it. */
  few: boolean;
  /** The caller may read more than REACH webhooks; false where nobody has counted. */
  many: boolean;
  /** The caller may read so few webhooks that a statement can name them. */
  named: () => Promise<boolean>;
  /** The accounts that all of it is of, at most MOST_ACCOUNTS; null where those are more, or anybody's. */
  accounts: () => Promise<string[] | null>;
}

/**
 * True for webhooks w that the viewer may read and that the filter lets through; null when those are
 * all. Whose they are, and what a search finds in other tables, is looked up here: with the ids before
 * it the planner knows how many rows they have, and without them it takes 15 accounts for half of all.
 */
export async function narrow(
  orm: DataSource,
  viewer: Viewer,
  filter: WebhookFilter | null,
): Promise<Result<Narrowed | null>> {
  const checked = readFilter(filter ?? {});
  if (!checked.ok) return checked;
  const { search, status, onResource, conditions } = checked.value;
  const narrows = search !== null || status.length > 0 || onResource !== null || conditions.length > 0;
  if (!narrows && managesAllWebhooks(viewer)) return ok(null);
  const mine = new VisibleWebhooks(orm, viewer);
  const [accountIds, found, inStates] = await Promise.all([
    mine.managedAccounts(),
    search === null ? ALL : searchFor(orm, search),
    withStatus(orm, status),
  ]);
  const visible = webhookVisible(viewer, accountIds);
  const others = [visible, inStates.condition, ...conditions];
  // Those of who manages all would take a statement to count.
  const counts = !inStates.few && !managesAllWebhooks(viewer);
  const many = counts && (await mine.all(REACH)) === null;
  const few = inStates.few || (counts && !many);
  const near = allOf([found.near, ...others, ...(onResource ? [onResource.near] : [])]);
  const lookUp = async (): Promise<Far> => {
    if (few) return { condition: near, common: false };
    const { condition, common } = await found.far();
    return { condition: allOf([condition, ...others, ...(onResource ? [onResource.far] : [])]), common };
  };
  let far: Promise<Far> | undefined;
  return ok({
    few,
    many,
    named: () => mine.canBeNamed(),
    accounts: () => mine.accounts(MOST_ACCOUNTS),
    near,
    // The page and its count may both ask for it.
    far: () => (far ??= lookUp()),
  });
}
