/**
 * Events that fired some webhooks, where those are few among the events of many. Each of them has a delivery of its webhook, born
 * behind it, and deliveries are found by their webhook. Two kinds have none: those from when an endpoint of the
 * webhook took no requests (webhook_gaps, migrations/1764000000020), and those that are kept for longer than deliveries. These
 * spans of time are looked through, if they hold little.
 */
import { collect } from '../db/fragment.ts';
import { nextReach, type Ordered, readFirst } from '../db/in-order.ts';
import { listPartitions, PARTITIONED } from '../db/partitions.ts';
import type { Sql } from '../db/sql.ts';
import { idFloor, idFloorSql, idTime } from '../ids.ts';
import type { EventSearch } from './event-search.ts';

/** By how much clocks may differ that made two ids, or an id and a time of the database, ms. */
const MARGIN_MS = 300_000;
/** So many deliveries are read for each event of a page, and no more than so many at all. */
const DELIVERIES_PER_ROW = 2;
const MOST_DELIVERIES = 10_000;
/** So many events of a span are looked through: some 50 ms. */
const MOST_IN_SPAN = 10_000;
/** A transaction that wrote an event did not take longer, ms. */
const LONGEST_PUBLISH_MS = 86_400_000;

/** Of all partitions 10 ms, of those of these 2. */
const COMPARED = PARTITIONED.filter(({ table }) => table === 'events' || table === 'deliveries');
const EVENTS = PARTITIONED.filter(({ table }) => table === 'events');

/** The deliveries d of a webhook hook.id, open and closed ones, the newest first, at most so many of each, as a query; conditions are over d.id. */
const deliveriesSql = (limit: string, condition = 'true'): string =>
  ['delivery_queue', 'deliveries']
    .map(
      (table) => `(
        -- The order makes the planner take the index of webhooks, however many it expects.
        select d.webhook_id, d.id, d.event_id, '${table}' as place from ${table} d
        where d.webhook_id >= hook.id and d.webhook_id <= hook.id and ${condition}
        order by d.webhook_id desc, d.id desc limit ${limit})`,
    )
    .join(' union all ');

/**
 * The ids of the events that can have fired webhooks (an expression of their ids), as a query of at most limit rows of each kind: those of their
 * deliveries, and all from when they may have had none.
 */
export const firingEventsSql = (webhooks: string, limit: number): string => `
  (select d.event_id as id from unnest(${webhooks}) as hook (id)
   cross join lateral (${deliveriesSql(String(limit))}) d limit ${limit})
  union all
  (select e.id from webhook_gaps g cross join lateral (
     select e.id from events e
     where e.id >= ${idFloorSql('event', `g.began_at - interval '${MARGIN_MS} ms'`)}
       and (g.ended_at is null or e.id < ${idFloorSql('event', `g.ended_at + interval '${MARGIN_MS} ms'`)})
     order by e.id limit ${limit}) e
   where g.webhook_id = any (${webhooks}) limit ${limit})`;

/** No event behind one in the order of transactions has a smaller id than this; '' stands before all. */
export function floorBehind(eventId: string): string {
  return eventId === '' ? '' : idFloor('event', idTime(eventId) - LONGEST_PUBLISH_MS - MARGIN_MS);
}

/** Whether the deliveries of all events behind one that was read in the order of transactions are kept; to be asked behind reading them. */
export async function keepsDeliveriesBehind(sql: Sql, eventId: string): Promise<boolean> {
  const keptFromMs = await deliveriesMissingUpTo(sql);
  return keptFromMs === null || (eventId !== '' && idTime(eventId) - LONGEST_PUBLISH_MS >= keptFromMs);
}

/** The newest events that fit a search, each of which has fired one of these webhooks; null where too much would have to be read for them. */
export async function newestFired(
  sql: Sql,
  search: EventSearch,
  webhooks: readonly string[],
): Promise<Record<string, unknown>[] | null> {
  const { limit } = search;
  const found = await alongDeliveries(sql, search, webhooks);
  if (found === null) return null;
  // Behind the deliveries: what they did not show for a gap has that gap on record by now.
  const oldest = found.length === limit ? (found.at(-1)!['id'] as string) : (search.floor ?? '');
  const spans = (await spansWithout(sql, webhooks)).filter(({ to }) => to === null || to > oldest);
  if (spans.length === 0) return found;
  const lists = spans.map(
    ({ from, to }): Ordered =>
      (add, most) => `
        select e.* from events e
        where e.id >= ${add(from > oldest ? from : oldest)}::text and ${to === null ? 'true' : `e.id < ${add(to)}::text`}
        order by e.id desc limit ${most}`,
  );
  const inSpans = await readFirst(sql, lists, MOST_IN_SPAN, {
    ...{ alias: 'e', columns: search.columns, fits: search.where, limit, descending: true },
  });
  if (!inSpans.complete) return null;
  const byId = new Map([...found, ...inSpans.rows].map((row) => [row['id'] as string, row]));
  return [...byId.values()].sort((a, b) => (String(a['id']) > String(b['id']) ? -1 : 1)).slice(0, limit);
}

/** The newest of those that have deliveries. */
async function alongDeliveries(
  sql: Sql,
  search: EventSearch,
  webhooks: readonly string[],
): Promise<Record<string, unknown>[] | null> {
  const { columns, where, limit, floor } = search;
  const oldest = floor == null ? '' : idFloor('delivery', idTime(floor) - MARGIN_MS);
  let each = Math.ceil((DELIVERIES_PER_ROW * limit) / Math.max(1, webhooks.length));
  for (let total = 0; total <= MOST_DELIVERIES;) {
    const deliveries = await sql.query<{ webhook_id: string; id: string; event_id: string; place: string }>(
      `select d.* from unnest($1::text[]) as hook (id) cross join lateral (${deliveriesSql('$2', 'd.id >= $3::text')}) d`,
      [webhooks, each, oldest],
    );
    total = deliveries.rows.length;
    // Of what was not read to its end the rest is older than its last one.
    const counts = new Map<string, number>();
    let end = '';
    for (const { webhook_id: webhook, place, id } of deliveries.rows) {
      const count = (counts.get(webhook + place) ?? 0) + 1;
      counts.set(webhook + place, count);
      if (count === each && id > end) end = id;
    }
    const edge = end === '' ? (floor ?? '') : idFloor('event', idTime(end) + MARGIN_MS);
    const ids = new Set(deliveries.rows.map((row) => row.event_id).filter((id) => id >= edge));
    const { text, values } = collect(
      (add) => `
        select ${columns} from (select e.* from events e where e.id = any (${add([...ids])}::text[]) offset 0) e
        where ${where(add)} order by e.id desc limit ${limit}`,
    );
    const rows = ids.size === 0 ? [] : (await sql.query<Record<string, unknown>>(text, values)).rows;
    if (end === '' || rows.length === limit) return rows;
    each = nextReach(each, rows.length, limit);
  }
  return null;
}

/** A span of ids of events, half-open; to is null where it has no end. */
interface IdSpan {
  from: string;
  to: string | null;
}

/** When events can have fired these webhooks without a delivery that is still kept: spans that do not overlap. */
async function spansWithout(sql: Sql, webhooks: readonly string[]): Promise<IdSpan[]> {
  const { rows } = await sql.query<{ from_ms: number; to_ms: number | null }>(
    `select extract(epoch from g.began_at)::float8 * 1000 as from_ms, extract(epoch from g.ended_at)::float8 * 1000 as to_ms
     from webhook_gaps g where g.webhook_id = any ($1::text[])`,
    [webhooks],
  );
  const spans = rows.map(({ from_ms: from, to_ms: to }) => ({ from, to: to ?? Infinity }));
  const missingUpTo = await deliveriesMissingUpTo(sql);
  if (missingUpTo !== null) spans.push({ from: 0, to: missingUpTo });
  spans.sort((a, b) => a.from - b.from);
  const merged: typeof spans = [];
  for (const span of spans) {
    const [from, to] = [span.from - MARGIN_MS, span.to + MARGIN_MS];
    const last = merged.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else merged.push({ from, to });
  }
  return merged.map(({ from, to }) => ({
    from: idFloor('event', from),
    to: to === Infinity ? null : idFloor('event', to),
  }));
}

/** Before when events are kept without their deliveries, ms; null where there are none such. */
async function deliveriesMissingUpTo(sql: Sql): Promise<number | null> {
  const partitions = await listPartitions(sql, COMPARED);
  const beginOf = (table: string): number => partitions.find(({ of }) => of.table === table)?.fromMs ?? 0;
  const [deliveries, events] = [beginOf('deliveries'), beginOf('events')];
  return deliveries > events ? deliveries : null;
}

/** Forgets the gaps from which no event is kept any more. */
export async function forgetGaps(sql: Sql): Promise<void> {
  const [oldest] = await listPartitions(sql, EVENTS);
  // Where it has no lower bound, all that ever was may be kept in it.
  if (oldest?.fromMs == null) return;
  await sql.query(
    `delete from webhook_gaps where ended_at < to_timestamp($1::float8 / 1000) - interval '${MARGIN_MS} ms'`,
    [oldest.fromMs],
  );
}
