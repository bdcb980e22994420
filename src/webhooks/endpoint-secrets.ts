/**
 * The signing secrets of an endpoint, as rows. Comes in: an endpoint whose webhook's row the caller has locked, and
 * how it signs. Goes out: sealed secrets of that kind and no other. One of them has no end, the newest; those that were
 * rotated away have one, and an older one never ends later than a newer one.
 */
import { type EntityManager, In } from 'typeorm';

import type { Sql } from '../db/sql.ts';
import { newId } from '../ids.ts';
import type { Keyring } from '../secrets/keyring.ts';
import { SecretEntity } from '../secrets/secret.entity.ts';
import {
  makeSigningSecret,
  secretSchemeOf,
  type SigningScheme,
  signingSecretPlace,
  verifierOf,
} from '../secrets/signing-secret.ts';

/** A signing secret that was made now; value is what the receiver verifies with, in clear. */
export interface MadeSecret {
  endpointId: string;
  secretId: string;
  value: string;
}

/** Makes a secret, without an end, for an endpoint that signs so; none for one that does not sign. */
export async function addSecret(
  manager: EntityManager,
  keyring: Keyring,
  endpointId: string,
  signing: SigningScheme,
  secretId = newId('secret'),
): Promise<MadeSecret[]> {
  const scheme = secretSchemeOf(signing);
  if (scheme === null) return [];
  const { value, publicKey, hint } = makeSigningSecret(scheme);
  const sealed = keyring.seal(value, signingSecretPlace(secretId));
  await manager.insert(SecretEntity, { id: secretId, endpointId, scheme, sealed, publicKey, hint });
  return [{ endpointId, secretId, value: verifierOf({ value, publicKey }) }];
}

/** Forgets all secrets of some endpoints: from the next claim on none of them signs. */
export async function forgetSecrets(manager: EntityManager, endpointIds: string[]): Promise<void> {
  await manager.delete(SecretEntity, { endpointId: In(endpointIds) });
}

/** Forgets secrets that have ended, all of them; returns how many. */
export async function forgetEndedSecrets(sql: Sql): Promise<number> {
  const { rowCount } = await sql.query('delete from secrets where expires_at <= statement_timestamp()');
  return rowCount ?? 0;
}
