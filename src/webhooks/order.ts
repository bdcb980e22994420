/**
 * How the saved table is sorted: what a client asked for as a list of keys, and positions in that
 * order. Texts sort without regard to case, ties by id in the direction of the last key, so that an
 * index (migrations/1764000000004) read from either end is the order. A joined name is followed by
 * the id of its row: two logins of one name stay apart.
 */
import type { SqlFragment } from '../db/sql.ts';
import { ok, problem, refused, type Result } from '../errors.ts';

/** One sort key. */
export interface WebhookOrder {
  field: keyof typeof FIELDS;
  direction?: 'ASC' | 'DESC';
}

/** The rows of another table by whose names webhooks w are sorted; column names their row, null in some where nullable. */
export interface Parent {
  table: 'logins' | 'teams';
  column: 'w.login_id' | 'w.for_login_id' | 'w.team_id';
  nullable: boolean;
}

/** One column to order by. */
export interface Key {
  expression: string;
  kind: keyof typeof KINDS;
  nullable: boolean;
  descending: boolean;
}

/** A whole order. */
export interface Sorting {
  /** Stands in each cursor, which fits no other order. */
  tag: string;
  /** The last one is the id. */
  keys: Key[];
  /** What the expressions need beside w, for all rows together. */
  joins: string;
  /** The same looked up for each row. */
  lookUps: string;
  /** Set when this is the order of one joined name. */
  parent: Parent | null;
  /** Whether an index has this order within an account, too (migrations/1764000000023). */
  ofAccount: boolean;
}

/** A position in an order: one value for each key. */
export type Position = readonly (string | null)[];

const LOGIN: Parent = { table: 'logins', column: 'w.login_id', nullable: false };
const FOR_LOGIN: Parent = { table: 'logins', column: 'w.for_login_id', nullable: true };
const TEAM: Parent = { table: 'teams', column: 'w.team_id', nullable: true };

/** What sorts. */
const FIELDS = {
  NUMBER: ['w.number', 'int'],
  NAME: ['lower(w.name)', 'text'],
  DESCRIPTION: ['lower(left(w.description, 200))', 'text'],
  LOGIN,
  FOR_LOGIN,
  TEAM,
  CREATED_AT: ['w.created_at', 'time'],
  UPDATED_AT: ['w.updated_at', 'time'],
} as const;

/** Orders of time, in which the webhooks of one account lie in bunches: those of the one behind 40,000 of another. */
const BUNCHED: ReadonlySet<WebhookOrder['field']> = new Set(['NUMBER', 'CREATED_AT', 'UPDATED_AT']);

/** How a value becomes the text in a cursor and is read back. A time is in microseconds, since a Date would lose digits. */
const KINDS = {
  int: {
    write: (value: string) => `${value}::text`,
    read: (text: string) => `${text}::int`,
    fits: /^\d{1,9}$/,
  },
  text: { write: (value: string) => value, read: (text: string) => `${text}::text`, fits: /^[^\0]*$/ },
  time: {
    write: (value: string) => `(extract(epoch from ${value}) * 1000000)::bigint::text`,
    read: (text: string) => `(timestamptz 'epoch' + ${text}::bigint * interval '1 microsecond')`,
    fits: /^\d{1,17}$/,
  },
} as const;

const NEWEST_FIRST: WebhookOrder[] = [{ field: 'NUMBER', direction: 'DESC' }];

/** What the client asked for; the newest first when that is nothing. */
export function readOrder(orderBy: WebhookOrder[] | null): Result<Sorting> {
  const order = orderBy?.length ? orderBy : NEWEST_FIRST;
  if (order.length > Object.keys(FIELDS).length)
    return refused(problem('TOO_MANY', ['orderBy'], 'Each field can be sorted by once.'));
  const keys: Key[] = [];
  const joins = new Set<string>();
  const lookUps = new Set<string>();
  for (const { field, direction } of order) {
    const column = FIELDS[field];
    const descending = direction === 'DESC';
    if ('table' in column) {
      const { table, column: reference, nullable } = column;
      const alias = `by_${field.toLowerCase()}`;
      const join = nullable ? 'left join' : 'join';
      joins.add(`${join} ${table} ${alias} on ${alias}.id = ${reference}`);
      lookUps.add(
        `${join} lateral (select * from ${table} x where x.id = ${reference} offset 0) ${alias} on true`,
      );
      keys.push({ expression: `lower(${alias}.name)`, kind: 'text', nullable, descending });
      keys.push({ expression: reference, kind: 'text', nullable, descending });
    } else {
      keys.push({ expression: column[0], kind: column[1], nullable: false, descending });
    }
  }
  keys.push({ expression: 'w.id', kind: 'text', nullable: false, descending: keys.at(-1)!.descending });
  const single = order.length === 1 ? order[0]!.field : null;
  const only = single && FIELDS[single];
  return ok({
    tag: order.map(({ field, direction }) => `${field} ${direction ?? 'ASC'}`).join(),
    keys,
    joins: [...joins].join(' '),
    lookUps: [...lookUps].join(' '),
    parent: only && 'table' in only ? only : null,
    ofAccount: single !== null && BUNCHED.has(single),
  });
}

/** The position in a cursor; undefined when it is of another order or made by hand. */
export function readPosition(
  { tag, keys }: Sorting,
  cursor: readonly (string | number | null)[],
): Position | undefined {
  const [cursorTag, ...values] = cursor;
  const fits = keys.every(({ kind, nullable }, index) => {
    const value = values[index];
    return value === null ? nullable : typeof value === 'string' && KINDS[kind].fits.test(value);
  });
  return cursorTag === tag && fits ? (values as (string | null)[]) : undefined;
}

/** SQL for the text that stands for a key's value in a cursor. */
export function cursorText(key: Key, value: string): string {
  return KINDS[key.kind].write(value);
}

/** "asc" or "desc", as it is read in this direction. */
export function directionOf(key: Key, backward: boolean): 'asc' | 'desc' {
  return key.descending !== backward ? 'desc' : 'asc';
}

/**
 * True for the rows behind a position, reading on in the given direction. Where all keys point the
 * same way that is one comparison of rows, which an index answers; otherwise: later in the first key,
 * or equal there and later in the next.
 */
export function isBehind(keys: readonly Key[], position: Position, backward: boolean): SqlFragment {
  return (add) => {
    const values = keys.map(({ kind }, index) => {
      const value = position[index]!;
      return value === null ? null : KINDS[kind].read(add(value));
    });
    const directions = new Set(keys.map((key) => directionOf(key, backward)));
    if (directions.size === 1 && !keys.some(({ nullable }) => nullable)) {
      const expressions = keys.map(({ expression }) => expression).join(', ');
      return `(${expressions}) ${directions.has('desc') ? '<' : '>'} (${values.join(', ')})`;
    }
    const alternatives = keys.map((key, index) => {
      const equal = keys
        .slice(0, index)
        .map(({ expression }, i) =>
          values[i] === null ? `${expression} is null` : `${expression} = ${values[i]}`,
        );
      return `(${[...equal, isLater(key, values[index]!, backward)].join(' and ')})`;
    });
    // Of all this an index only uses the bound of the first key.
    const [first] = keys;
    const bound = first!.nullable
      ? ''
      : `${first!.expression} ${directionOf(first!, backward) === 'desc' ? '<=' : '>='} ${values[0]} and `;
    return `(${bound}(${alternatives.join(' or ')}))`;
  };
}

/** Null counts as greater than everything, as PostgreSQL sorts it. */
function isLater(key: Key, value: string | null, backward: boolean): string {
  const { expression, nullable } = key;
  if (directionOf(key, backward) === 'desc')
    return value === null ? `${expression} is not null` : `${expression} < ${value}`;
  if (value === null) return 'false';
  return nullable ? `(${expression} > ${value} or ${expression} is null)` : `${expression} > ${value}`;
}
