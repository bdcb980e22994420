/** How a mutation ended, errors of the transport and problems of the input alike. */
import type { CombinedError } from 'urql';

import { describeError, type Problem } from './problems.ts';

/** Everything that stopped a mutation; an error of the transport is a problem without a field. Empty when it worked. */
export function problemsOf(
  error: CombinedError | undefined,
  payload: { errors: Problem[] } | null | undefined,
): Problem[] {
  if (error) return [{ code: 'FAILED', field: null, message: describeError(error) }];
  return payload?.errors ?? [];
}

/** The same in one text, for dialogs without fields; null when it worked. */
export function troubleOf(
  error: CombinedError | undefined,
  payload: { errors: Problem[] } | null | undefined,
): string | null {
  const problems = problemsOf(error, payload);
  return problems.length === 0 ? null : problems.map(({ message }) => message).join(' ');
}
