/**
 * Payloads as they come in: a value, or a text that is stored and sent byte for byte. Out comes the
 * text and the value that a model checks, or a refusal at the place of the fault. Refused is what
 * PostgreSQL's jsonb refuses (NUL, lone surrogates, numbers out of its range), so that whatever was
 * accepted can be queried later; what a receiver may read otherwise than the check did (names given
 * twice, numbers beyond the range of a double); and, in a value, integers that JSON.parse has
 * rounded already. Keeps nothing.
 */
import { ok, type Problem, problem, refused, type Result } from '../errors.ts';
import { findTextFault, MAX_DEPTH, shownName } from './json-text.ts';

/** The longest payload, in bytes of UTF-8. */
export const MAX_PAYLOAD_BYTES = 1024 * 1024;

/** A payload that can be stored. */
export interface Payload {
  text: string;
  value: unknown;
}

// Each of these is quick and true of every text that has the fault, and of few that have not.
const ESCAPED_FAULT = /\\u(?:0000|d[89a-f])/i;
const RAW_SURROGATE = /[\ud800-\udfff]/;
const LONE_SURROGATE = /[\ud800-\udfff]/u;
const LONG_DIGITS = /\d{100}/;
const LONG_EXPONENT = /[:,[\s]-?\d[\d.]*e[+-]?\d{4}/i;
const SPACED_COLON = /"[ \t\n\r]+:/;

/**
 * Reads exactly one of payload and payloadText; null is the same as left out. field is the path of
 * the object that holds them. Codes: REQUIRED, INVALID (both given), TOO_LONG, INVALID_PAYLOAD.
 */
export function readPayload(
  input: { payload?: unknown; payloadText?: string | null },
  field: string[],
): Result<Payload> {
  const { payload, payloadText } = input;
  if (payload == null && payloadText == null)
    return refused(problem('REQUIRED', [...field, 'payload'], 'Give payload or payloadText.'));
  if (payload != null && payloadText != null)
    return refused(problem('INVALID', [...field, 'payloadText'], 'Give payload or payloadText, not both.'));
  return payloadText != null
    ? readPayloadText(payloadText, [...field, 'payloadText'])
    : readPayloadValue(payload, [...field, 'payload']);
}

/** Reads a payload given as a value; field is its own path. */
export function readPayloadValue(value: unknown, field: string[]): Result<Payload> {
  const fault = checkRoot(value) ?? findFault(value, { value: true, strings: false }, 1);
  if (fault) return refused(toProblem(fault, field));
  const text = JSON.stringify(value);
  const long = checkLength(text, field);
  if (long) return refused(long);
  if (ESCAPED_FAULT.test(text)) {
    const hidden = findFault(value, { value: true, strings: true }, 1);
    if (hidden) return refused(toProblem(hidden, field));
  }
  return ok({ text, value });
}

/** Reads a payload given as text; field is its own path. */
export function readPayloadText(text: string, field: string[]): Result<Payload> {
  const long = checkLength(text, field);
  if (long) return refused(long);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refused(toProblem(findTextFault(text) ?? { path: [], message: 'This is not JSON.' }, field));
  }
  const raw = RAW_SURROGATE.test(text) && LONE_SURROGATE.test(text);
  const walk: Walk = { value: false, strings: raw || ESCAPED_FAULT.test(text), names: 0 };
  // A raw half beside an escaped one is whole in the value, but not in the text.
  const fault = checkRoot(value) ?? findFault(value, walk, 1) ?? (raw ? checkString(text) : undefined);
  if (fault) return refused(toProblem(fault, field));
  const numbers = LONG_DIGITS.test(text) || LONG_EXPONENT.test(text);
  if (numbers || SPACED_COLON.test(text) || countNames(text) !== walk.names) {
    const hidden = findTextFault(text);
    if (hidden) return refused(toProblem(hidden, field));
  }
  return ok({ text, value });
}

/** Whether a column of type text can hold a text as it is: no NUL, no half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return checkString(text) === undefined;
}

interface Fault {
  path: string[];
  message: string;
}

/** What a walk looks at, and how many names of objects it met. */
interface Walk {
  /** The value is all there is, so integers that it cannot hold exactly are lost. */
  value: boolean;
  /** Strings and names may hold what cannot be stored. */
  strings: boolean;
  names?: number;
}

function checkRoot(value: unknown): Fault | undefined {
  const object = typeof value === 'object' && value !== null && !Array.isArray(value);
  return object ? undefined : { path: [], message: 'A payload is a JSON object.' };
}

/** The path is put together on the way back, so that a payload without a fault pays nothing for it. */
function findFault(value: unknown, walk: Walk, depth: number): Fault | undefined {
  if (typeof value === 'string') return walk.strings ? checkString(value) : undefined;
  if (typeof value === 'number') return checkNumber(value, walk);
  if (typeof value === 'boolean' || value === null) return undefined;
  if (typeof value !== 'object') return { path: [], message: `A ${typeof value} is no JSON value.` };
  if (depth > MAX_DEPTH) return { path: [], message: `Objects and lists nest deeper than ${MAX_DEPTH}.` };
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const fault = findFault(value[index], walk, depth + 1);
      if (fault) return { path: [String(index), ...fault.path], message: fault.message };
    }
    return undefined;
  }
  const names = Object.keys(value);
  walk.names = (walk.names ?? 0) + names.length;
  for (const name of names) {
    const fault =
      (walk.strings ? checkString(name) : undefined) ??
      findFault((value as Record<string, unknown>)[name], walk, depth + 1);
    if (fault) return { path: [shownName(name), ...fault.path], message: fault.message };
  }
  return undefined;
}

function checkString(text: string): Fault | undefined {
  if (text.includes('\0')) return { path: [], message: 'The character \\u0000 cannot be stored.' };
  if (LONE_SURROGATE.test(text))
    return { path: [], message: 'Half of a surrogate pair (\\ud800 to \\udfff) is no character.' };
  return undefined;
}

function checkNumber(value: number, walk: Walk): Fault | undefined {
  if (!Number.isFinite(value)) return { path: [], message: 'The number is out of the range of a double.' };
  if (walk.value && Number.isInteger(value) && !Number.isSafeInteger(value))
    return {
      path: [],
      message:
        'Integers beyond 2^53 lose digits here; give the payload as payloadText, which is sent byte for byte.',
    };
  return undefined;
}

function checkLength(text: string, field: string[]): Problem | undefined {
  // No UTF-16 unit takes more than three bytes, so short texts need no count.
  if (text.length * 3 <= MAX_PAYLOAD_BYTES) return undefined;
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_PAYLOAD_BYTES) return undefined;
  return problem(
    'TOO_LONG',
    field,
    `A payload takes at most ${MAX_PAYLOAD_BYTES} bytes, this one has ${bytes}.`,
  );
}

/**
 * How many names a text without spaced colons seems to hold: quotes with a colon behind them that
 * are not escaped. A string that begins with a colon counts too, so the count may be too high,
 * never too low.
 */
function countNames(text: string): number {
  let count = 0;
  for (let at = text.indexOf('":'); at !== -1; at = text.indexOf('":', at + 2)) {
    let slashes = 0;
    while (text[at - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) count += 1;
  }
  return count;
}

function toProblem(fault: Fault, field: string[]): Problem {
  return problem('INVALID_PAYLOAD', [...field, ...fault.path], fault.message);
}
