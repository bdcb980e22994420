/** Counts what runs: the proof that a refused operation reached no resolver. */
import type { GraphQLField } from 'graphql';

import { apiSchema } from '../../src/graphql/schema.ts';

/** Wraps every root field of the schema; the returned function tells how many have run since. */
export function countRootFields(): () => number {
  let count = 0;
  const schema = apiSchema();
  for (const type of [schema.getQueryType()!, schema.getMutationType()!, schema.getSubscriptionType()!])
    for (const field of Object.values(type.getFields())) {
      wrap(field, 'resolve');
      wrap(field, 'subscribe');
    }
  function wrap(field: GraphQLField<unknown, unknown>, name: 'resolve' | 'subscribe'): void {
    const run = field[name];
    if (!run) return;
    field[name] = (...args) => {
      count++;
      return run(...args);
    };
  }
  return () => count;
}
