/**
 * Deliveries found along the events that caused them, for what is too seldom among all deliveries and too much to be looked up at once:
 * those of the logins of an account, of an entity, of a resource, of some kinds of events. Born at the publish of their event, deliveries follow each other as
 * their events do, but for what replays bear later; those have an index of their own (migrations/1764000000018).
 */
import { allOf, collect } from '../db/fragment.ts';
import {
  firstOf,
  inRange,
  type Ordered,
  type RangeKeys,
  rangeOrder,
  rangeTable,
  readFirst,
} from '../db/in-order.ts';
import { DEFAULT_PAGE } from '../db/page.ts';
import type { Sql, SqlFragment } from '../db/sql.ts';
import { isOfLogins } from '../events/event-keys.ts';
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

/** So many times as many are read next. */
const STEP = 10;
/** Of so many events so many times as many deliveries are looked through. */
const DELIVERIES_PER_EVENT = 2;
/** What is found by its event costs as much as so many deliveries that are read in their order, judged and dropped: 15 us and 1.4. */
const EVENT_COSTS = 10;
/** So many events are read first for each row of a page. */
const EVENTS_PER_ROW = 5;
/** So many at least are worth it, whatever else there is: each may cost a look into every partition of the deliveries. */
const MOST_EVENTS = 10_000;
/** More are not at all: of so many the ids alone are 3 MB. */
const MOST_EVENTS_EVER = 100_000;

/**
 * The first deliveries that fit, as rows of DELIVERY_COLUMNS; null when more events would have to be read for them than are worth it where
 * otherwise so many deliveries are looked at in their order (instead), or where that has been found before, with fewer (before).
 */
export async function readAlong(
  sql: Sql,
  search: DeliverySearch,
  keys: RangeKeys,
  { before, instead }: { before: number; instead: number },
): Promise<Record<string, unknown>[] | null> {
  const ever = mostEvents(instead);
  if (before > 0 && mostEvents(before) === ever) return null;
  const { limit } = search;
  const froms = fromsOf(search.filter);
  const wanted = wantedOf(search);
  const start = EVENTS_PER_ROW * Math.max(limit, DEFAULT_PAGE);
  let most = before > 0 ? ever : start;
  for (;;) {
    const { ids, end } = await eventsAlong(sql, search, keys, most);
    const upTo = edge(search, end);
    // Of all their events, whenever they were published, what replays bore is among their deliveries, too.
    const whole = end === null && earliest(search) === null;
    const born = await readFirst(
      sql,
      froms.map((from) => ofEvents(search, from, ids, upTo, whole ? 'all' : 'at publish')),
      DELIVERIES_PER_EVENT * ever,
      wanted,
    );
    if (!born.complete) return null;
    // Whoever sends a test may be none of these logins.
    const others = [...(whole ? [] : ['REPLAY' as const]), ...(isOfLogins(keys) ? ['TEST' as const] : [])];
    // Where little fits, more events are read before what replays bore.
    if (end === null || 2 * born.rows.length >= limit) {
      const rows = await withOthers(sql, search, born.rows, { others, upTo, most: ever });
      if (end === null || rows?.length === limit) return rows;
    }
    // At once as far as may be worth it: each step costs more than it saves.
    const promising = most <= start || born.rows.length * ever > most * limit;
    if (most >= ever || !promising) return null;
    most = Math.min(ever, STEP * most);
  }
}

/** How many events, and of their deliveries and of what replays bore, are looked through where otherwise so many deliveries are, in their order. */
function mostEvents(instead: number): number {
  return Math.min(MOST_EVENTS_EVER, Math.max(MOST_EVENTS, Math.floor(instead / EVENT_COSTS)));
}

/**
 * The first of some rows and of what replays bore among them, or tests; null when that is too much. A page that is full needs none from behind its end: a
 * list of an account with little looks at 8,300 rows then instead of 15,700.
 */
async function withOthers(
  sql: Sql,
  search: DeliverySearch,
  rows: Record<string, unknown>[],
  { others, upTo, most }: { others: ('REPLAY' | 'TEST')[]; upTo: SqlFragment; most: number },
): Promise<Record<string, unknown>[] | null> {
  if (others.length === 0) return rows;
  const { descending, limit, filter } = search;
  const last = rows.length === limit ? rows.at(-1)!['id'] : null;
  const before: SqlFragment =
    last === null ? upTo : (add) => `d.id ${descending ? '>=' : '<='} ${add(last)}::text`;
  const found = await readFirst(
    sql,
    fromsOf(filter).flatMap((from) =>
      others.map((origin) =>
        listed(search, from, allOf([() => `d.origin = '${origin}'`, before, createdNear(filter)])),
      ),
    ),
    most,
    wantedOf(search),
  );
  if (!found.complete) return null;
  // A test of one of these logins is found by its event, too.
  const byId = new Map([...rows, ...found.rows].map((row) => [row['id'], row]));
  return firstOf([...byId.values()], search);
}

/**
 * Some of the first events, at most some most of them, and the id behind which there may be others; null for none. Of each range
 * equally many are read, up to the first one of which there are more.
 */
async function eventsAlong(
  sql: Sql,
  search: DeliverySearch,
  { column, keys: given }: RangeKeys,
  most: number,
): Promise<{ ids: string[]; end: string | null }> {
  const keys = { column, keys: given.filter((key) => !key.includes('\0')) };
  const each = Math.ceil((2 * most) / (keys.keys.length + 1));
  const [from, to] = idsAround(search);
  const { text, values } = collect((add) => {
    const [low, high] = [`${add(from)}::text`, `${add(to)}::text`];
    // The order makes the planner take the index of the columns, whatever it thinks of the values; of a login it thinks right, and
    // then opens no more partitions than it needs.
    const within = isOfLogins(keys)
      ? 'e.login_id = range.key'
      : inRange(keys, 'e.id', ['>=', low], ['<', high]);
    return `
      select range.key, e.id
      from ${rangeTable(keys)(add)}
      cross join lateral (
        select e.id from events e
        where ${within} and e.id >= ${low} and e.id < ${high}
        order by ${rangeOrder(keys, 'e.id', directionOf(search))} limit ${each}) e`;
  });
  const { rows } = await sql.query<{ key: string; id: string }>(text, values);
  const counts = new Map<string, number>();
  let end: string | null = null;
  const isBefore = (a: string, b: string): boolean => (search.descending ? a > b : a < b);
  for (const { key, id } of rows) {
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    if (count === each && (end === null || isBefore(id, end))) end = id;
  }
  const ids = rows.map(({ id }) => id).filter((id) => end === null || !isBefore(end, id));
  // Each partition that is asked for them sorts them: 1 ms of 1,939, and a tenth of that of sorted ones.
  return { ids: ids.sort(), end };
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
 * Deliveries of these events, or of those the ones that were born at their publish. A delivery is never older than its event, and but for what
 * replays bear hardly younger: by such values the planner leaves out the partitions of other times. The ids come by a subquery, since it would
 * weigh each of them for each partition, and from some hundred on read all of it: of 1,939 events 18 ms instead of 44, which they took one by one.
 * OFFSET keeps it from reading on in the order of ids instead.
 */
function ofEvents(
  search: DeliverySearch,
  from: string,
  ids: string[],
  upTo: SqlFragment,
  origin: 'all' | 'at publish',
): Ordered {
  const times = ids.map(idTime);
  const low = idFloor('delivery', Math.min(MOST_TIME_MS, ...times) - MARGIN_MS);
  const high = idFloor('delivery', Math.max(0, ...times) + MARGIN_MS);
  const born: SqlFragment =
    origin === 'all' ? () => 'true' : (add) => `d.id < ${add(high)}::text and d.origin <> 'REPLAY'`;
  return (add, limit) => `
    select d.* from (
      select d.* from ${from}
      where d.event_id = any ((select ${add(ids)}::text[])::text[]) and d.id >= ${add(low)}::text
        and ${born(add)} and ${behind(search)(add)} and ${upTo(add)} offset 0) d
    order by d.id ${directionOf(search)} limit ${limit}`;
}
