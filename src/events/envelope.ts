/**
 * The body of the format STANDARD_WEBHOOKS: the envelope of that specification (spec/standard-webhooks.md, "Payload
 * structure") with the entity's text spliced in unparsed, so that key order, number spelling and white space arrive as
 * they were published.
 */
import { jsonString } from './json-string.ts';

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
  const { resource, event } = parts;
  const type = jsonString(`${resource}.${event}`);
  const names = `"resource":${jsonString(resource)},"event":${jsonString(event)},"entityId":${jsonString(parts.entityId)}`;
  const head = `"type":${type},"timestamp":"${parts.occurredAt.toISOString()}","id":${jsonString(parts.eventId)},${names}`;
  return `{${head},"webhookNumber":${parts.webhookNumber}${parts.test ? ',"test":true' : ''},"data":${parts.payload}}`;
}
