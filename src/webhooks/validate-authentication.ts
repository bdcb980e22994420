/**
 * Checks the authentication of an endpoint row: a type asks for a credential of that very type, given now or
 * stored before, and for no other. A token's address is judged by the same policy that guards every connection.
 */
import { type Problem, problem } from '../errors.ts';
import {
  type AuthenticationInput,
  type BasicCredential,
  type BearerCredential,
  type Credential,
  CREDENTIAL_PARTS,
  type HeaderCredential,
  headerOf,
  type OAuth2Credential,
  type PlannedAuthentication,
  type StoredAuthentication,
} from './authentication.ts';
import { checkTarget, type TargetGuard } from './check-target.ts';
import { type MutualTlsCredential, readClientCertificate } from './client-certificate.ts';
import { checkHeaderName, checkHeaderValue, type PlannedHeader } from './headers.ts';

/** The longest user name, password, client id and client secret. */
const MAX_TEXT = 1024;
/** The longest bearer token: a server takes 16 KiB of headers. */
const MAX_TOKEN = 8192;
const MAX_SCOPE = 2000;
/** The longest certificate with its chain, and the longest key. */
const MAX_PEM = 16_384;

/** b64token of RFC 6750, 2.1. */
const BEARER_TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;
/** VSCHAR of RFC 6749, appendix A. */
const VISIBLE = /^[\x20-\x7e]+$/;
/** scope of RFC 6749, 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;

/** The authentication as it will be; stored is that of the row, and field the path of the input. */
export async function checkAuthentication(
  input: AuthenticationInput | null | undefined,
  stored: Pick<StoredAuthentication, 'authType'> | undefined,
  egress: TargetGuard,
  field: string[],
  problems: Problem[],
): Promise<PlannedAuthentication> {
  const before = stored?.authType ?? 'NONE';
  if (input === undefined) return { type: before, credential: null };
  const { type } = input ?? { type: 'NONE' };
  const mismatch = (part: string, message: string) =>
    problems.push(problem('CREDENTIAL_MISMATCH', [...field, part], message));
  for (const [other, part] of Object.entries(CREDENTIAL_PARTS))
    if (other !== type && input?.[part] != null)
      mismatch(part, `This is a credential for ${other}, but the type is ${type}: leave it out.`);
  if (type === 'NONE') return { type, credential: null };
  const part = CREDENTIAL_PARTS[type];
  const given = input?.[part];
  if (given == null) {
    if (type !== before) mismatch(part, `${type} asks for a credential of its own: give ${part}.`);
    return { type, credential: null };
  }
  const credential = { type, ...given } as Credential;
  const at = [...field, part];
  switch (credential.type) {
    case 'BASIC':
      checkBasic(credential, at, problems);
      break;
    case 'BEARER':
      checkBearer(credential, at, problems);
      break;
    case 'API_KEY':
    case 'CUSTOM_HEADER':
      checkHeader(credential, at, problems);
      break;
    case 'OAUTH2_CLIENT_CREDENTIALS':
      return {
        type,
        credential: { type: credential.type, ...(await checkOAuth2(credential, egress, at, problems)) },
      };
    case 'MUTUAL_TLS':
      checkMutualTls(credential, at, problems);
  }
  return { type, credential };
}

/** A client certificate can only be shown over TLS. */
export function checkTlsTarget(
  { authentication, target }: { authentication: PlannedAuthentication; target: string },
  field: string[],
  problems: Problem[],
): void {
  if (authentication.type === 'MUTUAL_TLS' && target.startsWith('http:'))
    problems.push(
      problem(
        'INVALID',
        field,
        'A client certificate is shown over TLS: the address must begin with https://.',
      ),
    );
}

/** A header must not be set twice: refused at the header where headers are given now, else at the authentication. */
export function checkHeaderClash(
  planned: { authentication: PlannedAuthentication; headers: PlannedHeader[] },
  storedHint: string | null,
  headersGiven: boolean,
  field: string[],
  problems: Problem[],
): void {
  const { type, credential } = planned.authentication;
  const hint = credential === null ? storedHint : 'name' in credential ? credential.name : null;
  const name = headerOf(type, hint)?.toLowerCase();
  const index = planned.headers.findIndex((header) => header.name.toLowerCase() === name);
  if (index < 0) return;
  const credentialAt =
    type === 'API_KEY' || type === 'CUSTOM_HEADER' ? [CREDENTIAL_PARTS[type], 'name'] : ['type'];
  const at = headersGiven
    ? ['advanced', 'headers', String(index), 'name']
    : ['authentication', ...credentialAt];
  problems.push(
    problem(
      'DUPLICATE',
      [...field, ...at],
      `${planned.headers[index]!.name} is set by the authentication and by a header: leave one of them out.`,
    ),
  );
}

/** RFC 7617, 2: one of the two may be empty, and a colon ends the user name. */
function checkBasic({ username, password }: BasicCredential, field: string[], problems: Problem[]): void {
  if (username === '' && password === '')
    problems.push(problem('REQUIRED', [...field, 'username'], 'The user name is missing.'));
  checkText(username, 'user name', [...field, 'username'], problems);
  checkText(password, 'password', [...field, 'password'], problems);
  if (username.includes(':'))
    problems.push(
      problem('INVALID', [...field, 'username'], 'The user name must not hold a colon: it would end there.'),
    );
}

function checkText(text: string, what: string, field: string[], problems: Problem[]): void {
  if (text.length > MAX_TEXT)
    problems.push(problem('TOO_LONG', field, `The ${what} may have at most ${MAX_TEXT} characters.`));
  else if (/\p{Cc}/u.test(text) || !text.isWellFormed())
    problems.push(problem('INVALID', field, `The ${what} must not hold control characters.`));
}

function checkBearer({ token }: BearerCredential, field: string[], problems: Problem[]): void {
  const refuse = (code: Problem['code'], message: string) =>
    problems.push(problem(code, [...field, 'token'], message));
  if (token.trim() === '') refuse('REQUIRED', 'The token is missing.');
  else if (token.length > MAX_TOKEN)
    refuse('TOO_LONG', `The token may have at most ${MAX_TOKEN} characters.`);
  else if (!BEARER_TOKEN.test(token))
    refuse(
      'INVALID',
      'A bearer token has letters, digits and -._~+/ only, with = at its end: give it without the word Bearer.',
    );
}

function checkHeader({ name, value }: HeaderCredential, field: string[], problems: Problem[]): void {
  checkHeaderName(name, [...field, 'name'], problems);
  checkHeaderValue(value, true, [...field, 'value'], problems);
}

async function checkOAuth2(
  { tokenUrl, clientId, clientSecret, scope }: OAuth2Credential,
  egress: TargetGuard,
  field: string[],
  problems: Problem[],
): Promise<OAuth2Credential> {
  const visible = (text: string, what: string, part: string) => {
    const at = [...field, part];
    if (text === '') problems.push(problem('REQUIRED', at, `The ${what} is missing.`));
    else if (text.length > MAX_TEXT)
      problems.push(problem('TOO_LONG', at, `The ${what} may have at most ${MAX_TEXT} characters.`));
    else if (!VISIBLE.test(text))
      problems.push(problem('INVALID', at, `The ${what} has printable ASCII characters only.`));
  };
  visible(clientId, 'client id', 'clientId');
  visible(clientSecret, 'client secret', 'clientSecret');
  const asked = scope?.trim() ?? '';
  if (asked.length > MAX_SCOPE)
    problems.push(
      problem('TOO_LONG', [...field, 'scope'], `The scope may have at most ${MAX_SCOPE} characters.`),
    );
  else if (asked !== '' && !SCOPE.test(asked))
    problems.push(
      problem(
        'INVALID',
        [...field, 'scope'],
        'A scope is a list of words with one blank between them, of ASCII characters without " and \\.',
      ),
    );
  const url = await checkTarget(tokenUrl, egress, [...field, 'tokenUrl'], problems);
  return { tokenUrl: url ?? tokenUrl, clientId, clientSecret, scope: asked === '' ? null : asked };
}

function checkMutualTls(credential: MutualTlsCredential, field: string[], problems: Problem[]): void {
  const refuse = (code: Problem['code'], part: string, message: string) =>
    problems.push(problem(code, [...field, part], message));
  const parts = [
    ['certificate', credential.certificate],
    ['privateKey', credential.privateKey],
  ] as const;
  const known = problems.length;
  for (const [part, pem] of parts) {
    const what = part === 'certificate' ? 'certificate' : 'private key';
    if (pem.trim() === '') refuse('REQUIRED', part, `The ${what} is missing.`);
    else if (pem.length > MAX_PEM)
      refuse('TOO_LONG', part, `The ${what} may have at most ${MAX_PEM} characters.`);
  }
  if (problems.length > known) return;
  const read = readClientCertificate(credential);
  if (!read.ok) return void refuse('INVALID', read.problem.part, read.problem.message);
  if (read.value.expiresAt.getTime() <= Date.now())
    refuse(
      'INVALID',
      'certificate',
      `The certificate, or one of its chain, ended on ${read.value.expiresAt.toISOString().slice(0, 10)}.`,
    );
}
