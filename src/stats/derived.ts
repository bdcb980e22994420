/** What follows from statistics that were read. */
import type { Counts, Latencies } from './stats.ts';
import { LATENCY_LIMITS_MS } from './stats.ts';

/** A bar of the histogram. */
export interface LatencyBar {
  /** Null above the last limit. */
  upToMs: number | null;
  count: number;
}

/** The share of deliveries that ended well, 0 to 1; null when none ended. */
export function successRate({ succeeded, failed }: Pick<Counts, 'succeeded' | 'failed'>): number | null {
  return succeeded + failed === 0 ? null : succeeded / (succeeded + failed);
}

/** The bars of the histogram. */
export function latencyBars({ all }: Latencies): LatencyBar[] {
  const counts = all.counts(LATENCY_LIMITS_MS);
  return counts.map((count, index) => ({ upToMs: LATENCY_LIMITS_MS[index] ?? null, count }));
}

/** The 95th percentile of a point, ms; null where it has no attempt. */
export function p95Of({ byPoint }: Latencies, at: Date): number | null {
  return byPoint.get(at.getTime() / 1000)?.quantile(0.95) ?? null;
}
