/**
 * What a request says of an event, in the format of its delivery: the body and the headers that go with it. The same
 * input gives the same bytes, so that a body that is made anew, for a retry or to be shown, is the one that was sent.
 */
import type { PayloadFormat } from '../queue/payload-format.ts';
import { cloudEventHeaders, structuredCloudEvent } from './cloud-event.ts';
import { envelope, type EventParts } from './envelope.ts';

/** Header names are in lower case; the body is sent in UTF-8. */
export interface Content {
  headers: Record<string, string>;
  body: string;
}

const JSON_TYPE = { 'content-type': 'application/json' };

const CONTENTS: Record<PayloadFormat, (parts: EventParts) => Content> = {
  STANDARD_WEBHOOKS: (parts) => ({ headers: JSON_TYPE, body: envelope(parts) }),
  CLOUDEVENTS_STRUCTURED: (parts) => ({
    headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    body: structuredCloudEvent(parts),
  }),
  CLOUDEVENTS_BINARY: (parts) => ({ headers: cloudEventHeaders(parts), body: parts.payload }),
  ENTITY: ({ payload }) => ({ headers: JSON_TYPE, body: payload }),
};

/** The content of a request. */
export function contentOf(format: PayloadFormat, parts: EventParts): Content {
  return CONTENTS[format](parts);
}
