/** Deliveries and attempts: lists, one by one, and the retry and the end by hand. */
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';

import {
  managesAllWebhooks,
  may,
  mayReadWebhooks,
  missing,
  webhookManaged,
  webhookVisible,
} from '../../access/policy.ts';
import { VisibleWebhooks } from '../../access/visible-webhooks.ts';
import { readPage } from '../../db/page.ts';
import { readerOf, type SqlFragment } from '../../db/sql.ts';
import { DELIVERY_FAILURES } from '../../errors.ts';
import { contentOf } from '../../events/content.ts';
import { membersOf } from '../../events/find-events.ts';
import { cancelDelivery } from '../../history/cancel-delivery.ts';
import { retryDelivery } from '../../history/retry-delivery.ts';
import { cutUtf8 } from '../../sending/record.ts';
import { edgeError, valueOf } from '../answers.ts';
import type { Context } from '../context.ts';
import { toAttemptType, toDeliveryType } from '../history-mapping.ts';
import { DeliveriesArgs, type DeliveryFilterInput } from '../inputs/delivery.input.ts';
import { ForwardPageArgs, type PageArgs } from '../inputs/shared.input.ts';
import { toEndpointType, toWebhookType } from '../mapping.ts';
import { AttemptConnectionType, type AttemptFailureType, AttemptType } from '../types/attempt.type.ts';
import { DeliveryActionPayloadType, DeliveryConnectionType, DeliveryType } from '../types/delivery.type.ts';
import { EndpointType } from '../types/endpoint.type.ts';
import { EventType } from '../types/event.type.ts';
import { HttpMessageType } from '../types/http.type.ts';
import { connectionOf, toConnection } from '../types/page.type.ts';
import { WebhookType } from '../types/webhook.type.ts';

/** How much of a request's body is shown, bytes; the whole of it is the event's payload in the format of its delivery. */
const SHOWN_BODY_BYTES = 16_384;
/** No count goes further than this. */
const MAX_COUNT = 100_000;

/** A page of the deliveries that the caller may see, with its cursor for the stream. */
export async function deliveryPage(
  context: Context,
  args: PageArgs,
  filter: DeliveryFilterInput | null | undefined,
): Promise<DeliveryConnectionType> {
  const { rooms, viewer } = context;
  const request = valueOf(readPage(args));
  const all = managesAllWebhooks(viewer);
  const webhooks = new VisibleWebhooks(readerOf(rooms.db.reads), viewer);
  const scope = {
    visible: all ? null : webhookVisible(viewer),
    judge: () => webhooks.judgement(),
    filter,
    webhooksOf: (conditions: SqlFragment[] | null, most: number) =>
      conditions ? webhooks.some(conditions, most) : webhooks.allBeforeJudgement(most),
    accountsOf: (most: number) => webhooks.accounts(most),
    loginsOf: async (most: number) => {
      const owners = await webhooks.owners();
      return owners && membersOf(rooms.db.reads, owners, most);
    },
  };
  // Before the page, never after: whatever comes between the two is seen twice rather than never.
  const streamCursor = await rooms.live.cursor(viewer.rightsLost);
  const page = await connectionOf(request, () => rooms.history.deliveries(scope, request), toDeliveryType);
  return Object.assign(new DeliveryConnectionType(), {
    ...page,
    streamCursor,
    countUpTo: (limit: number) => rooms.history.countDeliveries(scope, boundedLimit(limit)),
  });
}

/** The limit of a count, checked. */
export function boundedLimit(limit: number): number {
  if (limit >= 1 && limit <= MAX_COUNT) return limit;
  throw edgeError('BAD_USER_INPUT', `limit must be from 1 to ${MAX_COUNT}, it is ${limit}.`);
}

/** Fields of deliveries, and the operations on them. */
@Resolver(() => DeliveryType)
export class DeliveryResolver {
  @Query(() => DeliveryType, {
    nullable: true,
    description: 'One delivery; null when there is none that the caller may see.',
  })
  async delivery(
    @Ctx() context: Context,
    @Arg('id', () => ID, { description: "The delivery's id (dlv_…)." }) id: string,
  ): Promise<DeliveryType | null> {
    return await context.rooms.history.delivery(webhookVisible(context.viewer), id);
  }

  @Query(() => DeliveryConnectionType, { nullable: true, description: 'Deliveries, newest first.' })
  async deliveries(
    @Ctx() context: Context,
    @Args(() => DeliveriesArgs) args: DeliveriesArgs,
  ): Promise<DeliveryConnectionType> {
    if (!mayReadWebhooks(context.viewer))
      throw edgeError('FORBIDDEN', 'This needs the permission WEBHOOKS_MANAGE, or membership of a team.');
    return await deliveryPage(context, args, args.filter);
  }

  @Mutation(() => DeliveryActionPayloadType, {
    nullable: true,
    description:
      'Sends one delivery again, now: a waiting one at once, a closed one as a single attempt without a schedule, under its id.',
  })
  async deliveryRetry(
    @Ctx() { rooms, viewer }: Context,
    @Arg('id', () => ID, { description: "The delivery's id (dlv_…)." }) id: string,
    @Arg('idempotencyKey', () => String, {
      nullable: true,
      description:
        'A text that names this call for the caller: within 24 hours the same key sends once, and another input is refused (KEY_REUSED).',
    })
    idempotencyKey?: string | null,
  ): Promise<DeliveryActionPayloadType> {
    if (!may(viewer, 'WEBHOOKS_MANAGE')) return { errors: [missing('WEBHOOKS_MANAGE')], delivery: null };
    const caller = { loginId: viewer.loginId, managed: webhookManaged(viewer) };
    const result = await retryDelivery(rooms.db.publishing, caller, id, idempotencyKey ?? null, rooms.keep);
    if (!result.ok) return { errors: result.problems, delivery: null };
    return { errors: [], delivery: await rooms.history.delivery(webhookVisible(viewer), id) };
  }

  @Mutation(() => DeliveryActionPayloadType, {
    nullable: true,
    description:
      'Stops further attempts: a waiting delivery ends at once; of one that is on the wire the result counts, and nothing is sent after it. Cancelling twice is no error.',
  })
  async deliveryCancel(
    @Ctx() { rooms, viewer }: Context,
    @Arg('id', () => ID, { description: "The delivery's id (dlv_…)." }) id: string,
  ): Promise<DeliveryActionPayloadType> {
    if (!may(viewer, 'WEBHOOKS_MANAGE')) return { errors: [missing('WEBHOOKS_MANAGE')], delivery: null };
    const result = await cancelDelivery(rooms.db.publishing, webhookManaged(viewer), id);
    if (!result.ok) return { errors: result.problems, delivery: null };
    return { errors: [], delivery: await rooms.history.delivery(webhookVisible(viewer), id) };
  }

  @FieldResolver(() => EventType, { description: 'What is delivered.' })
  async event(@Ctx() { loaders }: Context, @Root() delivery: DeliveryType): Promise<EventType> {
    const event = await loaders.history.event.load(delivery.eventId);
    if (!event) throw new Error(`the event of ${delivery.id} is gone`);
    return event;
  }

  @FieldResolver(() => WebhookType, {
    nullable: true,
    description: 'The webhook that sent it; null once deleted.',
  })
  async webhook(@Ctx() { loaders }: Context, @Root() delivery: DeliveryType): Promise<WebhookType | null> {
    const webhook = await loaders.webhook.load(delivery.webhookId);
    return webhook && toWebhookType(webhook);
  }

  @FieldResolver()
  async webhookNumber(@Ctx() { loaders }: Context, @Root() delivery: DeliveryType): Promise<number> {
    return (await loaders.history.webhookNumber.load(delivery.webhookId))!;
  }

  @FieldResolver(() => EndpointType, {
    nullable: true,
    description: 'The endpoint it goes to; null once removed.',
  })
  async endpoint(@Ctx() { loaders }: Context, @Root() delivery: DeliveryType): Promise<EndpointType | null> {
    const endpoint = await loaders.endpoint.load(delivery.endpointId);
    return endpoint && toEndpointType(endpoint);
  }

  @FieldResolver(() => AttemptConnectionType, {
    description: 'Its requests and what came back, first attempt first.',
  })
  async attempts(
    @Ctx() { rooms }: Context,
    @Root() delivery: DeliveryType,
    @Args(() => ForwardPageArgs) args: ForwardPageArgs,
  ): Promise<AttemptConnectionType> {
    const page = await rooms.history.attempts(delivery.id, valueOf(readPage(args)));
    return Object.assign(new AttemptConnectionType(), {
      ...toConnection(page, toAttemptType),
      totalCount: page.totalCount,
    });
  }

  @FieldResolver(() => AttemptType, {
    nullable: true,
    description:
      'The newest finished attempt; null before the first, and when the attempts are no longer kept.',
  })
  async latestAttempt(
    @Ctx() { loaders }: Context,
    @Root() delivery: DeliveryType,
  ): Promise<AttemptType | null> {
    const attempt = await loaders.history.latestAttempt.load(delivery.id);
    return attempt && toAttemptType(attempt);
  }

  @FieldResolver()
  failure(@Root() { failureCode }: DeliveryType): AttemptFailureType | null {
    return failureCode && { code: failureCode, message: DELIVERY_FAILURES[failureCode] ?? failureCode };
  }
}

/** What an attempt shows beyond its row. */
@Resolver(() => AttemptType)
export class AttemptResolver {
  @FieldResolver(() => HttpMessageType, { description: 'What was sent.' })
  async request(
    @Ctx() { loaders }: Context,
    @Root() attempt: AttemptType & { deliveryId: string },
  ): Promise<HttpMessageType> {
    const delivery = await loaders.history.delivery.load(attempt.deliveryId);
    const event = delivery && (await loaders.history.event.load(delivery.eventId));
    const payload = event && (await loaders.history.payload.load(event.id));
    const webhookNumber = delivery && (await loaders.history.webhookNumber.load(delivery.webhookId));
    if (!event || payload == null || webhookNumber == null || attempt.request.bodyBytes === 0)
      return attempt.request;
    const { body } = contentOf(delivery.format, {
      ...event,
      eventId: event.id,
      event: event.name,
      webhookNumber,
      test: event.test,
      payload,
    });
    const shown = cutUtf8(body, SHOWN_BODY_BYTES);
    return {
      ...attempt.request,
      body: shown,
      bodyTruncated: shown.length < body.length,
    };
  }
}
