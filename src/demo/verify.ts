/** How the demo's receiver checks a request: as any receiver would, by what its endpoint was told and nothing else. */
import { createPublicKey, verify } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import { Webhook as SignatureCheck } from 'standardwebhooks';

const PUBLIC_PREFIX = 'whpk_';
const TOLERANCE_S = 300;

/** Whether the key, a shared secret or a public key, fits one of the signatures, and the request was sent just now. */
export function isGenuine(key: string, headers: IncomingHttpHeaders, body: Buffer): boolean {
  return key.startsWith(PUBLIC_PREFIX) ? fitsPair(key, headers, body) : fitsShared(key, headers, body);
}

function fitsShared(secret: string, headers: IncomingHttpHeaders, body: Buffer): boolean {
  try {
    new SignatureCheck(secret).verify(body.toString(), headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

function fitsPair(publicKey: string, headers: IncomingHttpHeaders, body: Buffer): boolean {
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((name) =>
    String(headers[`webhook-${name}`] ?? ''),
  );
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) < TOLERANCE_S)) return false;
  const x = Buffer.from(publicKey.slice(PUBLIC_PREFIX.length), 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  return signatures!
    .split(' ')
    .filter((signature) => signature.startsWith('v1a,'))
    .some((signature) => verify(null, signed, key, Buffer.from(signature.slice(4), 'base64')));
}
