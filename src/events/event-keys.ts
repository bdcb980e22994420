/**
 * Where events lie that have something in common, as ranges of an index: those of some logins, of an entity, of a resource, of some kinds. A kind
 * is a resource and what happens to it; a table has the kinds that there are or ever were (migrations/1764000000026), for nothing is
 * published of one that the catalog does not have.
 */
import { fewIds, fewIn } from '../db/few-ids.ts';
import { collect } from '../db/fragment.ts';
import { BEYOND, inRange, type RangeKeys, rangeOrder, rangeTable } from '../db/in-order.ts';
import type { Sql } from '../db/sql.ts';

/** Each of them costs a look into every partition. */
const MOST_KINDS = 300;
/** As of an index (migrations/1764000000026). With two columns the planner would take that of the resource alone, and judge the names. */
const KIND = `(e.resource || ' ' || e.name)`;

/** Those of some logins. */
export const ofLogins = (logins: readonly string[]): RangeKeys => ({ column: 'e.login_id', keys: logins });

/** Whether they are those of some logins. */
export const isOfLogins = ({ column }: RangeKeys): boolean => column === 'e.login_id';

/** Those of an entity, by the host's id. */
export const ofEntity = (id: string): RangeKeys => ({ column: 'e.entity_id', keys: [id] });

/** What events are about, as far as it is asked for: only of these resources, only of these names. */
export interface Subject {
  resources?: readonly string[] | null | undefined;
  names?: readonly string[] | null | undefined;
}

/** The same by resource and name: by kind where names are asked for and those are not too many; null where nothing is asked for. */
export async function ofSubject(sql: Sql, subject: Subject): Promise<RangeKeys | null> {
  const kinds = await ofKinds(sql, subject);
  const { resources } = subject;
  return kinds ?? (resources ? { column: 'e.resource', keys: resources } : null);
}

/**
 * Those of some names, by all kinds that those can be of, of some resources where these are given; null when no names are, or the kinds are more than
 * are looked at one by one. What is published behind this look may be of another kind, which the catalog did not have then.
 */
export async function ofKinds(sql: Sql, { resources, names }: Subject): Promise<RangeKeys | null> {
  if (!names) return null;
  const stored = (texts: readonly string[]): string[] => texts.filter((text) => !text.includes('\0'));
  const { rows } = await sql.query<{ key: string }>(
    `select k.resource || ' ' || k.name as key from event_kinds k
     where k.name = any ($1::text[]) and ($2::text[] is null or k.resource = any ($2::text[])) limit ${MOST_KINDS + 1}`,
    [stored(names), resources ? stored(resources) : null],
  );
  return rows.length > MOST_KINDS ? null : { column: KIND, keys: rows.map(({ key }) => key) };
}

/** The ids of the events of some ranges; null when there are more than most. */
export async function idsOf(sql: Sql, keys: RangeKeys, most: number): Promise<string[] | null> {
  if (keys.keys.some((key) => key.includes('\0'))) return [];
  const { text, values } = collect((add) =>
    fewIds(
      `select e.id from ${rangeTable(keys)(add)} cross join lateral (
         select e.id from events e
         where ${inRange(keys, 'e.id', ['>=', `''`], ['<=', `'${BEYOND}'`])}
         order by ${rangeOrder(keys, 'e.id')} limit ${most + 1}
       ) e limit ${most + 1}`,
      most,
    ),
  );
  const { rows } = await sql.query<{ ids: string | null }>(text, values);
  return fewIn(rows[0]!);
}
