/**
 * The one DataSource: for the server, which gets it from src/app.ts, and for the TypeORM CLI, which
 * takes the default export. Entities and migrations are listed as classes, because a glob would have
 * to differ between the sources and dist/.
 */
import 'reflect-metadata';

import { DataSource } from 'typeorm';

import { CreateAccessAndCatalog1764000000000 } from './migrations/1764000000000-create-access-and-catalog.ts';
import { CreateWebhooks1764000000001 } from './migrations/1764000000001-create-webhooks.ts';
import { CreateEventsAndDeliveries1764000000002 } from './migrations/1764000000002-create-events-and-deliveries.ts';
import { CreateDraftsAndLogs1764000000003 } from './migrations/1764000000003-create-drafts-and-logs.ts';
import { IndexWebhooks1764000000004 } from './migrations/1764000000004-index-webhooks.ts';
import { IndexSwitches1764000000005 } from './migrations/1764000000005-index-switches.ts';
import { CreateSessions1764000000006 } from './migrations/1764000000006-create-sessions.ts';
import { AddEndpointPolicy1764000000007 } from './migrations/1764000000007-add-endpoint-policy.ts';
import { KeepHistory1764000000008 } from './migrations/1764000000008-keep-history.ts';
import { AddOwnChanges1764000000009 } from './migrations/1764000000009-add-own-changes.ts';
import { AddFormatsAndSigning1764000000010 } from './migrations/1764000000010-add-formats-and-signing.ts';
import { AddAuthentication1764000000011 } from './migrations/1764000000011-add-authentication.ts';
import { AddMailboxes1764000000012 } from './migrations/1764000000012-add-mailboxes.ts';
import { LeaseMails1764000000013 } from './migrations/1764000000013-lease-mails.ts';
import { AddFeed1764000000014 } from './migrations/1764000000014-add-feed.ts';
import { AddIdentities1764000000015 } from './migrations/1764000000015-add-identities.ts';
import { AddReplays1764000000016 } from './migrations/1764000000016-add-replays.ts';
import { AddStats1764000000017 } from './migrations/1764000000017-add-stats.ts';
import { IndexHistory1764000000018 } from './migrations/1764000000018-index-history.ts';
import { LeaveRoomInQueue1764000000019 } from './migrations/1764000000019-leave-room-in-queue.ts';
import { NoteGaps1764000000020 } from './migrations/1764000000020-note-gaps.ts';
import { CountReplayedAsOpen1764000000021 } from './migrations/1764000000021-count-replayed-as-open.ts';
import { IndexDeliveriesOfAccounts1764000000022 } from './migrations/1764000000022-index-deliveries-of-accounts.ts';
import { OrderWebhooksOfAccounts1764000000023 } from './migrations/1764000000023-order-webhooks-of-accounts.ts';
import { IndexOpenDeliveriesByCode1764000000024 } from './migrations/1764000000024-index-open-deliveries-by-code.ts';
import { IndexTestDeliveries1764000000025 } from './migrations/1764000000025-index-test-deliveries.ts';
import { IndexKindsOfEvents1764000000026 } from './migrations/1764000000026-index-kinds-of-events.ts';
import { NoteSubjectsOfDeliveries1764000000027 } from './migrations/1764000000027-note-subjects-of-deliveries.ts';
import { AccessTokenEntity } from './src/access/access-token.entity.ts';
import { LoginEntity } from './src/access/login.entity.ts';
import { TeamEntity, TeamMemberEntity } from './src/access/team.entity.ts';
import { ResourceEntity, ResourceEventEntity } from './src/catalog/resource.entity.ts';
import { connectionSettings } from './src/db/pools.ts';
import { SecretEntity } from './src/secrets/secret.entity.ts';
import { WebhookDraftEntity } from './src/webhooks/draft.entity.ts';
import { EndpointEntity } from './src/webhooks/endpoint.entity.ts';
import { TriggerEntity } from './src/webhooks/trigger.entity.ts';
import { WebhookEntity } from './src/webhooks/webhook.entity.ts';

/** A data source of up to 8 connections; nothing is connected before initialize(). */
export function createDataSource(url: string | undefined): DataSource {
  return new DataSource({
    type: 'postgres',
    ...(url ? { url } : {}),
    entities: [
      LoginEntity,
      TeamEntity,
      TeamMemberEntity,
      AccessTokenEntity,
      ResourceEntity,
      ResourceEventEntity,
      WebhookDraftEntity,
      WebhookEntity,
      EndpointEntity,
      TriggerEntity,
      SecretEntity,
    ],
    migrations: [
      CreateAccessAndCatalog1764000000000,
      CreateWebhooks1764000000001,
      CreateEventsAndDeliveries1764000000002,
      CreateDraftsAndLogs1764000000003,
      IndexWebhooks1764000000004,
      IndexSwitches1764000000005,
      CreateSessions1764000000006,
      AddEndpointPolicy1764000000007,
      KeepHistory1764000000008,
      AddOwnChanges1764000000009,
      AddFormatsAndSigning1764000000010,
      AddAuthentication1764000000011,
      AddMailboxes1764000000012,
      LeaseMails1764000000013,
      AddFeed1764000000014,
      AddIdentities1764000000015,
      AddReplays1764000000016,
      AddStats1764000000017,
      IndexHistory1764000000018,
      LeaveRoomInQueue1764000000019,
      NoteGaps1764000000020,
      CountReplayedAsOpen1764000000021,
      IndexDeliveriesOfAccounts1764000000022,
      OrderWebhooksOfAccounts1764000000023,
      IndexOpenDeliveriesByCode1764000000024,
      IndexTestDeliveries1764000000025,
      IndexKindsOfEvents1764000000026,
      NoteSubjectsOfDeliveries1764000000027,
    ],
    synchronize: false,
    logging: false,
    installExtensions: false,
    poolSize: 8,
    extra: connectionSettings('settings'),
  });
}

export default createDataSource(process.env.DATABASE_URL);
