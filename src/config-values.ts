/**
 * How the text of a setting becomes its value: each parser gives the value, or throws a sentence that
 * completes "must be …".
 */
import isIP from 'validator/lib/isIP.js';

import { parseUrl } from './url.ts';

/** One range of addresses that may be called although the policy denies it, for every name or for one. */
export interface AllowedTarget {
  name: string | null;
  cidr: string;
}

/** Any text. */
export function text(input: string): string {
  return input;
}

/** A whole number between two, both allowed. */
export function wholeNumber(min: number, max: number) {
  return (input: string): number => {
    const value = Number(input);
    if (!/^\d+$/.test(input) || value < min || value > max)
      throw new Error(`a whole number from ${min} to ${max}`);
    return value;
  };
}

/** true or false, and what people write for it. */
export function flag(input: string): boolean {
  if (['1', 'true', 'yes'].includes(input.toLowerCase())) return true;
  if (['', '0', 'false', 'no'].includes(input.toLowerCase())) return false;
  throw new Error('true or false');
}

const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** "5s", "20ms", "5m", "2h", "30d" or a bare number of seconds; min, max and the value in ms. */
export function duration(min: number, max: number) {
  return (input: string): number => {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(input.trim());
    const value = match ? Math.round(Number(match[1]) * UNIT_MS[match[2] ?? 's']!) : NaN;
    if (!(value >= min && value <= max))
      throw new Error(
        `a duration such as 500ms, 5s, 5m, 2h or 30d (a bare number is seconds), from ${inUnits(min)} to ${inUnits(max)}`,
      );
    return value;
  };
}

/** As duration() takes it, in the largest unit that says it whole. */
function inUnits(ms: number): string {
  const units = Object.entries(UNIT_MS).reverse();
  const [unit, size] = units.find(([, size]) => ms % size === 0)!;
  return `${ms / size}${unit}`;
}

/** "64KiB", "8MiB" or a bare number of bytes; min, max and the value in bytes. */
export function bytes(min: number, max: number) {
  return (input: string): number => {
    const match = /^(\d+)\s*(KiB|MiB)?$/i.exec(input.trim());
    const unit = match?.[2]?.toLowerCase();
    const value = match ? Number(match[1]) * (unit === 'mib' ? 1048576 : unit === 'kib' ? 1024 : 1) : NaN;
    if (!(value >= min && value <= max))
      throw new Error(`a size such as 65536, 256KiB or 8MiB, from ${min} to ${max} bytes`);
    return value;
  };
}

/** 1 to 20 durations, in ms. */
export function schedule(input: string): number[] {
  const entry = duration(0, 7 * 24 * 3_600_000);
  const parts = input.split(',').map((part) => part.trim());
  if (input.trim() === '' || parts.length > 20)
    throw new Error('1 to 20 durations, comma-separated, such as 0s,5s,5m');
  try {
    return parts.map(entry);
  } catch {
    throw new Error('1 to 20 durations, comma-separated, such as 0s,5s,5m, each at most 7 days');
  }
}

/** An http or https address, without a slash at the end. */
export function httpUrl(input: string): string {
  const url = parseUrl(input);
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username)
    throw new Error('an http or https address without query, such as https://hooks.example.com');
  return url.href.replace(/\/$/, '');
}

/** Where something else than the API is served. */
export interface ListeningAddress {
  host: string;
  port: number;
}

/** "127.0.0.1:9464", "[::1]:9464"; port 0 picks a free one. */
export function listeningAddress(input: string): ListeningAddress {
  const match = /^(\[[0-9a-f:.]+\]|[^\s:/[\]]+):(\d{1,5})$/i.exec(input.trim());
  if (!match || Number(match[2]) > 65_535)
    throw new Error('an address and a port, such as 127.0.0.1:9464 or [::1]:9464');
  return { host: match[1]!.replace(/^\[|\]$/g, ''), port: Number(match[2]) };
}

/** A mail server: smtps from the first byte on, smtp with STARTTLS where the server offers it. */
export interface SmtpServer {
  host: string;
  port: number;
  /** TLS from the first byte on. */
  secure: boolean;
  user: string | null;
  password: string | null;
}

/** smtp://user:password@host:port or smtps://…; the ports are 587 and 465 unless given. */
export function smtpUrl(input: string): SmtpServer {
  const url = parseUrl(input);
  const secure = url?.protocol === 'smtps:';
  const rest = url && url.search === '' && url.hash === '' && ['', '/'].includes(url.pathname);
  if (
    !url ||
    !(secure || url.protocol === 'smtp:') ||
    !url.hostname ||
    !rest ||
    (url.password && !url.username)
  )
    throw new Error(
      'an address such as smtp://mail.example.com:587 or smtps://user:password@mail.example.com',
    );
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    user: url.username === '' ? null : decodeURIComponent(url.username),
    password: url.password === '' ? null : decodeURIComponent(url.password),
  };
}

/** Who mails are from. */
export interface MailSender {
  name: string;
  address: string;
}

/** "Name <address>" or an address alone. */
export function mailSender(input: string): MailSender {
  const [, quoted, plain, inside, alone] =
    /^(?:(?:"([^"<>\\]*)"|([^"<>@,;]*?))\s*<([^<>\s]+)>|([^<>\s]+))$/u.exec(input.trim()) ?? [];
  const address = inside ?? alone ?? '';
  // eslint-disable-next-line no-control-regex -- a line break would begin another header
  if (!/^[^@\s"(),:;<>[\]\\]+@[^@\s"(),:;<>\\]+$/.test(address) || /[\x00-\x1f\x7f]/.test(input))
    throw new Error('an address such as Bellwire <no-reply@example.com>');
  return { name: quoted ?? plain ?? '', address };
}

/** The address of a PostgreSQL database. */
export function databaseUrl(input: string): string {
  if (!/^postgres(ql)?:\/\//.test(input)) throw new Error('a postgres:// address');
  return input;
}

/** A token that is too long to be guessed. */
export function rootToken(input: string): string {
  if (input.length < 32) throw new Error('a string of 32 characters or more');
  return input;
}

/** The keys of the keyring, the active one first. */
export function encryptionKeys(input: string): { id: string; key: Buffer }[] {
  const keys = input.split(',').map((part) => {
    const match = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/=_-]+)$/.exec(part.trim());
    const key = match ? Buffer.from(match[2]!, 'base64') : undefined;
    if (!match || key?.length !== 32)
      throw new Error('id:base64 pairs, comma-separated, each key 32 bytes; the first is active');
    return { id: match[1]!, key };
  });
  if (new Set(keys.map((key) => key.id)).size !== keys.length) throw new Error('keys with different ids');
  return keys;
}

function isCidr(text: string): boolean {
  const [address, prefix, ...rest] = text.split('/');
  if (rest.length > 0 || !/^\d{1,3}$/.test(prefix ?? '')) return false;
  return (
    (isIP.default(address!, '4') && Number(prefix) <= 32) ||
    (isIP.default(address!, '6') && Number(prefix) <= 128)
  );
}

/** Ranges of addresses, for every name or for one. */
export function allowedTargets(input: string): AllowedTarget[] {
  return input.split(',').map((part) => {
    const match = /^(?:([a-z0-9.-]+)=)?([0-9a-f:.]+\/\d{1,3})$/i.exec(part.trim());
    if (!match || !isCidr(match[2]!))
      throw new Error(
        'cidr or name=cidr entries, comma-separated, such as 10.1.0.0/16 or hooks.internal=10.1.2.3/32',
      );
    return { name: match[1]?.toLowerCase() ?? null, cidr: match[2]! };
  });
}

/** Addresses and ranges of addresses; none when the setting is empty. */
export function addresses(input: string): string[] {
  if (input === '') return [];
  return input.split(',').map((part) => {
    const entry = part.trim();
    if (!isIP.default(entry) && !isCidr(entry))
      throw new Error('addresses or ranges, comma-separated, such as 10.0.0.5 or 10.1.0.0/16');
    return entry;
  });
}

/** Origins as browsers send them; none when the setting is empty. */
export function origins(input: string): string[] {
  if (input === '') return [];
  return input.split(',').map((part) => {
    const url = parseUrl(part.trim());
    if (!url || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`)
      throw new Error(
        'http or https origins, comma-separated, such as https://app.example.com, without a path',
      );
    return url.origin;
  });
}

/** One of some words. */
export function oneOf<T extends string>(...choices: T[]) {
  return (input: string): T => {
    if (!(choices as string[]).includes(input)) throw new Error(`one of ${choices.join(', ')}`);
    return input as T;
  };
}

/** Null when the setting is empty. */
export function optional<T>(parse: (input: string) => T) {
  return (input: string): T | null => (input === '' ? null : parse(input));
}

const DAY_MS = 86_400_000;
/** What still waits ends so long before its payload goes (src/history/retention.ts). */
const EXPIRY_LEAD_MS = DAY_MS;
/** The waits of a retry schedule are spread by ±20 % (src/queue/jitter.ts). */
const LATEST_JITTER = 1.2;

type KeepKey = 'keepPayloadsMs' | 'keepAttemptsMs' | 'keepEventsMs' | 'keepDeliveriesMs';

/** Sentences: what is kept must not need what is gone, and a delivery must live to see its last attempt. */
export function contradictions(
  values: Record<KeepKey, number> & {
    retrySchedule: number[];
    role: string;
    publicUrl: string | null;
    smtp: SmtpServer | null;
  },
  settingName: (key: KeepKey | 'smtp' | 'publicUrl') => string,
): string[] {
  const atLeast: [KeepKey, KeepKey][] = [
    ['keepEventsMs', 'keepPayloadsMs'],
    ['keepEventsMs', 'keepDeliveriesMs'],
    ['keepDeliveriesMs', 'keepAttemptsMs'],
  ];
  const found = atLeast
    .filter(([longer, shorter]) => values[longer] < values[shorter])
    .map(([longer, shorter]) => `${settingName(longer)} must not be less than ${settingName(shorter)}`);
  const schedule = values.retrySchedule.reduce((sum, wait) => sum + wait, 0) * LATEST_JITTER;
  for (const key of ['keepPayloadsMs', 'keepAttemptsMs'] as const)
    if (values[key] < schedule + EXPIRY_LEAD_MS)
      found.push(
        `${settingName(key)} must be a day longer than the whole of BELLWIRE_RETRY_SCHEDULE (with its jitter ${(schedule / DAY_MS).toFixed(1)} days), or deliveries would end before their last attempt`,
      );
  if (values.smtp !== null && values.role === 'worker' && values.publicUrl === null)
    found.push(
      `${settingName('publicUrl')} must be set on a worker with ${settingName('smtp')}: its mails hold links to the server`,
    );
  return found;
}
