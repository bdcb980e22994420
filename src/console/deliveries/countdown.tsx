/** The time that is left until something is due, counted down second by second; "due now" when it is over. */
import { useNow } from '../ui/time.tsx';

/** m:ss, with hours and days from where they begin: 4:09, 2:03:00, 1 d 02:03:00. */
export function formatCountdown(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / 1_000));
  const [days, hours] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3_600) % 24];
  const two = (value: number): string => String(value).padStart(2, '0');
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  if (days > 0) return `${days} d ${two(hours)}:${rest}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** mm:ss, or the words for what is due. */
export function Countdown({ at, due = 'due now' }: { at: string; due?: string }) {
  const left = new Date(at).getTime() - useNow(1_000);
  return <span data-countdown>{left <= 0 ? due : formatCountdown(left)}</span>;
}

/** Roughly, for a table: "in 5 min". */
export function RoughCountdown({ at, due = 'due now' }: { at: string; due?: string }) {
  const left = new Date(at).getTime() - useNow(1_000);
  return <span data-countdown>{left <= 0 ? due : `in ${rough(left)}`}</span>;
}

function rough(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}
