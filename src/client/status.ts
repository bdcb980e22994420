/**
 * How a subscription stands, in words that a badge can show.
 *
 * - idle: nothing is subscribed to (also while the page is hidden)
 * - connecting: the first connection is being made
 * - live: what happens is shown at once
 * - catching-up: it is connected and reads what happened before that
 * - polling: no socket gets through, so the polling twin is asked every other second
 * - reconnecting: the connection was lost or refused, and is tried again
 * - ended: the server does not want this client back as it is; the reason is given to onEnd
 */
export type LiveStatus =
  'idle' | 'connecting' | 'live' | 'catching-up' | 'polling' | 'reconnecting' | 'ended';

/** From worst to best: a page is as live as the worst of its subscriptions. */
const WORST_FIRST: readonly LiveStatus[] = ['ended', 'connecting', 'reconnecting', 'polling', 'catching-up'];

/** The status of a page by those of its subscriptions, of which there is at least one. */
export function worst(statuses: LiveStatus[]): LiveStatus {
  return WORST_FIRST.find((status) => statuses.includes(status)) ?? 'live';
}
