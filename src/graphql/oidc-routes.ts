/**
 * /session/oidc: a browser signs in at the identity provider of the host platform. Comes in: a browser that wants to, then the
 * same one with the provider's answer. Goes out: redirects alone, to the provider, to the page that was wanted, or to the
 * sign-in page with a word for what went wrong; and the cookie of a session like any other.
 */
import { type Request, type Response, Router } from 'express';
import { RateLimiterMemory } from 'rate-limiter-flexible';

import { FLOW_MS } from '../identity/code-flow.ts';
import type { SignInFailure } from '../identity/platform.ts';
import type { Logger } from '../log.ts';
import { edgeError } from './answers.ts';
import type { Rooms } from './context.ts';
import { refuse } from './refuse.ts';
import type { SessionCookie } from './session-cookie.ts';
import { networkOf } from './sign-in-limits.ts';

/** What it is made of. */
export interface OidcRoutesOptions {
  rooms: Pick<Rooms, 'sessions' | 'platform' | 'address'>;
  cookie: SessionCookie;
  logger: Pick<Logger, 'warn' | 'info'>;
}

/** How many sign-ins of one network may fail in the window: each asks the provider. */
const MAX_FAILED = 30;
const WINDOW_S = 15 * 60;
/** How many wait for the provider at the same time. */
const MAX_WAITING = 50;
/** The longest address of a page that is kept: what the browser keeps must fit into a cookie. */
const MAX_BACK = 1_000;

/** What the operator has to mend, or should know of. */
const OPERATORS: SignInFailure[] = ['BROKEN', 'REFUSED', 'NO_PARENT', 'NOBODY'];

/** The routes, to be hung under /session/oidc. */
export function oidcRoutes({ rooms, cookie, logger }: OidcRoutesOptions): Router {
  const failed = new RateLimiterMemory({ points: MAX_FAILED, duration: WINDOW_S });
  let waiting = 0;
  const router = Router();

  /** Where the console is: a page of it, by an address that begins with a slash. */
  const page = (path: string) => new URL(rooms.address() + path).href;

  function signInPage(response: Response, problem: SignInFailure | 'LATER', back: string): void {
    const search = new URLSearchParams({ problem: problem.toLowerCase(), ...(back === '/' ? {} : { back }) });
    response.redirect(303, page(`/sign-in?${search.toString()}`));
  }

  router.use((_request, response, next) => {
    if ((rooms.platform?.signInName ?? null) !== null) next();
    else refuse(response, 404, edgeError('NOT_FOUND', 'Nobody signs in by an identity provider here.'));
  });

  router.get('/', async (request, response) => {
    const back = ownPath(request.query['back']);
    // Only there the browser comes back to, and only from there it would bring what it keeps.
    const there = new URL(rooms.address());
    if (request.host !== there.host && request.query['from'] === undefined) {
      const search = new URLSearchParams({ back, from: 'elsewhere' });
      return response.redirect(303, page(`/session/oidc?${search.toString()}`));
    }
    // The browser sends this one to its own site alone, and not with what the provider leads it to.
    const before = cookie.read(request);
    const begun = await rooms.platform!.beginSignIn({ back, ...(before === undefined ? {} : { before }) });
    if (begun === undefined) return signInPage(response, 'UNAVAILABLE', back);
    response.set('Set-Cookie', cookie.writeAway(request, begun.sealed, FLOW_MS));
    response.redirect(303, begun.location);
  });

  router.get('/callback', async (request, response) => {
    const network = networkOf(request.ip ?? '');
    const used = await failed.get(network);
    if (waiting >= MAX_WAITING || (used?.consumedPoints ?? 0) >= MAX_FAILED)
      return signInPage(response, 'LATER', '/');
    waiting += 1;
    try {
      await finish(request, response, network);
    } finally {
      waiting -= 1;
    }
  });

  async function finish(request: Request, response: Response, network: string): Promise<void> {
    // One answer for one beginning, whatever comes of it.
    response.append('Set-Cookie', cookie.writeAway(request, null, 0));
    const { searchParams } = new URL(request.originalUrl, 'http://localhost');
    const finished = await rooms.platform!.finishSignIn(cookie.readAway(request), searchParams);
    const back = ownPath(finished.kept['back']);
    const begun = finished.ok ? await rooms.sessions.beginFor(finished.loginId) : undefined;
    if (!finished.ok || begun === undefined) {
      await failed.penalty(network);
      const { failure, detail } = finished.ok
        ? { failure: 'DISABLED' as const, detail: undefined }
        : finished;
      if (OPERATORS.includes(failure))
        logger.warn({ failure, detail }, 'a sign-in by the identity provider failed');
      return signInPage(response, failure, back);
    }
    // Whoever planted the cookie of before, or signed in with it, gets nothing of what begins now.
    if (finished.kept['before'] !== undefined) await rooms.sessions.end(finished.kept['before']);
    response.append('Set-Cookie', cookie.give(request, begun.cookie));
    response.redirect(303, page(back));
  }

  return router;
}

/** A page of this server: what stands behind its address cannot lead to another one. */
function ownPath(value: unknown): string {
  return typeof value === 'string' && /^\/[\x21-\x7e]*$/.test(value) && value.length <= MAX_BACK
    ? value
    : '/';
}
