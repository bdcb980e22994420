/** Deliveries that are few because they are of some events or of some webhooks, which have been looked up. */
import { allOf, collect } from '../db/fragment.ts';
import { firstOf } from '../db/in-order.ts';
import type { Sql, SqlFragment } from '../db/sql.ts';
import { idFloor, idTime } from '../ids.ts';
import { deliveryFilter } from './delivery-filter.ts';
import {
  behind,
  type DeliverySearch,
  directionOf,
  fromsOf,
  MARGIN_MS,
  ofWebhook,
} from './delivery-search.ts';
import { DELIVERY_COLUMNS, OPEN_DELIVERIES } from './rows.ts';

/** What is few, looked up: the deliveries of these events and of these webhooks, which the reader may see, and one by its id. */
export interface Few {
  events: string[];
  webhooks: string[];
  /** These webhooks have no more than FEW_DELIVERIES: they may all be read. */
  held: boolean;
  delivery: string | null;
  /** They are what the filter's search finds. */
  searched: boolean;
}

/** Nothing at all. */
export const NONE: Few = {
  ...{ events: [], webhooks: [], held: false, delivery: null, searched: false },
};

/** So many rows are read and judged as quickly as a page of them is found in another way. */
const FEW_DELIVERIES = 1_000;

/** Whether some webhooks have no more than FEW_DELIVERIES, open and closed ones together. */
export async function holdFew(sql: Sql, webhooks: string[]): Promise<boolean> {
  const some = (table: string): string =>
    `(select 1 from ${table} d where d.webhook_id = any ($1::text[]) limit ${FEW_DELIVERIES + 1})`;
  const { rows } = await sql.query<{ few: boolean }>(
    `select count(*) <= ${FEW_DELIVERIES} as few from (${some('delivery_queue')} union all ${some('deliveries')}) held`,
    [webhooks],
  );
  return rows[0]!.few;
}

/** Statements for what is few: the parts in which it lies, each in the order of ids and no longer than a page; of events none behind an id, where that is given. */
function fewParts(search: DeliverySearch, few: Few, upTo: string | null = null): SqlFragment {
  const { events, webhooks, held, delivery, searched } = few;
  const tail = `order by d.id ${directionOf(search)} limit ${search.limit}`;
  const asked = deliveryFilter(searched ? { ...search.filter, search: null } : search.filter);
  const seen = [
    behind(search),
    ...(search.visible ? [search.judged?.fits ?? ofWebhook(search.visible)] : []),
  ];
  const rest = allOf([...seen, asked]);
  const before: SqlFragment = (add) =>
    upTo === null ? 'true' : `d.id ${search.descending ? '>=' : '<='} ${add(upTo)}::text`;
  const parts: SqlFragment[] = [];
  for (const from of fromsOf(search.filter)) {
    if (delivery !== null)
      parts.push((add) => `select d.* from ${from} where d.id = ${add(delivery)} and ${rest(add)}`);
    // A delivery is never older than its event.
    if (events.length > 0)
      parts.push((add) => {
        const floor = idFloor('delivery', Math.min(...events.map(idTime)) - MARGIN_MS);
        // By a subquery and with OFFSET, as in along-events.ts.
        return `select d.* from (
          select d.* from ${from}
          where d.event_id = any ((select ${add(events)}::text[])::text[]) and d.id >= ${add(floor)}::text
            and ${behind(search)(add)} and ${before(add)} offset 0) d
          where ${rest(add)} ${tail}`;
      });
    if (webhooks.length > 0 && held)
      parts.push(
        // By the ids as values: PostgreSQL knows how often each of them occurs, and takes the index of what is seldom.
        (add) => `select d.* from (
          select d.* from ${from} where d.webhook_id = any (${add(webhooks)}::text[]) and ${behind(search)(add)} offset 0) d
          where ${asked(add)} ${tail}`,
      );
    else if (webhooks.length > 0) parts.push(ofWebhooks(search, from, webhooks, asked));
  }
  if (parts.length === 0) parts.push(() => `select d.* from ${OPEN_DELIVERIES} where false`);
  return (add) => parts.map((part) => `(${part(add)})`).join(' union ');
}

/** From so many webhooks on it pays to know first how far their deliveries have to be read. */
const MANY_WEBHOOKS = 20;

/**
 * The first deliveries of some webhooks for which a condition holds. Of many webhooks some are read, of each equally few, which says how far a page
 * goes at most; then as far as that, or where they do not fill it, all.
 */
function ofWebhooks(
  search: DeliverySearch,
  from: string,
  webhooks: string[],
  asked: SqlFragment,
): SqlFragment {
  const { descending, limit } = search;
  const direction = directionOf(search);
  const first = (add: (value: unknown) => string, columns: string, upTo: string, most: number): string => `
    select ${columns} from unnest(${add(webhooks)}::text[]) as hook (id) cross join lateral (
      select d.* from (
        select d.* from ${from} where d.webhook_id = hook.id and ${behind(search)(add)} and ${upTo}
        order by d.id ${direction} offset 0) d
      where ${asked(add)} order by d.id ${direction} limit ${most}) d
    order by d.id ${direction}`;
  if (webhooks.length < MANY_WEBHOOKS) return (add) => `${first(add, 'd.*', 'true', limit)} limit ${limit}`;
  const each = Math.ceil((2 * limit) / webhooks.length);
  const [beyond, comparison] = descending ? ['', '>='] : ['e', '<='];
  return (add) => {
    const edge = `coalesce((${first(add, 'd.id', 'true', each)} offset ${limit - 1} limit 1), '${beyond}')`;
    return `${first(add, 'd.*', `d.id ${comparison} ${edge}`, limit)} limit ${limit}`;
  };
}

/** Of so many events all deliveries are read at once. */
const FEW_EVENTS = 500;
/** Of more so many are read first for each row of a page. */
const EVENTS_PER_ROW = 5;

/** The first of them that fit. */
export async function readFew(
  sql: Sql,
  search: DeliverySearch,
  few: Few,
): Promise<Record<string, unknown>[]> {
  const ofEventsAlone = few.webhooks.length === 0 && few.delivery === null;
  const first =
    few.events.length > FEW_EVENTS && ofEventsAlone ? await readOfFirstEvents(sql, search, few) : null;
  return first ?? readParts(sql, search, few);
}

/**
 * A page is mostly among the deliveries of its first events. Of the others only what lies before its end is looked for, which replays bore: in the partitions
 * of that time. Null where the first events do not fill a page.
 */
async function readOfFirstEvents(
  sql: Sql,
  search: DeliverySearch,
  few: Few,
): Promise<Record<string, unknown>[] | null> {
  const { after, descending, limit } = search;
  const inOrder = few.events.toSorted();
  if (descending) inOrder.reverse();
  const edge = after === null ? null : idFloor('event', idTime(after) + (descending ? 1 : -1) * MARGIN_MS);
  const isReached = (id: string): boolean => edge === null || (descending ? id <= edge : id >= edge);
  const from = inOrder.findIndex(isReached);
  if (from < 0) return null;
  const first = inOrder.splice(from, EVENTS_PER_ROW * limit);
  const rows = await readParts(sql, search, { ...few, events: first.toSorted() });
  if (rows.length < limit) return null;
  const others = { ...few, events: inOrder.toSorted() };
  return firstOf([...rows, ...(await readParts(sql, search, others, rows.at(-1)!['id'] as string))], search);
}

async function readParts(
  sql: Sql,
  search: DeliverySearch,
  few: Few,
  upTo: string | null = null,
): Promise<Record<string, unknown>[]> {
  const { text, values } = collect(
    (add) =>
      `select ${DELIVERY_COLUMNS} from (${fewParts(search, few, upTo)(add)}) d order by d.id ${directionOf(search)} limit ${search.limit}`,
  );
  return (await sql.query<Record<string, unknown>>(text, values)).rows;
}

/** How many of them fit, as far as limit. */
export async function countFew(sql: Sql, search: DeliverySearch, few: Few): Promise<number> {
  const { text, values } = collect(
    (add) => `select count(*)::int as count from (
      select 1 from (${fewParts(search, few)(add)}) d limit ${search.limit}) counted`,
  );
  return (await sql.query<{ count: number }>(text, values)).rows[0]!.count;
}
