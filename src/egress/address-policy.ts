/**
 * What this server may call. In: an address as a person typed it, or one that DNS answered or a
 * socket reached. Out: a verdict. The same object judges on save, before each request, each DNS
 * answer and each connected socket, so that no spelling of an address gets two verdicts.
 */
import { createHash } from 'node:crypto';
import { networkInterfaces } from 'node:os';

import type { AllowedTarget } from '../config-values.ts';
import { parseUrl } from '../url.ts';
import { type Address, AddressRanges, parseAddress, parseCidr } from './address.ts';
import { isReservedHostname, malformedHostname } from './hostnames.ts';
import { ALLOWED_IPV6, DENIED_IPV4, DENIED_IPV6, ONLY_BY_EXACT_ENTRY } from './special-ranges.ts';

/** A normalised address, or why it may not be called: one sentence that names nothing DNS said. */
export type UrlVerdict =
  { ok: true; url: string } | { ok: false; code: 'INVALID' | 'UNSAFE_TARGET'; message: string };

/** What the operator decides about outgoing requests. */
export interface AddressPolicyOptions {
  /** Lets http:// through, not only https://. */
  allowHttp: boolean;
  /** Ranges that may be called although they are private, for every name or for one. */
  allowedTargets: AllowedTarget[];
  /** Host names and addresses under which this server itself is reached. */
  ownHosts: string[];
  /** The port this server listens on: no webhook may call it, or it would deliver to itself. */
  ownPort: number | null;
  /** For one machine only: http, 127.0.0.0/8, ::1 and localhost pass, but for the server's own port. */
  dev: boolean;
  /** The addresses of this machine's network interfaces; read from the system unless given. */
  interfaceAddresses?: () => string[];
}

interface AllowedRange {
  name: string | null;
  ranges: AddressRanges;
  /** The one address the entry names (/32 or /128), if it names one. */
  exactly: string | null;
}

const MAX_URL_LENGTH = 2048;
const INTERFACES_MAX_AGE_MS = 30_000;

const deniedV4 = new AddressRanges(DENIED_IPV4.map((range) => range.cidr));
const allowedV6 = new AddressRanges([ALLOWED_IPV6]);
const deniedV6 = new AddressRanges(DENIED_IPV6.map((range) => range.cidr));
const onlyByExactEntry = new AddressRanges(ONLY_BY_EXACT_ENTRY.map((range) => range.cidr));
const loopback = new AddressRanges(['127.0.0.0/8', '::1/128']);

/** The policy. Immutable but for the interfaces' addresses, which are read again every 30 s. */
export class AddressPolicy {
  readonly #options: AddressPolicyOptions;
  readonly #allowed: AllowedRange[];
  readonly #ownNames: Set<string>;
  readonly #ownLiterals: string[];
  #ownAddresses: Set<string> = new Set();
  #ownAddressesReadAt = -Infinity;
  #version = '';

  /** Throws TypeError on a malformed range among the allowed targets. */
  constructor(options: AddressPolicyOptions) {
    this.#options = options;
    this.#allowed = options.allowedTargets.map(({ name, cidr }) => {
      const ranges = new AddressRanges([cidr]);
      const { address, prefix, family } = parseCidr(cidr)!;
      const exactly = prefix === (family === 'ipv4' ? 32 : 128) ? address : null;
      return { name: name === null ? null : plainHostname(name), ranges, exactly };
    });
    const own = options.ownHosts.map(plainHostname);
    this.#ownNames = new Set(own.filter((host) => !parseAddress(host)));
    this.#ownLiterals = own.flatMap((host) => parseAddress(host)?.address ?? []);
  }

  /** Changes whenever a verdict may change; sockets opened under another version are not reused. */
  get version(): string {
    this.#readOwnAddresses();
    return this.#version;
  }

  /**
   * The static part: form, scheme, port, host name and, for a literal, its address. In: what was
   * typed. Out: the normalised URL that must be stored and called (WHATWG form, IDN as xn--, one
   * trailing dot of the host stripped). INVALID for what is malformed, UNSAFE_TARGET for the rest.
   */
  checkUrl(input: string): UrlVerdict {
    const malformed = malformedInput(input);
    if (malformed) return invalid(malformed);
    const url = parseUrl(input);
    if (!url) return invalid('The address is not a valid URL.');
    const hostname = plainHostname(url.hostname);
    if (!parseAddress(hostname)) {
      const badName = malformedHostname(hostname);
      if (badName) return invalid(badName);
    }
    if (hostname !== url.hostname) url.hostname = hostname;
    const refusal = this.#schemeOrPortRefusal(url) ?? this.#hostRefusal(hostname);
    return refusal ? { ok: false, code: 'UNSAFE_TARGET', message: refusal } : { ok: true, url: url.href };
  }

  /**
   * Whether an address may be connected to under a host name (itself, for a literal). Any text that
   * is no address is refused. An operator's name=cidr entry holds for that name alone.
   */
  allowsAddress(hostname: string, address: string): boolean {
    const parsed = parseAddress(address);
    if (!parsed) return false;
    if (this.#options.dev && loopback.contains(parsed)) return true;
    const name = plainHostname(hostname);
    const entries = this.#allowed.filter((entry) => entry.name === null || entry.name === name);
    if (entries.some((entry) => entry.exactly === parsed.address)) return true;
    this.#readOwnAddresses();
    // The machine's own addresses need an exact entry too: a range opened for others must not
    // open what listens here. Loopback is left to its range, since nobody else can be meant.
    if (this.#ownAddresses.has(parsed.address) && !loopback.contains(parsed)) return false;
    if (onlyByExactEntry.contains(parsed)) return false;
    return entries.some((entry) => entry.ranges.contains(parsed)) || isPublic(parsed);
  }

  #schemeOrPortRefusal(url: URL): string | undefined {
    const { allowHttp, dev, ownPort } = this.#options;
    if (url.protocol === 'http:' && !allowHttp && !dev) return 'The address must begin with https://.';
    const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
    const usual = port === 443 || (port === 80 && url.protocol === 'http:');
    if (port < 1024 && !usual) return 'The port must be the usual one of the scheme, or 1024 and above.';
    // A usual port is anybody's; under --dev, where this machine may be called, it may be ours.
    const own = port === ownPort && (!usual || dev);
    return own ? "The port is this server's own; it must not deliver to itself." : undefined;
  }

  #hostRefusal(hostname: string): string | undefined {
    if (parseAddress(hostname)) {
      return this.allowsAddress(hostname, hostname)
        ? undefined
        : 'The address is not in the public internet; use a public host name.';
    }
    if (this.#options.dev && (hostname === 'localhost' || this.#ownNames.has(hostname))) return undefined;
    if (this.#ownNames.has(hostname)) return "The host is this server's own; it must not deliver to itself.";
    if (this.#allowed.some((entry) => entry.name === hostname)) return undefined;
    return isReservedHostname(hostname)
      ? 'The host name is not a public one; use the name that the internet knows.'
      : undefined;
  }

  #readOwnAddresses(): void {
    if (performance.now() - this.#ownAddressesReadAt < INTERFACES_MAX_AGE_MS) return;
    this.#ownAddressesReadAt = performance.now();
    const { interfaceAddresses = systemAddresses, ...settings } = this.#options;
    const found = interfaceAddresses().flatMap((address) => parseAddress(address)?.address ?? []);
    this.#ownAddresses = new Set([...found, ...this.#ownLiterals].sort());
    this.#version = createHash('sha256')
      .update(JSON.stringify([settings, ...this.#ownAddresses]))
      .digest('hex')
      .slice(0, 16);
  }
}

/** What no URL parser may be trusted with, since it drops or rewrites it silently; undefined if none. */
function malformedInput(input: string): string | undefined {
  if (input.length > MAX_URL_LENGTH) return `The address is longer than ${MAX_URL_LENGTH} characters.`;
  // eslint-disable-next-line no-control-regex -- these are the characters to be refused
  if (/[\u0000-\u001f\u007f-\u009f\\]/.test(input)) {
    return 'The address must not hold control characters, line breaks or backslashes.';
  }
  if (input.trim() !== input) return 'The address must not begin or end with a blank.';
  const authority = /^https?:\/\/([^/?#]+)/i.exec(input)?.[1];
  if (authority === undefined) return 'The address must be a full one that begins with https://.';
  if (authority.includes('@')) return 'The address must hold no user name or password before the host.';
  if (input.includes('#')) return 'The address must have no part after #.';
  return undefined;
}

function isPublic(address: Address): boolean {
  if (address.family === 'ipv4') return !deniedV4.contains(address);
  return allowedV6.contains(address) && !deniedV6.contains(address);
}

/** Lower case, no brackets, one trailing dot less. */
function plainHostname(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}

function systemAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((entries) =>
    (entries ?? []).map((entry) => entry.address),
  );
}

function invalid(message: string): UrlVerdict {
  return { ok: false, code: 'INVALID', message };
}
