/**
 * What a person reads of an entity: its fields by name, in the order in which they were published, numbers digit by digit as
 * they were. Not the record: that is the attachment. The fields of an object stand as those of the entity, a list of
 * texts or numbers as such; what is nested otherwise stands as JSON, what is long is cut, and what is left out is counted.
 */
import { instant, oneLine } from './layout.ts';

/** The most fields that are shown, the most characters of a value, and the deepest object whose fields are shown. */
const MAX_FIELDS = 30;
const MAX_VALUE = 300;
const MAX_DEPTH = 3;
/** How many fields a single line holds. */
const GIST_FIELDS = 3;

/** A field by name and value. */
export type Fact = readonly [name: string, value: string];

/** The fields of an entity (JSON text), and how many more there are. */
export function summarize(payload: string): { facts: Fact[]; more: number } {
  const facts = [...fieldsOf(JSON.parse(exactNumbers(payload)), [])];
  return { facts: facts.slice(0, MAX_FIELDS), more: Math.max(0, facts.length - MAX_FIELDS) };
}

/** The first fields of an entity in one line, but for its id, which stands beside it; empty where there is nothing else. */
export function gistOf(payload: string, entityId: string): string {
  return summarize(payload)
    .facts.filter(([, value]) => value !== entityId && value !== NOTHING)
    .slice(0, GIST_FIELDS)
    .map(([name, value]) => `${name}: ${oneLine(value, 60)}`)
    .join(' · ');
}

function* fieldsOf(value: unknown, path: string[]): Iterable<Fact> {
  if (isObject(value) && path.length < MAX_DEPTH && Object.keys(value).length > 0)
    for (const [name, part] of Object.entries(value)) yield* fieldsOf(part, [...path, name]);
  else yield [path.length === 0 ? 'Value' : titled(path.join(' ')), shown(value)];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** "handledBy" as "Handled by". */
function titled(name: string): string {
  const words = oneLine(name, 80)
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .trim()
    .replace(/\p{Lu}(?=\p{Ll})/gu, (letter) => letter.toLowerCase());
  return words === '' ? name : words[0]!.toUpperCase() + words.slice(1);
}

/** What stands for an empty value. */
const NOTHING = '–';

function shown(value: unknown): string {
  if (value === null) return NOTHING;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value) && value.every((part) => typeof part === 'string'))
    return oneLine(value.map(shown).join(', '), MAX_VALUE) || NOTHING;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const date = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(text) ? new Date(text) : undefined;
  if (date !== undefined && !Number.isNaN(date.getTime())) return instant(date);
  return oneLine(text.replace(MARKED, '$1'), MAX_VALUE) || NOTHING;
}

/** Marks a string that stands for a number. */
const EXACT = '\uE000';
/** A marked string, in JSON or alone. */
const MARKED = /"?\uE000(-?\d[\d.eE+-]*)"?/g;

/** Numbers as marked strings, since a double would lose digits of some. */
function exactNumbers(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
    token.startsWith('"') ? token : `"${EXACT}${token}"`,
  );
}
