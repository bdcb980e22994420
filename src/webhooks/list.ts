/**
 * The saved table: filtered, ordered and paged by key. A cursor holds the order it belongs to, the
 * sort keys as text (times in microseconds, since a Date would lose digits) and the id.
 */
import type { DataSource } from 'typeorm';

import { webhookVisible } from '../access/policy.ts';
import type { Viewer } from '../access/viewer.ts';
import { allOf, collect } from '../db/fragment.ts';
import { type Page, type PageArgs, readPage, toPage } from '../db/page.ts';
import type { SqlFragment } from '../db/sql.ts';
import { ok, problem, refused, type Result } from '../errors.ts';
import { readFilter, type WebhookFilter } from './filter.ts';
import { WEBHOOK_COLUMNS, type WebhookView, withReasons } from './read.ts';

/** One sort key. */
export interface WebhookOrder {
  field: keyof typeof FIELDS;
  direction?: 'ASC' | 'DESC';
}

/** What sorts, and how its text in a cursor is cast back. */
const FIELDS = {
  NUMBER: ['w.number', 'int'],
  NAME: ['w.name', 'text'],
  LOGIN: ['l.name', 'text'],
  FOR_LOGIN: ['f.name', 'text'],
  TEAM: ['tm.name', 'text'],
  CREATED_AT: ['(extract(epoch from w.created_at) * 1000000)::bigint', 'bigint'],
  UPDATED_AT: ['(extract(epoch from w.updated_at) * 1000000)::bigint', 'bigint'],
} as const;

const NEWEST_FIRST: WebhookOrder[] = [{ field: 'NUMBER', direction: 'DESC' }];

const FROM = `from webhooks w
  join logins l on l.id = w.login_id
  left join logins f on f.id = w.for_login_id
  left join teams tm on tm.id = w.team_id
  where w.deleted_at is null`;

/** One column to order by. */
interface Key {
  expression: string;
  cast: 'int' | 'text' | 'bigint';
  descending: boolean;
}

/** A page of the webhooks that the viewer may read; the default order is the newest first. */
export async function listWebhooks(
  orm: DataSource,
  viewer: Viewer,
  args: PageArgs,
  filter: WebhookFilter | null,
  orderBy: WebhookOrder[] | null,
): Promise<Result<Page<WebhookView>>> {
  const order = orderBy?.length ? orderBy : NEWEST_FIRST;
  if (order.length > Object.keys(FIELDS).length)
    return refused(problem('TOO_MANY', ['orderBy'], 'Each field can be sorted by once.'));
  const keys = [...order.map(toKey), ID];
  const tag = order.map(({ field, direction }) => `${field} ${direction ?? 'ASC'}`).join();
  const request = readPage(args, keys.length + 1);
  if (!request.ok) return request;
  const where = readFilter(filter ?? {});
  if (!where.ok) return where;
  const { key, backward, limit } = request.value;
  if (key !== null && !(key[0] === tag && keys.every((column, index) => fits(column, key[index + 1]))))
    return refused(
      problem(
        'INVALID',
        [args.after != null ? 'after' : 'before'],
        'This cursor is not from this list in this order.',
      ),
    );
  const behind: SqlFragment = key === null ? () => 'true' : isBehind(keys, key.slice(1), backward);
  const { text, values } = collect(allOf([webhookVisible(viewer), where.value, behind]));
  const rows = await orm.query<(WebhookView & { keys: (string | null)[] })[]>(
    `select ${WEBHOOK_COLUMNS}, array[${keys.map((column) => `(${column.expression})::text`).join(', ')}] as keys
     ${FROM} and ${text}
     order by ${keys.map((column) => `${column.expression} ${column.descending !== backward ? 'desc' : 'asc'}`).join(', ')}
     limit ${limit + 1}`,
    values,
  );
  return ok(toPage(await withReasons(orm, rows), request.value, (row) => [tag, ...row.keys]));
}

/** How many webhooks of the filter the viewer may read. */
export async function countWebhooks(
  orm: DataSource,
  viewer: Viewer,
  filter: WebhookFilter | null,
): Promise<Result<number>> {
  const where = readFilter(filter ?? {});
  if (!where.ok) return where;
  const { text, values } = collect(allOf([webhookVisible(viewer), where.value]));
  const rows = await orm.query<{ count: number }[]>(
    `select count(*)::int as count ${FROM} and ${text}`,
    values,
  );
  return ok(rows[0]!.count);
}

const ID: Key = { expression: 'w.id', cast: 'text', descending: false };

function toKey({ field, direction }: WebhookOrder): Key {
  const [expression, cast] = FIELDS[field];
  return { expression, cast, descending: direction === 'DESC' };
}

/** Whether a value of a cursor can be cast; cursors come from outside. */
function fits(key: Key, value: string | number | null | undefined): boolean {
  if (value === null) return key.expression === FIELDS.FOR_LOGIN[0] || key.expression === FIELDS.TEAM[0];
  if (typeof value !== 'string') return false;
  if (key.cast === 'text') return !value.includes('\0');
  return key.cast === 'int' ? /^\d{1,9}$/.test(value) : /^-?\d{1,18}$/.test(value);
}

/** True for the rows behind a position, reading on in the given direction: later in the first key, or equal there and later in the next. */
function isBehind(keys: Key[], position: (string | number | null)[], backward: boolean): SqlFragment {
  return (add) => {
    const values = keys.map((key, index) =>
      position[index] === null ? null : `${add(position[index])}::${key.cast}`,
    );
    const alternatives = keys.map((key, index) => {
      const equal = keys
        .slice(0, index)
        .map((column, i) =>
          values[i] === null ? `${column.expression} is null` : `${column.expression} = ${values[i]}`,
        );
      return `(${[...equal, isLater(key, values[index]!, backward)].join(' and ')})`;
    });
    return `(${alternatives.join(' or ')})`;
  };
}

/** Null counts as greater than everything, as PostgreSQL sorts it. */
function isLater({ expression, descending }: Key, value: string | null, backward: boolean): string {
  if (descending !== backward)
    return value === null ? `${expression} is not null` : `${expression} < ${value}`;
  return value === null ? 'false' : `(${expression} > ${value} or ${expression} is null)`;
}
