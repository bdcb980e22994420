/** What graphql-js says of a value that it refuses is told without the value (SEC-06). */
import { buildSchema, getVariableValues, type OperationDefinitionNode, parse, validate } from 'graphql';

import { StreamCursor } from '../../src/graphql/scalars.ts';
import { withoutValue } from '../../src/graphql/withheld-values.ts';

const CANARY = 'canary-4d; at "place"; 1';
const schema = buildSchema(`
  enum Kind { URL }
  scalar Cursor
  input Header { name: String!, value: String }
  input Input { kind: Kind, count: Int, share: Float, on: Boolean, id: ID, headers: [Header!], after: Cursor }
  type Query { save(input: Input, kind: Kind, text: String): Int }`);
Object.assign(schema.getType('Cursor')!, { parseValue: StreamCursor.parseValue.bind(StreamCursor) });

/** What graphql-js says of variables. */
function ofVariables(declared: string, variables: Record<string, unknown>): string[] {
  const [operation] = parse(`query (${declared}) { save }`).definitions;
  const { errors } = getVariableValues(
    schema,
    (operation as OperationDefinitionNode).variableDefinitions!,
    variables,
  );
  return errors?.map((error) => error.message) ?? [];
}

const input = (value: unknown) => ofVariables('$input: Input', { input: value });

it.each<[string, unknown, string]>([
  ['kind', CANARY, 'The value does not exist in "Kind" enum.'],
  ['kind', 7, 'Enum "Kind" cannot represent non-string value.'],
  ['count', CANARY, 'Int cannot represent non-integer value.'],
  ['count', 2 ** 40, 'Int cannot represent non 32-bit signed integer value.'],
  ['share', CANARY, 'Float cannot represent non numeric value.'],
  ['on', CANARY, 'Boolean cannot represent a non boolean value.'],
  ['id', { a: CANARY }, 'ID cannot represent value.'],
  ['headers', CANARY, 'Expected type "Header" to be an object.'],
  ['after', { a: CANARY }, 'It is not what its type asks for.'],
])('a variable with a wrong %s is told with its path and without its value', (field, value, told) => {
  const [message] = input({ [field]: value });
  expect(message).toContain(String(typeof value === 'number' ? value : 'canary-4d'));
  expect(withoutValue(message!)).toBe(`Variable "$input" got an invalid value at "input.${field}"; ${told}`);
});

it('names the path inside a list, what is missing, and a variable that is itself wrong', () => {
  const deep = input({ headers: [{ name: 'x', value: { secret: CANARY } }] });
  expect(deep.map(withoutValue)).toEqual([
    'Variable "$input" got an invalid value at "input.headers[0].value"; String cannot represent a non string value.',
  ]);
  expect(input({ headers: [{ value: CANARY }] }).map(withoutValue)).toEqual([
    'Variable "$input" got an invalid value at "input.headers[0]"; Field "name" of required type "String!" was not provided.',
  ]);
  expect(ofVariables('$text: String', { text: ['canary'] }).map(withoutValue)).toEqual([
    'Variable "$text" got an invalid value; String cannot represent a non string value.',
  ]);
  expect(ofVariables('$text: String', { text: [CANARY] }).map(withoutValue)).toEqual([
    'Variable "$text" got an invalid value; It is not what its type asks for.',
  ]);
});

it('a literal is told without its value, and all other messages are left as they are', () => {
  const messages = (document: string) => validate(schema, parse(document)).map((error) => error.message);
  expect(messages('{ save(text: ["canary"], kind: "canary") }').map(withoutValue)).toEqual([
    'String cannot represent a non string value.',
    'Enum "Kind" cannot represent non-enum value.',
  ]);
  expect(messages('{ save(kind: canary) }').map(withoutValue)).toEqual([
    'The value does not exist in "Kind" enum.',
  ]);
  expect(messages('{ save(input: 5) }').map(withoutValue)).toEqual(['Expected value of type "Input".']);
  const others = messages('{ nothing }');
  expect(others).toHaveLength(1);
  expect(others.map(withoutValue)).toEqual(others);
});
