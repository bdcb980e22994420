/**
 * Finds events, by id from either end. What a reader may see of them is told by their paths, or by the webhooks that they
 * fired, which no index knows. So the first ones are looked through; where too few of them fit, those are read that are of the kinds
 * asked for (event-keys.ts), if those are rare, or that the logins caused whose events can fit at all (migrations/1764000000018), if there
 * are not too many of them, as far as the page takes, or of their events (few-within.ts), or that the webhooks fired which are asked for (fired-events.ts).
 */
import { allOf } from '../db/fragment.ts';
import {
  BEYOND,
  type Found,
  ofRanges,
  type Ordered,
  type RangeKeys,
  type Ranges,
  REACH,
  readFirst,
  readFirstOfEach,
  WHOLE,
} from '../db/in-order.ts';
import type { Sql, SqlFragment } from '../db/sql.ts';
import { idFloor } from '../ids.ts';
import { ofKinds, ofLogins } from './event-keys.ts';
import type { EventSearch, Span } from './event-search.ts';
import { firstWithin } from './few-within.ts';
import { newestFired } from './fired-events.ts';

/** By how much clocks may differ, and the time that lies between what happened and its publish for most, ms. */
const MARGIN_MS = 300_000;
/**
 * 1 for an event that was published five minutes after it happened or later, or before it: what stands elsewhere in the order of ids
 * than its time says. The expression of an index (migrations/1764000000018).
 */
const UNTIMELY = `(case when e.published_at - e.occurred_at > interval '5 minutes'
  or e.published_at - e.occurred_at < interval '-5 minutes' then 1 end)`;
/** Each of them costs a look into every partition. */
export const MOST_LOGINS = 300;
const MOST_RESOURCES = 10;
/** These are looked at before anything else. */
const FEW_LOGINS = 20;
/** Of some logins so many events are looked at first for each row of a page; where more than so many are needed, this many of each at once. */
const EVENTS_PER_ROW = 12;
const MOST_IN_ORDER = 3 * REACH;
const ALL_OF_LOGIN = 10 * REACH;
/** So many events of the kinds asked for are judged, where they do not make a page before. */
export const MOST_OF_KINDS = 10 * REACH;

/** The first events that fit. */
export async function findEvents(sql: Sql, search: EventSearch): Promise<Record<string, unknown>[]> {
  const few = await search.loginsOf(FEW_LOGINS);
  if (few) return readOfLogins(sql, search, few);
  const near = await readNear(sql, search, REACH);
  if (near.complete) return near.rows;
  const kinds = await ofKinds(sql, search);
  const rare = kinds && (await readIn(sql, search, kinds, REACH));
  if (rare?.complete) return rare.rows;
  const logins = await search.loginsOf(MOST_LOGINS);
  if (logins) return readOfLogins(sql, search, logins);
  const within = await firstWithin(sql, search);
  if (within) return within;
  const seldom = kinds && (await readIn(sql, search, kinds, MOST_OF_KINDS));
  if (seldom?.complete) return seldom.rows;
  const fromTheEnd = search.after === null && search.descending;
  const webhooks = fromTheEnd ? await search.webhooksOf?.() : null;
  const fired = webhooks ? await newestFired(sql, search, webhooks) : null;
  return fired ?? (await readNear(sql, search, WHOLE)).rows;
}

/** The first ones that fit of those of some ranges, of which no more than reach are judged. */
function readIn(sql: Sql, search: EventSearch, of: RangeKeys, reach: number): Promise<Found> {
  return readFirst(sql, listsIn(search, of), reach, { ...wantedOf(search), columns: search.columns });
}

function readNear(sql: Sql, search: EventSearch, reach: number): Promise<Found> {
  return readFirst(sql, listsOf(search), reach, { ...wantedOf(search), columns: search.columns });
}

/** What of an event is looked at. */
export const wantedOf = ({ where, limit, descending }: EventSearch) => ({
  ...{ alias: 'e', fits: where, limit, descending },
});

/** The lists among which all that fits is, each in the order of an index. */
export function listsOf(search: EventSearch): Ordered[] {
  const { entityId, loginId, resources, occurredAt } = search;
  if (entityId != null) return [inOrder(search, (add) => `e.entity_id = ${add(storable(entityId))}`)];
  if (loginId != null) return [inOrder(search, (add) => `e.login_id = ${add(storable(loginId))}`)];
  if (resources && resources.length <= MOST_RESOURCES)
    return [...new Set(resources)].map((name) => ofResource(search, storable(name)));
  if (occurredAt?.from || occurredAt?.to)
    return [
      inOrder(search, allOf([publishedNear(occurredAt), () => `${UNTIMELY} is distinct from 1`])),
      inOrder(search, () => `${UNTIMELY} = 1`),
    ];
  return [inOrder(search, () => 'true')];
}

/** PostgreSQL refuses NUL in a text; what is looked for there is judged again by `where`. */
const storable = (text: string): string => text.replaceAll('\0', '');

function inOrder(search: EventSearch, of: SqlFragment): Ordered {
  return (add, limit) => `
    select e.* from events e where ${of(add)} and ${behind(search)(add)}
    order by e.id ${search.descending ? 'desc' : 'asc'} limit ${limit}`;
}

/** The order makes the planner take the index of resources, which it thinks little of where one in twenty events is of this one. */
function ofResource(search: EventSearch, name: string): Ordered {
  const direction = search.descending ? 'desc' : 'asc';
  return (add, limit) => `
    select e.* from events e where e.resource >= ${add(name)} and e.resource <= ${add(name)} and ${behind(search)(add)}
    order by e.resource ${direction}, e.id ${direction} limit ${limit}`;
}

function behind({ after, floor, descending }: EventSearch): SqlFragment {
  const bounds: SqlFragment[] = [];
  if (after !== null) bounds.push((add) => `e.id ${descending ? '<' : '>'} ${add(after)}::text`);
  if (floor != null) bounds.push((add) => `e.id >= ${add(floor)}::text`);
  return allOf(bounds);
}

/** Ids of events that were published within five minutes of a span. */
function publishedNear({ from, to }: Span): SqlFragment {
  const bounds: SqlFragment[] = [];
  if (from) bounds.push((add) => `e.id >= ${add(idFloor('event', from.getTime() - 2 * MARGIN_MS))}::text`);
  if (to) bounds.push((add) => `e.id < ${add(idFloor('event', to.getTime() + 2 * MARGIN_MS))}::text`);
  return allOf(bounds);
}

/** Of the logins' events as many are judged as it takes, in their order and in steps: to judge one may be 50 us. */
async function readOfLogins(
  sql: Sql,
  search: EventSearch,
  logins: readonly string[],
): Promise<Record<string, unknown>[]> {
  const wanted = { ...wantedOf(search), columns: search.columns };
  const { entityId, limit } = search;
  // Few are of one entity.
  let reach = entityId == null ? Math.min(MOST_IN_ORDER, EVENTS_PER_ROW * limit) : WHOLE;
  while (reach <= MOST_IN_ORDER) {
    const read = await readIn(sql, search, ofLogins(logins), reach);
    if (read.complete) return read.rows;
    reach = read.seen === 0 ? WHOLE : 2 * reach * Math.max(1, Math.ceil(limit / read.seen));
  }
  for (let most = ALL_OF_LOGIN; ; most = Math.min(WHOLE, 10 * most)) {
    const read = await readFirstOfEach(sql, rangesOf(search, ofLogins(logins)), most, wanted);
    if (read.complete) return read.rows;
  }
}

/** All that fits among some ranges, as lists. */
function listsIn(search: EventSearch, of: RangeKeys): Ordered[] {
  const { occurredAt } = search;
  const ranges = rangesOf(search, of, occurredAt);
  // What stands elsewhere than its time says is known for all of them alone.
  const elsewhere = occurredAt?.from || occurredAt?.to ? [untimelyOutside(search, ranges)] : [];
  return [ofRanges(ranges), ...elsewhere];
}

/** Some ranges, of those that were published near a span of time where that is given. */
function rangesOf(search: EventSearch, of: RangeKeys, near?: Span | null): Ranges {
  const { after, floor, descending } = search;
  const from = near?.from ? idFloor('event', near.from.getTime() - 2 * MARGIN_MS) : '';
  return {
    ...of,
    ...{ table: 'events', alias: 'e', after, descending },
    floor: floor != null && floor > from ? floor : from,
    ceiling: near?.to ? idFloor('event', near.to.getTime() + 2 * MARGIN_MS) : BEYOND,
  };
}

const untimelyOutside = (search: EventSearch, { floor, ceiling }: Ranges): Ordered =>
  inOrder(
    search,
    (add) => `${UNTIMELY} = 1 and (e.id < ${add(floor)}::text or e.id > ${add(ceiling)}::text)`,
  );

/** The logins that are or ever were in or below one of these accounts, logins and teams; null when there are more than most. */
export async function membersOf(
  sql: Sql,
  scopeIds: readonly string[],
  most: number,
): Promise<string[] | null> {
  const { rows } = await sql.query<{ id: string }>(
    'select m.login_id as id from scope_members m where m.scope_id = any ($1::text[]) limit $2',
    [[...new Set(scopeIds)], most + 1],
  );
  return rows.length > most ? null : [...new Set(rows.map(({ id }) => id))];
}

/** The logins whose events can have fired one of these webhooks; null when there are more than most. */
export async function firingLogins(
  sql: Sql,
  webhookIds: readonly string[],
  most: number,
): Promise<string[] | null> {
  const { rows } = await sql.query<{ id: string }>(
    'select distinct s.scope_id as id from webhook_scopes s where s.webhook_id = any ($1::text[]) limit $2',
    [webhookIds, most + 1],
  );
  if (rows.length > most) return null;
  const scopes = rows.map(({ id }) => id);
  return membersOf(sql, scopes, most);
}
