/** What a delivery of an event looks like, made of the example in the catalog. */

/** A resource, as far as a sample needs it. */
export interface Sampled {
  name: string;
  label: string;
  events: readonly { name: string; label: string; supported: boolean; examplePayload: unknown }[];
}

const SAMPLE_ID = '01kb8x5m7ef2wvqzr3t9c6n4hd';
const SAMPLE_TIME = '2026-01-31T09:30:00.000Z';

/** The headers that come with every request. */
export const SAMPLE_HEADERS = `content-type: application/json
webhook-id: dlv_${SAMPLE_ID}
webhook-timestamp: ${Date.parse(SAMPLE_TIME) / 1000}
webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=
webhook-attempt: 1`;

/** The body: the envelope with the example as the entity. */
export function sampleBody(resource: Pick<Sampled, 'name'>, event: Sampled['events'][number]): object {
  const { examplePayload: data } = event;
  const id = data !== null && typeof data === 'object' && 'id' in data ? data.id : undefined;
  return {
    type: `${resource.name}.${event.name}`,
    timestamp: SAMPLE_TIME,
    id: `evt_${SAMPLE_ID}`,
    resource: resource.name,
    event: event.name,
    entityId: typeof id === 'string' || typeof id === 'number' ? String(id) : '1',
    webhookNumber: 1,
    data,
  };
}
