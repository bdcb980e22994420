/** The live stream of deliveries, in batches. */
import { Field, Int, ObjectType } from 'type-graphql';

import { DateTime, StreamCursor } from '../scalars.ts';
import { AttemptType } from './attempt.type.ts';
import { DeliveryType } from './delivery.type.ts';
import { defineEnum } from './enum.ts';
import type { Resolved } from './node.type.ts';

/** What changed. */
export const DeliveryEventKind = defineEnum('DeliveryEventKind', 'What happened to a delivery.', {
  CREATED: 'It was made and waits for its first attempt.',
  RETRY_SCHEDULED: 'An attempt failed, or somebody asked for a retry, and another attempt is planned.',
  SUCCEEDED: 'The receiver took it.',
  FAILED: 'It failed for good.',
  CANCELLED: 'It was stopped.',
});

/** Why a cursor could not be resumed. */
export const StreamReset = defineEnum(
  'StreamReset',
  'Why the stream could not go on from a cursor: fetch the page anew, and go on from its streamCursor.',
  {
    CURSOR_EXPIRED:
      'Changes behind the cursor are no longer kept; the stream goes on from the oldest one that is.',
    CURSOR_UNKNOWN: 'The cursor is not from the present history of this server.',
    PERMISSION_CHANGED:
      'The cursor is from before the caller lost a permission, a team or its place in the tree.',
  },
);

/** Whether changes are folded. */
export const StreamMode = defineEnum('StreamMode', 'How many changes of one delivery a batch holds.', {
  EVERY_EVENT: 'Each change is there.',
  LATEST_PER_DELIVERY: 'Only the newest change of each delivery in a batch; folded counts the others.',
});

/** One change. */
@ObjectType('DeliveryEvent', {
  simpleResolvers: true,
  description:
    'One logged transition of a delivery. Of two copies of a delivery keep the one with the higher version.',
})
export class DeliveryEventType {
  @Field(() => StreamCursor, { description: 'The position of this change in the log.' })
  cursor: string;

  @Field(() => DeliveryEventKind, { description: 'What changed.' })
  kind: keyof typeof DeliveryEventKind;

  @Field(() => DateTime, { description: 'When it was logged.' })
  at: Date;

  @Field(() => DeliveryType, { description: 'The delivery as this change left it.' })
  delivery: Resolved<DeliveryType>;

  /** For the resolver of attempt: which attempt of the delivery caused the change, null where none did. */
  attemptNumber: number | null;

  @Field(() => AttemptType, {
    nullable: true,
    description: 'The attempt that caused the change; null where none did.',
  })
  attempt?: Resolved<AttemptType> | null;
}

/** A batch of changes. */
@ObjectType('DeliveryEventBatch', {
  simpleResolvers: true,
  description: 'A batch of the delivery log. An empty one is a heartbeat that moves the cursor.',
})
export class DeliveryEventBatchType {
  @Field(() => [DeliveryEventType], { description: 'The changes, oldest first.' })
  events: DeliveryEventType[];

  @Field(() => StreamCursor, { description: 'Where to go on after this batch.' })
  cursor: string;

  @Field(() => Boolean, { description: 'Whether the end of the log was reached.' })
  caughtUp: boolean;

  @Field(() => Int, { description: 'How many changes were folded away in this batch; 0 with EVERY_EVENT.' })
  folded: number;

  @Field(() => StreamReset, {
    nullable: true,
    description: 'Set when the given cursor cannot be resumed; null otherwise.',
  })
  reset: keyof typeof StreamReset | null;
}
