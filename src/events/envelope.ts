/**
 * The body of the format STANDARD_WEBHOOKS: the envelope of that specification (spec/standard-webhooks.md, "Payload
 * structure") with the entity's text spliced in unparsed, so that key order, number spelling and white space arrive as
 * they were published.
 */

/** What of an event and its webhook is part of a request. */
export interface EventParts {
  eventId: string;
  resource: string;
  event: string;
  entityId: string;
  occurredAt: Date;
  webhookNumber: number;
  /** Marks a test event. */
  test: boolean;
  /** The entity as it was published: JSON text. */
  payload: string;
}

/** The body, as text that is sent in UTF-8. */
export function envelope(parts: EventParts): string {
  const head = JSON.stringify({
    type: `${parts.resource}.${parts.event}`,
    timestamp: parts.occurredAt.toISOString(),
    id: parts.eventId,
    resource: parts.resource,
    event: parts.event,
    entityId: parts.entityId,
    webhookNumber: parts.webhookNumber,
    ...(parts.test ? { test: true } : {}),
  });
  return `${head.slice(0, -1)},"data":${parts.payload}}`;
}
