/**
 * Takes over deliveries whose lease ran out: their sender died, hangs or lost the database. The
 * rescuer becomes the holder under a new fence, so the old one's result no longer counts, and
 * records the counted attempt as LOST.
 */
import type { Sql } from '../db/sql.ts';

/** An expired claim, now held by the rescuer. */
export interface Rescued {
  id: string;
  fence: number;
  attempt: number;
  lostCount: number;
  manual: boolean;
  /** When the lost attempt was claimed. */
  claimedAt: Date;
  target: string;
}

/**
 * Takes over at most limit expired claims, oldest first, holding each for leaseMs. withinMs leaves out those that ran out
 * longer ago, null none: under a long transaction elsewhere, whatever was claimed since it began stands before them in the
 * index.
 */
export async function takeExpired(
  sql: Sql,
  sender: string,
  limit: number,
  leaseMs: number,
  withinMs: number | null = null,
): Promise<Rescued[]> {
  const { rows } = await sql.query<{
    id: string;
    fence: number;
    attempt_count: number;
    lost_count: number;
    manual: boolean;
    claimed_at: Date;
    target: string | null;
  }>(
    `with expired as materialized (
       select id from delivery_queue
       where sender is not null and due_at <= statement_timestamp()
         and due_at >= coalesce(statement_timestamp() - $4::float8 * interval '1 ms', '-infinity')
       order by due_at
       limit $2
       for update skip locked
     )
     update delivery_queue q
     set sender = $1, fence = q.fence + 1, due_at = clock_timestamp() + $3::int * interval '1 ms'
     where q.id = any (array(select id from expired))
     returning q.id, q.fence, q.attempt_count, q.lost_count, q.manual, q.claimed_at,
               coalesce((select 'mailto:' || mb.address from mailboxes mb where mb.id = q.mailbox_id),
                        (select ep.target from endpoints ep where ep.id = q.endpoint_id)) as target`,
    [sender, limit, leaseMs, withinMs],
  );
  return rows.map((row) => ({
    id: row.id,
    fence: row.fence,
    attempt: row.attempt_count,
    lostCount: row.lost_count,
    manual: row.manual,
    claimedAt: row.claimed_at,
    target: row.target ?? '',
  }));
}
