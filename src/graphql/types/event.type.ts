/** What happened: events, and the answer to publishing them. */
import { Arg, Field, Int, ObjectType } from 'type-graphql';

import { DateTime, Json } from '../scalars.ts';
import { LoginType } from './access.type.ts';
import { DeliveryConnectionType, DeliveryType } from './delivery.type.ts';
import { NodeType, type Resolved } from './node.type.ts';
import { connectionTypes, CountType } from './page.type.ts';
import { MutationPayloadType, type UserErrorType } from './payload.type.ts';

/** An event, with the id of the login that its resolver follows. */
@ObjectType('Event', {
  implements: NodeType,
  simpleResolvers: true,
  description: 'One occurrence in the host application.',
})
export class EventType {
  id: string;
  loginId: string;

  @Field(() => String, { description: "The resource's name in the catalog." })
  resource: string;

  @Field(() => String, { description: "The event's name in the catalog." })
  name: string;

  @Field(() => String, { description: "The host's own id of the entity that it happened to." })
  entityId: string;

  @Field(() => LoginType, {
    nullable: true,
    description: 'Whose activity it was; null where the caller may not see that login.',
  })
  login?: Resolved<LoginType> | null;

  @Field(() => Json, {
    nullable: true,
    description: 'The entity as it was published; null once its retention has passed.',
  })
  payload?: unknown;

  @Field(() => DateTime, { description: 'When it happened, as the publisher says.' })
  occurredAt: Date;

  @Field(() => DateTime, { description: 'When this server took it.' })
  publishedAt: Date;

  @Field(() => DeliveryConnectionType, {
    description: 'Where it went and goes, newest first, as far as the caller may see.',
  })
  deliveries?: Resolved<DeliveryConnectionType>;
}

const eventPages = connectionTypes('Event', 'An event', 'events', () => EventType);

/** A page of events; countUpTo runs only when the count is asked for. */
@ObjectType('EventConnection', { simpleResolvers: true, description: 'A page of events.' })
export class EventConnectionType extends eventPages.ConnectionFields {
  countUpTo: (limit: number) => Promise<CountType>;

  /** Field count(limit). */
  @Field(() => CountType, { description: 'How many events match the filter, counted no further than limit.' })
  count(
    @Arg('limit', () => Int, { defaultValue: 10000, description: 'Where counting stops; 100000 at most.' })
    limit: number,
  ): Promise<CountType> {
    return this.countUpTo(limit);
  }
}

/** One event of a publish. */
@ObjectType('PublishedEvent', {
  simpleResolvers: true,
  description: 'What became of one event of eventsPublish.',
})
export class PublishedEventType {
  @Field(() => EventType, { description: 'The event; on a duplicate the one that was stored before.' })
  event: Resolved<EventType>;

  @Field(() => Boolean, {
    description: 'Whether its idempotencyKey had been taken before, so that nothing was stored now.',
  })
  duplicate: boolean;

  @Field(() => Int, {
    description: 'How many deliveries it caused; for a duplicate those of its first publish.',
  })
  deliveryCount: number;
}

/** The result of eventsPublish. */
@ObjectType('EventsPublishPayload', {
  implements: MutationPayloadType,
  simpleResolvers: true,
  description: 'Result of eventsPublish: all events were stored, or none.',
})
export class EventsPublishPayloadType {
  errors: UserErrorType[];

  @Field(() => [PublishedEventType], {
    description: 'In the order of the input; empty when there are errors.',
  })
  events: PublishedEventType[];
}

/** The result of testEventSend. */
@ObjectType('TestEventSendPayload', {
  implements: MutationPayloadType,
  simpleResolvers: true,
  description: 'Result of testEventSend.',
})
export class TestEventSendPayloadType {
  errors: UserErrorType[];

  @Field(() => [DeliveryType], {
    description: 'One delivery for each endpoint; empty when there are errors.',
  })
  deliveries: Resolved<DeliveryType[]>;
}
