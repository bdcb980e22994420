/**
 * Standard Webhooks signatures (spec/standard-webhooks.md, "Signature scheme") over id.timestamp.body: v1 is HMAC-SHA256
 * with the bytes behind whsec_, v1a is Ed25519 with the private key behind whsk_; base64, prefixed by the version. Several
 * keys give several signatures, space-delimited, so that a receiver may hold the old or the new one.
 */
import { createHmac, createPrivateKey, createSecretKey, sign as signAsymmetric } from 'node:crypto';

import { PREFIXES } from '../secrets/signing-secret.ts';

const SEED_BYTES = 32;

/** Makes one signature over a head, in UTF-8, and the bytes of the body. */
export type Signer = (head: string, body: Buffer) => string;

/** The signer of a secret, with its key taken apart once. */
export function signerOf(secret: string): Signer {
  return secret.startsWith(PREFIXES.private) ? v1a(secret) : v1(secret);
}

/** The value of webhook-signature for exactly these bytes; timestamp is in seconds since 1970. */
export function sign(signers: readonly Signer[], id: string, timestamp: number, body: Buffer): string {
  const head = `${id}.${timestamp}.`;
  return signers.map((signer) => signer(head, body)).join(' ');
}

function v1(secret: string): Signer {
  const key = createSecretKey(Buffer.from(secret.slice(PREFIXES.shared.length), 'base64'));
  return (head, body) => `v1,${createHmac('sha256', key).update(head).update(body).digest('base64')}`;
}

function v1a(secret: string): Signer {
  const pair = Buffer.from(secret.slice(PREFIXES.private.length), 'base64');
  const [d, x] = [pair.subarray(0, SEED_BYTES), pair.subarray(SEED_BYTES)].map((half) =>
    half.toString('base64url'),
  );
  const key = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', d, x }, format: 'jwk' });
  return (head, body) =>
    `v1a,${signAsymmetric(null, Buffer.concat([Buffer.from(head), body]), key).toString('base64')}`;
}
