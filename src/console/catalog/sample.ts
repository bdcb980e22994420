/** What a delivery of an event looks like, made of the example in the catalog. */
import type { PayloadFormat, SigningScheme } from '../gql/graphql.ts';

/** A resource, as far as a sample needs it. */
export interface Sampled {
  name: string;
  label: string;
  events: readonly { name: string; label: string; supported: boolean; examplePayload: unknown }[];
}

const SAMPLE_ID = '01kb8x5m7ef2wvqzr3t9c6n4hd';
const SAMPLE_TIME = '2026-01-31T09:30:00.000Z';

const SIGNATURES: Record<SigningScheme, string | null> = {
  STANDARD_WEBHOOKS_HMAC: 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  STANDARD_WEBHOOKS_ED25519:
    'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
  NONE: null,
};

/** The headers that come with every request, and those of its format. */
export function sampleHeaders(
  content: Record<string, string>,
  signing: SigningScheme = 'STANDARD_WEBHOOKS_HMAC',
): string {
  const signature = SIGNATURES[signing];
  const headers = {
    ...content,
    'webhook-id': `dlv_${SAMPLE_ID}`,
    'webhook-timestamp': String(Date.parse(SAMPLE_TIME) / 1000),
    ...(signature === null ? {} : { 'webhook-signature': signature }),
    'webhook-attempt': '1',
  };
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}

/** What a format makes of an event: its own headers and the body. */
export function sampleRequest(
  format: PayloadFormat,
  resource: Pick<Sampled, 'name'>,
  event: Pick<Sampled['events'][number], 'name' | 'examplePayload'>,
): { contentHeaders: Record<string, string>; body: unknown } {
  const { examplePayload: data } = event;
  const json = { 'content-type': 'application/json' };
  const type = `${resource.name}.${event.name}`;
  const attributes = {
    specversion: '1.0',
    id: `evt_${SAMPLE_ID}`,
    source: '/webhooks/1',
    type,
    subject: idOf(data),
    time: SAMPLE_TIME,
    webhooknumber: 1,
  };
  switch (format) {
    case 'STANDARD_WEBHOOKS':
      return {
        contentHeaders: json,
        body: {
          ...{ type, timestamp: SAMPLE_TIME, id: `evt_${SAMPLE_ID}` },
          ...{ resource: resource.name, event: event.name, entityId: idOf(data) },
          ...{ webhookNumber: 1, data },
        },
      };
    case 'CLOUDEVENTS_STRUCTURED':
      return {
        contentHeaders: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
        body: { ...attributes, datacontenttype: 'application/json', data },
      };
    case 'CLOUDEVENTS_BINARY': {
      const named = Object.entries(attributes).map(([name, value]) => [`ce-${name}`, String(value)] as const);
      return { contentHeaders: { ...Object.fromEntries(named), ...json }, body: data };
    }
    case 'ENTITY':
      return { contentHeaders: json, body: data };
  }
}

function idOf(entity: unknown): string {
  const id = entity !== null && typeof entity === 'object' && 'id' in entity ? entity.id : undefined;
  return typeof id === 'string' || typeof id === 'number' ? String(id) : '1';
}
