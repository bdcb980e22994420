/**
 * Jobs that are claimed and wait for a slot, a few ms: small claims cost the database more than they bring (16 rows at a time cost
 * more than twice as much each as 128 at a time). No more are claimed ahead than there will be slots for within AHEAD_MS of their coming, going by
 * the answers of the last while, and what has waited for twice as long is given back: settings that were changed meanwhile
 * hold for what starts later. What starts while a claim is under way (25 ms on a busy machine) is asked for with it: without that, slots
 * had nothing to do for a third of the time, and a backlog took a tenth longer. They start in the order of their claims, which are dealt fairly. Times are ms of a steady clock.
 */
import type { Job } from '../queue/job.ts';
import type { Lane } from './lane.ts';
import type { Lanes } from './lanes.ts';

/** How long what is claimed ahead is to wait, ms. */
const AHEAD_MS = 50;
const LATE_MS = 2 * AHEAD_MS;
/** How many jobs are claimed ahead at most, in slots. */
export const AHEAD_FACTOR = 8;

interface Held {
  job: Job;
  lane: Lane;
  /** When its claim was asked for. */
  askedAt: number;
  since: number;
}

/** The jobs of a sender that wait. */
export class Ahead {
  readonly #lanes: Lanes;
  /** In the order in which they came. */
  #held: Held[] = [];
  #claimMs = 0;

  constructor(lanes: Lanes) {
    this.#lanes = lanes;
  }

  /** How many wait. */
  get size(): number {
    return this.#held.length;
  }

  /** For how long slots are to have something to do from now on, with what is asked for now. */
  get spanMs(): number {
    return AHEAD_MS + this.#claimMs;
  }

  /** The last claim took so long, ms: the next one is taken to do so, but no longer than what it brings may wait. */
  claimTook(ms: number): void {
    this.#claimMs = Math.min(ms, AHEAD_MS);
  }

  /** When the first of them is to be given back; Infinity without any. */
  get dueAt(): number {
    return (this.#held[0]?.since ?? Infinity) + LATE_MS;
  }

  /** Holds a job. */
  hold(job: Job, lane: Lane, askedAt: number, nowMs: number): void {
    lane.held += 1;
    this.#held.push({ job, lane, askedAt, since: nowMs });
  }

  /** Takes up to free jobs that may start now, and all that have waited for too long. */
  take(free: number, nowMs: number): { ready: { job: Job; askedAt: number }[]; late: Job[] } {
    const ready: Held[] = [];
    const late: Job[] = [];
    if (this.#held.length === 0) return { ready, late };
    const starting = new Map<Lane, number>();
    const kept: Held[] = [];
    let at = 0;
    for (; at < this.#held.length; at += 1) {
      const held = this.#held[at]!;
      const { lane } = held;
      if (held.since + LATE_MS <= nowMs) {
        late.push(held.job);
        // It answers no more: without this, rows were claimed for it and given back ten times a second until a request of it timed out.
        if (!this.#lanes.mayStart(lane, starting.get(lane) ?? 0)) lane.quick = 0;
      }
      // What came later is not late either.
      else if (ready.length >= free) break;
      else if (this.#lanes.mayStart(lane, starting.get(lane) ?? 0)) {
        starting.set(lane, (starting.get(lane) ?? 0) + 1);
        ready.push(held);
      } else {
        kept.push(held);
        continue;
      }
      lane.held -= 1;
    }
    this.#held = [...kept, ...this.#held.slice(at)];
    return { ready, late };
  }

  /** Takes all of them. */
  clear(): Job[] {
    for (const { lane } of this.#held) lane.held -= 1;
    return this.#held.splice(0).map(({ job }) => job);
  }
}
