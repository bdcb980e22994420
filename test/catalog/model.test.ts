import { Ajv2020 } from 'ajv/dist/2020.js';

import { type CompiledModel, compileModel } from '../../src/catalog/model.ts';

function compiled(sdl: string): CompiledModel {
  const result = compileModel(sdl);
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  return result.value;
}

function definitions(sdl: string): Record<string, unknown> {
  return (compiled(sdl).payloadSchema as { $defs: Record<string, unknown> }).$defs;
}

describe('a model that is wrong is refused with line and column', () => {
  it.each([
    ['a brace is missing', 'type A {\n  a: Int\n', 'line 3, column 1: Expected Name, found <EOF>.'],
    [
      'a type is unknown',
      'type A {\n  a: Int\n  b: Ints\n}',
      'line 3, column 6: Unknown type "Ints". Did you mean "Int"?',
    ],
    ['a directive is unknown', 'type A {\n  a: Int @key\n}', 'line 2, column 10: Unknown directive "@key".'],
    [
      'a field stands twice',
      'type A {\n  a: Int\n  a: Int\n}',
      'line 2, column 3: Field "A.a" can only be defined once.',
    ],
    [
      'a type stands twice',
      'type A { a: Int }\ntype A { b: Int }',
      'line 1, column 6: There can be only one type named "A".',
    ],
    [
      'it holds a query',
      'type A { a: Int }\n{ a }',
      'line 2, column 1: A model holds type definitions, no operations or fragments.',
    ],
    [
      'there is no object type',
      'enum E { A }',
      'line 1, column 1: A model needs an object type; the first is the entity.',
    ],
    [
      'an interface is not fulfilled',
      'type A implements I {\n  a: Int\n}\ninterface I {\n  b: Int\n}',
      'line 5, column 3: Interface field I.b expected but A does not provide it.',
    ],
    [
      'a field has an input type',
      'type A {\n  a: I\n}\ninput I { a: Int }',
      'line 2, column 6: The type of A.a must be Output Type but got: I.',
    ],
    [
      'a name is reserved by GraphQL',
      'type A { a: Int }\ntype __Type { a: Int }',
      "line 2, column 1: The name __Type is GraphQL's own.",
    ],
    [
      'a built-in scalar becomes a type',
      'type String { a: Int }',
      "line 1, column 1: The name String is GraphQL's own.",
    ],
    [
      'the entity holds itself without end',
      '# endless\ntype A { a: B! }\ntype B { a: A! }',
      'line 2, column 1: No payload can ever fit A: by fields that may not be null it holds itself without end.',
    ],
    ['a character is none of SDL', 'type A { a: Int }\n  %', 'line 2, column 3: Unexpected character: "%".'],
  ])('when %s', (_, sdl, message) => {
    const result = compileModel(sdl);
    expect(result).toMatchObject({ ok: false });
    expect(!result.ok && result.problems[0]).toEqual({ code: 'INVALID', field: ['model'], message });
  });

  it('tells several problems at once', () => {
    const result = compileModel('type Policy {\n  a: X\n  b: Y\n  c: Z\n}');
    expect(!result.ok && result.problems.map(({ message }) => message)).toEqual([
      'line 2, column 6: Unknown type "X".',
      'line 3, column 6: Unknown type "Y".',
      'line 4, column 6: Unknown type "Z".',
    ]);
  });

  it('asks for a model when there is none', () => {
    expect(compileModel(' \n')).toMatchObject({
      ok: false,
      problems: [{ code: 'REQUIRED', field: ['model'] }],
    });
  });
});

describe('a hostile model takes no more than a moment', () => {
  const times = (count: number, write: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => write(index)).join(' ');

  it.each<[string, string, string | true]>([
    ['of 30,000 nested brackets', `type A { a: ${'['.repeat(30_000)}Int${']'.repeat(30_000)} }`, 'INVALID'],
    ['of more than 64 KiB', `# ${'x'.repeat(65_536)}\ntype A { a: Int }`, 'TOO_LONG'],
    ['of 600 types', times(600, (i) => `type T${i} { a: Int }`), 'TOO_MANY'],
    ['of 6,000 fields', `type A { ${times(6000, (i) => `f${i}:Int`)} }`, 'TOO_MANY'],
    ['of 4,900 fields', `type A { ${times(4900, (i) => `f${i}:Int`)} }`, true],
    [
      'of 490 types that know each other',
      times(490, (i) => `type T${i} { ${times(9, (j) => `f${j}:T${(i + j) % 490}`)} }`),
      true,
    ],
    [
      'of an enum of 7,000 values in 2,000 fields',
      `type A { ${times(2000, (i) => `f${i}:E`)} } enum E { ${times(7000, (i) => `e${i}`)} }`,
      true,
    ],
    [
      'of 4,000 unknown types among 490 known',
      `type A { ${times(4000, (i) => `f${i}:X${i}`)} } ${times(490, (i) => `type T${i} {a:Int}`)}`,
      'INVALID',
    ],
    [
      'of 3,000 unknown arguments among 3,000 known',
      `directive @d(${times(3000, (i) => `a${i}:Int`)}) on OBJECT type A @d(${times(3000, (i) => `b${i}:1`)}) { a: Int }`,
      'INVALID',
    ],
    [
      'of 490 types that miss 2,000 fields of an interface',
      `interface I { ${times(2000, (i) => `f${i}:Int`)} } ${times(490, (i) => `type T${i} implements I { a: Int }`)}`,
      'TOO_MANY',
    ],
    [
      'whose smallest payload doubles with every type',
      `${times(30, (i) => `type T${i} { a: T${i + 1}! b: T${i + 1}! }`)} type T30 { a: Int }`,
      'INVALID',
    ],
    [
      'whose full payload doubles with every type',
      `${times(30, (i) => `type T${i} { a: T${i + 1} b: T${i + 1} }`)} type T30 { a: Int }`,
      true,
    ],
    [
      'whose payloads nest 400 deep',
      `${times(400, (i) => `type T${i} { a: T${i + 1}! }`)} type T400 { a: Int }`,
      'INVALID',
    ],
  ])('%s', (_, sdl, verdict) => {
    const start = performance.now();
    const result = compileModel(sdl);
    expect(performance.now() - start).toBeLessThan(2000);
    expect(result.ok || result.problems[0]!.code).toBe(verdict);
  });

  it('whose union holds itself is checked in time linear in the payload', () => {
    const model = compiled('type A { u: U }\ntype B { u: U }\nunion U = A | B');
    let payload: object = { x: 1 };
    for (let depth = 0; depth < 150; depth += 1) payload = { __typename: depth % 2 ? 'A' : 'B', u: payload };
    const start = performance.now();
    expect(model.check({ u: payload })).toHaveLength(1);
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe('a model as JSON Schema', () => {
  it('names the first object type as the entity and holds what it reaches', () => {
    const { payloadSchema, typeName } = compiled('enum E { A }\ntype Policy { e: E }\ntype Other { a: Int }');
    expect(typeName).toBe('Policy');
    expect(payloadSchema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $ref: '#/$defs/Policy',
    });
    expect(Object.keys((payloadSchema as { $defs: object }).$defs)).toEqual(['Policy', 'E']);
  });

  it.each([
    ['String', { type: ['string', 'null'] }],
    ['String!', { type: 'string' }],
    ['ID!', { type: 'string' }],
    ['Int!', { type: 'integer', minimum: -2147483648, maximum: 2147483647 }],
    ['Long!', { type: 'integer' }],
    ['SafeInt!', { type: 'integer', minimum: -9007199254740991, maximum: 9007199254740991 }],
    ['Float!', { type: 'number' }],
    ['Boolean', { type: ['boolean', 'null'] }],
    ['DateTime!', { type: 'string', format: 'date-time' }],
    ['URL', { type: ['string', 'null'], format: 'uri' }],
    ['JSON', {}],
    ['JSON!', { type: ['object', 'array', 'string', 'number', 'boolean'] }],
    ['Money', {}],
    ['[Int!]!', { type: 'array', items: { type: 'integer', minimum: -2147483648, maximum: 2147483647 } }],
    [
      '[[Boolean]]',
      { type: ['array', 'null'], items: { type: ['array', 'null'], items: { type: ['boolean', 'null'] } } },
    ],
    ['E!', { $ref: '#/$defs/E' }],
    ['A', { anyOf: [{ $ref: '#/$defs/A' }, { type: 'null' }] }],
  ])('writes %s', (type, schema) => {
    const { A } = definitions(`type A { f(x: Int): ${type} } enum E { X Y } scalar Money`);
    expect(A).toMatchObject({ type: 'object', additionalProperties: false });
    expect((A as { properties: { f: object } }).properties.f).toEqual(schema);
    expect((A as { required?: string[] }).required).toEqual(type.endsWith('!') ? ['f'] : undefined);
  });

  it('carries descriptions, and tells members of a union apart by __typename', () => {
    const sdl = '"A thing."\ntype A { "Its other." u: U! }\ntype B { b: Int }\n"One of two." union U = A | B';
    expect(definitions(sdl)).toMatchObject({
      A: {
        description: 'A thing.',
        properties: { __typename: { const: 'A' }, u: { description: 'Its other.', $ref: '#/$defs/U' } },
      },
      U: {
        description: 'One of two.',
        required: ['__typename'],
        properties: { __typename: { enum: ['A', 'B'] } },
      },
    });
  });

  it('is a strict schema of draft 2020-12', () => {
    const ajv = new Ajv2020({
      strict: true,
      allowUnionTypes: true,
      formats: { 'date-time': true, uri: true },
    });
    expect(ajv.validateSchema(compiled(FULL).payloadSchema)).toBe(true);
    expect(() => ajv.compile(compiled(FULL).payloadSchema)).not.toThrow();
  });
});

const FULL = `
  type Policy {
    id: ID!
    number: Long
    state: State!
    premium(currency: String): Float
    tags: [String!]!
    holder: Person!
    insured: [Party!]
    broker: Named
    previous: Policy
    startsAt: DateTime
    link: URL
    extra: JSON
    constructor: Int
  }
  enum State { OPEN CLOSED }
  interface Named { name: String! }
  type Person implements Named { name: String! age: Int }
  type Company implements Named { name: String! staff: [Person!]! }
  union Party = Person | Company
`;

describe('a payload', () => {
  const model = compiled(FULL);
  const good = { id: '7', state: 'OPEN', tags: [], holder: { name: 'Ada' } };

  it.each<[string, object]>([
    ['with nullable fields left out', {}],
    ['with nullable fields null', { number: null, premium: null, insured: null, broker: null, extra: null }],
    ['with a Long beyond 32 and 64 bits', JSON.parse('{"number": 12345678901234567890}') as object],
    [
      'with a union told apart by __typename',
      {
        insured: [
          { __typename: 'Company', name: 'X', staff: [{ name: 'Y' }] },
          { __typename: 'Person', name: 'Z' },
        ],
      },
    ],
    [
      'with __typename where it is not needed',
      { __typename: 'Policy', holder: { __typename: 'Person', name: 'Ada' } },
    ],
    ['with recursion', { previous: { ...good, previous: good } }],
    ['with any JSON in an open map', { extra: { '+1': [{ x: null }] } }],
    ['with a zone in its time', { startsAt: '2025-01-31T12:00:00.123+02:00' }],
  ])('%s fits', (_, more) => {
    expect(model.check({ ...good, ...more })).toEqual([]);
  });

  it.each<[string, unknown, string[], string]>([
    [
      'a required field is missing',
      { id: undefined },
      ['id'],
      'Field "id" of Policy is missing, and it may not be left out.',
    ],
    ['a required field is null', { id: null }, ['id'], 'Must be a string, is null.'],
    ['an ID is a number', { id: 7 }, ['id'], 'Must be a string, is a number.'],
    [
      'a field is unknown',
      { premum: 1 },
      ['premum'],
      'Unknown field "premum" of Policy. Did you mean "premium"?',
    ],
    ['a field is unknown and like no other', { zzz: 1 }, ['zzz'], 'Unknown field "zzz" of Policy.'],
    [
      'a field is called as every object has one',
      { toString: 1 },
      ['toString'],
      'Unknown field "toString" of Policy.',
    ],
    [
      'a field is unknown deep inside',
      { previous: { ...good, holder: { name: 'A', nme: 1 } } },
      ['previous', 'holder', 'nme'],
      'Unknown field "nme" of Person. Did you mean "name" or "age"?',
    ],
    [
      'an enum has no such value',
      { state: 'secret' },
      ['state'],
      'Must be one of OPEN, CLOSED, is a string.',
    ],
    [
      'an Int has more than 32 bits',
      { holder: { name: 'A', age: 2147483648 } },
      ['holder', 'age'],
      'Must be a whole number of 32 bits, is a number.',
    ],
    [
      'an Int has a fraction',
      { holder: { name: 'A', age: 1.5 } },
      ['holder', 'age'],
      'Must be a whole number of 32 bits, is a number with a fraction.',
    ],
    [
      'a list holds null where it may not',
      { tags: ['a', null] },
      ['tags', '1'],
      'Must be a string, is null.',
    ],
    ['a list is an object', { tags: {} }, ['tags'], 'Must be a list, is an object.'],
    ['an object is a list', { holder: [] }, ['holder'], 'Must be an object (Person), is a list.'],
    [
      'a time has no zone',
      { startsAt: '2025-01-31T12:00:00' },
      ['startsAt'],
      'Must be a date and time with its zone, such as 2025-01-31T12:00:00Z, is a string.',
    ],
    ['a URL is relative', { link: '/x' }, ['link'], 'Must be an absolute URL, is a string.'],
    [
      'a member of a union does not say what it is',
      { insured: [{ name: 'X' }] },
      ['insured', '0', '__typename'],
      'Field "__typename" must say which type of Party this is: one of Person, Company.',
    ],
    [
      'a member of an interface is of another type',
      { broker: { __typename: 'Policy', name: 'X' } },
      ['broker', '__typename'],
      'Field "__typename" must say which type of Named this is: one of Person, Company.',
    ],
    [
      'a member of a union is wrong inside',
      { insured: [{ __typename: 'Company', name: 'X' }] },
      ['insured', '0', 'staff'],
      'Field "staff" of Company is missing, and it may not be left out.',
    ],
    ['__typename is not the type', { __typename: 'Person' }, ['__typename'], 'Must be "Policy".'],
  ])('is refused when %s', (_, more, path, message) => {
    // As JSON has it: undefined takes a field away.
    const payload: unknown = JSON.parse(JSON.stringify({ ...good, ...(more as object) }));
    expect(model.check(payload)).toEqual([{ path, message }]);
  });

  it('that is no object is refused', () => {
    expect(model.check([])).toEqual([{ path: [], message: 'Must be an object (Policy), is a list.' }]);
  });

  it('with a field named __proto__ is refused', () => {
    const payload: unknown = JSON.parse(`{"__proto__": {"id": "1"}, ${JSON.stringify(good).slice(1)}`);
    expect(model.check(payload)).toEqual([
      { path: ['__proto__'], message: 'Unknown field "__proto__" of Policy.' },
    ]);
  });

  it('may leave out a field whose name every object inherits, but not a required one', () => {
    const inherited = compiled('type A { constructor: Int toString: String! }');
    expect(inherited.check({})).toEqual([
      { path: ['toString'], message: 'Field "toString" of A is missing, and it may not be left out.' },
    ]);
    expect(inherited.check({ toString: 'x' })).toEqual([]);
  });

  it('that is wrong all over is told ten problems, without any of its values', () => {
    const problems = model.check({ ...good, tags: Array.from({ length: 500_000 }, () => 12345678) });
    expect(problems).toHaveLength(10);
    expect(problems[9]!.path).toEqual(['tags', '9']);
    expect(JSON.stringify(problems)).not.toContain('12345678');
  });

  it('with a name of any length gets a short answer', () => {
    expect(JSON.stringify(model.check({ ...good, ['x'.repeat(1_000_000)]: 1 })).length).toBeLessThan(500);
  });

  it('is never asked of an interface that no type implements', () => {
    const lonely = compiled('type A { i: I }\ninterface I { a: Int }');
    expect(lonely.check({ i: null })).toEqual([]);
    expect(lonely.check({ i: {} })).toEqual([
      { path: ['i'], message: 'No type implements I, so only null fits here.' },
    ]);
  });
});

describe('an example', () => {
  it('fits its model, is the same each time and fills everything in', () => {
    const model = compiled(FULL);
    expect(model.check(model.example())).toEqual([]);
    expect(model.example()).toEqual(model.example());
    expect(model.example()).toEqual({
      id: '1',
      number: 1,
      state: 'OPEN',
      premium: 1.5,
      tags: ['text'],
      holder: { name: 'text', age: 1 },
      insured: [{ __typename: 'Person', name: 'text', age: 1 }],
      broker: { __typename: 'Person', name: 'text', age: 1 },
      previous: null,
      startsAt: '2025-01-31T12:00:00Z',
      link: 'https://example.com/',
      extra: {},
      constructor: 1,
    });
  });

  it.each([
    ['lists of itself', 'type A { a: [A!]! b: [A] }', { a: [], b: null }],
    ['a type that never ends', 'type A { b: B x: Int }\ntype B { b: B! }', { b: null, x: 1 }],
    [
      'a way out by a union',
      'type A { u: U! }\nunion U = A | B\ntype B { b: Int }',
      { u: { __typename: 'B', b: 1 } },
    ],
    ['an interface without types', 'type A { i: I }\ninterface I { a: Int }', { i: null }],
    ['scalars of its own', 'type A { m: Money! n: Money }\nscalar Money', { m: {}, n: {} }],
    [
      'scalars that it declares itself',
      'type A { at: DateTime! }\nscalar DateTime',
      { at: '2025-01-31T12:00:00Z' },
    ],
  ])('of a model with %s is cut where it may be', (_, sdl, example) => {
    const model = compiled(sdl);
    expect(model.example()).toEqual(example);
    expect(model.check(model.example())).toEqual([]);
  });
});
