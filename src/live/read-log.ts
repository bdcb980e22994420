/**
 * Reads the delivery log behind a position, without gaps. Numbers of a sequence commit out of order,
 * so "seq > last" would skip lines of transactions that were still open when their elders were read.
 * Here only lines of transactions below the oldest one still running are read (pg_snapshot_xmin),
 * in the order (xid, seq): nothing can appear behind that front later on.
 */
import { collect } from '../db/fragment.ts';
import type { Sql, SqlFragment } from '../db/sql.ts';
import { behind, type Position } from './cursor.ts';

/** So many lines are looked at by one statement, whether they match or not: a filter that fits nothing stays cheap. */
const WINDOW = 2000;

/** What a line says happened. */
export type LogKind = 'CREATED' | 'RETRY_SCHEDULED' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

/** One line: a delivery's transition and the delivery as it was after it. */
export interface LogLine {
  position: Position;
  kind: LogKind;
  at: Date;
  deliveryId: string;
  version: number;
  eventId: string;
  webhookId: string;
  endpointId: string;
  origin: 'EVENT' | 'TEST';
  attemptCount: number;
  /** The attempt that caused the transition, or null. */
  attemptNumber: number | null;
  nextAttemptAt: Date | null;
  createdAt: Date;
}

/** What one read brought. */
export interface LogRead {
  lines: LogLine[];
  /** Where to go on; behind the last line, or behind all that was looked at. */
  position: Position;
  /** There is more to read at once. */
  more: boolean;
  /** Committed lines exist that must wait for an older transaction to end. */
  held: boolean;
}

/** The lines as a FROM item d with the columns that delivery filters speak of. */
const SCANNED = `(
  select s.*, s.delivery_id as id,
         case s.kind when 'CREATED' then 'PENDING' else s.kind end as status
  from scanned s) d`;

/**
 * Reads at most limit lines of deliveries that pass both fragments: visible over the alias w of
 * webhooks, where over d.
 */
export async function readLog(
  sql: Sql,
  after: Position,
  limit: number,
  visible: SqlFragment,
  where: SqlFragment,
): Promise<LogRead> {
  const { text, values } = collect((add) => {
    const [xid, seq] = [add(after.xid.toString()), add(after.seq.toString())];
    return `
      with horizon as materialized (
        select pg_snapshot_xmin(pg_current_snapshot()) as xmin
      ),
      scanned as materialized (
        select * from delivery_log
        where (xid, seq) > (${xid}::xid8, ${seq}::bigint) and xid < (select xmin from horizon)
        order by xid, seq
        limit ${WINDOW}
      ),
      matched as materialized (
        select d.* from ${SCANNED} join webhooks w on w.id = d.webhook_id
        where (${visible(add)}) and (${where(add)})
        order by d.xid, d.seq
        limit ${add(limit)}
      )
      select h.xmin::text as horizon,
             (select count(*)::int from scanned) as scanned,
             (select xid::text || '.' || seq from scanned order by xid desc, seq desc limit 1) as last_scanned,
             coalesce((select max(xid) from delivery_log) >= h.xmin, false) as held,
             m.xid::text as xid, m.seq::text as seq, m.kind, m.at, m.delivery_id, m.version, m.event_id,
             m.webhook_id, m.endpoint_id, m.origin, m.attempt_count, m.attempt_number, m.next_attempt_at, m.created_at
      from horizon h left join matched m on true
      order by m.xid, m.seq`;
  });
  const { rows } = await sql.query<Record<string, unknown>>(text, values);
  const head = rows[0]!;
  const lines = rows.filter((row) => row['xid'] !== null).map(toLine);
  const full = (head['scanned'] as number) === WINDOW;
  const [lastXid, lastSeq] = ((head['last_scanned'] as string | null) ?? '').split('.');
  const cut = lines.length === limit;
  const end = full
    ? { xid: BigInt(lastXid!), seq: BigInt(lastSeq!) }
    : behind(BigInt(head['horizon'] as string));
  const position = cut ? lines.at(-1)!.position : later(end, after);
  return { lines, position, more: cut || full, held: head['held'] as boolean };
}

/** The position behind everything that can be read now; a page read after it misses nothing that comes later. */
export async function currentPosition(sql: Sql): Promise<Position> {
  const { rows } = await sql.query<{ horizon: string }>(
    'select pg_snapshot_xmin(pg_current_snapshot())::text as horizon',
  );
  return behind(BigInt(rows[0]!.horizon));
}

/** The one of two positions that lies behind the other. */
export function later(a: Position, b: Position): Position {
  return a.xid > b.xid || (a.xid === b.xid && a.seq > b.seq) ? a : b;
}

function toLine(row: Record<string, unknown>): LogLine {
  return {
    position: { xid: BigInt(row['xid'] as string), seq: BigInt(row['seq'] as string) },
    kind: row['kind'] as LogKind,
    at: row['at'] as Date,
    deliveryId: row['delivery_id'] as string,
    version: row['version'] as number,
    eventId: row['event_id'] as string,
    webhookId: row['webhook_id'] as string,
    endpointId: row['endpoint_id'] as string,
    origin: row['origin'] as LogLine['origin'],
    attemptCount: row['attempt_count'] as number,
    attemptNumber: row['attempt_number'] as number | null,
    nextAttemptAt: row['next_attempt_at'] as Date | null,
    createdAt: row['created_at'] as Date,
  };
}
