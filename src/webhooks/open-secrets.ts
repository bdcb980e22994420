/** What a sender needs of an endpoint in clear: its headers and its signing secrets. */
import type { Keyring } from '../secrets/keyring.ts';
import { SecretUnavailableError } from '../secrets/keyring.ts';
import { signingSecretPlace } from '../secrets/signing-secret.ts';
import { headerPlace, type StoredHeader } from './headers.ts';

/** An endpoint as claimed: headers is the column as stored, secrets are rows of that table, newest first. */
export interface SealedEndpoint {
  endpointId: string;
  headers: unknown;
  secrets: { id: string; sealed: Buffer }[];
}

/**
 * Opens the secrets of one endpoint: custom headers by name, and signing secrets (`whsec_…` or `whsk_…`) in
 * the order given. Throws SecretUnavailableError when one of them does not open.
 */
export function openEndpointSecrets(
  keyring: Keyring,
  endpoint: SealedEndpoint,
): { headers: Record<string, string>; signingKeys: string[] } {
  const headers: Record<string, string> = {};
  for (const header of endpoint.headers as StoredHeader[]) {
    headers[header.name] = header.secret
      ? openHeader(keyring, endpoint.endpointId, header)
      : (header.value ?? '');
  }
  return {
    headers,
    signingKeys: endpoint.secrets.map(({ id, sealed }) => keyring.open(sealed, signingSecretPlace(id))),
  };
}

function openHeader(keyring: Keyring, endpointId: string, header: StoredHeader): string {
  if (header.sealed === undefined)
    throw new SecretUnavailableError(
      `The secret header ${header.name} of ${endpointId} has no stored value.`,
    );
  return keyring.open(Buffer.from(header.sealed, 'base64'), headerPlace(endpointId, header.name));
}
