import { Egress } from '../../src/egress/egress.ts';
import { resolveWithin, systemResolver } from '../../src/egress/resolver.ts';
import { EgressError } from '../../src/errors.ts';
import { createTransport } from '../../src/sending/transport.ts';
import { figure } from '../support/figure.ts';
import { loopbackPolicy } from '../support/policy.ts';
import { scriptedResolver } from '../support/resolver.ts';
import { timed } from '../support/stopwatch.ts';

const resolver = scriptedResolver({
  'silent.example': 'SILENT',
  'broken.example': 'SERVFAIL',
  'empty.example': [],
});
const DNS_LIMIT_MS = 60;

describe('a name that DNS does not answer (SSRF-07)', () => {
  it.each(['broken', 'empty', 'missing', 'silent'])('fails closed and frees the sender: %s', async (name) => {
    const egress = new Egress({
      policy: loopbackPolicy(),
      resolver,
      dnsTimeoutMs: DNS_LIMIT_MS,
      maxSockets: 1,
    });
    const transport = createTransport(egress, { maxBodyBytes: 1024 });
    const url = `https://${name}.example/`;
    const request = { key: 'ep', url, headers: [], body: Buffer.from('{}'), timeoutMs: 5000 };
    const { value: outcome, ms, stalledMs } = await timed(() => transport.send(request));
    egress.close();
    figure(
      'SSRF-07',
      { name, failure: outcome.failure, ms: Math.round(ms - stalledMs) },
      { ms: DNS_LIMIT_MS + 100 },
    );
    expect(outcome).toMatchObject({ failure: 'DNS_FAILED', statusCode: null });
    expect(outcome.phases.map((phase) => phase.name)).toEqual(['dns']);
  });

  it('is one error, whatever went wrong, even a fault of the resolver itself', async () => {
    const faulty = { resolve: () => Promise.reject(new TypeError('a bug at 10.0.0.1')) };
    await expect(resolveWithin(faulty, 'x.example', 50)).rejects.toEqual(new EgressError('DNS_FAILED'));
    await expect(resolveWithin(resolver, 'silent.example', 20)).rejects.toEqual(
      new EgressError('DNS_FAILED'),
    );
  });
});

describe("the system's resolver", () => {
  it('knows this machine, with all addresses of the name', async () => {
    const answers = await systemResolver().resolve('localhost');
    expect(answers.map(({ address }) => address)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^(127\.0\.0\.1|::1)$/)]),
    );
  });

  it('says DNS_FAILED for a name that cannot exist (RFC 6761)', async () => {
    await expect(resolveWithin(systemResolver(), 'nowhere.invalid', 3000)).rejects.toMatchObject({
      code: 'DNS_FAILED',
    });
  });

  it('asks once for questions that overlap, and again afterwards', async () => {
    const system = systemResolver();
    const first = system.resolve('localhost');
    expect(system.resolve('localhost')).toBe(first);
    await first;
    expect(system.resolve('localhost')).not.toBe(first);
  });
});
