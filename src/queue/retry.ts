/**
 * Sends one delivery again by hand: a waiting one now, a closed one as a single attempt without a schedule. Either
 * goes past an open circuit, and one that waits for its turn leaves the order of its entity: somebody asked for it now.
 */
import type { Sql } from '../db/sql.ts';
import { LOG_CHANNEL, QUEUE_CHANNEL } from './enqueue.ts';
import { RANK } from './rank.ts';
import { sendable, settingsJoin } from './sendable.ts';

/** What a manual retry met: QUEUED when it will be sent now, otherwise why it will not. */
export type RetryResult = 'QUEUED' | 'IN_FLIGHT' | 'UNCONFIRMED' | 'NOT_SENDABLE' | 'NOT_FOUND';

const LOG_COLUMNS = `kind, delivery_id, version, event_id, webhook_id, endpoint_id, origin,
                     attempt_count, status_code, next_attempt_at, created_at`;

/** Moves the delivery to the front, in the caller's transaction; logged as RETRY_SCHEDULED under version + 1. */
export async function retryNow(sql: Sql, id: string): Promise<RetryResult> {
  const open = await sql.query<{ sender: string | null; rank: number; sendable: boolean }>(
    `select q.sender, q.rank, ${sendable('q')} as sendable
     from delivery_queue q ${settingsJoin('q')} where q.id = $1 for update of q`,
    [id],
  );
  if (open.rows[0]?.rank === RANK.awaiting) return 'UNCONFIRMED';
  if (open.rows[0])
    return open.rows[0].sender !== null ? 'IN_FLIGHT' : await hasten(sql, id, open.rows[0].sendable);
  const closed = await sql.query<{ sendable: boolean }>(
    `select ${sendable('d')} as sendable
     from (select *, statement_timestamp() as queued_at, ${RANK.byHand} as rank from deliveries where id = $1) d ${settingsJoin('d')}`,
    [id],
  );
  if (!closed.rows[0]) return 'NOT_FOUND';
  if (!closed.rows[0].sendable) return 'NOT_SENDABLE';
  const { rows } = await sql.query<{ count: number }>(
    `with reopened as (
       delete from deliveries where id = $1 returning *
     ),
     queued as (
       insert into delivery_queue (id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, version, manual,
                                   attempt_count, prior_count, status_code, created_at, rank, format, mailbox_id)
       select id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, version + 1, true,
              attempt_count, attempt_count, status_code, created_at, ${RANK.byHand}, format, mailbox_id
       from reopened
       returning *
     ),
     logged as (
       insert into delivery_log (${LOG_COLUMNS}, reopened)
       select 'RETRY_SCHEDULED', id, version, event_id, webhook_id, endpoint_id, origin,
              attempt_count, status_code, due_at, created_at, true
       from queued
     )
     select count(*)::int as count, pg_notify('${QUEUE_CHANNEL}', max(endpoint_id)), pg_notify('${LOG_CHANNEL}', '') from queued`,
    [id],
  );
  // Two retries at once: the second finds the row gone from the history and in the queue.
  return rows[0]!.count === 1 ? 'QUEUED' : 'IN_FLIGHT';
}

async function hasten(sql: Sql, id: string, allowed: boolean): Promise<RetryResult> {
  if (!allowed) return 'NOT_SENDABLE';
  await sql.query(
    `with hastened as (
       update delivery_queue
       set due_at = clock_timestamp(), hastened = not manual, version = version + 1, rank = ${RANK.byHand}, blocked = false,
           entity_key = case when not blocked then entity_key end, entity_seq = case when not blocked then entity_seq end
       where id = $1 returning *
     ),
     logged as (
       insert into delivery_log (${LOG_COLUMNS})
       select 'RETRY_SCHEDULED', id, version, event_id, webhook_id, endpoint_id, origin,
              attempt_count, status_code, due_at, created_at
       from hastened
     )
     select pg_notify('${QUEUE_CHANNEL}', endpoint_id), pg_notify('${LOG_CHANNEL}', '') from hastened`,
    [id],
  );
  return 'QUEUED';
}
