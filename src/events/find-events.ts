/**
 * Finds events, by id from either end. What a reader may see of them is told by their paths, or by the webhooks that they
 * fired, which no index knows. So the first ones are looked through; where too few of them fit, those are read that the logins
 * caused whose events can fit at all (migrations/1764000000018), login by login, if there are not too many, or those that the
 * webhooks fired which are asked for (fired-events.ts).
 */
import { allOf, collect } from '../db/fragment.ts';
import { countFirst, type Found, type Ordered, REACH, readFirst } from '../db/in-order.ts';
import type { Sql, SqlFragment } from '../db/sql.ts';
import { idFloor } from '../ids.ts';
import type { EventSearch, Span } from './event-search.ts';
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
const MOST_LOGINS = 300;
const MOST_RESOURCES = 10;
/** These are looked at before anything else. */
const FEW_LOGINS = 20;
/** Where nothing else is known: as if there were no end. */
const WHOLE = 2 ** 31 - 1;

/** The first events that fit. */
export async function findEvents(sql: Sql, search: EventSearch): Promise<Record<string, unknown>[]> {
  const few = await search.loginsOf(FEW_LOGINS);
  if (few) return readOfLogins(sql, search, few);
  const near = await readNear(sql, search, REACH);
  if (near.complete) return near.rows;
  const logins = await search.loginsOf(MOST_LOGINS);
  if (logins) return readOfLogins(sql, search, logins);
  const fromTheEnd = search.after === null && search.descending;
  const webhooks = fromTheEnd ? await search.webhooksOf?.() : null;
  const fired = webhooks ? await newestFired(sql, search, webhooks) : null;
  return fired ?? (await readNear(sql, search, WHOLE)).rows;
}

/** How many events fit, as far as limit, and whether those are all: it gives up where too few of many fit. */
export async function countEvents(
  sql: Sql,
  search: EventSearch,
  reach: number,
): Promise<{ count: number; complete: boolean }> {
  const logins = await search.loginsOf(MOST_LOGINS);
  if (logins)
    return {
      count: (await readOfLogins(sql, { ...search, columns: 'e.id' }, logins)).length,
      complete: true,
    };
  return countFirst(sql, listsOf(search), reach, wantedOf(search));
}

function readNear(sql: Sql, search: EventSearch, reach: number): Promise<Found> {
  return readFirst(sql, listsOf(search), reach, { ...wantedOf(search), columns: search.columns });
}

const wantedOf = ({ where, limit, descending }: EventSearch) => ({
  ...{ alias: 'e', fits: where, limit, descending },
});

/** The lists among which all that fits is, each in the order of an index. */
function listsOf(search: EventSearch): Ordered[] {
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

async function readOfLogins(
  sql: Sql,
  search: EventSearch,
  logins: readonly string[],
): Promise<Record<string, unknown>[]> {
  const { columns, where, limit } = search;
  const direction = search.descending ? 'desc' : 'asc';
  const { text, values } = collect(
    (add) => `
      select ${columns}
      from unnest(${add(logins)}::text[]) as login (id)
      cross join lateral (
        select e.* from (
          -- OFFSET keeps the planner from bringing in other indexes.
          select e.* from events e where e.login_id = login.id and ${behind(search)(add)}
          order by e.id ${direction} offset 0
        ) e
        where ${where(add)}
        order by e.id ${direction} limit ${limit}
      ) e
      order by e.id ${direction} limit ${limit}`,
  );
  return (await sql.query<Record<string, unknown>>(text, values)).rows;
}

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
