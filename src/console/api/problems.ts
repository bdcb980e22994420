/** What went wrong, in words for the page; and the problems of a mutation, sorted to the fields of a form. */
import type { CombinedError } from 'urql';

/** The parts of a UserError that forms need. */
export interface Problem {
  code: string;
  field?: string[] | null;
  message: string;
}

/** One sentence for an error of the transport or of GraphQL. */
export function describeError(error: CombinedError | null): string {
  const [first] = error?.graphQLErrors ?? [];
  if (first) return first.message;
  const status = statusOf(error ?? undefined);
  if (status === 429) return 'You asked for more in this minute than you may. Wait a moment and try again.';
  if (status !== undefined && status >= 500)
    return 'The server has trouble answering. Try again in a moment.';
  return 'The server cannot be reached. Check your connection and try again.';
}

/** The HTTP status of an answer that was no data; undefined when none came. */
export function statusOf(error: CombinedError | undefined): number | undefined {
  return (error?.response as Response | undefined)?.status;
}

/**
 * The problems by the paths of form fields ("endpoints.1.target", as @mantine/form names them); several of one
 * field become one text. Those without a field are under "".
 */
export function problemsByField(problems: readonly Problem[]): Record<string, string> {
  const byField: Record<string, string> = {};
  for (const { field, message } of problems) {
    const path = field?.join('.') ?? '';
    byField[path] = byField[path] === undefined ? message : `${byField[path]} ${message}`;
  }
  return byField;
}
