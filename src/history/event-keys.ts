/** Which events the deliveries that are asked for can be of, as ranges of an index, and the events of such ranges. */
import { collect } from '../db/fragment.ts';
import { BEYOND, inRange, type RangeKeys, rangeOrder, rangeTable } from '../db/in-order.ts';
import type { Sql } from '../db/sql.ts';
import { kindsNamed, rangesOfKinds } from '../events/kinds.ts';
import type { DeliverySearch } from './delivery-search.ts';

/** Of which events, by a column of theirs that an index has before the id. */
export type EventKeys = RangeKeys;

const MOST_EVENTS = 2_000;

/** Those of some logins. */
export const ofLogins = (logins: string[]): EventKeys => ({ column: 'e.login_id', keys: logins });

/** Whether they are those of some logins. */
export const isOfLogins = ({ column }: EventKeys): boolean => column === 'e.login_id';

/** Those of an entity, by the host's id. */
export const ofEntity = (id: string): EventKeys => ({ column: 'e.entity_id', keys: [id] });

/** By which columns of events what is asked for may be seldom, the most telling first. */
export async function keysOfEvent(sql: Sql, search: DeliverySearch): Promise<EventKeys[]> {
  const { entityId } = search.filter ?? {};
  return [...(entityId != null ? [ofEntity(entityId)] : []), ...(await keysOfSubject(sql, search))];
}

/** The same of a resource and an event, if one of them is asked for: its kinds, where they are not too many. */
export async function keysOfSubject(sql: Sql, { filter }: DeliverySearch): Promise<EventKeys[]> {
  const { resource, event } = filter ?? {};
  const kinds = event == null ? null : await kindsNamed(sql, [event], resource == null ? null : [resource]);
  if (kinds) return [rangesOfKinds(kinds)];
  return resource != null ? [{ column: 'e.resource', keys: [resource] }] : [];
}

/** The events of some ranges of an index; null when there are more than MOST_EVENTS. */
export async function eventsWith(sql: Sql, keys: EventKeys): Promise<string[] | null> {
  if (keys.keys.some((text) => text.includes('\0'))) return [];
  const { text, values } = collect(
    (add) => `
      select e.id from ${rangeTable(keys)(add)} cross join lateral (
        select e.id from events e
        where ${inRange(keys, 'e.id', ['>=', `''`], ['<=', `'${BEYOND}'`])}
        -- The order makes the planner take the index, whatever it thinks of the values.
        order by ${rangeOrder(keys, 'e.id')} limit ${MOST_EVENTS + 1}
      ) e limit ${MOST_EVENTS + 1}`,
  );
  const { rows } = await sql.query<{ id: string }>(text, values);
  return rows.length > MOST_EVENTS ? null : rows.map(({ id }) => id);
}
