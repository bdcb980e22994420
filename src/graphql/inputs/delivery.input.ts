/** Inputs about deliveries and their stream. */
import { ArgsType, Field, ID, InputType, Int } from 'type-graphql';

import { StreamCursor } from '../scalars.ts';
import { DeliveryStatus } from '../types/delivery.type.ts';
import { StreamMode } from '../types/stream.type.ts';
import { DateTimeRangeInput, PageArgs } from './shared.input.ts';

/** Which deliveries a list or a stream shows. */
@InputType('DeliveryFilterInput', {
  description: 'Which deliveries to show: every given field must hold, in a list of values one of them.',
})
export class DeliveryFilterInput {
  @Field(() => ID, { nullable: true, description: 'Those of one webhook.' })
  webhookId?: string | null;

  @Field(() => Int, { nullable: true, description: 'Those of one webhook by its number, deleted or not.' })
  webhookNumber?: number | null;

  @Field(() => ID, { nullable: true, description: 'Those to one endpoint.' })
  endpointId?: string | null;

  @Field(() => [DeliveryStatus], { nullable: true, description: 'The states to show.' })
  status?: (keyof typeof DeliveryStatus)[] | null;

  @Field(() => [Int], { nullable: true, description: 'The HTTP status of the newest answer.' })
  statusCode?: number[] | null;

  @Field(() => ID, { nullable: true, description: 'Those of one event.' })
  eventId?: string | null;

  @Field(() => String, { nullable: true, description: "Those about one entity, by the host's id." })
  entityId?: string | null;

  @Field(() => String, { nullable: true, description: 'Those about one resource, by name.' })
  resource?: string | null;

  @Field(() => String, { nullable: true, description: 'Those of one kind of event, by name.' })
  event?: string | null;

  @Field(() => DateTimeRangeInput, { nullable: true, description: 'When the delivery was made.' })
  createdAt?: DateTimeRangeInput | null;

  @Field(() => String, {
    nullable: true,
    description: 'The id of a delivery, of its event or of its entity, or the number or name of its webhook.',
  })
  search?: string | null;

  @Field(() => ID, { nullable: true, description: 'Those whose turn in one replay has come.' })
  replayId?: string | null;
}

/** The arguments of deliveries. */
@ArgsType()
export class DeliveriesArgs extends PageArgs {
  @Field(() => DeliveryFilterInput, {
    nullable: true,
    description: 'Which deliveries to list; all when left out.',
  })
  filter?: DeliveryFilterInput | null;
}

/** The arguments of the polling twin. */
@ArgsType()
export class DeliveryEventsPollArgs {
  @Field(() => StreamCursor, {
    nullable: true,
    description: 'The cursor of the last batch or page; from the oldest kept change when left out.',
  })
  after?: string | null;

  @Field(() => Int, { defaultValue: 200, description: 'How many changes at most: from 1 to 1000.' })
  first: number;

  @Field(() => DeliveryFilterInput, {
    nullable: true,
    description: 'Which deliveries to follow; all when left out.',
  })
  filter?: DeliveryFilterInput | null;

  @Field(() => StreamMode, {
    defaultValue: StreamMode.EVERY_EVENT,
    description: 'Whether changes are folded.',
  })
  mode: keyof typeof StreamMode;
}

/** The arguments of the subscription. */
@ArgsType()
export class DeliveryEventsArgs {
  @Field(() => StreamCursor, {
    nullable: true,
    description: 'The cursor of the last batch or page; from now on when left out.',
  })
  after?: string | null;

  @Field(() => DeliveryFilterInput, {
    nullable: true,
    description: 'Which deliveries to follow; all when left out.',
  })
  filter?: DeliveryFilterInput | null;

  @Field(() => StreamMode, {
    defaultValue: StreamMode.LATEST_PER_DELIVERY,
    description: 'Whether changes are folded.',
  })
  mode: keyof typeof StreamMode;

  @Field(() => Int, {
    defaultValue: 200,
    description: 'How many changes a batch holds at most: from 1 to 1000.',
  })
  maxBatch: number;

  @Field(() => Int, {
    defaultValue: 100,
    description: 'The least time between two batches, in milliseconds: from 0 to 60000.',
  })
  minIntervalMs: number;
}
