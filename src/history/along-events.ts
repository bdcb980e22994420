/**
 * Deliveries found along the events that caused them, for what is too seldom among all deliveries and too much to be looked up at once:
 * those of the logins of an account, of an entity, of a resource. Born at the publish of their event, deliveries follow each other as
 * their events do, but for what replays bear later; those have an index of their own (migrations/1764000000018).
 */
import { allOf } from '../db/fragment.ts';
import { type Ordered, REACH, readFirst } from '../db/in-order.ts';
import { DEFAULT_PAGE } from '../db/page.ts';
import type { Sql, SqlFragment } from '../db/sql.ts';
import { idFloor, idTime } from '../ids.ts';
import {
  behind,
  createdNear,
  type DeliverySearch,
  directionOf,
  fromsOf,
  listed,
  MARGIN_MS,
  wantedOf,
} from './delivery-search.ts';

/** Of which events, by a column of theirs that has an index. */
export interface EventKeys {
  column: 'login_id' | 'entity_id' | 'resource';
  values: string[];
}

/** So many times as many are read next. */
const STEP = 10;
/** So many events are read first for each row of a page. */
const EVENTS_PER_ROW = 5;
/** More are not: each costs a look into every partition of the deliveries. */
const MOST_EVENTS = 10_000;

/** The first deliveries that fit, as rows of DELIVERY_COLUMNS; null when too many events would have to be read for them. */
export async function readAlong(
  sql: Sql,
  search: DeliverySearch,
  keys: EventKeys,
): Promise<Record<string, unknown>[] | null> {
  let reach = REACH;
  let most = EVENTS_PER_ROW * Math.max(search.limit, DEFAULT_PAGE);
  let events = await eventsAlong(sql, search, keys, most);
  for (;;) {
    const { ids, end } = events;
    const upTo = edge(search, end);
    const lists = fromsOf(search.filter).flatMap((from) =>
      // Of all their events, whenever they were published: then what replays bore is among their deliveries, too.
      end === null && earliest(search) === null
        ? [ofEvents(search, from, ids, upTo)]
        : [
            ofEvents(search, from, ids, upTo, 'at publish'),
            listed(search, from, allOf([() => `d.origin = 'REPLAY'`, upTo, createdNear(search.filter)])),
          ],
    );
    const { rows, complete, seen } = await readFirst(sql, lists, reach, wantedOf(search));
    if (complete && (end === null || rows.length === search.limit)) return rows;
    // Where the events make a page, only what replays bore does not reach as far as they do.
    const onlyReplays = !complete && 2 * seen >= search.limit && reach < MOST_EVENTS;
    if (!complete && end === null && reach === MOST_EVENTS) return null;
    if (!complete) reach = MOST_EVENTS;
    if (onlyReplays || end === null) continue;
    // At once as far as may be worth it: each step costs more than it saves.
    const promising =
      most <= EVENTS_PER_ROW * Math.max(search.limit, DEFAULT_PAGE) ||
      seen * MOST_EVENTS > most * search.limit;
    if (most === MOST_EVENTS || !promising) return null;
    most = Math.min(MOST_EVENTS, STEP * most);
    events = await eventsAlong(sql, search, keys, most);
  }
}

/**
 * Some of the first events, at most some most of them, and the id behind which there may be others; null for none. Of each value
 * equally many are read, up to the first one of which there are more.
 */
async function eventsAlong(
  sql: Sql,
  search: DeliverySearch,
  { column, values }: EventKeys,
  most: number,
): Promise<{ ids: string[]; end: string | null }> {
  const each = Math.ceil((2 * most) / (values.length + 1));
  const direction = directionOf(search);
  const [from, to] = idsAround(search);
  // The order makes the planner take the index of the column, whatever it thinks of the value; of a login it thinks right, and
  // then opens no more partitions than it needs.
  const isOne = column === 'login_id' ? '= value.text' : `>= value.text and e.${column} <= value.text`;
  const { rows } = await sql.query<{ value: string; id: string }>(
    `select value.text as value, e.id
     from unnest($1::text[]) as value (text)
     cross join lateral (
       select e.id from events e
       where e.${column} ${isOne} and e.id >= $2::text and e.id < $3::text
       order by e.${column} ${direction}, e.id ${direction} limit $4) e`,
    [values.filter((value) => !value.includes('\0')), from, to, each],
  );
  const counts = new Map<string, number>();
  let end: string | null = null;
  const isBefore = (a: string, b: string): boolean => (search.descending ? a > b : a < b);
  for (const { value, id } of rows) {
    const count = (counts.get(value) ?? 0) + 1;
    counts.set(value, count);
    if (count === each && (end === null || isBefore(id, end))) end = id;
  }
  return { ids: rows.map(({ id }) => id).filter((id) => end === null || !isBefore(end, id)), end };
}

/** Between which ids the events lie whose deliveries can fit. */
function idsAround(search: DeliverySearch): [from: string, to: string] {
  const { after, descending, filter } = search;
  const { to } = filter?.createdAt ?? {};
  const highest = [to?.getTime(), ...(after !== null && descending ? [idTime(after)] : [])];
  const known = highest.filter((time) => time !== undefined);
  return [
    idFloor('event', (earliest(search) ?? 0) - 2 * MARGIN_MS),
    idFloor('event', Math.min(MOST_TIME_MS, ...known) + 2 * MARGIN_MS),
  ];
}

/** Since when the deliveries that can fit were born, ms; null where nothing says so. */
function earliest({ after, descending, filter }: DeliverySearch): number | null {
  const from = filter?.createdAt?.from?.getTime() ?? null;
  const behind = after !== null && !descending ? idTime(after) : null;
  return from === null || behind === null ? (from ?? behind) : Math.max(from, behind);
}

/** The year 9999 is far enough. */
const MOST_TIME_MS = 253_370_764_800_000;

/** Deliveries of other events than those that were read were born behind that. */
function edge({ descending }: DeliverySearch, end: string | null): SqlFragment {
  if (end === null) return () => 'true';
  const atMs = idTime(end) + (descending ? MARGIN_MS : -MARGIN_MS);
  return (add) => `d.id ${descending ? '>=' : '<'} ${add(idFloor('delivery', atMs))}::text`;
}

/**
 * Deliveries of these events, those of some origin. A delivery is never older than its event, and but for what replays bear hardly younger, which leaves
 * one or two partitions to look into for each event: all 13 took twice as long. OFFSET keeps the planner from reading on in the order
 * of ids instead.
 */
function ofEvents(
  search: DeliverySearch,
  from: string,
  ids: string[],
  upTo: SqlFragment,
  origin: 'all' | 'at publish' = 'all',
): Ordered {
  const lows = ids.map((id) => idFloor('delivery', idTime(id) - MARGIN_MS));
  const highs = ids.map((id) => idFloor('delivery', idTime(id) + MARGIN_MS));
  const born = origin === 'all' ? 'true' : 'd.id < event.high';
  return (add, limit) => `
    select d.* from unnest(${add(ids)}::text[], ${add(lows)}::text[], ${add(highs)}::text[]) as event (id, low, high)
    cross join lateral (
      select d.* from ${from}
      where d.event_id = event.id and d.id >= event.low and ${born} and ${behind(search)(add)} and ${upTo(add)} offset 0) d
    where ${origin === 'all' ? 'true' : `d.origin <> 'REPLAY'`}
    order by d.id ${directionOf(search)} limit ${limit}`;
}
