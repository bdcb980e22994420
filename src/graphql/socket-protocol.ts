/**
 * graphql-transport-ws with our rules: who may connect, what may be subscribed to, what of an error is
 * shown. No hook throws, because graphql-ws would close the socket for it.
 */
import { GraphQLError, type GraphQLSchema } from 'graphql';
import { makeServer, type OperationResult } from 'graphql-ws';

import { tokenOfParams } from '../access/bearer.ts';
import type { Viewer } from '../access/viewer.ts';
import type { Logger } from '../log.ts';
import { edgeError } from './answers.ts';
import { type Caller, callerOf } from './callers.ts';
import type { Connection, Connections } from './connections.ts';
import { type Context, createContext, type Rooms } from './context.ts';
import type { Guard } from './guard.ts';
import type { Mask } from './masking.ts';
import { readSubscription, type SubscribePayload } from './subscription-document.ts';

/**
 * Close codes. graphql-ws clients give up after 4401 and come back after the others, so 4401 is only
 * for a connection that never had a valid token or session, and trouble of ours is 1013 (try again later).
 */
export const CLOSE = { goingAway: 1001, tryAgain: 1013, unauthorized: 4401, forbidden: 4403 } as const;

/** Why a socket is closed with 4403 before its token or session expires. */
export const LOST_RIGHTS = 'The token or session has ended, or may do or see less than before';

const MAX_TIMER_MS = 2 ** 31 - 1;

type Params = Record<string, unknown>;

/** What the protocol is made of. */
export interface ProtocolOptions {
  schema: GraphQLSchema;
  rooms: Rooms;
  guard: Guard;
  connections: Connections;
  initTimeoutMs: number;
  mask: Mask;
  logger: Logger;
}

/** The protocol, to be given the sockets. */
export function createProtocol(options: ProtocolOptions) {
  const { schema, rooms, guard, connections, mask, logger } = options;
  const aborts = new WeakMap<object, AbortController>();

  /** What graphql-ws is to execute, or the errors that stand against it. */
  async function subscribe(connection: Connection, payload: SubscribePayload) {
    const gone = connections.begin(connection);
    if (gone instanceof GraphQLError) return [gone];
    try {
      const prepared = await prepare(connection, payload, gone);
      if (Array.isArray(prepared)) gone.abort();
      return prepared;
    } catch (error) {
      gone.abort();
      throw error;
    }
  }

  async function prepare(connection: Connection, payload: SubscribePayload, gone: AbortController) {
    const { operation, errors } = readSubscription(schema, guard, payload);
    if (errors) return errors;
    const viewer = connection.viewer!;
    const refused = await guard.admit(viewer.loginId, operation);
    if (refused) return [refused];
    const contextValue = createContext({
      viewer,
      rooms,
      signal: gone.signal,
      since: connection.since!,
      onEnd: () => connection.close(CLOSE.forbidden, LOST_RIGHTS),
    });
    aborts.set(contextValue, gone);
    if (!(await contextValue.renew()))
      return [edgeError('UNAUTHENTICATED', 'The token or session of this socket is not valid any more.')];
    const { document, operationName, variables } = operation;
    return { schema, document, operationName, variableValues: variables, contextValue };
  }

  return makeServer<Params, Connection>({
    connectionInitWaitTimeout: options.initTimeoutMs,
    async onConnect({ connectionParams, extra: connection }) {
      try {
        const caller = await findCaller(rooms, connection, connectionParams);
        if (caller?.kind !== 'VIEWER') {
          if (caller?.kind === 'UNAVAILABLE') connection.close(CLOSE.tryAgain, 'Try again later');
          else connection.close(CLOSE.unauthorized, 'Unauthorized');
          return false;
        }
        const { viewer } = caller;
        // Before the client learns that it is connected, and reads its pages.
        connection.since = await rooms.changes.position();
        // It may have closed while its token was looked up; then nobody would take it out again.
        if (connection.gone) return false;
        const full = connections.add(connection, viewer);
        if (full === undefined) closeAtExpiry(connection, viewer);
        else connection.close(CLOSE.tryAgain, full);
        return full === undefined;
      } catch (error) {
        mask(error);
        connection.close(CLOSE.tryAgain, 'Try again later');
        return false;
      }
    },
    async onSubscribe({ extra: connection }, _id, payload) {
      try {
        return await subscribe(connection, payload);
      } catch (error) {
        const originalError = error instanceof Error ? error : new Error(String(error));
        return [new GraphQLError(originalError.message, { originalError })];
      }
    },
    onOperation(_socket, _id, payload, args, result) {
      const gone = aborts.get(args.contextValue as Context);
      if (!gone) return;
      // The field refused to begin; the result holds its errors.
      if (!isGenerator(result)) return gone.abort();
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

/**
 * By the token of the connection's parameters or, where they name none, by the session whose cookie came with the
 * upgrade from an own page. To connect is no use of a session: a page that is left open comes back by itself.
 */
async function findCaller(
  rooms: Rooms,
  connection: Connection,
  params: Params | undefined,
): Promise<Caller | undefined> {
  const token = tokenOfParams(params);
  if (token !== undefined) return token === null ? undefined : callerOf(rooms, token);
  const { cookie } = connection;
  const viewer = cookie === undefined ? undefined : await rooms.sessions.viewerOf(cookie, { isUse: false });
  return viewer && { kind: 'VIEWER', viewer };
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

/** 4403 at the end of the token's or the session's life: clients come back from it with a fresh one. */
function closeAtExpiry(connection: Connection, { expiresAt }: Pick<Viewer, 'expiresAt'>): void {
  if (expiresAt === null || connection.gone) return;
  const left = expiresAt.getTime() - Date.now();
  if (left <= 0) connection.close(CLOSE.forbidden, 'The token or the session has expired');
  else
    connection.expiry = setTimeout(
      () => closeAtExpiry(connection, { expiresAt }),
      Math.min(left, MAX_TIMER_MS),
    ).unref();
}
