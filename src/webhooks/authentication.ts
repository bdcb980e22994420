/**
 * How requests to an endpoint authenticate: the types, the credential that each of them asks for, and how it is kept. A
 * credential is sealed as JSON for its endpoint; it is written, and later kept, but never read back: what is shown is
 * its type and a hint.
 */
import { type Keyring, type Place, SecretUnavailableError } from '../secrets/keyring.ts';
import { type MutualTlsCredential, readClientCertificate } from './client-certificate.ts';

/** Each type, and the part of the input that holds its credential. */
export const CREDENTIAL_PARTS = {
  BASIC: 'basic',
  BEARER: 'bearer',
  API_KEY: 'apiKey',
  CUSTOM_HEADER: 'customHeader',
  OAUTH2_CLIENT_CREDENTIALS: 'oauth2',
  MUTUAL_TLS: 'mutualTls',
} as const;

/** A type that takes a credential. */
export type CredentialType = keyof typeof CREDENTIAL_PARTS;

/** How requests authenticate. */
export type AuthenticationType = 'NONE' | CredentialType;

/** User name and password (RFC 7617). */
export interface BasicCredential {
  username: string;
  password: string;
}

/** A token (RFC 6750). */
export interface BearerCredential {
  token: string;
}

/** A header and its value. */
export interface HeaderCredential {
  name: string;
  value: string;
}

/** The client credentials grant (RFC 6749, 4.4). */
export interface OAuth2Credential {
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  scope?: string | null;
}

/** The credentials as they are given: at most the one of the type is right. */
export interface CredentialInput {
  basic?: BasicCredential | null;
  bearer?: BearerCredential | null;
  apiKey?: HeaderCredential | null;
  customHeader?: HeaderCredential | null;
  oauth2?: OAuth2Credential | null;
  mutualTls?: MutualTlsCredential | null;
}

/** The type with its credential; without one the stored one of that type stays. */
export interface AuthenticationInput extends CredentialInput {
  type: AuthenticationType;
}

/** A credential in clear. */
export type Credential =
  | ({ type: 'BASIC' } & BasicCredential)
  | ({ type: 'BEARER' } & BearerCredential)
  | ({ type: 'API_KEY' | 'CUSTOM_HEADER' } & HeaderCredential)
  | ({ type: 'OAUTH2_CLIENT_CREDENTIALS' } & OAuth2Credential)
  | ({ type: 'MUTUAL_TLS' } & MutualTlsCredential);

/** What is shown of an endpoint's authentication. */
export interface AuthenticationView {
  type: AuthenticationType;
  hint: string | null;
  /** When the client certificate ends. */
  expiresAt: Date | null;
}

/** The columns of an endpoint that hold it. */
export interface StoredAuthentication {
  authType: AuthenticationType;
  authHint: string | null;
  authSealed: Buffer | null;
  authExpiresAt: Date | null;
}

/** An authentication that passed: credential is null where there is none, or the stored one is kept. */
export interface PlannedAuthentication {
  type: AuthenticationType;
  credential: Credential | null;
}

/** What is stored for an endpoint that does not authenticate. */
export const NO_AUTHENTICATION: StoredAuthentication = {
  authType: 'NONE',
  authHint: null,
  authSealed: null,
  authExpiresAt: null,
};

/** The longest hint. */
const MAX_HINT = 300;

/** What is to be stored for a plan; nothing where the stored credential is kept. */
export function sealAuthentication(
  keyring: Keyring,
  endpointId: string,
  { type, credential }: PlannedAuthentication,
): Partial<StoredAuthentication> {
  if (type === 'NONE') return NO_AUTHENTICATION;
  if (credential === null) return {};
  const { hint, expiresAt } = viewOf(credential);
  const authSealed = keyring.seal(JSON.stringify(credential), credentialPlace(endpointId));
  return { authType: type, authHint: hint, authSealed, authExpiresAt: expiresAt };
}

/** The credential of an endpoint in clear, null where it has none; throws SecretUnavailableError when it does not open. */
export function openCredential(
  keyring: Keyring,
  endpointId: string,
  stored: Pick<StoredAuthentication, 'authType' | 'authSealed'>,
): Credential | null {
  if (stored.authType === 'NONE') return null;
  if (stored.authSealed === null)
    throw new SecretUnavailableError(`The credential of ${endpointId} has no stored value.`);
  return JSON.parse(keyring.open(stored.authSealed, credentialPlace(endpointId))) as Credential;
}

/** Where the credential of an endpoint is sealed for. */
export function credentialPlace(endpointId: string): Place {
  return { table: 'endpoints', row: endpointId, column: 'auth_sealed' };
}

/** What may be shown of a credential: nothing of it that lets anybody in. */
export function viewOf(credential: Credential): AuthenticationView {
  const { type } = credential;
  const shown = (hint: string | null, expiresAt: Date | null = null): AuthenticationView => ({
    type,
    hint: hint === null ? null : hint.replaceAll('\0', '\uFFFD').toWellFormed().slice(0, MAX_HINT),
    expiresAt,
  });
  switch (type) {
    case 'BASIC':
      // Some take a key as the user name, with no password: then the user name is the secret.
      return shown(credential.password === '' ? null : credential.username);
    case 'BEARER':
      return shown(null);
    case 'API_KEY':
    case 'CUSTOM_HEADER':
      return shown(credential.name);
    case 'OAUTH2_CLIENT_CREDENTIALS':
      return shown(`${credential.clientId} at ${withoutQuery(credential.tokenUrl)}`);
    case 'MUTUAL_TLS': {
      const read = readClientCertificate(credential);
      if (!read.ok) return shown(null);
      const { subject, expiresAt } = read.value;
      return shown(`${subject}, until ${expiresAt.toISOString().slice(0, 10)}`, expiresAt);
    }
  }
}

/** The header that a type sets, by its name; hint is the one of the stored credential. */
export function headerOf(type: AuthenticationType, hint: string | null): string | null {
  switch (type) {
    case 'NONE':
    case 'MUTUAL_TLS':
      return null;
    case 'API_KEY':
    case 'CUSTOM_HEADER':
      return hint;
    default:
      return 'Authorization';
  }
}

/** A query may hold a key of somebody's. */
function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '');
}
