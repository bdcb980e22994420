/** Statistics: of all that the caller may see, of a webhook, of an endpoint, and followed. */
import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root, Subscription } from 'type-graphql';

import { mayReadWebhooks, statsReach } from '../../access/policy.ts';
import type { Watched } from '../../stats/watch.ts';
import type { StatsWindow as Window } from '../../stats/windows.ts';
import { edgeError } from '../answers.ts';
import type { Context } from '../context.ts';
import { type StatsFrame, type StatsSource, toStatsFrame, toStatsType } from '../stats-mapping.ts';
import { EndpointType } from '../types/endpoint.type.ts';
import { DeliveryStatsType, StatsWindow } from '../types/stats.type.ts';
import { WebhookType } from '../types/webhook.type.ts';

const WINDOW = 'The window, up to now.';
const WEBHOOK = 'Of one webhook; without it, of all webhooks that the caller may see, deleted ones included.';

function checkReader({ viewer }: Context): void {
  if (!mayReadWebhooks(viewer))
    throw edgeError('FORBIDDEN', 'This needs the permission WEBHOOKS_MANAGE, or membership of a team.');
}

/** The statistics of a webhook, or of one of its endpoints, that the caller holds. */
function ofPart(
  { loaders }: Context,
  webhookId: string,
  endpointId: string | null,
  window: Window,
): StatsSource {
  const key = { webhookId, endpointId, window };
  return {
    counts: () => loaders.stats.counts.load(key),
    pending: () => loaders.stats.pending.load(key),
    latencies: () => loaders.stats.latencies.load(key),
  };
}

/** The statistics of all that the caller may see. */
function ofAll({ rooms, viewer }: Context, window: Window): StatsSource {
  const reach = statsReach(viewer);
  return {
    counts: () => rooms.stats.countsWithin(reach, window),
    pending: () => rooms.stats.pendingWithin(reach),
    latencies: () => rooms.stats.latenciesWithin(reach, window),
  };
}

/** What one subscription shows by the caller's rights as they are now; undefined when the webhook is not to be seen (any more). */
async function watched(
  context: Context,
  webhookId: string | null,
  window: Window,
): Promise<Watched<StatsFrame> | undefined> {
  if (webhookId === null) {
    const { accountId, besides, key } = statsReach(context.viewer);
    const source = ofAll(context, window);
    return {
      key: `${window} ${key}`,
      scopeId: besides === null ? accountId : null,
      read: () => toStatsFrame(source),
    };
  }
  if ((await context.loaders.webhook.load(webhookId)) === null) return undefined;
  const { stats } = context.rooms;
  const part = { webhookId, endpointId: null };
  return {
    key: `${window} ${webhookId}`,
    scopeId: webhookId,
    // Not by loaders, which remember what they read.
    read: () =>
      toStatsFrame({
        counts: async () => (await stats.counts([part], window))[0]!,
        pending: async () => (await stats.pending([part]))[0]!,
        latencies: async () => (await stats.latencies([part], window))[0]!,
      }),
  };
}

/** The frames of one subscription; rights and loaders are renewed before each, and once a second. */
async function* follow(
  context: Context,
  { webhookId = null, window }: { webhookId?: string | null; window: Window },
): AsyncGenerator<StatsFrame> {
  checkReader(context);
  if ((await watched(context, webhookId, window)) === undefined)
    throw edgeError('NOT_FOUND', 'There is no such webhook that the caller may see.');
  const renew = async () => ((await context.renew()) ? await watched(context, webhookId, window) : undefined);
  yield* context.rooms.statsWatch.follow(renew, context.signal);
}

/** Statistics as roots. */
@Resolver()
export class StatsResolver {
  @Query(() => DeliveryStatsType, {
    nullable: true,
    description: 'Statistics of deliveries; null for a webhook that the caller may not see.',
  })
  async deliveryStats(
    @Ctx() context: Context,
    @Arg('webhookId', () => ID, { nullable: true, description: WEBHOOK })
    webhookId: string | null | undefined,
    @Arg('window', () => StatsWindow, { defaultValue: 'LAST_24_HOURS', description: WINDOW }) window: Window,
  ): Promise<DeliveryStatsType | null> {
    checkReader(context);
    if (webhookId == null) return await toStatsType(ofAll(context, window));
    const webhook = await context.loaders.webhook.load(webhookId);
    return webhook && (await toStatsType(ofPart(context, webhook.id, null, window)));
  }

  @Subscription(() => DeliveryStatsType, {
    name: 'deliveryStats',
    subscribe: ({ context, args }) =>
      follow(context as Context, args as { webhookId?: string | null; window: Window }),
    description:
      'The same, whole, at once and then whenever it has changed: at most once a second, at least once a minute. Ends when the webhook is deleted or no longer to be seen.',
  })
  deliveryStatsStream(
    @Root() frame: StatsFrame,
    @Arg('webhookId', () => ID, { nullable: true, description: WEBHOOK })
    _webhookId: string | null | undefined,
    @Arg('window', () => StatsWindow, { defaultValue: 'LAST_HOUR', description: WINDOW }) _window: Window,
  ): DeliveryStatsType {
    return frame;
  }
}

/** The statistics of a webhook. */
@Resolver(() => WebhookType)
export class WebhookStatsResolver {
  @FieldResolver(() => DeliveryStatsType, {
    description: 'How its deliveries went, those of removed endpoints included.',
  })
  stats(
    @Ctx() context: Context,
    @Root() { id }: WebhookType,
    @Arg('window', () => StatsWindow, { defaultValue: 'LAST_24_HOURS', description: WINDOW }) window: Window,
  ): Promise<DeliveryStatsType> {
    return toStatsType(ofPart(context, id, null, window));
  }
}

/** The statistics of an endpoint. */
@Resolver(() => EndpointType)
export class EndpointStatsResolver {
  @FieldResolver(() => DeliveryStatsType, { description: 'How the deliveries to it went.' })
  stats(
    @Ctx() context: Context,
    @Root() { id, webhookId }: EndpointType,
    @Arg('window', () => StatsWindow, { defaultValue: 'LAST_24_HOURS', description: WINDOW }) window: Window,
  ): Promise<DeliveryStatsType> {
    return toStatsType(ofPart(context, webhookId, id, window));
  }
}
