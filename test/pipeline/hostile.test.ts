/** REL-05 through the whole server: whatever a receiver answers, one attempt is recorded, bounded, with its code. */
import {
  EXPIRED_IDENTITY,
  SELF_SIGNED_IDENTITY,
  TEST_CA,
  WRONG_NAME_IDENTITY,
} from '../support/certificates.ts';
import { figure } from '../support/figure.ts';
import {
  ANSWERS_OK,
  ANSWERS_QUOTED,
  HOSTILE,
  type HostileServer,
  startHostileServer,
} from '../support/hostile-server.ts';
import { PUBLIC_LOOPBACK } from '../support/policy.ts';
import { scriptedResolver } from '../support/resolver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** Long enough for thirty receivers at once in this one process, some of which pour as fast as they can. */
const TIMEOUT_MS = 1_500;
const KEPT_BYTES = 16_384;

/** How the attempt at each receiver must end: outcome, failure code, status of the answer. */
const WANTED: Record<string, [outcome: string, code: string | null, statusCode: number | null]> = {
  silent: ['TIMED_OUT', 'TIMEOUT', null],
  resetAtOnce: ['UNREACHABLE', 'CONNECTION_RESET', null],
  closeAfterRequest: ['UNREACHABLE', 'CONNECTION_RESET', null],
  headerDrip: ['TIMED_OUT', 'TIMEOUT', null],
  bodyDrip: ['SUCCEEDED', null, 200],
  rejectedBodyDrip: ['REJECTED', 'STATUS', 503],
  endlessBody: ['SUCCEEDED', null, 200],
  endlessChunks: ['SUCCEEDED', null, 200],
  endlessTrailers: ['SUCCEEDED', null, 200],
  endlessChunkExtension: ['SUCCEEDED', null, 200],
  largeHeader: ['UNREACHABLE', 'HEADERS_TOO_LARGE', null],
  endlessHeader: ['UNREACHABLE', 'HEADERS_TOO_LARGE', null],
  manyHeaders: ['SUCCEEDED', null, 200],
  garbageStatusLine: ['UNREACHABLE', 'INVALID_RESPONSE', null],
  interimFlood: ['UNREACHABLE', 'INVALID_RESPONSE', null],
  interimDrip: ['TIMED_OUT', 'TIMEOUT', null],
  switchesProtocol: ['UNREACHABLE', 'INVALID_RESPONSE', null],
  switchesProtocolBarely: ['UNREACHABLE', 'INVALID_RESPONSE', null],
  emptyStatusWithBody: ['SUCCEEDED', null, 204],
  shortLength: ['SUCCEEDED', null, 200],
  conflictingLengths: ['UNREACHABLE', 'INVALID_RESPONSE', null],
  lengthAndChunks: ['UNREACHABLE', 'INVALID_RESPONSE', null],
  nulInBody: ['SUCCEEDED', null, 200],
  nulInHeader: ['UNREACHABLE', 'INVALID_RESPONSE', null],
  invalidUtf8InHeader: ['SUCCEEDED', null, 200],
  gzipBomb: ['SUCCEEDED', null, 200],
  expiredCertificate: ['UNREACHABLE', 'TLS_EXPIRED', null],
  wrongName: ['UNREACHABLE', 'TLS_NAME_MISMATCH', null],
  selfSigned: ['UNREACHABLE', 'TLS_UNTRUSTED', null],
  well: ['SUCCEEDED', null, 200],
  quoted: ['SUCCEEDED', null, 200],
};

let server: TestServer;
const receivers = new Map<string, HostileServer & { url: string }>();

beforeAll(async () => {
  const identities = {
    expiredCertificate: EXPIRED_IDENTITY,
    wrongName: WRONG_NAME_IDENTITY,
    selfSigned: SELF_SIGNED_IDENTITY,
  };
  for (const [name, behaviour] of Object.entries({ ...HOSTILE, well: ANSWERS_OK, quoted: ANSWERS_QUOTED })) {
    const running = await startHostileServer(behaviour);
    receivers.set(name, { ...running, url: `http://public.example:${running.port}/` });
  }
  for (const [name, identity] of Object.entries(identities)) {
    const running = await startHostileServer(ANSWERS_OK, { identity });
    receivers.set(name, { ...running, url: `https://public.example:${running.port}/` });
  }
  server = await startServer(
    {
      BELLWIRE_ALLOW_HTTP: 'true',
      BELLWIRE_ALLOWED_TARGETS: `${PUBLIC_LOOPBACK}/32`,
      BELLWIRE_RETRY_SCHEDULE: '0s',
    },
    { dev: false, ca: [TEST_CA].flat(), resolver: scriptedResolver({ 'public.example': [PUBLIC_LOOPBACK] }) },
  );
});

afterAll(async () => {
  await server?.stop();
  for (const receiver of receivers.values()) await receiver.close();
});

describe('hostile receivers (REL-05)', () => {
  it('get one attempt each, recorded with its code and at most 16 KiB of the answer, and the next event goes out as usual', async () => {
    expect(Object.keys(WANTED).sort()).toEqual([...receivers.keys()].sort());
    await registerResource(server.api);
    const urls = [...receivers.values()].map((receiver) => receiver.url);
    for (let from = 0; from < urls.length; from += 20)
      await createWebhook(server.api, urls.slice(from, from + 20), { advanced: { timeoutMs: TIMEOUT_MS } });

    const stream = server.api.subscribe(
      'subscription { deliveryEvents(mode: EVERY_EVENT, minIntervalMs: 0) { cursor events { kind delivery { id } } } }',
    );
    await stream.until((batches) => batches[0]);
    const [published] = await publish(server.api, clientEvent('c-1'));
    expect(published!.deliveryCount).toBe(receivers.size);
    await stream.until((batches) => {
      const ended = batches
        .flatMap((batch: { events: { kind: string }[] }) => batch.events)
        .filter((line) => ['SUCCEEDED', 'FAILED'].includes(line.kind));
      return ended.length === receivers.size;
    });
    await stream.close();

    const page = await server.api.run(
      `query ($id: ID!) { deliveries(first: 100, filter: { eventId: $id }) { nodes {
         attemptCount endpoint { target }
         latestAttempt { outcome durationMs failure { code } response { statusCode body bodyBytes bodyTruncated headers { name value } } } } } }`,
      { id: published!.event.id },
    );
    const found: typeof WANTED = {};
    let longestMs = 0;
    for (const { attemptCount, endpoint, latestAttempt } of page.nodes) {
      const name = [...receivers].find(([, receiver]) => receiver.url === endpoint.target)![0];
      const { outcome, failure, response, durationMs } = latestAttempt;
      found[name] = [outcome, failure?.code ?? null, response?.statusCode ?? null];
      expect(attemptCount).toBe(1);
      expect(Buffer.byteLength(response?.body ?? '')).toBeLessThanOrEqual(KEPT_BYTES);
      expect(response?.headers.length ?? 0).toBeLessThanOrEqual(100);
      longestMs = Math.max(longestMs, durationMs as number);
    }
    expect(found).toEqual(WANTED);
    figure(
      'REL-05 through the server',
      { receivers: receivers.size, attempts: page.nodes.length, timeoutMs: TIMEOUT_MS, longestMs },
      { attempts: receivers.size },
    );

    const answerOf = (name: string) =>
      page.nodes.find(
        (node: { endpoint: { target: string } }) => node.endpoint.target === receivers.get(name)!.url,
      ).latestAttempt.response;
    expect(answerOf('nulInBody').body).toBe('a\uFFFD\uFFFD\uFFFD\uFFFD(');
    expect(answerOf('quoted')).toMatchObject({
      body: '"body"\\\u0001\n\ttt',
      headers: [{ name: 'x-note', value: '"quoted" \\ \tthere' }, { name: 'content-length' }],
    });
  });
});
