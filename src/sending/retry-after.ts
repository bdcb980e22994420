/**
 * Retry-After (RFC 9110, 10.2.3): how long a receiver asks to be left alone, as seconds or as a date. Heeded within
 * bounds: what is past, negative or nonsense counts as not said, and nobody is waited for longer than the limit.
 */

/** Answers that speak of a receiver that has too much to do (Standard Webhooks: throttle). */
const BUSY = new Set([429, 502, 503, 504]);

/** Whether a status says that the receiver has too much to do, and should get less at once. */
export function isBusy(statusCode: number | null): boolean {
  return statusCode !== null && BUSY.has(statusCode);
}

/** The wait that a header's value asks for, ms, at most maxMs; 0 when it asks for none that counts. */
export function retryAfterMs(value: string | undefined, nowMs: number, maxMs: number): number {
  const text = value?.trim() ?? '';
  const wait = /^\d{1,15}$/.test(text) ? Number(text) * 1_000 : dateOf(text) - nowMs;
  return wait > 0 ? Math.min(wait, maxMs) : 0;
}

/** The three forms of HTTP-date (RFC 9110, 5.6.7) begin with the name of a day, and the oldest does not say that it is in UTC; NaN for anything else. */
function dateOf(text: string): number {
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return NaN;
  return Date.parse(text.endsWith(' GMT') ? text : `${text} GMT`);
}
