/**
 * The states of a delivery, as one table of legal steps. While a delivery is open its state follows from its queue row;
 * once closed it is stored. Nothing outside this room writes the columns it follows from, check constraints refuse rows
 * that stand for no state (migrations 2 and 7), and ARCHITECTURE.md draws this very table (a test compares them).
 */

/** A state, as the API names it. */
export type DeliveryStatus =
  'PENDING' | 'IN_FLIGHT' | 'RETRY_SCHEDULED' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

/** Why a delivery exists, as the API names it. */
export type DeliveryOrigin = 'EVENT' | 'TEST' | 'REPLAY';

/** What moves a delivery from one state to the next. */
export type StepCause =
  | 'publish'
  | 'hand-over'
  | 'claim'
  | 'success'
  | 'failure'
  | 'last failure'
  | 'give back'
  | 'cancel'
  | 'expiry'
  | 'retry by hand';

/** One legal step; from null is a birth. */
export interface Step {
  from: DeliveryStatus | null;
  to: DeliveryStatus;
  by: StepCause;
  /** Whether it has a line in the delivery log, under the delivery's next version. */
  logged: boolean;
}

/** The states of a delivery that has come to its end. */
export const CLOSED = ['SUCCEEDED', 'FAILED', 'CANCELLED'] as const;
const WAITING = ['PENDING', 'RETRY_SCHEDULED'] as const;

/**
 * All legal steps. "cancel" is a switch that went off, deliveryCancel, or a mailbox that wants or gets no more, or was not confirmed
 * in time; what is on the wire is cancelled when it fails. What waits for the owner of its mailbox is PENDING, and what is given
 * back to go in a digest is again what it was. "publish" and "retry by hand" are also what a replay does, to many at once.
 */
export const STEPS: readonly Step[] = [
  { from: null, to: 'PENDING', by: 'publish', logged: true },
  { from: null, to: 'IN_FLIGHT', by: 'hand-over', logged: true },
  ...WAITING.flatMap((from): Step[] => [
    { from, to: 'IN_FLIGHT', by: 'claim', logged: false },
    { from, to: 'CANCELLED', by: 'cancel', logged: true },
    { from, to: 'FAILED', by: 'expiry', logged: true },
    { from, to: 'RETRY_SCHEDULED', by: 'retry by hand', logged: true },
    // Claimed, but not sent: the attempt is not counted.
    { from: 'IN_FLIGHT', to: from, by: 'give back', logged: false },
  ]),
  { from: 'IN_FLIGHT', to: 'SUCCEEDED', by: 'success', logged: true },
  { from: 'IN_FLIGHT', to: 'RETRY_SCHEDULED', by: 'failure', logged: true },
  { from: 'IN_FLIGHT', to: 'FAILED', by: 'last failure', logged: true },
  { from: 'IN_FLIGHT', to: 'CANCELLED', by: 'cancel', logged: true },
  ...CLOSED.map((from): Step => ({ from, to: 'RETRY_SCHEDULED', by: 'retry by hand', logged: true })),
];

/** The state of an open delivery as an SQL expression over its queue row. */
export function openStatus(queue: string): string {
  return `case when ${queue}.sender is not null then 'IN_FLIGHT'
               when ${queue}.attempt_count = 0 and not ${queue}.manual and not ${queue}.hastened then 'PENDING'
               else 'RETRY_SCHEDULED' end`;
}
