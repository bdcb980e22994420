/** Times work by the clock, and tells how long this process itself stood still meanwhile: on a busy machine that is not the work's fault. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 5;

/** What was timed. */
export interface Timed<T> {
  value: T;
  /** By the clock. */
  ms: number;
  /** The longest time for which this process ran no timer. */
  stalledMs: number;
}

/** Runs work and times it. */
export async function timed<T>(work: () => Promise<T>): Promise<Timed<T>> {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  const startedAt = performance.now();
  const value = await work();
  const ms = performance.now() - startedAt;
  delays.disable();
  const stalledMs = delays.max > 0 ? Math.max(0, delays.max / 1e6 - RESOLUTION_MS) : 0;
  return { value, ms, stalledMs };
}
