/**
 * Custom headers of an endpoint: which may be set, and how they are stored. The value of a secret
 * header is sealed for its endpoint and name; it is written, and later kept, but never read back.
 */
import { type Problem, problem } from '../errors.ts';
import type { Keyring, Place } from '../secrets/keyring.ts';

/** The most headers of one endpoint. */
export const MAX_HEADERS = 20;
const MAX_NAME = 200;
const MAX_VALUE = 4096;
/** All names and values together; many servers refuse more than 8 KiB of headers. */
const MAX_TOTAL = 7168;

/** A token of RFC 9110, 5.6.2. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** field-value of RFC 9110, 5.5, without obs-text: visible ASCII with blanks and tabs inside only. */
const VALUE = /^(?:[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?$/;
/**
 * What frames the message, belongs to the connection (RFC 9110, 7.6.1), to a proxy, to Standard Webhooks or to
 * CloudEvents: set by the server alone, since a second value could split a request or forge what it is.
 */
const RESERVED =
  /^(?:host|connection|transfer-encoding|keep-alive|te|trailer|upgrade|expect|http2-settings|content-.*|proxy-.*|webhook-.*|ce-.*)$/i;

/** One header as given; a secret one keeps its stored value when none is given. */
export interface HeaderInput {
  name: string;
  value?: string | null;
  secret?: boolean | null;
}

/** One header as it stands in the table: value is null and sealed is base64 where it is secret. */
export interface StoredHeader {
  name: string;
  value: string | null;
  secret: boolean;
  sealed?: string;
}

/** One header that passed; the value is null where a secret one keeps what is stored. */
export interface PlannedHeader {
  name: string;
  secret: boolean;
  value: string | null;
}

/** Checks the headers of one endpoint against the stored ones; field is the path of the list. */
export function checkHeaders(
  inputs: HeaderInput[],
  stored: StoredHeader[],
  field: string[],
  problems: Problem[],
): PlannedHeader[] {
  if (inputs.length > MAX_HEADERS) {
    problems.push(problem('TOO_MANY', field, `An endpoint may have at most ${MAX_HEADERS} headers.`));
    return [];
  }
  const kept = new Map(stored.map((header) => [header.name.toLowerCase(), header]));
  const seen = new Set<string>();
  let total = 0;
  const planned = inputs.map((input, index) => {
    const at = [...field, String(index)];
    checkHeaderName(input.name, [...at, 'name'], problems, seen);
    const secret = input.secret ?? false;
    const value = input.value ?? '';
    total += input.name.length + value.length;
    const keeps = secret && value === '' && kept.get(input.name.toLowerCase())?.sealed !== undefined;
    if (!keeps) checkHeaderValue(input.value, secret, [...at, 'value'], problems);
    return { name: input.name, secret, value: keeps ? null : value };
  });
  if (total > MAX_TOTAL)
    problems.push(
      problem('TOO_LONG', field, `All headers together may have at most ${MAX_TOTAL} characters.`),
    );
  return planned;
}

/** Checks the name of a header that may be set; seen has the names, in small letters, that came before. */
export function checkHeaderName(
  name: string,
  field: string[],
  problems: Problem[],
  seen = new Set<string>(),
): void {
  const refuse = (code: Problem['code'], message: string) => problems.push(problem(code, field, message));
  if (name.trim() === '') refuse('REQUIRED', 'The name of a header is missing.');
  else if (name.length > MAX_NAME)
    refuse('TOO_LONG', `The name of a header may have at most ${MAX_NAME} characters.`);
  else if (!NAME.test(name))
    refuse('INVALID', "A header's name has letters, digits and !#$%&'*+-.^_`|~ only, such as X-Source.");
  else if (RESERVED.test(name))
    refuse(
      'INVALID',
      `${name} is set by the server. Reserved are Host, Connection, Transfer-Encoding, Keep-Alive, TE, Trailer, Upgrade, Expect, HTTP2-Settings, and all that begin with Content-, Proxy-, webhook- or ce-.`,
    );
  else if (seen.has(name.toLowerCase())) refuse('DUPLICATE', `${name} is given twice.`);
  seen.add(name.toLowerCase());
}

/** Checks the value of a header; a secret one must not be empty. */
export function checkHeaderValue(
  given: string | null | undefined,
  secret: boolean,
  field: string[],
  problems: Problem[],
): void {
  const value = given ?? '';
  if (given == null || (secret && value === ''))
    problems.push(problem('REQUIRED', field, 'The value of the header is missing.'));
  else if (value.length > MAX_VALUE)
    problems.push(
      problem('TOO_LONG', field, `The value of a header may have at most ${MAX_VALUE} characters.`),
    );
  else if (!VALUE.test(value))
    problems.push(
      problem(
        'INVALID',
        field,
        "A header's value has printable ASCII characters only, and no blank at its ends.",
      ),
    );
}

/** What is stored for the planned headers of an endpoint that has these now. */
export function sealHeaders(
  keyring: Keyring,
  endpointId: string,
  headers: PlannedHeader[],
  stored: StoredHeader[],
): StoredHeader[] {
  const kept = new Map(stored.map((header) => [header.name.toLowerCase(), header.sealed]));
  return headers.map(({ name, secret, value }) => {
    if (!secret) return { name, value, secret };
    const sealed =
      value === null
        ? kept.get(name.toLowerCase())!
        : keyring.seal(value, headerPlace(endpointId, name)).toString('base64');
    return { name, value: null, secret, sealed };
  });
}

/** Where the value of a secret header is sealed for. */
export function headerPlace(endpointId: string, name: string): Place {
  return { table: 'endpoints', row: endpointId, column: `headers.${name.toLowerCase()}` };
}
