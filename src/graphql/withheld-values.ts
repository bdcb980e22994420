/**
 * graphql-js repeats the value that it refuses, and that may be a secret in a wrong place, on its way into the logs of
 * whoever called. Comes in: a message of graphql-js. Goes out: the same without the value, with the path to it.
 */

/** What it says of a refused value; the value stands behind it, or in its middle. */
const REASONS: [RegExp, string][] = [
  [
    /^((?:Enum "\w+"|\w+) cannot represent (?:an? )?(?:non[\w -]*value|invalid [\w-]*\w|value))\b[^]*$/,
    '$1.',
  ],
  [/^Value "[^]*" does not exist in "(\w+)" enum\.$/, 'The value does not exist in "$1" enum.'],
  [/^(Expected value of type "[^"]*"), found [^]*$/, '$1.'],
];

/** What it says of the shape of an input, with names and no value. */
const OF_SHAPE =
  /^(Expected (non-nullable )?type "[^"]*" (to be an object|not to be null)|Field "\w+" (of required type "[^"]*" was not provided|is not defined by type "\w+"))\.$/;

/** A path begins with the name of the variable. */
const VARIABLE = /^Variable "\$(\w+)" got invalid value (?:[^]* at "(\1[.[][\w.[\]]*)"; |[^]*?; )([^]*)$/;

/** The message without the value that it refuses. */
export function withoutValue(message: string): string {
  const [, name, path, reason] = VARIABLE.exec(message) ?? [];
  if (reason === undefined) return withoutLiteral(message) ?? message;
  const place = path === undefined ? '' : ` at "${path}"`;
  const told = OF_SHAPE.test(reason) ? reason : withoutLiteral(reason);
  return `Variable "$${name}" got an invalid value${place}; ${told ?? 'It is not what its type asks for.'}`;
}

function withoutLiteral(message: string): string | undefined {
  for (const [pattern, told] of REASONS) if (pattern.test(message)) return message.replace(pattern, told);
  return undefined;
}
