/** Who goes first at an endpoint: delivery_queue.rank. */
export const RANK = {
  /** A manual retry or a test: somebody waits for it, and it goes past an open circuit. */
  byHand: 0,
  first: 1,
  retry: 2,
} as const;
