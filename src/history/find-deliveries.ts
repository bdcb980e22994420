/**
 * Finds deliveries, open and closed ones as one list, by id from either end. What fits a filter is found in one of these ways,
 * each of which an index knows: the deliveries of some events; those of some webhooks, if there are few that the reader may see
 * and the filter names; those with a rare status or answer; or all in their order, as long as enough of them fit.
 */
import { allOf, collect } from '../db/fragment.ts';
import { countedReach, countFirst, type Ordered, REACH, readFirst, type Wanted } from '../db/in-order.ts';
import type { Sql, SqlFragment } from '../db/sql.ts';
import { idFloor, idTime, kindOfId } from '../ids.ts';
import { type DeliveryFilter, deliveryFilter, wordsIn } from './delivery-filter.ts';
import { CLOSED_DELIVERIES, DELIVERY_COLUMNS, OPEN_DELIVERIES } from './rows.ts';

/** By how much clocks may differ that made two ids, or an id and a time of the database, ms. */
const MARGIN_MS = 300_000;
/** Each of them costs a look into every partition. */
const MOST_WEBHOOKS = 200;
/** These are looked at before anything else. */
const FEW_WEBHOOKS = 20;
const MOST_EVENTS = 2_000;
const MOST_LISTS = 10;
/** How much more is looked at when what was looked at was too little. */
const STEP = 10;
const WHOLE = 10_000_000;

/** Which deliveries of those that a reader may see. */
export interface DeliveryScope {
  /** Over the alias w of webhooks. */
  visible: SqlFragment;
  filter?: DeliveryFilter | null | undefined;
  /** The webhooks that the reader may see and for which one of the conditions over w holds; null when there are more than most. */
  webhooksOf: (conditions: SqlFragment[], most: number) => Promise<string[] | null>;
}

/** A page of them. */
export interface DeliverySearch extends DeliveryScope {
  after: string | null;
  descending: boolean;
  limit: number;
}

/** What the filter names that can be few, looked up: the deliveries of these events and of these webhooks, and one by its id. */
interface Few {
  events: string[];
  webhooks: string[];
  delivery: string | null;
}

const CLOSED: ReadonlySet<string> = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);

/** The first deliveries that fit, as rows of DELIVERY_COLUMNS. */
export async function findDeliveries(sql: Sql, search: DeliverySearch): Promise<Record<string, unknown>[]> {
  const named = await fewFirst(sql, search);
  if (named) return readFew(sql, search, named);
  const ways = waysOf(search);
  for (let reach = REACH; ; reach *= STEP) {
    for (const lists of ways) {
      const found = await readFirst(sql, lists, reach, wantedOf(search));
      if (found.complete || reach >= WHOLE) return found.rows;
    }
    const few = reach === REACH ? await fewAfterAll(sql, search) : null;
    if (few) return readFew(sql, search, few);
  }
}

/** How many deliveries fit, as far as limit, and whether those are all: it gives up where too few of many fit. */
export async function countDeliveries(
  sql: Sql,
  scope: DeliveryScope,
  limit: number,
): Promise<{ count: number; complete: boolean }> {
  const search = { ...scope, after: null, descending: true, limit };
  const named = (await fewFirst(sql, search)) ?? (await fewVisible(search, MOST_WEBHOOKS));
  if (named) return { count: await countFew(sql, search, named), complete: true };
  const [lists] = waysOf(search);
  const found = await countFirst(sql, lists!, countedReach(limit), wantedOf(search));
  const few = found.complete ? null : await fewOfResource(sql, search);
  return few ? { count: await countFew(sql, search, few), complete: true } : found;
}

/** What is looked up before anything is read: the one event, or what a reader of little sees, or what the filter names. */
async function fewFirst(sql: Sql, search: DeliverySearch): Promise<Few | null> {
  const named = search.filter?.eventId == null ? await fewVisible(search, FEW_WEBHOOKS) : null;
  return named ?? (await fewNamed(sql, search));
}

/** What is looked up when too few of the first deliveries fit. */
async function fewAfterAll(sql: Sql, search: DeliverySearch): Promise<Few | null> {
  return (await fewOfResource(sql, search)) ?? (await fewVisible(search, MOST_WEBHOOKS));
}

async function fewOfResource(sql: Sql, { filter }: DeliverySearch): Promise<Few | null> {
  if (filter?.resource == null) return null;
  const events = await eventsWith(sql, 'resource', filter.resource, filter.event);
  return events && { events, webhooks: [], delivery: null };
}

/** What the filter itself names, where that is little; null where it is not, or names nothing. */
async function fewNamed(sql: Sql, { filter, webhooksOf }: DeliverySearch): Promise<Few | null> {
  const { eventId, entityId } = filter ?? {};
  const none: Few = { events: [], webhooks: [], delivery: null };
  if (eventId != null) return { ...none, events: kindOfId(eventId) === 'event' ? [eventId] : [] };
  if (entityId != null) {
    const events = await eventsWith(sql, 'entity_id', entityId);
    if (events) return { ...none, events };
  }
  const words = wordsIn(filter?.search);
  if (words === null) return null;
  const events =
    kindOfId(words.text) === 'event' ? [words.text] : await eventsWith(sql, 'entity_id', words.text);
  const webhooks = await webhooksOf(words.webhooks, MOST_WEBHOOKS);
  if (events === null || webhooks === null) return null;
  return { events, webhooks, delivery: kindOfId(words.text) === 'delivery' ? words.text : null };
}

/** All webhooks of the reader, where those are no more than most. */
async function fewVisible({ webhooksOf }: DeliverySearch, most: number): Promise<Few | null> {
  const webhooks = await webhooksOf([() => 'true'], most);
  return webhooks && { events: [], webhooks, delivery: null };
}

/** The events with a value in a column that has an index, or of these those of one name; null when there are more than MOST_EVENTS. */
async function eventsWith(
  sql: Sql,
  column: 'entity_id' | 'resource',
  value: string,
  name: string | null = null,
): Promise<string[] | null> {
  if (value.includes('\0')) return [];
  const { rows } = await sql.query<{ id: string; name: string }>(
    `select e.id, e.name from events e where e.${column} = $1 limit $2`,
    [value, MOST_EVENTS + 1],
  );
  if (rows.length > MOST_EVENTS) return null;
  return rows.filter((row) => name === null || row.name === name).map(({ id }) => id);
}

/** The ways to read on in the order of ids; each of them holds all that fits, and is a set of lists. */
function waysOf(search: DeliverySearch): Ordered[][] {
  const { filter } = search;
  const halves = halvesOf(filter);
  const open = halves.open ? [listed(search, OPEN_DELIVERIES, createdNear(filter))] : [];
  const closedBy = (conditions: SqlFragment[]): Ordered[] => [
    ...open,
    ...(halves.closed
      ? conditions.map((of) => listed(search, CLOSED_DELIVERIES, allOf([of, createdNear(filter)])))
      : []),
  ];
  const ways: Ordered[][] = [];
  const webhook = webhookOf(filter);
  if (webhook) {
    const of: SqlFragment = (add) => `d.webhook_id = ${webhook(add)}`;
    ways.push([
      ...(halves.open ? [listed(search, OPEN_DELIVERIES, of)] : []),
      ...(halves.closed ? [listed(search, CLOSED_DELIVERIES, of)] : []),
    ]);
  }
  const codes = filter?.statusCode;
  if (codes && codes.length <= MOST_LISTS && !codes.includes(200))
    ways.push(
      closedBy(codes.map((code) => (add) => `d.status_code = ${add(code)}::int and d.status_code <> 200`)),
    );
  const closed = filter?.status?.filter((status) => CLOSED.has(status));
  if (closed && !closed.includes('SUCCEEDED'))
    ways.push(
      closedBy(
        closed.map((status) => (add) => `d.status = ${add(status)}::text and d.status <> 'SUCCEEDED'`),
      ),
    );
  return ways.length > 0 ? ways : [closedBy([() => 'true'])];
}

/** Which of the two tables can hold what fits: a status says so. */
function halvesOf(filter: DeliveryFilter | null | undefined): { open: boolean; closed: boolean } {
  const status = filter?.status;
  if (!status) return { open: true, closed: true };
  return {
    open: status.some((one) => !CLOSED.has(one)),
    closed: status.some((one) => CLOSED.has(one)),
  };
}

/** The one webhook that a filter means, as SQL; an endpoint belongs to the same one for ever. */
function webhookOf(filter: DeliveryFilter | null | undefined): SqlFragment | null {
  const { webhookId, webhookNumber, endpointId } = filter ?? {};
  if (webhookId != null) return (add) => add(withoutNul(webhookId));
  if (webhookNumber != null)
    return (add) => `(select n.id from webhooks n where n.number = ${add(webhookNumber)}::int)`;
  if (endpointId != null)
    return (add) => `(select p.webhook_id from endpoints p where p.id = ${add(withoutNul(endpointId))})`;
  return null;
}

/** What PostgreSQL refuses in a text equals nothing that is stored, and nor does this. */
const withoutNul = (id: string): string => id.replaceAll('\0', '');

/** The ids that the time of a delivery allows. */
function createdNear(filter: DeliveryFilter | null | undefined): SqlFragment {
  const { from, to } = filter?.createdAt ?? {};
  const bounds: SqlFragment[] = [];
  if (from) bounds.push((add) => `d.id >= ${add(idFloor('delivery', from.getTime() - MARGIN_MS))}::text`);
  if (to) bounds.push((add) => `d.id < ${add(idFloor('delivery', to.getTime() + MARGIN_MS))}::text`);
  return allOf(bounds);
}

function listed(search: DeliverySearch, from: string, of: SqlFragment): Ordered {
  return (add, limit) => `
    select d.* from ${from} where ${of(add)} and ${behind(search)(add)}
    order by d.id ${directionOf(search)} limit ${limit}`;
}

const directionOf = ({ descending }: DeliverySearch): 'asc' | 'desc' => (descending ? 'desc' : 'asc');

function behind({ after, descending }: DeliverySearch): SqlFragment {
  return (add) => (after === null ? 'true' : `d.id ${descending ? '<' : '>'} ${add(after)}::text`);
}

function wantedOf({ visible, filter, limit, descending }: DeliverySearch): Wanted {
  return {
    alias: 'd',
    columns: DELIVERY_COLUMNS,
    fits: (add) =>
      `(${deliveryFilter(filter)(add)}) and exists (select 1 from webhooks w where w.id = d.webhook_id and (${visible(add)}) offset 0)`,
    limit,
    descending,
  };
}

/** Statements for what is few: the parts in which it lies, each in the order of ids and no longer than a page. */
function fewParts(search: DeliverySearch, { events, webhooks, delivery }: Few): SqlFragment {
  const { fits } = wantedOf(search);
  const halves = halvesOf(search.filter);
  const froms = [...(halves.open ? [OPEN_DELIVERIES] : []), ...(halves.closed ? [CLOSED_DELIVERIES] : [])];
  const tail = `order by d.id ${directionOf(search)} limit ${search.limit}`;
  const rest = allOf([behind(search), fits]);
  const parts: SqlFragment[] = [];
  for (const from of froms) {
    if (delivery !== null)
      parts.push((add) => `select d.* from ${from} where d.id = ${add(delivery)} and ${rest(add)}`);
    // A delivery is never older than its event.
    if (events.length > 0)
      parts.push((add) => {
        const floor = idFloor('delivery', Math.min(...events.map(idTime)) - MARGIN_MS);
        // OFFSET keeps the planner from reading on in the order of ids instead.
        return `select d.* from (
          select d.* from ${from} where d.event_id = any (${add(events)}::text[]) and d.id >= ${add(floor)}::text offset 0) d
          where ${rest(add)} ${tail}`;
      });
    if (webhooks.length > 0)
      parts.push(
        (add) => `
          select d.* from unnest(${add(webhooks)}::text[]) as hook (id) cross join lateral (
            select d.* from (
              select d.* from ${from} where d.webhook_id = hook.id and ${behind(search)(add)}
              order by d.id ${directionOf(search)} offset 0) d
            where ${fits(add)} ${tail}) d
          ${tail}`,
      );
  }
  if (parts.length === 0) parts.push(() => `select d.* from ${OPEN_DELIVERIES} where false`);
  return (add) => parts.map((part) => `(${part(add)})`).join(' union ');
}

async function readFew(sql: Sql, search: DeliverySearch, few: Few): Promise<Record<string, unknown>[]> {
  const { text, values } = collect(
    (add) =>
      `select ${DELIVERY_COLUMNS} from (${fewParts(search, few)(add)}) d order by d.id ${directionOf(search)} limit ${search.limit}`,
  );
  return (await sql.query<Record<string, unknown>>(text, values)).rows;
}

async function countFew(sql: Sql, search: DeliverySearch, few: Few): Promise<number> {
  const { text, values } = collect(
    (add) => `select count(*)::int as count from (
      select 1 from (${fewParts(search, few)(add)}) d limit ${search.limit}) counted`,
  );
  return (await sql.query<{ count: number }>(text, values)).rows[0]!.count;
}
