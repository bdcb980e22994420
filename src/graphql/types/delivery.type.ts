/** Deliveries: one event on its way to one endpoint. */
import { Arg, Field, Int, ObjectType } from 'type-graphql';

import type { DeliveryFailureCode } from '../../errors.ts';
import { DateTime, StreamCursor } from '../scalars.ts';
import { AttemptConnectionType, AttemptFailureType, AttemptType } from './attempt.type.ts';
import { EndpointType } from './endpoint.type.ts';
import { defineEnum } from './enum.ts';
import { NodeType, type Resolved } from './node.type.ts';
import { connectionTypes, CountType } from './page.type.ts';
import { MutationPayloadType, type UserErrorType } from './payload.type.ts';

/** The states of a delivery. */
export const DeliveryStatus = defineEnum('DeliveryStatus', 'The state of a delivery.', {
  PENDING: 'It waits for its first attempt.',
  IN_FLIGHT: 'A request is on the wire, or about to be.',
  RETRY_SCHEDULED: 'It waits for another attempt; nextAttemptAt says until when.',
  SUCCEEDED: 'The receiver answered with a 2xx status.',
  FAILED: 'The last attempt failed, and no further one is planned.',
  CANCELLED:
    'It was stopped before it could succeed: by somebody, or because its webhook or endpoint was disabled, changed or deleted.',
});

/** Why a delivery exists. */
export const DeliveryOrigin = defineEnum('DeliveryOrigin', 'Why a delivery exists.', {
  EVENT: 'A trigger fired for a published event.',
  REPLAY: 'A replay made it for an event that had no delivery to the webhook.',
  TEST: 'Somebody sent a test event.',
});

/** A delivery, with the ids that its resolvers follow; its event and webhook are declared there, since those types name this one. */
@ObjectType('Delivery', {
  implements: NodeType,
  simpleResolvers: true,
  description: 'One event on its way to one endpoint. Its id is the webhook-id header of every attempt.',
})
export class DeliveryType {
  id: string;
  eventId: string;
  webhookId: string;
  endpointId: string;
  failureCode: DeliveryFailureCode | null;

  @Field(() => DeliveryStatus, { description: 'Where it stands.' })
  status: keyof typeof DeliveryStatus;

  @Field(() => Int, {
    description:
      'Raised by 1 with every logged transition: of two copies, the one with the higher version is newer.',
  })
  version: number;

  @Field(() => DeliveryOrigin, { description: 'Why it exists.' })
  origin: keyof typeof DeliveryOrigin;

  @Field(() => Int, {
    description:
      'The number of the webhook that sent it, its ID in the table; it stays when the webhook is deleted.',
  })
  webhookNumber?: Resolved<number>;

  @Field(() => EndpointType, { nullable: true, description: 'The endpoint it goes to; null once removed.' })
  endpoint?: Resolved<EndpointType> | null;

  @Field(() => AttemptConnectionType, {
    description: 'Its requests and what came back, first attempt first.',
  })
  attempts?: Resolved<AttemptConnectionType>;

  @Field(() => Int, { description: 'How many attempts were started, a running one included.' })
  attemptCount: number;

  @Field(() => AttemptType, {
    nullable: true,
    description:
      'The newest finished attempt; null before the first, and when the attempts are no longer kept.',
  })
  latestAttempt?: Resolved<AttemptType> | null;

  @Field(() => AttemptFailureType, {
    nullable: true,
    description:
      'Why it failed, when no attempt of it says so: EXPIRED, it still waited when its payload was about to be forgotten.',
  })
  failure?: AttemptFailureType | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the next attempt is due; null when none is planned.',
  })
  nextAttemptAt: Date | null;

  @Field(() => DateTime, { description: 'When it was made, with its event.' })
  createdAt: Date;

  @Field(() => DateTime, { nullable: true, description: 'When it reached its end; null while it is open.' })
  completedAt: Date | null;
}

const deliveryPages = connectionTypes('Delivery', 'A delivery', 'deliveries', () => DeliveryType);

/** A page of deliveries; countUpTo runs only when the count is asked for. */
@ObjectType('DeliveryConnection', {
  simpleResolvers: true,
  description:
    'A page of deliveries. Subscribe from its streamCursor to miss nothing that came after it was read.',
})
export class DeliveryConnectionType extends deliveryPages.ConnectionFields {
  countUpTo: (limit: number) => Promise<CountType>;

  /** Field count(limit). */
  @Field(() => CountType, {
    description: 'How many deliveries match the filter, counted no further than limit.',
  })
  count(
    @Arg('limit', () => Int, { defaultValue: 10000, description: 'Where counting stops; 100000 at most.' })
    limit: number,
  ): Promise<CountType> {
    return this.countUpTo(limit);
  }

  @Field(() => StreamCursor, {
    description:
      'The position of the delivery log as this page was read: give it as after to deliveryEvents.',
  })
  streamCursor: string | (() => Promise<string>);
}

/** The result of deliveryRetry and deliveryCancel. */
@ObjectType('DeliveryActionPayload', {
  implements: MutationPayloadType,
  simpleResolvers: true,
  description: 'Result of an action on one delivery.',
})
export class DeliveryActionPayloadType {
  errors: UserErrorType[];

  @Field(() => DeliveryType, {
    nullable: true,
    description: 'The delivery as it is now; null when there are errors.',
  })
  delivery: DeliveryType | null;
}
