import { networkInterfaces } from 'node:os';

import type { AddressPolicy } from '../../src/egress/address-policy.ts';
import { Egress } from '../../src/egress/egress.ts';
import { createTransport } from '../../src/sending/transport.ts';
import { parseUrl } from '../../src/url.ts';
import { figure } from '../support/figure.ts';
import { loopbackPolicy, strictPolicy } from '../support/policy.ts';
import { scriptedResolver } from '../support/resolver.ts';
import { watchConnections } from '../support/watch-connections.ts';
import { ALLOWED, REFUSED } from './vectors.ts';

function egressOf(policy: AddressPolicy): Egress {
  return new Egress({ policy, resolver: scriptedResolver({}), dnsTimeoutMs: 1000, maxSockets: 4 });
}

function codeOf(policy: AddressPolicy, input: string): string {
  const verdict = policy.checkUrl(input);
  return verdict.ok ? 'ALLOWED' : verdict.code;
}

const refusedInputs = Object.values(REFUSED).flat();

describe('the address policy, over every range and spelling (SSRF-01)', () => {
  const started = performance.now();

  it.each(Object.entries(REFUSED))('refuses on save: %s', (_group, inputs) => {
    const policy = strictPolicy();
    expect(inputs.filter((input) => policy.checkUrl(input).ok)).toEqual([]);
  });

  it('refuses the same at delivery, and opens no connection', async () => {
    const watch = watchConnections();
    const egress = egressOf(strictPolicy());
    const transport = createTransport(egress, { maxBodyBytes: 1024 });
    const outcomes = await Promise.all(
      refusedInputs.map(async (url) => {
        const request = { key: 'ep', url, headers: [], body: Buffer.from('{}'), timeoutMs: 1000 };
        return { url, ...(await transport.send(request)) };
      }),
    );
    watch.stop();
    egress.close();
    expect(outcomes.filter(({ failure }) => failure !== 'ADDRESS_NOT_ALLOWED')).toEqual([]);
    expect(outcomes.filter(({ phases, durationMs }) => phases.length > 0 || durationMs > 0)).toEqual([]);
    expect(watch.all).toEqual([]);
  });

  it.each(ALLOWED)('allows %s and stores it in its plain form', (input, hostname) => {
    const verdict = strictPolicy().checkUrl(input);
    expect(verdict).toMatchObject({ ok: true });
    const stored = new URL((verdict as { url: string }).url);
    expect(stored.hostname).toBe(hostname);
    expect(strictPolicy().checkUrl(stored.href)).toEqual({ ok: true, url: stored.href });
  });

  it('gives one verdict for every address of the table, on save and on a socket', () => {
    const policy = strictPolicy();
    const literals = [...refusedInputs, ...ALLOWED.map(([input]) => input)].flatMap((input) => {
      const hostname = parseUrl(input)?.hostname ?? '';
      return /^\[|^[\d.]+$/.test(hostname) && !/[@#\\]/.test(input) && input.startsWith('https://')
        ? [{ input, hostname }]
        : [];
    });
    const different = literals.filter(
      ({ input, hostname }) => policy.checkUrl(input).ok !== policy.allowsAddress(hostname, hostname),
    );
    figure(
      'SSRF-01',
      {
        refused: refusedInputs.length,
        allowed: ALLOWED.length,
        literalsOnSockets: literals.length,
        wrong: different.length,
        ms: Math.round(performance.now() - started),
      },
      { wrong: 0, ms: 2_000 },
    );
  });

  it('tells what is malformed from what is unsafe', () => {
    const policy = strictPolicy();
    expect(codeOf(policy, 'example.com')).toBe('INVALID');
    expect(codeOf(policy, 'https://user@example.com/')).toBe('INVALID');
    expect(codeOf(policy, 'https://example..com/')).toBe('INVALID');
    expect(codeOf(policy, 'https://10.0.0.1/')).toBe('UNSAFE_TARGET');
    expect(codeOf(policy, 'http://example.com/')).toBe('UNSAFE_TARGET');
    expect(codeOf(policy, 'https://example.com:25/')).toBe('UNSAFE_TARGET');
  });

  it('refuses what is no address at all on a socket', () => {
    for (const address of [
      '',
      'localhost',
      '127.1',
      '0x7f.0.0.1',
      '010.0.0.1',
      '8.8.8.8.8',
      'fe80::1%eth0',
      '[::1]',
    ]) {
      expect(strictPolicy().allowsAddress('example.com', address)).toBe(false);
    }
  });
});

describe("the operator's settings", () => {
  it('let http through by flag, on port 80 and the high ones', () => {
    const policy = strictPolicy({ allowHttp: true });
    expect(codeOf(policy, 'http://example.com/')).toBe('ALLOWED');
    expect(codeOf(policy, 'http://example.com:8080/')).toBe('ALLOWED');
    expect(codeOf(policy, 'http://example.com:25/')).toBe('UNSAFE_TARGET');
    expect(codeOf(policy, 'http://unix:/var/run/docker.sock:/x')).not.toBe('ALLOWED');
    expect(codeOf(policy, 'http://127.0.0.1/')).toBe('UNSAFE_TARGET');
  });

  it('open a range for every name, and turn no other check off', () => {
    const policy = strictPolicy({ allowedTargets: [{ name: null, cidr: '10.1.0.0/16' }] });
    expect(codeOf(policy, 'https://10.1.2.3/')).toBe('ALLOWED');
    expect(policy.allowsAddress('example.com', '10.1.2.3')).toBe(true);
    expect(policy.allowsAddress('example.com', '::ffff:10.1.2.3')).toBe(true);
    expect(codeOf(policy, 'https://10.2.2.3/')).toBe('UNSAFE_TARGET');
    expect(codeOf(policy, 'http://10.1.2.3/')).toBe('UNSAFE_TARGET');
    expect(codeOf(policy, 'https://10.1.2.3:25/')).toBe('UNSAFE_TARGET');
    expect(codeOf(policy, 'https://10.1.2.3:4000/')).toBe('UNSAFE_TARGET');
    expect(codeOf(policy, 'https://u@10.1.2.3/')).toBe('INVALID');
    expect(codeOf(policy, 'https://hooks.internal/')).toBe('UNSAFE_TARGET');
    expect(policy.allowsAddress('example.com', '169.254.169.254')).toBe(false);
  });

  it('open a range for one name, which may then be an inner one', () => {
    const policy = strictPolicy({
      allowedTargets: [
        { name: 'hooks.internal', cidr: '10.1.2.0/24' },
        { name: 'receiver', cidr: 'fd12::/16' },
      ],
    });
    expect(codeOf(policy, 'https://HOOKS.internal./')).toBe('ALLOWED');
    expect(codeOf(policy, 'https://receiver/')).toBe('ALLOWED');
    expect(codeOf(policy, 'https://other.internal/')).toBe('UNSAFE_TARGET');
    expect(policy.allowsAddress('hooks.internal', '10.1.2.3')).toBe(true);
    expect(policy.allowsAddress('hooks.internal', '10.1.3.3')).toBe(false);
    expect(policy.allowsAddress('receiver', 'fd12::1')).toBe(true);
    expect(policy.allowsAddress('example.com', '10.1.2.3')).toBe(false);
    expect(codeOf(policy, 'https://10.1.2.3/')).toBe('UNSAFE_TARGET');
  });

  it('open link-local and metadata addresses by an exact entry only', () => {
    const wide = strictPolicy({
      allowedTargets: ['0.0.0.0/0', '::/0'].map((cidr) => ({ name: null, cidr })),
    });
    const metadata = [
      ...['169.254.169.254', '169.254.170.2', '100.100.100.200', '168.63.129.16', '192.0.0.192'],
      ...['fe80::1', 'fd00:ec2::254', 'fd20:ce::254'],
    ];
    for (const address of metadata) {
      expect(wide.allowsAddress('example.com', address)).toBe(false);
      const cidr = `${address}/${address.includes(':') ? 128 : 32}`;
      const exact = strictPolicy({ allowedTargets: [{ name: null, cidr }] });
      expect(exact.allowsAddress('example.com', address)).toBe(true);
    }
    expect(wide.allowsAddress('example.com', '10.0.0.1')).toBe(true);
  });

  it('never open the own host names, nor the own port', () => {
    const policy = strictPolicy({ allowedTargets: [{ name: 'bellwire.example', cidr: '10.0.0.0/8' }] });
    expect(codeOf(policy, 'https://bellwire.example/')).toBe('UNSAFE_TARGET');
    expect(codeOf(policy, 'https://10.0.0.1:4000/')).toBe('UNSAFE_TARGET');
  });

  it("open the addresses of the machine's own interfaces by an exact entry only", () => {
    const interfaceAddresses = () => ['8.8.4.4', '10.1.0.5', '2606:4700::5'];
    const policy = strictPolicy({
      interfaceAddresses,
      allowedTargets: [{ name: null, cidr: '10.1.0.0/16' }],
    });
    expect(codeOf(policy, 'https://8.8.4.4/')).toBe('UNSAFE_TARGET');
    expect(codeOf(policy, 'https://[2606:4700::5]/')).toBe('UNSAFE_TARGET');
    expect(policy.allowsAddress('example.com', '::ffff:8.8.4.4')).toBe(false);
    expect(policy.allowsAddress('example.com', '10.1.0.5')).toBe(false);
    expect(policy.allowsAddress('example.com', '10.1.0.6')).toBe(true);
    const exact = strictPolicy({ interfaceAddresses, allowedTargets: [{ name: null, cidr: '10.1.0.5/32' }] });
    expect(exact.allowsAddress('example.com', '10.1.0.5')).toBe(true);
  });

  it("know the system's interfaces without being told", () => {
    const own = Object.values(networkInterfaces()).flatMap((entries) =>
      (entries ?? []).map(({ address }) => address),
    );
    expect(own.length).toBeGreaterThan(0);
    for (const address of own) expect(strictPolicy().allowsAddress('example.com', address)).toBe(false);
  });

  it('treat an own host that is an address like an interface', () => {
    const policy = strictPolicy({ ownHosts: ['8.8.4.4', '[2606:4700::5]'] });
    expect(codeOf(policy, 'https://8.8.4.4/')).toBe('UNSAFE_TARGET');
    expect(codeOf(policy, 'https://[2606:4700:0::5]/')).toBe('UNSAFE_TARGET');
  });

  it('let this machine through under --dev, but for the own port and nothing else', () => {
    const policy = strictPolicy({ dev: true, ownHosts: ['127.0.0.1', 'localhost'] });
    const opened = [
      'http://127.0.0.1:4001/',
      'http://localhost:4001/',
      'http://[::1]:9000/',
      'http://127.8.8.8/',
      'http://example.com/',
    ];
    expect(opened.map((input) => codeOf(policy, input))).toEqual(opened.map(() => 'ALLOWED'));
    expect(policy.allowsAddress('localhost', '::ffff:127.0.0.1')).toBe(true);
    const closed = [
      ...['http://127.0.0.1:4000/', 'http://localhost:4000/', 'http://[::1]:4000/', 'http://127.0.0.1:25/'],
      ...[
        'http://10.0.0.1/',
        'http://169.254.169.254/',
        'http://0.0.0.0:9000/',
        'http://db.internal/',
        'http://a.localhost/',
      ],
    ];
    expect(closed.map((input) => codeOf(policy, input))).toEqual(closed.map(() => 'UNSAFE_TARGET'));
    expect(codeOf(strictPolicy({ dev: true, ownPort: 80 }), 'http://localhost/')).toBe('UNSAFE_TARGET');
  });

  it('change the version when a verdict may change', () => {
    const versions = [
      strictPolicy(),
      loopbackPolicy(),
      strictPolicy({ dev: true }),
      strictPolicy({ ownPort: 4001 }),
      strictPolicy({ interfaceAddresses: () => ['8.8.4.4'] }),
    ].map((policy) => policy.version);
    expect(new Set(versions).size).toBe(versions.length);
    expect(strictPolicy().version).toBe(strictPolicy().version);
  });
});

describe('a target that somebody wants to save', () => {
  const resolver = scriptedResolver({
    'public.example': ['8.8.8.8', '2606:4700::1'],
    'private.example': ['10.0.0.1'],
    'mixed.example': ['8.8.8.8', '::1'],
    'broken.example': 'SERVFAIL',
    'silent.example': 'SILENT',
  });
  const egress = new Egress({ policy: strictPolicy(), resolver, dnsTimeoutMs: 50, maxSockets: 1 });
  afterAll(() => egress.close());

  it('is accepted when DNS leads to public addresses, or nowhere yet', async () => {
    for (const host of ['public.example', 'broken.example', 'unknown.example', 'silent.example']) {
      expect(await egress.checkTarget(`https://${host}/x`)).toEqual({ ok: true, url: `https://${host}/x` });
    }
  });

  it('is refused when any address of the answer is denied, in a sentence that names none', async () => {
    for (const host of ['private.example', 'mixed.example']) {
      const verdict = await egress.checkTarget(`https://${host}/`);
      expect(verdict).toMatchObject({ ok: false, code: 'UNSAFE_TARGET' });
      expect(JSON.stringify(verdict)).not.toMatch(/10\.0|8\.8|::1/);
    }
  });

  it('asks DNS for no address and for nothing that is refused anyway', async () => {
    const before = resolver.asked.length;
    await egress.checkTarget('https://8.8.8.8/');
    await egress.checkTarget('https://[2606:4700::1]/');
    await egress.checkTarget('https://db.internal/');
    expect(resolver.asked.length).toBe(before);
  });
});

describe('a verdict', () => {
  it('stays the same however often it is asked, for names beyond ASCII too', () => {
    // Node 20.20's URL.canParse answers wrong once it is compiled, after some 4,000 calls.
    const policy = strictPolicy();
    let refused = 0;
    for (let call = 0; call < 20_000; call += 1)
      if (!policy.checkUrl('https://bücher.example/').ok) refused += 1;
    expect(refused).toBe(0);
  });
});
