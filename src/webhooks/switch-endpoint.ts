/**
 * The switch of one endpoint. Comes in: who turns which endpoint on or off. Goes out: the endpoint as it stands
 * after the commit. Whoever switches, by hand or by itself, holds the webhook's row: two at once go one after
 * the other, and the second finds what the first has left. A switch is one transaction with what it cancels,
 * its audit entry and word to open pages.
 */
import type { DataSource, EntityManager } from 'typeorm';

import type { Viewer } from '../access/viewer.ts';
import { type Changes, recordAudit } from '../audit/audit-log.ts';
import { noteWebhookChanges } from '../audit/webhook-changes.ts';
import { sqlOf } from '../db/sql.ts';
import type { Problem } from '../errors.ts';
import { reviveMailboxes } from '../mailboxes/mailboxes.ts';
import { cancelDeliveries } from '../queue/cancel.ts';
import { resetCircuits } from '../queue/reset-circuits.ts';
import { lockWebhook } from './current.ts';
import type { EndpointStatus } from './endpoint-status.ts';
import { editableWebhookOf, readEndpoint, UNKNOWN_ENDPOINT } from './one-endpoint.ts';
import type { EndpointDefaults, EndpointView } from './read-endpoints.ts';
import type { WebhookEntity } from './webhook.entity.ts';

/** What came of a switch: problems is empty exactly when the endpoint is on, or off, as was asked. */
export interface EndpointOutcome {
  problems: Problem[];
  endpoint: EndpointView | null;
}

/** Turns an endpoint on, also one that is paused, or off; one that is so already stays as it is. */
export async function switchEndpoint(
  orm: DataSource,
  defaults: EndpointDefaults,
  viewer: Viewer,
  id: string,
  to: 'ACTIVE' | 'DISABLED',
): Promise<EndpointOutcome> {
  const found = await editableWebhookOf(orm, viewer, id);
  if (!found.ok) return failed(...found.problems);
  return orm.transaction(async (manager) => {
    const webhook = await lockWebhook(manager, found.value);
    const endpoint = await readEndpoint(manager, defaults, id);
    if (webhook === null || endpoint === undefined) return failed(UNKNOWN_ENDPOINT);
    // What waits for the word of a mailbox's owner is on.
    if (endpoint.status === to || (to === 'ACTIVE' && endpoint.status === 'UNVERIFIED'))
      return { problems: [], endpoint };
    await noteWebhookChanges(manager, (add) => `w.id = ${add(webhook.id)}`);
    if (to === 'ACTIVE') await turnOn(manager, [id]);
    else await turnOff(manager, id);
    await noteSwitch(manager, viewer, webhook, endpoint, to);
    return { problems: [], endpoint: (await readEndpoint(manager, defaults, id))! };
  });
}

/**
 * Turns endpoints on; the row of their webhook is locked. They start afresh: what was queued before a switch that
 * was off never goes, what waited through a pause goes at once.
 */
export async function turnOn(manager: EntityManager, ids: string[]): Promise<void> {
  await manager.query(
    `update endpoints
     set disabled_as = null, disabled_at = null, disabled_code = null, disabled_failing_since = null,
         enabled_at = clock_timestamp()
     where id = any ($1::text[]) and disabled_as is not null`,
    [ids],
  );
  await resetCircuits(await sqlOf(manager), ids);
  await reviveMailboxes(await sqlOf(manager), ids);
}

/** How a switch stands in the audit log. */
export function statusChange(id: string, from: EndpointStatus, to: EndpointStatus): Changes {
  return { [`endpoints.${id}.status`]: { from, to } };
}

async function turnOff(manager: EntityManager, id: string): Promise<void> {
  await manager.query(
    `update endpoints
     set disabled_as = 'DISABLED', disabled_at = clock_timestamp(), disabled_code = null,
         disabled_failing_since = null
     where id = $1`,
    [id],
  );
  await cancelDeliveries(await sqlOf(manager), { endpointIds: [id] });
}

async function noteSwitch(
  manager: EntityManager,
  viewer: Viewer,
  webhook: WebhookEntity,
  endpoint: EndpointView,
  to: EndpointStatus,
): Promise<void> {
  await manager.query(
    'update webhooks set version = version + 1, updated_at = clock_timestamp() where id = $1',
    [webhook.id],
  );
  await recordAudit(manager, {
    loginId: viewer.loginId,
    action: to === 'ACTIVE' ? 'webhook.endpointEnable' : 'webhook.endpointDisable',
    subjectId: webhook.id,
    scopeId: webhook.accountId,
    changes: statusChange(endpoint.id, endpoint.status, to),
  });
}

function failed(...problems: Problem[]): EndpointOutcome {
  return { problems, endpoint: null };
}
