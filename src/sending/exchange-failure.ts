/** From what node, OpenSSL, the HTTP parser and the guard throw, to the code of an outcome. */
import { EgressError, type FailureCode } from '../errors.ts';

const CODES: Record<string, FailureCode> = {
  ETIMEDOUT: 'TIMEOUT',
  ENOTFOUND: 'DNS_FAILED',
  EAI_AGAIN: 'DNS_FAILED',
  ECONNREFUSED: 'CONNECTION_REFUSED',
  ECONNRESET: 'CONNECTION_RESET',
  ECONNABORTED: 'CONNECTION_RESET',
  EPIPE: 'CONNECTION_RESET',
  ERR_STREAM_PREMATURE_CLOSE: 'CONNECTION_RESET',
  EHOSTUNREACH: 'HOST_UNREACHABLE',
  EHOSTDOWN: 'HOST_UNREACHABLE',
  ENETUNREACH: 'HOST_UNREACHABLE',
  ENETDOWN: 'HOST_UNREACHABLE',
  EADDRNOTAVAIL: 'HOST_UNREACHABLE',
  // What a local firewall makes of connect().
  EACCES: 'HOST_UNREACHABLE',
  EPERM: 'HOST_UNREACHABLE',
  CERT_HAS_EXPIRED: 'TLS_EXPIRED',
  ERR_TLS_CERT_ALTNAME_INVALID: 'TLS_NAME_MISMATCH',
  HOSTNAME_MISMATCH: 'TLS_NAME_MISMATCH',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'TLS_UNTRUSTED',
  SELF_SIGNED_CERT_IN_CHAIN: 'TLS_UNTRUSTED',
  UNABLE_TO_GET_ISSUER_CERT: 'TLS_UNTRUSTED',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'TLS_UNTRUSTED',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'TLS_UNTRUSTED',
  CERT_SIGNATURE_FAILURE: 'TLS_UNTRUSTED',
  CERT_CHAIN_TOO_LONG: 'TLS_UNTRUSTED',
  CERT_UNTRUSTED: 'TLS_UNTRUSTED',
  CERT_REJECTED: 'TLS_UNTRUSTED',
  CERT_REVOKED: 'TLS_UNTRUSTED',
  INVALID_CA: 'TLS_UNTRUSTED',
  INVALID_PURPOSE: 'TLS_UNTRUSTED',
  PATH_LENGTH_EXCEEDED: 'TLS_UNTRUSTED',
  CERT_NOT_YET_VALID: 'TLS_FAILED',
  EPROTO: 'TLS_FAILED',
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
};

/**
 * The code for an error that ended an exchange before an answer came. INTERNAL for what is none of
 * the world's failures: the caller logs that one.
 */
export function failureOf(error: unknown): FailureCode {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (current instanceof EgressError) return current.code;
    const code = (current as NodeJS.ErrnoException).code;
    if (typeof code !== 'string') continue;
    const known = CODES[code];
    if (known) return known;
    if (code.startsWith('HPE_')) return 'INVALID_RESPONSE';
    if (/^ERR_(SSL|TLS|OSSL)_/.test(code)) return 'TLS_FAILED';
  }
  return 'INTERNAL';
}

/** What a status line decides: null for 2xx, whatever became of the body. */
export function statusFailure(statusCode: number): FailureCode | null {
  if (statusCode >= 200 && statusCode < 300) return null;
  if (statusCode === 410) return 'GONE';
  return statusCode >= 300 && statusCode < 400 ? 'REDIRECT' : 'STATUS';
}
