/** Times of points, in the user's locale and time zone: as short on the axis as the window allows, in full elsewhere. */
import type { ChartWindow } from './windows.ts';

const DAY_MS = 86_400_000;
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });
const FULL_PARTS = { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' } as const;
const FULL = new Intl.DateTimeFormat(undefined, FULL_PARTS);
const ZONED = new Intl.DateTimeFormat(undefined, { ...FULL_PARTS, timeZoneName: 'short' });

/** On the axis. */
export function axisTime(at: string, { stepMs }: ChartWindow): string {
  return (stepMs * 100 < DAY_MS * 2 ? CLOCK : DAY).format(new Date(at));
}

/** Tells of each of these points from when to when it reaches; with the zone, where summer time begins or ends among them. */
export function pointTimes(ats: readonly string[], { stepMs }: ChartWindow): (at: string) => string {
  const ends = (at: string): [Date, Date] => [new Date(at), new Date(Date.parse(at) + stepMs)];
  const offsets = new Set(ats.flatMap((at) => ends(at).map((end) => end.getTimezoneOffset())));
  return (at) => {
    const [from, to] = ends(at);
    if (offsets.size < 2) return FULL.formatRange(from, to);
    // A range has room for one zone alone.
    return from.getTimezoneOffset() === to.getTimezoneOffset()
      ? ZONED.formatRange(from, to)
      : `${ZONED.format(from)} – ${ZONED.format(to)}`;
  };
}
