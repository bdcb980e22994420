/**
 * What a client sends to create or edit a webhook. In an update undefined leaves the stored value
 * alone and null clears it; lists that are given replace the stored ones, rows with an id keep that
 * row together with its secrets.
 */
import type { PayloadFormat } from '../queue/payload-format.ts';
import type { SigningScheme } from '../secrets/signing-secret.ts';
import type { AuthenticationInput } from './authentication.ts';
import type { HeaderInput } from './headers.ts';

/** Name, description and scope. */
export interface WebhookDetailsInput {
  name?: string | null;
  description?: string | null;
  forLoginId?: string | null;
  teamId?: string | null;
}

/** PER_ENTITY: the deliveries of one entity arrive in order. */
export type DeliveryOrdering = 'NONE' | 'PER_ENTITY';

/** The Advanced section of an endpoint; null takes the default. */
export interface EndpointAdvancedInput {
  headers?: HeaderInput[] | null;
  /** Milliseconds. */
  timeoutMs?: number | null;
  /** Seconds before each attempt. */
  retrySchedule?: number[] | null;
  /** Requests a second; null for no limit. */
  ratePerSecond?: number | null;
  /** Requests at once. */
  maxConcurrency?: number | null;
  ordering?: DeliveryOrdering | null;
  signing?: SigningScheme | null;
  format?: PayloadFormat | null;
}

/** Kinds of destination; TEAM_MAILBOXES are those of the members of the webhook's team, and have no target. */
export type EndpointKind = 'URL' | 'EMAIL' | 'TEAM_MAILBOXES';

/** One endpoint row. */
export interface EndpointInput {
  id?: string | null;
  kind?: EndpointKind | null;
  target?: string | null;
  /** Null for none. */
  authentication?: AuthenticationInput | null;
  advanced?: EndpointAdvancedInput | null;
}

/** One trigger row. */
export interface TriggerInput {
  id?: string | null;
  resource?: string | null;
  event?: string | null;
  name?: string | null;
  description?: string | null;
}

/** Everything at once. */
export interface WebhookInput {
  details?: WebhookDetailsInput | null;
  endpoints?: EndpointInput[] | null;
  triggers?: TriggerInput[] | null;
}
