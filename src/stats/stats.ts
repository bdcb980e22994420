/**
 * Reads statistics. Comes in: of what (webhooks, endpoints, or all that a caller may see) and over which window; goes out:
 * counts, points and percentiles, from rows that are there already: as many for each scope as the window has points,
 * however much was sent.
 */
import { collect } from '../db/fragment.ts';
import type { Sql, SqlFragment } from '../db/sql.ts';
import { LatencySketch } from './sketch.ts';
import { pointsOf, type StatsWindow, WINDOWS } from './windows.ts';

/** Upper limits of the bars of the histogram, ms; above the last one there is one more. */
export const LATENCY_LIMITS_MS = [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000] as const;

/** What happened in a window; test deliveries are nowhere in it. */
export interface Counts {
  /** Deliveries that were made. */
  total: number;
  /** How often one ended as delivered. */
  succeeded: number;
  failed: number;
  /** The oldest first, without gaps. */
  points: { at: Date; succeeded: number; failed: number }[];
}

/** How long the exchanges of a window's attempts took, in all and by point. */
export interface Latencies {
  all: LatencySketch;
  /** By the beginning of the point, in seconds since 1970. */
  byPoint: Map<number, LatencySketch>;
}

/** A webhook, or one of its endpoints. */
export interface Part {
  webhookId: string;
  /** Null for all of them, removed ones included. */
  endpointId: string | null;
}

/** All that a caller may see: an account with all below it, and webhooks outside of it. */
export interface Reach {
  /** Null for one who manages no webhooks. */
  accountId: string | null;
  /** True for rows of webhooks w that it may see besides; null for none. */
  besides: SqlFragment | null;
  /** The same text for callers who see the same. */
  key: string;
}

/** Reads statistics from the database; now is the database's time. */
export class Stats {
  readonly #sql: Sql;
  readonly #now: () => Date;

  constructor(options: { sql: Sql; now: () => Date }) {
    this.#sql = options.sql;
    this.#now = options.now;
  }

  /** The counts of webhooks and endpoints, in their order: one statement for all of them. */
  counts(parts: readonly Part[], window: StatsWindow): Promise<Counts[]> {
    return this.#counts(ofParts(parts), parts.length, window);
  }

  /** The same of all that a caller may see. */
  async countsWithin(reach: Reach, window: StatsWindow): Promise<Counts> {
    return (await this.#counts(ofReach(reach), 1, window))[0]!;
  }

  /** How many deliveries are open now, in the order of the parts. */
  pending(parts: readonly Part[]): Promise<number[]> {
    const scopes = ofParts(parts);
    return this.#pending(
      (add) => `
        select k.place, o.open from (${scopes(add)}) k
        join delivery_stats_open o on o.scope_id = k.scope_id and (k.part_id is null or o.part_id = k.part_id)`,
      parts.length,
    );
  }

  /** The same of all that a caller may see, by the tree as it is now. */
  async pendingWithin({ accountId, besides }: Reach): Promise<number> {
    const below: SqlFragment = (add) => `
      select 0 as place, o.open from delivery_stats_open o join logins l on l.id = o.scope_id
      where ${add(accountId)}::text = any (l.path)`;
    const outside: SqlFragment = (add) => `
      select 0 as place, o.open from webhooks w join delivery_stats_open o on o.scope_id = w.id
      where ${besides!(add)}`;
    const open: SqlFragment = (add) =>
      [accountId === null ? null : below(add), besides && outside(add)].filter(Boolean).join(' union all ');
    return (await this.#pending(open, 1))[0]!;
  }

  /** How long exchanges took, in the order of the parts: one statement for all of them. */
  latencies(parts: readonly Part[], window: StatsWindow): Promise<Latencies[]> {
    return this.#latencies(ofParts(parts), parts.length, window);
  }

  /** The same of all that a caller may see. */
  async latenciesWithin(reach: Reach, window: StatsWindow): Promise<Latencies> {
    return (await this.#latencies(ofReach(reach), 1, window))[0]!;
  }

  async #counts(scopes: SqlFragment, count: number, window: StatsWindow): Promise<Counts[]> {
    const times = pointsOf(WINDOWS[window], this.#now());
    const found = Array.from({ length: count }, () => new Map<number, CountRow>());
    const rows = await this.#select<CountRow>(
      (add) => `
        select k.place, extract(epoch from s.at)::float8 as at, sum(s.created)::float8 as created,
               sum(s.succeeded)::float8 as succeeded, sum(s.failed)::float8 as failed
        ${rowsOf(scopes, window, times)(add)}
        group by k.place, s.at`,
    );
    for (const row of rows) found[row.place]!.set(row.at, row);
    return found.map((byTime) => {
      const points = times.map((at) => ({
        at: new Date(at * 1000),
        succeeded: byTime.get(at)?.succeeded ?? 0,
        failed: byTime.get(at)?.failed ?? 0,
      }));
      const sum = (of: keyof CountRow) => [...byTime.values()].reduce((total, row) => total + row[of], 0);
      return { total: sum('created'), succeeded: sum('succeeded'), failed: sum('failed'), points };
    });
  }

  async #pending(open: SqlFragment, count: number): Promise<number[]> {
    const sums = new Array<number>(count).fill(0);
    const rows = await this.#select<{ place: number; open: number }>(
      (add) => `select place, sum(open)::float8 as open from (${open(add)}) o group by place`,
    );
    for (const { place, open: sum } of rows) sums[place] = sum;
    return sums;
  }

  async #latencies(scopes: SqlFragment, count: number, window: StatsWindow): Promise<Latencies[]> {
    const times = pointsOf(WINDOWS[window], this.#now());
    const found = Array.from({ length: count }, (): Latencies => ({
      all: new LatencySketch(),
      byPoint: new Map(),
    }));
    const rows = await this.#select<{ place: number; at: number; latency: Buffer }>(
      (add) => `
        select k.place, extract(epoch from s.at)::float8 as at, s.latency
        ${rowsOf(scopes, window, times)(add)} and s.latency is not null`,
    );
    for (const { place, at, latency } of rows) {
      const { all, byPoint } = found[place]!;
      all.merge(latency);
      const point = byPoint.get(at);
      if (point) point.merge(latency);
      else byPoint.set(at, LatencySketch.of(latency));
    }
    return found;
  }

  async #select<R extends object>(fragment: SqlFragment): Promise<R[]> {
    const { text, values } = collect(fragment);
    return (await this.#sql.query<R>(text, values)).rows;
  }
}

interface CountRow {
  place: number;
  at: number;
  created: number;
  succeeded: number;
  failed: number;
}

/** FROM and WHERE of the rows of scopes k in a window. */
function rowsOf(scopes: SqlFragment, window: StatsWindow, times: readonly number[]): SqlFragment {
  return (add) => `
    from (${scopes(add)}) k
    join delivery_stats s on s.scope_id = k.scope_id and s.step = ${WINDOWS[window].step}
    where s.at between to_timestamp(${add(times[0])}::float8) and to_timestamp(${add(times.at(-1))}::float8)
      and (k.part_id is null or s.part_id = k.part_id)`;
}

/** Scopes as rows (place, scope_id, part_id); a null part is all of them. */
function ofParts(parts: readonly Part[]): SqlFragment {
  return (add) => `
    select (g.place - 1)::int as place, g.scope_id, g.part_id
    from unnest(${add(parts.map((part) => part.webhookId))}::text[], ${add(parts.map((part) => part.endpointId))}::text[])
      with ordinality g (scope_id, part_id, place)`;
}

function ofReach({ accountId, besides }: Reach): SqlFragment {
  return (add) =>
    [
      accountId === null
        ? null
        : `select 0 as place, ${add(accountId)}::text as scope_id, null::text as part_id`,
      // OFFSET has the webhooks looked up first, by index: joined at will, all there are may be read for a few.
      besides &&
        `(select 0 as place, w.id as scope_id, null::text as part_id from webhooks w where ${besides(add)} offset 0)`,
    ]
      .filter(Boolean)
      .join(' union all ');
}
