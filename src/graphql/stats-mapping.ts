/** Statistics as the API shows them: what takes a statement of its own is read only when it is asked for. */
import { latencyBars, p95Of, successRate } from '../stats/derived.ts';
import type { Counts, Latencies } from '../stats/stats.ts';
import type { DeliveryStatsType } from './types/stats.type.ts';

/** Where the parts of statistics come from; each is asked at most once for an answer. */
export interface StatsSource {
  counts: () => Promise<Counts>;
  pending: () => Promise<number>;
  latencies: () => Promise<Latencies>;
}

/** All of it, read and worked out: what subscribers share. */
export interface StatsFrame extends DeliveryStatsType {
  pending: number;
}

/** Statistics whose heavier parts wait until they are asked for. */
export async function toStatsType(source: StatsSource): Promise<DeliveryStatsType> {
  let latencies: Promise<Latencies> | undefined;
  const timed =
    <T>(of: (latencies: Latencies) => T) =>
    async (): Promise<T> =>
      of(await (latencies ??= source.latencies()));
  const counts = await source.counts();
  return {
    ...toCounted(counts),
    pending: source.pending,
    p50Ms: timed(({ all }) => all.quantile(0.5)),
    p95Ms: timed(({ all }) => all.quantile(0.95)),
    p99Ms: timed(({ all }) => all.quantile(0.99)),
    latency: timed(latencyBars),
    series: counts.points.map((point) => ({ ...point, p95Ms: timed((found) => p95Of(found, point.at)) })),
  };
}

/** The same, read at once. */
export async function toStatsFrame(source: StatsSource): Promise<StatsFrame> {
  const [counts, pending, latencies] = await Promise.all([
    source.counts(),
    source.pending(),
    source.latencies(),
  ]);
  const { all } = latencies;
  return {
    ...toCounted(counts),
    pending,
    ...{ p50Ms: all.quantile(0.5), p95Ms: all.quantile(0.95), p99Ms: all.quantile(0.99) },
    latency: latencyBars(latencies),
    series: counts.points.map((point) => ({ ...point, p95Ms: p95Of(latencies, point.at) })),
  };
}

function toCounted(counts: Counts) {
  const { total, succeeded, failed } = counts;
  return { total, succeeded, failed, successRate: successRate(counts) };
}
