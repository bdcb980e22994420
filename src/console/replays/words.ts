/** Replays in an administrator's words: their states, and what their filters say. */
import { STATUSES } from '../deliveries/filter-params.ts';
import type { DeliveryFilterInput, ReplayStatus } from '../gql/graphql.ts';
import { DELIVERY_STATUS } from '../ui/delivery-status.tsx';
import { formatDuration } from '../ui/time.tsx';

/** How each state reads. */
export const REPLAY_WORDS: Record<ReplayStatus, string> = {
  RUNNING: 'Running',
  PAUSED: 'Paused',
  FINISHED: 'Finished',
  CANCELLED: 'Cancelled',
};

/** What a filter asks for, in short pieces: "Failed", "Webhook 12", "since 3 May, 14:00"; name tells what an id names. Nothing for all deliveries. */
export function filterWords(filter: DeliveryFilterInput, name = (id: string): string => id): string[] {
  const { status, statusCode, webhookNumber, endpointId, resource, event, entityId } = filter;
  const { createdAt, search, replayId, eventId, webhookId } = filter;
  return [
    status && status.length > 0 ? statusWords(status) : null,
    webhookNumber == null ? null : `Webhook ${webhookNumber}`,
    webhookId == null ? null : `Webhook ${name(String(webhookId))}`,
    endpointId == null ? null : 'one endpoint',
    resource == null
      ? event == null
        ? null
        : `Event ${event}`
      : event == null
        ? `Resource ${resource}`
        : `Event ${resource}.${event}`,
    entityId == null ? null : `Entity ${entityId}`,
    eventId == null ? null : `Event ${eventId}`,
    statusCode && statusCode.length > 0 ? `HTTP ${codesInWords(statusCode)}` : null,
    createdAt?.from == null ? null : `since ${instant(createdAt.from)}`,
    createdAt?.to == null ? null : `before ${instant(createdAt.to)}`,
    search ? `“${search}”` : null,
    replayId == null ? null : 'sent by one replay',
  ].filter((piece) => piece !== null);
}

/** The ids of the webhooks that a replay names. */
export function webhooksOf(replay: { filter: unknown; missingFor?: string | null }): string[] {
  const { webhookId } = replay.filter as DeliveryFilterInput;
  return [webhookId, replay.missingFor].filter((id) => id != null).map(String);
}

function statusWords(status: readonly string[]): string {
  return STATUSES.filter((one) => status.includes(one))
    .map((one) => DELIVERY_STATUS[one][0])
    .join(' or ');
}

/** "404, 5xx": a hundred codes of one kind are one piece. */
function codesInWords(codes: readonly number[]): string {
  const families = [1, 2, 3, 4, 5].filter((family) =>
    Array.from({ length: 100 }, (_, rest) => family * 100 + rest).every((code) => codes.includes(code)),
  );
  const single = codes.filter((code) => !families.includes(Math.floor(code / 100)));
  return [...single, ...families.map((family) => `${family}xx`)].join(', ');
}

function instant(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

/** How long so many take at a rate, as people read it; "less than a minute" for short ones. */
export function estimate(count: number, perSecond: number): string {
  const ms = (count / perSecond) * 1_000;
  return ms < 60_000 ? 'less than a minute' : `about ${formatDuration(ms)}`;
}
