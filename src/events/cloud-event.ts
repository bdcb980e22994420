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

function attributesOf(parts: EventParts): Record<string, string | number | boolean> {
  return {
    specversion: '1.0',
    id: parts.eventId,
    source: `/webhooks/${parts.webhookNumber}`,
    type: `${parts.resource}.${parts.event}`,
    ...(UNFIT.test(parts.entityId) ? {} : { subject: parts.entityId }),
    time: parts.occurredAt.toISOString(),
    webhooknumber: parts.webhookNumber,
    ...(parts.test ? { test: true } : {}),
  };
}
