/**
 * The partitions of what grows with time. Events, payloads, deliveries and attempts are partitioned by id,
 * which begins with the time, the delivery log by the time itself. They are made ahead of time, at start and
 * hourly, because a row without a partition cannot be written. Making them twice, or by two processes at once,
 * is harmless. What the bounds of those that are there say counts, not their names: new ones begin where the
 * old ones end, however wide those are.
 *
 * How wide a partition is follows from how long its rows are kept (partitionDays): as wide as a day only where
 * few are kept, because planning a list takes the longer the more there are. Measured with PostgreSQL 15: a
 * page of events in 16 weekly partitions 0.3 ms, in 112 daily ones 1.7 ms; a claim of 64 deliveries with their
 * payloads in 8 weekly partitions 1.1 ms, in 56 daily ones 1.2 ms.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { idFloor, type IdKind, idTime } from '../ids.ts';
import type { Sql } from './sql.ts';

/** How long rows are kept, ms: the settings of those names. */
export interface Keep {
  keepPayloadsMs: number;
  keepAttemptsMs: number;
  keepEventsMs: number;
  keepDeliveriesMs: number;
  keepLogMs: number;
}

/** A partitioned table. */
export interface PartitionedTable {
  table: string;
  /** Whose ids it is partitioned by; by the time, where it is "time". */
  by: IdKind | 'time';
  /** The setting that says how long its rows are kept. */
  keep: keyof Keep;
}

/** The partitioned tables. */
export const PARTITIONED: readonly PartitionedTable[] = [
  { table: 'events', by: 'event', keep: 'keepEventsMs' },
  { table: 'event_payloads', by: 'event', keep: 'keepPayloadsMs' },
  { table: 'deliveries', by: 'delivery', keep: 'keepDeliveriesMs' },
  { table: 'attempts', by: 'delivery', keep: 'keepAttemptsMs' },
  { table: 'delivery_log', by: 'time', keep: 'keepLogMs' },
];

/** A partition: rows of the instants fromMs..toMs (ms since 1970, half open); null has no lower bound. */
export interface Partition {
  of: PartitionedTable;
  name: string;
  fromMs: number | null;
  toMs: number;
  /** Its bound as the table knows it: an id, or an instant. */
  to: string;
}

const DAY_MS = 86_400_000;
/** 1970 began on a Thursday. */
const FIRST_MONDAY_MS = 4 * DAY_MS;
/** What readiness asks for; a day more is made, so that an hourly run never comes too late for it. */
const AHEAD_MS = 14 * DAY_MS;
const LOCK_KEY = 7_215_101_002;
const LOCK_TRIES = 10;
/** SQLSTATE invalid_object_definition: the new partition would overlap another. */
const OVERLAP = '42P17';
const OVERLAP_TRIES = 5;

/** How many days a partition holds whose rows are kept for so long: so that there are some sixty of them at most, or 130 in ten years. */
export function partitionDays(keepMs: number): 1 | 7 | 28 {
  if (keepMs <= 45 * DAY_MS) return 1;
  return keepMs <= 400 * DAY_MS ? 7 : 28;
}

/**
 * Makes the missing partitions from the day before to 14 days (and one more) after nowMs. Cheap when nothing is
 * missing. Rejects when a lock on a parent table cannot be had in some ten tries of a second.
 */
export async function ensurePartitions(sql: Sql, keep: Keep, nowMs: number): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await makeMissing(sql, keep, nowMs);
    } catch (error) {
      // A server with other settings has made a wider or a narrower one at the same moment.
      if ((error as { code?: string }).code !== OVERLAP || attempt === OVERLAP_TRIES) throw error;
    }
  }
}

async function makeMissing(sql: Sql, keep: Keep, nowMs: number): Promise<void> {
  const present = await listPartitions(sql);
  for (const of of PARTITIONED) {
    const taken = present.filter((partition) => partition.of === of);
    const widthMs = partitionDays(keep[of.keep]) * DAY_MS;
    for (const [from, to] of gaps(taken, widthMs, nowMs - DAY_MS, nowMs + AHEAD_MS + DAY_MS))
      await createPartition(sql, of, from, to);
  }
}

/** Whether rows of now and of the next 14 days all have their partitions. */
export async function partitionsAhead(sql: Sql, nowMs: number): Promise<boolean> {
  const present = await listPartitions(sql);
  return PARTITIONED.every((of) => {
    const taken = present.filter((partition) => partition.of === of);
    return gaps(taken, DAY_MS, nowMs, nowMs + AHEAD_MS).length === 0;
  });
}

/** All partitions of these tables but those that are being detached, the oldest of each table first. */
export async function listPartitions(
  sql: Sql,
  tables: readonly PartitionedTable[] = PARTITIONED,
): Promise<Partition[]> {
  // The session's own notation of times is read back by the session itself.
  const inMs = (bound: string): string =>
    `case when p.relname = any ($2::text[]) then (extract(epoch from ${bound}::timestamptz) * 1000)::text else ${bound} end`;
  const { rows } = await sql.query<{ table: string; name: string; low: string | null; high: string }>(
    `select p.relname as table, c.relname as name, ${inMs('b.bounds[1]')} as low, ${inMs('b.bounds[2]')} as high
     from pg_inherits i
     join pg_class p on p.oid = i.inhparent
     join pg_class c on c.oid = i.inhrelid
     cross join lateral (
       select regexp_match(pg_get_expr(c.relpartbound, c.oid),
                           'FROM \\((?:''([^'']+)''|MINVALUE)\\) TO \\(''([^'']+)''\\)') as bounds
     ) b
     where i.inhparent = any ($1::regclass[]) and not i.inhdetachpending and b.bounds is not null`,
    [tables.map(({ table }) => table), tables.filter(({ by }) => by === 'time').map(({ table }) => table)],
  );
  return rows
    .map(({ table, name, low, high }) => {
      const of = tables.find((entry) => entry.table === table)!;
      const msOf = of.by === 'time' ? Number : idTime;
      const toMs = msOf(high);
      return { of, name, fromMs: low === null ? null : msOf(low), toMs, to: boundOf(of, toMs) };
    })
    .sort((a, b) => a.toMs - b.toMs);
}

/**
 * What of an instant's partition up to another's is not taken, in pieces that end at multiples of the width and
 * where something taken begins.
 */
function gaps(
  taken: readonly Partition[],
  widthMs: number,
  fromMs: number,
  toMs: number,
): [from: number, to: number][] {
  const found: [number, number][] = [];
  for (let at = alignedBelow(fromMs, widthMs); at <= toMs;) {
    const instant = at;
    const holder = taken.find(({ fromMs: from, toMs: to }) => (from ?? 0) <= instant && instant < to);
    if (holder) {
      at = holder.toMs;
      continue;
    }
    const later = taken.map(({ fromMs: from }) => from ?? 0).filter((from) => from > instant);
    const end = Math.min(alignedBelow(at, widthMs) + widthMs, ...later);
    found.push([at, end]);
    at = end;
  }
  return found;
}

function alignedBelow(atMs: number, widthMs: number): number {
  return Math.floor((atMs - FIRST_MONDAY_MS) / widthMs) * widthMs + FIRST_MONDAY_MS;
}

/** An instant as a bound of a table. */
function boundOf({ by }: PartitionedTable, atMs: number): string {
  return by === 'time' ? new Date(atMs).toISOString() : idFloor(by, atMs);
}

/**
 * CREATE TABLE LIKE and ATTACH lock the parent far less than CREATE TABLE PARTITION OF, which waits
 * for every running statement and blocks all that come after. One simple query is one transaction.
 */
async function createPartition(sql: Sql, of: PartitionedTable, fromMs: number, toMs: number): Promise<void> {
  const { table } = of;
  const name = `${table}_${new Date(fromMs).toISOString().slice(0, 10).replaceAll('-', '')}`;
  const statements = `
    set local lock_timeout = '1s';
    select pg_advisory_xact_lock(${LOCK_KEY});
    do $$
    begin
      if not exists (
        select from pg_inherits where inhparent = '${table}'::regclass and inhrelid = to_regclass('${name}')
      ) then
        create table ${name} (like ${table} including all);
        alter table ${table} attach partition ${name} for values from ('${boundOf(of, fromMs)}') to ('${boundOf(of, toMs)}');
      end if;
    end $$;`;
  await retryLocked(() => sql.query(statements), LOCK_TRIES);
}

/** Repeats a statement whose lock_timeout ran out, after a growing pause; rejects as the last try does. */
export async function retryLocked<T>(statement: () => Promise<T>, tries: number): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await statement();
    } catch (error) {
      const lockTimedOut = (error as { code?: string }).code === '55P03';
      if (!lockTimedOut || attempt === tries) throw error;
      await sleep(50 * attempt);
    }
  }
}
