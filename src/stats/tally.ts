/** Counts lines of the delivery log by scope, step and time, and writes what was counted in the caller's transaction. */
import { setImmediate as otherWork } from 'node:timers/promises';

import type { Sql } from '../db/sql.ts';
import type { LineGroup } from './read-lines.ts';
import { LatencySketch } from './sketch.ts';
import { beginningOf, DIVISIONS } from './windows.ts';

/** So many groups, or rows, are worked at before whatever else waits in the process gets a turn. */
const TURN = 500;

/** The account of a webhook, and that with all accounts above it. */
interface Place {
  accountId: string;
  above: string[];
}

/** A row of delivery_stats to be added to. */
interface Row {
  scopeId: string;
  partId: string;
  step: number;
  /** Seconds since 1970. */
  at: number;
  created: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  /** Duration, ms -> how often. */
  durations: Map<number, number>;
}

/** Where a delivery goes out of, and comes back into, the number of open ones. */
const OPENED: Record<LineGroup['kind'], number> = {
  CREATED: 1,
  RETRY_SCHEDULED: 0,
  SUCCEEDED: -1,
  FAILED: -1,
  CANCELLED: -1,
};

const COUNTED = {
  CREATED: 'created',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
} as const;

/** What a number of lines comes to. */
export class Tally {
  readonly #rows = new Map<string, Row>();
  readonly #open = new Map<string, { scopeId: string; partId: string; count: number }>();

  /** Counts groups of lines; nowMs says which of them are too old for the finer steps. */
  static async of(sql: Sql, groups: readonly LineGroup[], nowMs: number): Promise<Tally> {
    const tally = new Tally();
    const places = await placesOf(sql, [...new Set(groups.map((group) => group.webhookId))]);
    for (const [index, group] of groups.entries()) {
      const place = places.get(group.webhookId);
      // Webhooks are never forgotten.
      if (place !== undefined) tally.#add(group, place, nowMs / 1000);
      if (index % TURN === TURN - 1) await otherWork();
    }
    return tally;
  }

  /** The webhooks and accounts that it is about. */
  get scopes(): string[] {
    return [...new Set([...this.#rows.values()].map((row) => row.scopeId))];
  }

  #add(group: LineGroup, place: Place, now: number): void {
    const { webhookId, endpointId, minute, count } = group;
    const opened = (OPENED[group.kind] + Number(group.reopened)) * count;
    if (opened !== 0) {
      this.#opened(webhookId, endpointId, opened);
      this.#opened(place.accountId, '', opened);
    }
    for (const { step, keep } of DIVISIONS) {
      const at = beginningOf(minute, step);
      if (at < now - keep) continue;
      countLines(this.#row(webhookId, endpointId, step, at), group);
      for (const accountId of place.above) countLines(this.#row(accountId, '', step, at), group);
    }
  }

  #opened(scopeId: string, partId: string, count: number): void {
    const key = `${scopeId} ${partId}`;
    const known = this.#open.get(key);
    if (known) known.count += count;
    else this.#open.set(key, { scopeId, partId, count });
  }

  #row(scopeId: string, partId: string, step: number, at: number): Row {
    const key = `${scopeId} ${partId} ${step} ${at}`;
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = {
        scopeId,
        partId,
        step,
        at,
        created: 0,
        succeeded: 0,
        failed: 0,
        cancelled: 0,
        durations: new Map(),
      };
      this.#rows.set(key, row);
    }
    return row;
  }

  /** Adds it to what is stored. Nobody else may write these tables meanwhile. */
  async write(sql: Sql): Promise<void> {
    const rows = [...this.#rows.values()];
    if (rows.length > 0) await writeRows(sql, rows, await this.#latencies(sql));
    const open = [...this.#open.values()].filter(({ count }) => count !== 0);
    if (open.length > 0)
      await sql.query(
        `insert into delivery_stats_open as o (scope_id, part_id, open)
         select * from unnest($1::text[], $2::text[], $3::bigint[])
         on conflict (scope_id, part_id) do update set open = o.open + excluded.open`,
        [open.map((row) => row.scopeId), open.map((row) => row.partId), open.map((row) => row.count)],
      );
  }

  /** The sketches as they are to be stored: of each row with durations what is there, and these. */
  async #latencies(sql: Sql): Promise<Map<Row, Buffer>> {
    const timed = [...this.#rows].filter(([, row]) => row.durations.size > 0);
    const { rows: stored } = await sql.query<{ key: string; latency: Buffer }>(
      `select k.key, s.latency
       from unnest($1::text[], $2::text[], $3::int[], $4::float8[], $5::text[]) k (key, scope_id, step, at, part_id)
       join delivery_stats s on s.scope_id = k.scope_id and s.step = k.step and s.at = to_timestamp(k.at) and s.part_id = k.part_id
       where s.latency is not null`,
      [timed.map(([key]) => key), ...keysOf(timed.map(([, row]) => row))],
    );
    const before = new Map(stored.map(({ key, latency }) => [key, latency]));
    const latencies = new Map<Row, Buffer>();
    for (const [index, [key, row]] of timed.entries()) {
      const sketch = new LatencySketch();
      const known = before.get(key);
      if (known) sketch.merge(known);
      for (const [durationMs, count] of row.durations) sketch.add(durationMs, count);
      latencies.set(row, sketch.encode());
      if (index % TURN === TURN - 1) await otherWork();
    }
    return latencies;
  }
}

function countLines(row: Row, { kind, durationMs, count }: LineGroup): void {
  if (kind !== 'RETRY_SCHEDULED') row[COUNTED[kind]] += count;
  if (durationMs !== null) row.durations.set(durationMs, (row.durations.get(durationMs) ?? 0) + count);
}

function keysOf(rows: readonly Row[]): [string[], number[], number[], string[]] {
  return [
    rows.map((row) => row.scopeId),
    rows.map((row) => row.step),
    rows.map((row) => row.at),
    rows.map((row) => row.partId),
  ];
}

async function writeRows(sql: Sql, rows: readonly Row[], latencies: ReadonlyMap<Row, Buffer>): Promise<void> {
  await sql.query(
    `insert into delivery_stats as s (scope_id, step, at, part_id, created, succeeded, failed, cancelled, latency)
     select k.scope_id, k.step, to_timestamp(k.at), k.part_id, k.created, k.succeeded, k.failed, k.cancelled, k.latency
     from unnest($1::text[], $2::int[], $3::float8[], $4::text[], $5::int[], $6::int[], $7::int[], $8::int[], $9::bytea[])
       k (scope_id, step, at, part_id, created, succeeded, failed, cancelled, latency)
     on conflict (scope_id, step, at, part_id) do update
     set created = s.created + excluded.created, succeeded = s.succeeded + excluded.succeeded,
         failed = s.failed + excluded.failed, cancelled = s.cancelled + excluded.cancelled,
         latency = coalesce(excluded.latency, s.latency)`,
    [
      ...keysOf(rows),
      rows.map((row) => row.created),
      rows.map((row) => row.succeeded),
      rows.map((row) => row.failed),
      rows.map((row) => row.cancelled),
      rows.map((row) => latencies.get(row) ?? null),
    ],
  );
}

/** The places of webhooks, deleted ones included, as the tree is now. */
async function placesOf(sql: Sql, webhookIds: readonly string[]): Promise<Map<string, Place>> {
  if (webhookIds.length === 0) return new Map();
  const { rows } = await sql.query<{ id: string; account_id: string; above: string[] }>(
    `select w.id, w.account_id, array(select a.id from logins a where a.id = any (l.path) and a.is_account) as above
     from webhooks w join logins l on l.id = w.account_id
     where w.id = any ($1::text[])`,
    [webhookIds],
  );
  return new Map(rows.map((row) => [row.id, { accountId: row.account_id, above: row.above }]));
}
