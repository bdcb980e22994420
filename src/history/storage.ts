/** What is kept, and how much room it takes: for the command storage and for the metrics. */
import { type Keep, listPartitions, type Partition, PARTITIONED } from '../db/partitions.ts';
import type { Sql } from '../db/sql.ts';
import { idTime } from '../ids.ts';
import { dueMs } from './retention-plan.ts';
import { jobsEverywhere } from './retention-progress.ts';

/** Tables without partitions that grow with use, and are forgotten in other ways or never. */
const WHOLE = [
  'delivery_queue',
  'delivery_stats',
  'event_keys',
  'idempotency_keys',
  'webhook_changes',
  'audit_log',
  'replay_items',
] as const;

/** One table. */
export interface StoredTable {
  table: string;
  /** On disk, with its indexes. */
  bytes: number;
  /** 0: it has none. */
  partitions: number;
  /** When its oldest row was made; null where it is empty or not known. */
  oldest: Date | null;
  /** When its oldest partition that holds rows is due to go; null where none is, or without keep. */
  nextDrop: Date | null;
}

/** The tables that grow; keep is asked for nextDrop only. */
export async function storageReport(sql: Sql, keep?: Keep): Promise<StoredTable[]> {
  const partitions = await listPartitions(sql);
  const sizes = await sizesOf(sql, [...partitions.map(({ name }) => name), ...WHOLE]);
  const report: StoredTable[] = [];
  for (const of of PARTITIONED) {
    const own = partitions.filter((partition) => partition.of === of);
    const first = await oldestRow(sql, own);
    report.push({
      table: of.table,
      bytes: own.reduce((sum, { name }) => sum + (sizes.get(name) ?? 0), 0),
      partitions: own.length,
      oldest: first?.at ?? null,
      nextDrop: first && keep ? new Date(dueMs(first.partition, keep)) : null,
    });
  }
  for (const table of WHOLE)
    report.push({ table, bytes: sizes.get(table) ?? 0, partitions: 0, oldest: null, nextDrop: null });
  return report;
}

async function sizesOf(sql: Sql, tables: string[]): Promise<Map<string, number>> {
  // Null for one that was dropped a moment ago.
  const { rows } = await sql.query<{ name: string; bytes: string | null }>(
    `select name, pg_total_relation_size(to_regclass(name)) as bytes from unnest($1::text[]) as t (name)`,
    [tables],
  );
  return new Map(rows.map(({ name, bytes }) => [name, Number(bytes ?? 0)]));
}

/** The oldest row of a table, and the partition that it is in: the first in its order that holds one. */
async function oldestRow(
  sql: Sql,
  partitions: readonly Partition[],
): Promise<{ at: Date; partition: Partition } | null> {
  for (const partition of partitions) {
    const { by, table } = partition.of;
    const column =
      by === 'time'
        ? 'at'
        : table === 'event_payloads'
          ? 'event_id'
          : table === 'attempts'
            ? 'delivery_id'
            : 'id';
    const order = by === 'time' ? 'xid, seq' : column;
    const { rows } = await sql
      .query<{ first: string | Date }>(
        `select ${column} as first from ${partition.name} order by ${order} limit 1`,
      )
      .catch((error: unknown) => {
        if ((error as { code?: string }).code === UNDEFINED_TABLE) return { rows: [] };
        throw error;
      });
    const first = rows[0]?.first;
    if (first !== undefined)
      return { at: typeof first === 'string' ? new Date(idTime(first)) : first, partition };
  }
  return null;
}

/** SQLSTATE of a table that was dropped a moment ago. */
const UNDEFINED_TABLE = '42P01';

/** The report and the jobs as text for people. */
export async function storageText(sql: Sql, keep: Keep): Promise<string> {
  const tables = await storageReport(sql, keep);
  const jobs = await jobsEverywhere(sql);
  const lines = [
    ['Table', 'Size', 'Partitions', 'Oldest row', 'Next drop'],
    ...tables.map(({ table, bytes, partitions, oldest, nextDrop }) => [
      table,
      sizeInWords(bytes),
      partitions === 0 ? '-' : String(partitions),
      day(oldest),
      day(nextDrop),
    ]),
  ];
  const said = jobs.map(
    ({ job, done, total, startedAt, finishedAt, failure }) =>
      `  ${job}: ${done} of ${total}, begun ${startedAt.toISOString()}, ` +
      (finishedAt === null
        ? 'running'
        : failure === null
          ? `ended ${finishedAt.toISOString()}`
          : `failed: ${failure}`),
  );
  return `${aligned(lines)}\n\nJobs of retention, each as of its last run\n${said.length > 0 ? said.join('\n') : '  none has run yet'}`;
}

function day(at: Date | null): string {
  return at === null ? '-' : at.toISOString().slice(0, 10);
}

function sizeInWords(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** Columns padded to the widest cell of each. */
function aligned(lines: string[][]): string {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
