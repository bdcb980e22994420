/**
 * Long lists in one order of which a reader wants the first rows that fit. A list is read along an index and what does not fit
 * is dropped, which is fast where much fits: so that is tried for some rows. Where they do not make a page, the caller knows
 * another way, or goes on in larger steps. The planner has to guess which of the two it is, and with places in a tree it
 * guesses wrong.
 */
import { collect } from './fragment.ts';
import type { Sql, SqlFragment } from './sql.ts';

/** So many rows are tried first: where one of ten fits, they hold a page of 100. */
export const REACH = 1_000;

/** So many rows a count looks at, at most, where each has to be judged: some 30 ms. */
export const COUNTED_REACH = 5 * REACH;

/** So many are all that there are, where nothing else is known. */
export const WHOLE = 2 ** 31 - 1;

/** How much farther is looked at the most when what was looked at was too little. */
const MOST_STEP = 10;

/**
 * How many rows to look at next, where so many of the wanted ones were among the first reach rows: twice as many as that promises, if
 * it is not too far a step.
 */
export function nextReach(reach: number, found: number, wanted: number): number {
  return Math.ceil(reach * (found === 0 ? MOST_STEP : Math.min(MOST_STEP, (2 * wanted) / found)));
}

/** A list in its order, the first rows of it: SQL of at most so many rows, which have the column id. */
export type Ordered = (add: (value: unknown) => string, limit: number) => string;

/** What some ranges of an index have before the id. */
export interface RangeKeys {
  /** A column, or an expression that the index is of, with the alias of the table. */
  column: string;
  /** Its value in each of them. */
  keys: readonly string[];
}

/** Several ranges of an index, of a table whose name in SQL is alias. */
export interface Ranges extends RangeKeys {
  table: string;
  alias: string;
  /** No smaller ids, and no larger ones. */
  floor: string;
  ceiling: string;
  /** None before this id in the order, nor itself. */
  after: string | null;
  descending: boolean;
}

/** Of so few the first rows of each are no more than what is read otherwise. */
const FEW_RANGES = 3;

/** Behind all ids. */
export const BEYOND = '~';

/** The ranges, as a table range with the column key. */
export const rangeTable =
  ({ keys }: RangeKeys): SqlFragment =>
  (add) =>
    `unnest(${add(keys)}::text[]) as range (key)`;

/**
 * That a row e with an id lies in a range, from low (>= or >) to high (<= or <), which are expressions. Of two bounds of the id the planner
 * would take another index. These are over both columns, and an order by both, as of rangeOrder, makes it take this one.
 */
export function inRange(
  { column }: RangeKeys,
  id: string,
  low: readonly [string, string],
  high: readonly [string, string],
): string {
  return `(${column}, ${id}) ${low[0]} (range.key, ${low[1]}) and (${column}, ${id}) ${high[0]} (range.key, ${high[1]})`;
}

/** The order of the index. */
export const rangeOrder = ({ column }: RangeKeys, id: string, direction = 'asc'): string =>
  `${column} ${direction}, ${id} ${direction}`;

/** The first rows of a range, in order, where they have the columns named, as a query beside a table range (key); upTo is where else it ends, as SQL. */
function ofRange(ranges: Ranges, columns: string, upTo: string | null, most: number): SqlFragment {
  const { table, alias, floor, ceiling, after, descending } = ranges;
  const direction = descending ? 'desc' : 'asc';
  const low = !descending && after !== null && after >= floor ? ['>', after] : ['>=', floor];
  const high = descending && after !== null && after <= ceiling ? ['<', after] : ['<=', ceiling];
  return (add) => {
    // Neither heeds a null, which there is where the list is no longer than that.
    const toLow = upTo && descending ? `greatest(${add(low[1])}::text, ${upTo})` : `${add(low[1])}::text`;
    const toHigh = upTo && !descending ? `least(${add(high[1])}::text, ${upTo})` : `${add(high[1])}::text`;
    return `
      select ${columns} from ${table} ${alias}
      where ${inRange(ranges, `${alias}.id`, [low[0]!, toLow], [high[0]!, toHigh])}
      order by ${rangeOrder(ranges, `${alias}.id`, direction)} limit ${most}`;
  };
}

/**
 * The rows of several ranges in one order. Equally few ids of each are read first, which say how far the list goes at most; without that
 * all rows of all ranges would be read and sorted for the first ones.
 */
export function ofRanges(ranges: Ranges, columns = `${ranges.alias}.*`): Ordered {
  const { alias, keys, descending } = ranges;
  const direction = descending ? 'desc' : 'asc';
  return (add, limit) => {
    const first = (read: string, upTo: string | null, most: number): string => `
      select ${alias}.* from ${rangeTable(ranges)(add)}
      cross join lateral (${ofRange(ranges, read, upTo, most)(add)}) ${alias}
      order by ${alias}.id ${direction}`;
    if (keys.length <= FEW_RANGES) return `${first(columns, null, limit)} limit ${limit}`;
    const each = Math.ceil((2 * limit) / keys.length);
    const edge = `${first(`${alias}.id`, null, each)} offset ${limit - 1} limit 1`;
    return `${first(columns, `(${edge})`, limit)} limit ${limit}`;
  };
}

/** What was found among the first rows of a list. */
export interface Found {
  rows: Record<string, unknown>[];
  /** There are no more: either as many were found as wanted, or the list is at its end. */
  complete: boolean;
  /** How many fit of all that were looked at, also behind where a list was left. */
  seen: number;
}

/** Which rows of a list are wanted. */
export interface Wanted {
  /** The name of a row in fits and columns. */
  alias: string;
  /** What is read of a row. */
  columns: string;
  /** Whether a row fits; it may be asked of rows that have been looked up by others, with FROM in front. */
  fits: SqlFragment;
  limit: number;
  descending: boolean;
}

/**
 * SQL of the rows that fit among the first reach rows of a list, and of the last of those in any case, with fits = false
 * where it does not: by which is known that the list goes on. It stops at limit rows.
 */
export function firstFitting(list: Ordered, reach: number, wanted: Wanted): SqlFragment {
  const { alias, columns, fits, limit } = wanted;
  const direction = wanted.descending ? 'desc' : 'asc';
  return (add) => `
    select ${columns}, judged.fits, ${alias}.place
    from (select ${alias}.*, row_number() over (order by ${alias}.id ${direction}) as place from (${list(add, reach)}) ${alias}) ${alias}
    cross join lateral (select ${fits(add)} offset 0) judged (fits)
    where judged.fits or ${alias}.place = ${reach}
    order by ${alias}.id ${direction}
    limit ${limit}`;
}

/** Reads the first rows that fit, of one list or of several at once, whose rows are then told in one order. */
export async function readFirst(
  sql: Sql,
  lists: readonly Ordered[],
  reach: number,
  wanted: Wanted,
): Promise<Found> {
  if (lists.length === 0) return { rows: [], complete: true, seen: 0 };
  return readFitting(
    sql,
    (add) => lists.map((list) => `(${firstFitting(list, reach, wanted)(add)})`).join(' union all '),
    reach,
    wanted,
  );
}

/**
 * The same of the first rows of each of several ranges, for what seldom fits: only what does is put in one order. All of those rows are
 * judged.
 */
export function readFirstOfEach(sql: Sql, ranges: Ranges, reach: number, wanted: Wanted): Promise<Found> {
  const { alias, columns, fits, limit } = wanted;
  const direction = wanted.descending ? 'desc' : 'asc';
  return readFitting(
    sql,
    (add) => `
      select ${columns}, judged.fits, ${alias}.place
      from ${rangeTable(ranges)(add)}
      cross join lateral (
        select ${alias}.*, row_number() over (order by ${rangeOrder(ranges, `${alias}.id`, direction)}) as place
        from (${ofRange(ranges, `${alias}.*`, null, reach)(add)}) ${alias}) ${alias}
      cross join lateral (select ${fits(add)} offset 0) judged (fits)
      where judged.fits or ${alias}.place = ${reach}
      order by ${alias}.id ${direction}
      limit ${limit}`,
    reach,
    wanted,
  );
}

/** Reads what a query tells of lists as firstFitting does. */
async function readFitting(sql: Sql, query: SqlFragment, reach: number, wanted: Wanted): Promise<Found> {
  const { text, values } = collect(query);
  const { rows } = await sql.query<Record<string, unknown>>(text, values);
  // Behind where a list was left there may be more of it: what others hold behind that is not the next one for sure.
  const [end] = firstOf(
    rows.filter((row) => Number(row['place']) === reach),
    { ...wanted, limit: 1 },
  );
  const fitting = rows.filter((row) => row['fits'] === true);
  const found = firstOf(
    fitting.filter((row) => !(end && isBefore(end, row, wanted))),
    wanted,
  );
  return {
    rows: found,
    complete: end === undefined || found.length === wanted.limit,
    seen: fitting.length,
  };
}

/** The first rows of a list, put in order. */
export function firstOf(
  rows: readonly Record<string, unknown>[],
  wanted: Pick<Wanted, 'descending' | 'limit'>,
): Record<string, unknown>[] {
  return rows.toSorted((a, b) => (isBefore(a, b, wanted) ? -1 : 1)).slice(0, wanted.limit);
}

function isBefore(
  a: Record<string, unknown>,
  b: Record<string, unknown>,
  { descending }: Pick<Wanted, 'descending'>,
): boolean {
  return descending ? String(a['id']) > String(b['id']) : String(a['id']) < String(b['id']);
}

/** Several lists as one; PostgreSQL merges them, and reads no more of each than it takes. */
export function merged(
  lists: readonly Ordered[],
  { alias, descending }: Pick<Wanted, 'alias' | 'descending'>,
): Ordered {
  const [only] = lists;
  if (only && lists.length === 1) return only;
  return (add, limit) => `
    select ${alias}.* from (${lists.map((list) => `(${list(add, limit)})`).join(' union all ')}) ${alias}
    order by ${alias}.id ${descending ? 'desc' : 'asc'} limit ${limit}`;
}

/** How many rows fit among the first reach rows of each of some lists, as far as limit, and whether those are all, or limit is reached. */
export async function countFirst(
  sql: Sql,
  lists: readonly Ordered[],
  reach: number,
  wanted: Omit<Wanted, 'columns'>,
): Promise<{ count: number; complete: boolean }> {
  if (lists.length === 0) return { count: 0, complete: true };
  const { text, values } = collect((add) =>
    lists
      .map(
        (list) => `
          select count(*) filter (where found.fits)::int as count, coalesce(max(found.place) = ${reach}, false) as goes_on
          from (${firstFitting(list, reach, { ...wanted, columns: `${wanted.alias}.id` })(add)}) found`,
      )
      .join(' union all '),
  );
  const { rows } = await sql.query<{ count: number; goes_on: boolean }>(text, values);
  const count = Math.min(
    wanted.limit,
    rows.reduce((sum, row) => sum + row.count, 0),
  );
  return { count, complete: count === wanted.limit || !rows.some((row) => row.goes_on) };
}
