/**
 * An endpoint that moved to another scheme, host or port has to be given its secrets again. The API says so at the
 * address; this says it where each of them is typed, which opens the Advanced section.
 */
import type { Problem } from '../../api/problems.ts';
import { keepsStored } from './authentication-values.ts';
import type { EndpointValues } from './endpoint-values.ts';

/** The errors by path, beside those of the addresses. */
export function secretsToGiveAgain(
  problems: readonly Problem[],
  endpoints: readonly EndpointValues[],
): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const { code, field } of problems) {
    const moved = /^endpoints\.(\d+)\.target$/.exec(field?.join('.') ?? '');
    const row = moved === null ? undefined : endpoints[Number(moved[1])];
    if (code !== 'CREDENTIAL_MISMATCH' || moved === null || row === undefined) continue;
    if (keepsStored(row.authentication))
      errors[`endpoints.${moved[1]}.authentication`] =
        'Type the credential again: it does not follow the endpoint to another server.';
    if (row.advanced.headers.some(({ kept, value }) => kept && value === ''))
      errors[`endpoints.${moved[1]}.advanced.headers`] =
        'Type the values of the secret headers again: they do not follow the endpoint to another server.';
  }
  return errors;
}
