/**
 * What a sender has on the wire, and how much more it may have. A slot is held from the start of a request to its answer; a
 * request that takes long gives it back before (it is parked): it costs a socket and its body, and nobody else's turn. What is
 * answered and not recorded yet holds none, but of that there is an end, too: a database that is away stops the sending. Times
 * are ms of a steady clock.
 */
import type { Job } from '../queue/job.ts';

/** A request on the wire for longer than that holds no slot, ms. */
const PARKED_MS = 1_000;
/** How many requests are on the wire at most, those included that hold no slot, in slots. */
const PARKED_FACTOR = 8;
/** How many results may wait to be recorded, in slots: enough for batches that pay, some hundred KiB of answers. */
const UNRECORDED_FACTOR = 4;

/** How long answers are counted before it is said how many there are, ms. */
const METER_MS = 20;

/** A request, from its start until its result is recorded. */
export interface InFlight {
  job: Job;
  startedAt: number;
  ended: Promise<void>;
  /** The attempt has ended, and its result is being recorded. */
  answered: boolean;
}

/** How many requests a sender of so many slots has on the wire at most. */
export function mostOnTheWire(concurrency: number): number {
  return concurrency * PARKED_FACTOR;
}

/** The slots of a sender. */
export class Slots {
  readonly #concurrency: number;
  /** In the order of their start. */
  readonly #entries = new Map<string, InFlight>();
  #unrecorded = 0;
  /** Answers since an instant, and how many there were for each ms before it. */
  #answers = 0;
  #since = 0;
  #perMs = 0;
  /** Places for deliveries that are being born. */
  #reserved = 0;

  constructor(concurrency: number) {
    this.#concurrency = concurrency;
  }

  /** Requests on the wire, and results that are not recorded yet. */
  get size(): number {
    return this.#entries.size;
  }

  /** All of them. */
  get entries(): InFlight[] {
    return [...this.#entries.values()];
  }

  /** How many requests may be started now. */
  free(nowMs: number): number {
    if (this.#unrecorded >= this.#concurrency * UNRECORDED_FACTOR) return 0;
    let parked = 0;
    for (const { startedAt, answered } of this.#entries.values()) {
      if (startedAt > nowMs - PARKED_MS) break;
      if (!answered) parked += 1;
    }
    const taken = this.#entries.size - this.#unrecorded + this.#reserved;
    return Math.min(this.#concurrency - (taken - parked), mostOnTheWire(this.#concurrency) - taken);
  }

  /**
   * Sets places aside for deliveries that are being born. Frees them when it is called, and by itself after so many ms, since a birth may wait for
   * others' locks, or never come; says whether it was the call that did. onFreed is told once.
   */
  reserve(count: number, forMs: number, onFreed: () => void): () => boolean {
    let held = true;
    const free = (): boolean => {
      if (!held) return false;
      held = false;
      clearTimeout(timer);
      this.#reserved -= count;
      onFreed();
      return true;
    };
    const timer = setTimeout(free, forMs);
    this.#reserved += count;
    return free;
  }

  /** When the next request stops holding a slot; Infinity when none does. */
  nextParking(nowMs: number): number {
    for (const { startedAt, answered } of this.#entries.values())
      if (!answered && startedAt > nowMs - PARKED_MS) return startedAt + PARKED_MS;
    return Infinity;
  }

  /** A request has started. */
  add(entry: InFlight): void {
    this.#entries.set(entry.job.id, entry);
  }

  /** How many slots will be given back within so many ms, going by the last while. */
  turnover(ms: number, nowMs: number): number {
    const elapsed = nowMs - this.#since;
    if (elapsed >= METER_MS) {
      this.#perMs = this.#answers / elapsed;
      this.#answers = 0;
      this.#since = nowMs;
    }
    return Math.floor(this.#perMs * ms);
  }

  /** It has been answered. */
  answer(entry: InFlight): void {
    if (entry.answered) return;
    entry.answered = true;
    this.#unrecorded += 1;
    this.#answers += 1;
  }

  /** Its result is recorded, or was given up. */
  remove(entry: InFlight): void {
    this.#entries.delete(entry.job.id);
    if (entry.answered) this.#unrecorded -= 1;
  }
}
