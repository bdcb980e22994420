/**
 * The lanes of a sender: one for each endpoint that has work, or had it a moment ago. Comes in: hints, what claims
 * brought, results. Goes out: whom to ask for how much next. Slots are dealt one by one, account by account and within an
 * account endpoint by endpoint, each time to the one that was served longest ago: so neither an endpoint that hangs nor
 * an account with a burst takes more than its turn. Times are ms of a steady clock.
 */
import type { Ask, Standing } from '../queue/claim.ts';
import { Lane, type LaneLimits, type LaneSets, startingLimit, UNKNOWN } from './lane.ts';
import { Allowance, Pace } from './pace.ts';

/** Claims look no further back than this before the newest row that was taken, s: a publish may commit later than another. */
const OVERLAP_S = 2;
/**
 * How often they look from the beginning, ms, and the share of the time that this may take. Under a long transaction
 * elsewhere rows that are gone pile up there: after 15 minutes of it a look took 70 ms where a claim takes 9.
 */
const RESCAN_MS = 1_000;
const RESCAN_SHARE = 0.01;
/** How long an endpoint that is somebody else's, or full of somebody else's requests, is left alone at least, ms. */
const ELSEWHERE_MS = 100;
/** How long an idle lane is remembered, ms. */
const IDLE_MS = 60_000;
/** Of several answers that an endpoint is busy, one in this time counts, ms: they speak of the same moment. */
const BUSY_MS = 1_000;
/** An exchange within so many ms is quick. */
const QUICK_MS = 250;

/** All lanes of a sender. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  readonly #sets: LaneSets = { due: new Set(), engaged: new Set() };
  #limits: LaneLimits;
  readonly #accountServedAt = new Map<string, number>();
  #turn = 0;
  #sweptAt = 0;
  /** No lane looks from the beginning before. */
  #rescanFrom = 0;

  constructor(limits: LaneLimits) {
    this.#limits = limits;
  }

  /** From now on an endpoint without a limit of its own gets so many requests at most. */
  limitEach(most: number): void {
    this.#limits = { ...this.#limits, most };
  }

  /** An endpoint has work in so many ms. */
  expect(endpointId: string, inMs: number, nowMs: number): Lane {
    const lane = this.of(endpointId);
    lane.dueAt = Math.min(lane.dueAt, nowMs + inMs);
    lane.hinted ||= inMs <= 0;
    // This is news.
    if (inMs <= 0) lane.passedOnAt = -Infinity;
    return lane;
  }

  /** The lane of an endpoint. */
  of(endpointId: string): Lane {
    let lane = this.#lanes.get(endpointId);
    if (!lane) this.#lanes.set(endpointId, (lane = new Lane(endpointId, this.#sets)));
    return lane;
  }

  /**
   * How many deliveries that are about to be born may go at once to an endpoint, and to those that have less left: none to where
   * others wait before them, or where how much the endpoint may get is not for one sender to say.
   */
  places(nowMs: number): { each: number; busy: Map<string, number> } {
    const each = startingLimit(this.#limits);
    const busy = new Map<string, number>();
    for (const lane of this.#sets.engaged) {
      if (lane.isIdle(nowMs)) {
        this.#sets.engaged.delete(lane);
        continue;
      }
      // The birth itself refuses these, and there may be many of them.
      if (lane.state !== 'CLOSED' || lane.limit !== null || lane.pace !== null) continue;
      const waits = lane.dueAt <= nowMs || lane.notBefore > nowMs || lane.held > 0;
      const room = waits || !lane.unlimited ? 0 : lane.limitBy(this.#limits) - lane.inFlight;
      if (room < each) busy.set(lane.endpointId, Math.max(0, room));
    }
    return { each, busy };
  }

  /** One that was born goes to an endpoint: it has had its turn. */
  serve(endpointId: string, nowMs: number): void {
    const lane = this.of(endpointId);
    lane.usedAt = nowMs;
    lane.servedAt = ++this.#turn;
    this.#accountServedAt.set(lane.account, this.#turn);
  }

  /** How many could be claimed now with so many free places, and how many the endpoints with work take at most. */
  pressure(free: number, nowMs: number): { claimable: number; capacity: number } {
    let claimable = 0;
    let capacity = 0;
    for (const lane of this.#sets.due) {
      if (lane.dueAt > nowMs || lane.notBefore > nowMs) continue;
      claimable += lane.room(nowMs, this.#limits);
      capacity += lane.claimableBy(this.#limits);
    }
    return { claimable: Math.min(claimable, free), capacity };
  }

  /** Deals free places; an ask for each endpoint that gets any. */
  choose(free: number, nowMs: number): Ask[] {
    const accounts = new Map<string, { lane: Lane; room: number; want: number }[]>();
    for (const lane of this.#sets.due) {
      const room = lane.room(nowMs, this.#limits);
      if (room === 0) continue;
      const key = lane.account === UNKNOWN ? `${UNKNOWN}${lane.endpointId}` : lane.account;
      const entry = { lane, room, want: 0 };
      const entries = accounts.get(key);
      if (entries) entries.push(entry);
      else accounts.set(key, [entry]);
    }
    for (const entries of accounts.values()) entries.sort((a, b) => a.lane.servedAt - b.lane.servedAt);
    const order = [...accounts].sort(
      ([a], [b]) => (this.#accountServedAt.get(a) ?? 0) - (this.#accountServedAt.get(b) ?? 0),
    );
    const next = order.map(() => 0);
    const chosen: { lane: Lane; room: number; want: number }[] = [];
    for (let left = free; left > 0;) {
      const before = left;
      for (const [at, [account, entries]] of order.entries()) {
        if (left === 0) break;
        const turn = nextWithRoom(entries, next[at]!);
        if (turn < 0) continue;
        const entry = entries[turn]!;
        if (entry.want === 0) chosen.push(entry);
        entry.want += 1;
        next[at] = (turn + 1) % entries.length;
        left -= 1;
        entry.lane.servedAt = ++this.#turn;
        this.#accountServedAt.set(account, this.#turn);
      }
      if (left === before) break;
    }
    return chosen.map(({ lane, want }) => this.#ask(lane, want, nowMs));
  }

  #ask(lane: Lane, want: number, nowMs: number): Ask {
    lane.hinted = false;
    lane.usedAt = nowMs;
    if (nowMs >= Math.max(lane.rescanAt, this.#rescanFrom)) {
      lane.rescanAt = nowMs + RESCAN_MS;
      lane.since = { first: null, retry: null };
    }
    return {
      endpointId: lane.endpointId,
      want,
      inFlight: lane.inFlight + lane.held,
      ratePerSecond: lane.pace?.perSecond ?? null,
      exclusive: lane.allowance?.ramping ?? false,
      recount: lane.foreign > 0,
      since: lane.since,
    };
  }

  /** A claim took so long that ended at nowMs: looks from the beginning wait accordingly for their turn. */
  paceRescans(asks: readonly Ask[], tookMs: number, nowMs: number): void {
    if (asks.some(({ since }) => since.first === null || since.retry === null))
      this.#rescanFrom = nowMs + tookMs / RESCAN_SHARE;
  }

  /** Takes note of how an endpoint stood when it was asked at askedAt. */
  settle(standing: Standing, askedAt: number, nowMs: number): void {
    const lane = this.of(standing.endpointId);
    lane.engage();
    lane.account = standing.accountId ?? UNKNOWN;
    lane.limit = standing.maxConcurrency;
    lane.turn(standing.state, nowMs);
    lane.foreign = standing.foreign;
    if (standing.ratePerSecond !== (lane.pace?.perSecond ?? null))
      lane.pace = standing.ratePerSecond === null ? null : new Pace(standing.ratePerSecond, nowMs);
    if (standing.taken > 0) lane.pace?.take(standing.taken, askedAt, nowMs);
    // Whatever it was allowed before, by a receiver that had too much to do.
    if (standing.state === 'HALF_OPEN') lane.allowance = new Allowance(1, 'DOUBLE');
    const { first, retry } = standing.reached;
    if (first !== null) lane.since = { ...lane.since, first: first - OVERLAP_S };
    if (retry !== null) lane.since = { ...lane.since, retry: retry - OVERLAP_S };
    const held = Math.max(ELSEWHERE_MS, standing.heldMs ?? ELSEWHERE_MS);
    const exhausted = standing.taken < standing.granted;
    switch (standing.may) {
      case 'LEARN':
        break;
      case 'ELSEWHERE':
        lane.notBefore = nowMs + held;
        lane.allowance = null;
        break;
      case 'HAND':
        if (exhausted || standing.granted === 0) lane.dueAt = nowMs + held;
        break;
      case 'ALL':
        if (standing.granted === 0) lane.notBefore = nowMs + ELSEWHERE_MS;
        else if (exhausted) lane.dueAt = nowMs + (standing.nextDueMs ?? Infinity);
    }
    if (lane.hinted) lane.dueAt = Math.min(lane.dueAt, nowMs);
  }

  /** The receiver said that it has too much to do: half as many requests at once from here on, growing one by one. */
  slowDown(lane: Lane, nowMs: number): void {
    if (nowMs < lane.busyUntil) return;
    lane.busyUntil = nowMs + BUSY_MS;
    const half = Math.floor(lane.allowedBy(this.#limits) / 2);
    lane.allowance = new Allowance(Math.max(1, half), 'ADD');
  }

  /** A result, and how long the exchange took: an allowance that has reached the endpoint's limit is one no more. */
  note(lane: Lane, ok: boolean, durationMs: number | null): void {
    lane.quick = durationMs !== null && durationMs < QUICK_MS ? lane.quick + 1 : 0;
    lane.allowance?.note(ok);
    if (lane.allowance && lane.allowance.value >= lane.limitBy(this.#limits)) lane.allowance = null;
  }

  /** When the next lane may be asked that may not now; Infinity when a hint or a result must come first. */
  nextAt(nowMs: number): number {
    let next = Infinity;
    for (const lane of this.#sets.due) {
      const at = Math.max(
        lane.dueAt,
        lane.notBefore,
        lane.pace && lane.dueAt <= nowMs ? lane.pace.nextAt : 0,
      );
      if (at > nowMs && at < next) next = at;
    }
    return next;
  }

  /** The endpoints whose work has waited here for too long, be it for a slot or for another sender's sake: each is named now and then. */
  overdue(nowMs: number): string[] {
    const found = [...this.#sets.due].filter((lane) => lane.overdueAt <= nowMs);
    for (const lane of found) lane.passedOnAt = nowMs;
    return found.map((lane) => lane.endpointId);
  }

  /** When the next one will have waited too long; Infinity when none waits. */
  nextOverdueAt(nowMs: number): number {
    let next = Infinity;
    for (const lane of this.#sets.due) if (lane.dueAt <= nowMs) next = Math.min(next, lane.overdueAt);
    return next;
  }

  /** Whether one more request that was claimed may start now beside so many others, as far as its endpoint goes. */
  mayStart(lane: Lane, others = 0): boolean {
    return lane.inFlight + others < lane.allowedBy(this.#limits);
  }

  /** Forgets lanes without work, now and then. */
  tidy(nowMs: number): void {
    if (nowMs < this.#sweptAt + IDLE_MS) return;
    this.#sweptAt = nowMs;
    const accounts = new Set<string>();
    for (const lane of this.#lanes.values())
      if (lane.inFlight + lane.held === 0 && lane.dueAt > nowMs + IDLE_MS && lane.usedAt < nowMs - IDLE_MS) {
        this.#lanes.delete(lane.endpointId);
        this.#sets.due.delete(lane);
        this.#sets.engaged.delete(lane);
      } else accounts.add(lane.account);
    for (const account of this.#accountServedAt.keys())
      if (!accounts.has(account)) this.#accountServedAt.delete(account);
  }
}

/** The first entry from start on, round and round, that may have one more; -1 for none. */
function nextWithRoom(entries: { room: number; want: number }[], start: number): number {
  for (let step = 0; step < entries.length; step += 1) {
    const at = (start + step) % entries.length;
    if (entries[at]!.want < entries[at]!.room) return at;
  }
  return -1;
}
