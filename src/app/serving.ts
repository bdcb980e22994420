/**
 * What serves: the rooms behind the API and the edge before them. Loaded only by processes whose role is to serve, so
 * that one that only sends never holds a schema, a resolver or a page.
 */
import { Sessions } from '../access/sessions.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { Catalog } from '../catalog/catalog.ts';
import { preparedReaderOf } from '../db/sql.ts';
import { Publisher } from '../events/publisher.ts';
import { Feed } from '../feed/feed.ts';
import { WebhooksLinks } from '../feed/links.ts';
import { Subscriptions } from '../feed/subscriptions.ts';
import type { Rooms } from '../graphql/context.ts';
import { createEdge, type Edge } from '../graphql/server.ts';
import { History } from '../history/history.ts';
import { Live } from '../live/live.ts';
import { WebhookChanges } from '../live/webhook-changes.ts';
import { Consent } from '../mailboxes/consent.ts';
import type { Probes } from '../metrics/probes.ts';
import { LOG_CHANNEL } from '../queue/enqueue.ts';
import type { HandOver } from '../queue/hand-over.ts';
import { ReplayProgress } from '../replay/progress.ts';
import { Replays } from '../replay/replays.ts';
import { switchOffIn } from '../sending/auto-disable.ts';
import { Stats } from '../stats/stats.ts';
import { StatsWatch } from '../stats/watch.ts';
import { Drafts } from '../webhooks/drafts.ts';
import { Webhooks } from '../webhooks/webhooks.ts';
import type { Ground } from './ground.ts';
import { createPlatform } from './platform.ts';

/** The time limit of an endpoint that sets none, ms. */
const DEFAULT_TIMEOUT_MS = 15_000;

/** The serving side, which does not listen yet. */
export interface Serving {
  rooms: Rooms;
  edge: Edge;
  /** Takes nothing new, lets requests finish for graceMs, then ends the streams. */
  stop(graceMs: number): Promise<void>;
}

/** Makes it; handOver is the sender of this process, once there is one. */
export async function createServing(
  ground: Ground,
  probes: Probes,
  handOver: () => HandOver | null,
): Promise<Serving> {
  const { config, logger, db, keyring, egress, access, metrics, clock, publicAddress } = ground;
  const platform = createPlatform(ground);
  const catalog = new Catalog(db.orm);
  await catalog.ensureOwn();
  const live = new Live({ ...config, pool: db.streams, hints: db.hints, channel: LOG_CHANNEL, logger });
  await live.start();
  const saving = {
    ...{ orm: db.orm, access, keyring, egress },
    defaults: {
      timeoutMs: DEFAULT_TIMEOUT_MS,
      retryScheduleSeconds: config.retrySchedule.map((ms) => Math.ceil(ms / 1000)),
      maxConcurrency: config.endpointConcurrency,
      mailConfigured: config.smtp !== null,
    },
  };
  const webhooks = new Webhooks(saving);
  const feed = new Feed({
    ...{ pool: db.streams, reads: db.reads, hints: db.hints, channel: LOG_CHANNEL, logger },
    ...{ pollMs: config.pollMs, eventsMs: config.keepEventsMs },
  });
  const rooms: Rooms = {
    access,
    sessions: new Sessions({ sql: preparedReaderOf(db.rights), access, limits: config }),
    platform,
    audit: new AuditLog(db.orm),
    catalog,
    webhooks,
    drafts: new Drafts(saving),
    events: new Publisher({
      pool: db.publishing,
      access,
      catalog,
      firstDelayMs: config.retrySchedule[0]!,
      onPublished: metrics.published,
      handOver,
    }),
    history: new History(db.reads),
    replays: new Replays({ pool: db.reads, keep: config, maxMatched: config.maxReplay }),
    replayProgress: new ReplayProgress({ pool: db.streams, logger }),
    live,
    stats: new Stats({ sql: db.reads, now: clock.now }),
    statsWatch: new StatsWatch({ hints: db.hints, logger }),
    consent: new Consent({
      pool: db.engine,
      keyring,
      switchOff: async (sql, endpointId) => {
        const notice = { firstDelayMs: config.retrySchedule[0]!, byMail: config.smtp !== null };
        const cause = { code: 'UNSUBSCRIBED', failingSince: null } as const;
        await switchOffIn(sql, notice, endpointId, cause);
      },
    }),
    changes: new WebhookChanges({ ...config, pool: db.streams, hints: db.hints, logger }),
    links: new WebhooksLinks({ pool: db.rights, keyring }),
    feed,
    subscriptions: new Subscriptions({ pool: db.reads, webhooks }),
    db,
    keep: config,
    address: publicAddress,
  };
  const edge = await createEdge({ config, rooms, logger, probes });
  return {
    rooms,
    edge,
    stop: async (graceMs) => {
      // Streams end by their sockets, which tells clients to come back, and not by completing, which would not.
      // What waits for notifications is answered now: it would hold its connection until it is cut.
      await Promise.all([edge.stop(graceMs), feed.stop()]);
      await Promise.all([
        live.stop(),
        rooms.changes.stop(),
        rooms.replayProgress.stop(),
        rooms.statsWatch.stop(),
      ]);
    },
  };
}
