/** The check and the JSON Schema of one model say the same; Ajv, reading the schema, is the oracle. */
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import fc from 'fast-check';

import { type CompiledModel, compileModel } from '../../src/catalog/model.ts';
import { octokitFamilies } from '../support/octokit.ts';

const MODEL = `
  type A { id: ID! n: Int l: Long s: SafeInt f: Float b: Boolean at: DateTime url: URL any: JSON must: JSON! m: Money
    e: E! es: [E!] u: U i: I! a: A as: [A!]! grid: [[Int!]] constructor: String }
  enum E { X Y }
  type B implements I { id: ID! u: U }
  type C implements I { id: ID! toString: Int! }
  interface I { id: ID! }
  interface Lonely { id: ID }
  union U = A | B | C
  scalar Money
`;
const PATHS_TRIED = 3;

/** Values that sit at the borders of the types. */
const leaf = fc.constantFrom<unknown>(
  null, true, false, 0, -1, 1.5, 2147483647, 2147483648, -2147483649, 2 ** 53, 1e300, '', 'X', 'Y', 'Z', 'A', 'B', 'C',
  '2025-01-31T12:00:00Z', '2025-02-30T12:00:00Z', '2025-01-31T12:00:00', 'https://example.com/a?b#c', '/a', 'a b:c',
  [], {}, [null], [[1]], [[null]], { __typename: 'B', id: '1' }, { __typename: 'C', id: '1' }, { id: '1' },
); // prettier-ignore

describe('the check agrees with the JSON Schema', () => {
  it('for payloads of a model with every kind of type, changed at any place', () => {
    const sides = bothSides(MODEL);
    let refused = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), leaf, fc.constantFrom('set', 'delete', 'add')), {
          maxLength: PATHS_TRIED,
        }),
        (changes) => {
          const payload = sides.model.example();
          for (const [at, value, how] of changes) change(payload, at, structuredClone(value), how);
          if (!agree(sides, payload)) refused += 1;
        },
      ),
      { numRuns: 2000 },
    );
    expect(refused).toBeGreaterThan(200);
  });

  it.each(['issues', 'push'])('for the real payloads of %s, changed at any place', (resource) => {
    const family = octokitFamilies().find((one) => one.resource === resource)!;
    const sides = bothSides(family.model);
    fc.assert(
      fc.property(
        fc.constantFrom(...family.payloads),
        fc.nat(),
        leaf,
        fc.constantFrom('set', 'delete', 'add'),
        ({ text }, at, value, how) => {
          const payload = JSON.parse(text) as object;
          expect(agree(sides, payload)).toBe(true);
          change(payload, at, value, how);
          agree(sides, payload);
        },
      ),
      { numRuns: 100 },
    );
  });
});

interface Sides {
  model: CompiledModel;
  validate: ValidateFunction;
}

function bothSides(sdl: string): Sides {
  const result = compileModel(sdl);
  if (!result.ok) throw new Error(result.problems[0]!.message);
  // ownProperties: without it a field named "constructor" would be found on every object.
  const ajv = new Ajv({
    strict: true,
    allowUnionTypes: true,
    ownProperties: true,
    inlineRefs: false,
    meta: false,
    validateSchema: false,
  });
  addFormats.default(ajv);
  return { model: result.value, validate: ajv.compile(result.value.payloadSchema) };
}

/** Whether both sides accept the payload; fails the test when only one does. */
function agree({ model, validate }: Sides, payload: unknown): boolean {
  const problems = model.check(payload);
  const accepted = validate(payload);
  if (accepted !== (problems.length === 0))
    throw new Error(
      `only one side accepts: ${JSON.stringify({ payload, problems, errors: validate.errors })}`,
    );
  return accepted;
}

/** Changes the container that is the at-th in the payload: sets or deletes one of its members, or adds one. */
function change(payload: object, at: number, value: unknown, how: string): void {
  const containers: object[] = [payload];
  for (const container of containers)
    containers.push(
      ...Object.values(container).filter(
        (inner): inner is object => typeof inner === 'object' && inner !== null,
      ),
    );
  const container = containers[at % containers.length]! as Record<string, unknown>;
  const keys = Object.keys(container);
  const key = keys[Math.floor(at / containers.length) % Math.max(1, keys.length)];
  if (Array.isArray(container)) container[how === 'add' ? container.length : 0] = value as never;
  else if (how === 'add' || key === undefined) container[`x${at}`] = value;
  else if (how === 'delete') delete container[key];
  else container[key] = value;
}
