/**
 * The line of history that cursors belong to. Transaction ids order the log only inside one life of
 * one database cluster: after a restore or a move, ids stored earlier can lie in the future, and
 * rows would stay hidden for ever. So at start the cluster's identity and the log are compared with
 * what was noted; where they differ the epoch is raised and the old lines go, here and in the log of
 * changes to webhooks: their deliveries are all in the history, and a cursor of another epoch is
 * answered with CURSOR_UNKNOWN.
 */
import type { Sql } from '../db/sql.ts';
import type { Logger } from '../log.ts';

/** Settles the epoch, in one transaction of the caller's, and returns it. */
export async function settleEpoch(sql: Sql, logger: Logger): Promise<number> {
  await sql.query('lock table stream_epoch in exclusive mode');
  const { rows } = await sql.query<{
    system_identifier: string;
    timeline: number;
    ahead: boolean;
    epoch: number | null;
    same: boolean;
  }>(
    `select s.system_identifier::text, c.timeline_id as timeline, e.epoch,
            coalesce(e.system_identifier = s.system_identifier::text and e.timeline = c.timeline_id, false) as same,
            coalesce((select max(xid) from delivery_log) >= pg_snapshot_xmax(pg_current_snapshot()), false) as ahead
     from pg_control_system() s cross join pg_control_checkpoint() c left join stream_epoch e on true`,
  );
  const found = rows[0]!;
  if (found.epoch !== null && found.same && !found.ahead) return found.epoch;
  const epoch = (found.epoch ?? 0) + 1;
  if (found.epoch !== null) {
    logger.warn({ epoch }, 'the database was restored or moved: stream cursors begin anew');
    await sql.query('truncate delivery_log, webhook_changes');
  }
  await sql.query(
    `insert into stream_epoch (epoch, system_identifier, timeline) values ($1, $2, $3)
     on conflict (only_row) do update
     set epoch = excluded.epoch, system_identifier = excluded.system_identifier, timeline = excluded.timeline,
         floor_xid = default, floor_seq = default`,
    [epoch, found.system_identifier, found.timeline],
  );
  return epoch;
}
