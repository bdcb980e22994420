/** How a notification is written: the entity's text is spliced in as it was published, in JSON as in a CloudEvents batch. */
import { feedCloudEvent } from '../events/cloud-event.ts';
import type { Notification } from './read-feed.ts';

/** A sample, for receivers that want to see a notification before there is one. */
export interface Sample {
  resource: string;
  event: string;
  payload: unknown;
}

/** A notification as JSON text; the envelope of a delivery but for the webhooks, of which there may be several. */
export function jsonItem(item: Notification): string {
  return spliced(
    {
      type: `${item.resource}.${item.event}`,
      timestamp: item.occurredAt.toISOString(),
      id: item.id,
      resource: item.resource,
      event: item.event,
      entityId: item.entityId,
      webhookNumbers: item.webhookNumbers,
    },
    item.payload,
  );
}

/** The sample as JSON text: marked as one, under an id that no event has and that stays the same. */
export function sampleItem({ resource, event, payload }: Sample): string {
  return spliced(
    {
      type: `${resource}.${event}`,
      timestamp: '2000-01-01T00:00:00.000Z',
      id: `sample_${resource}.${event}`,
      resource,
      event,
      entityId: 'sample',
      webhookNumbers: [],
      sample: true,
    },
    JSON.stringify(payload),
  );
}

/** Items as one JSON array. */
export function jsonArray(items: readonly string[]): string {
  return items.length === 0 ? '[]\n' : `[\n${items.join(',\n')}\n]\n`;
}

/** Notifications as a batch of CloudEvents ("JSON Batch Format" of the specification's JSON format). */
export function cloudEventsBatch(items: readonly Notification[]): string {
  return jsonArray(items.map(feedCloudEvent));
}

function spliced(head: object, payload: string | null): string {
  return `${JSON.stringify(head).slice(0, -1)},"data":${payload ?? 'null'}}`;
}
