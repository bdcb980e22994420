/**
 * Signing secrets as the Standard Webhooks spec writes them ("Signature scheme"): a shared one is whsec_ and the base64
 * of the key; of a pair the private key is whsk_ and the base64 of its 32 bytes followed by those of the public key,
 * which by itself is whpk_ and base64. The prefix says what a secret is, so no sender needs to be told.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';

import type { Place } from './keyring.ts';

/** How an endpoint's requests are signed. */
export type SigningScheme = 'STANDARD_WEBHOOKS_HMAC' | 'STANDARD_WEBHOOKS_ED25519' | 'NONE';

/** What a secret is: a key that both sides hold, or a pair of keys. */
export type SecretScheme = 'HMAC' | 'ED25519';

/** What a shared secret, a private key and a public key begin with. */
export const PREFIXES = { shared: 'whsec_', private: 'whsk_', public: 'whpk_' } as const;

/** The spec allows 24 to 64 bytes; 32 is the strength of HMAC-SHA256. */
const SHARED_BYTES = 32;
const HINT_CHARS = 4;

/** A new signing secret. */
export interface SigningSecret {
  scheme: SecretScheme;
  /** What signs; of a pair the private key, which never leaves the server. */
  value: string;
  /** The public key of a pair. */
  publicKey: string | null;
  /** The last four characters of what the receiver is told. */
  hint: string;
}

/** The kind of secret that a scheme signs with; null where it signs with none. */
export function secretSchemeOf(signing: SigningScheme): SecretScheme | null {
  if (signing === 'NONE') return null;
  return signing === 'STANDARD_WEBHOOKS_HMAC' ? 'HMAC' : 'ED25519';
}

/** A new secret. */
export function makeSigningSecret(scheme: SecretScheme): SigningSecret {
  const made = scheme === 'HMAC' ? makeShared() : makePair();
  return { scheme, ...made, hint: verifierOf(made).slice(-HINT_CHARS) };
}

/** What the receiver verifies with: the shared secret, or the public key of a pair. */
export function verifierOf({ value, publicKey }: Pick<SigningSecret, 'value' | 'publicKey'>): string {
  return publicKey ?? value;
}

/** Where the signing secret of a row of the table secrets is sealed for. */
export function signingSecretPlace(secretId: string): Place {
  return { table: 'secrets', row: secretId, column: 'sealed' };
}

function makeShared() {
  return { value: PREFIXES.shared + randomBytes(SHARED_BYTES).toString('base64'), publicKey: null };
}

function makePair() {
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const [seed, publicKey] = [Buffer.from(d!, 'base64url'), Buffer.from(x!, 'base64url')];
  return {
    value: PREFIXES.private + Buffer.concat([seed, publicKey]).toString('base64'),
    publicKey: PREFIXES.public + publicKey.toString('base64'),
  };
}
