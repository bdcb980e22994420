/** Histograms of /metrics: what was observed between two looks, as percentiles. */
import { type ServerNode, SOAK_TOKEN } from './server-node.ts';

/** Of each bucket's upper bound, s, how many observations lay at or below it. */
export type Buckets = Map<number, number>;

/** Reads a histogram; undefined where the server has no such metric. */
export async function readHistogram(node: ServerNode, name: string): Promise<Buckets | undefined> {
  const response = await fetch(`${node.url}/metrics`, { headers: { authorization: `Bearer ${SOAK_TOKEN}` } });
  if (!response.ok) return undefined;
  const line = new RegExp(`^${name}_bucket\\{[^}]*le="([^"]+)"[^}]*\\} (\\S+)$`, 'gm');
  const buckets = new Map(
    [...(await response.text()).matchAll(line)].map(([, bound, count]) => [
      bound === '+Inf' ? Infinity : Number(bound),
      Number(count),
    ]),
  );
  return buckets.size > 0 ? buckets : undefined;
}

/** A percentile of what was observed between two looks, s: linear inside its bucket, as Prometheus' histogram_quantile. */
export function histogramPercentile(before: Buckets, after: Buckets, percent: number): number {
  const bounds = [...after.keys()].sort((a, b) => a - b);
  const counts = bounds.map((bound) => after.get(bound)! - (before.get(bound) ?? 0));
  const total = counts.at(-1) ?? 0;
  const wanted = (percent / 100) * total;
  const index = counts.findIndex((count) => count >= wanted);
  if (total === 0 || index < 0) return NaN;
  const lower = index === 0 ? 0 : bounds[index - 1]!;
  const upper = bounds[index]!;
  if (upper === Infinity) return lower;
  const below = index === 0 ? 0 : counts[index - 1]!;
  return lower + ((upper - lower) * (wanted - below)) / (counts[index]! - below);
}
