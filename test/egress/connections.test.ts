import http from 'node:http';
import https from 'node:https';
import { Socket } from 'node:net';

import { guardedRequest } from '../../src/egress/agents.ts';
import { Egress } from '../../src/egress/egress.ts';
import { FAILURES } from '../../src/errors.ts';
import { createTransport, type Exchange } from '../../src/sending/transport.ts';
import { GOOD_IDENTITY, TEST_CA } from '../support/certificates.ts';
import { figure } from '../support/figure.ts';
import {
  answering,
  ANSWERS_OK,
  HOSTILE,
  type HostileServer,
  startHostileServer,
} from '../support/hostile-server.ts';
import { loopbackPolicy, PRIVATE_LOOPBACK, PUBLIC_LOOPBACK, strictPolicy } from '../support/policy.ts';
import { type ScriptedAnswer, scriptedResolver } from '../support/resolver.ts';

const opened: { close(): void | Promise<void> }[] = [];

afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) await thing.close();
});

async function server(...options: Parameters<typeof startHostileServer>): Promise<HostileServer> {
  const started = await startHostileServer(...options);
  opened.push(started);
  return started;
}

function egress(
  script: Record<string, ScriptedAnswer> = {},
  options: Partial<ConstructorParameters<typeof Egress>[0]> = {},
) {
  const resolver = scriptedResolver(script);
  const made = new Egress({
    policy: loopbackPolicy(),
    resolver,
    dnsTimeoutMs: 1000,
    maxSockets: 8,
    ca: TEST_CA,
    ...options,
  });
  opened.push(made);
  return made;
}

function send(way: Egress, url: string, key = 'ep'): Promise<Exchange> {
  const request = { key, url, headers: ['x-secret', 'canary'], body: Buffer.from('{}'), timeoutMs: 2000 };
  return createTransport(way, { maxBodyBytes: 1024 }).send(request);
}

/** Resolves when so many requests have arrived. */
function arrivals({ requests }: HostileServer, count: number): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => (requests.length >= count ? resolve() : void setImmediate(look));
    look();
  });
}

/** Asks an agent directly, as code would that forgot the checks before it. */
function bareRequest(way: Egress, url: string): Promise<string> {
  const secure = url.startsWith('https:');
  const agent = way.agents('ep')[secure ? 'https' : 'http'];
  return new Promise((resolve) => {
    const request = (secure ? https : http).get(url, { agent }, (response) => {
      response.resume().on('end', () => resolve(String(response.statusCode)));
    });
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

const publicOne = '8.8.8.8';
const thirty = Array.from({ length: 29 }, (_, at) => `8.8.8.${at + 1}`);

describe('the answers of DNS (SSRF-02)', () => {
  const scripts: [string, ScriptedAnswer, number][] = [
    ['a name that leads to a private address', [PRIVATE_LOOPBACK], 1],
    ['a name that leads to loopback', ['127.0.0.1'], 1],
    ['a public address beside a private one', [PUBLIC_LOOPBACK, PRIVATE_LOOPBACK], 1],
    ['a public IPv4 address beside ::1', [PUBLIC_LOOPBACK, '::1'], 1],
    ['an IPv6 address that wraps the metadata address', ['64:ff9b::a9fe:a9fe'], 1],
    ['a mapped private address', [`::ffff:${PRIVATE_LOOPBACK}`], 1],
    ['a name that is an alias of an inner one', ['10.0.0.5'], 1],
    ['thirty addresses of which the last is private', [...thirty, PRIVATE_LOOPBACK], 1],
    ['no address but a word', ['localhost'], 1],
    [
      'public on the first question, private from then on',
      (at) => [at === 0 ? publicOne : PRIVATE_LOOPBACK],
      1,
    ],
  ];

  it.each(['http', 'https'])('never bring a byte to a private listener over %s', async (scheme) => {
    // Plain TCP for both: it sees each byte, a ClientHello too.
    const listener = await server(ANSWERS_OK, { host: PRIVATE_LOOPBACK });
    for (const [title, answer] of scripts) {
      const way = egress({ 'public.example': answer });
      const url = `${scheme}://public.example:${listener.port}/`;
      const rebinding = typeof answer === 'function';
      expect([title, (await way.checkTarget(url)).ok]).toEqual([title, rebinding]);
      const outcome = await send(way, url);
      expect([title, outcome.failure, outcome.statusCode, outcome.phases]).toEqual([
        title,
        'ADDRESS_NOT_ALLOWED',
        null,
        [],
      ]);
    }
    figure(
      'SSRF-02',
      {
        scheme,
        cases: scripts.length,
        connections: listener.connections,
        bytes: listener.bytes,
        requests: listener.requests.length,
      },
      { connections: 0, bytes: 0, requests: 0 },
    );
  });

  it('that alternate reach the public address only, every other time', async () => {
    const allowed = await server(ANSWERS_OK);
    const listener = await server(ANSWERS_OK, { host: PRIVATE_LOOPBACK, port: allowed.port });
    const way = egress({ 'public.example': (at) => [at % 2 === 0 ? PUBLIC_LOOPBACK : PRIVATE_LOOPBACK] });
    const outcomes: (string | null)[] = [];
    // A key of its own each time, so that no socket is kept and each request asks DNS.
    for (let at = 0; at < 10; at += 1)
      outcomes.push((await send(way, `http://public.example:${allowed.port}/`, `ep${at}`)).failure);
    expect(outcomes).toEqual(
      Array.from({ length: 10 }, (_, at) => (at % 2 === 0 ? null : 'ADDRESS_NOT_ALLOWED')),
    );
    expect(allowed.requests.length).toBe(5);
    expect(listener.connections).toBe(0);
  });

  it('are used as judged: a mapped address is called as the IPv4 address it is', async () => {
    const allowed = await server(ANSWERS_OK);
    const outcome = await send(
      egress({ 'public.example': [`::ffff:${PUBLIC_LOOPBACK}`] }),
      `http://public.example:${allowed.port}/`,
    );
    expect(outcome.failure).toBeNull();
  });

  it('are asked for once for each connection, and not again for a kept one', async () => {
    const allowed = await server(ANSWERS_OK);
    const resolver = scriptedResolver({ 'public.example': [PUBLIC_LOOPBACK] });
    const way = egress({}, { resolver });
    for (let at = 0; at < 3; at += 1)
      expect((await send(way, `http://public.example:${allowed.port}/`)).failure).toBeNull();
    expect(resolver.asked.length).toBe(1);
    expect(allowed.connections).toBe(1);
  });
});

describe('the agents, for code that forgets to ask before', () => {
  it.each(['http', 'https'])('refuse a literal over %s, which no lookup ever sees', async (scheme) => {
    const resolver = scriptedResolver({});
    const listener = await server(ANSWERS_OK, { host: PRIVATE_LOOPBACK });
    const mapped = `[::ffff:${PRIVATE_LOOPBACK}]`;
    for (const host of [PRIVATE_LOOPBACK, '2130706435', mapped, '[::1]', '0.0.0.0', '169.254.169.254']) {
      expect(await bareRequest(egress({}, { resolver }), `${scheme}://${host}:${listener.port}/`)).toBe(
        'ADDRESS_NOT_ALLOWED',
      );
    }
    expect(resolver.asked).toEqual([]);
    expect(listener.connections).toBe(0);
  });

  it('refuse names, ports and schemes that the policy refuses', async () => {
    const way = egress(
      { localhost: [PUBLIC_LOOPBACK], 'public.example': [PUBLIC_LOOPBACK] },
      {
        policy: strictPolicy({ allowedTargets: [{ name: null, cidr: `${PUBLIC_LOOPBACK}/32` }] }),
      },
    );
    for (const url of [
      'https://localhost:8443/',
      'https://public.example:25/',
      'https://public.example:4000/',
      'http://public.example:8080/',
    ]) {
      expect(await bareRequest(way, url)).toBe('ADDRESS_NOT_ALLOWED');
    }
  });

  it('refuse a local socket', async () => {
    const agent = egress().agents('ep').http;
    const code = await new Promise((resolve) => {
      http
        .get({ agent, host: '8.8.8.8', socketPath: '/var/run/docker.sock', path: '/' })
        .on('error', (error) => resolve((error as NodeJS.ErrnoException).code));
    });
    expect(code).toBe('ADDRESS_NOT_ALLOWED');
  });
});

describe('a request of the lean way out', () => {
  it('goes by guarded agents alone: with any other it does not even begin', async () => {
    const allowed = await server(ANSWERS_OK);
    const url = { protocol: 'http:', hostname: PUBLIC_LOOPBACK, port: allowed.port, path: '/' };
    for (const [protocol, agent] of [
      ['http:', undefined],
      ['http:', http.globalAgent],
      ['http:', new http.Agent()],
      ['https:', https.globalAgent],
      ['https:', new https.Agent()],
    ] as const)
      expect(() => guardedRequest({ ...url, protocol, agent })).toThrow('past the guard');
    const answered = new Promise((resolve) => {
      const { http: agent } = egress().agents('ep');
      guardedRequest({ ...url, agent })
        .end()
        .on('response', (answer) => resolve(answer.resume().statusCode));
    });
    expect(await answered).toBe(200);
    expect(allowed.connections).toBe(1);
  });
});

describe('the check of the connected socket', () => {
  // Plays a system that connects elsewhere than it was told to, which neither lookup nor literal check can see.
  const connect = Reflect.get(Socket.prototype, 'connect') as (...input: unknown[]) => Socket;
  afterEach(() => {
    Reflect.set(Socket.prototype, 'connect', connect);
  });

  it.each(['http', 'https'])(
    'ends a connection to another address before a byte leaves, over %s',
    async (scheme) => {
      // Plain TCP for both: it sees each byte, a ClientHello too.
      const listener = await server(ANSWERS_OK, { host: PRIVATE_LOOPBACK });
      Reflect.set(Socket.prototype, 'connect', function (this: Socket, ...input: unknown[]) {
        const options = (Array.isArray(input[0]) ? input[0][0] : input[0]) as { host: string };
        options.host = PRIVATE_LOOPBACK;
        return connect.apply(this, input);
      });
      const outcome = await send(egress(), `${scheme}://${PUBLIC_LOOPBACK}:${listener.port}/`);
      while (listener.closed === 0) await new Promise((resolve) => setImmediate(resolve));
      figure('connect-check', { scheme, connections: listener.connections, bytes: listener.bytes });
      expect(outcome.failure).toBe('ADDRESS_NOT_ALLOWED');
      expect(listener).toMatchObject({ connections: 1, bytes: 0, requests: [] });
    },
  );
});

describe('kept sockets (SSRF-03)', () => {
  it.each(['http', 'https'])('are not used after the policy was tightened, over %s', async (scheme) => {
    const allowed = await server(ANSWERS_OK, scheme === 'https' ? { identity: GOOD_IDENTITY } : {});
    const way = egress({ 'public.example': [PUBLIC_LOOPBACK] });
    const url = `${scheme}://public.example:${allowed.port}/`;
    expect((await send(way, url)).failure).toBeNull();
    expect((await send(way, url)).failure).toBeNull();
    expect(allowed.connections).toBe(1);
    way.usePolicy(strictPolicy({ allowHttp: true }));
    expect((await send(way, url)).failure).toBe('ADDRESS_NOT_ALLOWED');
    figure('SSRF-03', { scheme, requestsAfter: allowed.requests.length - 2 }, { requestsAfter: 0 });
  });

  it('are not used by another endpoint, nor by another version of the same', async () => {
    const allowed = await server(ANSWERS_OK);
    const way = egress();
    for (const key of ['ep_a 1', 'ep_b 1', 'ep_a 2'])
      await send(way, `http://${PUBLIC_LOOPBACK}:${allowed.port}/`, key);
    expect(allowed.connections).toBe(3);
  });

  it.each([
    ['at most 4 s, before common servers close', '', 4000],
    ['less when the receiver says so', 'keep-alive: timeout=3\r\n', 2000],
  ])('lie idle %s', async (_title, header, idleMs) => {
    const allowed = await server(answering(`HTTP/1.1 200 OK\r\n${header}content-length: 0\r\n\r\n`));
    const way = egress();
    await send(way, `http://${PUBLIC_LOOPBACK}:${allowed.port}/`);
    await new Promise((resolve) => setImmediate(resolve));
    const idle = Object.values(way.agents('ep').http.freeSockets).flat();
    expect(idle.map((socket) => socket?.timeout)).toEqual([idleMs]);
  });

  it('change with the version that the interfaces of the machine give the policy', async () => {
    const way = egress({}, { policy: loopbackPolicy({ interfaceAddresses: () => ['8.8.4.4'] }) });
    const before = way.agents('ep');
    expect(way.agents('ep')).toBe(before);
    way.usePolicy(loopbackPolicy({ interfaceAddresses: () => ['8.8.4.5'] }));
    expect(way.agents('ep')).not.toBe(before);
  });

  it('close without a request under way being cut, when an endpoint gives way to a thousand others', async () => {
    let answer: () => void = () => undefined;
    const slow = await server((socket) => {
      socket.on(
        'request',
        () => (answer = () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')),
      );
    });
    const way = egress();
    const url = `http://${PUBLIC_LOOPBACK}:${slow.port}/`;
    const first = send(way, url, 'early');
    await arrivals(slow, 1);
    for (let at = 0; at < 1_001; at += 1) way.agents(`later ${at}`);
    answer();
    expect(await first).toMatchObject({ failure: null, statusCode: 200 });
    const second = send(way, url, 'early');
    await arrivals(slow, 2);
    answer();
    expect(await second).toMatchObject({ failure: null, statusCode: 200 });
    expect(slow.connections).toBe(2);
  });
});

describe('what a blocked attempt tells (SSRF-08)', () => {
  it('is the same for an open port, a closed one and an address without a machine', async () => {
    const open = await server(ANSWERS_OK, { host: PRIVATE_LOOPBACK });
    const silent = await server(HOSTILE.silent, { host: PRIVATE_LOOPBACK });
    const closed = await startHostileServer(ANSWERS_OK, { host: PRIVATE_LOOPBACK });
    await closed.close();
    const way = egress({ 'public.example': [PRIVATE_LOOPBACK], 'other.example': ['10.0.0.1'] });
    const targets = [
      ...[open, silent, closed].map(({ port }) => `http://public.example:${port}/`),
      `http://${PRIVATE_LOOPBACK}:${open.port}/`,
      'http://other.example/',
    ];
    const outcomes = await Promise.all(targets.map((url) => send(way, url)));
    const told = outcomes.map((outcome) => JSON.stringify([outcome, FAILURES[outcome.failure!]]));
    expect(told[0]).not.toMatch(/127\.0\.0|10\.0\.0|canary/);
    figure('SSRF-08', { cases: told.length, different: new Set(told).size - 1 }, { different: 0 });
  });
});
