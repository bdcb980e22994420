/** The rooms behind the API, as the edge is given them. */
import type { Access } from '../access/access.ts';
import type { Sessions } from '../access/sessions.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Database } from '../db/database.ts';
import type { Keep } from '../db/partitions.ts';
import type { Publisher } from '../events/publisher.ts';
import type { Feed } from '../feed/feed.ts';
import type { WebhooksLinks } from '../feed/links.ts';
import type { Subscriptions } from '../feed/subscriptions.ts';
import type { History } from '../history/history.ts';
import type { Platform } from '../identity/platform.ts';
import type { Live } from '../live/live.ts';
import type { WebhookChanges } from '../live/webhook-changes.ts';
import type { Consent } from '../mailboxes/consent.ts';
import type { ReplayProgress } from '../replay/progress.ts';
import type { Replays } from '../replay/replays.ts';
import type { Stats } from '../stats/stats.ts';
import type { StatsWatch } from '../stats/watch.ts';
import type { Drafts } from '../webhooks/drafts.ts';
import type { Webhooks } from '../webhooks/webhooks.ts';

/** The instances that resolvers call, made by src/app.ts. */
export interface Rooms {
  access: Access;
  sessions: Sessions;
  /** Null without an identity provider. */
  platform: Platform | null;
  audit: AuditLog;
  catalog: Catalog;
  webhooks: Webhooks;
  drafts: Drafts;
  events: Publisher;
  history: History;
  replays: Replays;
  replayProgress: ReplayProgress;
  live: Live;
  stats: Stats;
  statsWatch: StatsWatch;
  consent: Consent;
  changes: WebhookChanges;
  links: WebhooksLinks;
  feed: Feed;
  subscriptions: Subscriptions;
  db: Database;
  /** How long what happened is kept. */
  keep: Keep;
  /** Where users reach the server, without a slash at the end. */
  address: () => string;
}
