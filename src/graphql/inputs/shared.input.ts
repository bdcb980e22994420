/** Arguments and inputs that several lists share. */
import { ArgsType, Field, InputType, Int } from 'type-graphql';

import { DateTime } from '../scalars.ts';

/** The description of every idempotencyKey argument. */
export const IDEMPOTENCY_KEY =
  'A text that names this call for the calling login, 200 characters at most: within 24 hours the same key with the same input answers the first result again and does nothing, with another input it is refused (KEY_REUSED).';

/** A half-open span of time. */
@InputType('DateTimeRangeInput', { description: 'A span of time: from is inside it, to is not.' })
export class DateTimeRangeInput {
  @Field(() => DateTime, {
    nullable: true,
    description: 'The first instant inside; without it there is no beginning.',
  })
  from?: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'The first instant after; without it there is no end.',
  })
  to?: Date | null;
}

/** Paging forward. */
@ArgsType()
export class ForwardPageArgs {
  @Field(() => Int, { nullable: true, description: 'How many items: from 0 to 100, 50 when left out.' })
  first?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'The cursor behind which the page begins; from the start when left out.',
  })
  after?: string | null;
}

/** Paging forward through what a search finds. */
@ArgsType()
export class SearchArgs extends ForwardPageArgs {
  @Field(() => String, {
    nullable: true,
    description:
      'A text that must occur, or the number itself; everything when left out. On a database without pg_trgm a text must begin with it.',
  })
  search?: string | null;
}

/** Paging in both directions. */
@ArgsType()
export class PageArgs extends ForwardPageArgs {
  @Field(() => Int, {
    nullable: true,
    description: 'How many items from the end: from 0 to 100, instead of first.',
  })
  last?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'The cursor before which the page ends, together with last.',
  })
  before?: string | null;
}
