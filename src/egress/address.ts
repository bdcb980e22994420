/** IP addresses and ranges in one canonical form, so that one address has one verdict however it is spelled. */
import { BlockList, isIP } from 'node:net';

/** An address as `net` writes it: IPv6 compressed and in lower case, an IPv4-mapped one as IPv4. */
export interface Address {
  address: string;
  family: 'ipv4' | 'ipv6';
}

/**
 * Reads an address, with or without the brackets of a URL and the zone of a link-local socket.
 * Undefined when the text is no address. `::ffff:a.b.c.d` comes out as the IPv4 address that a
 * socket would really call (RFC 4291, 2.5.5.2).
 */
export function parseAddress(text: string): Address | undefined {
  const bare = text.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '');
  const version = isIP(bare);
  if (version === 4) return { address: bare, family: 'ipv4' };
  if (version !== 6) return undefined;
  const address = new URL(`http://[${bare}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address);
  if (!mapped) return { address, family: 'ipv6' };
  const high = Number.parseInt(mapped[1]!, 16);
  const low = Number.parseInt(mapped[2]!, 16);
  return { address: `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`, family: 'ipv4' };
}

/** A set of ranges. */
export class AddressRanges {
  readonly #v4 = new BlockList();
  readonly #v6 = new BlockList();

  /** Takes CIDR texts; throws on one that is malformed, since they come from our tables or a checked setting. */
  constructor(cidrs: Iterable<string>) {
    for (const cidr of cidrs) {
      const range = parseCidr(cidr);
      if (!range) throw new TypeError(`"${cidr}" is not a range of addresses`);
      const list = range.family === 'ipv4' ? this.#v4 : this.#v6;
      list.addSubnet(range.address, range.prefix, range.family);
    }
  }

  /** Whether the address lies in one of the ranges. */
  contains({ address, family }: Address): boolean {
    return (family === 'ipv4' ? this.#v4 : this.#v6).check(address, family);
  }
}

/** A range of addresses, mapped ones as IPv4 too; undefined when the text is none. */
export function parseCidr(cidr: string): (Address & { prefix: number }) | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(cidr);
  const range = match ? parseAddress(match[1]!) : undefined;
  if (!match || !range) return undefined;
  const mapped = range.family === 'ipv4' && match[1]!.includes(':');
  const prefix = Number(match[2]) - (mapped ? 96 : 0);
  if (prefix < 0 || prefix > (range.family === 'ipv4' ? 32 : 128)) return undefined;
  return { ...range, prefix };
}
