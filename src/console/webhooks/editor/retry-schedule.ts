/** The waits before the attempts as people write them: "0 s, 5 s, 5 min, 2 h, 1 d" on the page, seconds in the API. */

/** The most attempts, and the longest wait, as the API has them (EndpointAdvancedInput). */
export const MAX_ATTEMPTS = 20;
export const MAX_WAIT_SECONDS = 604_800;

const UNITS: [suffix: string, seconds: number, names: RegExp][] = [
  ['d', 86_400, /^(?:d|days?)$/],
  ['h', 3_600, /^(?:h|hours?)$/],
  ['min', 60, /^(?:m|mins?|minutes?)$/],
  ['s', 1, /^(?:s|secs?|seconds?)$/],
];

/** Seconds as people write them, exact: 5400 is "1 h 30 min". With so many parts, the smaller ones are left out. */
export function formatWait(seconds: number, parts = 4): string {
  let left = Math.max(0, Math.round(seconds));
  const words: string[] = [];
  for (const [suffix, size] of UNITS) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0 && words.length < parts) words.push(`${count.toLocaleString()} ${suffix}`);
  }
  return words.join(' ') || '0 s';
}

/** A schedule as text; parseSchedule reads it back. */
export function formatSchedule(seconds: readonly number[]): string {
  return seconds.map((wait) => formatWait(wait)).join(', ');
}

/** What a text means as a schedule: its waits in seconds, or what is wrong with it. */
export type ParsedSchedule = { ok: true; seconds: number[] } | { ok: false; message: string };

/** Reads waits that are parted by commas, semicolons or line ends; a wait may have parts: "1 h 30 min". */
export function parseSchedule(text: string): ParsedSchedule {
  const entries = text
    .split(/[,;\n]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  if (entries.length === 0) return wrong('Write at least one wait, such as 0 s.');
  if (entries.length > MAX_ATTEMPTS)
    return wrong(`${entries.length} waits are too many: there may be ${MAX_ATTEMPTS} attempts at most.`);
  const seconds: number[] = [];
  for (const entry of entries) {
    const wait = parseWait(entry);
    if (wait === null)
      return wrong(`“${entry}” is no wait: write a number with s, min, h or d, such as 30 s or 2 h.`);
    if (wait > MAX_WAIT_SECONDS) return wrong(`“${entry}” is too long: a wait may have 7 days at most.`);
    seconds.push(wait);
  }
  return { ok: true, seconds };
}

/** "10 attempts over 3 d 3 h": how often it is tried, and for how long at most. */
export function describeSchedule(seconds: readonly number[]): string {
  const total = seconds.reduce((sum, wait) => sum + wait, 0);
  const attempts = seconds.length === 1 ? 'One attempt' : `${seconds.length} attempts`;
  return total === 0 ? `${attempts}, without a wait` : `${attempts} over ${inWords(total)}`;
}

function wrong(message: string): ParsedSchedule {
  return { ok: false, message };
}

function parseWait(entry: string): number | null {
  if (/^0+$/.test(entry)) return 0;
  const parts = [...entry.toLowerCase().matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)\s*/gy)];
  const read = parts.reduce((length, [part]) => length + part.length, 0);
  if (parts.length === 0 || read !== entry.length) return null;
  let sum = 0;
  for (const [, count, name] of parts) {
    const unit = UNITS.find(([, , names]) => names.test(name!));
    if (unit === undefined) return null;
    sum += Number(count) * unit[1];
  }
  return Math.round(sum);
}

/** The two largest parts, days written out: "3 days 3 h". */
function inWords(seconds: number): string {
  return formatWait(seconds, 2).replace(/^(\S+) d\b/, (_, days: string) =>
    days === '1' ? '1 day' : `${days} days`,
  );
}
