/** Attempts: one request and what came back. */
import { Field, Float, Int, ObjectType } from 'type-graphql';

import type { AttemptOutcome as Outcome } from '../../errors.ts';
import { DateTime } from '../scalars.ts';
import { defineEnum } from './enum.ts';
import { HttpMessageType } from './http.type.ts';
import { NodeType } from './node.type.ts';
import { connectionTypes } from './page.type.ts';

/** Why an attempt ran. */
export const AttemptOrigin = defineEnum('AttemptOrigin', 'Why an attempt ran.', {
  FIRST: 'It is the first of its delivery.',
  AUTOMATIC_RETRY: 'The one before it failed, and the retry schedule planned this one.',
  MANUAL_RETRY: 'Somebody asked for it with deliveryRetry.',
});

/** How an attempt ended. */
export const AttemptOutcome = defineEnum('AttemptOutcome', 'How an attempt ended.', {
  SUCCEEDED: 'The receiver answered with a 2xx status.',
  REJECTED: 'The receiver answered with another status, a redirect included.',
  TIMED_OUT: 'The receiver did not answer within the time limit of the endpoint.',
  UNREACHABLE: 'No valid answer: name, connection, TLS or HTTP failed.',
  BLOCKED: 'It was not sent: the address is not allowed, or a secret could not be read.',
  LOST: 'The sender died in it; the receiver may have got it.',
} satisfies Record<Outcome, string>);

/** Why an attempt failed. */
@ObjectType('AttemptFailure', {
  simpleResolvers: true,
  description: 'Why an attempt failed. Names no address that DNS answered.',
})
export class AttemptFailureType {
  @Field(() => String, {
    description: 'The cause for programs, such as TIMEOUT or TLS_EXPIRED; the list grows.',
  })
  code: string;

  @Field(() => String, { description: 'The cause for people.' })
  message: string;
}

/** One bar of the waterfall. */
@ObjectType('TimingPhase', { simpleResolvers: true, description: 'One bar of the waterfall of a request.' })
export class TimingPhaseType {
  @Field(() => String, { description: 'queue, token, dns, connect, tls, request, firstByte or download.' })
  name: string;

  @Field(() => Float, { description: 'When it began, in milliseconds after the start of the attempt.' })
  startMs: number;

  @Field(() => Float, { description: 'How long it took, in milliseconds.' })
  durationMs: number;
}

/** An attempt. */
@ObjectType('Attempt', {
  implements: NodeType,
  simpleResolvers: true,
  description: 'One request of a delivery, and what came back.',
})
export class AttemptType {
  id: string;

  @Field(() => Int, {
    description: 'Its place among the attempts of its delivery, from 1; the header webhook-attempt.',
  })
  number: number;

  @Field(() => AttemptOrigin, { description: 'Why it ran.' })
  origin: keyof typeof AttemptOrigin;

  @Field(() => AttemptOutcome, { description: 'How it ended.' })
  outcome: Outcome;

  @Field(() => DateTime, { description: 'When it began.' })
  startedAt: Date;

  @Field(() => Int, {
    nullable: true,
    description: 'How long it took in all, in milliseconds; null where that is not known or not shown.',
  })
  durationMs: number | null;

  @Field(() => [TimingPhaseType], { description: 'Where the time went; empty when nothing was sent.' })
  phases: TimingPhaseType[];

  @Field(() => HttpMessageType, { description: 'What was sent.' })
  request: HttpMessageType;

  @Field(() => HttpMessageType, { nullable: true, description: 'What came back; null when nothing did.' })
  response: HttpMessageType | null;

  @Field(() => AttemptFailureType, { nullable: true, description: 'Why it failed; null when it succeeded.' })
  failure: AttemptFailureType | null;
}

const attemptPages = connectionTypes('Attempt', 'An attempt', 'attempts', () => AttemptType);

/** A page of attempts; totalCount runs only when asked for. */
@ObjectType('AttemptConnection', { simpleResolvers: true, description: 'A page of attempts.' })
export class AttemptConnectionType extends attemptPages.ConnectionFields {
  @Field(() => Int, { description: 'How many attempts of this delivery are on record.' })
  totalCount: number | (() => Promise<number>);
}
