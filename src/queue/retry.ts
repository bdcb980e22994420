/** Sends one delivery again by hand: a waiting one now, a closed one as a single attempt without a schedule. */
import type { Sql } from '../db/sql.ts';
import { LOG_CHANNEL, QUEUE_CHANNEL } from './enqueue.ts';
import { sendable, settingsJoin } from './sendable.ts';

/** What a manual retry met: QUEUED when it will be sent now, otherwise why it will not. */
export type RetryResult = 'QUEUED' | 'IN_FLIGHT' | 'NOT_SENDABLE' | 'NOT_FOUND';

const LOG_COLUMNS = `kind, delivery_id, version, event_id, webhook_id, endpoint_id, origin,
                     attempt_count, status_code, next_attempt_at, created_at`;

/** Moves the delivery to the front, in the caller's transaction; logged as RETRY_SCHEDULED under version + 1. */
export async function retryNow(sql: Sql, id: string): Promise<RetryResult> {
  const open = await sql.query<{ sender: string | null; sendable: boolean }>(
    `select q.sender, ${sendable('q')} as sendable
     from delivery_queue q ${settingsJoin('q')} where q.id = $1 for update of q`,
    [id],
  );
  if (open.rows[0])
    return open.rows[0].sender !== null ? 'IN_FLIGHT' : await hasten(sql, id, open.rows[0].sendable);
  const closed = await sql.query<{ sendable: boolean }>(
    `select ${sendable('d')} as sendable
     from (select *, statement_timestamp() as queued_at from deliveries where id = $1) d ${settingsJoin('d')}`,
    [id],
  );
  if (!closed.rows[0]) return 'NOT_FOUND';
  if (!closed.rows[0].sendable) return 'NOT_SENDABLE';
  const { rows } = await sql.query<{ count: number }>(
    `with reopened as (
       delete from deliveries where id = $1 returning *
     ),
     queued as (
       insert into delivery_queue (id, event_id, webhook_id, endpoint_id, origin, version, manual,
                                   attempt_count, prior_count, status_code, created_at)
       select id, event_id, webhook_id, endpoint_id, origin, version + 1, true,
              attempt_count, attempt_count, status_code, created_at
       from reopened
       returning *
     ),
     logged as (
       insert into delivery_log (${LOG_COLUMNS})
       select 'RETRY_SCHEDULED', id, version, event_id, webhook_id, endpoint_id, origin,
              attempt_count, status_code, due_at, created_at
       from queued
     )
     select count(*)::int as count, pg_notify('${QUEUE_CHANNEL}', ''), pg_notify('${LOG_CHANNEL}', '') from queued`,
    [id],
  );
  // Two retries at once: the second finds the row gone from the history and in the queue.
  return rows[0]!.count === 1 ? 'QUEUED' : 'IN_FLIGHT';
}

async function hasten(sql: Sql, id: string, allowed: boolean): Promise<RetryResult> {
  if (!allowed) return 'NOT_SENDABLE';
  await sql.query(
    `with hastened as (
       update delivery_queue set due_at = clock_timestamp(), hastened = true, version = version + 1 where id = $1 returning *
     ),
     logged as (
       insert into delivery_log (${LOG_COLUMNS})
       select 'RETRY_SCHEDULED', id, version, event_id, webhook_id, endpoint_id, origin,
              attempt_count, status_code, due_at, created_at
       from hastened
     )
     select pg_notify('${QUEUE_CHANNEL}', ''), pg_notify('${LOG_CHANNEL}', '')`,
    [id],
  );
  return 'QUEUED';
}
