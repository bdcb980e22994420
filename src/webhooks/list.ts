/**
 * The saved table: filtered, ordered and paged by key. A cursor holds the order it belongs to, the
 * sort keys as text and the id.
 *
 * A page of all webhooks is read off the index of its order. What is narrowed can be had in two ways: in
 * the table's order, dropping what does not fit, which is fast where much fits, or by taking what fits
 * and sorting it, which is fast where little does. The planner has to guess which, and with portfolios
 * and LIKE it guesses wrong: of 100,000 webhooks 60 to 160 ms for 20 that a search finds. So the first
 * way is tried for some rows, some ms, and where those promise a page not far behind them for as many as that takes; the second is
 * taken when they do not make a page. Of a few accounts their own rows are tried: the newest ones of the platform may all be of others.
 */
import type { DataSource } from 'typeorm';

import type { Viewer } from '../access/viewer.ts';
import { allOf, collect } from '../db/fragment.ts';
import { nextReach, REACH } from '../db/in-order.ts';
import { type CountedPage, type PageArgs, readPage, toPage } from '../db/page.ts';
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
import { WEBHOOK_COLUMNS, type WebhookView } from './read.ts';

/** Where a page begins, and which way it is read. */
interface Walk {
  sorting: Sorting;
  position: Position | null;
  backward: boolean;
}

/** A row as it is read, with the texts of its sort keys. */
type Row = WebhookView & { keys: (string | null)[] };

const EVERY: SqlFragment = () => 'true';
/** No more rows are tried before what fits is looked up. */
const FARTHEST = 10 * REACH;

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
  const where = narrowed.value;
  const rows = await readRows(orm, { sorting, position, backward }, where, limit + 1);
  const page = toPage(rows, request.value, (row) => [sorting.tag, ...row.keys]);
  return ok({
    ...page,
    count: async () => countRows(orm, where ? (await where.far()).condition : EVERY),
  });
}

/** The first rows of a walk for which a condition holds, at most limit; null is no condition. */
async function readRows(orm: DataSource, walk: Walk, where: Narrowed | null, limit: number): Promise<Row[]> {
  const { sorting, backward } = walk;
  const { keys } = sorting;
  const select = (source: SqlFragment, condition: SqlFragment): Promise<Row[]> => {
    const { text, values } = collect(
      (add) => `
        select ${WEBHOOK_COLUMNS}, array[${keys.map((key, index) => cursorText(key, `w.k${index}`)).join(', ')}] as keys
        from (${source(add)}) w
        where ${condition(add)}
        order by ${keys.map((key, index) => `w.k${index} ${directionOf(key, backward)}`).join(', ')}
        limit ${limit}`,
    );
    return orm.query<Row[]>(text, values);
  };
  if (where === null) return select(inOrder(walk, limit), EVERY);
  const tried = !where.few;
  const accounts = tried && sorting.ofAccount ? await where.accounts() : null;
  const firstOf = (reach: number): Promise<Row[]> =>
    select(accounts?.length ? inOrderOf(accounts, walk, reach) : inOrder(walk, reach), where.near);
  const first = tried ? await firstOf(REACH) : [];
  if (first.length === limit) return first;
  const next = nextReach(REACH, first.length, limit);
  if (where.many && next < FARTHEST) {
    const second = await firstOf(next);
    if (second.length === limit) return second;
  }
  const { condition, common } = await where.far();
  const further = tried && common ? await firstOf(FARTHEST) : [];
  if (further.length === limit) return further;
  const behind = walk.position ? isBehind(keys, walk.position, backward) : EVERY;
  // The names of few are looked up: to sort 2,000 webhooks the planner read all 11,000 logins. Of 60,000 a look-up each took half as long again.
  const lookedUp = sorting.lookUps !== '' && !common && (await where.named());
  const found = { ...sorting, joins: lookedUp ? sorting.lookUps : sorting.joins };
  // OFFSET keeps it from reading in the table's order after all.
  return select((add) => `${withKeys(found, allOf([condition, behind]))(add)} offset 0`, EVERY);
}

async function countRows(orm: DataSource, where: SqlFragment): Promise<number> {
  const { text, values } = collect(where);
  const rows = await orm.query<[{ count: number }]>(
    `select count(*)::int as count from webhooks w where w.deleted_at is null and ${text}`,
    values,
  );
  return rows[0].count;
}

/** The webhooks w for which a condition holds, with the keys k0, k1, … of an order. */
function withKeys({ keys, joins }: Sorting, where: SqlFragment): SqlFragment {
  return (add) => `
    select w.*, ${keys.map(({ expression }, index) => `${expression} as k${index}`).join(', ')}
    from webhooks w ${joins}
    where w.deleted_at is null and ${where(add)}`;
}

/** The first rows of a walk, with their keys; by index alone where the order is that of one column. */
function inOrder(walk: Walk, limit: number): SqlFragment {
  const { sorting, position, backward } = walk;
  const { keys, parent } = sorting;
  if (parent) return alongNames({ parent, direction: directionOf(keys[0]!, backward), limit }, position);
  const behind = position ? isBehind(keys, position, backward) : EVERY;
  return (add) => `${withKeys(sorting, behind)(add)}
    order by ${keys.map((key) => `${key.expression} ${directionOf(key, backward)}`).join(', ')}
    limit ${limit}`;
}

/**
 * The same of some accounts alone. PostgreSQL knows how many webhooks an account has that is given as a value, but not
 * that the newest are all of others: a range of one account, and the order, leave it the index of the order within an account.
 */
function inOrderOf(accounts: string[], walk: Walk, limit: number): SqlFragment {
  const { sorting, position, backward } = walk;
  const { keys } = sorting;
  const behind = position ? isBehind(keys, position, backward) : EVERY;
  const ofAccount = (id: string): SqlFragment => {
    const mine: SqlFragment = (add) => {
      const value = `${add(id)}::text`;
      return `w.account_id >= ${value} and w.account_id <= ${value}`;
    };
    const order = ['w.account_id', ...keys.map(({ expression }) => expression)];
    return (add) => `(${withKeys(sorting, allOf([mine, behind]))(add)}
      order by ${order.map((expression) => `${expression} ${directionOf(keys[0]!, backward)}`).join(', ')}
      limit ${limit})`;
  };
  // Behind the end of what was read of one account nothing of another one is next.
  return (add) => `
    select w.* from (${accounts.map((id) => ofAccount(id)(add)).join(' union all ')}) w
    order by ${keys.map((key, index) => `w.k${index} ${directionOf(key, backward)}`).join(', ')}
    limit ${limit}`;
}

/** One order of names, read from one end. */
interface Names {
  parent: Parent;
  direction: 'asc' | 'desc';
  limit: number;
}

/**
 * Rows in the order of a joined name, in up to three pieces that are limited each: what is left of the
 * name that the position lies at, the names after it, and the webhooks that have none. Of each name only
 * its first webhooks are read: sorted together, 100,000 of a single login took 60 ms.
 */
function alongNames(names: Names, position: Position | null): SqlFragment {
  const past = names.direction === 'asc' ? '>' : '<';
  const [name, parentId, id] = position ?? [];
  const laterHere: SqlFragment = (add) => `w.id ${past} ${add(id)}::text`;
  const here: SqlFragment = (add) => `p.id = ${add(parentId)}::text`;
  const later: SqlFragment = (add) =>
    `(lower(p.name), p.id) ${past} (${add(name)}::text, ${add(parentId)}::text)`;
  // Those without a name come last, or first when it goes downwards.
  let pieces: SqlFragment[];
  if (position === null) pieces = [named(names), unnamed(names)];
  else if (parentId === null)
    pieces = [unnamed(names, laterHere), ...(names.direction === 'desc' ? [named(names)] : [])];
  else
    pieces = [
      named(names, here, laterHere),
      named(names, later),
      ...(names.direction === 'asc' ? [unnamed(names)] : []),
    ];
  return (add) => pieces.map((piece) => `(${piece(add)})`).join(' union all ');
}

/** Webhooks for which one condition holds, under the names p for which the other holds. */
function named({ parent, direction, limit }: Names, ofNames = EVERY, ofWebhooks = EVERY): SqlFragment {
  return (add) => `
    select w.*, lower(p.name) as k0, p.id as k1, w.id as k2
    from ${parent.table} p cross join lateral (
      select w.* from webhooks w
      where ${parent.column} = p.id and w.deleted_at is null and ${ofWebhooks(add)}
      order by w.id ${direction} limit ${limit}
    ) w
    where ${ofNames(add)}
    order by lower(p.name) ${direction}, p.id ${direction}, w.id ${direction}
    limit ${limit}`;
}

/** Webhooks for which a condition holds and that have no name to sort by. */
function unnamed({ parent, direction, limit }: Names, ofWebhooks = EVERY): SqlFragment {
  return (add) => `
    select w.*, null::text as k0, null::text as k1, w.id as k2
    from webhooks w
    where ${parent.column} is null and w.deleted_at is null and ${ofWebhooks(add)}
    order by ${parent.column} ${direction}, w.id ${direction}
    limit ${limit}`;
}
