/** The live stream and its polling twin. */
import { Args, Ctx, FieldResolver, Query, Resolver, Root, Subscription } from 'type-graphql';

import { mayReadWebhooks, webhookVisible } from '../../access/policy.ts';
import { lineFilter } from '../../history/delivery-filter.ts';
import type { Batch, Rights } from '../../live/live.ts';
import { edgeError } from '../answers.ts';
import type { Context } from '../context.ts';
import { toAttemptType, toBatchType } from '../history-mapping.ts';
import { DeliveryEventsArgs, DeliveryEventsPollArgs } from '../inputs/delivery.input.ts';
import { AttemptType } from '../types/attempt.type.ts';
import { DeliveryType } from '../types/delivery.type.ts';
import { DeliveryEventBatchType, DeliveryEventType } from '../types/stream.type.ts';

const MAX_BATCH = 1_000;
const MAX_INTERVAL_MS = 60_000;

function checkRange(name: string, value: number, min: number, max: number): void {
  if (value < min || value > max)
    throw edgeError('BAD_USER_INPUT', `${name} must be from ${min} to ${max}, it is ${value}.`);
}

function checkReader(context: Context): void {
  if (!mayReadWebhooks(context.viewer))
    throw edgeError('FORBIDDEN', 'This needs the permission WEBHOOKS_MANAGE, or membership of a team.');
}

function rightsOf({ viewer }: Context): Rights {
  return { visible: webhookVisible(viewer), rightsLost: viewer.rightsLost };
}

/** The batches of one subscription; rights and loaders are renewed before each read. */
function follow(context: Context, args: DeliveryEventsArgs): AsyncGenerator<Batch> {
  checkReader(context);
  checkRange('maxBatch', args.maxBatch, 1, MAX_BATCH);
  checkRange('minIntervalMs', args.minIntervalMs, 0, MAX_INTERVAL_MS);
  const where = lineFilter(args.filter);
  const wish = { ...args, after: args.after ?? null, where, rights: rightsOf(context) };
  const renew = async () => ((await context.renew()) ? rightsOf(context) : undefined);
  return context.rooms.live.follow(wish, renew, context.signal);
}

/** The subscription, its polling twin, and the fields of a change. */
@Resolver(() => DeliveryEventType)
export class DeliveryEventsResolver {
  @Query(() => DeliveryEventBatchType, {
    nullable: true,
    description:
      'The twin of the subscription for those who poll: one batch after a cursor; without one, from the oldest change kept.',
  })
  async deliveryEvents(
    @Ctx() context: Context,
    @Args(() => DeliveryEventsPollArgs) args: DeliveryEventsPollArgs,
  ): Promise<DeliveryEventBatchType> {
    checkReader(context);
    checkRange('first', args.first, 1, MAX_BATCH);
    const wish = {
      after: args.after ?? null,
      mode: args.mode,
      maxBatch: args.first,
      where: lineFilter(args.filter),
      rights: rightsOf(context),
    };
    return toBatchType(await context.rooms.live.poll(wish));
  }

  @Subscription(() => DeliveryEventBatchType, {
    name: 'deliveryEvents',
    subscribe: ({ context, args }) => follow(context as Context, args as DeliveryEventsArgs),
    description:
      'Every transition of the deliveries that the caller may see, in batches, after a cursor (null: from now). Resumable on any node: keep the cursor of the last batch and give it as after.',
  })
  deliveryEventsStream(
    @Root() batch: Batch,
    @Args(() => DeliveryEventsArgs) _args: DeliveryEventsArgs,
  ): DeliveryEventBatchType {
    return toBatchType(batch);
  }

  @FieldResolver(() => DeliveryType, { description: 'The delivery as this change left it.' })
  delivery(@Root() event: DeliveryEventType): DeliveryType {
    return event.delivery;
  }

  @FieldResolver(() => AttemptType, {
    nullable: true,
    description: 'The attempt that caused the change; null where none did.',
  })
  async attempt(@Ctx() { loaders }: Context, @Root() event: DeliveryEventType): Promise<AttemptType | null> {
    if (event.attemptNumber === null) return null;
    const attempt = await loaders.history.attempt.load({
      deliveryId: event.delivery.id,
      number: event.attemptNumber,
    });
    return attempt && toAttemptType(attempt);
  }
}
