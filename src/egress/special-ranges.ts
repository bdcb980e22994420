/**
 * Addresses that are not the public internet, as data. Sources: IANA's special-purpose registries
 * for IPv4 and IPv6 (RFC 6890 and its updates), and the clouds' own papers for metadata addresses.
 * IPv4 is open but for the denied ranges; IPv6 is closed but for 2000::/3 minus its exceptions.
 */

/** A range in CIDR notation and what it is. */
export interface SpecialRange {
  cidr: string;
  meaning: string;
}

/** IPv4 ranges that are never a public receiver. */
export const DENIED_IPV4: readonly SpecialRange[] = [
  { cidr: '0.0.0.0/8', meaning: 'this network (RFC 791); 0.0.0.0 reaches the machine itself' },
  { cidr: '10.0.0.0/8', meaning: 'private (RFC 1918)' },
  { cidr: '100.64.0.0/10', meaning: 'carrier-grade NAT (RFC 6598); holds a metadata address' },
  { cidr: '127.0.0.0/8', meaning: 'loopback (RFC 1122)' },
  { cidr: '169.254.0.0/16', meaning: 'link-local (RFC 3927); holds the metadata addresses of most clouds' },
  { cidr: '172.16.0.0/12', meaning: 'private (RFC 1918)' },
  { cidr: '192.0.0.0/24', meaning: 'IETF protocol assignments (RFC 6890)' },
  { cidr: '192.0.2.0/24', meaning: 'documentation, TEST-NET-1 (RFC 5737)' },
  { cidr: '192.31.196.0/24', meaning: 'AS112 (RFC 7535)' },
  { cidr: '192.52.193.0/24', meaning: 'AMT (RFC 7450)' },
  { cidr: '192.88.99.0/24', meaning: '6to4 relay anycast (RFC 7526)' },
  { cidr: '192.168.0.0/16', meaning: 'private (RFC 1918)' },
  { cidr: '192.175.48.0/24', meaning: 'AS112 direct delegation (RFC 7534)' },
  { cidr: '198.18.0.0/15', meaning: 'benchmarking (RFC 2544)' },
  { cidr: '198.51.100.0/24', meaning: 'documentation, TEST-NET-2 (RFC 5737)' },
  { cidr: '203.0.113.0/24', meaning: 'documentation, TEST-NET-3 (RFC 5737)' },
  { cidr: '224.0.0.0/4', meaning: 'multicast (RFC 5771)' },
  { cidr: '240.0.0.0/4', meaning: 'reserved (RFC 1112), with the broadcast address' },
  { cidr: '168.63.129.16/32', meaning: "Azure's platform address, public by its number" },
];

/**
 * The only IPv6 space that may be called: global unicast (RFC 4291). All else is denied by not
 * being in it: loopback, IPv4-compatible, NAT64, discard, segment routing, unique local,
 * link-local, site-local, multicast. IPv4-mapped addresses are judged as IPv4 before this.
 */
export const ALLOWED_IPV6 = '2000::/3';

/** IPv6 ranges inside 2000::/3 that are never a public receiver. */
export const DENIED_IPV6: readonly SpecialRange[] = [
  { cidr: '2001::/23', meaning: 'IETF assignments (RFC 2928): Teredo, ORCHID, benchmarking, DRIP' },
  { cidr: '2001:db8::/32', meaning: 'documentation (RFC 3849)' },
  { cidr: '2002::/16', meaning: '6to4 (RFC 3056): wraps any IPv4 address' },
  { cidr: '2620:4f:8000::/48', meaning: 'AS112 direct delegation (RFC 7534)' },
  { cidr: '3fff::/20', meaning: 'documentation (RFC 9637)' },
];

/**
 * Addresses that hand out a machine's credentials or belong to the local link. An operator's range
 * does not open them; only an entry that names the one address (/32 or /128) does.
 */
export const ONLY_BY_EXACT_ENTRY: readonly SpecialRange[] = [
  { cidr: '169.254.0.0/16', meaning: 'link-local and metadata (AWS, Google, Azure, OpenStack, ECS)' },
  { cidr: '100.100.100.200/32', meaning: 'metadata (Alibaba)' },
  { cidr: '168.63.129.16/32', meaning: "Azure's platform address" },
  { cidr: '192.0.0.192/32', meaning: 'metadata (Oracle)' },
  { cidr: 'fe80::/10', meaning: 'link-local (RFC 4291)' },
  { cidr: 'fd00:ec2::254/128', meaning: 'metadata (AWS)' },
  { cidr: 'fd00:ec2::23/128', meaning: 'credentials of EKS pods (AWS)' },
  { cidr: 'fd20:ce::254/128', meaning: 'metadata (Google)' },
];
