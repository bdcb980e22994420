/** Answers of the database that many ask for: whoever asks more often than they can change gets the last one. */

/** An answer counts for a second, and for twenty times as long as it took: asking costs a connection 5 % of its time at most. */
const FRESH_MS = 1_000;
const SHARE = 20;

/** Reads at most once at a time, and remembers what came for a while; failures for no longer than a second. */
export class Cached<T> {
  readonly #read: () => Promise<T>;
  #answer: Promise<T> | undefined;
  #freshUntil = 0;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  /** The answer; rejects as the read does, or when it has not come after limitMs (the read goes on for the next one who asks). */
  get(limitMs: number): Promise<T> {
    if (this.#answer === undefined || performance.now() > this.#freshUntil) this.#answer = this.#ask();
    return inTime(this.#answer, limitMs);
  }

  #ask(): Promise<T> {
    const asked = performance.now();
    this.#freshUntil = Infinity;
    const answer = this.#read();
    const settle = (share: number) => () => {
      const now = performance.now();
      this.#freshUntil = now + Math.max(FRESH_MS, share * (now - asked));
    };
    answer.then(settle(SHARE), settle(0));
    return answer;
  }
}

async function inTime<T>(answer: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer after ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
