/** Where this server's own pages may be opened: the Origins that count as its own, and the page's policy. */
import type { IncomingMessage } from 'node:http';

import type { Config } from '../config.ts';
import { inUrl, isWildcard, listeningUrl } from '../listen.ts';

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/** Where users reach a listening server, without a slash at the end. */
export function publicAddress(config: Pick<Config, 'host' | 'publicUrl'>, port: number): string {
  return config.publicUrl ?? listeningUrl(config.host, port);
}

/** Where the console takes a one-time link. The secret stands behind #, so that no server, proxy or log is sent it in an address. */
export function signInAddress(server: string, secret: string): string {
  return `${server}/sign-in#link=${secret}`;
}

/**
 * The own Origins: that of the public address, and those of the listening one. A loopback address has
 * three names, and whoever listens on all addresses listens on loopback, too.
 */
export function ownOrigins(config: Pick<Config, 'host' | 'publicUrl'>, port: number): Set<string> {
  const hosts = new Set([inUrl(config.host)]);
  if (isWildcard(config.host) || LOOPBACK.includes(inUrl(config.host)))
    for (const host of LOOPBACK) hosts.add(host);
  const origins = new Set([...hosts].map((host) => new URL(`http://${host}:${port}`).origin));
  if (config.publicUrl !== null) origins.add(new URL(config.publicUrl).origin);
  return origins;
}

/** Whether a host name, as it stands in a URL, is one of this machine only. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

/**
 * Whether a request comes from a page of this server, as browsers say it: by its Origin or, where a GET has none, by
 * Sec-Fetch-Site. No page can set either of them.
 */
export function isFromOwnPage(request: IncomingMessage, origins: ReadonlySet<string>): boolean {
  const { origin, 'sec-fetch-site': site } = request.headers;
  return origin === undefined ? request.method === 'GET' && site === 'same-origin' : origins.has(origin);
}

/**
 * The policy of the console: nothing from elsewhere, no script but our files, no style but our files and the
 * tags that carry the page's nonce (Mantine writes its variables into one), connections to this server only.
 */
export function consolePolicy(origins: ReadonlySet<string>, nonce: string): string {
  return policy([
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "font-src 'self'",
    "img-src 'self' data:",
    connections(origins),
    "base-uri 'self'",
  ]);
}

/** The policy of GraphiQL, which makes style tags and workers of its own. */
export function graphiqlPolicy(origins: ReadonlySet<string>): string {
  return policy([
    "default-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "worker-src 'self'",
    "font-src 'self' data:",
    "img-src 'self' data:",
    connections(origins),
    "base-uri 'none'",
  ]);
}

function policy(own: string[]): string {
  return [...own, "object-src 'none'", "form-action 'none'", "frame-ancestors 'none'"].join('; ');
}

/** Connections to this server only. */
function connections(origins: ReadonlySet<string>): string {
  // CSP's host-source grammar knows no IPv6 literal (W3C CSP Level 3, 2.3.1); there 'self' must do.
  const sockets = [...origins]
    .filter((origin) => !origin.includes('['))
    .map((origin) => origin.replace(/^http/, 'ws'));
  // Not every browser takes 'self' for the ws: address of the same host.
  return `connect-src 'self' ${sockets.join(' ')}`;
}
