/** What the API takes at most, as the forms say it. */
import { formatNumber } from '../../ui/time.tsx';

/** The most rows, and the longest texts, as the API has them. */
export const LIMITS = { endpoints: 20, triggers: 100, headers: 20, name: 200, description: 2000 };
/** The time limits that may be chosen, seconds. */
export const TIMEOUT_SECONDS = { min: 0.1, max: 30 };
/** The rates that may be chosen, requests a second. */
export const RATE_PER_SECOND = { min: 1, max: 10_000 };
/** How many requests at once may be chosen. */
export const MAX_CONCURRENCY = { min: 1, max: 1_000 };

/** What is wrong with a number that has to be whole and within a range; nothing is where there is none. */
export function wholeProblem(
  value: number | '',
  { min, max }: { min: number; max: number },
): string | undefined {
  if (value === '' || (Number.isInteger(value) && value >= min && value <= max)) return undefined;
  return `A whole number from ${min} to ${formatNumber(max)}.`;
}
