/**
 * Reads a reader's notifications forward without those of others: along the logins that caused them, the resource or the kinds that they are of,
 * or the deliveries of the webhooks that they fired, whichever brings it farthest, or all at once where an account with many logins has few. Indexes have events in the order of ids, and the reader
 * wants them in that of transactions. So of an index a stretch is read, and told as far as nothing behind the stretch can come before it.
 */
import { collect } from '../db/fragment.ts';
import {
  BEYOND,
  inRange,
  ofRanges,
  type Ordered,
  type RangeKeys,
  rangeOrder,
  rangeTable,
} from '../db/in-order.ts';
import type { Sql, SqlFragment } from '../db/sql.ts';
import { eventsWithinSql } from '../events/few-within.ts';
import { firingEventsSql, floorBehind, keepsDeliveriesBehind } from '../events/fired-events.ts';
import { type FeedPosition, type FeedRead, type FeedWish, readByIds } from './read-feed.ts';

/**
 * How far all transactions have ended. It is read before anything is looked up that a reader's events are found by: whoever publishes first
 * what such a look-up did not know of yet, a login that has just come, stands behind it, and is not passed by.
 */
export interface FeedHorizon {
  epoch: number | null;
  xmin: string;
}

/** The horizon of now. */
export async function readHorizon(sql: Sql): Promise<FeedHorizon> {
  const { rows } = await sql.query<FeedHorizon>(
    'select (select s.epoch from stream_epoch s) as epoch, pg_snapshot_xmin(pg_current_snapshot())::text as xmin',
  );
  return rows[0]!;
}

/** Where all that a reader can get is up to a horizon; null where that is too much to be looked at one by one. */
export interface FeedSources {
  horizon: FeedHorizon;
  /** Where the events are that are of what is asked for. They are asked for only where they are needed, as what follows. */
  subject: () => Promise<RangeKeys | null>;
  logins: () => Promise<RangeKeys | null>;
  /** The accounts in or below which they were caused. */
  within: () => Promise<readonly string[] | null>;
  webhooks: () => Promise<readonly string[] | null>;
}

/** So many events of a stretch are read first, and so many where none of those was for the reader: 3 ms and 40. */
const FIRST = 500;
const MORE = 10_000;
/** Events of so many logins are read at once before anything is known of how many they are. */
const FEW_LOGINS = 20;
/** So many deliveries are looked at for the events that fired a webhook, and so many events of an account with many logins. */
const FEW = 2_000;

/** What comes next behind a position, where it can be had so; again where that found nothing before. Null where it cannot. */
export async function readForwardOf(
  sql: Sql,
  sources: FeedSources,
  after: FeedPosition,
  wish: FeedWish,
  again = false,
): Promise<FeedRead | null> {
  const { horizon } = sources;
  let farthest: { keyed: RangeKeys; upTo: string } | undefined;
  for (const most of again ? [MORE] : [FIRST, MORE]) {
    for (const source of ['subject', 'logins'] as const) {
      const keyed = await sources[source]();
      if (keyed === null) continue;
      const atOnce = most === FIRST && source === 'logins' && keyed.keys.length <= FEW_LOGINS;
      const all = atOnce ? await readAll(sql, keyed, horizon, after, wish) : null;
      if (all) return all;
      const upTo = await endOf(sql, keyed, after, most);
      if (upTo === null) return readStretch(sql, { keyed, upTo: null }, horizon, after, wish);
      if (farthest === undefined || upTo > farthest.upTo) farthest = { keyed, upTo };
    }
    if (most === FIRST) {
      const webhooks = await sources.webhooks();
      const read = webhooks && (await readForwardOfWebhooks(sql, webhooks, horizon, after, wish));
      if (read) return read;
      const few = (await sources.logins()) === null ? await sources.within() : null;
      const all = few && (await readForwardWithin(sql, few, horizon, after, wish));
      if (all) return all;
    }
    if (farthest && floorBehind(farthest.upTo) > after.id) {
      const read = await readStretch(sql, farthest, horizon, after, wish);
      if (read) return read;
    }
  }
  return null;
}

const listOf = (keyed: RangeKeys, after: FeedPosition): Ordered =>
  ofRanges(
    {
      ...keyed,
      ...{ table: 'events', alias: 'e', ceiling: BEYOND, after: null, descending: false },
      floor: floorBehind(after.id),
    },
    'e.id',
  );

/** The id up to which the next events are so many; null when there are less. */
async function endOf(sql: Sql, keyed: RangeKeys, after: FeedPosition, most: number): Promise<string | null> {
  const { text, values } = collect(
    (add) => `select e.id from (${listOf(keyed, after)(add, most)}) e offset ${most - 1}`,
  );
  return (await sql.query<{ id: string }>(text, values)).rows[0]?.id ?? null;
}

/** As SQL, those up to an id, or to the end; the order is that of ofRanges. */
const stretchOf =
  (keyed: RangeKeys, after: FeedPosition, upTo: string | null, most: string): SqlFragment =>
  (add) => `
    select e.* from ${rangeTable(keyed)(add)} cross join lateral (
      select e.* from events e
      where ${inRange(keyed, 'e.id', ['>=', `${add(floorBehind(after.id))}::text`], ['<=', `${add(upTo ?? BEYOND)}::text`])}
      order by ${rangeOrder(keyed, 'e.id')} limit ${most}
    ) e limit ${most}`;

/** Reads all that lies behind a position, if that is not more than is read first; null where it is. */
function readAll(
  sql: Sql,
  keyed: RangeKeys,
  horizon: FeedHorizon,
  after: FeedPosition,
  wish: FeedWish,
): Promise<FeedRead | null> {
  const complete = `(select count(*) from few) <= ${FIRST}`;
  const known: SqlFragment = (add) => `
    few as materialized (${stretchOf(keyed, after, null, String(FIRST + 1))(add)}),
    known as (select f.* from few f where ${complete})`;
  return readKnown(sql, { known, upTo: null, complete, horizon }, after, wish);
}

/** Reads a stretch up to an id, or to the end of all; null where nothing of it is sure to come before what lies behind. */
function readStretch(
  sql: Sql,
  { keyed, upTo }: { keyed: RangeKeys; upTo: string | null },
  horizon: FeedHorizon,
  after: FeedPosition,
  wish: FeedWish,
): Promise<FeedRead | null> {
  const known: SqlFragment = (add) => `known as (${stretchOf(keyed, after, upTo, 'all')(add)})`;
  return readKnown(sql, { known, upTo, horizon }, after, wish);
}

/** The same for a reader whose events all fired one of these webhooks: of all that did, if those are few. Null when they are not. */
export async function readForwardOfWebhooks(
  sql: Sql,
  webhooks: readonly string[],
  horizon: FeedHorizon,
  after: FeedPosition,
  wish: FeedWish,
): Promise<FeedRead | null> {
  const few: SqlFragment = (add) => firingEventsSql(`${add(webhooks)}::text[]`, FEW + 1);
  const read = await readOfFew(sql, few, horizon, after, wish);
  return (await keepsDeliveriesBehind(sql, after.id)) ? read : null;
}

/** The same of all that was caused in or below some accounts, if that is little; null when it is not. */
function readForwardWithin(
  sql: Sql,
  scopes: readonly string[],
  horizon: FeedHorizon,
  after: FeedPosition,
  wish: FeedWish,
): Promise<FeedRead | null> {
  const few = eventsWithinSql(scopes, floorBehind(after.id), FEW + 1);
  return readOfFew(sql, few, horizon, after, wish);
}

/** The same of the events of a query of their ids; null when those are not few. */
function readOfFew(
  sql: Sql,
  few: SqlFragment,
  horizon: FeedHorizon,
  after: FeedPosition,
  wish: FeedWish,
): Promise<FeedRead | null> {
  const complete = `(select count(*) from few) <= ${FEW}`;
  // In one statement: of what is published between two of them the second one alone would know that it has been.
  const known: SqlFragment = (add) => `
    few as materialized (select f.id from (${few(add)}) f limit ${FEW + 1}),
    known as materialized (
      select e.* from (select distinct f.id from few f) f
      cross join lateral (select e.* from events e where e.id = f.id offset 0) e
      where ${complete}
    )`;
  return readKnown(sql, { known, upTo: null, complete, horizon }, after, wish);
}

/** What is known of a reader's events, as a CTE: all of them up to a horizon and an id, and whether it is, as SQL. */
interface Known {
  known: SqlFragment;
  horizon: FeedHorizon;
  upTo: string | null;
  complete?: string;
}

async function readKnown(
  sql: Sql,
  { known, horizon, upTo, complete = 'true' }: Known,
  after: FeedPosition,
  wish: FeedWish,
): Promise<FeedRead | null> {
  const { text, values } = collect((add) => {
    const behind = `(${add(after.epoch)}::int, ${add(after.xid.toString())}::xid8, ${add(after.id)}::text)`;
    const settled = `(e.epoch, e.xid) < (${add(horizon.epoch)}::int, ${add(horizon.xmin)}::xid8)`;
    // What lies behind the stretch stands behind all that is that much older.
    const end =
      upTo === null ? `events e where ${settled}` : `ahead e where e.id < ${add(floorBehind(upTo))}::text`;
    return `
      with ${known(add)},
      ahead as materialized (
        select e.* from known e where (e.epoch, e.xid, e.id) > ${behind} and ${settled}
      ),
      last as materialized (
        -- A reader may name an event that it published a moment ago, which stands behind the horizon: it does not go back.
        select e.* from (
          select e.epoch, e.xid, e.id from ${end} order by e.epoch desc, e.xid desc, e.id desc limit 1
        ) e where (e.epoch, e.xid, e.id) > ${behind}
      ),
      told as materialized (
        select e.epoch, e.xid, e.id from (
          select e.* from ahead e
          where (e.epoch, e.xid, e.id) <= ((select epoch from last), (select xid from last), (select id from last))
          -- With OFFSET no more of them are judged than are told.
          order by e.epoch, e.xid, e.id offset 0
        ) e
        where not e.test and (${wish.where(add)})
        limit ${add(wish.limit)}
      )
      select last.epoch, last.xid::text, last.id, ${complete} as complete,
             array(select t.id from told t order by t.epoch, t.xid, t.id) as ids
      from last`;
  });
  const { rows } = await sql.query<{
    epoch: number;
    xid: string;
    id: string;
    complete: boolean;
    ids: string[];
  }>(text, values);
  const [found] = rows;
  if (found === undefined) return upTo === null ? { items: [], position: after, more: false } : null;
  if (!found.complete) return null;
  return {
    items: await readByIds(sql, found.ids, wish),
    position: { epoch: found.epoch, xid: BigInt(found.xid), id: found.id },
    more: upTo !== null,
  };
}
