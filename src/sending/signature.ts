/**
 * Standard Webhooks signatures (spec/standard-webhooks.md, "Signature scheme"): HMAC-SHA256 over
 * id.timestamp.body with the bytes behind whsec_, base64, prefixed by its version. Several keys give
 * several signatures, space-delimited, so that a receiver may hold the old or the new one.
 */
import { createHmac } from 'node:crypto';

const SECRET_PREFIX = 'whsec_';

/** The value of webhook-signature for exactly these bytes; timestamp is in seconds since 1970. */
export function sign(secrets: string[], id: string, timestamp: number, body: Buffer): string {
  return secrets
    .map((secret) => {
      const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
      return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`;
    })
    .join(' ');
}
