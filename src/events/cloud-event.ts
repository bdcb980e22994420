/**
 * An event as a CloudEvent 1.0, by the JSON format and by the HTTP binding 1.0.2 of the specification. Own code, since a
 * library would parse the entity and write it anew: here its text is spliced in, or is the body, as it was published.
 */
import type { EventParts } from './envelope.ts';

const DATA_TYPE = 'application/json';
/** What strings of CloudEvents must not hold ("Type System"): control characters and code points that are no characters. */
const UNFIT = /[\p{Cc}\p{Noncharacter_Code_Point}]/u;
/** What a header's value must not hold as it is ("HTTP Header Values"): all but visible ASCII, and of that two more. */
const ENCODED = /[^!#$&-~]/gu;

/** The whole event as one JSON text (structured content mode). */
export function structuredCloudEvent(parts: EventParts): string {
  const head = JSON.stringify({ ...attributesOf(parts), datacontenttype: DATA_TYPE });
  return `${head.slice(0, -1)},"data":${parts.payload}}`;
}

/** Its attributes as headers; the body is the entity alone (binary content mode). */
export function cloudEventHeaders(parts: EventParts): Record<string, string> {
  const named = Object.entries(attributesOf(parts)).map(
    ([name, value]) => [`ce-${name}`, String(value).replace(ENCODED, encodeURIComponent)] as const,
  );
  return Object.fromEntries([...named, ['content-type', DATA_TYPE]]);
}

/**
 * The same for the feed, where an event stands once, whichever webhooks it fired; without data once its payload is not kept
 * any more.
 */
export function feedCloudEvent(parts: {
  id: string;
  resource: string;
  event: string;
  entityId: string;
  occurredAt: Date;
  webhookNumbers: readonly number[];
  payload: string | null;
}): string {
  const { webhookNumbers, payload } = parts;
  const attributes = {
    ...eventAttributes({ ...parts, eventId: parts.id }, '/events'),
    ...(webhookNumbers.length > 0 ? { webhooknumbers: webhookNumbers.join(' ') } : {}),
  };
  if (payload === null) return JSON.stringify(attributes);
  const head = JSON.stringify({ ...attributes, datacontenttype: DATA_TYPE });
  return `${head.slice(0, -1)},"data":${payload}}`;
}

function attributesOf(parts: EventParts): Record<string, string | number | boolean> {
  return {
    ...eventAttributes(parts, `/webhooks/${parts.webhookNumber}`),
    webhooknumber: parts.webhookNumber,
    ...(parts.test ? { test: true } : {}),
  };
}

function eventAttributes(
  parts: Pick<EventParts, 'eventId' | 'resource' | 'event' | 'entityId' | 'occurredAt'>,
  source: string,
): Record<string, string> {
  return {
    specversion: '1.0',
    id: parts.eventId,
    source,
    type: `${parts.resource}.${parts.event}`,
    ...(UNFIT.test(parts.entityId) ? {} : { subject: parts.entityId }),
    time: parts.occurredAt.toISOString(),
  };
}
