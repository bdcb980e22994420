/** What a poller compares by, in place of the whole answer. */
import { createHash } from 'node:crypto';

/** A strong entity tag (RFC 9110, 8.8.3): equal bytes, equal tag. */
export function entityTag(body: string): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;
}
