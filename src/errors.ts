/**
 * All codes that Bellwire answers with, in one place, and the two shapes that a failure takes:
 * a Problem is a value for the caller to fix, a StartupError ends the process with a sentence.
 */

/** What a caller can fix, by code. The list grows; clients must accept new codes. */
export const USER_ERROR_CODES = {
  REQUIRED: 'A value is missing.',
  INVALID: 'A value is malformed.',
  TOO_LONG: 'A text is longer than its limit.',
  TOO_MANY: 'A list is longer than its limit.',
  DUPLICATE: 'The same thing is given twice.',
  NOT_FOUND: 'No such object, or none that the caller may see.',
  FORBIDDEN: 'The caller lacks the permission.',
  UNSAFE_TARGET: 'The address must not be called by this server.',
  UNKNOWN_RESOURCE: 'The catalog has no such resource.',
  UNKNOWN_EVENT: 'The resource has no such event.',
  CREDENTIAL_MISMATCH:
    'The credential is missing or of another type; or the address moved to another host, so that credential and secret values must be given again.',
  CONFLICT: 'Somebody else changed the object; read it again.',
  KEY_REUSED: 'The idempotency key was used before with another input.',
  INVALID_STATE: 'The object is not in a state that allows this.',
  INVALID_PAYLOAD: "The payload does not follow the resource's model.",
  DRAFT_INCOMPLETE: 'The draft has problems that must be mended before it can be saved.',
  DRAFT_EXPIRED: 'The draft ended a week after its last change.',
} as const;

/** A code of USER_ERROR_CODES. */
export type UserErrorCode = keyof typeof USER_ERROR_CODES;

/** One thing that the caller can fix; field is the path inside the input, e.g. ["endpoints", "1", "target"]. */
export interface Problem {
  code: UserErrorCode;
  field: string[] | null;
  message: string;
}

/** Either a value, or everything that was wrong, all at once. */
export type Result<T> = { ok: true; value: T } | { ok: false; problems: Problem[] };

/** A good result. */
export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

/** A refusal with its problems. */
export function refused(...problems: Problem[]): { ok: false; problems: Problem[] } {
  return { ok: false, problems };
}

/** One problem. */
export function problem(code: UserErrorCode, field: string[] | null, message: string): Problem {
  return { code, field, message };
}

/** How an attempt ended, as the API names it. */
export type AttemptOutcome = 'SUCCEEDED' | 'REJECTED' | 'TIMED_OUT' | 'UNREACHABLE' | 'BLOCKED' | 'LOST';

/**
 * Every way in which an attempt can fail: the outcome it counts as, and the sentence an
 * administrator reads. The sentences name no address that DNS answered (security page, 1.2).
 */
export const FAILURES = {
  STATUS: ['REJECTED', 'The receiver answered with a status other than 2xx.'],
  REDIRECT: [
    'REJECTED',
    'The receiver answered with a redirect; redirects are not followed. Save the final address.',
  ],
  GONE: ['REJECTED', 'The receiver answered 410 Gone: it wants nothing more.'],
  TIMEOUT: ['TIMED_OUT', 'The receiver did not answer in time.'],
  DNS_FAILED: ['UNREACHABLE', 'The host name could not be resolved.'],
  CONNECTION_REFUSED: ['UNREACHABLE', 'The receiver refused the connection.'],
  CONNECTION_RESET: ['UNREACHABLE', 'The connection broke before an answer came.'],
  HOST_UNREACHABLE: ['UNREACHABLE', 'The network has no way to the receiver.'],
  TLS_EXPIRED: ['UNREACHABLE', "The receiver's certificate has expired."],
  TLS_NAME_MISMATCH: ['UNREACHABLE', "The receiver's certificate is for another name."],
  TLS_UNTRUSTED: ['UNREACHABLE', "The receiver's certificate is not signed by a trusted authority."],
  TLS_FAILED: ['UNREACHABLE', 'The TLS handshake failed.'],
  INVALID_RESPONSE: ['UNREACHABLE', 'The answer was not valid HTTP.'],
  HEADERS_TOO_LARGE: ['UNREACHABLE', 'The headers of the answer were too large.'],
  TOKEN_REFUSED: [
    'REJECTED',
    "The token server refused the endpoint's client: check its client id, secret and scope.",
  ],
  TOKEN_UNAVAILABLE: [
    'UNREACHABLE',
    'No access token was to be had: the token server was not reached in time, or its answer held none.',
  ],
  ADDRESS_NOT_ALLOWED: ['BLOCKED', 'The address of the receiver is not allowed.'],
  MAIL_DEFERRED: ['REJECTED', 'The mail server asked to try again later.'],
  MAIL_REJECTED: ['REJECTED', 'The mail server did not take the message.'],
  MAILBOX_REFUSED: ['REJECTED', 'The mail server refused the mailbox for good.'],
  UNSUBSCRIBED: ['REJECTED', 'The owner of the mailbox wants no more mails.'],
  MAIL_SERVER_UNREACHABLE: ['UNREACHABLE', 'The mail server could not be reached.'],
  MAIL_NOT_CONFIGURED: ['BLOCKED', 'Mail is not configured on the server that was to send it.'],
  SECRET_UNAVAILABLE: ['BLOCKED', 'A secret of the endpoint could not be decrypted; its key is missing.'],
  SENDER_LOST: ['LOST', 'The sender died during the attempt; the receiver may have got it.'],
  RECORD_FAILED: ['REJECTED', 'The attempt was made, but what came back could not be recorded.'],
  INTERNAL: ['UNREACHABLE', 'The attempt failed inside the server; its log has the cause.'],
} as const satisfies Record<string, readonly [AttemptOutcome, string]>;

/** A code of FAILURES. */
export type FailureCode = keyof typeof FAILURES;

/** Why a delivery ended where no attempt says it: the sentence that an administrator reads. */
export const DELIVERY_FAILURES = {
  EXPIRED:
    'It waited for so long that its payload was about to be forgotten, so it ended without another attempt.',
} as const;

/** A code of DELIVERY_FAILURES. */
export type DeliveryFailureCode = keyof typeof DELIVERY_FAILURES;

/** Why a connection to the outside was not made, or broke: thrown inside src/egress, turned into an outcome by src/sending. */
export class EgressError extends Error {
  override readonly name = 'EgressError';
  readonly code: FailureCode;
  constructor(code: FailureCode) {
    super(FAILURES[code][1]);
    this.code = code;
  }
}

/** The process cannot start: one clear sentence for the operator, then exit code 1. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}
