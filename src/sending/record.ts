/**
 * Turns what came back into what is kept: headers and at most 16 KiB of the body, as text that every
 * database column takes, with the endpoint's own secrets blanked wherever the receiver echoes them.
 */
import type { FailureCode } from '../errors.ts';
import { isPlain, jsonString } from '../events/json-string.ts';
import type { Exchange, Phase } from './transport.ts';

/** How much of a response body is kept, bytes. */
export const KEPT_BODY_BYTES = 16_384;
/** How many response headers are kept, and how much of each value. */
const KEPT_HEADERS = 100;
const KEPT_HEADER_CHARS = 2_000;
const MASK = '[redacted]';

/** Response headers whose values are credentials of somebody. */
const SECRET_RESPONSE_HEADERS = new Set(['set-cookie', 'authorization', 'proxy-authorization', 'cookie']);

/** One header as it is kept; a secret one without its value. */
export interface KeptHeader {
  name: string;
  value: string | null;
  secret: boolean;
}

/** Marks what is no UTF-8; takes a byte order mark away. */
const decoder = new TextDecoder();

/** The response as JSON text, or null when none came. */
export function keepResponse(exchange: Exchange, secrets: readonly string[]): string | null {
  if (exchange.statusCode === null) return null;
  // Cleaned before it is cut: a NUL is one byte, what stands for it is three.
  const body = clean(blank(decoder.decode(exchange.body), secrets));
  const cut = cutUtf8(body, KEPT_BODY_BYTES);
  const headers = exchange.headers.slice(0, KEPT_HEADERS).map(([name, value]) => {
    const secret = SECRET_RESPONSE_HEADERS.has(name.toLowerCase());
    const kept = secret ? null : clean(blank(value, secrets)).slice(0, KEPT_HEADER_CHARS);
    return keepHeader(clean(name), kept, secret);
  });
  const truncated = exchange.bodyTruncated || cut.length < body.length;
  return `{"statusCode":${exchange.statusCode},"headers":[${headers.join(',')}],"body":${jsonString(cut)},"bodyBytes":${exchange.bodyBytes},"bodyTruncated":${truncated}}`;
}

/** The request as JSON text; the body is not kept, since it is made anew from the event. */
export function keepRequest(url: string, headers: KeptHeader[], bodyBytes: number): string {
  return keepRequestWith(url, keepHeaders(headers), bodyBytes);
}

/** The same with headers that are JSON texts already (keepHeaders). */
export function keepRequestWith(url: string, headers: string, bodyBytes: number): string {
  return `{"url":${jsonString(url)},"headers":[${headers}],"bodyBytes":${bodyBytes}}`;
}

/** Headers as JSON texts, with commas between them. */
export function keepHeaders(headers: KeptHeader[]): string {
  return headers.map(({ name, value, secret }) => keepHeader(name, value, secret)).join(',');
}

/** One of them. */
export function keepHeader(name: string, value: string | null, secret: boolean): string {
  return `{"name":${jsonString(name)},"value":${value === null ? null : jsonString(value)},"secret":${secret}}`;
}

/** One that is no secret, with a name and a value in which JSON has nothing to escape: ids, numbers, base64. */
export function keepPlain(name: string, value: string): string {
  return `{"name":"${name}","value":"${value}","secret":false}`;
}

/** The phases as JSON text; none for a blocked address, whose timing would tell about the inner network. */
export function keepPhases(exchange: Exchange, failure: FailureCode | null, queuedMs: number): string | null {
  if (failure === 'ADDRESS_NOT_ALLOWED') return null;
  const shifted = exchange.phases.map(({ name, startMs, durationMs }) =>
    keepPhase(name, startMs + queuedMs, durationMs),
  );
  return `[${[keepPhase('queue', 0, queuedMs), ...shifted].join(',')}]`;
}

/** The phases of a mail: it waits, and it is handed over. */
export function keepMailPhases(durationMs: number, queuedMs: number): string {
  return `[${keepPhase('queue', 0, queuedMs)},${keepPhase('request', queuedMs, durationMs)}]`;
}

function keepPhase(name: Phase['name'], startMs: number, durationMs: number): string {
  return `{"name":"${name}","startMs":${round(startMs)},"durationMs":${round(durationMs)}}`;
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}

/** Blanks secrets in a text; short values would blank ordinary words. */
export function blank(text: string, secrets: readonly string[]): string {
  let result = text;
  for (const secret of secrets) if (secret.length >= 4) result = result.replaceAll(secret, MASK);
  return result;
}

/** No NUL and no lone surrogate: what text and json columns refuse. */
function clean(text: string): string {
  return isPlain(text) ? text : text.replaceAll('\0', '\uFFFD').toWellFormed();
}

/** The longest prefix of at most so many bytes in UTF-8 that cuts no character. */
export function cutUtf8(text: string, maxBytes: number): string {
  // No character of UTF-16 takes more than three bytes.
  if (text.length * 3 <= maxBytes) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes;
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString();
}
