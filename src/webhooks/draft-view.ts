/** A draft as it is shown: secret values left out, defaults filled in, and what saving it would refuse. */
import type { Problem } from '../errors.ts';
import type { PayloadFormat } from '../queue/payload-format.ts';
import type { SigningScheme } from '../secrets/signing-secret.ts';
import type { AuthenticationView } from './authentication.ts';
import type { WebhookDraftEntity } from './draft.entity.ts';
import { draftAuthenticationView } from './draft-authentication.ts';
import type { DraftDetails, DraftEndpoint, DraftTrigger } from './draft-rows.ts';
import type { DeliveryOrdering } from './inputs.ts';
import type { EndpointDefaults } from './read-endpoints.ts';

/** The first step that still needs attention, READY when none does, SAVED when the draft is a webhook. */
export type DraftStep = 'DETAILS' | 'ENDPOINTS' | 'TRIGGERS' | 'READY' | 'SAVED';

/** What saving would refuse now, and where to resume. */
export interface DraftCheck {
  problems: Problem[];
  step: DraftStep;
}

/** An endpoint row as it is shown. */
export interface DraftEndpointView extends Pick<DraftEndpoint, 'id' | 'kind' | 'target'> {
  /** Null while nobody has touched it. */
  authentication: AuthenticationView | null;
  /** Null while nobody has touched it. */
  advanced: {
    headers: { name: string; value: string | null; secret: boolean }[];
    timeoutMs: number;
    retrySchedule: number[];
    ratePerSecond: number | null;
    maxConcurrency: number;
    ordering: DeliveryOrdering;
    signing: SigningScheme;
    format: PayloadFormat;
  } | null;
}

/** A draft as it is shown. */
export interface DraftView extends DraftDetails {
  id: string;
  version: number;
  endpoints: DraftEndpointView[];
  triggers: DraftTrigger[];
  savedAs: string | null;
  updatedAt: Date;
  expiresAt: Date;
  /** Judges the draft as it was read; asks DNS, once. */
  check: () => Promise<DraftCheck>;
}

/** The view of a draft; defaults are the server's for endpoints that name none. */
export function toDraftView(
  { id, version, details, endpoints, triggers, savedAs, updatedAt, expiresAt }: WebhookDraftEntity,
  defaults: EndpointDefaults,
  check: () => Promise<DraftCheck>,
): DraftView {
  let checked: Promise<DraftCheck> | undefined;
  return {
    ...{ id, version, ...details, triggers, savedAs, updatedAt, expiresAt },
    endpoints: endpoints.map((row) => ({
      ...{ id: row.id, kind: row.kind, target: row.target },
      authentication: draftAuthenticationView(row.authentication),
      advanced: isUntouched(row)
        ? null
        : {
            headers: row.headers.map(({ name, value, secret }) => ({ name, value, secret })),
            timeoutMs: row.timeoutMs ?? defaults.timeoutMs,
            retrySchedule: row.retrySchedule ?? defaults.retryScheduleSeconds,
            ratePerSecond: row.ratePerSecond ?? null,
            maxConcurrency: row.maxConcurrency ?? defaults.maxConcurrency,
            ordering: row.ordering ?? 'NONE',
            signing:
              row.signing ?? (row.kind === null || row.kind === 'URL' ? 'STANDARD_WEBHOOKS_HMAC' : 'NONE'),
            format: row.format ?? 'STANDARD_WEBHOOKS',
          },
    })),
    check: () => (checked ??= check()),
  };
}

function isUntouched({
  headers,
  id: _id,
  kind: _kind,
  target: _target,
  authentication: _authentication,
  ...settings
}: DraftEndpoint): boolean {
  return headers.length === 0 && Object.values(settings).every((value) => value == null);
}
