/** Percentiles of the sketch, against those of the numbers themselves. */
import { LatencySketch, RELATIVE_ERROR } from '../../src/stats/sketch.ts';

/** The nearest rank: the smallest of the numbers, in order, that at least the share of them are not above. */
const exact = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(1, Math.ceil(share * sorted.length - 1e-9)) - 1]!;

function sketchOf(durations: readonly number[]): LatencySketch {
  const sketch = new LatencySketch();
  for (const duration of durations) sketch.add(duration, 1);
  return sketch;
}

it('a percentile lies within its error of the nearest rank, however few durations there are', () => {
  let worst = 0;
  for (let count = 1; count <= 200; count += 1) {
    // None takes no time, the last one is far beyond the others.
    const durations = Array.from({ length: count }, (_, index) => (index === count - 1 ? 30_000 : index * 7));
    const sketch = LatencySketch.of(sketchOf(durations).encode());
    for (const share of [0.01, 0.5, 0.95, 0.99, 1]) {
      const right = exact(durations, share);
      const found = sketch.quantile(share)!;
      if (right === 0) expect(found).toBe(0);
      else worst = Math.max(worst, Math.abs(found - right) / right);
    }
  }
  expect(worst).toBeGreaterThan(0);
  expect(worst).toBeLessThanOrEqual(RELATIVE_ERROR + 1e-9);
});

it('of 21 attempts the slowest one is the p99, and of none there is no percentile', () => {
  const durations = [...Array.from({ length: 20 }, (_, index) => 5 + index), 3_010];
  expect(sketchOf(durations).quantile(0.99)).toBeCloseTo(3_010, -2);
  expect(sketchOf(durations).quantile(0.95)).toBeLessThan(30);
  expect(new LatencySketch().quantile(0.99)).toBeNull();
});
