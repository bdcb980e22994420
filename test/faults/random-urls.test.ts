import http from 'node:http';

import fc from 'fast-check';

import { Egress } from '../../src/egress/egress.ts';
import { parseUrl } from '../../src/url.ts';
import { figure } from '../support/figure.ts';
import { loopbackPolicy, PUBLIC_LOOPBACK, strictPolicy } from '../support/policy.ts';
import { scriptedResolver } from '../support/resolver.ts';

const RUNS = 10_000;
const VERDICT_RUNS = 4_000;
/** So many connections are under way at once. */
const BATCH = 25;
/** How the one allowed address may be written in an answer or come out of a URL. */
const SAFE = [PUBLIC_LOOPBACK, '[::ffff:7f00:2]', `::ffff:${PUBLIC_LOOPBACK}`];

/** A second opinion, written another way than the policy: masks over whole numbers. */
function isDeniedIpv4(address: number): boolean {
  const within = (base: string, bits: number) => address >>> (32 - bits) === numberOf(base) >>> (32 - bits);
  return (
    ['0.0.0.0', '10.0.0.0', '127.0.0.0'].some((base) => within(base, 8)) ||
    ['169.254.0.0', '192.168.0.0'].some((base) => within(base, 16)) ||
    ['192.0.0.0', '192.0.2.0', '192.31.196.0', '192.52.193.0', '192.88.99.0', '192.175.48.0'].some((base) =>
      within(base, 24),
    ) ||
    ['198.51.100.0', '203.0.113.0'].some((base) => within(base, 24)) ||
    within('100.64.0.0', 10) ||
    within('172.16.0.0', 12) ||
    within('198.18.0.0', 15) ||
    address >>> 28 >= 0xe ||
    address === numberOf('168.63.129.16')
  );
}

function isDeniedIpv6(groups: number[]): boolean {
  const [a = 0, b = 0, c = 0] = groups;
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return isDeniedIpv4(((groups[6]! << 16) | groups[7]!) >>> 0);
  }
  if (a < 0x2000 || a > 0x3fff) return true;
  return (
    (a === 0x2001 && (b < 0x200 || b === 0xdb8)) ||
    a === 0x2002 ||
    (a === 0x3fff && b < 0x1000) ||
    (a === 0x2620 && b === 0x4f && c === 0x8000)
  );
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => (sum << 8) | Number(part), 0) >>> 0;
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

const interesting = [
  ...[
    '0.0.0.0',
    '10.0.0.0',
    '100.64.0.0',
    '100.127.255.255',
    '127.0.0.1',
    '169.254.169.254',
    '172.15.255.255',
  ],
  ...['172.16.0.0', '172.32.0.0', '192.0.0.0', '192.0.1.0', '192.0.2.0', '192.168.0.0', '198.17.255.255'],
  ...['198.18.0.0', '198.20.0.0', '203.0.113.0', '223.255.255.255', '224.0.0.0', '168.63.129.16', '8.8.8.8'],
].map(numberOf);

const ipv4 = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc
    .tuple(fc.constantFrom(...interesting), fc.integer({ min: -2, max: 300 }))
    .map(([base, by]) => (base + by) >>> 0),
);

/** An address and one of the ways of writing it that a URL parser takes for it. */
const spelledIpv4 = (address: fc.Arbitrary<number>) =>
  fc.tuple(address, fc.nat(9)).map(([value, way]) => {
    const [a = 0, b = 0, c = 0, d = 0] = dotted(value).split('.').map(Number);
    const hex = (part: number) => part.toString(16);
    const spellings = [
      dotted(value),
      `${dotted(value)}.`,
      String(value),
      `0x${hex(value)}`,
      `0${value.toString(8)}`,
      `${a}.${b}.${(c << 8) | d}`,
      `0x${hex(a)}.0${b.toString(8)}.${c}.${d}`,
      `[::ffff:${dotted(value)}]`,
      `[0:0:0:0:0:FFFF:${hex((a << 8) | b)}:${hex((c << 8) | d)}]`,
      dotted(value).replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
    ];
    return { value, spelling: spellings[way]! };
  });

const ipv6 = fc
  .tuple(
    fc.constantFrom(
      0,
      0x64,
      0x100,
      0x1fff,
      0x2000,
      0x2001,
      0x2002,
      0x2003,
      0x2620,
      0x3ffe,
      0x3fff,
      0x4000,
      0x5f00,
      0xfc00,
      0xfd00,
      0xfe80,
      0xff02,
    ),
    fc.oneof(fc.constantFrom(0, 0x4f, 0xdb8, 0x1ff, 0x200, 0xfff, 0x1000, 0xec2, 0xff9b), fc.nat(0xffff)),
    fc.oneof(fc.constantFrom(0, 0x8000), fc.nat(0xffff)),
    fc.array(fc.oneof(fc.constantFrom(0, 0xffff), fc.nat(0xffff)), { minLength: 5, maxLength: 5 }),
  )
  .map(([a, b, c, rest]) => [a, b, c, ...rest]);

describe('random addresses (SSRF-05)', () => {
  it('get the verdict of an independent reading of the policy, however they are spelled', () => {
    const policy = strictPolicy({ interfaceAddresses: () => [] });
    let denied = 0;
    fc.assert(
      fc.property(spelledIpv4(ipv4), ipv6, ({ value, spelling }, groups) => {
        const expected = !isDeniedIpv4(value);
        denied += Number(!expected);
        const wide = groups.map((group) => group.toString(16)).join(':');
        return (
          policy.checkUrl(`https://${spelling}/`).ok === expected &&
          policy.allowsAddress('example.com', dotted(value)) === expected &&
          policy.checkUrl(`https://[${wide}]/`).ok === !isDeniedIpv6(groups) &&
          policy.allowsAddress('example.com', wide) === !isDeniedIpv6(groups)
        );
      }),
      { numRuns: VERDICT_RUNS },
    );
    figure('SSRF-05 verdicts', { cases: VERDICT_RUNS, denied });
  });
});

describe('random URLs whose connections are really made (SSRF-05)', () => {
  const reached = new Map<string, string[]>();
  const listener = http.createServer((request, response) => {
    const address = request.socket.localAddress!.replace('::ffff:', '');
    reached.set(request.url!, [...(reached.get(request.url!) ?? []), address]);
    response.end();
  });
  let port = 0;

  beforeAll(async () => {
    // Every address of this machine, so that whatever is called on it is seen.
    await new Promise<void>((resolve) => listener.listen(0, '::', resolve));
    port = (listener.address() as { port: number }).port;
  });
  afterAll(() => new Promise((resolve) => listener.closeAllConnections() ?? listener.close(resolve)));

  const loopback = fc.oneof(
    fc.constantFrom(...['127.0.0.2', '127.0.0.1', '127.0.0.3', '127.255.255.254', '0.0.0.0'].map(numberOf)),
    fc.nat(0xffffff).map((low) => (0x7f000000 | low) >>> 0),
  );
  const answers = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(PUBLIC_LOOPBACK, `::ffff:${PUBLIC_LOOPBACK}`) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          '127.0.0.1',
          '127.0.0.3',
          '::1',
          '::ffff:127.0.0.1',
          '::',
          '0.0.0.0',
          '64:ff9b::7f00:1',
        ),
      },
    ),
    { maxLength: 4 },
  );
  const host = fc.oneof(
    spelledIpv4(loopback).map(({ spelling }) => spelling),
    fc.constantFrom(
      '[::1]',
      '[::]',
      '[::127.0.0.1]',
      'localhost',
      'LOCALHOST.',
      'ｌｏｃａｌｈｏｓｔ',
      '%6cocalhost',
      'db.internal',
    ),
    fc.constantFrom('public.example', 'PUBLIC.example.', 'ｐublic.example', 'public%2eexample'),
  );
  const frame = fc.constantFrom('', '', '', 'user@', 'public.example@', 'public.example\\@', '\t');

  /** Calls a URL through the agents without asking the policy first; the status, or the code of the error. */
  const call = (url: string, way: Egress): Promise<number | string> =>
    new Promise((resolve) => {
      const agent = way.agents('ep').http;
      const request = http.get(url, { agent, headers: { connection: 'close' } }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode!));
      });
      request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code!));
    });

  it('reach the one allowed address or none, even past the checks on the URL', async () => {
    const policy = loopbackPolicy();
    let cases = 0;
    let connected = 0;
    let misses = 0;

    const check = async ([prefix, name, dns]: [string, string, string[]]): Promise<boolean> => {
      cases += 1;
      const path = `/${cases}`;
      const url = `http://${prefix}${name}:${port}${path}`;
      if (!parseUrl(url)) return true;
      const resolver = { resolve: scriptedResolver({ x: dns }).resolve.bind(null, 'x') };
      const way = new Egress({ policy, resolver, dnsTimeoutMs: 5000, maxSockets: 1 });
      const outcome = await call(url, way);
      way.close();
      const { hostname } = new URL(url);
      const isLiteral = /^[\d.]+$|^\[/.test(hostname);
      const leadsTo = isLiteral ? [hostname] : dns;
      const named = isLiteral || /^public\.example\.?$/.test(hostname);
      const safe = named && leadsTo.length > 0 && leadsTo.every((address) => SAFE.includes(address));
      const addresses = reached.get(path) ?? [];
      const wrong = addresses.filter((address) => address !== PUBLIC_LOOPBACK).length;
      connected += addresses.length;
      misses += wrong;
      // A backslash ends the host, and the port with it: there nothing of ours listens.
      if (new URL(url).port !== String(port)) return wrong === 0 && outcome !== 200;
      return (
        wrong === 0 && (safe ? outcome === 200 : /^(ADDRESS_NOT_ALLOWED|DNS_FAILED)$/.test(String(outcome)))
      );
    };
    const batch = fc.array(fc.tuple(frame, host, answers), { minLength: BATCH, maxLength: BATCH });
    await fc.assert(
      fc.asyncProperty(batch, async (tuples) => (await Promise.all(tuples.map(check))).every(Boolean)),
      { numRuns: RUNS / BATCH },
    );
    figure(
      'SSRF-05 connections',
      { cases, connected, misses },
      { cases: { atLeast: RUNS }, connected: { atLeast: RUNS / 100 }, misses: 0 },
    );
  }, 60_000);
});
