/**
 * The partitions of what grows with time: one a week, from Monday 00:00 UTC, bounded by the
 * smallest id of that instant. They are made ahead of time, at start and hourly, because a row
 * without a partition cannot be written. Making them twice, or by two processes at once, is harmless.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { idFloor, type IdKind } from '../ids.ts';
import type { Sql } from './sql.ts';

/** The partitioned tables, and whose ids they are partitioned by. */
const PARTITIONED: readonly { table: string; by: IdKind }[] = [
  { table: 'events', by: 'event' },
  { table: 'event_payloads', by: 'event' },
  { table: 'deliveries', by: 'delivery' },
  { table: 'attempts', by: 'delivery' },
];

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** 1970 began on a Thursday. */
const FIRST_MONDAY_MS = 4 * DAY_MS;
/** What readiness asks for; a day more is made, so that an hourly run never comes too late for it. */
const AHEAD_MS = 14 * DAY_MS;
const LOCK_KEY = 7_215_101_002;
const LOCK_TRIES = 10;

/**
 * Makes the missing partitions from the previous week to 14 days (and one more) after nowMs. Cheap when
 * nothing is missing. Rejects when a lock on a parent table cannot be had in some ten tries of a second.
 */
export async function ensurePartitions(sql: Sql, nowMs: number): Promise<void> {
  const present = await presentPartitions(sql);
  for (const week of weeks(nowMs - WEEK_MS, nowMs + AHEAD_MS + DAY_MS)) {
    for (const { table, by } of PARTITIONED) {
      const name = partitionName(table, week);
      if (!present.has(name))
        await createPartition(sql, table, name, idFloor(by, week), idFloor(by, week + WEEK_MS));
    }
  }
}

/** Whether rows of now and of the next 14 days all have their partitions. */
export async function partitionsAhead(sql: Sql, nowMs: number): Promise<boolean> {
  const present = await presentPartitions(sql);
  return weeks(nowMs, nowMs + AHEAD_MS).every((week) =>
    PARTITIONED.every(({ table }) => present.has(partitionName(table, week))),
  );
}

async function presentPartitions(sql: Sql): Promise<Set<string>> {
  const { rows } = await sql.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = any ($1::regclass[]) and not i.inhdetachpending`,
    [PARTITIONED.map(({ table }) => table)],
  );
  return new Set(rows.map((row) => row.name));
}

/**
 * CREATE TABLE LIKE and ATTACH lock the parent far less than CREATE TABLE PARTITION OF, which waits
 * for every running statement and blocks all that come after. One simple query is one transaction.
 */
async function createPartition(
  sql: Sql,
  table: string,
  name: string,
  from: string,
  to: string,
): Promise<void> {
  const statements = `
    set local lock_timeout = '1s';
    select pg_advisory_xact_lock(${LOCK_KEY});
    do $$
    begin
      if not exists (
        select from pg_inherits where inhparent = '${table}'::regclass and inhrelid = to_regclass('${name}')
      ) then
        create table ${name} (like ${table} including all);
        alter table ${table} attach partition ${name} for values from ('${from}') to ('${to}');
      end if;
    end $$;`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await sql.query(statements);
      return;
    } catch (error) {
      const lockTimedOut = (error as { code?: string }).code === '55P03';
      if (!lockTimedOut || attempt === LOCK_TRIES) throw error;
      await sleep(50 * attempt);
    }
  }
}

/** The Mondays (ms) of the weeks that hold the instants from..to. */
function weeks(fromMs: number, toMs: number): number[] {
  const first = monday(fromMs);
  return Array.from({ length: (monday(toMs) - first) / WEEK_MS + 1 }, (_, index) => first + index * WEEK_MS);
}

function monday(atMs: number): number {
  return Math.floor((atMs - FIRST_MONDAY_MS) / WEEK_MS) * WEEK_MS + FIRST_MONDAY_MS;
}

/** Like events_20251124: the Monday that a partition begins with. */
function partitionName(table: string, week: number): string {
  return `${table}_${new Date(week).toISOString().slice(0, 10).replaceAll('-', '')}`;
}
