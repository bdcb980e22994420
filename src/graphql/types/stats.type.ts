/** Statistics of deliveries, for charts. */
import { Field, Float, ObjectType } from 'type-graphql';

import { DateTime, SafeInt } from '../scalars.ts';
import { defineEnum } from './enum.ts';

/** The windows. */
export const StatsWindow = defineEnum(
  'StatsWindow',
  'A window of statistics, up to now: a number of points whose limits are the same for everybody (UTC). The last point is under way, so a window is up to one point shorter than its name.',
  {
    LAST_HOUR: '60 points of a minute.',
    LAST_24_HOURS: '96 points of 15 minutes.',
    LAST_7_DAYS: '84 points of two hours.',
    LAST_30_DAYS: '120 points of six hours.',
  },
);

/** A value, or what works it out when it is asked for. */
type Asked<T> = T | (() => Promise<T>);

/** One bar of the histogram. */
@ObjectType('LatencyBucket', {
  simpleResolvers: true,
  description: 'One bar of the histogram of how long requests took.',
})
export class LatencyBucketType {
  @Field(() => Float, {
    nullable: true,
    description:
      'The longest duration in this bar, in milliseconds (one that is up to 2 % longer may be in it, too); null for the last bar, which has no limit.',
  })
  upToMs: number | null;

  @Field(() => SafeInt, {
    description: 'How many attempts took that long, and longer than the limit of the bar before.',
  })
  count: number;
}

/** One point of the chart. */
@ObjectType('StatsPoint', {
  simpleResolvers: true,
  description: 'One point of the chart: what happened from its instant up to that of the next one.',
})
export class StatsPointType {
  @Field(() => DateTime, { description: 'When it begins.' })
  at: Date;

  @Field(() => SafeInt, { description: 'How often a delivery ended as delivered.' })
  succeeded: number;

  @Field(() => SafeInt, { description: 'How often a delivery ended as failed.' })
  failed: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'So long, in milliseconds and within 1 %, the 95 fastest of 100 attempts took at most; null without attempts.',
  })
  p95Ms: Asked<number | null>;
}

/** The statistics of a window. */
@ObjectType('DeliveryStats', {
  simpleResolvers: true,
  description:
    'What happened to deliveries in a window. Test deliveries count nowhere. What was sent a second or two ago may be missing. A delivery that is sent again by hand after its end ends once more, and counts each time. Percentiles are of how long attempts took, those that failed included, from the request to the end of the answer; they come from a sketch (DDSketch), within 1 % of the exact ones. Numbers of an account are those of the webhooks that it, and the accounts below it, had when it happened.',
})
export class DeliveryStatsType {
  @Field(() => SafeInt, { description: 'Deliveries that were made in the window.' })
  total: number;

  @Field(() => SafeInt, {
    description: 'How often a delivery ended as delivered in the window, whenever it was made.',
  })
  succeeded: number;

  @Field(() => SafeInt, {
    description:
      'How often a delivery ended as failed in the window: after its last attempt, or because it waited for too long. Cancelled deliveries are neither delivered nor failed.',
  })
  failed: number;

  @Field(() => SafeInt, {
    description: 'Deliveries that are open now, whenever they were made: waiting, or on the wire.',
  })
  pending: Asked<number>;

  @Field(() => Float, {
    nullable: true,
    description: 'succeeded / (succeeded + failed), from 0 to 1; null when no delivery ended.',
  })
  successRate: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Half of the attempts took at most so long, in milliseconds, within 1 %; null without attempts.',
  })
  p50Ms: Asked<number | null>;

  @Field(() => Float, {
    nullable: true,
    description:
      '95 of 100 attempts took at most so long, in milliseconds, within 1 %; null without attempts.',
  })
  p95Ms: Asked<number | null>;

  @Field(() => Float, {
    nullable: true,
    description:
      '99 of 100 attempts took at most so long, in milliseconds, within 1 %; null without attempts.',
  })
  p99Ms: Asked<number | null>;

  @Field(() => [LatencyBucketType], {
    description: 'The histogram, the fastest first: always the same bars, empty ones included.',
  })
  latency: Asked<LatencyBucketType[]>;

  @Field(() => [StatsPointType], {
    description: 'The points of the chart, the oldest first: none is left out.',
  })
  series: StatsPointType[];
}
