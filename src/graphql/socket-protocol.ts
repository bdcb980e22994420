/**
 * graphql-transport-ws with our rules: who may connect, what may be subscribed to, what of an error is
 * shown. No hook throws, because graphql-ws would close the socket for it.
 */
import { GraphQLError, type GraphQLSchema } from 'graphql';
import { makeServer, type OperationResult } from 'graphql-ws';

import type { Viewer } from '../access/viewer.ts';
import type { Logger } from '../log.ts';
import { edgeError } from './answers.ts';
import { tokenOfParams } from './bearer.ts';
import { type Context, createContext, type Rooms } from './context.ts';
import type { Mask } from './masking.ts';
import { readSubscription, type SubscribePayload } from './subscription-document.ts';

/**
 * Close codes. graphql-ws clients give up after 4401 and come back after the others, so 4401 is only
 * for a connection that never had a valid token, and trouble of ours is 1013 (try again later).
 */
export const CLOSE = { goingAway: 1001, tryAgain: 1013, unauthorized: 4401, forbidden: 4403 } as const;

const MAX_SUBSCRIPTIONS = 100;
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What belongs to one socket. */
export interface Connection {
  close(code: number, reason: string): void;
  /** Whether the socket has closed; it may do so while its token is looked up. */
  gone: boolean;
  /** Set once the token was found valid. */
  viewer?: Viewer;
  /** Fires when the token expires; the owner of the socket clears it. */
  expiry?: NodeJS.Timeout;
}

type Params = Record<string, unknown>;

/** The protocol, to be given the sockets. */
export function createProtocol(options: { schema: GraphQLSchema; rooms: Rooms; mask: Mask; logger: Logger }) {
  const { schema, rooms, mask, logger } = options;
  const aborts = new WeakMap<object, AbortController>();

  async function subscribe(connection: Connection, count: number, payload: SubscribePayload) {
    if (count > MAX_SUBSCRIPTIONS)
      return [
        edgeError('TOO_MANY_SUBSCRIPTIONS', `A socket may have ${MAX_SUBSCRIPTIONS} subscriptions at once.`),
      ];
    const read = readSubscription(schema, payload);
    if (read.errors) return read.errors;
    const gone = new AbortController();
    const contextValue = createContext({
      viewer: connection.viewer!,
      rooms,
      signal: gone.signal,
      onEnd: () => connection.close(CLOSE.forbidden, 'The token has ended'),
    });
    aborts.set(contextValue, gone);
    if (!(await contextValue.renew()))
      return [edgeError('UNAUTHENTICATED', 'The token of this socket is not valid any more.')];
    return { schema, ...read, contextValue };
  }

  return makeServer<Params, Connection>({
    async onConnect({ connectionParams, extra: connection }) {
      try {
        const token = tokenOfParams(connectionParams);
        const viewer = token === undefined ? undefined : await rooms.access.viewerOfToken(token);
        if (viewer === undefined) {
          connection.close(CLOSE.unauthorized, 'Unauthorized');
          return false;
        }
        connection.viewer = viewer;
        closeAtExpiry(connection, viewer);
        return true;
      } catch (error) {
        mask(error);
        connection.close(CLOSE.tryAgain, 'Try again later');
        return false;
      }
    },
    async onSubscribe({ extra: connection, subscriptions }, _id, payload) {
      try {
        return await subscribe(connection, Object.keys(subscriptions).length, payload);
      } catch (error) {
        const originalError = error instanceof Error ? error : new Error(String(error));
        return [new GraphQLError(originalError.message, { originalError })];
      }
    },
    onOperation(_socket, _id, payload, args, result) {
      const gone = aborts.get(args.contextValue as Context);
      if (!gone || !isGenerator(result)) return;
      const startedAt = performance.now();
      gone.signal.addEventListener('abort', () =>
        logger.debug(
          {
            operation: payload.operationName ?? null,
            type: 'subscription',
            login: (args.contextValue as Context).viewer.loginId,
            durationMs: Math.round(performance.now() - startedAt),
          },
          'request',
        ),
      );
      return abortAtEnd(result, gone);
    },
    onNext: (_socket, _id, _payload, _args, result) =>
      result.errors ? { ...result, errors: result.errors.map(mask) } : undefined,
    onError: (_socket, _id, _payload, errors) => errors.map(mask),
  });
}

type Results = Extract<Awaited<OperationResult>, AsyncGenerator>;

function isGenerator(result: OperationResult): result is Results {
  return Symbol.asyncIterator in result && 'return' in result && 'next' in result;
}

/**
 * A generator that waits inside next() learns of return() only when next() has come to an end; the
 * signal tells it at once, whether the client completed the subscription or its socket closed.
 */
function abortAtEnd(results: Results, gone: AbortController): Results {
  const ends = async (step: Promise<IteratorResult<Awaited<ReturnType<Results['next']>>['value'], void>>) => {
    try {
      const result = await step;
      if (result.done) gone.abort();
      return result;
    } catch (error) {
      gone.abort();
      throw error;
    }
  };
  return {
    next: () => ends(results.next()),
    return: (value) => {
      gone.abort();
      return results.return(value);
    },
    throw: (error) => ends(results.throw(error)),
    [Symbol.asyncIterator]() {
      return this;
    },
  } as Results;
}

/** 4403 at the end of the token's life: clients come back from it with a fresh one. */
function closeAtExpiry(connection: Connection, { expiresAt }: Pick<Viewer, 'expiresAt'>): void {
  if (expiresAt === null || connection.gone) return;
  const left = expiresAt.getTime() - Date.now();
  if (left <= 0) connection.close(CLOSE.forbidden, 'The token has expired');
  else
    connection.expiry = setTimeout(
      () => closeAtExpiry(connection, { expiresAt }),
      Math.min(left, MAX_TIMER_MS),
    ).unref();
}
