/** Rows of the history, and lines of the log, as the API shows them. */
import { FAILURES } from '../errors.ts';
import { type AttemptRow, type DeliveryRow, type EventRow } from '../history/rows.ts';
import { attemptId } from '../ids.ts';
import type { Batch, StreamLine } from '../live/live.ts';
import type { ReplayRow } from '../replay/rows.ts';
import type { AttemptType } from './types/attempt.type.ts';
import type { DeliveryType } from './types/delivery.type.ts';
import type { EventType } from './types/event.type.ts';
import type { ReplayType } from './types/replay.type.ts';
import type { DeliveryEventBatchType, DeliveryEventType } from './types/stream.type.ts';

/** A delivery without what its field resolvers read. */
export function toDeliveryType(row: DeliveryRow): DeliveryType {
  return row;
}

/** An event without what its field resolvers read. */
export function toEventType(row: EventRow): EventType {
  return row;
}

/** An attempt; what was sent as its body is put in by the resolver of request, from the event. */
export function toAttemptType(row: AttemptRow): AttemptType & { deliveryId: string } {
  return {
    id: attemptId(row.deliveryId, row.number),
    deliveryId: row.deliveryId,
    number: row.number,
    origin: row.origin,
    outcome: row.outcome,
    startedAt: row.startedAt,
    durationMs: row.durationMs,
    phases: row.phases,
    request: {
      url: row.request.url || null,
      method: 'POST',
      statusCode: null,
      headers: row.request.headers,
      body: null,
      bodyBytes: row.request.bodyBytes,
      bodyTruncated: false,
    },
    response: row.response && { url: null, method: null, ...row.response },
    failure: row.failureCode && {
      code: row.failureCode,
      message: FAILURES[row.failureCode]?.[1] ?? row.failureCode,
    },
  };
}

/** A replay without what its field resolvers read. */
export function toReplayType(row: ReplayRow): ReplayType {
  const { id, status, loginId, filter, missingFor, matched, succeeded, failed, open } = row;
  const { ratePerSecond, startedAt, finishedAt } = row;
  return {
    ...{
      id,
      status,
      loginId,
      filter,
      missingFor,
      matched,
      done: succeeded + failed,
      succeeded,
      failed,
      pending: open,
    },
    ...{ ratePerSecond, startedAt, finishedAt },
  };
}

/** A batch of the stream. */
export function toBatchType(batch: Batch): DeliveryEventBatchType {
  return {
    events: batch.lines.map(toDeliveryEventType),
    cursor: batch.cursor,
    caughtUp: batch.caughtUp,
    folded: batch.folded,
    reset: batch.reset,
  };
}

/** A line, with the delivery as that line left it. */
function toDeliveryEventType(line: StreamLine): DeliveryEventType {
  const closed = line.kind === 'SUCCEEDED' || line.kind === 'FAILED' || line.kind === 'CANCELLED';
  return {
    cursor: line.cursor,
    kind: line.kind,
    at: line.at,
    attemptNumber: line.attemptNumber,
    delivery: {
      id: line.deliveryId,
      status: line.kind === 'CREATED' ? 'PENDING' : line.kind,
      version: line.version,
      origin: line.origin,
      attemptCount: line.attemptCount,
      nextAttemptAt: line.nextAttemptAt,
      createdAt: line.createdAt,
      completedAt: closed ? line.at : null,
      failureCode: line.failureCode,
      eventId: line.eventId,
      webhookId: line.webhookId,
      endpointId: line.endpointId,
    },
  };
}
