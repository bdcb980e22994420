/** Why a trigger of a saved webhook never fires, and what to do about it. */
import type { TriggerInactiveReason } from '../../gql/graphql.ts';

/** The cause, and the way out of it. */
export const INACTIVE_REASONS: Record<TriggerInactiveReason, { cause: string; remedy: string }> = {
  RESOURCE_UNKNOWN: {
    cause: 'The catalog has no such resource.',
    remedy: 'Choose another resource, or have this one registered.',
  },
  RESOURCE_NOT_ALLOWED: {
    cause: 'Webhooks may not listen to this resource.',
    remedy: 'Choose another resource, or ask whoever manages the catalog to allow it.',
  },
  EVENT_UNKNOWN: {
    cause: 'The resource has no such event.',
    remedy: 'Choose another event of the resource.',
  },
  EVENT_NOT_SUPPORTED: {
    cause: 'The host application does not send this event.',
    remedy: 'Choose a supported event, such as Created or Updated.',
  },
};
