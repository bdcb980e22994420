/** The settings of the sign-in by an identity provider: a part of the table in settings.ts. */
import { flag, httpUrl, optional, text, wholeNumber } from './config-values.ts';
import { setting } from './setting.ts';

/** What logins that are made at the first sign-in may be given. */
const PERMISSIONS = ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH', 'CATALOG_MANAGE', 'ACCESS_MANAGE'] as const;
/** OAuth 2.0 allows of client ids what is printable (RFC 6749, A.1); of audiences and claims nobody writes anything else. */
const PRINTABLE = /^[\x20-\x7e]{1,500}$/;

/** An issuer as its tokens name it: also with the slash at the end that is part of it. */
function issuer(input: string): string {
  try {
    httpUrl(input);
  } catch {
    throw new Error(
      'the http or https address of an issuer, without query, such as https://login.example.com',
    );
  }
  return input;
}

function printable(input: string): string {
  if (!PRINTABLE.test(input)) throw new Error('a text of printable ASCII characters');
  return input;
}

function permissions(input: string): (typeof PERMISSIONS)[number][] {
  const given = input.split(',').map((part) => part.trim());
  if (input === '') return [];
  if (!given.every((part) => (PERMISSIONS as readonly string[]).includes(part)))
    throw new Error(`permissions, comma-separated, of ${PERMISSIONS.join(', ')}`);
  return PERMISSIONS.filter((permission) => given.includes(permission));
}

/** The rows, in the order of the README's table. */
export const OIDC_SETTINGS = {
  oidcIssuer: setting({
    env: 'BELLWIRE_OIDC_ISSUER',
    type: 'url',
    default: '',
    meaning:
      "The identity provider (OpenID Connect) whose people may sign in, as its tokens name it in `iss`. Its address goes through the same guard as webhooks': a private one has to be named in BELLWIRE_ALLOWED_TARGETS.",
    parse: optional(issuer),
  }),
  oidcAudience: setting({
    env: 'BELLWIRE_OIDC_AUDIENCE',
    type: 'string',
    default: '',
    meaning:
      'What `aud` of an access token (JWT) must name, so that the API takes it as a bearer token. Default: the API takes none of them.',
    parse: optional(printable),
  }),
  oidcClientId: setting({
    env: 'BELLWIRE_OIDC_CLIENT_ID',
    type: 'string',
    default: '',
    meaning:
      'This server as a client of the provider (code flow with PKCE), so that people sign in to the console there. Its redirect URI is /session/oidc/callback below the public address.',
    parse: optional(printable),
  }),
  oidcClientSecret: setting({
    env: 'BELLWIRE_OIDC_CLIENT_SECRET',
    type: 'string',
    default: '',
    secret: true,
    meaning: 'The secret of that client. Default: a public client.',
    parse: optional(text),
  }),
  oidcName: setting({
    env: 'BELLWIRE_OIDC_NAME',
    type: 'string',
    default: '',
    meaning: 'What the sign-in page calls the provider. Default: the host of the issuer.',
    parse: optional(text),
  }),
  oidcParent: setting({
    env: 'BELLWIRE_OIDC_PARENT',
    type: 'number',
    default: '',
    meaning:
      'The number of the login below which a login is made for whoever comes from the provider for the first time. Default: who is not known is refused.',
    parse: optional(wholeNumber(1, 2_147_483_647)),
  }),
  oidcPermissions: setting({
    env: 'BELLWIRE_OIDC_PERMISSIONS',
    type: 'names',
    default: '',
    meaning:
      'What the logins that are made so hold, such as WEBHOOKS_MANAGE. Later changes are made here, not there.',
    parse: permissions,
  }),
  oidcAccounts: setting({
    env: 'BELLWIRE_OIDC_ACCOUNTS',
    type: 'flag',
    default: 'false',
    meaning: 'Whether each of them is an account of its own, with its own webhooks.',
    parse: flag,
  }),
  oidcLinkByEmail: setting({
    env: 'BELLWIRE_OIDC_LINK_BY_EMAIL',
    type: 'flag',
    default: 'false',
    meaning:
      'Whether somebody who comes for the first time becomes the one login that has the same e-mail address, where the provider says that it is verified (`email_verified`). With BELLWIRE_OIDC_PARENT only logins below that one.',
    parse: flag,
  }),
  oidcSubjectClaim: setting({
    env: 'BELLWIRE_OIDC_SUBJECT_CLAIM',
    type: 'string',
    default: 'sub',
    meaning:
      'The claim by which a person is known for good: unchanging, never given to another one, the same for the console and the API (Microsoft Entra: oid).',
    parse: printable,
  }),
  oidcNameClaim: setting({
    env: 'BELLWIRE_OIDC_NAME_CLAIM',
    type: 'string',
    default: 'name',
    meaning: 'The claim that names a new login.',
    parse: printable,
  }),
  oidcEmailClaim: setting({
    env: 'BELLWIRE_OIDC_EMAIL_CLAIM',
    type: 'string',
    default: 'email',
    meaning: 'The claim with the e-mail address of a new login.',
    parse: printable,
  }),
};

type Key = keyof typeof OIDC_SETTINGS;
type Values = { [K in Key]: ReturnType<(typeof OIDC_SETTINGS)[K]['parse']> };

/** The keys that say nothing without an issuer. */
const DEPENDENT: Key[] = [
  ...(['oidcAudience', 'oidcClientId', 'oidcClientSecret', 'oidcName', 'oidcParent'] as const),
  ...(['oidcPermissions', 'oidcAccounts', 'oidcLinkByEmail'] as const),
];

/** Sentences: what of these settings says nothing without another one. */
export function oidcContradictions(values: Values): string[] {
  const name = (key: Key) => OIDC_SETTINGS[key].env;
  const isSet = (key: Key) => {
    const value = values[key];
    return Array.isArray(value) ? value.length > 0 : value !== null && value !== false;
  };
  if (values.oidcIssuer === null)
    return DEPENDENT.filter(isSet).map((key) => `${name(key)} says nothing without ${name('oidcIssuer')}`);
  const found: string[] = [];
  if (values.oidcAudience === null && values.oidcClientId === null)
    found.push(
      `${name('oidcIssuer')} says nothing alone: set ${name('oidcAudience')} for the API, ${name('oidcClientId')} for the console, or both`,
    );
  const needs: [Key, Key][] = [
    ['oidcClientSecret', 'oidcClientId'],
    ['oidcPermissions', 'oidcParent'],
    ['oidcAccounts', 'oidcParent'],
  ];
  for (const [key, other] of needs)
    if (isSet(key) && !isSet(other)) found.push(`${name(key)} says nothing without ${name(other)}`);
  return found;
}
