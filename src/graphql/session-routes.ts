/**
 * /session: a browser signs in (POST), asks who is signed in (GET) and signs out (DELETE). Outside GraphQL, because
 * only an answer over HTTP can set a cookie that no script reads. Comes in: an access token or the secret of a
 * one-time link. Goes out: who is signed in and until when; the cookie is the only place that holds its value.
 */
import express, { type Request, type Response, Router } from 'express';

import type { Session } from '../access/sessions.ts';
import { type Config, settingName } from '../config.ts';
import type { Logger } from '../log.ts';
import { edgeError } from './answers.ts';
import type { Rooms } from './context.ts';
import { isLoopback } from './origins.ts';
import { refuse } from './refuse.ts';
import type { SessionCookie } from './session-cookie.ts';
import { SignInLimits } from './sign-in-limits.ts';

/** What it is made of. */
export interface SessionRoutesOptions {
  config: Pick<Config, 'publicUrl' | 'trustedProxies'>;
  rooms: Pick<Rooms, 'sessions' | 'platform'>;
  cookie: SessionCookie;
  logger: Pick<Logger, 'warn'>;
  /** The server's own. */
  origins: () => ReadonlySet<string>;
}

const MAX_BODY_BYTES = 8_192;

/** The routes, to be hung under /session. */
export function sessionRoutes({ config, rooms, cookie, logger, origins }: SessionRoutesOptions): Router {
  const limits = new SignInLimits();
  let warned = false;

  /** All that come by a proxy would share its tries. */
  function warnOfProxy({ headers }: Request): void {
    if (warned || headers['x-forwarded-for'] === undefined || config.trustedProxies.length > 0) return;
    warned = true;
    logger.warn(
      `sign-ins come through a proxy that is not named in ${settingName('trustedProxies')}: the wrong tries of all who come by it are counted as those of one address`,
    );
  }
  const router = Router();

  /** Why a page may not change who is signed in; the answer is out then. */
  function refuseForeign(request: Request, response: Response): boolean {
    const { origin } = request.headers;
    if (origin !== undefined && origins().has(origin)) return false;
    const where = config.publicUrl ?? [...origins()][0];
    const message = `Only a page of this server may do that: open ${where} in a browser. If you reach the server at another address, name it in BELLWIRE_PUBLIC_URL.`;
    refuse(response, 403, edgeError('FORBIDDEN', message));
    return true;
  }

  async function signIn(request: Request, response: Response): Promise<void> {
    const { token } = (request.body ?? {}) as { token?: unknown };
    if (typeof token !== 'string') {
      refuse(response, 400, edgeError('BAD_REQUEST', 'Send {"token": "<access token or one-time link>"}.'));
      return;
    }
    warnOfProxy(request);
    const before = cookie.read(request);
    const answer = await limits.attempt(request.ip ?? '', () => rooms.sessions.begin(token));
    if (answer.outcome === 'LATER') {
      response.set('Retry-After', String(answer.seconds));
      const message = `Too many sign-ins have failed: come back in ${answer.seconds} s.`;
      refuse(response, 429, edgeError('RATE_LIMITED', message));
    } else if (answer.outcome === 'WRONG') {
      response.set('WWW-Authenticate', 'Bearer');
      const message = 'This token or one-time link is not valid, or not any more.';
      refuse(response, 401, edgeError('UNAUTHENTICATED', message));
    } else {
      // Whoever planted the cookie of before, or signed in with it, gets nothing of what begins now.
      if (before !== undefined) await rooms.sessions.end(before);
      response.set('Set-Cookie', cookie.give(request, answer.found.cookie));
      response.status(201).json(shown(answer.found.session));
    }
  }

  router.post(
    '/',
    (request, response, next) => {
      if (refuseForeign(request, response)) return;
      if (!request.is('application/json'))
        refuse(response, 415, edgeError('UNSUPPORTED_MEDIA_TYPE', 'Send the request as application/json.'));
      else if (isLost(request, cookie)) {
        const message = `Sign in at ${config.publicUrl}: browsers keep no session for an address without TLS.`;
        refuse(response, 403, edgeError('FORBIDDEN', message));
      } else next();
    },
    express.json({ limit: MAX_BODY_BYTES }),
    signIn,
  );

  router.get('/', async (request, response) => {
    const value = cookie.read(request);
    const session = value === undefined ? undefined : await rooms.sessions.find(value);
    if (session !== undefined) response.json(shown(session));
    else {
      response.set('WWW-Authenticate', 'Bearer');
      refuse(response, 401, edgeError('UNAUTHENTICATED', 'Nobody is signed in here.'));
    }
  });

  router.delete('/', async (request, response) => {
    if (refuseForeign(request, response)) return;
    const value = cookie.read(request);
    if (value !== undefined) await rooms.sessions.end(value);
    response.set('Set-Cookie', cookie.take(request)).status(204).end();
  });

  // For the sign-in page, before anybody is signed in.
  router.get('/ways', (_request, response) => {
    const name = rooms.platform?.signInName ?? null;
    response.json({ oidc: name === null ? null : { name } });
  });

  router.all('/', (_request, response) => {
    response.set('Allow', 'GET, POST, DELETE');
    refuse(response, 405, edgeError('BAD_REQUEST', 'Only GET, POST and DELETE are taken here.'));
  });

  return router;
}

/** Whether the browser would drop the cookie: it is Secure for the sake of the public address, and this is another one. */
function isLost(request: Request, cookie: SessionCookie): boolean {
  const { protocol, hostname } = new URL(request.headers.origin!);
  return cookie.isSecureFor(request) && protocol === 'http:' && !isLoopback(hostname);
}

function shown({ expiresAt, ...session }: Session) {
  return { expiresAt: expiresAt.toISOString(), ...session };
}
