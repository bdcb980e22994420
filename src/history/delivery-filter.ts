/**
 * Filters of deliveries and events as SQL. A delivery's filter speaks of the alias d, which has the
 * columns id, event_id, webhook_id, endpoint_id, status, status_code and created_at, whether it
 * stands for a queue row, a closed delivery or a line of the log.
 */
import { allOf } from '../db/fragment.ts';
import type { SqlFragment } from '../db/sql.ts';
import { idFloorSql } from '../ids.ts';
import type { DeliveryStatus } from '../queue/status.ts';

/** A half-open range of time, [from, to). */
export interface TimeRange {
  from?: Date | null;
  to?: Date | null;
}

/** Which deliveries: fields are ANDed, list values ORed, as the API's DeliveryFilterInput. */
export interface DeliveryFilter {
  webhookId?: string | null;
  webhookNumber?: number | null;
  endpointId?: string | null;
  status?: DeliveryStatus[] | null;
  statusCode?: number[] | null;
  eventId?: string | null;
  entityId?: string | null;
  resource?: string | null;
  event?: string | null;
  createdAt?: TimeRange | null;
  search?: string | null;
}

/** Which events, as the API's EventFilterInput. */
export interface EventFilter {
  resource?: string[] | null;
  name?: string[] | null;
  entityId?: string | null;
  loginId?: string | null;
  occurredAt?: TimeRange | null;
  delivered?: boolean | null;
}

/** The deliveries that pass a filter, over the alias d. */
export function deliveryFilter(filter: DeliveryFilter | null | undefined): SqlFragment {
  if (!filter) return () => 'true';
  const parts: SqlFragment[] = [];
  const equals = (column: string, value: string | null | undefined): void => {
    if (value != null) parts.push(textEquals(`d.${column}`, value));
  };
  equals('webhook_id', filter.webhookId);
  if (filter.webhookNumber != null)
    parts.push(
      (add) =>
        `d.webhook_id = (select n.id from webhooks n where n.number = ${add(filter.webhookNumber)}::int)`,
    );
  equals('endpoint_id', filter.endpointId);
  equals('event_id', filter.eventId);
  if (filter.status) parts.push((add) => `d.status = any (${add(filter.status)}::text[])`);
  if (filter.statusCode) parts.push((add) => `d.status_code = any (${add(filter.statusCode)}::int[])`);
  if (filter.createdAt) parts.push(within('d.created_at', filter.createdAt));

  const ofEvent: SqlFragment[] = [];
  if (filter.entityId != null) ofEvent.push(textEquals('f.entity_id', filter.entityId));
  if (filter.resource != null) ofEvent.push(textEquals('f.resource', filter.resource));
  if (filter.event != null) ofEvent.push(textEquals('f.name', filter.event));
  if (ofEvent.length > 0) parts.push(eventOf(allOf(ofEvent)));

  const search = filter.search?.trim();
  if (search?.includes('\0')) parts.push(() => 'false');
  else if (search)
    parts.push((add) => {
      const term = add(search);
      return `d.id = ${term} or d.event_id = ${term} or ${eventOf(() => `f.entity_id = ${term}`)(add)}
              or exists (select 1 from webhooks s where s.id = d.webhook_id
                         and (s.number::text = ${term} or strpos(lower(s.name), lower(${term}::text)) > 0))`;
    });
  return allOf(parts);
}

/** PostgreSQL refuses NUL in a text outright; no stored text holds one, so such a value equals nothing. */
function textEquals(column: string, value: string): SqlFragment {
  return value.includes('\0') ? () => 'false' : (add) => `${column} = ${add(value)}`;
}

function textAmong(column: string, values: string[]): SqlFragment {
  return (add) => `${column} = any (${add(values.filter((value) => !value.includes('\0')))}::text[])`;
}

/** What a search can mean: the text itself, and over the alias w the webhooks whose number or name it finds; null for none. */
export function wordsIn(search: string | null | undefined): { text: string; webhooks: SqlFragment[] } | null {
  const text = search?.trim();
  if (!text) return null;
  if (text.includes('\0')) return { text: '', webhooks: [] };
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
  const named: SqlFragment = (add) => `lower(w.name) like lower(${add(pattern)}::text)`;
  const number = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : Infinity;
  return {
    text,
    webhooks: [
      ...(number < 2 ** 31 ? [(add: (value: unknown) => string) => `w.number = ${add(number)}::int`] : []),
      // Each of the two has an index (migrations/1764000000004 and 5).
      allOf([named, () => 'w.deleted_at is null']),
      allOf([named, () => '(not w.enabled or w.deleted_at is not null) and w.deleted_at is not null']),
    ],
  };
}

function eventOf(condition: SqlFragment): SqlFragment {
  // OFFSET keeps the planner from reading all such events first: it is asked of some deliveries at hand.
  return (add) => `exists (select 1 from events f where f.id = d.event_id and ${condition(add)} offset 0)`;
}

/** The events that pass a filter, over the alias e of the table events. */
export function eventFilter(filter: EventFilter | null | undefined): SqlFragment {
  if (!filter) return () => 'true';
  const parts: SqlFragment[] = [];
  if (filter.resource) parts.push(textAmong('e.resource', filter.resource));
  if (filter.name) parts.push(textAmong('e.name', filter.name));
  if (filter.entityId != null) parts.push(textEquals('e.entity_id', filter.entityId));
  if (filter.loginId != null) parts.push(textEquals('e.login_id', filter.loginId));
  if (filter.occurredAt) parts.push(within('e.occurred_at', filter.occurredAt));
  if (filter.delivered != null)
    parts.push(
      () =>
        // A delivery is never older than its event, but for the clocks that made their ids.
        `${filter.delivered ? '' : 'not '}exists (
          select 1 from deliveries d where d.event_id = e.id and d.status = 'SUCCEEDED'
            and d.id >= ${idFloorSql('delivery', `e.published_at - interval '1 day'`)} offset 0)`,
    );
  return allOf(parts);
}

function within(column: string, range: TimeRange): SqlFragment {
  const parts: SqlFragment[] = [];
  if (range.from) parts.push((add) => `${column} >= ${add(range.from)}::timestamptz`);
  if (range.to) parts.push((add) => `${column} < ${add(range.to)}::timestamptz`);
  return allOf(parts);
}
