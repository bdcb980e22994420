/** Rows of an input that keep a stored row by its id. */
import { type Problem, problem } from '../errors.ts';

/** The stored row that an input names by its id; undefined for a new one. */
export function findRow<T extends { id: string }>(
  id: string | null | undefined,
  stored: T[],
  seen: Set<string>,
  field: string[],
  what: string,
  problems: Problem[],
): T | undefined {
  if (id == null) return undefined;
  const row = stored.find((candidate) => candidate.id === id);
  if (!row)
    problems.push(
      problem(
        'NOT_FOUND',
        field,
        `This webhook has no ${what} with this id; leave the id out for a new one.`,
      ),
    );
  else if (seen.has(id)) problems.push(problem('DUPLICATE', field, `This ${what} is given twice.`));
  seen.add(id);
  return row;
}
