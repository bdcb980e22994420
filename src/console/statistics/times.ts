/** Times of points, in the user's locale and time zone: as short on the axis as the window allows, in full elsewhere. */
import type { ChartWindow } from './windows.ts';

const DAY_MS = 86_400_000;
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });
const FULL = new Intl.DateTimeFormat(undefined, {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});

/** On the axis. */
export function axisTime(at: string, { stepMs }: ChartWindow): string {
  return (stepMs * 100 < DAY_MS * 2 ? CLOCK : DAY).format(new Date(at));
}

/** From when to when a point reaches. */
export function pointTime(at: string, { stepMs }: ChartWindow): string {
  return FULL.formatRange(new Date(at), new Date(Date.parse(at) + stepMs));
}
