/**
 * GraphQL errors: the only ones whose message a client may read. A mutation carries its problems as
 * values; a query that cannot be answered ends in one of these. Not found is null, not an error.
 */
import { GraphQLError, type GraphQLErrorOptions } from 'graphql';

import { settingName, type SETTINGS } from '../config.ts';
import type { Result } from '../errors.ts';

/** Every code that a GraphQL error may carry to a client; an error without one of them is masked. */
export const EDGE_ERROR_CODES = {
  UNAUTHENTICATED: 'No token or session, or one that is not valid (any more).',
  FORBIDDEN: 'The caller lacks the permission, or is the page of another site.',
  BAD_USER_INPUT: 'An argument or a variable is not what the schema or the field asks for.',
  BAD_REQUEST: 'The request is not one that this transport takes.',
  NOT_FOUND: 'There is nothing at this address.',
  PAYLOAD_TOO_LARGE: 'The request or the document is larger than its limit.',
  UNSUPPORTED_MEDIA_TYPE: 'The body is not JSON.',
  TOO_MANY_SUBSCRIPTIONS: 'The socket or its login has as many subscriptions as it may have.',
  COST_EXCEEDED: 'The operation could return more than one operation may.',
  RATE_LIMITED: 'More was asked for, or tried, in this time than may be; try again later.',
  UNAVAILABLE: 'The database is away or has no connection free; try again in a moment.',
  GRAPHQL_PARSE_FAILED: 'The document is not GraphQL.',
  GRAPHQL_VALIDATION_FAILED: 'The document does not fit the schema, or exceeds a limit.',
  OPERATION_RESOLUTION_FAILURE: 'The document does not hold the operation that was named.',
  PERSISTED_QUERY_NOT_SUPPORTED: 'Documents cannot be stored on this server.',
} as const;

/** A key of EDGE_ERROR_CODES. */
export type EdgeErrorCode = keyof typeof EDGE_ERROR_CODES;

/** An error whose message the client may read. */
export function edgeError(
  code: EdgeErrorCode,
  message: string,
  extensions: Record<string, unknown> = {},
): GraphQLError {
  return new GraphQLError(message, { extensions: { code, ...extensions } });
}

/**
 * A refusal by a limit: the sentence says the number, its end and extensions.limit which setting it is.
 * An operator can raise it, a client can tell it from a mistake.
 */
export function limitError(
  code: EdgeErrorCode,
  setting: keyof typeof SETTINGS,
  sentence: string,
  options: GraphQLErrorOptions = {},
): GraphQLError {
  const limit = settingName(setting);
  return new GraphQLError(`${sentence} (${limit}).`, {
    ...options,
    extensions: { ...options.extensions, code, limit },
  });
}

/** When to come back from UNAVAILABLE, s. */
export const RETRY_AFTER_SECONDS = 1;

/** Nothing was done, because the database had no connection free in time, or no room. */
export function unavailable(): GraphQLError {
  return edgeError(
    'UNAVAILABLE',
    'The database is away, busy or full, and nothing was done for this. Try again in a moment.',
  );
}

/** The value of a result, for queries: problems become one GraphQL error, FORBIDDEN or BAD_USER_INPUT. */
export function valueOf<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  const forbidden = result.problems.find((problem) => problem.code === 'FORBIDDEN');
  if (forbidden) throw edgeError('FORBIDDEN', forbidden.message);
  throw edgeError('BAD_USER_INPUT', result.problems.map((problem) => problem.message).join(' '), {
    field: result.problems[0]?.field ?? null,
  });
}
