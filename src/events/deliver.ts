/** What follows from events that this transaction has stored: their deliveries, matched and queued. */
import type { Sql } from '../db/sql.ts';
import { newId } from '../ids.ts';
import { ensureMailboxes } from '../mailboxes/mailboxes.ts';
import { type Match, match } from '../matching/match.ts';
import { enqueue } from '../queue/enqueue.ts';
import { jitter } from '../queue/jitter.ts';

/** The most deliveries that one publish may cause. */
export const MAX_DELIVERIES = 100_000;

/** How deliveries begin. */
export interface DeliverOptions {
  /** The wait before the first attempt at endpoints that have no schedule of their own, ms. */
  firstDelayMs: number;
  /** A webhook that gets nothing of these events. */
  except?: string;
}

/** Queues all deliveries of events; null, and nothing queued, when there are more than MAX_DELIVERIES. */
export async function deliver(
  sql: Sql,
  eventIds: string[],
  { firstDelayMs, except }: DeliverOptions,
): Promise<Match[] | null> {
  let found = await match(sql, eventIds, MAX_DELIVERIES, except);
  if (found.newMembers.length > 0) {
    await ensureMailboxes(sql, found.newMembers);
    found = await match(sql, eventIds, MAX_DELIVERIES, except);
  }
  const { matches, matchedAt } = found;
  if (matches.length > MAX_DELIVERIES) return null;
  const deliveries = matches.map(({ firstDelaySeconds, ...row }) => ({
    id: newId('delivery'),
    ...row,
    delayMs: jitter(firstDelaySeconds === null ? firstDelayMs : firstDelaySeconds * 1000, Math.random()),
  }));
  await enqueue(sql, deliveries, 'EVENT', matchedAt);
  return matches;
}
