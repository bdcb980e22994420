/** Events and what follows from them: stored, matched and queued, in the caller's transaction. */
import type { Sql } from '../db/sql.ts';
import { newId } from '../ids.ts';
import { ensureMailboxes } from '../mailboxes/mailboxes.ts';
import { type Match, match } from '../matching/match.ts';
import { enqueue } from '../queue/enqueue.ts';
import { jitter } from '../queue/jitter.ts';
import { insertEvents, type StoredEvent } from './store.ts';

/** The most deliveries that one publish may cause. */
export const MAX_DELIVERIES = 100_000;

/**
 * Stores events and queues all their deliveries; null when there are more than MAX_DELIVERIES, and the caller's transaction is to
 * be undone. firstDelayMs is the wait before the first attempt at endpoints that have no schedule of their own; the webhook
 * except, if there is one, gets nothing.
 */
export async function deliver(
  sql: Sql,
  events: StoredEvent[],
  { firstDelayMs, except = null }: { firstDelayMs: number; except?: string | null },
): Promise<Match[] | null> {
  if (events.length === 0) return [];
  const stored = await insertEvents(sql, events, { except });
  if (!stored.fires) return [];
  const eventIds = events.map((event) => event.id);
  let found = await match(sql, eventIds, MAX_DELIVERIES);
  if (found.newMembers.length > 0) {
    await ensureMailboxes(sql, found.newMembers);
    found = await match(sql, eventIds, MAX_DELIVERIES);
  }
  const { matches } = found;
  if (matches.length > MAX_DELIVERIES) return null;
  const deliveries = matches.map(({ firstDelaySeconds, ...row }) => ({
    id: newId('delivery'),
    ...row,
    delayMs: jitter(firstDelaySeconds === null ? firstDelayMs : firstDelaySeconds * 1000, Math.random()),
  }));
  await enqueue(sql, deliveries, 'EVENT', stored.at);
  return matches;
}
