/**
 * Whether a webhook can fire, as it follows from the catalog at this moment: derived by join, never
 * stored, so that a trigger becomes active by itself when the catalog allows its choice.
 */

import type { Reader, SqlFragment } from '../db/sql.ts';
import type { FailureCode } from '../errors.ts';
import { parseUrl } from '../url.ts';
import { causeOf } from './endpoint-status.ts';

/** Why a trigger never fires. */
export type TriggerInactiveReason =
  'RESOURCE_UNKNOWN' | 'RESOURCE_NOT_ALLOWED' | 'EVENT_UNKNOWN' | 'EVENT_NOT_SUPPORTED';

/** What a trigger listens to, as far as it is chosen. */
export interface TriggerChoice {
  resource: string | null;
  event: string | null;
}

/** The state of a webhook. */
export type WebhookStatus = 'ENABLED' | 'DISABLED' | 'INACTIVE' | 'AUTO_DISABLED';

const SENTENCES: Record<TriggerInactiveReason, string> = {
  RESOURCE_UNKNOWN: 'the catalog has no such resource',
  RESOURCE_NOT_ALLOWED: 'webhooks may not listen to this resource',
  EVENT_UNKNOWN: 'the resource has no such event',
  EVENT_NOT_SUPPORTED: 'this event is not supported',
};

/** How many triggers or endpoints a status reason names. */
const NAMED = 3;

/** Joins the catalog to triggers t, as r and e. */
export const CATALOG_JOIN = `left join resources r on r.name = t.resource
  left join resource_events e on e.resource_id = r.id and e.name = t.event`;

/** Behind CATALOG_JOIN: the reason of trigger t, null when it is active. */
export const INACTIVE_REASON = `case when r.id is null then 'RESOURCE_UNKNOWN'
  when not r.allowed then 'RESOURCE_NOT_ALLOWED'
  when e.name is null then 'EVENT_UNKNOWN'
  when not e.supported then 'EVENT_NOT_SUPPORTED' end`;

/** Whether webhook w has a trigger without an INACTIVE_REASON. What is live is read from the catalog as one small set; OFFSET keeps the planner from reading all triggers. */
const CAN_FIRE = `exists (
  select 1 from triggers t
  where t.webhook_id = w.id and (t.resource, t.event) in (
    select r.name, e.name from resources r join resource_events e on e.resource_id = r.id
    where r.allowed and e.supported)
  offset 0)`;

/**
 * Whether all endpoints of webhook w are off, and one of them by itself. These are read as one small set, by an index
 * of the endpoints that switched themselves off (migration 9), so that all other webhooks cost a look into it.
 */
const OFF_BY_THEMSELVES = `
  select ep.webhook_id from endpoints ep
  where ep.disabled_as = 'AUTO_DISABLED' and ep.removed_at is null and not exists (
    select 1 from endpoints o where o.webhook_id = ep.webhook_id and o.removed_at is null and o.disabled_as is null)`;
const ALL_OFF = `w.id in (${OFF_BY_THEMSELVES})`;

/** The conditions of the states of webhook w; exactly one of them holds. */
const CONDITIONS: Record<WebhookStatus, string> = {
  ENABLED: `w.enabled and not (${ALL_OFF}) and ${CAN_FIRE}`,
  DISABLED: 'not w.enabled',
  AUTO_DISABLED: `w.enabled and ${ALL_OFF}`,
  INACTIVE: `w.enabled and not (${ALL_OFF}) and not ${CAN_FIRE}`,
};

/** The status of webhook w. */
export const STATUS = `case when ${CONDITIONS.DISABLED} then 'DISABLED' when ${ALL_OFF} then 'AUTO_DISABLED'
  when ${CAN_FIRE} then 'ENABLED' else 'INACTIVE' end`;

/**
 * True for webhooks w in one of these states. unsure are the ids of webhooks outside of which all can fire, so that the others need no
 * look at their triggers: each webhook has one at least. For INACTIVE they must be those that cannot fire, and no others.
 */
export function hasStatus(
  states: readonly WebhookStatus[],
  unsure: readonly string[] | null = null,
): SqlFragment {
  return (add) => {
    const ids = unsure && add(unsure);
    const known: Partial<Record<WebhookStatus, string>> = ids
      ? {
          ENABLED: `w.enabled and not (${ALL_OFF}) and (w.id <> all (${ids}::text[]) or ${CAN_FIRE})`,
          INACTIVE: `w.id = any (${ids}::text[]) and w.enabled and not (${ALL_OFF})`,
        }
      : {};
    return states.map((status) => `(${known[status] ?? CONDITIONS[status]})`).join(' or ');
  };
}

/**
 * The webhooks with a trigger that cannot fire, one row for each of these triggers, deleted webhooks included; at most $1 rows. The
 * choices of all triggers are read as steps along their index (migration 4), since there are few.
 */
const DOUBTFUL = `with recursive chosen (resource, event) as (
       (select t.resource, t.event from triggers t order by t.resource, t.event limit 1)
       union all
       select next.resource, next.event from chosen c cross join lateral (
         select t.resource, t.event from triggers t where (t.resource, t.event) > (c.resource, c.event)
         order by t.resource, t.event limit 1) next
     ),
     dead as materialized (
       select t.resource, t.event from chosen t ${CATALOG_JOIN} where ${INACTIVE_REASON} is not null
     ),
     doubtful as materialized (
       select t.id from dead cross join lateral (
         select t.webhook_id as id from triggers t
         where t.resource = dead.resource and t.event = dead.event
         order by t.resource, t.event, t.webhook_id limit $1) t
       limit $1
     )`;

/** The ids of webhooks with a trigger that cannot fire; null when there are more of these triggers than most. */
export async function doubtfulWebhooks(reader: Reader, most: number): Promise<string[] | null> {
  const rows = await reader.query<{ id: string }[]>(`${DOUBTFUL} select id from doubtful`, [most + 1]);
  return rows.length > most ? null : [...new Set(rows.map(({ id }) => id))];
}

/**
 * The ids of webhooks of which no trigger can fire; null when more than most triggers cannot. The dead choices are hashed once: a
 * webhook's triggers are judged three times as fast as by CAN_FIRE.
 */
export async function silentWebhooks(reader: Reader, most: number): Promise<string[] | null> {
  const rows = await reader.query<{ id: string; tooMany: boolean; fires: boolean }[]>(
    `${DOUBTFUL}
     select d.id, (select count(*) > $2::int from doubtful) as "tooMany", exists (
       select 1 from triggers t
       where t.webhook_id = d.id and (t.resource, t.event) not in (select dead.resource, dead.event from dead)
       offset 0) as fires
     from (select distinct id from doubtful) d`,
    [most + 1, most],
  );
  return rows[0]?.tooMany ? null : rows.filter(({ fires }) => !fires).map(({ id }) => id);
}

/** The ids of webhooks of which all endpoints are off, and one of them by itself, deleted webhooks included; null when there are more than most. */
export async function webhooksAllOff(reader: Reader, most: number): Promise<string[] | null> {
  const rows = await reader.query<{ id: string }[]>(
    `select distinct off.id from (${OFF_BY_THEMSELVES}) off (id) limit $1`,
    [most + 1],
  );
  return rows.length > most ? null : rows.map(({ id }) => id);
}

/** A trigger, as far as a reason names it. */
interface NamedTrigger {
  label: string;
  inactiveReason: TriggerInactiveReason | null;
}

/** An endpoint of a webhook that is off; without a code somebody switched it off. */
export interface EndpointOff {
  target: string;
  code: FailureCode | null;
}

/** Why a webhook of a status does not send, as sentences; null when it does. What that follows from is asked for where it is needed. */
export async function statusReason(
  status: WebhookStatus,
  of: { triggers: () => Promise<NamedTrigger[]>; endpointsOff: () => Promise<EndpointOff[]> },
): Promise<string | null> {
  if (status === 'INACTIVE') return inactiveSentence(await of.triggers());
  if (status === 'AUTO_DISABLED') return autoDisabledSentence(await of.endpointsOff());
  return null;
}

function inactiveSentence(triggers: NamedTrigger[]): string {
  const named = triggers
    .slice(0, NAMED)
    .map(
      ({ label, inactiveReason }) => `${label} (${inactiveReason ? SENTENCES[inactiveReason] : 'active'})`,
    );
  return `No trigger can fire: ${listed(named, triggers.length)}.`;
}

function autoDisabledSentence(endpoints: EndpointOff[]): string {
  const named = endpoints.slice(0, NAMED).map(({ target, code }) => {
    const why = code === null ? 'somebody switched it off' : causeOf(code).replace(/\.$/, '');
    return `${parseUrl(target)?.host ?? target} (${why})`;
  });
  return `Every endpoint is off after failures: ${listed(named, endpoints.length)}. Enable the webhook again when they work.`;
}

function listed(named: string[], count: number): string {
  return `${named.join(', ')}${count > NAMED ? `, and ${count - NAMED} more` : ''}`;
}
