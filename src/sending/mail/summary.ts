/**
 * What a person reads of an entity: its fields by name, in the order in which they were published. Not the record: that is
 * the attachment. What is nested stands as JSON, what is long is cut, and what is left out is counted.
 */
import { oneLine } from './layout.ts';

/** The most fields that are shown, and the most characters of a value. */
const MAX_FIELDS = 30;
const MAX_VALUE = 300;

/** A field by name and value. */
export type Fact = readonly [name: string, value: string];

/** The fields of an entity (JSON text), and how many more there are. */
export function summarize(payload: string): { facts: Fact[]; more: number } {
  const entity: unknown = JSON.parse(exactNumbers(payload));
  if (typeof entity !== 'object' || entity === null || Array.isArray(entity))
    return { facts: [['Value', shown(entity)]], more: 0 };
  const fields = Object.entries(entity);
  return {
    facts: fields.slice(0, MAX_FIELDS).map(([name, value]) => [titled(name), shown(value)] as const),
    more: Math.max(0, fields.length - MAX_FIELDS),
  };
}

/** "handledBy" as "Handled by". */
export function titled(name: string): string {
  const words = oneLine(name, 80)
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .trim()
    .replace(/\p{Lu}(?=\p{Ll})/gu, (letter) => letter.toLowerCase());
  return words === '' ? name : words[0]!.toUpperCase() + words.slice(1);
}

/** A marked string, in JSON or alone. */
const MARKED = /"?\uE000(-?\d[\d.eE+-]*)"?/g;

function shown(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return oneLine(text.replace(MARKED, '$1'), MAX_VALUE) || '–';
}

/** Marks a string that stands for a number. */
const EXACT = '\uE000';

/** Numbers of which a double would lose digits, as marked strings. */
function exactNumbers(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
    token.startsWith('"') || token.replace(/\D/g, '').length < 16 ? token : `"${EXACT}${token}"`,
  );
}
