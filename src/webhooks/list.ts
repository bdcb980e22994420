/**
 * The saved table: filtered, ordered and paged by key. A cursor holds the order it belongs to, the
 * sort keys as text and the id. The ids of a page are found first, on indexes alone where the order
 * is that of one column; what is shown of them is read in the same statement.
 */
import type { DataSource } from 'typeorm';

import type { Viewer } from '../access/viewer.ts';
import { allOf, collect } from '../db/fragment.ts';
import { type CountedPage, type PageArgs, type PageRequest, readPage, toPage } from '../db/page.ts';
import type { SqlFragment } from '../db/sql.ts';
import { ok, problem, refused, type Result } from '../errors.ts';
import type { WebhookFilter } from './filter.ts';
import { narrow, type Narrowed } from './narrow.ts';
import {
  cursorText,
  directionOf,
  isBehind,
  type Parent,
  type Position,
  readOrder,
  readPosition,
  type Sorting,
  type WebhookOrder,
} from './order.ts';
import { WEBHOOK_COLUMNS, type WebhookView, withReasons } from './read.ts';

const EVERY: SqlFragment = () => 'true';

/** A page of the webhooks that the viewer may read; the default order is the newest first. */
export async function listWebhooks(
  orm: DataSource,
  viewer: Viewer,
  args: PageArgs,
  filter: WebhookFilter | null,
  orderBy: WebhookOrder[] | null,
): Promise<Result<CountedPage<WebhookView>>> {
  const order = readOrder(orderBy);
  if (!order.ok) return order;
  const sorting = order.value;
  const request = readPage(args, sorting.keys.length + 1);
  if (!request.ok) return request;
  const { key, backward, limit } = request.value;
  const position = key && readPosition(sorting, key);
  if (position === undefined)
    return refused(
      problem(
        'INVALID',
        [args.after != null ? 'after' : 'before'],
        'This cursor is not from this list in this order.',
      ),
    );
  const narrowed = await narrow(orm, viewer, filter);
  if (!narrowed.ok) return narrowed;
  const { text, values } = collect(pageOf(sorting, narrowed.value, position, request.value));
  const keys = sorting.keys.map((column, index) => cursorText(column, `page.k${index}`));
  const rows = await orm.query<(WebhookView & { keys: (string | null)[] })[]>(
    `select ${WEBHOOK_COLUMNS}, array[${keys.join(', ')}] as keys
     from (${text}) page join webhooks w on w.id = page.id
     order by ${sorting.keys.map((column, index) => `page.k${index} ${directionOf(column, backward)}`).join(', ')}
     limit ${limit + 1}`,
    values,
  );
  const page = toPage(await withReasons(orm, rows), request.value, (row) => [sorting.tag, ...row.keys]);
  return ok({ ...page, count: () => countRows(orm, narrowed.value) });
}

async function countRows(orm: DataSource, { where }: Narrowed): Promise<number> {
  const { text, values } = collect(where);
  const rows = await orm.query<[{ count: number }]>(
    `select count(*)::int as count from webhooks w where w.deleted_at is null and ${text}`,
    values,
  );
  return rows[0].count;
}

/** Selects id, k0, k1, … of the rows of a page and of one more, at least. */
function pageOf(
  sorting: Sorting,
  { where, few }: Narrowed,
  position: Position | null,
  { backward, limit }: PageRequest,
): SqlFragment {
  const { keys, joins, parent } = sorting;
  const fits = few ? where : unindexed(where);
  if (parent && !few) {
    const direction = directionOf(keys[0]!, backward);
    return alongNames({ parent, direction, limit: limit + 1, fits }, position);
  }
  const behind = position ? isBehind(keys, position, backward) : EVERY;
  return (add) => `
    select w.id, ${keys.map(({ expression }, index) => `${expression} as k${index}`).join(', ')}
    from webhooks w ${joins}
    where w.deleted_at is null and ${allOf([fits, behind])(add)}
    order by ${keys.map((key) => `${key.expression} ${directionOf(key, backward)}`).join(', ')}
    limit ${limit + 1}`;
}

/**
 * The same condition so that no index answers it: where many rows fit, the index of the order has a
 * page of them together soonest, and the planner must not take another one because it expects few.
 */
function unindexed(where: SqlFragment): SqlFragment {
  return (add) => `case when ${where(add)} then 1 end = 1`;
}

/** One order of names, read from one end. */
interface Walk {
  parent: Parent;
  direction: 'asc' | 'desc';
  limit: number;
  fits: SqlFragment;
}

/**
 * Rows in the order of a joined name, in up to three pieces that are limited each: what is left of the
 * name that the position lies at, the names after it, and the webhooks that have none. Of each name only
 * its first webhooks are read: sorted together, 100,000 of a single login took 60 ms.
 */
function alongNames(walk: Walk, position: Position | null): SqlFragment {
  const past = walk.direction === 'asc' ? '>' : '<';
  const [name, parentId, id] = position ?? [];
  const laterHere: SqlFragment = (add) => `w.id ${past} ${add(id)}::text`;
  const here: SqlFragment = (add) => `p.id = ${add(parentId)}::text`;
  const later: SqlFragment = (add) =>
    `(lower(p.name), p.id) ${past} (${add(name)}::text, ${add(parentId)}::text)`;
  // Those without a name come last, or first when it goes downwards.
  let pieces: SqlFragment[];
  if (position === null) pieces = [named(walk), unnamed(walk)];
  else if (parentId === null)
    pieces = [unnamed(walk, laterHere), ...(walk.direction === 'desc' ? [named(walk)] : [])];
  else
    pieces = [
      named(walk, here, laterHere),
      named(walk, later),
      ...(walk.direction === 'asc' ? [unnamed(walk)] : []),
    ];
  return (add) => pieces.map((piece) => `(${piece(add)})`).join(' union all ');
}

/** Webhooks under the names for which a condition over p holds. */
function named({ parent, direction, limit, fits }: Walk, names = EVERY, webhooks = EVERY): SqlFragment {
  return (add) => `
    select w.id, lower(p.name) as k0, p.id as k1, w.id as k2
    from ${parent.table} p cross join lateral (
      select w.id from webhooks w
      where ${parent.column} = p.id and w.deleted_at is null and ${allOf([fits, webhooks])(add)}
      order by w.id ${direction} limit ${limit}
    ) w
    where ${names(add)}
    order by lower(p.name) ${direction}, p.id ${direction}, w.id ${direction}
    limit ${limit}`;
}

/** Webhooks that have no name to sort by. */
function unnamed({ parent, direction, limit, fits }: Walk, webhooks = EVERY): SqlFragment {
  return (add) => `
    select w.id, null::text as k0, null::text as k1, w.id as k2
    from webhooks w
    where ${parent.column} is null and w.deleted_at is null and ${allOf([fits, webhooks])(add)}
    order by ${parent.column} ${direction}, w.id ${direction}
    limit ${limit}`;
}
