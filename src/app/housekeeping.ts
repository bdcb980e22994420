/** What has to be looked after now and then, by every process: it is the same whoever does it, and harmless twice. */
import type pg from 'pg';

import { forgetWebhookChanges } from '../audit/webhook-changes.ts';
import { forgetIdempotencyKeys } from '../db/idempotency-keys.ts';
import { ensurePartitions } from '../db/partitions.ts';
import { forgetKeys } from '../events/idempotency.ts';
import type { Rooms } from '../graphql/rooms.ts';
import { describeError, type Logger } from '../log.ts';

/** How often partitions are looked after, and old keys, ended sessions and what open pages have seen forgotten, ms. */
const HOUSEKEEPING_MS = 3_600_000;
const FORGET_BATCH = 10_000;

/** Begins; rooms are there where the process serves. The result ends it. */
export function startHousekeeping(
  pool: pg.Pool,
  rooms: Pick<Rooms, 'drafts' | 'sessions'> | undefined,
  logger: Logger,
): () => void {
  async function keepHouse(): Promise<void> {
    try {
      await ensurePartitions(pool, Date.now());
      await rooms?.drafts.forget();
      await rooms?.sessions.forget();
      while ((await forgetKeys(pool, FORGET_BATCH)) === FORGET_BATCH);
      await forgetIdempotencyKeys(pool);
      await forgetWebhookChanges(pool);
    } catch (error) {
      logger.error(describeError(error), 'housekeeping failed, it is tried again in an hour');
    }
  }
  const timer = setInterval(() => void keepHouse(), HOUSEKEEPING_MS);
  return () => clearInterval(timer);
}
