/** Statements put together of parts that bring their own parameters. */
import type { SqlFragment } from './sql.ts';

/** Renders a fragment: its text with $1, $2, … and the values in that order. */
export function collect(fragment: SqlFragment): { text: string; values: unknown[] } {
  const values: unknown[] = [];
  const text = fragment((value) => `$${values.push(value)}`);
  return { text, values };
}

/** All of the fragments must hold; true when there are none. */
export function allOf(fragments: SqlFragment[]): SqlFragment {
  return (add) =>
    fragments.length === 0 ? 'true' : fragments.map((fragment) => `(${fragment(add)})`).join(' and ');
}
