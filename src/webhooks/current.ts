/** A webhook with its parts as rows, as the writer and the validator need it. */
import { type EntityManager, IsNull } from 'typeorm';

import { EndpointEntity } from './endpoint.entity.ts';
import { TriggerEntity } from './trigger.entity.ts';
import { WebhookEntity } from './webhook.entity.ts';

/** A webhook as it stands, with the endpoints that are not removed; lists in their order. */
export interface Current {
  webhook: WebhookEntity;
  endpoints: EndpointEntity[];
  triggers: TriggerEntity[];
}

/** The webhook of this id, if it is not deleted. */
export async function readCurrent(manager: EntityManager, id: string): Promise<Current | null> {
  const webhook = await manager.findOneBy(WebhookEntity, { id, deletedAt: IsNull() });
  if (webhook === null) return null;
  const order = { position: 'ASC' } as const;
  const endpoints = await manager.find(EndpointEntity, {
    where: { webhookId: id, removedAt: IsNull() },
    order,
  });
  const triggers = await manager.find(TriggerEntity, { where: { webhookId: id }, order });
  return { webhook, endpoints, triggers };
}
