/** Spreads waits, so that what failed together, or was published together, does not come back together. */

const SHARE = 0.2;

/** A wait (ms) spread by ±20 %; random is a number from 0 to 1. */
export function jitter(waitMs: number, random: number): number {
  return Math.round(waitMs * (1 - SHARE + 2 * SHARE * random));
}

/** The same of an expression, as an expression. */
export const jitterSql = (wait: string): string =>
  `round(${wait} * (${1 - SHARE} + ${2 * SHARE} * random()))::int`;
