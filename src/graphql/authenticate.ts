/** Who sends a request to /graphql: known before a byte of its body is read. */
import type { Request, RequestHandler, Response } from 'express';

import { bearerToken } from '../access/bearer.ts';
import type { Viewer } from '../access/viewer.ts';
import { edgeError, RETRY_AFTER_SECONDS } from './answers.ts';
import { callerOf } from './callers.ts';
import type { Rooms } from './context.ts';
import { isFromOwnPage } from './origins.ts';
import { refuse } from './refuse.ts';
import type { SessionCookie } from './session-cookie.ts';

/** What it is made of. */
export interface AuthenticateOptions {
  rooms: Pick<Rooms, 'access' | 'sessions' | 'platform'>;
  cookie: SessionCookie;
  origins: () => ReadonlySet<string>;
}

/** What a page sends along with what it asks by itself, with nobody there: it does not keep the session alive. */
const BACKGROUND = 'bellwire-background';

/**
 * Lets a request pass with a valid token in its Authorization header or, without such a header, with the cookie
 * of a living session. A browser adds the cookie whatever page asks, so it counts for own pages only; a header is
 * added by nobody but the caller.
 */
export function authenticate({ rooms, cookie, origins }: AuthenticateOptions): RequestHandler {
  return async (request, response, next) => {
    const session = request.headers.authorization === undefined ? cookie.read(request) : undefined;
    if (session === undefined) pass(await byToken(request, response));
    else if (isFromOwnPage(request, origins())) pass(await bySession(session, request, response));
    else
      refuse(
        response,
        403,
        edgeError(
          'FORBIDDEN',
          'Only pages of this server may call it by their session; others send Authorization: Bearer <token>.',
        ),
      );

    function pass(viewer: Viewer | undefined): void {
      if (viewer === undefined) return;
      response.locals['viewer'] = viewer;
      next();
    }
  };

  async function byToken(request: Request, response: Response): Promise<Viewer | undefined> {
    const token = bearerToken(request.headers.authorization);
    const caller = token === undefined ? undefined : await callerOf(rooms, token);
    if (caller?.kind === 'VIEWER') return caller.viewer;
    if (caller?.kind === 'UNAVAILABLE') {
      // To answer 401 would make clients throw away a token that is good.
      response.set('Retry-After', String(RETRY_AFTER_SECONDS));
      const how = 'The keys of the identity provider cannot be read now. Try again in a moment.';
      refuse(response, 503, edgeError('UNAVAILABLE', how));
      return undefined;
    }
    response.set('WWW-Authenticate', token === undefined ? 'Bearer' : 'Bearer error="invalid_token"');
    const how = caller?.why ?? 'Send a valid token: Authorization: Bearer <token>.';
    refuse(response, 401, edgeError('UNAUTHENTICATED', how));
    return undefined;
  }

  async function bySession(value: string, request: Request, response: Response): Promise<Viewer | undefined> {
    const viewer = await rooms.sessions.viewerOf(value, {
      isUse: request.headers[BACKGROUND] === undefined,
    });
    if (viewer !== undefined) return viewer;
    response.set('WWW-Authenticate', 'Bearer');
    refuse(response, 401, edgeError('UNAUTHENTICATED', 'The session has ended: sign in again.'));
    return undefined;
  }
}

/** Who was let pass. */
export function viewerOf(response: Response): Viewer {
  return response.locals['viewer'] as Viewer;
}
