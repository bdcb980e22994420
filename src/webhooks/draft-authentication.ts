/**
 * The authentication of a draft's row: the type as chosen, and the credential as typed, valid or not, sealed for the
 * place that the endpoint's will have. Like a secret header it remembers for which server it was typed.
 */
import { type Keyring, SecretUnavailableError } from '../secrets/keyring.ts';
import {
  type AuthenticationInput,
  type AuthenticationType,
  type AuthenticationView,
  type Credential,
  CREDENTIAL_PARTS,
  type CredentialInput,
  credentialPlace,
  viewOf,
} from './authentication.ts';

/** What was chosen and typed; what was typed for another type than the chosen one is kept, too, and is a problem. */
export interface DraftAuthentication {
  type: AuthenticationType;
  /** What may be shown of the credential of that type. */
  hint: string | null;
  expiresAt: string | null;
  /** All credentials that were given, as JSON; base64. */
  sealed?: string;
  /** Scheme, host and port that they were typed for; null when the address was none yet. */
  origin?: string | null;
}

/**
 * What was typed now, laid over what was typed before: undefined leaves it alone, null chooses none, and a type
 * without a credential keeps that of the same type.
 */
export function mergeAuthentication(
  keyring: Keyring,
  endpointId: string,
  origin: string | null,
  typed: DraftAuthentication | null | undefined,
  input: AuthenticationInput | null | undefined,
): DraftAuthentication | null {
  const kept = typed?.sealed === undefined ? typed : { ...typed, origin: typed.origin ?? origin };
  if (input === undefined) return kept ?? null;
  if (input === null) return { type: 'NONE', hint: null, expiresAt: null };
  const { type, ...parts } = input;
  const given = Object.entries(parts).filter(([, part]) => part != null);
  if (given.length === 0) return kept?.type === type ? kept : { type, hint: null, expiresAt: null };
  const sealed = keyring.seal(JSON.stringify(Object.fromEntries(given)), credentialPlace(endpointId));
  const { hint, expiresAt } = shownOf(input);
  return {
    type,
    hint,
    expiresAt: expiresAt?.toISOString() ?? null,
    sealed: sealed.toString('base64'),
    origin,
  };
}

/** As the validator takes it; a credential that does not open counts as not given. */
export function openAuthentication(
  keyring: Keyring,
  endpointId: string,
  typed: DraftAuthentication | null | undefined,
): AuthenticationInput | null {
  if (!typed) return null;
  const { type, sealed } = typed;
  if (sealed === undefined) return { type };
  try {
    const text = keyring.open(Buffer.from(sealed, 'base64'), credentialPlace(endpointId));
    return { type, ...(JSON.parse(text) as CredentialInput) };
  } catch (error) {
    if (error instanceof SecretUnavailableError) return { type };
    throw error;
  }
}

/** Without the credential: a draft that was saved has no more use for it. */
export function withoutCredential(typed: DraftAuthentication | null | undefined): DraftAuthentication | null {
  if (!typed) return null;
  const { type, hint, expiresAt } = typed;
  return { type, hint, expiresAt };
}

/** As it is shown; null while nobody has touched it. */
export function draftAuthenticationView(
  typed: DraftAuthentication | null | undefined,
): AuthenticationView | null {
  if (!typed) return null;
  const { type, hint, expiresAt } = typed;
  return { type, hint, expiresAt: expiresAt === null ? null : new Date(expiresAt) };
}

function shownOf(input: AuthenticationInput): Pick<AuthenticationView, 'hint' | 'expiresAt'> {
  const credential = input.type === 'NONE' ? null : input[CREDENTIAL_PARTS[input.type]];
  if (credential == null) return { hint: null, expiresAt: null };
  return viewOf({ type: input.type, ...credential } as Credential);
}
