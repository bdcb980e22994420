/** Which rows of the saved table a caller asks for. */
import type { DataSource } from 'typeorm';

import { managesAllWebhooks, webhookVisible } from '../access/policy.ts';
import type { Viewer } from '../access/viewer.ts';
import { managedAccounts, VisibleWebhooks } from '../access/visible-webhooks.ts';
import { allOf } from '../db/fragment.ts';
import { REACH } from '../db/in-order.ts';
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
    managedAccounts(orm, viewer),
    search === null ? { near: allOf([]), far: allOf([]), common: false } : searchFor(orm, search),
    withStatus(orm, status),
  ]);
  const visible = webhookVisible(viewer, accountIds);
  const others = [visible, inStates.condition, ...conditions];
  const few =
    inStates.few ||
    (!managesAllWebhooks(viewer) && (await new VisibleWebhooks(orm, viewer).all(REACH)) !== null);
  const steps = few ? [] : found.common ? [REACH, 10 * REACH] : [REACH];
  return ok({
    near: allOf([found.near, ...others]),
    // What is few is looked through, whatever is asked of it.
    far: allOf([few ? found.near : found.far, ...others]),
    steps,
  });
}
