/**
 * The one writer. Comes in: a plan that the validator made, inside the caller's transaction. Goes
 * out: rows, sealed secrets, routes, an entry of the audit log and word to open pages, all of it or,
 * when the transaction fails, nothing. What stays equal is not touched: an unchanged endpoint keeps its
 * version, and with it its connections.
 */
import { isDeepStrictEqual } from 'node:util';

import { type EntityManager, In, IsNull } from 'typeorm';

import { holdTeam } from '../access/teams.ts';
import { type Changes, recordAudit } from '../audit/audit-log.ts';
import { noteWebhookChanges } from '../audit/webhook-changes.ts';
import { type SqlFragment, sqlOf } from '../db/sql.ts';
import { newId } from '../ids.ts';
import { addTeamMailboxes, removeMailboxes, setMailboxes } from '../mailboxes/mailboxes.ts';
import { cancelDeliveries } from '../queue/cancel.ts';
import { releaseOrder } from '../queue/release-order.ts';
import { resetCircuits } from '../queue/reset-circuits.ts';
import type { Keyring } from '../secrets/keyring.ts';
import { webhookChanges } from './audit-changes.ts';
import { NO_AUTHENTICATION, sealAuthentication } from './authentication.ts';
import { type Current, readCurrent } from './current.ts';
import { EndpointEntity } from './endpoint.entity.ts';
import { addSecret, forgetSecrets, type MadeSecret } from './endpoint-secrets.ts';
import { sealHeaders } from './headers.ts';
import { statusChange, turnOn } from './switch-endpoint.ts';
import { TriggerEntity } from './trigger.entity.ts';
import type { Plan, PlannedTrigger } from './validate.ts';
import type { PlannedEndpoint } from './validate-endpoints.ts';
import { WebhookEntity } from './webhook.entity.ts';

/**
 * Whether the team that a plan was checked with is still there; it then stays, and who is added to it has to
 * wait, until the end of the transaction. To be asked before a plan is carried out.
 */
export async function teamStands(manager: EntityManager, { details }: Plan): Promise<boolean> {
  return details.teamId === null || (await holdTeam(manager, details.teamId));
}

/** Stores a new webhook under this id, enabled, for its account and in the name of its creator. */
export async function insertWebhook(
  manager: EntityManager,
  keyring: Keyring,
  owner: { id: string; accountId: string; loginId: string; subscription?: boolean },
  plan: Plan,
): Promise<MadeSecret[]> {
  const { id } = owner;
  await manager.insert(WebhookEntity, { ...owner, ...plan.details });
  const made = await writeEndpoints(manager, keyring, id, [], plan.endpoints ?? []);
  await addTeamMailboxes(await sqlOf(manager), id);
  await writeTriggers(manager, id, [], plan.triggers ?? []);
  await writeRoutes(manager, id);
  await noteWebhookChanges(manager, only(id), { created: true });
  await audit(manager, 'webhook.create', owner.loginId, null, await readCurrent(manager, id));
  return made;
}

/** Carries out an edit by a login of a webhook whose row the caller has locked, in the version that the plan is for. */
export async function updateWebhook(
  manager: EntityManager,
  keyring: Keyring,
  loginId: string,
  id: string,
  plan: Plan,
): Promise<MadeSecret[]> {
  // Not as the plan found it: what is kept may have been sealed with another key since (`keys rotate`).
  const current = (await readCurrent(manager, id))!;
  await noteWebhookChanges(manager, only(id));
  await manager.update(WebhookEntity, id, { ...plan.details, ...touched() });
  const made = plan.endpoints
    ? await writeEndpoints(manager, keyring, id, current.endpoints, plan.endpoints)
    : [];
  await addTeamMailboxes(await sqlOf(manager), id);
  if (plan.triggers) await writeTriggers(manager, id, current.triggers, plan.triggers);
  await writeRoutes(manager, id);
  await audit(manager, 'webhook.update', loginId, current, await readCurrent(manager, id));
  return made;
}

/**
 * Turns sending on, for what is queued from now on, with the endpoints that switched themselves off; or off,
 * cancelling what waits. The row is locked, and before is how it stands.
 */
export async function switchWebhook(
  manager: EntityManager,
  loginId: string,
  before: Current,
  enabled: boolean,
): Promise<void> {
  const { id, accountId: scopeId } = before.webhook;
  await noteWebhookChanges(manager, only(id));
  await manager.update(WebhookEntity, id, {
    enabled,
    ...(enabled ? { enabledAt: () => 'clock_timestamp()' } : {}),
    ...touched(),
  });
  const revived = before.endpoints.filter(({ disabledAs }) => enabled && disabledAs === 'AUTO_DISABLED');
  if (revived.length > 0)
    await turnOn(
      manager,
      revived.map((endpoint) => endpoint.id),
    );
  if (!enabled) await cancelDeliveries(await sqlOf(manager), { webhookId: id });
  const changes = Object.assign(
    webhookChanges(before, await readCurrent(manager, id)),
    ...revived.map((endpoint) => statusChange(endpoint.id, 'AUTO_DISABLED', 'ACTIVE')),
  ) as Changes;
  const action = enabled ? 'webhook.enable' : 'webhook.disable';
  await recordAudit(manager, { loginId, action, subjectId: id, scopeId, changes });
}

/**
 * Takes a webhook, whose row is locked, out of use: cancels what waits, ends its routes, forgets its
 * secrets, keeps its history.
 */
export async function deleteWebhook(manager: EntityManager, loginId: string, id: string): Promise<void> {
  const before = await readCurrent(manager, id);
  await noteWebhookChanges(manager, only(id));
  await manager.update(WebhookEntity, id, {
    enabled: false,
    deletedAt: () => 'clock_timestamp()',
    ...touched(),
  });
  await cancelDeliveries(await sqlOf(manager), { webhookId: id });
  await removeEndpoints(
    manager,
    (before?.endpoints ?? []).map((endpoint) => endpoint.id),
  );
  await manager.query(`delete from trigger_routes where webhook_id = $1`, [id]);
  await audit(manager, 'webhook.delete', loginId, before, null);
}

function only(id: string): SqlFragment {
  return (add) => `w.id = ${add(id)}`;
}

/** An entry for what differs between the two states; none when nothing does. */
async function audit(
  manager: EntityManager,
  action: string,
  loginId: string,
  before: Current | null,
  after: Current | null,
): Promise<void> {
  const changes = webhookChanges(before, after);
  if (Object.keys(changes).length === 0) return;
  const { id: subjectId, accountId: scopeId } = (after ?? before)!.webhook;
  await recordAudit(manager, { loginId, action, subjectId, scopeId, changes });
}

function touched() {
  return { version: () => 'version + 1', updatedAt: () => 'clock_timestamp()' };
}

async function writeEndpoints(
  manager: EntityManager,
  keyring: Keyring,
  webhookId: string,
  stored: EndpointEntity[],
  planned: PlannedEndpoint[],
): Promise<MadeSecret[]> {
  const kept = new Set(planned.map((endpoint) => endpoint.id));
  await removeEndpoints(
    manager,
    stored.map((endpoint) => endpoint.id).filter((id) => !kept.has(id)),
  );
  const made: MadeSecret[] = [];
  for (const [position, plan] of planned.entries()) {
    const row = stored.find((endpoint) => endpoint.id === plan.id);
    const id = plan.id ?? newId('endpoint');
    const { id: _planned, headers, authentication, ...rest } = plan;
    const settings = {
      ...rest,
      headers: sealHeaders(keyring, id, headers, row?.headers ?? []),
      ...sealAuthentication(keyring, id, authentication),
    };
    if (row === undefined) {
      await manager.insert(EndpointEntity, { id, webhookId, position, ...settings });
      made.push(...(await addSecret(manager, keyring, id, settings.signing)));
    } else if (
      Object.entries(settings).some(
        ([key, value]) => !isDeepStrictEqual(row[key as keyof typeof settings], value),
      )
    ) {
      await manager.update(EndpointEntity, id, { position, ...settings, version: () => 'version + 1' });
      // What was on its way to a mailbox does not follow to another one, nor to a URL.
      if (row.kind !== settings.kind) await cancelDeliveries(await sqlOf(manager), { endpointIds: [id] });
      // What the address before it did, or asked for, holds for it alone.
      if (row.target !== settings.target) await resetCircuits(await sqlOf(manager), [id]);
      if (row.ordering !== 'NONE' && settings.ordering === 'NONE')
        await releaseOrder(await sqlOf(manager), id);
      if (row.signing !== settings.signing) {
        await forgetSecrets(manager, [id]);
        made.push(...(await addSecret(manager, keyring, id, settings.signing)));
      }
    } else if (row.position !== position) {
      await manager.update(EndpointEntity, id, { position });
    }
    if (plan.kind !== 'URL' || (row && row.kind !== 'URL'))
      await setMailboxes(await sqlOf(manager), id, plan.kind, plan.target);
  }
  return made;
}

async function removeEndpoints(manager: EntityManager, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await cancelDeliveries(await sqlOf(manager), { endpointIds: ids });
  await removeMailboxes(await sqlOf(manager), ids);
  await forgetSecrets(manager, ids);
  await manager.update(
    EndpointEntity,
    { id: In(ids), removedAt: IsNull() },
    {
      removedAt: () => 'clock_timestamp()',
      version: () => 'version + 1',
      headers: [],
      ...NO_AUTHENTICATION,
    },
  );
}

async function writeTriggers(
  manager: EntityManager,
  webhookId: string,
  stored: TriggerEntity[],
  planned: PlannedTrigger[],
): Promise<void> {
  const kept = new Set(planned.map((trigger) => trigger.id));
  const gone = stored.filter((trigger) => !kept.has(trigger.id));
  if (gone.length > 0)
    await manager.delete(
      TriggerEntity,
      gone.map((trigger) => trigger.id),
    );
  const rows = planned.map((plan, position) => ({
    ...plan,
    id: plan.id ?? newId('trigger'),
    webhookId,
    position,
  }));
  const byId = new Map(stored.map((trigger) => [trigger.id, trigger]));
  const fresh = rows.filter((row) => !byId.has(row.id));
  if (fresh.length > 0) await manager.insert(TriggerEntity, fresh);
  for (const row of rows) {
    const old = byId.get(row.id);
    if (old && !isDeepStrictEqual({ ...old }, row)) await manager.update(TriggerEntity, row.id, row);
  }
}

/** Brings the routes of a webhook in line with its triggers and its scope; those of lost triggers are gone by cascade. */
async function writeRoutes(manager: EntityManager, webhookId: string): Promise<void> {
  await manager.query(
    `insert into trigger_routes (trigger_id, webhook_id, account_id, scope, scope_id, resource, event)
     select t.id, w.id, w.account_id,
            case when w.for_login_id is not null then 'LOGIN' when w.team_id is not null then 'TEAM' else 'ACCOUNT' end,
            coalesce(w.for_login_id, w.team_id, w.account_id), t.resource, t.event
     from webhooks w join triggers t on t.webhook_id = w.id
     where w.id = $1
     on conflict (trigger_id) do update
     set scope = excluded.scope, scope_id = excluded.scope_id, resource = excluded.resource, event = excluded.event
     where (trigger_routes.scope, trigger_routes.scope_id, trigger_routes.resource, trigger_routes.event)
           is distinct from (excluded.scope, excluded.scope_id, excluded.resource, excluded.event)`,
    [webhookId],
  );
}
