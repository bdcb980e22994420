/**
 * What a sender allows itself at one endpoint besides the endpoint's own limit: a rate, and an allowance that grows with
 * successes. Times are ms of a steady clock.
 */

/** Requests that may go together when the rate is too high for one at a time: 20 ms of it. */
const BURST_SECONDS = 0.02;

/**
 * A claim that takes longer counts from its answer, less this, ms: its requests start only then, and the next ones must not
 * follow too closely. A claim takes 1 to 10.
 */
const SLOW_CLAIM_MS = 20;

/** Keeps a rate: one request every 1/rate seconds, each on the dot (the leaky bucket as a meter; ITU-T I.371's GCRA). */
export class Pace {
  readonly perSecond: number;
  readonly #gapMs: number;
  readonly #burst: number;
  /** When the next one is due. */
  nextAt: number;

  constructor(perSecond: number, nowMs: number) {
    this.perSecond = perSecond;
    this.#gapMs = 1_000 / perSecond;
    this.#burst = Math.max(1, Math.floor(perSecond * BURST_SECONDS));
    this.nextAt = nowMs;
  }

  /** How many may go now. What was not used a while ago is not made up for. */
  free(nowMs: number): number {
    if (nowMs < this.nextAt) return 0;
    return Math.min(this.#burst, Math.floor((nowMs - this.nextAt) / this.#gapMs) + 1);
  }

  /** So many were taken: asked for at askedMs, and given at nowMs. */
  take(count: number, askedMs: number, nowMs: number): void {
    const takenMs = Math.max(askedMs, nowMs - SLOW_CLAIM_MS);
    this.nextAt = Math.max(this.nextAt, takenMs - (this.#burst - 1) * this.#gapMs) + count * this.#gapMs;
  }
}

/** Requests at once that an endpoint gets while it recovers. */
export class Allowance {
  value: number;
  /** DOUBLE after an open circuit, ADD after it said that it has too much to do. */
  readonly #growth: 'DOUBLE' | 'ADD';
  #successes = 0;
  #failures = 0;
  #step = 0;

  constructor(value: number, growth: 'DOUBLE' | 'ADD') {
    this.value = value;
    this.#growth = growth;
  }

  /** Whether it ramps an endpoint up whose circuit was open. */
  get ramping(): boolean {
    return this.#growth === 'DOUBLE';
  }

  /** Whether an endpoint that is being ramped up fails again: more than it succeeds. */
  get failing(): boolean {
    return this.ramping && this.#failures > this.#successes;
  }

  /** A result: as many successes as the allowance is large make it larger. */
  note(ok: boolean): void {
    if (!ok) {
      this.#failures += 1;
      return;
    }
    this.#successes += 1;
    this.#step += 1;
    if (this.#step < this.value) return;
    this.#step = 0;
    this.value = this.#growth === 'DOUBLE' ? this.value * 2 : this.value + 1;
  }
}
