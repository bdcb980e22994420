/** Instants and spans in the user's own locale and time zone. */
import { useEffect, useState } from 'react';

const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const SHORT = new Intl.DateTimeFormat(undefined, {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
const STEPS: [unit: Intl.RelativeTimeFormatUnit, ms: number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
];

/** "in 5 minutes", "2 hours ago". */
export function relativeTime(at: string, now = Date.now()): string {
  const left = new Date(at).getTime() - now;
  const [unit, ms] = STEPS.find(([, size]) => Math.abs(left) >= size) ?? ['second', 1_000];
  return RELATIVE.format(Math.round(left / ms), unit);
}

/** An instant: short as text, in full as its title. */
export function Time({ at, full = false }: { at: string; full?: boolean }) {
  const date = new Date(at);
  return (
    <time dateTime={at} title={FULL.format(date)} data-time>
      {(full ? FULL : SHORT).format(date)}
    </time>
  );
}

/** The time now, renewed every so many ms; null stops the clock. */
export function useNow(everyMs: number | null): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (everyMs === null) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** A span as people read it: 120 ms, 3.4 s, 5 min, 2 h 10 min. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(1))} s`;
  const minutes = Math.round(ms / 60_000);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest === 0 ? '' : ` ${rest} min`}`;
}

/** A number in the user's locale. */
export function formatNumber(value: number): string {
  return value.toLocaleString();
}
