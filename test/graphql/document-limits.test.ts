import { buildSchema, getIntrospectionQuery, parse, specifiedRules, validate } from 'graphql';

import { loadConfig } from '../../src/config.ts';
import { documentLimits } from '../../src/graphql/document-limits.ts';

const { maxDepth, maxFields, maxAliases, maxDirectives } = loadConfig({});
const limits = documentLimits({ maxDepth, maxFields, maxAliases, maxDirectives });
const schema = buildSchema('type Query { me: Person } type Person { id: ID friend: Person }');

const TOO_DEEP = 'The operation is 13 fields deep; 12 are allowed (BELLWIRE_MAX_DEPTH).';

function problems(document: string): string[] {
  return validate(schema, parse(document), [limits]).map((error) => error.message);
}

function nested(depth: number, leaf = 'id'): string {
  return `{ me ${'{ friend '.repeat(depth - 2)}{ ${leaf} }${' }'.repeat(depth - 2)} }`;
}

describe('the limits of a document', () => {
  it('let fields be 12 deep and no deeper', () => {
    expect(problems(nested(maxDepth))).toEqual([]);
    expect(problems(nested(maxDepth + 1))).toEqual([TOO_DEEP]);
  });

  it('count the fields of fragments where they are spread, by name and inline', () => {
    const far = `${nested(maxDepth, '...Far')} fragment Far on Person { friend { ... { ... on Person { id } } } }`;
    expect(problems(far)).toEqual([TOO_DEEP]);
    expect(problems(`{ me { ...Near } } fragment Near on Person { ... { friend { id } } }`)).toEqual([]);
  });

  it('look at the name of a field, not at an alias that looks like introspection', () => {
    const disguised = nested(maxDepth + 1).replaceAll('friend', '__schema: friend');
    expect(problems(disguised)).toEqual([TOO_DEEP]);
  });

  it('come to an end on fragments that spread each other in a circle', () => {
    const circle =
      '{ me { ...A } } fragment A on Person { friend { ...B } } fragment B on Person { friend { ...A } }';
    expect(problems(circle)).toEqual([]);
    const all = validate(schema, parse(circle), [...specifiedRules, limits]);
    expect(all.map((error) => error.message)).toEqual(['Cannot spread fragment "A" within itself via "B".']);
  });

  it('count what fragments multiply, at once', () => {
    const doubled = Array.from(
      { length: 40 },
      (_, level) => `fragment F${level} on Person { ...F${level + 1} ...F${level + 1} }`,
    );
    const bomb = `{ me { ...F0 } } ${doubled.join(' ')} fragment F40 on Person { id }`;
    expect(problems(bomb)).toEqual([
      `The operation selects ${2 ** 40 + 2 ** 41} fields and fragments; ${maxFields} are allowed (BELLWIRE_MAX_FIELDS).`,
    ]);
    const times = Array.from({ length: 5 }, () => {
      const startedAt = performance.now();
      problems(bomb);
      return performance.now() - startedAt;
    });
    expect(Math.min(...times)).toBeLessThan(50);
  });

  it.each([
    ['fields', (n: number) => `{ ${'me { id } '.repeat(n)} }`, 1000, 'BELLWIRE_MAX_FIELDS'],
    [
      'aliases',
      (n: number) => `{ ${Array.from({ length: n }, (_, i) => `a${i}: __typename`).join(' ')} }`,
      30,
      'BELLWIRE_MAX_ALIASES',
    ],
    [
      'aliases inside __schema',
      (n: number) =>
        `{ __schema { ${Array.from({ length: n }, (_, i) => `a${i}: queryType { name }`).join(' ')} } }`,
      30,
      'BELLWIRE_MAX_ALIASES',
    ],
    [
      'aliases of a fragment that is spread twice',
      (n: number) =>
        `{ me { ...A friend { ...A } } } fragment A on Person { ${Array.from({ length: n / 2 }, (_, i) => `a${i}: id`).join(' ')} ${n % 2 ? 'b: id' : ''} }`,
      30,
      'BELLWIRE_MAX_ALIASES',
    ],
    [
      'directives on fields',
      (n: number) => `{ me { ${'id @skip(if: false) '.repeat(n)} } }`,
      20,
      'BELLWIRE_MAX_DIRECTIVES',
    ],
    [
      'directives on operations, variables, fragments and spreads',
      (n: number) =>
        `query ($x: Int @a) @b { me { ...F @c ... @d { id } ${'id @e '.repeat(n - 5)} } } fragment F on Person @f { id }`,
      20,
      'BELLWIRE_MAX_DIRECTIVES',
    ],
  ])('let the number of %s be at its limit and no more', (_what, make, limit, setting) => {
    expect(problems(make(limit))).toEqual([]);
    expect(problems(make(limit + 1))).toEqual([expect.stringContaining(`(${setting})`)]);
  });

  it('let the standard introspection query pass', () => {
    expect(problems(getIntrospectionQuery())).toEqual([]);
  });
});
