/**
 * All settings, in one table: name, type, default, meaning. The README's table is generated from
 * it; every mistake in the environment is listed at once, before anything starts.
 */
import { isIP } from 'class-validator';

import { StartupError } from './errors.ts';
import { parseUrl } from './url.ts';

/** How one setting is read: parse gives the value or throws a sentence that completes "must be …". */
interface Setting<T> {
  env: string;
  type: string;
  default: string;
  secret?: true;
  meaning: string;
  parse: (text: string) => T;
}

/** One range of addresses that may be called although the policy denies it, for every name or for one. */
export interface AllowedTarget {
  name: string | null;
  cidr: string;
}

function text(input: string): string {
  return input;
}

function wholeNumber(min: number, max: number) {
  return (input: string): number => {
    const value = Number(input);
    if (!/^\d+$/.test(input) || value < min || value > max)
      throw new Error(`a whole number from ${min} to ${max}`);
    return value;
  };
}

function flag(input: string): boolean {
  if (['1', 'true', 'yes'].includes(input.toLowerCase())) return true;
  if (['', '0', 'false', 'no'].includes(input.toLowerCase())) return false;
  throw new Error('true or false');
}

const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** "5s", "20ms", "5m", "2h" or a bare number of seconds, in ms. */
function duration(min: number, max: number) {
  return (input: string): number => {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(input.trim());
    const value = match ? Math.round(Number(match[1]) * UNIT_MS[match[2] ?? 's']!) : NaN;
    if (!(value >= min && value <= max))
      throw new Error(`a duration such as 500ms, 5s, 5m or 2h, from ${min} ms to ${max} ms`);
    return value;
  };
}

function bytes(min: number, max: number) {
  return (input: string): number => {
    const match = /^(\d+)\s*(KiB|MiB)?$/i.exec(input.trim());
    const unit = match?.[2]?.toLowerCase();
    const value = match ? Number(match[1]) * (unit === 'mib' ? 1048576 : unit === 'kib' ? 1024 : 1) : NaN;
    if (!(value >= min && value <= max))
      throw new Error(`a size such as 65536, 256KiB or 8MiB, from ${min} to ${max} bytes`);
    return value;
  };
}

function schedule(input: string): number[] {
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

function httpUrl(input: string): string {
  const url = parseUrl(input);
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username)
    throw new Error('an http or https address without query, such as https://hooks.example.com');
  return url.href.replace(/\/$/, '');
}

function databaseUrl(input: string): string {
  if (!/^postgres(ql)?:\/\//.test(input)) throw new Error('a postgres:// address');
  return input;
}

function rootToken(input: string): string {
  if (input.length < 32) throw new Error('a string of 32 characters or more');
  return input;
}

function encryptionKeys(input: string): { id: string; key: Buffer }[] {
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
  const [address, prefix] = text.split('/');
  return (isIP(address, '4') && Number(prefix) <= 32) || (isIP(address, '6') && Number(prefix) <= 128);
}

function allowedTargets(input: string): AllowedTarget[] {
  return input.split(',').map((part) => {
    const match = /^(?:([a-z0-9.-]+)=)?([0-9a-f:.]+\/\d{1,3})$/i.exec(part.trim());
    if (!match || !isCidr(match[2]!))
      throw new Error(
        'cidr or name=cidr entries, comma-separated, such as 10.1.0.0/16 or hooks.internal=10.1.2.3/32',
      );
    return { name: match[1]?.toLowerCase() ?? null, cidr: match[2]! };
  });
}

function oneOf<T extends string>(...choices: T[]) {
  return (input: string): T => {
    if (!(choices as string[]).includes(input)) throw new Error(`one of ${choices.join(', ')}`);
    return input as T;
  };
}

/** Reads nothing when the setting is empty. */
function optional<T>(parse: (input: string) => T) {
  return (input: string): T | null => (input === '' ? null : parse(input));
}

/** The type of each row is kept, so that loadConfig's result is typed by the table. */
function setting<T>(row: Setting<T>): Setting<T> {
  return row;
}

/** The settings. Order is the order of the README's table. */
export const SETTINGS = {
  host: setting({
    env: 'BELLWIRE_HOST',
    type: 'address',
    default: '127.0.0.1',
    meaning: 'The address to listen on.',
    parse: text,
  }),
  port: setting({
    env: 'BELLWIRE_PORT',
    type: 'number',
    default: '4000',
    meaning: 'The port to listen on; 0 picks a free one.',
    parse: wholeNumber(0, 65535),
  }),
  publicUrl: setting({
    env: 'BELLWIRE_PUBLIC_URL',
    type: 'url',
    default: '',
    meaning:
      'Where users reach this server: links, allowed Origins, and the host name that webhooks may not call. Default: the listening address.',
    parse: optional(httpUrl),
  }),
  dataDir: setting({
    env: 'BELLWIRE_DATA_DIR',
    type: 'path',
    default: './.bellwire',
    meaning: 'Where the embedded database and the generated encryption key live.',
    parse: text,
  }),
  databaseUrl: setting({
    env: 'DATABASE_URL',
    type: 'url',
    default: '',
    secret: true,
    meaning: 'PostgreSQL 15 or newer to use instead of the embedded one.',
    parse: optional(databaseUrl),
  }),
  rootToken: setting({
    env: 'BELLWIRE_ROOT_TOKEN',
    type: 'string',
    default: '',
    secret: true,
    meaning:
      "Becomes the root administrator's token (32 characters or more). Default: one is made at the first start and printed once.",
    parse: optional(rootToken),
  }),
  encryptionKeys: setting({
    env: 'BELLWIRE_ENCRYPTION_KEYS',
    type: 'id:base64,…',
    default: '',
    secret: true,
    meaning:
      'Keys (32 bytes each) for secrets at rest; the first is active, the others still decrypt. Default: one is made and kept in the data directory, mode 0600.',
    parse: optional(encryptionKeys),
  }),
  allowedTargets: setting({
    env: 'BELLWIRE_ALLOWED_TARGETS',
    type: 'cidr | name=cidr, …',
    default: '',
    meaning: 'Addresses that webhooks may call although they are private.',
    parse: (input) => (input === '' ? [] : allowedTargets(input)),
  }),
  allowHttp: setting({
    env: 'BELLWIRE_ALLOW_HTTP',
    type: 'flag',
    default: 'false',
    meaning: 'Lets webhooks call http:// addresses, not only https://.',
    parse: flag,
  }),
  retrySchedule: setting({
    env: 'BELLWIRE_RETRY_SCHEDULE',
    type: 'durations',
    default: '0s,5s,5m,30m,2h,5h,10h,14h,20h,24h',
    meaning:
      'The wait before each attempt, jittered by ±20 %; as many entries as attempts. Endpoints may have their own.',
    parse: schedule,
  }),
  concurrency: setting({
    env: 'BELLWIRE_CONCURRENCY',
    type: 'number',
    default: '64',
    meaning: 'How many requests this process has in flight at most.',
    parse: wholeNumber(1, 10_000),
  }),
  leaseMarginMs: setting({
    env: 'BELLWIRE_LEASE_MARGIN',
    type: 'duration',
    default: '15s',
    meaning: 'How long a claim outlives the deadline of its request before another process takes over.',
    parse: duration(100, 3_600_000),
  }),
  pollMs: setting({
    env: 'BELLWIRE_POLL_INTERVAL',
    type: 'duration',
    default: '1s',
    meaning: 'How often the queue and the stream are looked at when no hint arrives.',
    parse: duration(10, 60_000),
  }),
  dnsTimeoutMs: setting({
    env: 'BELLWIRE_DNS_TIMEOUT',
    type: 'duration',
    default: '5s',
    meaning: 'How long a host name may take to resolve.',
    parse: duration(10, 60_000),
  }),
  heartbeatMs: setting({
    env: 'BELLWIRE_HEARTBEAT',
    type: 'duration',
    default: '15s',
    meaning: 'How often an idle subscription gets an empty batch that moves its cursor.',
    parse: duration(50, 3_600_000),
  }),
  shutdownGraceMs: setting({
    env: 'BELLWIRE_SHUTDOWN_GRACE',
    type: 'duration',
    default: '20s',
    meaning: 'How long requests in flight may go on after SIGTERM.',
    parse: duration(0, 3_600_000),
  }),
  maxBodyBytes: setting({
    env: 'BELLWIRE_MAX_BODY',
    type: 'size',
    default: '8MiB',
    meaning: 'The largest API request of a caller who may publish events; others get 256 KiB.',
    parse: bytes(65_536, 268_435_456),
  }),
  logLevel: setting({
    env: 'BELLWIRE_LOG_LEVEL',
    type: 'name',
    default: 'info',
    meaning: 'silent, error, warn, info or debug.',
    parse: oneOf('silent', 'error', 'warn', 'info', 'debug'),
  }),
};

type Values = { [K in keyof typeof SETTINGS]: ReturnType<(typeof SETTINGS)[K]['parse']> };

/** The settings as read, and whether the relaxed --dev rules hold. */
export interface Config extends Values {
  /** http and 127.0.0.1 may be called: for trying things on one machine only. */
  dev: boolean;
}

/**
 * Reads the environment. Throws StartupError with every mistake, one per line; a secret's value is
 * never part of it. Unknown BELLWIRE_ names are mistakes too: a typo must not be a silent default.
 */
export function loadConfig(env: Record<string, string | undefined>, options: { dev?: boolean } = {}): Config {
  const mistakes: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, row] of Object.entries(SETTINGS)) {
    const raw = env[row.env] ?? '';
    try {
      values[key] = row.parse(raw === '' ? row.default : raw);
    } catch (error) {
      const shown = 'secret' in row ? 'its value' : `"${raw}"`;
      mistakes.push(`${row.env}: ${shown} must be ${(error as Error).message}`);
    }
  }
  const known = new Set<string>(Object.values(SETTINGS).map((row) => row.env));
  for (const name of Object.keys(env)) {
    if (name.startsWith('BELLWIRE_') && !known.has(name)) mistakes.push(`${name}: no such setting`);
  }
  if (mistakes.length > 0)
    throw new StartupError(`The configuration has mistakes:\n  ${mistakes.join('\n  ')}`);
  return { ...(values as unknown as Values), dev: options.dev ?? false };
}

/** What the environment sets, for the start-up log: secrets as "set", everything else as it stands there. */
export function summarizeConfig(env: Record<string, string | undefined>): Record<string, string> {
  const given = Object.values(SETTINGS).filter((row) => env[row.env]);
  return Object.fromEntries(given.map((row) => [row.env, 'secret' in row ? 'set' : env[row.env]!]));
}

/** The README's table, in Markdown. */
export function settingsTable(): string {
  const rows = Object.values(SETTINGS).map(
    (row) =>
      `| \`${row.env}\` | ${row.type.replaceAll('|', '\\|')} | ${row.default ? `\`${row.default}\`` : ''} | ${row.meaning} |`,
  );
  return ['| Name | Type | Default | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
