/** Inputs about events: publishing, testing, listing. */
import { ArgsType, Field, ID, InputType, Int } from 'type-graphql';

import { DateTime, Json } from '../scalars.ts';
import { DateTimeRangeInput, PageArgs } from './shared.input.ts';

/** One event to publish. */
@InputType('EventInput', {
  description: 'One event to publish. Give exactly one of payload and payloadText, each 1 MiB at most.',
})
export class EventInput {
  @Field(() => String, { description: "The resource's name in the catalog." })
  resource: string;

  @Field(() => String, { description: "The event's name in the catalog." })
  event: string;

  @Field(() => String, { description: "The host's own id of the entity that it happened to." })
  entityId: string;

  @Field(() => ID, {
    nullable: true,
    description: "Whose activity it was, by id; the caller's own when no login is given.",
  })
  loginId?: string | null;

  @Field(() => Int, { nullable: true, description: 'The same by number; not together with loginId.' })
  loginNumber?: number | null;

  @Field(() => Json, {
    nullable: true,
    description: 'The entity as JSON; stored and sent as JSON.stringify writes it.',
  })
  payload?: unknown;

  @Field(() => String, {
    nullable: true,
    description:
      'The entity as JSON text; stored and sent byte for byte, so that long numbers and key order stay.',
  })
  payloadText?: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When it happened; now when left out.' })
  occurredAt?: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      'A text that names this event for the caller: within 24 hours the same key is taken once, with another event it is refused (KEY_REUSED).',
  })
  idempotencyKey?: string | null;
}

/** A test event to send. */
@InputType('TestEventInput', {
  description: 'A test event: it is marked as one and fires no trigger.',
})
export class TestEventInput {
  @Field(() => ID, { description: 'The webhook to test.' })
  webhookId: string;

  @Field(() => ID, { nullable: true, description: 'One of its endpoints; all of them when left out.' })
  endpointId?: string | null;

  @Field(() => String, { description: "The resource's name in the catalog." })
  resource: string;

  @Field(() => String, { description: "The event's name in the catalog." })
  event: string;

  @Field(() => Json, {
    nullable: true,
    description: "What to send as the entity; the catalog's example when left out.",
  })
  payload?: unknown;
}

/** Which events a list shows. */
@InputType('EventFilterInput', {
  description: 'Which events to list: every given field must hold, in a list of values one of them.',
})
export class EventFilterInput {
  @Field(() => [String], { nullable: true, description: 'Names of resources.' })
  resource?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'Names of events.' })
  name?: string[] | null;

  @Field(() => String, { nullable: true, description: "The host's id of the entity." })
  entityId?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'A login: only its own activity, not that of the logins below.',
  })
  loginId?: string | null;

  @Field(() => DateTimeRangeInput, { nullable: true, description: 'When it happened.' })
  occurredAt?: DateTimeRangeInput | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether a delivery of it succeeded.' })
  delivered?: boolean | null;
}

/** The arguments of events. */
@ArgsType()
export class EventsArgs extends PageArgs {
  @Field(() => EventFilterInput, { nullable: true, description: 'Which events to list; all when left out.' })
  filter?: EventFilterInput | null;
}
