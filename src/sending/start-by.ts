/** How long a claim is good for: beyond that nothing of it may be sent any more, be it a request or a mail. */
import type { Job } from '../queue/job.ts';

/** A claim whose answer took so long (the process slept, the network hung) may know settings that no longer hold, ms. */
const STALE_CLAIM_MS = 5_000;
/** What must be left of a lease beyond the request's deadline, ms; less than the margin allows with short test leases. */
const LEASE_RESERVE_MS = 1_000;

/**
 * Until when a job may be sent that was asked for at askedAt, both as performance.now() tells it. Conservative: the lease is taken
 * to have begun when it was asked for. leaseMarginMs is how long a lease outlives its request's deadline.
 */
export function startBy(
  { leaseMs, timeoutMs }: Pick<Job, 'leaseMs' | 'timeoutMs'>,
  askedAt: number,
  leaseMarginMs: number,
): number {
  const reserve = Math.min(LEASE_RESERVE_MS, leaseMarginMs / 2);
  return askedAt + Math.min(STALE_CLAIM_MS, leaseMs - timeoutMs - reserve);
}
