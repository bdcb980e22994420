import { Egress } from '../../src/egress/egress.ts';
import type { FailureCode } from '../../src/errors.ts';
import { createTransport, type Exchange, type OutgoingRequest } from '../../src/sending/transport.ts';
import {
  EXPIRED_IDENTITY,
  GOOD_IDENTITY,
  SELF_SIGNED_IDENTITY,
  TEST_CA,
  type TestIdentity,
  WRONG_NAME_IDENTITY,
} from '../support/certificates.ts';
import { figure } from '../support/figure.ts';
import {
  ANSWERS_OK,
  type Behaviour,
  HOSTILE,
  type HostileServer,
  startHostileServer,
} from '../support/hostile-server.ts';
import { loopbackPolicy, PUBLIC_LOOPBACK } from '../support/policy.ts';
import { scriptedResolver } from '../support/resolver.ts';
import { timed } from '../support/stopwatch.ts';

const TIMEOUT_MS = 750;
const MAX_BODY = 16 * 1024;
const MAX_RSS_MIB = 20;

const egress = new Egress({
  policy: loopbackPolicy(),
  resolver: scriptedResolver({ 'public.example': [PUBLIC_LOOPBACK] }),
  dnsTimeoutMs: 1000,
  maxSockets: 8,
  ca: TEST_CA,
});
const transport = createTransport(egress, { maxBodyBytes: MAX_BODY });
let running: HostileServer | undefined;

afterEach(() => running?.close());
afterAll(() => egress.close());

interface Run extends Exchange {
  ms: number;
  stalledMs: number;
  rssBytes: number;
}

async function deliver(behaviour: Behaviour, identity?: TestIdentity): Promise<Run> {
  running = await startHostileServer(behaviour, identity ? { identity } : {});
  const url = `${identity ? 'https' : 'http'}://public.example:${running.port}/`;
  const request: OutgoingRequest = {
    key: `ep ${running.port}`,
    url,
    headers: [],
    body: Buffer.from('{}'),
    timeoutMs: TIMEOUT_MS,
  };
  let peak = process.memoryUsage.rss();
  const before = peak;
  const sampler = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 5);
  const { value: outcome, ms, stalledMs } = await timed(() => transport.send(request));
  clearInterval(sampler);
  return { ...outcome, ms, stalledMs, rssBytes: Math.max(peak, process.memoryUsage.rss()) - before };
}

function expectBounded(name: string, run: Run): void {
  const { failure, statusCode, bodyBytes, bodyTruncated, ms, rssBytes } = run;
  figure(
    'REL-05',
    {
      name,
      failure,
      statusCode,
      bodyTruncated,
      sentBytes: bodyBytes,
      keptBytes: run.body.length,
      // Less what this very process stood still.
      ms: Math.round(ms - run.stalledMs),
      rssMiB: Math.round(rssBytes / 1048576),
    },
    { ms: TIMEOUT_MS + 100, keptBytes: MAX_BODY, rssMiB: MAX_RSS_MIB },
  );
}

type Expected = [
  name: keyof typeof HOSTILE,
  failure: FailureCode | null,
  statusCode: number | null,
  truncated: boolean,
];

// Brings the code paths and their memory up before anything is measured.
beforeAll(async () => {
  for (let at = 0; at < 3; at += 1) {
    for (const identity of [undefined, GOOD_IDENTITY]) {
      await deliver(ANSWERS_OK, identity);
      await running?.close();
    }
  }
});

describe('a hostile receiver (REL-05)', () => {
  const cases: Expected[] = [
    ['silent', 'TIMEOUT', null, false],
    ['resetAtOnce', 'CONNECTION_RESET', null, false],
    ['closeAfterRequest', 'CONNECTION_RESET', null, false],
    ['headerDrip', 'TIMEOUT', null, false],
    ['bodyDrip', null, 200, true],
    ['rejectedBodyDrip', 'STATUS', 503, true],
    ['endlessBody', null, 200, true],
    ['endlessChunks', null, 200, true],
    ['endlessTrailers', null, 200, true],
    ['endlessChunkExtension', null, 200, true],
    ['largeHeader', 'HEADERS_TOO_LARGE', null, false],
    ['endlessHeader', 'HEADERS_TOO_LARGE', null, false],
    ['manyHeaders', null, 200, false],
    ['garbageStatusLine', 'INVALID_RESPONSE', null, false],
    ['interimFlood', 'INVALID_RESPONSE', null, false],
    ['interimDrip', 'TIMEOUT', null, false],
    ['switchesProtocol', 'INVALID_RESPONSE', null, false],
    ['switchesProtocolBarely', 'INVALID_RESPONSE', null, false],
    ['emptyStatusWithBody', null, 204, true],
    ['shortLength', null, 200, true],
    ['conflictingLengths', 'INVALID_RESPONSE', null, false],
    ['lengthAndChunks', 'INVALID_RESPONSE', null, false],
    ['nulInBody', null, 200, false],
    ['nulInHeader', 'INVALID_RESPONSE', null, false],
    ['invalidUtf8InHeader', null, 200, false],
    ['gzipBomb', null, 200, true],
  ];

  it('is covered in every way it is known to misbehave', () => {
    expect(cases.map(([name]) => name).sort()).toEqual(Object.keys(HOSTILE).sort());
  });

  it.each(cases)('%s ends as %s with status %s', async (name, failure, statusCode, bodyTruncated) => {
    const run = await deliver(HOSTILE[name]);
    expectBounded(name, run);
    expect(run).toMatchObject({ failure, statusCode, bodyTruncated });
  });

  it('keeps the bytes of a body and a header as they came', async () => {
    const body = await deliver(HOSTILE.nulInBody);
    expect([...body.body]).toEqual([0x61, 0x00, 0xff, 0xfe, 0xc3, 0x28]);
    await running?.close();
    const header = await deliver(HOSTILE.invalidUtf8InHeader);
    expect(header.headers[0]).toEqual(['x-bytes', '\xff\xfe\xc3\x28']);
  });

  it('whose body breaks off has what arrived', async () => {
    const run = await deliver(HOSTILE.shortLength);
    expect(run).toMatchObject({ bodyBytes: 9, bodyTruncated: true });
    expect(run.body.toString()).toBe('only this');
  });
});

describe('a receiver with TLS (REL-05)', () => {
  const cases: [name: string, identity: TestIdentity, behaviour: Behaviour, failure: FailureCode | null][] = [
    ['a good certificate', GOOD_IDENTITY, ANSWERS_OK, null],
    ['an expired certificate', EXPIRED_IDENTITY, ANSWERS_OK, 'TLS_EXPIRED'],
    ['a certificate for another name', WRONG_NAME_IDENTITY, ANSWERS_OK, 'TLS_NAME_MISMATCH'],
    ['a self-signed certificate', SELF_SIGNED_IDENTITY, ANSWERS_OK, 'TLS_UNTRUSTED'],
    ['a good certificate and an endless body', GOOD_IDENTITY, HOSTILE.endlessBody, null],
    ['a good certificate and no answer', GOOD_IDENTITY, HOSTILE.silent, 'TIMEOUT'],
  ];

  it.each(cases)('and %s', async (name, identity, behaviour, failure) => {
    const run = await deliver(behaviour, identity);
    expectBounded(`tls: ${name}`, run);
    expect(run.failure).toBe(failure);
    if (failure?.startsWith('TLS_')) expect(running!.requests).toEqual([]);
  });

  it('that is not trusted by default is refused without the extra authority', async () => {
    running = await startHostileServer(ANSWERS_OK, { identity: GOOD_IDENTITY });
    const plain = new Egress({ policy: loopbackPolicy(), dnsTimeoutMs: 1000, maxSockets: 1 });
    const request = {
      key: 'ep',
      url: `https://${PUBLIC_LOOPBACK}:${running.port}/`,
      headers: [],
      body: Buffer.from(''),
      timeoutMs: 1000,
    };
    const outcome = await createTransport(plain, { maxBodyBytes: 1 }).send(request);
    plain.close();
    expect(outcome.failure).toBe('TLS_UNTRUSTED');
  });

  it('that speaks plain HTTP instead, or TLS where HTTP is expected', async () => {
    running = await startHostileServer((socket) => void socket.end('HTTP/1.1 400 Bad\r\n\r\n'));
    const base = { key: 'ep', headers: [], body: Buffer.from('{}'), timeoutMs: 1000 };
    expect((await transport.send({ ...base, url: `https://public.example:${running.port}/` })).failure).toBe(
      'TLS_FAILED',
    );
    await running.close();
    running = await startHostileServer(ANSWERS_OK, { identity: GOOD_IDENTITY });
    expect(
      (await transport.send({ ...base, url: `http://public.example:${running.port}/` })).failure,
    ).toMatch(/CONNECTION_RESET|INVALID_RESPONSE/);
  });

  it('and a port on which nothing listens', async () => {
    running = await startHostileServer(ANSWERS_OK);
    const { port } = running;
    await running.close();
    const request = {
      key: 'ep',
      url: `http://public.example:${port}/`,
      headers: [],
      body: Buffer.from('{}'),
      timeoutMs: 1000,
    };
    expect((await transport.send(request)).failure).toBe('CONNECTION_REFUSED');
  });
});
