/** The shapes in which the history is read, the same for open and closed deliveries. */
import type { AttemptOutcome, DeliveryFailureCode, FailureCode } from '../errors.ts';
import type { PayloadFormat } from '../queue/payload-format.ts';
import { RANK } from '../queue/rank.ts';
import { type DeliveryOrigin, type DeliveryStatus, openStatus } from '../queue/status.ts';

/** A delivery as it is now. */
export interface DeliveryRow {
  id: string;
  status: DeliveryStatus;
  version: number;
  origin: DeliveryOrigin;
  eventId: string;
  webhookId: string;
  endpointId: string;
  /** What its requests look like. */
  format: PayloadFormat;
  attemptCount: number;
  nextAttemptAt: Date | null;
  createdAt: Date;
  completedAt: Date | null;
  /** Why it ended where no attempt says it, or null. */
  failureCode: DeliveryFailureCode | null;
}

/** An event without its payload. */
export interface EventRow {
  id: string;
  resource: string;
  name: string;
  entityId: string;
  loginId: string;
  test: boolean;
  occurredAt: Date;
  publishedAt: Date;
}

/** One header as it was sent or received; a secret one has no value. */
export interface StoredHeader {
  name: string;
  value: string | null;
  secret: boolean;
}

/** An attempt as it was recorded. */
export interface AttemptRow {
  deliveryId: string;
  number: number;
  origin: 'FIRST' | 'AUTOMATIC_RETRY' | 'MANUAL_RETRY';
  outcome: AttemptOutcome;
  startedAt: Date;
  durationMs: number | null;
  failureCode: FailureCode | null;
  request: { url: string; headers: StoredHeader[]; bodyBytes: number };
  response: {
    statusCode: number;
    headers: StoredHeader[];
    body: string;
    bodyBytes: number;
    bodyTruncated: boolean;
  } | null;
  phases: { name: string; startMs: number; durationMs: number }[];
}

/** Open deliveries with the columns that filters and lists speak of, as a FROM item named d. */
export const OPEN_DELIVERIES = `(
  select q.id, ${openStatus('q')} as status, q.version, q.origin, q.event_id, q.webhook_id, q.endpoint_id,
         q.attempt_count, q.status_code, case when q.sender is null and q.rank <> ${RANK.awaiting} then q.due_at end as next_attempt_at,
         q.created_at, null::timestamptz as completed_at,
         null::text as failure_code, q.format, null::text as account_id, q.resource, q.event, q.entity_id
  from delivery_queue q) d`;

/** Closed deliveries with the same columns, as a FROM item named d; only of them it is known whose they are. */
export const CLOSED_DELIVERIES = `(
  select c.id, c.status, c.version, c.origin, c.event_id, c.webhook_id, c.endpoint_id,
         c.attempt_count, c.status_code, null::timestamptz as next_attempt_at,
         c.created_at, c.completed_at, c.failure_code, c.format, c.account_id, c.resource, c.event, c.entity_id
  from deliveries c) d`;

/** The columns of both, read by toDelivery. */
export const DELIVERY_COLUMNS = `d.id, d.status, d.version, d.origin, d.event_id, d.webhook_id, d.endpoint_id,
  d.attempt_count, d.next_attempt_at, d.created_at, d.completed_at, d.failure_code, d.format`;

/** A row of DELIVERY_COLUMNS as a value. */
export function toDelivery(row: Record<string, unknown>): DeliveryRow {
  return {
    id: row['id'] as string,
    status: row['status'] as DeliveryStatus,
    version: row['version'] as number,
    origin: row['origin'] as DeliveryRow['origin'],
    eventId: row['event_id'] as string,
    webhookId: row['webhook_id'] as string,
    endpointId: row['endpoint_id'] as string,
    format: row['format'] as PayloadFormat,
    attemptCount: row['attempt_count'] as number,
    nextAttemptAt: row['next_attempt_at'] as Date | null,
    createdAt: row['created_at'] as Date,
    completedAt: row['completed_at'] as Date | null,
    failureCode: row['failure_code'] as DeliveryRow['failureCode'],
  };
}

/** The columns of an event, read by toEvent, over the alias e. */
export const EVENT_COLUMNS =
  'e.id, e.resource, e.name, e.entity_id, e.login_id, e.test, e.occurred_at, e.published_at';

/** A row of EVENT_COLUMNS as a value. */
export function toEvent(row: Record<string, unknown>): EventRow {
  return {
    id: row['id'] as string,
    resource: row['resource'] as string,
    name: row['name'] as string,
    entityId: row['entity_id'] as string,
    loginId: row['login_id'] as string,
    test: row['test'] as boolean,
    occurredAt: row['occurred_at'] as Date,
    publishedAt: row['published_at'] as Date,
  };
}

/** A row of the table attempts as a value. */
export function toAttempt(row: Record<string, unknown>): AttemptRow {
  return {
    deliveryId: row['delivery_id'] as string,
    number: row['number'] as number,
    origin: row['origin'] as AttemptRow['origin'],
    outcome: row['outcome'] as AttemptOutcome,
    startedAt: row['started_at'] as Date,
    durationMs: row['duration_ms'] as number | null,
    failureCode: row['failure_code'] as FailureCode | null,
    request: row['request'] as AttemptRow['request'],
    response: row['response'] as AttemptRow['response'],
    phases: (row['phases'] ?? []) as AttemptRow['phases'],
  };
}
