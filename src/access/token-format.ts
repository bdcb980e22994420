/**
 * What a token looks like: `bw_`, 30 random base-62 digits (178 bits), and the CRC-32 of all that in
 * six more digits, as in "Behind GitHub's new authentication token formats". The prefix lets secret
 * scanners find it, the checksum refuses a typing error without a look into the database. Only the
 * SHA-256 of a token is stored. One-time links, session cookies and the secrets of Create Webhooks links are made alike, each with
 * a prefix of its own, so that none of the four is taken for another.
 */
import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const PREFIX = { token: 'bw_', link: 'bwl_', session: 'bws_', webhooksLink: 'bwf_' } as const;
const RANDOM_DIGITS = 30;
const CHECKSUM_DIGITS = 6;
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const DIGITS_ONLY = new RegExp(`^[0-9A-Za-z]{${RANDOM_DIGITS + CHECKSUM_DIGITS}}$`);

/** What a secret is for: an API token, a one-time link to sign in, a session's cookie, a Create Webhooks link. */
export type TokenKind = keyof typeof PREFIX;

/** A new token in clear. */
export function makeToken(kind: TokenKind = 'token'): string {
  const body =
    PREFIX[kind] + Array.from({ length: RANDOM_DIGITS }, () => DIGITS[randomInt(DIGITS.length)]).join('');
  return body + checksum(body);
}

/** Whether a text can be a token of ours: prefix, length and checksum are right. */
export function isWellFormed(value: string, kind: TokenKind = 'token'): boolean {
  const prefix = PREFIX[kind];
  if (!value.startsWith(prefix) || !DIGITS_ONLY.test(value.slice(prefix.length))) return false;
  return checksum(value.slice(0, -CHECKSUM_DIGITS)) === value.slice(-CHECKSUM_DIGITS);
}

/** What is stored and looked up in place of a token. */
export function hashToken(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}

/** What a list shows of a token: its prefix, if it has ours, and its last four characters. */
export function hintOf(value: string): string {
  return `${value.startsWith(PREFIX.token) ? PREFIX.token : ''}…${value.slice(-4)}`;
}

function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let i = 0; i < CHECKSUM_DIGITS; i++) {
    digits = DIGITS[rest % DIGITS.length] + digits;
    rest = Math.floor(rest / DIGITS.length);
  }
  return digits;
}
