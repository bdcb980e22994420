/**
 * What PostgreSQL does for an answer: the statements as the server of this process sends them, and their plans, carried out
 * again on another connection with EXPLAIN ANALYZE. In comes work that asks the server, out come the statements that read;
 * a plan becomes what it reads from which tables.
 */
import pg from 'pg';

import { connectionSettings } from '../../src/db/pools.ts';

/** One statement as it was sent. */
export interface SentStatement {
  text: string;
  values: unknown[];
}

/** What a plan does. */
export interface Reading {
  /** Rows that it looked at, in all tables, those that it dropped included. */
  read: number;
  /** How often it began to look something up, by table or partition. */
  looks: Map<string, number>;
  /** Rows that it returned. */
  returned: number;
  /** To plan it and to carry it out. */
  ms: number;
  /** Tables and partitions that the planner had to look into, those included that it was told to leave out when it was carried out. */
  tables: string[];
  /** Tables that it reads from one end to the other, with the rows looked at. */
  scans: { table: string; rows: number }[];
  /** The statement and its plan, for people. */
  shown: () => string;
}

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: PlanNode[];
}

/** Runs work and returns what it had the server of this process read. Work of others at the same time is among it. */
export async function statementsOf(work: () => Promise<unknown>): Promise<SentStatement[]> {
  const sent: SentStatement[] = [];
  const prototype = pg.Client.prototype as unknown as { query: (...args: unknown[]) => unknown };
  const { query } = prototype;
  prototype.query = function (this: unknown, ...args: unknown[]) {
    const [first, second] = args as [string | { text?: string; values?: unknown[] } | undefined, unknown];
    const text = typeof first === 'string' ? first : first?.text;
    const values = Array.isArray(second) ? second : typeof first === 'object' ? (first.values ?? []) : [];
    if (text !== undefined && isReading(text)) sent.push({ text, values });
    return query.apply(this, args);
  };
  try {
    await work();
  } finally {
    prototype.query = query;
  }
  return sent;
}

function isReading(text: string): boolean {
  return (
    /^[\s(]*(select|with)\b/i.test(text) &&
    !/\b(insert into|update|delete from|pg_notify|pg_advisory\w*)\b/i.test(text)
  );
}

/** A connection on which statements are planned as on the server's own ones for reading. */
export async function openExplainer(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, ...connectionSettings('reads') });
  await client.connect();
  return client;
}

const PARTITION = /_\d{8}$/;
/**
 * A partition of fewer rows is read whole rather than by an index, anew for each key of a list, and is counted once: on some days of the week the oldest and
 * the newest one hold but some hours.
 */
const SLIVER = 800;

/** Carries a statement out and says what it read. */
export async function readingOf(explainer: pg.Client, { text, values }: SentStatement): Promise<Reading> {
  const { rows } = await explainer.query<{
    'QUERY PLAN': { Plan: PlanNode; 'Planning Time': number; 'Execution Time': number }[];
  }>(`explain (analyze, timing off, buffers off, format json) ${text}`, values);
  const { Plan: top, 'Planning Time': planMs, 'Execution Time': runMs } = rows[0]!['QUERY PLAN'][0]!;
  const scans = new Map<string, number>();
  const looks = new Map<string, number>();
  let read = 0;
  const visit = (node: PlanNode): void => {
    const table = node['Relation Name'];
    if (table !== undefined) {
      looks.set(table, (looks.get(table) ?? 0) + node['Actual Loops']);
      const each =
        node['Actual Rows'] +
        (node['Rows Removed by Filter'] ?? 0) +
        (node['Rows Removed by Index Recheck'] ?? 0);
      const isSliver = node['Node Type'] === 'Seq Scan' && PARTITION.test(table) && each < SLIVER;
      const looked = Math.round(each * (isSliver ? 1 : node['Actual Loops']));
      read += looked;
      if (node['Node Type'] === 'Seq Scan') scans.set(table, (scans.get(table) ?? 0) + looked);
    }
    // What an index brings is looked at, whether or not its rows are.
    if (node['Node Type'] === 'Bitmap Index Scan')
      read += Math.round(node['Actual Rows'] * node['Actual Loops']);
    node.Plans?.forEach(visit);
  };
  visit(top);
  return {
    read,
    looks,
    returned: Math.round(top['Actual Rows']),
    ms: planMs + runMs,
    tables: [...looks.keys()],
    scans: [...scans].map(([table, rows]) => ({ table, rows })),
    shown: () =>
      `${text}\n-- ${JSON.stringify(values).slice(0, 500)}\n-- ${read} rows, planned in ${planMs} ms, carried out in ${runMs}\n${outline(top, 0)}`,
  };
}

function outline(node: PlanNode, depth: number): string {
  if (node['Actual Loops'] === 0) return '';
  const removed = node['Rows Removed by Filter'];
  const line = `${'  '.repeat(depth)}${node['Node Type']} ${node['Relation Name'] ?? ''} ${node['Index Name'] ?? ''} rows ${node['Actual Rows']} x ${node['Actual Loops']}${removed === undefined ? '' : ` dropped ${removed}`}`;
  return [line, ...(node.Plans ?? []).map((plan) => outline(plan, depth + 1))].filter(Boolean).join('\n');
}
