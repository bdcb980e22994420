/** What most tests need first: a resource, a webhook with one endpoint, events. */
import type { Api } from './api.ts';

/** The model of the resource that tests use. */
export const CLIENT_MODEL = `type Client {
  id: ID!
  name: String!
  email: String
  tags: [String!]
  extra: JSON
}`;

/** Registers the resource "clients" with create and update, or another by name. */
export async function registerResource(api: Api, name = 'clients', model = CLIENT_MODEL): Promise<void> {
  await api.mutate(
    `mutation ($input: CatalogResourceInput!) { resourceRegister(input: $input) { errors { code field message } } }`,
    {
      input: {
        name,
        label: 'Client',
        model,
        events: [
          { name: 'create', label: 'Created' },
          { name: 'update', label: 'Updated' },
          { name: 'delete', label: 'Deleted', supported: false },
        ],
      },
    },
  );
}

/** A webhook as the tests use it. */
export interface MadeWebhook {
  id: string;
  number: number;
  version: number;
  endpointId: string;
  secret: string;
}

/** Creates a webhook for clients.create (or other triggers) to some addresses. */
export async function createWebhook(
  api: Api,
  target: string | string[],
  options: {
    triggers?: { resource: string; event: string }[];
    details?: Record<string, unknown>;
    advanced?: Record<string, unknown>;
    authentication?: Record<string, unknown>;
  } = {},
): Promise<MadeWebhook> {
  const payload = await api.mutate(
    `mutation ($input: WebhookInput!) {
       webhookCreate(input: $input) {
         errors { code field message }
         webhook { id number version endpoints { id } }
         newSecrets { value }
       }
     }`,
    {
      input: {
        details: { name: 'Test', ...options.details },
        endpoints: [target].flat().map((url) => ({
          ...{ kind: 'URL', target: url },
          ...{ advanced: options.advanced, authentication: options.authentication },
        })),
        triggers: options.triggers ?? [{ resource: 'clients', event: 'create' }],
      },
    },
  );
  const { id, number, version, endpoints } = payload.webhook;
  return { id, number, version, endpointId: endpoints[0].id, secret: payload.newSecrets[0].value };
}

/** One clients.create event. */
export function clientEvent(entityId: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    resource: 'clients',
    event: 'create',
    entityId,
    payload: { id: entityId, name: `Client ${entityId}` },
    ...more,
  };
}

/** Publishes events that must be taken. */
export async function publish(
  api: Api,
  ...events: Record<string, unknown>[]
): Promise<{ event: { id: string }; duplicate: boolean; deliveryCount: number }[]> {
  const payload = await api.mutate(
    `mutation ($input: [EventInput!]!) {
       eventsPublish(input: $input) {
         errors { code field message }
         events { duplicate deliveryCount event { id } }
       }
     }`,
    { input: events },
  );
  return payload.events;
}

/** Publishes numbered clients.create events in batches; the ids of the entities. */
export async function publishMany(api: Api, count: number, batch = 500, prefix = 'c'): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, index) => `${prefix}${index}`);
  for (let from = 0; from < count; from += batch)
    await publish(api, ...ids.slice(from, from + batch).map((id) => clientEvent(id)));
  return ids;
}
