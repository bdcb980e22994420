/**
 * How the endpoints that this sender calls have answered lately, and when that is bad enough to open a circuit: 70 % of at
 * least ten requests within five minutes (the figures of Convoy's circuit breaker). Kept in memory: a sender that starts
 * anew knows nothing bad of anybody, and sends.
 */

/** The window, and into how many parts it is cut: the oldest part is forgotten as a whole, ms. */
const WINDOW_MS = 300_000;
const PARTS = 10;
const PART_MS = WINDOW_MS / PARTS;
/** Fewer requests than that say nothing. */
const LEAST_REQUESTS = 10;
/** The share of failures that opens a circuit. */
const FAILING_SHARE = 0.7;
/** How many endpoints are remembered before those that were not called for a window are looked for. */
const CROWDED = 10_000;

interface Part {
  /** Since the beginning of time, in parts of the window. */
  index: number;
  requests: number;
  failures: number;
}

/** The recent results of each endpoint. */
export class Health {
  readonly #parts = new Map<string, Part[]>();

  /** Notes a result at an instant (ms of any steady clock); returns whether the circuit should be opened. */
  note(endpointId: string, ok: boolean, atMs: number): boolean {
    const index = Math.floor(atMs / PART_MS);
    const parts = (this.#parts.get(endpointId) ?? []).filter((part) => part.index > index - PARTS);
    let newest = parts.at(-1);
    if (newest?.index !== index) parts.push((newest = { index, requests: 0, failures: 0 }));
    newest.requests += 1;
    if (!ok) newest.failures += 1;
    this.#parts.set(endpointId, parts);
    if (this.#parts.size > CROWDED) this.#forgetIdle(index);
    if (ok) return false;
    const requests = parts.reduce((sum, part) => sum + part.requests, 0);
    const failures = parts.reduce((sum, part) => sum + part.failures, 0);
    return requests >= LEAST_REQUESTS && failures >= requests * FAILING_SHARE;
  }

  /** What was before no longer counts: the circuit has been opened, or closed again. */
  forget(endpointId: string): void {
    this.#parts.delete(endpointId);
  }

  #forgetIdle(index: number): void {
    for (const [endpointId, parts] of this.#parts)
      if (parts.at(-1)!.index <= index - PARTS) this.#parts.delete(endpointId);
  }
}
