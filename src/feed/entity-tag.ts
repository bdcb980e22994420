/** What a poller compares by, in place of the whole answer. */
import { createHash } from 'node:crypto';

/** A strong entity tag (RFC 9110, 8.8.3): equal bytes, equal tag. */
export function entityTag(body: string): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;
}

/**
 * Whether If-None-Match (RFC 9110, 13.1.2) names a tag. Not by Express: where a program sets that header itself, fetch adds
 * Cache-Control: no-cache, and Express then takes nothing for fresh.
 */
export function isNamed(ifNoneMatch: string | undefined, tag: string): boolean {
  const named = (ifNoneMatch ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''));
  return named.includes('*') || named.includes(tag);
}
