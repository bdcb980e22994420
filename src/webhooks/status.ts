/**
 * Whether a webhook can fire, as it follows from the catalog at this moment: derived by join, never
 * stored, so that a trigger becomes active by itself when the catalog allows its choice.
 */

/** Why a trigger never fires. */
export type TriggerInactiveReason =
  'RESOURCE_UNKNOWN' | 'RESOURCE_NOT_ALLOWED' | 'EVENT_UNKNOWN' | 'EVENT_NOT_SUPPORTED';

/** What a trigger listens to, as far as it is chosen. */
export interface TriggerChoice {
  resource: string | null;
  event: string | null;
}

/** The state of a webhook. */
export type WebhookStatus = 'ENABLED' | 'DISABLED' | 'INACTIVE';

const SENTENCES: Record<TriggerInactiveReason, string> = {
  RESOURCE_UNKNOWN: 'the catalog has no such resource',
  RESOURCE_NOT_ALLOWED: 'webhooks may not listen to this resource',
  EVENT_UNKNOWN: 'the resource has no such event',
  EVENT_NOT_SUPPORTED: 'this event is not supported',
};

/** How many triggers a status reason names. */
const NAMED = 3;

/** Joins the catalog to triggers t, as r and e. */
export const CATALOG_JOIN = `left join resources r on r.name = t.resource
  left join resource_events e on e.resource_id = r.id and e.name = t.event`;

/** Behind CATALOG_JOIN: the reason of trigger t, null when it is active. */
export const INACTIVE_REASON = `case when r.id is null then 'RESOURCE_UNKNOWN'
  when not r.allowed then 'RESOURCE_NOT_ALLOWED'
  when e.name is null then 'EVENT_UNKNOWN'
  when not e.supported then 'EVENT_NOT_SUPPORTED' end`;

/** Whether webhook w has a trigger without an INACTIVE_REASON. What is live is read from the catalog as one small set. */
const CAN_FIRE = `exists (
  select 1 from triggers t
  where t.webhook_id = w.id and (t.resource, t.event) in (
    select r.name, e.name from resources r join resource_events e on e.resource_id = r.id
    where r.allowed and e.supported))`;

/** The conditions of the states of webhook w; exactly one of them holds. */
const CONDITIONS: Record<WebhookStatus, string> = {
  ENABLED: `w.enabled and ${CAN_FIRE}`,
  DISABLED: 'not w.enabled',
  INACTIVE: `w.enabled and not ${CAN_FIRE}`,
};

/** The status of webhook w. */
export const STATUS = `case when ${CONDITIONS.DISABLED} then 'DISABLED' when ${CAN_FIRE} then 'ENABLED' else 'INACTIVE' end`;

/** True for webhooks w in one of these states. */
export function hasStatus(states: readonly WebhookStatus[]): string {
  return states.map((status) => `(${CONDITIONS[status]})`).join(' or ');
}

/** The sentence behind INACTIVE. */
export function inactiveSentence(
  triggers: { label: string; inactiveReason: TriggerInactiveReason | null }[],
): string {
  const named = triggers
    .slice(0, NAMED)
    .map(
      ({ label, inactiveReason }) => `${label} (${inactiveReason ? SENTENCES[inactiveReason] : 'active'})`,
    );
  const more = triggers.length > NAMED ? `, and ${triggers.length - NAMED} more` : '';
  return `No trigger can fire: ${named.join(', ')}${more}.`;
}
