/**
 * Events that were caused in or below some accounts, where those are few among the events of many, however many logins could have caused one: 2,000
 * logins are looked up in the index of logins in 25 ms, where a list that looks through ten million events for 30 takes 7 s.
 */
import { fewIds, fewIn } from '../db/few-ids.ts';
import { collect } from '../db/fragment.ts';
import { BEYOND, inRange, REACH } from '../db/in-order.ts';
import type { Sql, SqlFragment } from '../db/sql.ts';
import { ofLogins } from './event-keys.ts';
import type { EventSearch } from './event-search.ts';

/** Where there are more, the first ones that fit are found in time by looking through all. */
const MOST_EVENTS = 10_000;

/** The ids of all events from a floor on that logins in or below some scopes caused, as a query of at most so many rows, in no order, some of them twice. */
export const eventsWithinSql =
  (scopes: readonly string[], floor: string, most: number): SqlFragment =>
  (add) => {
    const logins = ofLogins([]);
    return `
    select e.id from (
      select m.login_id as key from scope_members m where m.scope_id = any (${add(scopes)}::text[]) offset 0
    ) range cross join lateral (
      select e.id from events e
      where ${inRange(logins, 'e.id', ['>=', `${add(floor)}::text`], ['<=', `'${BEYOND}'`])}
      order by e.login_id, e.id limit ${most}
    ) e limit ${most}`;
  };

/** The ids of all events among which all that fits a search is, in order; null when they are too many, or may be anybody's. */
export async function idsWithin(sql: Sql, search: EventSearch): Promise<string[] | null> {
  const scopes = await search.within?.();
  if (!scopes) return null;
  const { text, values } = collect((add) =>
    fewIds(eventsWithinSql(scopes, search.floor ?? '', MOST_EVENTS + 1)(add), MOST_EVENTS),
  );
  const { rows } = await sql.query<{ ids: string | null }>(text, values);
  const ids = fewIn(rows[0]!);
  return ids && [...new Set(ids)].sort();
}

/** These events, as a range of a query. */
export const ofIds =
  (ids: readonly string[]): SqlFragment =>
  (add) =>
    `(select e.* from events e where e.id = any (${add(ids)}::text[]) offset 0)`;

/** The first events that fit, of those few; null where they are not. */
export async function firstWithin(sql: Sql, search: EventSearch): Promise<Record<string, unknown>[] | null> {
  const { columns, where, after, descending, limit } = search;
  const ids = await idsWithin(sql, search);
  if (ids === null) return null;
  const ahead = ids.filter((id) => after === null || (descending ? id < after : id > after));
  if (descending) ahead.reverse();
  const found: Record<string, unknown>[] = [];
  for (let from = 0; from < ahead.length && found.length < limit; from += REACH) {
    const { text, values } = collect(
      (add) => `
        select ${columns} from ${ofIds(ahead.slice(from, from + REACH))(add)} e
        where ${where(add)} order by e.id ${descending ? 'desc' : 'asc'} limit ${limit - found.length}`,
    );
    found.push(...(await sql.query<Record<string, unknown>>(text, values)).rows);
  }
  return found;
}
