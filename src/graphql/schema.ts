/** The schema: made of the decorated classes, the same for the server, the emitted file and the tests. */
import 'reflect-metadata';

import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';

import { AccessTokenResolver, LoginResolver, TeamResolver } from './resolvers/access.resolver.ts';
import { AuditResolver } from './resolvers/audit.resolver.ts';
import { CatalogResolver } from './resolvers/catalog.resolver.ts';
import { AttemptResolver, DeliveryResolver } from './resolvers/delivery.resolver.ts';
import { DeliveryEventsResolver } from './resolvers/delivery-events.resolver.ts';
import { DraftResolver, DraftTriggerResolver } from './resolvers/draft.resolver.ts';
import { EventResolver } from './resolvers/event.resolver.ts';
import { NodeResolver } from './resolvers/node.resolver.ts';
import { ReplayResolver } from './resolvers/replay.resolver.ts';
import { EndpointStatsResolver, StatsResolver, WebhookStatsResolver } from './resolvers/stats.resolver.ts';
import {
  EndpointMailboxResolver,
  EndpointResolver,
  WebhookMutationResolver,
  WebhookResolver,
} from './resolvers/webhook.resolver.ts';
import { WebhookChangesResolver } from './resolvers/webhook-changes.resolver.ts';
import { WebhooksLinkResolver } from './resolvers/webhooks-link.resolver.ts';
import { DateTime } from './scalars.ts';

const ROOT_DESCRIPTIONS = {
  Query:
    'Reads. A field that cannot be answered is null with an error beside it; what the caller may not see is null without one.',
  Mutation: 'Writes. Problems that the caller can fix come as errors in the payload, all at once.',
  Subscription: 'Live updates, over the graphql-transport-ws protocol; the socket takes subscriptions only.',
};

/** type-graphql wants a PubSub as soon as there is a subscription; ours read the log themselves. */
const noPubSub = {
  publish(): never {
    throw new Error('subscriptions read the delivery log, nothing is published in memory');
  },
  subscribe(): never {
    throw new Error('a subscription has to name its own generator');
  },
};

let built: GraphQLSchema | undefined;

/** The schema, built at the first call; needs no database, since resolvers get their rooms from the context. */
export function apiSchema(): GraphQLSchema {
  return (built ??= build());
}

function build(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [
      NodeResolver,
      LoginResolver,
      TeamResolver,
      AccessTokenResolver,
      AuditResolver,
      CatalogResolver,
      WebhookResolver,
      WebhookMutationResolver,
      EndpointMailboxResolver,
      EndpointResolver,
      DraftResolver,
      DraftTriggerResolver,
      EventResolver,
      DeliveryResolver,
      AttemptResolver,
      DeliveryEventsResolver,
      ReplayResolver,
      WebhookChangesResolver,
      WebhooksLinkResolver,
      StatsResolver,
      WebhookStatsResolver,
      EndpointStatsResolver,
    ],
    // The rooms check inputs, not decorators, so that problems have paths.
    validate: false,
    // An introspection of the whole schema, 60 ms of each start: Apollo refuses an invalid schema before it listens.
    skipCheck: true,
    pubSub: noPubSub,
    scalarsMap: [{ type: Date, scalar: DateTime }],
  });
  for (const [name, description] of Object.entries(ROOT_DESCRIPTIONS))
    schema.getType(name)!.description = description;
  return schema;
}

/** The text of schema/schema.graphql. */
export function printedSchema(): string {
  return `${printSchema(lexicographicSortSchema(apiSchema()))}\n`;
}
