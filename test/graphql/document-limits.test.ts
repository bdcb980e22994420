import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { buildSchema, getIntrospectionQuery, parse, specifiedRules, validate } from 'graphql';

import {
  documentLimits,
  MAX_DEPTH,
  MAX_DOCUMENT_BYTES,
  MAX_FIELDS,
  MAX_TOKENS,
} from '../../src/graphql/document-limits.ts';
import { apiSchema } from '../../src/graphql/schema.ts';
import { packageRoot } from '../../src/paths.ts';

const schema = buildSchema('type Query { me: Person } type Person { id: ID friend: Person }');

function problems(document: string): string[] {
  return validate(schema, parse(document), [documentLimits]).map((error) => error.message);
}

function nested(depth: number, leaf = 'id'): string {
  return `{ me ${'{ friend '.repeat(depth - 2)}{ ${leaf} }${' }'.repeat(depth - 2)} }`;
}

describe('the limits of a document', () => {
  it('let fields be 12 deep and no deeper', () => {
    expect(problems(nested(MAX_DEPTH))).toEqual([]);
    expect(problems(nested(MAX_DEPTH + 1))).toEqual(['The operation is 13 fields deep; 12 are allowed.']);
  });

  it('count the fields of fragments where they are spread, by name and inline', () => {
    const far = `${nested(MAX_DEPTH, '...Far')} fragment Far on Person { friend { ... { ... on Person { id } } } }`;
    expect(problems(far)).toEqual(['The operation is 13 fields deep; 12 are allowed.']);
    expect(problems(`{ me { ...Near } } fragment Near on Person { ... { friend { id } } }`)).toEqual([]);
  });

  it('look at the name of a field, not at an alias that looks like introspection', () => {
    const disguised = nested(MAX_DEPTH + 1).replaceAll('friend', '__schema: friend');
    expect(problems(disguised)).toEqual(['The operation is 13 fields deep; 12 are allowed.']);
  });

  it('come to an end on fragments that spread each other in a circle', () => {
    const circle =
      '{ me { ...A } } fragment A on Person { friend { ...B } } fragment B on Person { friend { ...A } }';
    expect(problems(circle)).toEqual([]);
    const all = validate(schema, parse(circle), [...specifiedRules, documentLimits]);
    expect(all.map((error) => error.message)).toEqual(['Cannot spread fragment "A" within itself via "B".']);
  });

  it('count what fragments multiply, at once', () => {
    const doubled = Array.from(
      { length: 40 },
      (_, level) => `fragment F${level} on Person { ...F${level + 1} ...F${level + 1} }`,
    );
    const bomb = `{ me { ...F0 } } ${doubled.join(' ')} fragment F40 on Person { id }`;
    const startedAt = performance.now();
    expect(problems(bomb)).toEqual([
      `The operation selects ${2 ** 40 + 1} fields; ${MAX_FIELDS} are allowed.`,
    ]);
    expect(performance.now() - startedAt).toBeLessThan(50);
  });

  it('let the standard introspection query pass', () => {
    expect(problems(getIntrospectionQuery())).toEqual([]);
  });

  const operations = join(packageRoot, 'schema', 'operations');
  const files = readdirSync(operations).filter((name) => name.endsWith('.graphql'));
  it.each(files)('let schema/operations/%s pass, which fits the schema', (name) => {
    const text = readFileSync(join(operations, name), 'utf8');
    expect(Buffer.byteLength(text)).toBeLessThan(MAX_DOCUMENT_BYTES);
    const document = parse(text, { maxTokens: MAX_TOKENS });
    expect(validate(apiSchema(), document, [...specifiedRules, documentLimits])).toEqual([]);
  });
});
