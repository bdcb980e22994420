/** Addresses that somebody types: an endpoint's, and the one that its tokens come from. */
import { type Problem, problem, type UserErrorCode } from '../errors.ts';

/** The longest address, in characters. */
export const MAX_TARGET = 2048;

/** Says whether an address may be called; src/egress has the real one. */
export interface TargetGuard {
  checkTarget(
    input: string,
  ): Promise<{ ok: true; url: string } | { ok: false; code: UserErrorCode; message: string }>;
}

/** The address as the URL parser writes it; null where it is missing or may not be called. */
export async function checkTarget(
  input: string | null | undefined,
  egress: TargetGuard,
  field: string[],
  problems: Problem[],
): Promise<string | null> {
  const refuse = (code: UserErrorCode, message: string) => {
    problems.push(problem(code, field, message));
    return null;
  };
  if (input == null || input.trim() === '') return refuse('REQUIRED', 'The address is missing.');
  if (input.length > MAX_TARGET)
    return refuse('TOO_LONG', `An address may have at most ${MAX_TARGET} characters.`);
  const checked = await egress.checkTarget(input);
  if (!checked.ok) return refuse(checked.code, checked.message);
  if (checked.url.length > MAX_TARGET)
    return refuse('TOO_LONG', `An address may have at most ${MAX_TARGET} characters, escapes included.`);
  return checked.url;
}

/**
 * What is refused of an endpoint that moved to another scheme, host or port with secrets that were given for the old one:
 * the values of these headers, and its credential. Undefined where there are none.
 */
export function movedAway(field: string[], headers: string[], credential: boolean): Problem | undefined {
  const again = [
    ...(credential ? ['the credential of its authentication'] : []),
    ...(headers.length > 0 ? [`the values of ${headers.join(', ')}`] : []),
  ];
  if (again.length === 0) return undefined;
  const without = [
    ...(credential ? ['choose no authentication'] : []),
    ...(headers.length > 0 ? ['leave those headers out'] : []),
  ];
  return problem(
    'CREDENTIAL_MISMATCH',
    field,
    `The address moved to another scheme, host or port: give ${again.join(' and ')} again, or ${without.join(' and ')}.`,
  );
}
