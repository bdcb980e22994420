/**
 * Reads the delivery log behind a position, as src/live/read-log.ts does and in the same order, but for counting:
 * lines come grouped by endpoint, minute, kind and duration, so that their number hardly follows the traffic's.
 */
import type { Sql } from '../db/sql.ts';
import type { Position } from '../live/cursor.ts';
import type { LogKind } from '../live/read-log.ts';

/** Lines that are alike. */
export interface LineGroup {
  webhookId: string;
  endpointId: string;
  /** Seconds since 1970. */
  minute: number;
  kind: LogKind;
  /** They opened a delivery again that was closed. */
  reopened: boolean;
  /** How long the exchange took, ms; null where there was none. */
  durationMs: number | null;
  count: number;
}

/** What one read brought. */
export interface LinesRead {
  groups: LineGroup[];
  /** How many lines were read, those of test deliveries included. */
  lines: number;
  /** Where to go on. */
  position: Position;
  /** Committed lines exist that must wait for an older transaction to end. */
  held: boolean;
}

/** The limit is part of the text, and the text has no name: so it is planned with all values known, and never sorts the log. */
const read = (limit: number): string => `
  with horizon as materialized (
    select pg_snapshot_xmin(pg_current_snapshot()) as xmin
  ),
  scanned as materialized (
    select l.* from delivery_log l
    where (l.xid, l.seq) > ($1::xid8, $2::bigint) and l.xid < (select xmin from horizon)
    order by l.xid, l.seq
    limit ${limit}
  ),
  alike as (
    select webhook_id, endpoint_id, date_bin('1 minute', at, 'epoch') as minute, kind, reopened, duration_ms, count(*) as count
    from scanned where origin <> 'TEST'
    group by 1, 2, 3, 4, 5, 6
  )
  select null as webhook_id, null as endpoint_id, null::float8 as minute, null as kind, false as reopened, null::int as duration_ms,
         (select count(*)::int from scanned) as count,
         (select xid::text || '.' || seq from scanned order by xid desc, seq desc limit 1) as last,
         coalesce((select max(xid) from delivery_log) >= (select xmin from horizon), false) as held
  union all
  select webhook_id, endpoint_id, extract(epoch from minute)::float8, kind, coalesce(reopened, false), duration_ms, count::int, null, false
  from alike`;

/** Reads at most limit lines. Those of test deliveries are passed over. */
export async function readLines(sql: Sql, after: Position, limit: number): Promise<LinesRead> {
  const { rows } = await sql.query<{
    webhook_id: string | null;
    endpoint_id: string;
    minute: number;
    kind: LogKind;
    reopened: boolean;
    duration_ms: number | null;
    count: number;
    last: string | null;
    held: boolean;
  }>(read(limit), [after.xid.toString(), after.seq.toString()]);
  const head = rows.find((row) => row.webhook_id === null)!;
  const [xid, seq] = head.last?.split('.') ?? [];
  return {
    groups: rows
      .filter((row) => row !== head)
      .map((row) => ({
        webhookId: row.webhook_id!,
        endpointId: row.endpoint_id,
        minute: row.minute,
        kind: row.kind,
        reopened: row.reopened,
        durationMs: row.duration_ms,
        count: row.count,
      })),
    lines: head.count,
    position: xid === undefined ? after : { xid: BigInt(xid), seq: BigInt(seq!) },
    held: head.held,
  };
}
