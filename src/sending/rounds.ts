/** What a sender does again and again beside its claims: one round after the other, not in step with other senders. */

/** Rounds of one piece of work. */
export class Rounds {
  readonly #pollMs: () => number;
  readonly #work: () => Promise<void>;
  #running = false;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();

  /** A round begins about pollMs after the one before has ended, asked for anew each time where it varies; work never rejects. */
  constructor(pollMs: number | (() => number), work: () => Promise<void>) {
    this.#pollMs = typeof pollMs === 'number' ? () => pollMs : pollMs;
    this.#work = work;
  }

  /** Whether more is to be done; a long round asks in between. */
  get running(): boolean {
    return this.#running;
  }

  /** Begins. */
  start(): void {
    this.#running = true;
    this.#schedule();
  }

  /** Starts no further round; resolves when the present one is over. */
  stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#timer);
    return this.#round;
  }

  #schedule(): void {
    const wait = this.#pollMs() * (0.75 + 0.5 * Math.random());
    this.#timer = setTimeout(() => {
      this.#round = this.#work().finally(() => {
        if (this.#running) this.#schedule();
      });
    }, wait);
  }
}
