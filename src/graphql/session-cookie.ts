/** The cookie of a session of the browser console (OWASP, "Session Management"). */
import type { IncomingMessage } from 'node:http';

import { parseCookie, stringifySetCookie } from 'cookie';

import type { Config } from '../config.ts';
import { parseUrl } from '../url.ts';
import { isLoopback } from './origins.ts';

/** Browsers take this name only with Secure, from this very host and for all its paths: no neighbour can plant it. */
const SECURE_NAME = '__Host-bellwire';
const PLAIN_NAME = 'bellwire';
/** What a browser keeps while it is at the identity provider; it has to come with the request that another site leads to. */
const AWAY = '-sign-in';

/**
 * Reads and writes it. Secure where the browser has TLS to this server, which the public address tells, or is on
 * this very machine; elsewhere browsers would drop such a cookie, and it gets a plain name. Neither name counts where
 * the other one is due. It has no end of its own: the browser forgets it when it is closed, the server ends the session.
 */
export class SessionCookie {
  readonly #overTls: boolean;
  /** Behind a proxy Host may be the proxy's own name for this machine, and tells nothing of the browser. */
  readonly #hostCounts: boolean;

  constructor({ publicUrl }: Pick<Config, 'publicUrl'>) {
    this.#overTls = publicUrl?.startsWith('https:') ?? false;
    this.#hostCounts = publicUrl === null || isLoopback(new URL(publicUrl).hostname);
  }

  /** Whether browsers are asked to send it over TLS, or inside the machine, alone. */
  isSecureFor(request: IncomingMessage): boolean {
    if (this.#overTls) return true;
    return this.#hostCounts && isLoopback(parseUrl(`http://${request.headers.host}`)?.hostname ?? '');
  }

  /** Its value; undefined without one. */
  read(request: IncomingMessage): string | undefined {
    const { cookie } = request.headers;
    return cookie === undefined ? undefined : parseCookie(cookie)[this.#nameFor(request)];
  }

  /** The Set-Cookie header that gives the browser a value. */
  give(request: IncomingMessage, value: string): string {
    return this.#write(request, value, {});
  }

  /** The Set-Cookie header that takes it from the browser. */
  take(request: IncomingMessage): string {
    return this.#write(request, '', { maxAge: 0 });
  }

  /** What the browser has kept while it was at the identity provider. */
  readAway(request: IncomingMessage): string | undefined {
    const { cookie } = request.headers;
    return cookie === undefined ? undefined : parseCookie(cookie)[this.#nameFor(request) + AWAY];
  }

  /** The Set-Cookie header that gives the browser something to keep for so many ms; null takes it. */
  writeAway(request: IncomingMessage, value: string | null, ms: number): string {
    return stringifySetCookie({
      ...{
        name: this.#nameFor(request) + AWAY,
        value: value ?? '',
        path: '/',
        httpOnly: true,
        sameSite: 'lax',
      },
      ...(this.isSecureFor(request) ? { secure: true } : {}),
      maxAge: value === null ? 0 : Math.ceil(ms / 1000),
    });
  }

  #nameFor(request: IncomingMessage): string {
    return this.isSecureFor(request) ? SECURE_NAME : PLAIN_NAME;
  }

  #write(request: IncomingMessage, value: string, end: { maxAge?: number }): string {
    return stringifySetCookie({
      ...{ name: this.#nameFor(request), value, path: '/', httpOnly: true, sameSite: 'strict' },
      ...(this.isSecureFor(request) ? { secure: true } : {}),
      ...end,
    });
  }
}
