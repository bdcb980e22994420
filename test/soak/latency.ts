/** How long events take from the call that publishes them to their first arrival, over one stretch of time. */
import { setTimeout as sleep } from 'node:timers/promises';

import { percentile, rounded } from './numbers.ts';
import { Publisher, type PublisherOptions } from './publisher.ts';
import type { Receivers } from './receivers.ts';

/** How long after the last publish arrivals are waited for, ms. */
const LATE_MS = 30_000;

/** Percentiles in ms. What never arrived is in none of them, but in missing. */
export interface Latency {
  events: number;
  p50: number | null;
  p95: number | null;
  p99: number | null;
  missing: number;
}

/** Publishes for so long at a steady rate and measures every delivery of it at the endpoints that count. */
export async function measureLatency(
  receivers: Receivers,
  options: PublisherOptions & { ms: number; counts: (endpoint: string) => boolean },
): Promise<Latency> {
  const begin = receivers.arrivals.length;
  const publisher = new Publisher(options);
  publisher.start();
  await sleep(options.ms);
  await publisher.stop();
  if (publisher.faults.length > 0) throw new Error(publisher.faults[0]);
  const sentAt = new Map([...publisher.published.values()].map(({ eventId, sentAt }) => [eventId, sentAt]));
  const wanted = [...publisher.published.values()].reduce((sum, event) => sum + event.deliveryCount, 0);

  for (const end = performance.now() + LATE_MS; ;) {
    const seen = new Map<string, number>();
    for (const { endpoint, eventId, deliveryId, at } of receivers.arrivals.slice(begin)) {
      const from = sentAt.get(eventId);
      if (from !== undefined && options.counts(endpoint) && !seen.has(deliveryId))
        seen.set(deliveryId, at - from);
    }
    const times = [...seen.values()];
    if (times.length < wanted && performance.now() < end) {
      await sleep(200);
      continue;
    }
    return {
      events: sentAt.size,
      p50: rounded(percentile(times, 50), 1),
      p95: rounded(percentile(times, 95), 1),
      p99: rounded(percentile(times, 99), 1),
      missing: wanted - times.length,
    };
  }
}
