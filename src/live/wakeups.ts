/** Lets many waiters sleep until a hint comes, a time has passed, or they are told to end. */
export class Wakeups {
  /** How many hints have come; a waiter that read before the newest one does not sleep. */
  count = 0;
  #waiting = new Set<() => void>();

  /** Wakes everybody. */
  wake(): void {
    this.count += 1;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const resume of waiting) resume();
  }

  /** Sleeps at most ms; not at all when a hint came since the caller saw count at seen. */
  async wait(seen: number, ms: number, signal: AbortSignal): Promise<void> {
    if (seen !== this.count) return;
    await this.#sleep(ms, signal, true);
  }

  /** Sleeps ms, whatever hints come; ends early only by the signal. */
  async pause(ms: number, signal: AbortSignal): Promise<void> {
    if (ms > 0) await this.#sleep(ms, signal, false);
  }

  #sleep(ms: number, signal: AbortSignal, hinted: boolean): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done, { once: true });
      if (hinted) this.#waiting.add(done);
    });
  }
}
