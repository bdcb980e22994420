import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { buildSchema } from 'graphql';

import { apiSchema, printedSchema } from '../../src/graphql/schema.ts';
import { packageRoot } from '../../src/paths.ts';
import { missingParts, outline } from './schema-outline.ts';

function file(...path: string[]): string {
  return readFileSync(join(packageRoot, ...path), 'utf8');
}

describe('the schema', () => {
  it('is committed as it is: npm run schema writes it', () => {
    expect(file('schema', 'schema.graphql')).toBe(printedSchema());
  });

  const contract = outline(buildSchema(file('test', 'graphql', 'contract.graphql')));
  const schema = outline(apiSchema());

  it('lacks of the contract exactly what stands on the list of what is missing, which may only shrink', () => {
    const lines = file('test', 'graphql', 'contract-missing.txt').split('\n').filter(Boolean);
    const listed = lines.map((line) => line.split(' '));
    expect(missingParts(contract, schema)).toEqual(listed.map(([name]) => name));
    // Behind each part stands the issue that takes it, or that none does yet.
    for (const [name, taker, ...rest] of listed)
      expect([name, taker, rest]).toEqual([name, expect.stringMatching(/^(\d+|later)$/), []]);
  });

  it('has everything else with the types, arguments, nullability and defaults of the contract', () => {
    const differing = [...contract].filter(([name, shape]) => schema.has(name) && schema.get(name) !== shape);
    expect(differing.map(([name, shape]) => `${name}: ${schema.get(name)} instead of ${shape}`)).toEqual([]);
  });

  it('asks for nothing that the contract does not: what it adds to an input or an argument can be left out', () => {
    const added = [...schema].filter(([name]) => !contract.has(name));
    const asked = added.filter(([name, shape]) => {
      const isArgument = name.endsWith(')') && contract.has(name.split('(')[0]!);
      const isInput = contract.get(name.split('.')[0]!) === 'GraphQLInputObjectType';
      return (isArgument || isInput) && shape.endsWith('!');
    });
    expect(asked).toEqual([]);
  });
});
