/**
 * What happened, for reading: events, deliveries (open ones from the queue and closed ones from the
 * history, as one list) and attempts. Every read takes what the caller may see as a fragment of SQL
 * that access/ made; what lies outside of it answers like what does not exist.
 */
import { allOf, collect } from '../db/fragment.ts';
import { COUNTED_REACH } from '../db/in-order.ts';
import { type Page, type PageRequest, toPage } from '../db/page.ts';
import type { Sql, SqlFragment } from '../db/sql.ts';
import { countEvents } from '../events/count-events.ts';
import { findEvents, membersOf } from '../events/find-events.ts';
import { kindOfId, parseAttemptId } from '../ids.ts';
import { type EventFilter, eventFilter } from './delivery-filter.ts';
import type { DeliveryScope } from './delivery-search.ts';
import { countDeliveries, findDeliveries } from './find-deliveries.ts';
import {
  type AttemptRow,
  CLOSED_DELIVERIES,
  DELIVERY_COLUMNS,
  type DeliveryRow,
  EVENT_COLUMNS,
  type EventRow,
  OPEN_DELIVERIES,
  toAttempt,
  toDelivery,
  toEvent,
} from './rows.ts';

/** A count that stops at a limit. */
export interface BoundedCount {
  value: number;
  precision: 'EXACT' | 'AT_LEAST';
}

/** Which events of those the caller may see. */
export interface EventScope {
  /** Over the alias e. */
  visible: SqlFragment;
  filter?: EventFilter | null | undefined;
  /** Of which account, login or team all of them are; null where that narrows nothing. */
  within: string | null;
}

/** Reads events, deliveries and attempts. */
export class History {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** One delivery, or null. */
  async delivery(visible: SqlFragment, id: string): Promise<DeliveryRow | null> {
    return (await this.deliveriesByIds(visible, [id]))[0] ?? null;
  }

  /** Deliveries by id, in the order of the ids, null where not visible. */
  async deliveriesByIds(visible: SqlFragment, ids: string[]): Promise<(DeliveryRow | null)[]> {
    const known = ids.filter((id) => kindOfId(id) === 'delivery');
    const half = (add: (value: unknown) => string, from: string): string =>
      `(select ${DELIVERY_COLUMNS} from ${from} join webhooks w on w.id = d.webhook_id
        where d.id = any (${add(known)}::text[]) and (${visible(add)}))`;
    const rows = await this.#select(
      (add) => `${half(add, OPEN_DELIVERIES)} union all ${half(add, CLOSED_DELIVERIES)}`,
    );
    const byId = new Map(rows.map((row) => [row['id'] as string, toDelivery(row)]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  /** A page of deliveries, newest first. */
  async deliveries(scope: DeliveryScope, page: PageRequest): Promise<Page<DeliveryRow>> {
    const rows = await findDeliveries(this.#sql, { ...scope, ...placeOf(page) });
    return toPage(rows.map(toDelivery), page, (row) => [row.id]);
  }

  /** How many deliveries there are, counting no further than limit, and giving up earlier where few of many fit. */
  async countDeliveries(scope: DeliveryScope, limit: number): Promise<BoundedCount> {
    return bounded(await countDeliveries(this.#sql, scope, limit + 1), limit);
  }

  /** One event, or null; visible is over the alias e. */
  async event(visible: SqlFragment, id: string): Promise<EventRow | null> {
    return (await this.eventsByIds([id], visible))[0] ?? null;
  }

  /** Events by id, in the order of the ids; without visible for callers who hold a delivery of theirs. */
  async eventsByIds(
    ids: readonly string[],
    visible: SqlFragment = () => 'true',
  ): Promise<(EventRow | null)[]> {
    const known = ids.filter((id) => kindOfId(id) === 'event');
    const rows = await this.#select(
      (add) =>
        `select ${EVENT_COLUMNS} from events e where e.id = any (${add(known)}::text[]) and (${visible(add)})`,
    );
    const byId = new Map(rows.map((row) => [row['id'] as string, toEvent(row)]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  /** A page of events, newest first; test events are not among them. */
  async events(scope: EventScope, page: PageRequest): Promise<Page<EventRow>> {
    const rows = await findEvents(this.#sql, { ...this.#eventSearch(scope), ...placeOf(page) });
    return toPage(rows.map(toEvent), page, (row) => [row.id]);
  }

  /** How many events there are, counting no further than limit, and giving up earlier where few of many fit. */
  async countEvents(scope: EventScope, limit: number): Promise<BoundedCount> {
    const { delivered = null, ...rest } = scope.filter ?? {};
    const search = {
      ...this.#eventSearch({ ...scope, filter: rest }),
      ...{ delivered, after: null, descending: true, limit: limit + 1 },
    };
    // All else an event itself says.
    const reach = delivered === null ? limit + 1 : COUNTED_REACH;
    return bounded(await countEvents(this.#sql, search, reach), limit);
  }

  #eventSearch({ visible, filter, within }: EventScope) {
    return {
      columns: EVENT_COLUMNS,
      where: allOf([() => 'not e.test', visible, eventFilter(filter)]),
      ...{ entityId: filter?.entityId, loginId: filter?.loginId },
      ...{ resources: filter?.resource, names: filter?.name },
      occurredAt: filter?.occurredAt,
      loginsOf: (most: number) =>
        within === null ? Promise.resolve(null) : membersOf(this.#sql, [within], most),
      within: () => Promise.resolve(within === null ? null : [within]),
    };
  }

  /** Payloads as they were published, in the order of the ids; null once their retention has passed. */
  async payloadsOf(eventIds: readonly string[]): Promise<(string | null)[]> {
    const rows = await this.#select(
      (add) => `select event_id, payload from event_payloads where event_id = any (${add(eventIds)}::text[])`,
    );
    const byId = new Map(rows.map((row) => [row['event_id'] as string, row['payload'] as string]));
    return eventIds.map((id) => byId.get(id) ?? null);
  }

  /** A page of a delivery's attempts, first attempt first, and how many there are. */
  async attempts(deliveryId: string, page: PageRequest): Promise<Page<AttemptRow> & { totalCount: number }> {
    const [rows, counted] = await Promise.all([
      this.#select((add) => {
        const key = keyset('a.number', page, add);
        return `select a.* from attempts a where a.delivery_id = ${add(deliveryId)} and ${key.where}
                order by ${key.order} limit ${add(page.limit + 1)}`;
      }),
      this.#select(
        (add) => `select count(*)::int as count from attempts where delivery_id = ${add(deliveryId)}`,
      ),
    ]);
    return {
      ...toPage(rows.map(toAttempt), page, (row) => [row.number]),
      totalCount: counted[0]!['count'] as number,
    };
  }

  /** The newest attempt of each delivery, in the order of the ids. */
  async latestAttempts(deliveryIds: readonly string[]): Promise<(AttemptRow | null)[]> {
    const rows = await this.#select(
      (add) => `select a.* from unnest(${add(deliveryIds)}::text[]) as g (id)
                cross join lateral (
                  select * from attempts t where t.delivery_id = g.id and ${among('t.delivery_id', deliveryIds)(add)}
                  order by t.number desc limit 1) a`,
    );
    const byDelivery = new Map(rows.map((row) => [row['delivery_id'] as string, toAttempt(row)]));
    return deliveryIds.map((id) => byDelivery.get(id) ?? null);
  }

  /** Attempts by delivery and number, in order, null where not recorded. */
  async attemptsByKeys(
    keys: readonly { deliveryId: string; number: number }[],
  ): Promise<(AttemptRow | null)[]> {
    const rows = await this.#select(
      (add) => `select a.* from unnest(${add(keys.map((key) => key.deliveryId))}::text[],
                                       ${add(keys.map((key) => key.number))}::int[]) as g (id, number)
                join attempts a on a.delivery_id = g.id and a.number = g.number`,
    );
    const byKey = new Map(rows.map(toAttempt).map((row) => [`${row.deliveryId} ${row.number}`, row]));
    return keys.map((key) => byKey.get(`${key.deliveryId} ${key.number}`) ?? null);
  }

  /** The numbers of webhooks, deleted ones included, in the order of the ids. */
  async webhookNumbers(ids: readonly string[]): Promise<(number | null)[]> {
    const rows = await this.#select(
      (add) => `select id, number from webhooks where id = any (${add(ids)}::text[])`,
    );
    const byId = new Map(rows.map((row) => [row['id'] as string, row['number'] as number]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  /** One attempt by its id, or null. */
  async attempt(visible: SqlFragment, id: string): Promise<AttemptRow | null> {
    const key = parseAttemptId(id);
    if (!key || !(await this.delivery(visible, key.deliveryId))) return null;
    return (await this.attemptsByKeys([key]))[0] ?? null;
  }

  async #select(fragment: SqlFragment): Promise<Record<string, unknown>[]> {
    const { text, values } = collect(fragment);
    return (await this.#sql.query<Record<string, unknown>>(text, values)).rows;
  }
}

/** True for all of these ids, and others of their time: by such values the planner leaves out the partitions of other times. */
function among(column: string, ids: readonly string[]): SqlFragment {
  const sorted = ids.toSorted();
  return (add) => `${column} between ${add(sorted[0])}::text and ${add(sorted.at(-1))}::text`;
}

/** The rows behind the page's key, the oldest first; a backward page is read the other way round. */
function keyset(
  column: string,
  page: PageRequest,
  add: (value: unknown) => string,
): { where: string; order: string } {
  const where = page.key === null ? 'true' : `${column} ${page.backward ? '<' : '>'} ${add(page.key[0])}`;
  return { where, order: `${column} ${page.backward ? 'desc' : 'asc'}` };
}

/** Where a page of a list begins that is read from the newest on. */
function placeOf(page: PageRequest): { after: string | null; descending: boolean; limit: number } {
  return {
    after: page.key === null ? null : String(page.key[0]),
    descending: !page.backward,
    limit: page.limit + 1,
  };
}

function bounded({ count, complete }: { count: number; complete: boolean }, limit: number): BoundedCount {
  return count > limit
    ? { value: limit, precision: 'AT_LEAST' }
    : { value: count, precision: complete ? 'EXACT' : 'AT_LEAST' };
}
