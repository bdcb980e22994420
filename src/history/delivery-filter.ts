/**
 * Filters of deliveries and events as SQL. A delivery's filter speaks of the alias d, which has the
 * columns id, event_id, webhook_id, endpoint_id, status, status_code and created_at, whether it
 * stands for a queue row, a closed delivery or a line of the log; the first two say also what their event is about.
 */
import { allOf } from '../db/fragment.ts';
import type { SqlFragment } from '../db/sql.ts';
import { idFloorSql, kindOfId } from '../ids.ts';
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
  /** Those that a replay sent, or sent again, so far. */
  replayId?: string | null;
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

/** The deliveries that pass a filter, over the alias d: rows of the queue, or closed ones. */
export const deliveryFilter = (filter: DeliveryFilter | null | undefined): SqlFragment =>
  filterOf(filter, (asked) => allOf(subjectOf('d', 'event', asked)));

/** The lines of the delivery log that pass a filter, over the alias d. */
export const lineFilter = (filter: DeliveryFilter | null | undefined): SqlFragment =>
  filterOf(filter, (asked) => eventOf(allOf(subjectOf('f', 'name', asked))));

/** ofSubject is what is asked for of the event. */
function filterOf(
  filter: DeliveryFilter | null | undefined,
  ofSubject: (asked: DeliveryFilter) => SqlFragment,
): SqlFragment {
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
  if (filter.replayId != null) parts.push(sentBy(filter.replayId));

  const { entityId, resource, event } = filter;
  if (entityId != null || resource != null || event != null) parts.push(ofSubject(filter));

  const search = filter.search?.trim();
  if (search?.includes('\0')) parts.push(() => 'false');
  else if (search)
    parts.push((add) => {
      const term = add(search);
      const ofEntity = ofSubject({ entityId: search })(add);
      return `d.id = ${term} or d.event_id = ${term} or ${ofEntity}
              or ${webhookNamed('d.webhook_id', term)}`;
    });
  return allOf(parts);
}

/** Whether nothing is asked for but a delivery's own state, time and webhook, by which an index mostly finds it. */
export function isOfDeliveryAlone(filter: DeliveryFilter | null | undefined): boolean {
  const { entityId, resource, event, search, replayId } = filter ?? {};
  return entityId == null && resource == null && event == null && search == null && replayId == null;
}

/**
 * The events that a filter of deliveries speaks of, over the alias e of the table events, for a webhook that they had no
 * delivery to: what it says of a delivery's state and of its webhook says nothing of them.
 */
export function undeliveredFilter(filter: DeliveryFilter, webhookId: string): SqlFragment {
  if (filter.replayId != null) return () => 'false';
  const parts = subjectOf('e', 'name', filter);
  if (filter.eventId != null) parts.push(textEquals('e.id', filter.eventId));
  if (filter.createdAt) parts.push(within('e.published_at', filter.createdAt));
  const search = filter.search?.trim();
  if (search?.includes('\0')) parts.push(() => 'false');
  else if (search)
    parts.push((add) => {
      const term = add(search);
      return `e.id = ${term} or e.entity_id = ${term} or ${webhookNamed(add(webhookId), term)}`;
    });
  return allOf(parts);
}

/** What a filter says of the event itself, over the alias of a row that says it; name is the column with what happened. */
function subjectOf(
  row: string,
  name: 'name' | 'event',
  { entityId, resource, event }: DeliveryFilter,
): SqlFragment[] {
  const asked = { entity_id: entityId, resource, [name]: event };
  return Object.entries(asked).flatMap(([column, value]) =>
    value == null ? [] : [textEquals(`${row}.${column}`, value)],
  );
}

function webhookNamed(id: string, term: string): string {
  // With OFFSET as below: else all webhooks are searched first.
  return `exists (select 1 from webhooks s where s.id = ${id}
                  and (s.number::text = ${term} or strpos(lower(s.name), lower(${term}::text)) > 0) offset 0)`;
}

function sentBy(replayId: string): SqlFragment {
  if (kindOfId(replayId) !== 'replay') return () => 'false';
  return (add) =>
    `exists (select 1 from replay_items i where i.replay_id = ${add(replayId)} and i.delivery_id = d.id and i.state <> 'WAITING')`;
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
