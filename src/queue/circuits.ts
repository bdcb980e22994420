/**
 * The circuit of an endpoint, as all senders share it (table endpoint_circuits). Closed: everything goes. Open: nothing but
 * what somebody asks for by hand, until the probe is due. Half open: the probe is out; the claim takes it there (claim.ts),
 * one sender holds the endpoint, and the probe's result closes or reopens the circuit. Which results do so is decided by the
 * senders (src/sending/health.ts); here a step is made once, however many of them come to the same conclusion.
 */
import type { Sql } from '../db/sql.ts';
import type { FailureCode } from '../errors.ts';

/**
 * Opens a closed circuit, or reopens one whose probe has failed, because of a failure (code); probe.afterMs is the wait
 * before its (first) probe. Returns whether it did. An endpoint that also succeeds now and then may have no row yet, or
 * one that says nothing of failures: this failure is its first since then.
 */
export async function openCircuit(
  sql: Sql,
  endpointId: string,
  code: FailureCode,
  from: { state: 'CLOSED' } | { state: 'HALF_OPEN'; sender: string },
  probe: { afterMs: number; maxMs: number; spread: number },
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `insert into endpoint_circuits as c (endpoint_id, state, opened_at, trips, probe_at, failing_since, failures, failure_code)
     select $1, 'OPEN', clock_timestamp(), 1,
            clock_timestamp() + least($2::float8, $3::float8) * $4::float8 * interval '1 ms', clock_timestamp(), 1, $7
     where $5 = 'CLOSED' or exists (select 1 from endpoint_circuits h where h.endpoint_id = $1 and h.holder = $6)
     on conflict (endpoint_id) do update
     set state = 'OPEN', opened_at = coalesce(c.opened_at, excluded.opened_at), trips = c.trips + 1,
         probe_at = clock_timestamp() + least($2::float8 * 2 ^ least(c.trips, 20), $3::float8) * $4::float8 * interval '1 ms',
         failing_since = coalesce(c.failing_since, excluded.failing_since), failures = greatest(c.failures, 1),
         failure_code = coalesce(c.failure_code, excluded.failure_code), holder = null, lease_until = null
     where c.state = $5 and ($5 = 'CLOSED' or c.holder = $6)`,
    [
      endpointId,
      probe.afterMs,
      probe.maxMs,
      probe.spread,
      from.state,
      from.state === 'HALF_OPEN' ? from.sender : null,
      code,
    ],
  );
  return rowCount === 1;
}

/** Closes a circuit after a success; the sender keeps the endpoint to itself for leaseMs, to ramp it up. Returns whether it did. */
export async function closeCircuit(
  sql: Sql,
  endpointId: string,
  sender: string,
  leaseMs: number,
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update endpoint_circuits
     set state = 'CLOSED', opened_at = null, probe_at = null, trips = 0, hold_until = null,
         failing_since = null, failures = 0, failure_code = null,
         holder = $2, lease_until = clock_timestamp() + $3::int * interval '1 ms'
     where endpoint_id = $1 and state <> 'CLOSED'`,
    [endpointId, sender, leaseMs],
  );
  return rowCount === 1;
}

/** What is left of a lease that a sender gives up: it may have sent a moment ago, and the slowest rate is one a second. */
const LAST_SECOND_MS = 1_000;

/** Gives up all endpoints that a sender holds, so that others need not wait for the end of its leases. */
export async function releaseEndpoints(sql: Sql, sender: string): Promise<void> {
  await sql.query(
    `update endpoint_circuits
     set lease_until = least(lease_until, clock_timestamp() + ${LAST_SECOND_MS} * interval '1 ms') where holder = $1`,
    [sender],
  );
}
