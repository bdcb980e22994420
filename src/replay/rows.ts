/** A replay as it stands. */
import { collect } from '../db/fragment.ts';
import type { Sql, SqlFragment } from '../db/sql.ts';

/** The states of a replay. */
export type ReplayStatus = 'RUNNING' | 'PAUSED' | 'FINISHED' | 'CANCELLED';

/** A replay. */
export interface ReplayRow {
  id: string;
  status: ReplayStatus;
  /** The account whose managers see it, with those above it. */
  accountPath: string[];
  /** Who started it. */
  loginId: string;
  /** The filter as it was given. */
  filter: Record<string, unknown>;
  missingFor: string | null;
  matched: number;
  succeeded: number;
  failed: number;
  /** What it has let go and nobody knows the end of yet: also of a cancelled one, what was on the wire. */
  open: number;
  ratePerSecond: number;
  startedAt: Date;
  finishedAt: Date | null;
}

/** Those of the replays r that pass, newest first. */
export async function readReplays(sql: Sql, where: SqlFragment, limit: number): Promise<ReplayRow[]> {
  const { text, values } = collect(
    (add) => `
      select r.id, r.status, a.path as "accountPath", r.login_id as "loginId", r.filter, r.missing_for as "missingFor",
             r.matched, r.succeeded, r.failed, r.admitted - r.succeeded - r.failed - r.withdrawn as open, r.rate_per_second as "ratePerSecond",
             r.started_at as "startedAt", r.finished_at as "finishedAt"
      from replays r join logins a on a.id = r.account_id
      where ${where(add)} order by r.id desc limit ${add(limit)}`,
  );
  return (await sql.query<ReplayRow>(text, values)).rows;
}

/** The replays with these ids. */
export function withIds(ids: readonly string[]): SqlFragment {
  return (add) => `r.id = any (${add(ids)}::text[])`;
}
