/**
 * How an endpoint authenticates, as a form holds it. The server keeps a credential without ever showing it, so the form
 * knows no more of a stored one than its type and hint; it is sent only where one was typed, else the stored one stays.
 */
import type {
  AuthenticationType,
  EndpointAuthenticationInput,
  EndpointAuthenticationViewFragment,
} from '../../gql/graphql.ts';

/** Each type, and the part of the input that holds its credential. */
export const CREDENTIAL_PARTS = {
  BASIC: 'basic',
  BEARER: 'bearer',
  API_KEY: 'apiKey',
  CUSTOM_HEADER: 'customHeader',
  OAUTH2_CLIENT_CREDENTIALS: 'oauth2',
  MUTUAL_TLS: 'mutualTls',
} as const;

/** A type that takes a credential, and the name of the part that holds it. */
export type CredentialType = keyof typeof CREDENTIAL_PARTS;
export type CredentialPart = (typeof CREDENTIAL_PARTS)[CredentialType];

/** What is typed for each type; it is kept while another type is looked at, and not sent then. */
export interface CredentialValues {
  basic: { username: string; password: string };
  bearer: { token: string };
  apiKey: { name: string; value: string };
  customHeader: { name: string; value: string };
  oauth2: { tokenUrl: string; clientId: string; clientSecret: string; scope: string };
  mutualTls: { certificate: string; privateKey: string };
}

/** The credential that the server keeps for the row. */
export interface StoredCredential extends EndpointAuthenticationViewFragment {
  /** It is that of a draft, which is stored while one types: the first key for another one overwrites it. */
  fleeting: boolean;
}

export interface AuthenticationValues {
  type: AuthenticationType;
  credentials: CredentialValues;
  /** Null where the server keeps none. */
  stored: StoredCredential | null;
  /** Another credential is being typed in place of the stored one. */
  replacing: boolean;
  /** Something was changed here: else it stays as it is on the server. */
  touched: boolean;
}

/** How the types read, in the order of the drop-down. */
export const AUTHENTICATION_WORDS: Record<AuthenticationType, string> = {
  NONE: 'None',
  BASIC: 'Basic',
  BEARER: 'Bearer token',
  API_KEY: 'API key',
  CUSTOM_HEADER: 'Custom header',
  OAUTH2_CLIENT_CREDENTIALS: 'OAuth 2.0 client credentials',
  MUTUAL_TLS: 'Mutual TLS',
};

export function noAuthentication(): AuthenticationValues {
  return { type: 'NONE', credentials: emptyCredentials(), stored: null, replacing: false, touched: false };
}

function emptyCredentials(): CredentialValues {
  return {
    basic: { username: '', password: '' },
    bearer: { token: '' },
    apiKey: { name: 'X-API-Key', value: '' },
    customHeader: { name: '', value: '' },
    oauth2: { tokenUrl: '', clientId: '', clientSecret: '', scope: '' },
    mutualTls: { certificate: '', privateKey: '' },
  };
}

/**
 * What the server keeps, in the form. Of a draft the paths of its problems tell whether its credential is whole: one
 * that is not has to be typed anew, since it cannot be shown.
 */
export function authenticationValues(
  stored: EndpointAuthenticationViewFragment | null | undefined,
  draftProblems: readonly string[] | null,
): AuthenticationValues {
  if (stored == null || stored.type === 'NONE') return noAuthentication();
  const part = CREDENTIAL_PARTS[stored.type];
  const broken = draftProblems?.some((path) => path === part || path.startsWith(`${part}.`)) ?? false;
  return {
    ...noAuthentication(),
    type: stored.type,
    stored: broken ? null : { ...stored, fleeting: draftProblems !== null },
  };
}

/** Whether the stored credential is the one that requests will carry. */
export function keepsStored({ type, stored, replacing }: AuthenticationValues): boolean {
  return stored !== null && stored.type === type && !replacing;
}

/** Another type chosen. */
export function withType(values: AuthenticationValues, type: AuthenticationType): AuthenticationValues {
  return { ...values, type, stored: lasting(values.stored), replacing: false, touched: true };
}

/** Something typed into the fields of a credential. */
export function withCredential(
  values: AuthenticationValues,
  credentials: Partial<CredentialValues>,
): AuthenticationValues {
  return {
    ...values,
    credentials: { ...values.credentials, ...credentials },
    stored: lasting(values.stored),
    touched: true,
  };
}

/** The fields opened to type another credential, or closed again so that the stored one stays. */
export function withReplacing(values: AuthenticationValues, replacing: boolean): AuthenticationValues {
  return {
    ...values,
    replacing,
    ...(replacing ? {} : { credentials: emptyCredentials() }),
    touched: true,
  };
}

/** The server has the row no more, and its credential with it. */
export function forgotten(values: AuthenticationValues): AuthenticationValues {
  return { ...values, stored: null, replacing: false, touched: true };
}

function lasting(stored: StoredCredential | null): StoredCredential | null {
  return stored?.fleeting ? null : stored;
}

/**
 * As the API takes it; undefined for what was not touched. id is that of the row on the server: a new row has none, and
 * has to be given all.
 */
export function authenticationInput(
  values: AuthenticationValues,
  id: string | null,
): EndpointAuthenticationInput | undefined {
  const { type, touched, credentials } = values;
  if (!touched && (id !== null || type === 'NONE')) return undefined;
  if (type === 'NONE' || (id !== null && keepsStored(values))) return { type };
  // Opened and left empty, in a draft: what is stored there stays for now.
  if (id !== null && values.stored?.fleeting && values.stored.type === type) return { type };
  switch (type) {
    case 'BASIC':
      return { type, basic: credentials.basic };
    case 'BEARER':
      return { type, bearer: { token: credentials.bearer.token.trim() } };
    case 'API_KEY':
      return { type, apiKey: headerInput(credentials.apiKey) };
    case 'CUSTOM_HEADER':
      return { type, customHeader: headerInput(credentials.customHeader) };
    case 'OAUTH2_CLIENT_CREDENTIALS': {
      const { tokenUrl, clientId, clientSecret, scope } = credentials.oauth2;
      const asked = scope.trim() === '' ? {} : { scope: scope.trim() };
      return { type, oauth2: { tokenUrl: tokenUrl.trim(), clientId, clientSecret, ...asked } };
    }
    case 'MUTUAL_TLS':
      return { type, mutualTls: credentials.mutualTls };
  }
}

function headerInput({ name, value }: { name: string; value: string }) {
  return { name: name.trim(), value };
}

/** "Basic · shipping", as one line; the hint is that of the stored credential. */
export function authenticationLine({
  type,
  hint,
}: Pick<EndpointAuthenticationViewFragment, 'type' | 'hint'>): string {
  return hint == null ? AUTHENTICATION_WORDS[type] : `${AUTHENTICATION_WORDS[type]} · ${hint}`;
}
