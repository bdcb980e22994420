/** The formats of requests, in words. */
import type { PayloadFormat } from '../gql/graphql.ts';

/** How each reads, and what it means. */
export const FORMAT_WORDS: Record<PayloadFormat, { label: string; meaning: string }> = {
  STANDARD_WEBHOOKS: {
    label: 'Standard Webhooks envelope',
    meaning: 'What happened to what, and the entity under data.',
  },
  CLOUDEVENTS_STRUCTURED: {
    label: 'CloudEvents, structured',
    meaning: 'One JSON document of CloudEvents 1.0, the entity as its data.',
  },
  CLOUDEVENTS_BINARY: {
    label: 'CloudEvents, binary',
    meaning: 'The entity alone is the body; what happened stands in headers that begin with ce-.',
  },
  ENTITY: {
    label: 'Bare entity',
    meaning: 'The entity alone, byte for byte as it was published; what happened to it is not told.',
  },
};

/** In the order in which they are offered. */
export const FORMATS = Object.keys(FORMAT_WORDS) as PayloadFormat[];
