/** The windows of the charts, by the words that stand in the address. */
import type { StatsWindow } from '../gql/graphql.ts';

/** A window. */
export interface ChartWindow {
  /** In the address. */
  key: string;
  window: StatsWindow;
  label: string;
  /** At the end of a sentence. */
  phrase: string;
  /** How long a point stands for, ms. */
  stepMs: number;
}

export const WINDOWS: readonly ChartWindow[] = [
  { key: '1h', window: 'LAST_HOUR', label: 'Hour', phrase: 'in the last hour', stepMs: 60_000 },
  { key: '24h', window: 'LAST_24_HOURS', label: '24 hours', phrase: 'in the last 24 hours', stepMs: 900_000 },
  { key: '7d', window: 'LAST_7_DAYS', label: '7 days', phrase: 'in the last 7 days', stepMs: 7_200_000 },
  { key: '30d', window: 'LAST_30_DAYS', label: '30 days', phrase: 'in the last 30 days', stepMs: 21_600_000 },
];

/** The window that an address names; a day where it names none. */
export function windowOf(key: string | null): ChartWindow {
  return WINDOWS.find((each) => each.key === key) ?? WINDOWS[1]!;
}
