/**
 * The scalars that a model may use without declaring them: what each accepts, in code and as JSON
 * Schema, and one value for generated examples. A scalar that a model declares under another name
 * accepts any value.
 */
import { fullFormats } from 'ajv-formats/dist/formats.js';

/** A JSON Schema (draft 2020-12). */
export type JsonSchema = Record<string, unknown>;

/** One scalar; says is how a message names what it accepts. */
export interface Scalar {
  accepts: (value: unknown) => boolean;
  schema: JsonSchema;
  says: string;
  example: unknown;
}

const MAX_INT = 2 ** 31 - 1;
const MIN_INT = -(2 ** 31);

// RFC 3339, section 5.6, and RFC 3986: the same functions that Ajv runs for these formats.
const { validate: isDateTime } = fullFormats['date-time'] as { validate: (text: string) => boolean };
const isUri = fullFormats.uri as (text: string) => boolean;

const string: Pick<Scalar, 'accepts' | 'schema' | 'says'> = {
  accepts: (value) => typeof value === 'string',
  schema: { type: 'string' },
  says: 'a string',
};

const any: Scalar = {
  accepts: (value) => value !== null,
  schema: { type: ['object', 'array', 'string', 'number', 'boolean'] },
  says: 'any value but null',
  example: {},
};

/** By name. An ID is a string, as GraphQL serialises it (GraphQL October 2021, 3.5.5); Long is a whole number of any size. */
export const SCALARS: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ['String', { ...string, example: 'text' }],
  ['ID', { ...string, example: '1' }],
  [
    'Boolean',
    {
      accepts: (value) => typeof value === 'boolean',
      schema: { type: 'boolean' },
      says: 'true or false',
      example: true,
    },
  ],
  [
    'Int',
    {
      accepts: (value) =>
        Number.isInteger(value) && (value as number) >= MIN_INT && (value as number) <= MAX_INT,
      schema: { type: 'integer', minimum: MIN_INT, maximum: MAX_INT },
      says: 'a whole number of 32 bits',
      example: 1,
    },
  ],
  ['Float', { accepts: Number.isFinite, schema: { type: 'number' }, says: 'a number', example: 1.5 }],
  ['Long', { accepts: Number.isInteger, schema: { type: 'integer' }, says: 'a whole number', example: 1 }],
  [
    'SafeInt',
    {
      accepts: Number.isSafeInteger,
      schema: { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
      says: 'a whole number within 2^53',
      example: 1,
    },
  ],
  [
    'DateTime',
    {
      accepts: (value) => typeof value === 'string' && isDateTime(value),
      schema: { type: 'string', format: 'date-time' },
      says: 'a date and time with its zone, such as 2025-01-31T12:00:00Z',
      example: '2025-01-31T12:00:00Z',
    },
  ],
  [
    'URL',
    {
      accepts: (value) => typeof value === 'string' && isUri(value),
      schema: { type: 'string', format: 'uri' },
      says: 'an absolute URL',
      example: 'https://example.com/',
    },
  ],
  ['JSON', any],
]);

/** The scalar of a name; one that accepts any value but null for those that a model declares itself. */
export function scalarOf(name: string): Scalar {
  return SCALARS.get(name) ?? any;
}
