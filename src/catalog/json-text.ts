/**
 * Reads JSON text the slow way, character by character, to say where a fault is: JSON.parse names
 * no place for most of them, and forgets what it rounds and what it overwrites. Runs only over
 * texts that a quick look found suspicious.
 */

/** Where a text goes wrong: inside which field, and in which line and column (from 1, in UTF-16 units). */
export interface TextFault {
  path: string[];
  message: string;
}

/** numeric, which holds the numbers of jsonb, keeps at most 16,383 digits behind the point (PostgreSQL manual, 8.1.2). */
const MAX_SCALE = 16_383;
const MAX_SHOWN_NAME = 100;

/** The deepest nesting of objects and lists in a payload; the recursion of every walk over one rests on it. */
export const MAX_DEPTH = 200;

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.(\d+))?(?:e([+-]?\d+))?/iy;
const WORD = /true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** A name as paths and messages show it: a name of any length would fill the answer. */
export function shownName(name: string): string {
  return name.length > MAX_SHOWN_NAME ? `${name.slice(0, MAX_SHOWN_NAME)}…` : name;
}

/** The first fault of a text by RFC 8259, plus names given twice and numbers that jsonb refuses; undefined when there is none. */
export function findTextFault(text: string): TextFault | undefined {
  const reader = new Reader(text);
  const message = reader.document();
  if (message === undefined) return undefined;
  const before = text.slice(0, reader.at);
  const line = before.split('\n').length;
  const column = reader.at - before.lastIndexOf('\n');
  return { path: reader.path, message: `line ${line}, column ${column}: ${message}` };
}

/** Each method reads one thing and gives the message of a fault, leaving place and path where it is. */
class Reader {
  at = 0;
  readonly path: string[] = [];
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  document(): string | undefined {
    const fault = this.#value(0);
    if (fault !== undefined) return fault;
    return this.at < this.#text.length ? 'Nothing may follow the value.' : undefined;
  }

  #value(depth: number): string | undefined {
    this.#match(SPACE);
    const fault = this.#bare(depth);
    if (fault === undefined) this.#match(SPACE);
    return fault;
  }

  #bare(depth: number): string | undefined {
    const next = this.#text[this.at];
    if (next === undefined) return 'The text ends too early.';
    if (next === '"') return this.#string();
    if (next === '{' || next === '[') {
      if (depth === MAX_DEPTH) return `Objects and lists nest deeper than ${MAX_DEPTH}.`;
      return next === '{' ? this.#object(depth + 1) : this.#list(depth + 1);
    }
    if (this.#match(WORD)) return undefined;
    const start = this.at;
    const number = this.#match(NUMBER);
    if (!number) return 'Here a value was expected.';
    const [, fraction = '', exponent = '0'] = number;
    const scale = fraction.length - Number(exponent);
    if (scale <= MAX_SCALE && Math.abs(Number(exponent)) <= MAX_SCALE) return undefined;
    this.at = start;
    return 'The number has too many digits or too large an exponent.';
  }

  #object(depth: number): string | undefined {
    const names = new Set<string>();
    this.at += 1;
    this.#match(SPACE);
    if (this.#take('}')) return undefined;
    for (;;) {
      const start = this.at;
      if (this.#text[start] !== '"') return 'Here a name in double quotes was expected.';
      const fault = this.#string();
      if (fault !== undefined) return fault;
      const name = JSON.parse(this.#text.slice(start, this.at)) as string;
      this.path.push(shownName(name));
      if (names.has(name)) {
        this.at = start;
        return 'The object has this name twice.';
      }
      names.add(name);
      this.#match(SPACE);
      if (!this.#take(':')) return 'Here a colon was expected.';
      const inside = this.#value(depth);
      if (inside !== undefined) return inside;
      this.path.pop();
      if (this.#take('}')) return undefined;
      if (!this.#take(',')) return 'Here a comma or } was expected.';
      this.#match(SPACE);
    }
  }

  #list(depth: number): string | undefined {
    this.at += 1;
    this.#match(SPACE);
    if (this.#take(']')) return undefined;
    for (let index = 0; ; index += 1) {
      this.path.push(String(index));
      const inside = this.#value(depth);
      if (inside !== undefined) return inside;
      this.path.pop();
      if (this.#take(']')) return undefined;
      if (!this.#take(',')) return 'Here a comma or ] was expected.';
    }
  }

  #string(): string | undefined {
    for (this.at += 1; ;) {
      const code = this.#text.charCodeAt(this.at);
      if (Number.isNaN(code)) return 'The text ends inside a string.';
      if (code < 0x20) return 'A string may not hold control characters; escape them.';
      if (code === 0x5c) {
        if (!this.#match(ESCAPE)) return 'This is no escape sequence of JSON.';
        continue;
      }
      this.at += 1;
      if (code === 0x22) return undefined;
    }
  }

  #take(character: string): boolean {
    if (this.#text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.#text);
    if (match) this.at += match[0].length;
    return match;
  }
}
