/** Reads webhooks and their parts as they stand now; secrets are never among it. */
import { isCatalogName } from '../catalog/resource-input.ts';
import { collect } from '../db/fragment.ts';
import type { Reader, SqlFragment } from '../db/sql.ts';
import {
  CATALOG_JOIN,
  type EndpointOff,
  INACTIVE_REASON,
  STATUS,
  type TriggerChoice,
  type TriggerInactiveReason,
  type WebhookStatus,
} from './status.ts';

/** A webhook as it is shown. */
export interface WebhookView {
  id: string;
  number: number;
  accountId: string;
  /** Who created it. */
  loginId: string;
  forLoginId: string | null;
  teamId: string | null;
  name: string;
  description: string;
  status: WebhookStatus;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

/** A trigger as it is shown. */
export interface TriggerView {
  id: string;
  webhookId: string;
  resource: string;
  event: string;
  /** "<resource>: <event>" by the catalog's labels, or the raw names of what it does not know. */
  label: string;
  name: string;
  description: string;
  active: boolean;
  inactiveReason: TriggerInactiveReason | null;
}

/** A signing secret as it is shown: never its value. */
export interface SecretView {
  id: string;
  endpointId: string;
  hint: string;
  /** Of a pair the key that everybody may know. */
  publicKey: string | null;
  createdAt: Date;
  expiresAt: Date | null;
}

/** The columns of a WebhookView, for the alias w. */
export const WEBHOOK_COLUMNS = `w.id, w.number, w.account_id as "accountId", w.login_id as "loginId",
  w.for_login_id as "forLoginId", w.team_id as "teamId", w.name, w.description, ${STATUS} as status,
  w.version, w.created_at as "createdAt", w.updated_at as "updatedAt"`;

const TRIGGERS = 'from triggers t join webhooks w on w.id = t.webhook_id and w.deleted_at is null';

/** The webhooks, not deleted, for which the fragment over the alias w holds. */
export async function readWebhooks(reader: Reader, where: SqlFragment): Promise<WebhookView[]> {
  const { text, values } = collect(where);
  return reader.query<WebhookView[]>(
    `select ${WEBHOOK_COLUMNS} from webhooks w where w.deleted_at is null and (${text})`,
    values,
  );
}

/** Of each webhook, why its endpoints are off. */
export async function readOffEndpointsOf(
  reader: Reader,
  webhookIds: readonly string[],
): Promise<Map<string, EndpointOff[]>> {
  if (webhookIds.length === 0) return new Map();
  const rows = await reader.query<(EndpointOff & { webhookId: string })[]>(
    `select ep.webhook_id as "webhookId", ep.target, ep.disabled_code as code from endpoints ep
     where ep.webhook_id = any ($1::text[]) and ep.removed_at is null
     order by ep.webhook_id, ep.position`,
    [webhookIds],
  );
  return grouped(webhookIds, rows, (row) => row.webhookId);
}

/** The triggers for which the fragment over t and w holds, in their order; or so many of them by id. */
export async function readTriggers(
  reader: Reader,
  where: SqlFragment,
  firstByAge?: number,
): Promise<TriggerView[]> {
  const { text, values } = collect(where);
  const rows = await reader.query<Omit<TriggerView, 'active'>[]>(
    `select t.id, t.webhook_id as "webhookId", t.resource, t.event, t.name, t.description,
            coalesce(r.label, t.resource) || ': ' || coalesce(e.label, t.event) as label,
            ${INACTIVE_REASON} as "inactiveReason"
     ${TRIGGERS}
     ${CATALOG_JOIN}
     where ${text}
     ${firstByAge === undefined ? 'order by t.webhook_id, t.position' : `order by t.id limit ${firstByAge}`}`,
    values,
  );
  return rows.map((row) => ({ ...row, active: row.inactiveReason === null }));
}

/** Why triggers on these choices could not fire, in their order; null for one that could, or that is not made yet. */
export async function readInactiveReasons(
  reader: Reader,
  choices: readonly TriggerChoice[],
): Promise<(TriggerInactiveReason | null)[]> {
  // What cannot be in the catalog need not be asked for, and a NUL would be an error of the database.
  const names = (list: (string | null)[]) => list.map((name) => (name && isCatalogName(name) ? name : null));
  const rows = await reader.query<{ reason: TriggerInactiveReason | null }[]>(
    `select ${INACTIVE_REASON} as reason
     from unnest($1::text[], $2::text[]) with ordinality as t (resource, event, place)
     ${CATALOG_JOIN}
     order by t.place`,
    [names(choices.map((choice) => choice.resource)), names(choices.map((choice) => choice.event))],
  );
  return choices.map(({ resource, event }, index) => {
    const { reason } = rows[index]!;
    const open = !resource || (!event && reason !== 'RESOURCE_UNKNOWN' && reason !== 'RESOURCE_NOT_ALLOWED');
    return open ? null : reason;
  });
}

/** How many triggers there are for which the fragment over t and w holds. */
export async function countTriggers(reader: Reader, where: SqlFragment): Promise<number> {
  const { text, values } = collect(where);
  const rows = await reader.query<{ count: number }[]>(
    `select count(*)::int as count ${TRIGGERS} where ${text}`,
    values,
  );
  return rows[0]!.count;
}

/** Of each webhook its triggers. */
export async function readTriggersOf(
  reader: Reader,
  webhookIds: readonly string[],
): Promise<Map<string, TriggerView[]>> {
  if (webhookIds.length === 0) return new Map();
  const rows = await readTriggers(reader, (add) => `t.webhook_id = any (${add(webhookIds)}::text[])`);
  return grouped(webhookIds, rows, (row) => row.webhookId);
}

/** The signing secrets for which the fragment over s, ep and w holds, newest first; not those that have ended. */
export async function readSecrets(reader: Reader, where: SqlFragment): Promise<SecretView[]> {
  const { text, values } = collect(where);
  return reader.query<SecretView[]>(
    `select s.id, s.endpoint_id as "endpointId", s.hint, s.public_key as "publicKey",
            s.created_at as "createdAt", s.expires_at as "expiresAt"
     from secrets s
     join endpoints ep on ep.id = s.endpoint_id and ep.removed_at is null
     join webhooks w on w.id = ep.webhook_id and w.deleted_at is null
     where (s.expires_at is null or s.expires_at > clock_timestamp()) and (${text})
     order by s.expires_at desc nulls first, s.id desc`,
    values,
  );
}

/** Of each endpoint its signing secrets. */
export async function readSecretsOf(
  reader: Reader,
  endpointIds: readonly string[],
): Promise<Map<string, SecretView[]>> {
  const rows = await readSecrets(reader, (add) => `s.endpoint_id = any (${add(endpointIds)}::text[])`);
  return grouped(endpointIds, rows, (row) => row.endpointId);
}

function grouped<T>(keys: readonly string[], rows: T[], keyOf: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>(keys.map((key) => [key, []]));
  for (const row of rows) groups.get(keyOf(row))?.push(row);
  return groups;
}
