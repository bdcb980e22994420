/**
 * Kinds of events: a resource and what happens to it. An index has the events of each kind in the order of their ids, and a table has the kinds that
 * there are or ever were (migrations/1764000000026). Nothing is published of a kind that the catalog does not have.
 */
import type { RangeKeys } from '../db/in-order.ts';
import type { Sql } from '../db/sql.ts';

/** A kind of events. */
export interface Kind {
  resource: string;
  name: string;
}

/** Each of them costs a look into every partition. */
const MOST_KINDS = 300;

/**
 * The kinds that events of some names can be of, of some resources where those are given; null when there are more than are looked at one by one.
 * What is published behind this look may be of another one, which the catalog did not have then.
 */
export async function kindsNamed(
  sql: Sql,
  names: readonly string[],
  resources: readonly string[] | null = null,
): Promise<Kind[] | null> {
  const stored = (texts: readonly string[]): string[] => texts.filter((text) => !text.includes('\0'));
  const { rows } = await sql.query<Kind>(
    `select k.resource, k.name from event_kinds k
     where k.name = any ($1::text[]) and ($2::text[] is null or k.resource = any ($2::text[])) limit ${MOST_KINDS + 1}`,
    [stored(names), resources && stored(resources)],
  );
  return rows.length > MOST_KINDS ? null : rows;
}

/** As of an index (migrations/1764000000026). With two columns the planner would take that of the resource alone, and judge the names. */
const KIND = `(e.resource || ' ' || e.name)`;

/** Where the events of some kinds lie, as ranges of that index. */
export const rangesOfKinds = (kinds: readonly Kind[]): RangeKeys => ({
  column: KIND,
  keys: kinds.map(({ resource, name }) => `${resource} ${name}`),
});
