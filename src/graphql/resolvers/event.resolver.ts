/** Events: publishing, testing, and reading what happened. */
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';

import { eventVisible, may, missing, portfolioOf, webhookVisible } from '../../access/policy.ts';
import { readPage } from '../../db/page.ts';
import { sendTestEvent } from '../../events/test-event.ts';
import type { EventRow } from '../../history/rows.ts';
import { edgeError, valueOf } from '../answers.ts';
import type { Context } from '../context.ts';
import { toEventType } from '../history-mapping.ts';
import { EventInput, EventsArgs, TestEventInput } from '../inputs/event.input.ts';
import { ForwardPageArgs } from '../inputs/shared.input.ts';
import { toLoginType } from '../mapping.ts';
import { Json } from '../scalars.ts';
import { LoginType } from '../types/access.type.ts';
import { DeliveryConnectionType } from '../types/delivery.type.ts';
import {
  EventConnectionType,
  EventsPublishPayloadType,
  EventType,
  TestEventSendPayloadType,
} from '../types/event.type.ts';
import { connectionOf } from '../types/page.type.ts';
import { boundedLimit, deliveryPage } from './delivery.resolver.ts';

/** Fields of events, and the operations on them. */
@Resolver(() => EventType)
export class EventResolver {
  @Query(() => EventType, {
    nullable: true,
    description: 'One event; null when there is none that the caller may see.',
  })
  async event(
    @Ctx() { rooms, viewer }: Context,
    @Arg('id', () => ID, { description: "The event's id (evt_…)." }) id: string,
  ): Promise<EventType | null> {
    return await rooms.history.event(eventVisible(viewer), id);
  }

  @Query(() => EventConnectionType, {
    nullable: true,
    description: 'Events, newest first; test events are not among them.',
  })
  async events(
    @Ctx() { rooms, viewer }: Context,
    @Args(() => EventsArgs) args: EventsArgs,
  ): Promise<EventConnectionType> {
    if (!may(viewer, 'WEBHOOKS_MANAGE') && !may(viewer, 'EVENTS_PUBLISH'))
      throw edgeError('FORBIDDEN', 'This needs the permission WEBHOOKS_MANAGE or EVENTS_PUBLISH.');
    const scope = { visible: eventVisible(viewer), filter: args.filter, within: portfolioOf(viewer) };
    const request = valueOf(readPage(args));
    const page = await connectionOf(request, () => rooms.history.events(scope, request), toEventType);
    return Object.assign(new EventConnectionType(), {
      ...page,
      countUpTo: (limit: number) => rooms.history.countEvents(scope, boundedLimit(limit)),
    });
  }

  @Mutation(() => EventsPublishPayloadType, {
    nullable: true,
    description:
      'Publishes 1 to 1,000 events in one transaction, all or nothing: after the answer, every matching delivery is durable.',
  })
  async eventsPublish(
    @Ctx() { rooms, viewer, loaders }: Context,
    @Arg('input', () => [EventInput], { description: 'The events, in the order in which they happened.' })
    input: EventInput[],
  ): Promise<EventsPublishPayloadType> {
    const result = await rooms.events.publish(viewer, input);
    if (!result.ok) return { errors: result.problems, events: [] };
    // Read only where the caller selects it; most publishers want no more than the counts.
    const read = (id: string) => (): Promise<EventRow | null> => loaders.history.event.load(id);
    return {
      errors: [],
      events: result.value.map((published) => ({
        ...published,
        event: read(published.eventId) as unknown as EventType,
      })),
    };
  }

  @Mutation(() => TestEventSendPayloadType, {
    nullable: true,
    description: 'Sends a test event to one endpoint, or to all of a webhook, whether or not it is enabled.',
  })
  async testEventSend(
    @Ctx() { rooms, viewer }: Context,
    @Arg('input', () => TestEventInput, { description: 'What to send where.' }) input: TestEventInput,
    @Arg('idempotencyKey', () => String, {
      nullable: true,
      description:
        'A text that names this call for the caller: within 24 hours the same key sends once and gives the same deliveries, and another input is refused (KEY_REUSED).',
    })
    idempotencyKey?: string | null,
  ): Promise<TestEventSendPayloadType> {
    if (!may(viewer, 'WEBHOOKS_MANAGE')) return { errors: [missing('WEBHOOKS_MANAGE')], deliveries: [] };
    const sending = { ...rooms, pool: rooms.db.publishing };
    const result = await sendTestEvent(sending, viewer, input, idempotencyKey ?? null);
    if (!result.ok) return { errors: result.problems, deliveries: [] };
    const deliveries = await rooms.history.deliveriesByIds(webhookVisible(viewer), result.value);
    return { errors: [], deliveries: deliveries.filter((delivery) => delivery !== null) };
  }

  @FieldResolver(() => LoginType, {
    nullable: true,
    description: 'Whose activity it was; null where the caller may not see that login.',
  })
  async login(@Ctx() { loaders }: Context, @Root() event: EventType): Promise<LoginType | null> {
    const login = await loaders.visibleLogin.load(event.loginId);
    return login && toLoginType(login);
  }

  @FieldResolver(() => Json, {
    nullable: true,
    description: 'The entity as it was published; null once its retention has passed.',
  })
  async payload(@Ctx() { loaders }: Context, @Root() event: EventType): Promise<unknown> {
    const text = await loaders.history.payload.load(event.id);
    return text === null ? null : (JSON.parse(text) as unknown);
  }

  @FieldResolver(() => DeliveryConnectionType, {
    description: 'Where it went and goes, newest first, as far as the caller may see.',
  })
  async deliveries(
    @Ctx() context: Context,
    @Root() event: EventType,
    @Args(() => ForwardPageArgs) args: ForwardPageArgs,
  ): Promise<DeliveryConnectionType> {
    return await deliveryPage(context, args, { eventId: event.id });
  }
}
