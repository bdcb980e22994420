/** Signing secrets as the Standard Webhooks spec writes them: `whsec_` and the base64 of the key. */
import { randomBytes } from 'node:crypto';

import type { Place } from './keyring.ts';

const PREFIX = 'whsec_';
/** The spec allows 24 to 64 bytes; 32 is the strength of HMAC-SHA256. */
const KEY_BYTES = 32;

/** A new secret in clear, and the last four characters by which it is recognised later. */
export function makeSigningSecret(): { value: string; hint: string } {
  const value = PREFIX + randomBytes(KEY_BYTES).toString('base64');
  return { value, hint: value.slice(-4) };
}

/** Where the signing secret of a row of the table secrets is sealed for. */
export function signingSecretPlace(secretId: string): Place {
  return { table: 'secrets', row: secretId, column: 'sealed' };
}
