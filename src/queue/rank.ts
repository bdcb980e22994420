/** Who goes first at an endpoint: delivery_queue.rank. */
export const RANK = {
  /** A manual retry or a test: somebody waits for it, and it goes past an open circuit. */
  byHand: 0,
  first: 1,
  /** A retry by schedule, and what a replay sends: nobody waits for just this one. */
  retry: 2,
  /** Its mailbox has yet to be confirmed: no claim picks it. */
  awaiting: 3,
  /** Its mailbox gets too many mails for one of its own: it goes with others (digests.ts). */
  digest: 4,
} as const;

/** How long a delivery waits for its mailbox to be confirmed, in days. */
export const AWAITING_DAYS = 7;
