import { Egress } from '../../src/egress/egress.ts';
import { createLogger } from '../../src/log.ts';
import { statusFailure } from '../../src/sending/exchange-failure.ts';
import { phasesOf } from '../../src/sending/phases.ts';
import {
  createTransport,
  type Exchange,
  headerList,
  type OutgoingRequest,
} from '../../src/sending/transport.ts';
import { GOOD_IDENTITY, TEST_CA } from '../support/certificates.ts';
import { figure } from '../support/figure.ts';
import {
  answering,
  answeringAndClosing,
  ANSWERS_OK,
  type HostileServer,
  startHostileServer,
} from '../support/hostile-server.ts';
import { loopbackPolicy, PRIVATE_LOOPBACK, PUBLIC_LOOPBACK } from '../support/policy.ts';
import { scriptedResolver } from '../support/resolver.ts';

const egress = new Egress({
  policy: loopbackPolicy(),
  resolver: scriptedResolver({ 'public.example': [PUBLIC_LOOPBACK] }),
  dnsTimeoutMs: 1000,
  maxSockets: 8,
  ca: TEST_CA,
});
const transport = createTransport(egress, { maxBodyBytes: 1024 });
const servers: HostileServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});
afterAll(() => egress.close());

async function server(...options: Parameters<typeof startHostileServer>): Promise<HostileServer> {
  const started = await startHostileServer(...options);
  servers.push(started);
  return started;
}

function send(url: string, more: Partial<OutgoingRequest> = {}): Promise<Exchange> {
  const request = { key: 'ep', url, headers: [], body: Buffer.from('{}'), timeoutMs: 2000, ...more };
  return transport.send(request);
}

describe('one exchange', () => {
  it('sends the very bytes by POST with the given headers and none of its own making', async () => {
    const bodies: Buffer[] = [];
    const receiver = await server((socket) => {
      socket.on('data', (chunk: Buffer) => bodies.push(chunk));
      ANSWERS_OK(socket);
    });
    const body = Buffer.from('{"a":1.0,"10":"\u{1f600}","z":"\u00e9"}');
    const headers = headerList({
      ...{ 'user-agent': 'of old', 'content-type': 'application/json', 'webhook-id': 'msg_1' },
      'User-Agent': 'Bellwire/1',
    });
    const outcome = await send(`http://${PUBLIC_LOOPBACK}:${receiver.port}/hook?a=b%20c`, { headers, body });
    const [head, sent] = Buffer.concat(bodies).toString('latin1').split('\r\n\r\n');
    expect(Buffer.from(sent!, 'latin1')).toEqual(body);
    const [line, ...pairs] = head!.toLowerCase().split('\r\n');
    expect(line).toBe('post /hook?a=b%20c http/1.1');
    expect(pairs.sort()).toEqual([
      'connection: keep-alive',
      `content-length: ${body.length}`,
      'content-type: application/json',
      `host: ${PUBLIC_LOOPBACK}:${receiver.port}`,
      'user-agent: bellwire/1',
      'webhook-id: msg_1',
    ]);
    expect(outcome).toMatchObject({ failure: null, statusCode: 200, bodyBytes: 2, bodyTruncated: false });
    expect(outcome.body.toString()).toBe('ok');
    expect(outcome.headers).toEqual([['content-length', '2']]);
  });

  it('names no user agent when the caller gives none', async () => {
    const receiver = await server(ANSWERS_OK);
    await send(`http://${PUBLIC_LOOPBACK}:${receiver.port}/`);
    expect(receiver.requests[0]).not.toMatch(/user-agent|accept/i);
  });

  it('keeps header names, order and repeats, and no cookie of an earlier answer', async () => {
    const receiver = await server(
      answering(
        'HTTP/1.1 200 OK\r\nX-One: 1\r\nset-cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n',
      ),
    );
    const url = `http://${PUBLIC_LOOPBACK}:${receiver.port}/`;
    expect((await send(url)).headers).toEqual([
      ['X-One', '1'],
      ['set-cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
      ['Content-Length', '0'],
    ]);
    await send(url);
    expect(receiver.requests[1]).not.toMatch(/cookie/i);
  });

  it('succeeds by 2xx alone', () => {
    const failures = [
      200, 201, 204, 226, 299, 300, 304, 308, 399, 410, 400, 404, 429, 500, 503, 600, 999,
    ].map(statusFailure);
    expect(failures).toEqual([
      ...Array<null>(5).fill(null),
      ...Array<string>(4).fill('REDIRECT'),
      'GONE',
      ...Array<string>(7).fill('STATUS'),
    ]);
  });

  it('is answered for by the final status after interim ones', async () => {
    const receiver = await server(
      answering(
        'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: x\r\n\r\nHTTP/1.1 503 Busy\r\nretry-after: 9\r\ncontent-length: 4\r\n\r\nbusy',
      ),
    );
    const outcome = await send(`http://${PUBLIC_LOOPBACK}:${receiver.port}/`);
    expect(outcome).toMatchObject({ failure: 'STATUS', statusCode: 503, bodyBytes: 4 });
    expect(outcome.headers[0]).toEqual(['retry-after', '9']);
  });

  it.each([
    [1024, 'content-length: 1024\r\n', 1024, false],
    [1025, 'content-length: 1025\r\n', 1025, true],
    [900_000, 'content-length: 900000\r\n', 900_000, true],
  ])(
    'keeps a body of %i bytes up to the limit and says how long it was declared',
    async (size, length, bytes, truncated) => {
      const receiver = await server(answering(`HTTP/1.1 200 OK\r\n${length}\r\n`, Buffer.alloc(size, 'x')));
      const outcome = await send(`http://${PUBLIC_LOOPBACK}:${receiver.port}/`);
      expect(outcome).toMatchObject({ failure: null, bodyBytes: bytes, bodyTruncated: truncated });
      expect(outcome.body.length).toBe(1024);
    },
  );

  it('reads a body whose end is the end of the connection', async () => {
    const receiver = await server(answeringAndClosing('HTTP/1.1 200 OK\r\n\r\n', 'until the end'));
    const outcome = await send(`http://${PUBLIC_LOOPBACK}:${receiver.port}/`);
    expect(outcome).toMatchObject({ failure: null, bodyBytes: 13, bodyTruncated: false });
  });

  it('survives a kept socket that the receiver closed while it lay idle', async () => {
    const receiver = await server(answeringAndClosing('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
    const url = `http://${PUBLIC_LOOPBACK}:${receiver.port}/`;
    expect((await send(url)).failure).toBeNull();
    while (receiver.closed === 0) await new Promise((resolve) => setImmediate(resolve));
    expect((await send(url)).failure).toBeNull();
  });

  it('never rejects: a header that cannot be sent is an outcome, and the log has its cause', async () => {
    const lines: string[] = [];
    const logger = createLogger('error');
    logger.error = (...input: unknown[]) => void lines.push(JSON.stringify(input));
    const own = createTransport(egress, { maxBodyBytes: 10, logger });
    const request = {
      key: 'ep',
      url: 'https://public.example/',
      headers: ['x-a', 'b\r\nc: d'],
      body: Buffer.from(''),
      timeoutMs: 1000,
    };
    expect(await own.send(request)).toMatchObject({ failure: 'INTERNAL', statusCode: null });
    expect(lines).toEqual([expect.stringMatching(/ERR_INVALID_CHAR/)]);
  });
});

describe('redirects (SSRF-04)', () => {
  it.each([301, 302, 303, 307, 308])('with status %i are an outcome and are not followed', async (status) => {
    const denied = await server(ANSWERS_OK, { host: PRIVATE_LOOPBACK });
    let hits = 0;
    for (const location of [
      `http://${PRIVATE_LOOPBACK}:${denied.port}/`,
      '/',
      'file:///etc/passwd',
      'https://169.254.169.254/latest/meta-data/',
      '//public.example/',
    ]) {
      const receiver = await server(
        answering(`HTTP/1.1 ${status} Moved\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`),
      );
      const outcome = await send(`http://${PUBLIC_LOOPBACK}:${receiver.port}/`, {
        headers: ['authorization', 'canary'],
      });
      expect(outcome).toMatchObject({ failure: 'REDIRECT', statusCode: status });
      expect(receiver.requests.length).toBe(1);
      hits += receiver.requests.length;
    }
    figure(
      'SSRF-04',
      { status, locations: 5, hits, connectionsToDenied: denied.connections },
      { hits: 5, connectionsToDenied: 0 },
    );
  });
});

describe('the phases of an exchange', () => {
  it('are all there over a new TLS connection, and only the exchange itself over a kept one', async () => {
    const receiver = await server(ANSWERS_OK, { identity: GOOD_IDENTITY });
    const url = `https://public.example:${receiver.port}/`;
    const first = await send(url);
    expect(first.failure).toBeNull();
    expect(first.phases.map(({ name }) => name)).toEqual([
      'dns',
      'connect',
      'tls',
      'request',
      'firstByte',
      'download',
    ]);
    const second = await send(url);
    expect(second.phases.map(({ name }) => name)).toEqual(['request', 'firstByte', 'download']);
    expect(receiver.connections).toBe(1);
    for (const { phases, durationMs } of [first, second]) {
      const end = phases.at(-1)!;
      expect(end.startMs + end.durationMs).toBeLessThanOrEqual(durationMs + 2);
      for (const phase of phases) expect(Math.min(phase.startMs, phase.durationMs)).toBeGreaterThanOrEqual(0);
    }
  });

  it('leave out the lookup of a literal and the handshake of plain http', async () => {
    const receiver = await server(ANSWERS_OK);
    const outcome = await send(`http://${PUBLIC_LOOPBACK}:${receiver.port}/`);
    expect(outcome.phases.map(({ name }) => name)).toEqual(['connect', 'request', 'firstByte', 'download']);
  });

  it('follow on one another, and end with what was under way', () => {
    const facts = {
      startedAt: 1000,
      endedAt: 1100,
      resolved: true,
      reusedSocket: false,
      secure: true,
      literal: false,
    };
    expect(phasesOf({}, facts)).toEqual([]);
    expect(phasesOf({ socket: 1001, lookup: 1010, connect: 1030 }, facts)).toEqual([
      { name: 'dns', startMs: 1, durationMs: 9 },
      { name: 'connect', startMs: 10, durationMs: 20 },
      { name: 'tls', startMs: 30, durationMs: 70 },
    ]);
    const early = phasesOf({ socket: 1000, response: 1040 }, { ...facts, reusedSocket: true });
    expect(early).toEqual([
      { name: 'request', startMs: 0, durationMs: 40 },
      { name: 'download', startMs: 40, durationMs: 60 },
    ]);
  });
});
