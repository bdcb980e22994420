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

/** Whether a webhook has only endpoints that are off, and one of them switched itself off. */
export function isAutoDisabled({ endpoints }: Current): boolean {
  return (
    endpoints.every(({ disabledAs }) => disabledAs !== null) &&
    endpoints.some(({ disabledAs }) => disabledAs === 'AUTO_DISABLED')
  );
}

/** Keeps the row of a webhook until the end of the transaction; null when there is none that is not deleted. */
export function lockWebhook(manager: EntityManager, id: string): Promise<WebhookEntity | null> {
  return manager.findOne(WebhookEntity, {
    where: { id, deletedAt: IsNull() },
    lock: { mode: 'pessimistic_write' },
  });
}

/** The webhook of this id, if it is not deleted. */
export async function readCurrent(manager: EntityManager, id: string): Promise<Current | null> {
  const webhook = await manager.findOneBy(WebhookEntity, { id, deletedAt: IsNull() });
  if (webhook === null) return null;
  const order = { position: 'ASC' } as const;
  const endpoints = await manager
    .createQueryBuilder(EndpointEntity, 'endpoint')
    .addSelect('endpoint.authSealed')
    .where({ webhookId: id, removedAt: IsNull() })
    .orderBy('endpoint.position')
    .getMany();
  const triggers = await manager.find(TriggerEntity, { where: { webhookId: id }, order });
  return { webhook, endpoints, triggers };
}
