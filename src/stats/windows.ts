/**
 * The windows of the charts. Each is a number of points of one step, of which the last one is under way, and each
 * step has rows of its own: a window reads as many rows of a scope as it has points.
 */

/** A window, as the API names it. */
export type StatsWindow = 'LAST_HOUR' | 'LAST_24_HOURS' | 'LAST_7_DAYS' | 'LAST_30_DAYS';

/** How a window is divided. */
export interface Division {
  /** How long a point stands for, s; a whole number of them makes a day, so that points lie at the same times for all. */
  step: number;
  points: number;
  /** How long the rows of that step are kept, s: somewhat longer than they can be read. */
  keep: number;
}

const HOUR = 3_600;
const DAY = 24 * HOUR;

/** The windows. */
export const WINDOWS: Readonly<Record<StatsWindow, Division>> = {
  LAST_HOUR: { step: 60, points: 60, keep: 2 * HOUR },
  LAST_24_HOURS: { step: 900, points: 96, keep: 26 * HOUR },
  LAST_7_DAYS: { step: 2 * HOUR, points: 84, keep: 8 * DAY },
  LAST_30_DAYS: { step: 6 * HOUR, points: 120, keep: 32 * DAY },
};

/** The steps, the shortest first. */
export const DIVISIONS: readonly Division[] = Object.values(WINDOWS);

/** When the points of a window begin, in seconds since 1970, the oldest first; the last one is that of the instant. */
export function pointsOf({ step, points }: Division, now: Date): number[] {
  const last = beginningOf(now.getTime() / 1000, step);
  return Array.from({ length: points }, (_, index) => last - (points - 1 - index) * step);
}

/** When the step of an instant began; both in seconds since 1970. */
export function beginningOf(seconds: number, step: number): number {
  return Math.floor(seconds / step) * step;
}
