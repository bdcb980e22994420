/**
 * A lane: one endpoint, as a sender knows it. Comes in: what claims and results tell of it. Goes out: how many requests may be added
 * there. Times are ms of a steady clock.
 */
import type { Ask, Standing } from '../queue/claim.ts';
import type { Allowance, Pace } from './pace.ts';

/** A blind claim at an endpoint whose account is not known yet counts for itself. */
export const UNKNOWN = '?';
/** An endpoint is quick that gave so many quick answers in a row. */
const QUICK_AFTER = 100;
/** Work is told to other senders that has waited here for so long, ms: a claim takes 1 to 5. Without news again after PASS_ON_AGAIN_MS. */
const OVERDUE_MS = 10;
const PASS_ON_AGAIN_MS = 250;

/** How many requests at once an endpoint gets that has no limit of its own. */
export interface LaneLimits {
  /** At most. */
  most: number;
  /** While it is not known to be quick: what hangs holds a slot for a second, so it must never hold all of them. */
  untilQuick: number;
  /** How many more are claimed for it once it is quick, so that a claim brings many: they wait here for a slot, for some ms. */
  ahead: number;
}

/** How many requests at once an endpoint gets of which nothing is known. */
export function startingLimit({ most, untilQuick }: LaneLimits): number {
  return Math.min(most, untilQuick);
}

/** Which lanes are to be looked at: a sender may know thousands, and looks for work many times between two answers. */
export interface LaneSets {
  /** Those that have work, now or later. */
  due: Set<Lane>;
  /** Those of which something has changed since they were last found idle. */
  engaged: Set<Lane>;
}

/** One endpoint, as this sender knows it. */
export class Lane {
  readonly endpointId: string;
  account = UNKNOWN;
  /** Not to be asked before. */
  notBefore = 0;
  /** Work came while a claim was under way. */
  hinted = false;
  /** Its own limit; null takes the default. */
  limit: number | null = null;
  state: Standing['state'] = 'CLOSED';
  /** Since when this sender knows that it is not closed: what was on the wire before says nothing of that. */
  openSince = 0;
  pace: Pace | null = null;
  /** Requests of others on the wire. */
  foreign = 0;
  since: Ask['since'] = { first: null, retry: null };
  rescanAt = 0;
  busyUntil = 0;
  /** Quick answers in a row. */
  quick = 0;
  servedAt = 0;
  usedAt = 0;
  /** When others were told of its work. */
  passedOnAt = -Infinity;

  readonly #among: LaneSets;
  #dueAt = Infinity;
  #inFlight = 0;
  #held = 0;
  #allowance: Allowance | null = null;

  constructor(endpointId: string, among: LaneSets) {
    this.endpointId = endpointId;
    this.#among = among;
  }

  /** When it has work; Infinity when none is known of. */
  get dueAt(): number {
    return this.#dueAt;
  }
  set dueAt(atMs: number) {
    this.#dueAt = atMs;
    if (atMs === Infinity) this.#among.due.delete(this);
    else this.#among.due.add(this);
    this.engage();
  }

  /** Requests on the wire. */
  get inFlight(): number {
    return this.#inFlight;
  }
  set inFlight(count: number) {
    this.#inFlight = count;
    this.engage();
  }

  /** Claimed, and waiting for a slot. */
  get held(): number {
    return this.#held;
  }
  set held(count: number) {
    this.#held = count;
    this.engage();
  }

  /** How much it gets while it is being slowed down or ramped up. */
  get allowance(): Allowance | null {
    return this.#allowance;
  }
  set allowance(allowance: Allowance | null) {
    this.#allowance = allowance;
    this.engage();
  }

  /** Something of it has changed. */
  engage(): void {
    this.#among.engaged.add(this);
  }

  /** Whether it is like one of which nothing is known, and stays so until something of it changes. */
  isIdle(nowMs: number): boolean {
    return (
      this.#dueAt === Infinity &&
      this.notBefore <= nowMs &&
      this.#inFlight + this.#held + this.foreign === 0 &&
      this.#allowance === null
    );
  }

  /** Requests at once, at most, by its own limit or the given ones. */
  limitBy(limits: LaneLimits): number {
    return this.limit ?? (this.quick >= QUICK_AFTER ? limits.most : startingLimit(limits));
  }

  /** The same, while it is being slowed down or ramped up. */
  allowedBy(limits: LaneLimits): number {
    return Math.min(this.limitBy(limits), this.allowance?.value ?? Infinity);
  }

  /** Its circuit is found, or made, to be so. */
  turn(state: Standing['state'], nowMs: number): void {
    if (this.state === 'CLOSED' && state !== 'CLOSED') this.openSince = nowMs;
    this.state = state;
  }

  /** When others are to be told of its work, if it is still there. */
  get overdueAt(): number {
    return Math.max(this.dueAt + OVERDUE_MS, this.passedOnAt + PASS_ON_AGAIN_MS);
  }

  /** Whether nothing but the sender's own defaults says how much it gets. */
  get unlimited(): boolean {
    return (
      this.limit === null &&
      this.pace === null &&
      this.allowance === null &&
      this.foreign === 0 &&
      this.state === 'CLOSED'
    );
  }

  /** Whether more may be claimed for it than it may have on the wire: it answers so quickly that they wait for some ms. */
  get isQuick(): boolean {
    return this.unlimited && this.quick >= QUICK_AFTER;
  }

  /** How many may be claimed for it at once, those on the wire included. */
  claimableBy(limits: LaneLimits): number {
    return this.allowedBy(limits) + (this.isQuick ? limits.ahead : 0);
  }

  /** Requests that may be added now. */
  room(nowMs: number, limits: LaneLimits): number {
    if (this.dueAt > nowMs || this.notBefore > nowMs) return 0;
    const own = this.claimableBy(limits) - this.inFlight - this.held;
    // Whether requests of others have ended is known by asking, and what is asked for is granted behind a count of them.
    const room = this.foreign > 0 ? Math.max(Math.min(1, own), own - this.foreign) : own;
    return Math.max(0, Math.min(room, this.pace ? this.pace.free(nowMs) : Infinity));
  }
}
