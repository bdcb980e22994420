/** What the rooms answer, as the API shows it. Each field is named, so that a new column is never shown by accident. */
import type { AccessTokenEntity } from '../access/access-token.entity.ts';
import type { LoginEntity } from '../access/login.entity.ts';
import { loginVisible } from '../access/policy.ts';
import type { TeamEntity } from '../access/team.entity.ts';
import type { Viewer } from '../access/viewer.ts';
import type { AuditEntry } from '../audit/audit-log.ts';
import type { CatalogResource } from '../catalog/catalog.ts';
import type { DraftView } from '../webhooks/draft-view.ts';
import type { RevealedSecret } from '../webhooks/outcome.ts';
import type { SecretView, TriggerView, WebhookView } from '../webhooks/read.ts';
import type { EndpointView } from '../webhooks/read-endpoints.ts';
import type { AccessTokenType, LoginType, TeamType } from './types/access.type.ts';
import type { AuditEntryType } from './types/audit.type.ts';
import type { CatalogResourceType } from './types/catalog.type.ts';
import type { WebhookDraftType } from './types/draft.type.ts';
import type { EndpointSecretType, EndpointType } from './types/endpoint.type.ts';
import type { TriggerType } from './types/trigger.type.ts';
import type { RevealedSecretType, WebhookType } from './types/webhook.type.ts';

/** A login that the caller may see. */
export function toLoginType(login: LoginEntity): LoginType {
  const { id, number, name, email, parentId, isAccount, permissions, disabled, createdAt } = login;
  const shown = { id, number, name, email, parentId, isAccount, permissions, disabled, createdAt };
  return { ...shown, visible: true };
}

/** A login that an object names: of one that the caller may not see only who it is. */
export function toNamedLoginType(viewer: Viewer, login: LoginEntity): LoginType {
  if (loginVisible(viewer, login)) return toLoginType(login);
  const { id, number, name, isAccount, createdAt } = login;
  const hidden = { email: '', parentId: null, permissions: [], disabled: false };
  return { id, number, name, isAccount, createdAt, ...hidden, visible: false };
}

/** A team. */
export function toTeamType({ id, number, name, createdAt }: TeamEntity): TeamType {
  return { id, number, name, createdAt };
}

/** An access token, without its hash. */
export function toAccessTokenType(token: AccessTokenEntity): AccessTokenType {
  const { id, name, hint, permissions, createdAt, lastUsedAt, expiresAt } = token;
  return { id, name, hint, permissions, createdAt, lastUsedAt, expiresAt };
}

/** An entry of the audit log. */
export function toAuditEntryType(entry: AuditEntry): AuditEntryType {
  const { id, at, loginId, action, subjectId, changes } = entry;
  return { id, at, loginId, action, subjectId, changes };
}

/** A resource of the catalog. */
export function toResourceType(resource: CatalogResource): CatalogResourceType {
  const { id, name, label, description, model, payloadSchema, allowed, events } = resource;
  return { id, name, label, description, model, payloadSchema, allowed, events };
}

/** A draft, with the check that its resolvers share. */
export function toDraftType(draft: DraftView): WebhookDraftType {
  const { id, version, name, description, forLoginId, teamId, updatedAt, expiresAt, check } = draft;
  const shown = { id, version, name, description, forLoginId, teamId, updatedAt, expiresAt, check };
  return {
    ...shown,
    savedAsId: draft.savedAs,
    endpoints: draft.endpoints.map(({ id, kind, target, authentication, advanced }) => ({
      ...{ id, kind, target, authentication, advanced },
    })),
    triggers: draft.triggers.map(({ id, resource, event, name, description }) => ({
      ...{ id, resource, event, name, description },
    })),
  };
}

/** A webhook; field by field, as endpoints (read-endpoints.ts says why). */
export function toWebhookType(webhook: WebhookView): WebhookType {
  return {
    id: webhook.id,
    number: webhook.number,
    name: webhook.name,
    description: webhook.description,
    status: webhook.status,
    version: webhook.version,
    createdAt: webhook.createdAt,
    updatedAt: webhook.updatedAt,
    loginId: webhook.loginId,
    accountId: webhook.accountId,
    forLoginId: webhook.forLoginId,
    teamId: webhook.teamId,
  };
}

/** An endpoint. */
export function toEndpointType(endpoint: EndpointView): EndpointType {
  return {
    id: endpoint.id,
    webhookId: endpoint.webhookId,
    kind: endpoint.kind,
    target: endpoint.target,
    authentication: endpoint.authentication,
    status: endpoint.status,
    statusReason: endpoint.statusReason,
    failingSince: endpoint.failingSince,
    mailboxes: endpoint.mailboxes.map(({ address, status, reason, sentAt, loginId }) => ({
      address,
      status,
      reason,
      loginId,
      confirmationSentAt: sentAt === null ? null : new Date(sentAt),
    })),
    advanced: {
      headers: endpoint.headers,
      timeoutMs: endpoint.timeoutMs,
      retrySchedule: endpoint.retrySchedule,
      ratePerSecond: endpoint.ratePerSecond,
      maxConcurrency: endpoint.maxConcurrency,
      ordering: endpoint.ordering,
      signing: endpoint.signing,
      format: endpoint.format,
    },
  };
}

/** A trigger. */
export function toTriggerType(trigger: TriggerView): TriggerType {
  const { id, resource, event, label, name, description, active, inactiveReason } = trigger;
  return { id, resource, event, label, name, description, active, inactiveReason };
}

/** A signing secret, without its value. */
export function toSecretType({ id, hint, publicKey, createdAt, expiresAt }: SecretView): EndpointSecretType {
  return { id, hint, publicKey, createdAt, expiresAt };
}

/** A signing secret with its value, for the answer that made or revealed it. */
export function toRevealedSecretType({ endpoint, secret, value }: RevealedSecret): RevealedSecretType {
  return { endpoint: toEndpointType(endpoint), secret: toSecretType(secret), value };
}
