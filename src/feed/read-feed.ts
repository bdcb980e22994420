/**
 * Reads notifications: events that fired a webhook which the reader may see, or all events of its portfolio. Forward in
 * the order (epoch, transaction, id), stopping before the oldest transaction that still runs, so that nothing commits
 * behind a reader; or the newest first, by id.
 */
import { collect } from '../db/fragment.ts';
import type { Sql, SqlFragment } from '../db/sql.ts';
import type { EventSearch } from '../events/event-search.ts';
import { findEvents } from '../events/find-events.ts';

/** Where a reader that goes forward stands: behind this event. */
export interface FeedPosition {
  epoch: number;
  xid: bigint;
  id: string;
}

/** Before all events. */
export const FEED_BEGINNING: FeedPosition = { epoch: -1, xid: 0n, id: '' };

/** One notification. */
export interface Notification {
  id: string;
  resource: string;
  event: string;
  entityId: string;
  occurredAt: Date;
  /** The numbers of the webhooks that it fired and that the reader may see. */
  webhookNumbers: number[];
  /** The entity as it was published: JSON text; null once its retention has passed. */
  payload: string | null;
}

/** What a reader may and wants to see. */
export interface FeedWish {
  /** Over the alias w of webhooks: those whose numbers are told. */
  webhooks: SqlFragment;
  /** Over the alias e of events. */
  where: SqlFragment;
  /** Only events of these resources and names, as where says, too; null for all. */
  resources: string[] | null;
  names: string[] | null;
  limit: number;
}

/** What one step forward brought. */
export interface FeedRead {
  items: Notification[];
  /** Where to go on; behind all that was looked at. */
  position: FeedPosition;
  /** There is more to look at. */
  more: boolean;
}

/** So many events are looked at in one statement: some 5 ms where none of them is for the reader. */
const WINDOW = 1000;

const COLUMNS = `e.id, e.resource, e.name, e.entity_id, e.occurred_at`;

/** Looked up for each: joined, the planner would read all payloads. */
const PAYLOAD = '(select p.payload from event_payloads p where p.event_id = e.id) as payload';

const numbersOf = (event: string, webhooks: string): string =>
  `array(select w.number from webhooks w where w.id = any (${event}.fired) and (${webhooks}) order by w.number) as numbers`;

/** Looks at the next events behind a position; at most limit of them are told. */
export async function readForward(sql: Sql, after: FeedPosition, wish: FeedWish): Promise<FeedRead> {
  const { text, values } = collect((add) => {
    const behind = `(${add(after.epoch)}::int, ${add(after.xid.toString())}::xid8, ${add(after.id)}::text)`;
    return `
      with horizon as materialized (
        select (select s.epoch from stream_epoch s) as epoch, pg_snapshot_xmin(pg_current_snapshot()) as xmin
      ),
      scanned as materialized (
        select ${COLUMNS}, e.login_id, e.path, e.team_ids, e.fired, e.test, e.epoch, e.xid
        from events e
        -- With > the planner expects nothing, since all events are of one epoch, and would read and sort all that lie ahead.
        where (e.epoch, e.xid, e.id) >= ${behind} and e.id <> ${add(after.id)}::text
          and (e.epoch, e.xid) < ((select epoch from horizon), (select xmin from horizon))
        order by e.epoch, e.xid, e.id
        limit ${WINDOW}
      ),
      told as materialized (
        select * from scanned e where not e.test and (${wish.where(add)})
        order by e.epoch, e.xid, e.id
        limit ${add(wish.limit)}
      )
      select e.*, ${numbersOf('e', wish.webhooks(add))}, ${PAYLOAD}, last.*
      from (select (select count(*)::int from scanned) as looked_at) counted
      left join lateral (
        select s.epoch as last_epoch, s.xid::text as last_xid, s.id as last_id, counted.looked_at
        from scanned s order by s.epoch desc, s.xid desc, s.id desc limit 1) last on true
      left join told e on true
      order by e.epoch, e.xid, e.id`;
  });
  const { rows } = await sql.query<Row & Last>(text, values);
  const { last_epoch: epoch, last_xid: xid, last_id: id, looked_at: lookedAt } = rows[0]!;
  const told = rows.filter((row) => row.id !== null);
  const cut = told.length === wish.limit;
  const last = told.at(-1);
  const end = epoch === null ? after : { epoch, xid: BigInt(xid!), id: id! };
  return {
    items: told.map(toNotification),
    position: cut ? { epoch: last!.epoch, xid: BigInt(last!.xid), id: last!.id } : end,
    more: cut || lookedAt === WINDOW,
  };
}

/** The newest notifications, the newest first, none older than the id floor where that is given. */
export async function readNewest(
  sql: Sql,
  wish: FeedWish,
  { floor, ...sources }: { floor: string | null } & Pick<EventSearch, 'loginsOf' | 'within' | 'webhooksOf'>,
): Promise<Notification[]> {
  const rows = await findEvents(sql, {
    columns: 'e.id',
    where: (add) => `not e.test and (${wish.where(add)})`,
    ...{ resources: wish.resources, names: wish.names },
    ...sources,
    ...{ floor, after: null, descending: true, limit: wish.limit },
  });
  const ids = rows.map((row) => row['id'] as string);
  return readByIds(sql, ids, wish);
}

/** Notifications of these events, in their order. */
export async function readByIds(sql: Sql, ids: string[], wish: FeedWish): Promise<Notification[]> {
  if (ids.length === 0) return [];
  const { text, values } = collect(
    (add) => `
      select ${COLUMNS}, ${numbersOf('e', wish.webhooks(add))}, ${PAYLOAD}
      from events e
      where e.id = any (${add(ids)}::text[])`,
  );
  const { rows } = await sql.query<Row>(text, values);
  const byId = new Map(rows.map((row) => [row.id, toNotification(row)]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** Where an event stands; undefined where there is none of that id, or none any more. */
export async function positionOf(sql: Sql, id: string): Promise<FeedPosition | undefined> {
  const { rows } = await sql.query<{ epoch: number; xid: string }>(
    'select epoch, xid::text from events where id = $1',
    [id],
  );
  return rows[0] && { epoch: rows[0].epoch, xid: BigInt(rows[0].xid), id };
}

interface Row {
  id: string;
  resource: string;
  name: string;
  entity_id: string;
  occurred_at: Date;
  numbers: number[];
  payload: string | null;
  epoch: number;
  xid: string;
}

interface Last {
  last_epoch: number | null;
  last_xid: string | null;
  last_id: string | null;
  looked_at: number | null;
}

function toNotification(row: Row): Notification {
  return {
    id: row.id,
    resource: row.resource,
    event: row.name,
    entityId: row.entity_id,
    occurredAt: row.occurred_at,
    webhookNumbers: row.numbers,
    payload: row.payload,
  };
}
