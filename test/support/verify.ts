/** Checks of signatures that share no code with the server's. */
import { createPublicKey, verify } from 'node:crypto';

import { Webhook } from 'standardwebhooks';

import type { Hit } from './receiver.ts';

/** Whether a request verifies with a key as the API shows it: whsec_… by the reference library, whpk_… by node:crypto. */
export function verifies(key: string, hit: Pick<Hit, 'headers' | 'body'>): boolean {
  return key.startsWith('whpk_') ? verifiesAsymmetric(key, hit) : verifiesShared(key, hit);
}

function verifiesShared(secret: string, { headers, body }: Pick<Hit, 'headers' | 'body'>): boolean {
  try {
    new Webhook(secret).verify(body.toString(), headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

/** RFC 8410, 4: what stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo. */
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex');

function verifiesAsymmetric(publicKey: string, { headers, body }: Pick<Hit, 'headers' | 'body'>): boolean {
  const raw = Buffer.from(publicKey.slice('whpk_'.length), 'base64');
  const key = createPublicKey({ key: Buffer.concat([SPKI_HEAD, raw]), format: 'der', type: 'spki' });
  const head = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.`;
  return String(headers['webhook-signature'] ?? '')
    .split(' ')
    .filter((signature) => signature.startsWith('v1a,'))
    .some((signature) =>
      verify(null, Buffer.concat([Buffer.from(head), body]), key, Buffer.from(signature.slice(4), 'base64')),
    );
}
