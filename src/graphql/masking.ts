/**
 * What of an error reaches a client, the same over HTTP, over WebSocket and in the middle of a
 * stream: errors that carry a code of EDGE_ERROR_CODES pass, with nothing but that code, the path of an
 * input and the name of a limit; a database without a free connection, or without room, is UNAVAILABLE; everything else becomes "Internal server error" with an id under which the log has the cause.
 */
import { randomUUID } from 'node:crypto';

import { GraphQLError, type GraphQLFormattedError } from 'graphql';

import { isOutOfRoom, NoConnectionError } from '../db/connection-loss.ts';
import { describeError, type Logger } from '../log.ts';
import { EDGE_ERROR_CODES, unavailable } from './answers.ts';
import { withoutValue } from './withheld-values.ts';

/** Makes an error fit for clients; it logs what it hides. */
export type Mask = (error: unknown) => GraphQLFormattedError;

/** The mask that logs to `logger`. */
export function createMask(logger: Logger): Mask {
  return (error) => {
    const code = publicCode(error);
    if (code !== undefined && error instanceof GraphQLError) {
      const { field, limit } = error.extensions;
      return {
        message: withoutValue(withoutSuggestion(error.message)),
        ...placeOf(error),
        extensions: {
          code,
          ...(field === undefined ? {} : { field }),
          ...(limit === undefined ? {} : { limit }),
        },
      };
    }
    const place = error instanceof GraphQLError ? placeOf(error) : {};
    const cause = causeOf(error);
    if (cause instanceof NoConnectionError) {
      // No stack: it says nothing of who holds the connections.
      logger.warn(
        { path: place.path, error: describeError(cause).error },
        'a request got no database connection',
      );
      return { ...unavailable().toJSON(), ...place };
    }
    if (isOutOfRoom(cause)) {
      logger.error({ path: place.path, ...describeError(cause) }, 'the database has no room for a request');
      return { ...unavailable().toJSON(), ...place };
    }
    const correlationId = randomUUID();
    logger.error({ correlationId, path: place.path, ...describeError(cause) }, 'a request failed');
    return {
      message: 'Internal server error',
      ...place,
      extensions: { code: 'INTERNAL_SERVER_ERROR', correlationId },
    };
  };
}

/** An error's code where it may be shown. What lies under an error of another kind is never vouched for by its extensions. */
function publicCode(error: unknown): string | undefined {
  if (!(error instanceof GraphQLError) || !isPureGraphQL(error)) return undefined;
  const { code } = error.extensions;
  return typeof code === 'string' && Object.hasOwn(EDGE_ERROR_CODES, code) ? code : undefined;
}

/** graphql-js copies the extensions of whatever was thrown, so an error of a library could pass for ours. */
function isPureGraphQL(error: unknown): boolean {
  return error instanceof GraphQLError && (error.originalError == null || isPureGraphQL(error.originalError));
}

function causeOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError != null ? causeOf(error.originalError) : error;
}

function placeOf(error: GraphQLError): Pick<GraphQLFormattedError, 'locations' | 'path'> {
  const { locations, path } = error.toJSON();
  return { ...(locations ? { locations } : {}), ...(path ? { path } : {}) };
}

/** graphql-js adds names of the schema that are like the one it did not find. */
function withoutSuggestion(message: string): string {
  return message.replace(/ Did you mean [^]*\?$/, '');
}
