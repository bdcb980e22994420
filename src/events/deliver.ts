/** Events and what follows from them: stored, matched and queued, in the caller's transaction. */
import type { Sql } from '../db/sql.ts';
import { newId } from '../ids.ts';
import { ensureMailboxes } from '../mailboxes/mailboxes.ts';
import { type Match, match } from '../matching/match.ts';
import { enqueue } from '../queue/enqueue.ts';
import { bornJob, type HandOver, offer, type Places } from '../queue/hand-over.ts';
import { jitter } from '../queue/jitter.ts';
import type { Job } from '../queue/job.ts';
import { insertEvents, type StoredEvent } from './store.ts';

/** The most deliveries that one publish may cause. */
export const MAX_DELIVERIES = 100_000;

/** What came of events. */
export interface Delivered {
  matches: Match[];
  /** Deliveries that were born with a sender at performance.now(), to be started once the transaction has committed; null without any. */
  born: { jobs: Job[]; at: number; places: Places } | null;
}

/**
 * Stores events and queues all their deliveries; null when there are more than MAX_DELIVERIES, and the caller's transaction is to
 * be undone. firstDelayMs is the wait before the first attempt at endpoints that have no schedule of their own; the webhook
 * except, if there is one, gets nothing. What handOver, if it is given, has places for is the caller's to start. When this throws
 * no place is kept.
 */
export async function deliver(
  sql: Sql,
  events: StoredEvent[],
  options: { firstDelayMs: number; except?: string | null; handOver?: HandOver | null },
): Promise<Delivered | null> {
  const { firstDelayMs, except = null, handOver = null } = options;
  const nothing = { matches: [], born: null };
  if (events.length === 0) return nothing;
  const stored = await insertEvents(sql, events, { except, limit: MAX_DELIVERIES });
  let { found } = stored;
  if (found.newMembers.length > 0) {
    await ensureMailboxes(sql, found.newMembers);
    const eventIds = events.map((event) => event.id);
    found = await match(sql, eventIds, MAX_DELIVERIES);
  }
  const { matches } = found;
  if (matches.length === 0) return nothing;
  if (matches.length > MAX_DELIVERIES) return null;
  const byId = new Map(events.map((event) => [event.id, event]));
  const deliveries = matches.map(({ firstDelaySeconds, ...row }) => {
    const { resource, event, entityId } = byId.get(row.eventId)!;
    return {
      ...{ id: newId('delivery'), resource, event, entityId },
      ...row,
      delayMs: jitter(firstDelaySeconds === null ? firstDelayMs : firstDelaySeconds * 1000, Math.random()),
    };
  });
  const offered = handOver === null ? null : reserve(handOver, deliveries);
  if (handOver === null || offered === null) {
    await enqueue(sql, deliveries, 'EVENT', stored.at);
    return { matches, born: null };
  }
  const { places, taken } = offered;
  try {
    const { sender, leaseMarginMs } = handOver;
    const settings = await enqueue(sql, deliveries, 'EVENT', stored.at, { sender, leaseMarginMs, taken });
    const at = performance.now();
    const byEndpoint = new Map(settings.map((place) => [place.endpoint_id, place]));
    const jobs = deliveries.flatMap(({ id, eventId, endpointId }, index): Job[] => {
      const place = taken[index] ? byEndpoint.get(endpointId) : undefined;
      if (!place) return [];
      const event = byId.get(eventId)!;
      const occurredAt = event.occurredAt ?? stored.now;
      return [bornJob(id, { ...event, occurredAt }, place, leaseMarginMs)];
    });
    return { matches, born: { jobs, at, places } };
  } catch (error) {
    places.release();
    throw error;
  }
}

/** Places for what may go at once, and which deliveries they are for; null where there are none. */
function reserve(
  handOver: HandOver,
  deliveries: { endpointId: string; delayMs: number; entityKey: string | null; mailbox: unknown }[],
): { places: Places; taken: boolean[] } | null {
  const may = deliveries.map((row) => row.delayMs === 0 && row.entityKey === null && row.mailbox === null);
  if (!may.includes(true)) return null;
  const places = handOver.reserve(may.filter(Boolean).length);
  const taken = offer(
    places,
    deliveries.map((row, index) => (may[index] ? row.endpointId : null)),
  );
  if (taken.includes(true)) return { places, taken };
  places.release();
  return null;
}
