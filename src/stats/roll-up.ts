/**
 * One step of the statistics: reads what the delivery log has behind the cursor, counts it, and writes the sums with the
 * moved cursor in one transaction, so that each line counts once whatever happens. One process of the cluster is at it
 * at a time, by a lock of that transaction.
 *
 * The log is read before anything is written: a transaction that has written something holds up all who follow the log
 * until it ends, so that part is short.
 */
import type pg from 'pg';

import { type Sql, transaction } from '../db/sql.ts';
import { BEGINNING, type Position } from '../live/cursor.ts';
import { later } from '../live/read-log.ts';
import type { Logger } from '../log.ts';
import { readLines } from './read-lines.ts';
import { recountOpen } from './recount.ts';
import { Tally } from './tally.ts';

/** Says that statistics have changed, with the ids of webhooks and accounts, or without where they are too many. A hint only. */
export const STATS_CHANNEL = 'bellwire_stats';
/** 200 ids of 30 characters and their blanks. */
const HINTED_SCOPES = 200;

const LOCK_KEY = 7_215_101_004;

/** What a step came to: BUSY when another process is at it, or was only just. */
export type RolledUp = 'BUSY' | 'MORE' | 'HELD' | 'DONE';

interface Cursor {
  position: Position;
  recount: boolean;
  /** It has to be stored even if nothing was read. */
  moved: boolean;
}

/** Counts at most limit lines, unless somebody did less than paceMs ago; now is the database's time. */
export async function rollUp(
  pool: pg.Pool,
  options: { limit: number; paceMs: number; now: () => Date; logger: Logger },
): Promise<RolledUp> {
  const { limit, paceMs, now, logger } = options;
  return await transaction(pool, async (sql) => {
    const cursor = await takeCursor(sql, paceMs, logger);
    if (cursor === null) return 'BUSY';
    const { groups, lines, position, held } = await readLines(sql, cursor.position, limit);
    const more = lines === limit;
    const recount = cursor.recount && !more;
    if (lines > 0 || cursor.moved || recount) {
      const tally = await Tally.of(sql, groups, now().getTime());
      // What is lost with PostgreSQL is counted again from the log, which is older.
      await sql.query('set local synchronous_commit = off');
      await tally.write(sql);
      if (recount) await recountOpen(sql, position);
      await moveCursor(sql, position, cursor.recount && !recount);
      const { scopes } = tally;
      const hint = scopes.length > HINTED_SCOPES ? '' : scopes.join(' ');
      if (scopes.length > 0 || recount) await sql.query('select pg_notify($1, $2)', [STATS_CHANNEL, hint]);
    }
    return more ? 'MORE' : held ? 'HELD' : 'DONE';
  });
}

/** Where to go on, for as long as the transaction lasts; null when it is not this process's turn. */
async function takeCursor(sql: Sql, paceMs: number, logger: Logger): Promise<Cursor | null> {
  const { rows: lock } = await sql.query<{ free: boolean }>('select pg_try_advisory_xact_lock($1) as free', [
    LOCK_KEY,
  ]);
  if (!lock[0]!.free) return null;
  const { rows } = await sql.query<{
    xid: string;
    seq: string;
    recount: boolean;
    early: boolean;
    epoch: number | null;
    now_epoch: number | null;
    floor_xid: string | null;
    floor_seq: string | null;
  }>(
    `select c.xid::text, c.seq::text, c.recount,
            -- A time that lies ahead is from before the clock was set back.
            c.rolled_at > clock_timestamp() - $1::float8 * interval '1 ms' and c.rolled_at <= clock_timestamp() as early, c.epoch,
            e.epoch as now_epoch, e.floor_xid::text, e.floor_seq::text
     from delivery_stats_cursor c left join stream_epoch e on true`,
    [paceMs],
  );
  const found = rows[0]!;
  if (found.early) return null;
  const cursor: Cursor = {
    position: { xid: BigInt(found.xid), seq: BigInt(found.seq) },
    recount: found.recount,
    moved: found.epoch !== found.now_epoch,
  };
  if (found.epoch !== null && found.epoch !== found.now_epoch) {
    logger.warn(
      { epoch: found.now_epoch },
      'the log begins anew after a restore or a move: statistics go on with it',
    );
    return { position: BEGINNING, recount: true, moved: true };
  }
  const floor = { xid: BigInt(found.floor_xid ?? 0), seq: BigInt(found.floor_seq ?? 0) };
  if (later(floor, cursor.position) === cursor.position) return cursor;
  logger.warn(
    'lines of the delivery log went by retention before they were counted: statistics lack them, and go on from the oldest that is kept',
  );
  return { position: floor, recount: true, moved: true };
}

async function moveCursor(sql: Sql, { xid, seq }: Position, recount: boolean): Promise<void> {
  await sql.query(
    `update delivery_stats_cursor
     set xid = $1::xid8, seq = $2::bigint, recount = $3, rolled_at = clock_timestamp(),
         epoch = (select epoch from stream_epoch)`,
    [xid.toString(), seq.toString(), recount],
  );
}
