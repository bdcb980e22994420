/** What has to be looked after now and then, by every process: it is the same whoever does it, and harmless twice. */
import { forgetWebhookChanges } from '../audit/webhook-changes.ts';
import { forgetIdempotencyKeys } from '../db/idempotency-keys.ts';
import { ensurePartitions } from '../db/partitions.ts';
import { forgetGaps } from '../events/fired-events.ts';
import { forgetKeys } from '../events/idempotency.ts';
import type { Rooms } from '../graphql/rooms.ts';
import { Retention } from '../history/retention.ts';
import { describeError } from '../log.ts';
import { forgetReplays } from '../replay/forget.ts';
import { forgetStats } from '../stats/forget.ts';
import { endingCertificates } from '../webhooks/ending-certificates.ts';
import { forgetEndedSecrets } from '../webhooks/endpoint-secrets.ts';
import type { Ground } from './ground.ts';

/** How often partitions are looked after, and what is older than it is to be kept is forgotten, ms. */
const HOUSEKEEPING_MS = 3_600_000;
/** The first time, so that servers that never run for an hour do it, too, ms. */
const FIRST_HOUSEKEEPING_MS = 60_000;
const FORGET_BATCH = 10_000;
/** How often certificates that end soon are named, ms; the first time at the start. */
const CERTIFICATES_MS = 86_400_000;

/** Housekeeping that has begun. */
export interface Housekeeping {
  /** Begins no further round. */
  quiet(): void;
  /** Lets what is under way come to an end. */
  stop(): Promise<void>;
}

/** Begins it; rooms are there where the process serves. */
export function startHousekeeping(
  { config, db, logger, now }: Pick<Ground, 'config' | 'db' | 'logger' | 'now'>,
  rooms?: Pick<Rooms, 'drafts' | 'sessions'>,
): Housekeeping {
  const retention = new Retention({ url: db.url, keep: config, logger });

  async function keepHouse(): Promise<void> {
    try {
      await ensurePartitions(db.engine, config, Date.now());
      await rooms?.drafts.forget();
      await rooms?.sessions.forget();
      while ((await forgetKeys(db.engine, FORGET_BATCH)) === FORGET_BATCH);
      await forgetIdempotencyKeys(db.engine);
      await forgetWebhookChanges(db.engine);
      await forgetEndedSecrets(db.engine);
      await forgetReplays(db.engine, config.keepDeliveriesMs);
      await forgetStats(db.engine);
      await forgetGaps(db.engine);
      await retention.run(Date.now());
    } catch (error) {
      logger.error(describeError(error), 'housekeeping failed, it is tried again in an hour');
    }
  }

  let looked: Promise<void>;
  const lookAtCertificates = (): void => {
    looked = warnOfCertificates(db, logger, now());
  };
  lookAtCertificates();
  const round = (): void => void keepHouse();
  const timers = [
    setTimeout(round, FIRST_HOUSEKEEPING_MS),
    setInterval(round, HOUSEKEEPING_MS),
    setInterval(lookAtCertificates, CERTIFICATES_MS),
  ];
  return {
    quiet: () => timers.forEach(clearInterval),
    stop: async () => {
      await looked;
      await retention.stop();
    },
  };
}

async function warnOfCertificates(db: Ground['db'], logger: Ground['logger'], now: Date): Promise<void> {
  try {
    const ending = await endingCertificates(db.engine, now);
    if (ending.length === 0) return;
    const certificates = ending.map(({ endpointId, webhookNumber, expiresAt }) => ({
      ...{ endpoint: endpointId, webhook: webhookNumber, end: expiresAt.toISOString() },
    }));
    logger.warn(
      { certificates },
      'client certificates of endpoints have ended or will within 30 days, and their receivers refuse them then: save new ones',
    );
  } catch (error) {
    logger.error(describeError(error), 'the ends of client certificates could not be read');
  }
}
