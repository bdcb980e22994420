/** Binds a SQL fragment for TypeORM, which names its parameters where pg numbers them. */
import type { SqlFragment } from '../db/sql.ts';

/** The text for a query builder's where, and its parameters; prefix keeps two fragments of one query apart. */
export function bound(
  fragment: SqlFragment,
  prefix = 'rule',
): { text: string; parameters: Record<string, unknown> } {
  const parameters: Record<string, unknown> = {};
  const text = fragment((value) => {
    const name = `${prefix}${Object.keys(parameters).length}`;
    parameters[name] = value;
    return `:${name}`;
  });
  return { text, parameters };
}
