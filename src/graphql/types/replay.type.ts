/** Replays: many deliveries sent again. */
import { Field, ID, Int, ObjectType } from 'type-graphql';

import { DateTime, Json, SafeInt } from '../scalars.ts';
import { LoginType } from './access.type.ts';
import { defineEnum } from './enum.ts';
import { NodeType, type Resolved } from './node.type.ts';
import { MutationPayloadType, type UserErrorType } from './payload.type.ts';

/** The states of a replay. */
export const ReplayStatus = defineEnum('ReplayStatus', 'The state of a replay.', {
  RUNNING: 'Its deliveries go, at its rate.',
  PAUSED: 'No further delivery goes until it is resumed; those under way come to their end.',
  FINISHED: 'All of its deliveries have come to their end.',
  CANCELLED:
    'It was stopped: no further delivery goes. What it had queued and was not on the wire was cancelled; the rest still comes to its end.',
});

/** A replay, with the login that its resolver follows. */
@ObjectType('Replay', {
  implements: NodeType,
  simpleResolvers: true,
  description:
    'Many deliveries that are sent again, in the order of time. Which ones is decided once, when it starts.',
})
export class ReplayType {
  id: string;
  loginId: string;

  @Field(() => ReplayStatus, { description: 'Where it stands.' })
  status: keyof typeof ReplayStatus;

  @Field(() => SafeInt, { description: 'How many deliveries it sends in all.' })
  matched: number;

  @Field(() => SafeInt, {
    description: 'How many of them have come to their end: succeeded and failed ones.',
  })
  done: number;

  @Field(() => SafeInt, { description: 'How many have arrived.' })
  succeeded: number;

  @Field(() => SafeInt, {
    description:
      'How many have not: the attempt failed, or their webhook, endpoint or payload was gone when their turn came.',
  })
  failed: number;

  @Field(() => SafeInt, {
    description:
      'How many it has let go that have not come to their end: they wait for their turn, or are on the wire. Of a cancelled replay, too, they still count.',
  })
  pending: number;

  @Field(() => Int, { description: 'How many deliveries a second it lets go at most.' })
  ratePerSecond: number;

  @Field(() => DateTime, { description: 'When it was started.' })
  startedAt: Date;

  @Field(() => DateTime, { nullable: true, description: 'When it ended or was cancelled; null before.' })
  finishedAt: Date | null;

  @Field(() => LoginType, { description: 'Who started it.' })
  login?: Resolved<LoginType>;

  @Field(() => Json, { description: 'The filter that it was started with, as it was given.' })
  filter: Record<string, unknown>;

  @Field(() => ID, {
    nullable: true,
    description: 'The webhook whose missing deliveries it makes, too; null for none.',
  })
  missingFor: string | null;
}

/** The result of replayStart, replayPause, replayResume and replayCancel. */
@ObjectType('ReplayPayload', {
  implements: MutationPayloadType,
  simpleResolvers: true,
  description: 'Result of starting, pausing, resuming or cancelling a replay.',
})
export class ReplayPayloadType {
  errors: UserErrorType[];

  @Field(() => ReplayType, {
    nullable: true,
    description: 'The replay as it is now; null when there are errors.',
  })
  replay: ReplayType | null;
}
