/** How many deliveries are open, by what they wait for. */
import type { Sql } from '../db/sql.ts';
import { RANK } from './rank.ts';

/** The open deliveries: not due yet, due, on the wire, behind another one of their entity. */
export interface QueueDepth {
  waiting: number;
  due: number;
  in_flight: number;
  blocked: number;
}

/** Counts all rows of the queue, at a million in some 300 ms: not for every request. */
export async function queueDepth(sql: Sql): Promise<QueueDepth> {
  const { rows } = await sql.query<QueueDepth>(
    `select count(*) filter (where sender is null and not blocked and (due_at > statement_timestamp() or rank = ${RANK.awaiting}))::float8 as waiting,
            count(*) filter (where sender is null and not blocked and due_at <= statement_timestamp() and rank <> ${RANK.awaiting})::float8 as due,
            count(*) filter (where sender is not null)::float8 as in_flight,
            count(*) filter (where blocked)::float8 as blocked
     from delivery_queue`,
  );
  return rows[0]!;
}
