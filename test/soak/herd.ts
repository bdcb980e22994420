/** REL-07: an endpoint is down (an hour, scaled to a minute) while 10,000 deliveries come due; when it is up again it is not run over. */
import { setTimeout as sleep } from 'node:timers/promises';

import { createWebhook } from '../support/scenario.ts';
import { drain } from './fleet.ts';
import { onGround } from './ground.ts';
import { mostWithin, rounded } from './numbers.ts';
import { Publisher, registerOrders, RESOURCE } from './publisher.ts';
import { answers, Receivers } from './receivers.ts';
import type { Scenario } from './scenario.ts';

const EVENTS = 10_000;
const EVENTS_PER_SECOND = 400;
const DOWN_MS = 60_000;
/** Requests at once that the endpoint asks for. */
const MAX_CONCURRENCY = 8;
const ANSWER_MS = 20;
const DRAIN_MS = 240_000;
/** An hour's schedule in a minute: waits of up to 10 s, enough of them that none is dead before the endpoint is up. */
const RETRY_SCHEDULE = [0, 1, 2, 5, ...Array<number>(16).fill(10)];

/** The scenario. */
export const herdSoak: Scenario = ({ scale, seed, say }) =>
  onGround(async (ground) => {
    const settings = { BELLWIRE_PROBE_INTERVAL: '1s' };
    const nodes = [
      await ground.node({ name: 'first', role: 'all', settings }),
      await ground.node({ name: 'second', role: 'worker', settings }),
    ];
    const { api } = nodes[0]!;
    const receivers = await Receivers.start();
    ground.atEnd(() => receivers.down());
    await registerOrders(api);
    const target = receivers.endpoint('herd', answers(204, ANSWER_MS));
    await createWebhook(api, target, {
      triggers: [{ resource: RESOURCE, event: 'create' }],
      advanced: { retrySchedule: RETRY_SCHEDULE, maxConcurrency: MAX_CONCURRENCY },
    });
    await receivers.down();
    const downAt = performance.now();
    const events = Math.round(EVENTS * scale);
    const publisher = new Publisher({
      api: () => api,
      perSecond: EVENTS_PER_SECOND,
      batch: 50,
      seed,
      topics: ['create'],
    });
    publisher.start();
    while (publisher.published.size < events && publisher.faults.length === 0) await sleep(50);
    await publisher.stop();
    const downMs = Math.max(10_000, DOWN_MS * scale);
    await sleep(Math.max(0, downMs - (performance.now() - downAt)));
    const due = publisher.published.size;
    say(`${due} deliveries wait; the endpoint is up …`);

    await receivers.up();
    const upAt = performance.now();
    await drain(ground, DRAIN_MS);
    const drainedMs = performance.now() - upAt;
    const [states] = await ground.rows<{ succeeded: number; open: number }>(
      `select (select count(*)::int from deliveries where status = 'SUCCEEDED') as succeeded,
              (select count(*)::int from delivery_queue) as open`,
    );
    const { arrivals } = receivers;
    const arrived = new Set(arrivals.map(({ deliveryId }) => deliveryId)).size;
    const firstAt = arrivals[0]?.at ?? NaN;
    const peak = receivers.peak('herd');
    const moments = arrivals.map(({ at }) => at);
    const broken = [...publisher.faults, ...ground.deaths()];
    if (peak > MAX_CONCURRENCY)
      broken.push(`${peak} requests were under way at once, more than ${MAX_CONCURRENCY}`);
    if (states!.open > 0) broken.push(`${states!.open} deliveries are still open`);
    if (states!.succeeded !== due || arrived !== due)
      broken.push(`of ${due} deliveries ${states!.succeeded} count as delivered and ${arrived} arrived`);
    return {
      figures: {
        seed,
        due,
        limit: MAX_CONCURRENCY,
        peak,
        firstArrivalMs: rounded(firstAt - upAt),
        // The ramp: the first request alone, then more and more.
        firstQuarterSeconds: ramp(moments, firstAt),
        mostInOneSecond: mostWithin(moments, 1000),
        drainedSeconds: rounded(drainedMs / 1000, 1),
        lost: due - arrived,
        loggedErrors: ground.errors(),
      },
      broken,
    };
  });

/** How many requests came in each of the first quarters of a second. */
function ramp(moments: number[], from: number): number[] {
  const counts = Array<number>(12).fill(0);
  for (const moment of moments) {
    const quarter = Math.floor((moment - from) / 250);
    if (quarter < counts.length) counts[quarter]! += 1;
  }
  return counts;
}
