/** Lets endpoints start afresh, whatever they did before. */
import type { Sql } from '../db/sql.ts';
import { QUEUE_CHANNEL, queueHint } from './enqueue.ts';

/**
 * Closes the circuits of endpoints and forgets their failures and pauses, in the caller's transaction. Whichever
 * sender holds one as a whole keeps it. What waits for them can go at once.
 */
export async function resetCircuits(sql: Sql, endpointIds: string[]): Promise<void> {
  await sql.query(
    `with reset as (
       update endpoint_circuits
       set state = 'CLOSED', failing_since = null, failures = 0, failure_code = null, opened_at = null, trips = 0,
           probe_at = null, hold_until = null
       where endpoint_id = any ($1::text[])
     )
     select pg_notify('${QUEUE_CHANNEL}', $2)`,
    [endpointIds, queueHint(endpointIds)],
  );
}
