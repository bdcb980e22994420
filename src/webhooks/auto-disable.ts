/** Switches one endpoint off by itself: rows, what it cancels, audit entry and word to open pages. */
import { recordAudit } from '../audit/audit-log.ts';
import { noteWebhookChanges } from '../audit/webhook-changes.ts';
import { readerOf, type Sql } from '../db/sql.ts';
import type { FailureCode } from '../errors.ts';
import { cancelDeliveries } from '../queue/cancel.ts';
import { parseUrl } from '../url.ts';
import { causeOf } from './endpoint-status.ts';
import { statusChange } from './switch-endpoint.ts';

/** Why an endpoint is switched off. */
export interface OffCause {
  /** The last failure. */
  code: FailureCode;
  /** The period of failures that is over its limit; null switches off without one, where one answer says enough. */
  failingSince: Date | null;
  /** The settings that the last request was sent by, where those alone are meant: what an address says holds for no other one. */
  endpointVersion?: number | undefined;
}

/** An endpoint that is off now, with what its notice tells. */
export interface OffEndpoint {
  endpointId: string;
  kind: string;
  host: string;
  webhookId: string;
  webhookNumber: number;
  webhookName: string;
  accountId: string;
  code: FailureCode;
  reason: string;
  failingSince: Date | null;
  disabledAt: Date;
}

/**
 * Switches an endpoint off, in the caller's transaction. Null when there is nothing to do: it is off already, by
 * whomever, it is gone, or it had a success, or was enabled, since the failures that the caller saw.
 */
export async function switchOffFailing(
  sql: Sql,
  endpointId: string,
  { code, failingSince, endpointVersion }: OffCause,
): Promise<OffEndpoint | null> {
  // Whoever switches holds the webhook's row, so that of two there is a first. One that is deleted has no endpoints any more.
  const { rows: webhooks } = await sql.query<{ id: string; number: number; name: string; account: string }>(
    `select w.id, w.number, w.name, w.account_id as account from webhooks w
     where w.id = (select ep.webhook_id from endpoints ep where ep.id = $1)
     for update`,
    [endpointId],
  );
  const webhook = webhooks[0];
  if (webhook === undefined) return null;
  // A Date has milliseconds, the column microseconds; a later period begins behind a success. A 410 is recorded as a failure
  // first: where none stands, the endpoint was enabled behind it.
  const { rows } = await sql.query<{
    kind: string;
    target: string;
    since: Date | null;
    at: Date;
    circuit: string | null;
  }>(
    `update endpoints ep
     set disabled_as = 'AUTO_DISABLED', disabled_at = clock_timestamp(), disabled_code = $2,
         disabled_failing_since = (select ec.failing_since from endpoint_circuits ec where ec.endpoint_id = ep.id)
     where ep.id = $1 and ep.disabled_as is null and ep.removed_at is null and ($4::int is null or ep.version = $4)
       and ($3::timestamptz is null or exists (
         select 1 from endpoint_circuits ec
         where ec.endpoint_id = ep.id and ec.failing_since < $3::timestamptz + interval '2 ms'))
       and ($2 <> 'GONE' or exists (
         select 1 from endpoint_circuits ec where ec.endpoint_id = ep.id and ec.failing_since is not null))
     returning ep.kind, ep.target, ep.disabled_failing_since as since, ep.disabled_at as at,
               (select ec.state from endpoint_circuits ec where ec.endpoint_id = ep.id) as circuit`,
    [endpointId, code, failingSince, endpointVersion ?? null],
  );
  const off = rows[0];
  if (off === undefined) return null;
  const reader = readerOf(sql);
  await cancelDeliveries(sql, { endpointIds: [endpointId] });
  await noteWebhookChanges(reader, (add) => `w.id = ${add(webhook.id)}`);
  await recordAudit(reader, {
    loginId: null,
    action: 'webhook.endpointAutoDisable',
    subjectId: webhook.id,
    scopeId: webhook.account,
    changes: {
      ...statusChange(
        endpointId,
        (off.circuit ?? 'CLOSED') === 'CLOSED' ? 'ACTIVE' : 'PAUSED',
        'AUTO_DISABLED',
      ),
      [`endpoints.${endpointId}.failure`]: { from: null, to: code },
    },
  });
  return {
    ...{ endpointId, kind: off.kind, host: hostOf(off.kind, off.target) },
    ...{ webhookId: webhook.id, webhookNumber: webhook.number, webhookName: webhook.name },
    ...{
      accountId: webhook.account,
      code,
      reason: causeOf(code),
      failingSince: off.since,
      disabledAt: off.at,
    },
  };
}

/** The host of a web address, or the domain of a mail address; empty for the mailboxes of a team. */
function hostOf(kind: string, target: string): string {
  return kind === 'EMAIL' ? target.slice(target.lastIndexOf('@') + 1) : (parseUrl(target)?.host ?? '');
}
