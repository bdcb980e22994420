/** The ways to read deliveries in the order of ids, each along an index that the filter or the reader names. */
import { allOf } from '../db/fragment.ts';
import { merged, type Ordered } from '../db/in-order.ts';
import type { SqlFragment } from '../db/sql.ts';
import {
  behind,
  CLOSED,
  createdNear,
  type DeliverySearch,
  directionOf,
  halvesOf,
  listed,
  MOST_LISTS,
} from './delivery-search.ts';
import { CLOSED_DELIVERIES, OPEN_DELIVERIES } from './rows.ts';

/** Lists that together hold all that fits. */
export interface Way {
  open: Ordered[];
  closed: Ordered[];
}

/** Its lists. */
export const listsOf = ({ open, closed }: Way): Ordered[] => [...open, ...closed];

/** The same as no more than two lists: what is open, and what is closed. */
export const halvesIn = ({ open, closed }: Way, { descending }: DeliverySearch): Ordered[] =>
  [open, closed]
    .filter((lists) => lists.length > 0)
    .map((lists) => merged(lists, { alias: 'd', descending }));

/** So few are sorted sooner than they are found in their order. */
const FEW_OPEN = 1_000;

/**
 * What is open, where that of some webhooks is enough: all of it if it is little, however much is open of others; otherwise that of everybody, by these
 * conditions, since it is no small part of that. The ids come by a subquery, as in along-events.ts.
 */
function openOf(search: DeliverySearch, webhooks: readonly string[], conditions: SqlFragment[]): Ordered {
  const own =
    (size: '<=' | '>'): SqlFragment =>
    () =>
      `(select count(*) from own) ${size} ${FEW_OPEN}`;
  return (add, limit) => `
    select d.* from (
      with own as materialized (
        select d.* from ${OPEN_DELIVERIES}
        where d.webhook_id = any ((select ${add(webhooks)}::text[])::text[]) limit ${FEW_OPEN + 1}
      )
      select d.* from own d where ${own('<=')(add)} and ${behind(search)(add)}
      ${conditions.map((of) => `union all (${listed(search, OPEN_DELIVERIES, allOf([own('>'), of]))(add, limit)})`).join(' ')}
    ) d order by d.id ${directionOf(search)} limit ${limit}`;
}

/** The ways to read on, and whether an index helps. Of open ones those of webhooks, where these are given, are read instead of everybody's. */
export function waysOf(
  search: DeliverySearch,
  webhooks: readonly string[] | null = null,
): { ways: Way[]; byIndex: boolean } {
  const { filter } = search;
  const halves = halvesOf(filter);
  const asked = filter?.statusCode && [...new Set(filter.statusCode)];
  const codes = asked && asked.length <= MOST_LISTS ? asked : null;
  // All that are open may be newer than what fits: with one answer to their last attempt they have an index of their own.
  const openBy: SqlFragment[] = (
    codes
      ? codes.map(
          (code): SqlFragment =>
            (add) =>
              `d.status_code = ${add(code)}::int`,
        )
      : [() => 'true']
  ).map((of) => allOf([of, createdNear(filter)]));
  const openLists = (): Ordered[] =>
    webhooks ? [openOf(search, webhooks, openBy)] : openBy.map((of) => listed(search, OPEN_DELIVERIES, of));
  const open = halves.open ? openLists() : [];
  const closedBy = (conditions: SqlFragment[]): Way => ({
    open,
    closed: halves.closed
      ? conditions.map((of) => listed(search, CLOSED_DELIVERIES, allOf([of, createdNear(filter)])))
      : [],
  });
  const ways: Way[] = [];
  if (search.webhook != null) {
    const of: SqlFragment = (add) => `d.webhook_id = ${add(search.webhook)}`;
    ways.push({
      open: halves.open ? [listed(search, OPEN_DELIVERIES, of)] : [],
      closed: halves.closed ? [listed(search, CLOSED_DELIVERIES, of)] : [],
    });
  }
  if (codes && !codes.includes(200))
    ways.push(
      closedBy(codes.map((code) => (add) => `d.status_code = ${add(code)}::int and d.status_code <> 200`)),
    );
  const closed = filter?.status?.filter((status) => CLOSED.has(status));
  const failed = closed !== undefined && !closed.includes('SUCCEEDED');
  if (search.webhook == null && search.accounts) {
    // An answer of 2xx is a success, so none of others is.
    const among =
      failed || asked?.every((code) => code < 200 || code > 299) ? `and d.status <> 'SUCCEEDED'` : '';
    // First: of an account with little it comes to its end where the others have hardly begun.
    ways.unshift(
      closedBy(search.accounts.map((account) => (add) => `d.account_id = ${add(account)}::text ${among}`)),
    );
    return { ways, byIndex: ways.length > 1 || among !== '' };
  }
  if (failed)
    ways.push(
      closedBy(
        closed.map((status) => (add) => `d.status = ${add(status)}::text and d.status <> 'SUCCEEDED'`),
      ),
    );
  const byIndex = ways.length > 0;
  return { ways: byIndex ? ways : [closedBy([() => 'true'])], byIndex };
}
