/** What a list of deliveries asks for, and the parts of SQL that each way to find them is made of. */
import { allOf } from '../db/fragment.ts';
import type { Ordered, Wanted } from '../db/in-order.ts';
import type { SqlFragment } from '../db/sql.ts';
import { idFloor } from '../ids.ts';
import { type DeliveryFilter, deliveryFilter } from './delivery-filter.ts';
import { CLOSED_DELIVERIES, DELIVERY_COLUMNS, OPEN_DELIVERIES } from './rows.ts';

/** By how much clocks may differ that made two ids, or an id and a time of the database, ms. */
export const MARGIN_MS = 300_000;

/** Which deliveries d a reader may see. */
export interface Judgement {
  fits: SqlFragment;
  /** All webhooks that the reader may see, where a delivery itself says it: nothing has to be looked up for it. Null where they are more than are named. */
  webhooks: string[] | null;
}

/** Which deliveries of those that a reader may see. */
export interface DeliveryScope {
  /** Over the alias w of webhooks; null where the reader may see all. */
  visible: SqlFragment | null;
  /** The same over the alias d of deliveries, to be asked of thousands of them; what it takes to know that is looked up. */
  judge: () => Promise<Judgement>;
  filter?: DeliveryFilter | null | undefined;
  /**
   * The webhooks that the reader may see and for which one of the conditions over w holds, all without conditions; null when
   * there are more than most.
   */
  webhooksOf: (conditions: SqlFragment[] | null, most: number) => Promise<string[] | null>;
  /** The accounts that the webhooks are of which the reader may see, where it manages those; null for other readers, and where they are more than most. */
  accountsOf: (most: number) => Promise<string[] | null>;
  /** The logins that can have caused what the reader may see; null when there are more than most. */
  loginsOf: (most: number) => Promise<string[] | null>;
}

/** A page of them. */
export interface DeliverySearch extends DeliveryScope {
  after: string | null;
  descending: boolean;
  limit: number;
  /** The id of the one webhook that the filter means, looked up; null where it means none. */
  webhook?: string | null;
  /** What accountsOf has told, for MOST_LISTS, once it was asked. */
  accounts?: string[] | null;
  /** What judge has told, once it was asked. */
  judged?: Judgement;
}

/** So many lists at most are read beside each other. */
export const MOST_LISTS = 10;

/** The search with what judges many deliveries, and whose those are. */
export async function judging(search: DeliverySearch): Promise<DeliverySearch> {
  if (search.visible === null || search.judged) return search;
  const [judged, accounts] = await Promise.all([search.judge(), search.accountsOf(MOST_LISTS)]);
  return { ...search, judged, accounts };
}

/** The states of what is in the history. */
export const CLOSED: ReadonlySet<string> = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);

/** The tables that can hold what fits, as FROM items named d. */
export function fromsOf(filter: DeliveryFilter | null | undefined): string[] {
  const halves = halvesOf(filter);
  return [...(halves.open ? [OPEN_DELIVERIES] : []), ...(halves.closed ? [CLOSED_DELIVERIES] : [])];
}

/** Which of the two tables can hold what fits: a status says so. */
export function halvesOf(filter: DeliveryFilter | null | undefined): { open: boolean; closed: boolean } {
  const status = filter?.status;
  if (!status) return { open: true, closed: true };
  return {
    open: status.some((one) => !CLOSED.has(one)),
    closed: status.some((one) => CLOSED.has(one)),
  };
}

/** The ids that the time of a delivery allows. */
export function createdNear(filter: DeliveryFilter | null | undefined): SqlFragment {
  const { from, to } = filter?.createdAt ?? {};
  const bounds: SqlFragment[] = [];
  if (from) bounds.push((add) => `d.id >= ${add(idFloor('delivery', from.getTime() - MARGIN_MS))}::text`);
  if (to) bounds.push((add) => `d.id < ${add(idFloor('delivery', to.getTime() + MARGIN_MS))}::text`);
  return allOf(bounds);
}

/** Deliveries for which a condition holds that an index knows, in the order of ids. */
export function listed(search: DeliverySearch, from: string, of: SqlFragment): Ordered {
  return (add, limit) => `
    select d.* from ${from} where ${of(add)} and ${behind(search)(add)}
    order by d.id ${directionOf(search)} limit ${limit}`;
}

/** How the list is ordered. */
export const directionOf = ({ descending }: DeliverySearch): 'asc' | 'desc' => (descending ? 'desc' : 'asc');

/** What lies behind the position of the page. */
export function behind({ after, descending }: DeliverySearch): SqlFragment {
  return (add) => (after === null ? 'true' : `d.id ${descending ? '<' : '>'} ${add(after)}::text`);
}

/** What fits the filter and may be seen. */
export function wantedOf({ visible, judged, filter, limit, descending }: DeliverySearch): Wanted {
  const seen = judged?.fits ?? (visible && ofWebhook(visible));
  const parts = [deliveryFilter(filter), ...(seen ? [seen] : [])];
  // Nearly all are dropped by what costs least: of a reader of little, before a search looks up the names of their webhooks.
  const fits = allOf(judged?.webhooks ? parts.reverse() : parts);
  return { alias: 'd', columns: DELIVERY_COLUMNS, fits, limit, descending };
}

/** True for deliveries whose webhook may be seen. */
export const ofWebhook =
  (visible: SqlFragment): SqlFragment =>
  (add) =>
    `exists (select 1 from webhooks w where w.id = d.webhook_id and (${visible(add)}) offset 0)`;
