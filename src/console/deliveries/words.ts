/** What happened to an attempt, in an administrator's words. */
import type { AttemptOrigin, AttemptOutcome } from '../gql/graphql.ts';

/** Short words for causes; one that is not here is shown as the server words it. */
const FAILURES: Record<string, string> = {
  TIMEOUT: 'No answer in time',
  DNS_FAILED: 'Name not found',
  CONNECTION_REFUSED: 'Connection refused',
  CONNECTION_RESET: 'Connection broke',
  HOST_UNREACHABLE: 'Host out of reach',
  TLS_EXPIRED: 'Certificate expired',
  TLS_NAME_MISMATCH: 'Certificate for another name',
  TLS_UNTRUSTED: 'Certificate not trusted',
  TLS_FAILED: 'TLS failed',
  INVALID_RESPONSE: 'Not valid HTTP',
  HEADERS_TOO_LARGE: 'Headers too large',
  TOKEN_REFUSED: 'Access token refused',
  TOKEN_UNAVAILABLE: 'No access token',
  ADDRESS_NOT_ALLOWED: 'Address not allowed',
  SECRET_UNAVAILABLE: 'Secret not readable',
  SENDER_LOST: 'Sender died',
  EXPIRED: 'Waited too long',
  MAIL_DEFERRED: 'Asked to try later',
  MAIL_REJECTED: 'Message refused',
  MAILBOX_REFUSED: 'Mailbox refused',
  UNSUBSCRIBED: 'Unsubscribed',
  MAIL_SERVER_UNREACHABLE: 'Mail server out of reach',
  MAIL_NOT_CONFIGURED: 'Mail not configured',
};

/** How each way to end reads. */
export const OUTCOME_WORDS: Record<AttemptOutcome, string> = {
  SUCCEEDED: 'Delivered',
  REJECTED: 'Refused',
  TIMED_OUT: 'Timed out',
  UNREACHABLE: 'Not reached',
  BLOCKED: 'Not sent',
  LOST: 'Lost',
};

/** Why an attempt ran. */
export const ORIGIN_WORDS: Record<AttemptOrigin, string> = {
  FIRST: 'First attempt',
  AUTOMATIC_RETRY: 'Automatic retry',
  MANUAL_RETRY: 'Retry by hand',
};

interface Answered {
  outcome: AttemptOutcome;
  failure?: { code: string; message: string } | null;
  response?: { statusCode?: number | null } | null;
}

/** What a mail server refuses with; what it takes, it takes with 250, which no HTTP server answers. */
const REPLIED = new Set(['MAIL_DEFERRED', 'MAIL_REJECTED', 'MAILBOX_REFUSED']);
const TAKEN = 250;

/** What came back, in short: "HTTP 500", "SMTP 550", "No answer in time". */
export function answerInWords({ outcome, failure, response }: Answered): string {
  if (response?.statusCode != null) {
    const replied = response.statusCode === TAKEN || REPLIED.has(failure?.code ?? '');
    return `${replied ? 'SMTP' : 'HTTP'} ${response.statusCode}`;
  }
  return failure ? failureInWords(failure) : OUTCOME_WORDS[outcome];
}

/** A cause, in short. */
export function failureInWords({ code, message }: { code: string; message: string }): string {
  return FAILURES[code] ?? message;
}

/**
 * What a list shows as a delivery's answer: why it ended where no attempt says it, else what came back, else
 * that nothing did, or that it is no longer kept.
 */
export function resultInWords(delivery: {
  failure?: { code: string; message: string } | null;
  latestAttempt?: Answered | null;
  attemptCount: number;
  completedAt?: string | null;
}): { words: string; detail: string | undefined; answered: boolean } {
  const { failure, latestAttempt, attemptCount, completedAt } = delivery;
  if (failure) return { words: failureInWords(failure), detail: failure.message, answered: true };
  if (latestAttempt)
    return { words: answerInWords(latestAttempt), detail: latestAttempt.failure?.message, answered: true };
  const forgotten = attemptCount > 0 && completedAt != null;
  return { words: forgotten ? 'Not kept' : 'None yet', detail: undefined, answered: false };
}

/** A size as people read it: 512 bytes, 16 KiB. */
export function formatBytes(bytes: number): string {
  if (bytes === 1) return '1 byte';
  if (bytes < 1024) return `${bytes} bytes`;
  if (bytes < 1024 ** 2) return `${Number((bytes / 1024).toFixed(1))} KiB`;
  return `${Number((bytes / 1024 ** 2).toFixed(1))} MiB`;
}
