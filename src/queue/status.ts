/**
 * The states of a delivery. While it is open its state follows from its queue row; once closed it
 * is stored. Nothing outside this room writes the columns it follows from.
 *
 *   PENDING ─claim→ IN_FLIGHT ─2xx→ SUCCEEDED
 *                   IN_FLIGHT ─failure, entries left→ RETRY_SCHEDULED ─claim→ IN_FLIGHT
 *                   IN_FLIGHT ─failure, none left→ FAILED
 *   PENDING, RETRY_SCHEDULED ─disable, delete→ CANCELLED
 *   SUCCEEDED, FAILED, CANCELLED ─manual retry→ RETRY_SCHEDULED
 */

/** A state, as the API names it. */
export type DeliveryStatus =
  'PENDING' | 'IN_FLIGHT' | 'RETRY_SCHEDULED' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

/** The state of an open delivery as an SQL expression over its queue row. */
export function openStatus(queue: string): string {
  return `case when ${queue}.sender is not null then 'IN_FLIGHT'
               when ${queue}.attempt_count = 0 and not ${queue}.manual and not ${queue}.hastened then 'PENDING'
               else 'RETRY_SCHEDULED' end`;
}
