/** Names that DNS does not answer, and names that lead inside, through the whole server (SSRF-07, SSRF-08). */
import { pino } from 'pino';

import { figure } from '../support/figure.ts';
import { ANSWERS_OK, HOSTILE, startHostileServer } from '../support/hostile-server.ts';
import { PRIVATE_LOOPBACK, PUBLIC_LOOPBACK } from '../support/policy.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import { type ScriptedAnswer, scriptedResolver } from '../support/resolver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { timed } from '../support/stopwatch.ts';

const DNS_LIMIT_MS = 100;

let server: TestServer;
let receiver: Receiver;
/** What DNS says now. */
const names: Record<string, ScriptedAnswer> = {};
const log: string[] = [];

beforeAll(async () => {
  server = await startServer(
    {
      BELLWIRE_ALLOW_HTTP: 'true',
      BELLWIRE_ALLOWED_TARGETS: `${PUBLIC_LOOPBACK}/32`,
      BELLWIRE_DNS_TIMEOUT: `${DNS_LIMIT_MS}ms`,
      // One at a time: who waits for DNS holds up everybody else.
      BELLWIRE_CONCURRENCY: '1',
    },
    {
      dev: false,
      resolver: { resolve: (hostname) => scriptedResolver(names).resolve(hostname) },
      logger: pino({ level: 'debug' }, { write: (line) => void log.push(line) }),
    },
  );
  receiver = await startReceiver(status(204), PUBLIC_LOOPBACK);
  await registerResource(server.api);
});

afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

const ATTEMPTS = `query ($id: ID!) { deliveries(first: 1, filter: { webhookId: $id }) { nodes { status attempts(first: 10) { nodes {
  outcome durationMs phases { name } failure { code message } request { url } response { statusCode body } } } } } }`;

/** The attempts of the only delivery of a webhook, once it has ended. */
async function attemptsOf(webhookId: string): Promise<{ status: string; attempts: any[] }> {
  const stream = server.api.subscribe(
    `subscription ($id: ID!, $after: StreamCursor) {
       deliveryEvents(filter: { webhookId: $id }, after: $after, mode: EVERY_EVENT, minIntervalMs: 0) { cursor events { kind } } }`,
    { id: webhookId, after: await server.api.beginning() },
  );
  await stream.until((batches) =>
    batches.some((batch) =>
      batch.events.some(({ kind }: { kind: string }) => ['SUCCEEDED', 'FAILED'].includes(kind)),
    ),
  );
  await stream.close();
  const { nodes } = await server.api.run(ATTEMPTS, { id: webhookId });
  return { status: nodes[0].status, attempts: nodes[0].attempts.nodes };
}

/** A webhook of its own event, so that no other test's event reaches it. */
async function webhookFor(url: string): Promise<string> {
  return (await createWebhook(server.api, url, { triggers: [{ resource: 'clients', event: 'update' }] })).id;
}

async function remove(id: string): Promise<void> {
  await server.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', { id });
}

const update = () => publish(server.api, clientEvent('c-1', { event: 'update' }));

describe('SSRF-07: a name that DNS does not answer', () => {
  it.each<ScriptedAnswer & string>(['SILENT', 'SERVFAIL', 'NXDOMAIN'])(
    'is not connected to and holds its sender no longer than the limit, and is tried again: %s',
    async (answer) => {
      names['moving.example'] = [PUBLIC_LOOPBACK];
      const id = await webhookFor(`http://moving.example:${receiver.port}/`);
      const hits = receiver.hits.length;
      names['moving.example'] = answer;
      await update();
      const { value, stalledMs } = await timed(() => attemptsOf(id));
      const { status: ended, attempts } = value;
      expect(ended).toBe('FAILED');
      const slowest = Math.max(...attempts.map(({ durationMs }) => durationMs as number));
      expect(attempts).toHaveLength(4);
      for (const attempt of attempts)
        expect(attempt).toMatchObject({
          outcome: 'UNREACHABLE',
          failure: { code: 'DNS_FAILED' },
          response: null,
        });
      figure(
        'SSRF-07 through the server',
        {
          answer,
          attempts: attempts.length,
          requests: receiver.hits.length - hits,
          // Less what this process, which is the server too, stood still.
          heldMs: Math.max(0, Math.round(slowest - stalledMs)),
        },
        { attempts: { atLeast: 2 }, requests: 0, heldMs: DNS_LIMIT_MS + 100 },
      );
      // The next event finds the sender free and, DNS being back, the receiver.
      names['moving.example'] = [PUBLIC_LOOPBACK];
      await update();
      await receiver.until(hits + 1);
      await remove(id);
    },
  );
});

describe('SSRF-08: what an administrator reads of a blocked attempt', () => {
  it('is the same for an open port, a closed one, a silent one and an address without a machine, and names none', async () => {
    const open = await startHostileServer(ANSWERS_OK, { host: PRIVATE_LOOPBACK });
    const silent = await startHostileServer(HOSTILE.silent, { host: PRIVATE_LOOPBACK });
    const closed = await startHostileServer(ANSWERS_OK, { host: PRIVATE_LOOPBACK });
    await closed.close();
    const ports = [open.port, silent.port, closed.port, 8443];
    const targets = ports.map((port, index) => {
      names[`inner-${index}.example`] = [PUBLIC_LOOPBACK];
      return { name: `inner-${index}.example`, url: `http://inner-${index}.example:${port}/` };
    });
    const ids: string[] = [];
    for (const { url } of targets) ids.push(await webhookFor(url));
    for (const [index, { name }] of targets.entries())
      names[name] = [index === 3 ? '10.20.30.40' : PRIVATE_LOOPBACK];
    log.length = 0;
    await update();
    const told: string[] = [];
    for (const [index, id] of ids.entries()) {
      const { status: ended, attempts } = await attemptsOf(id);
      const { url } = targets[index]!;
      told.push(JSON.stringify([ended, attempts]).replaceAll(url, 'the address that was saved'));
    }
    expect(told[0]).toContain('ADDRESS_NOT_ALLOWED');
    const leaks = [...told, ...log].filter((text) => /127\.0\.0\.3|10\.20\.30\.40|EADDR|ECONN/.test(text));
    expect(log.join('\n')).toContain('delivery.attempted');
    figure(
      'SSRF-08 through the server',
      {
        cases: told.length,
        different: new Set(told).size - 1,
        leaks: leaks.length,
        connections: open.connections,
      },
      { different: 0, leaks: 0, connections: 0 },
    );
    names['inner-0.example'] = [PUBLIC_LOOPBACK];
    for (const id of ids) await remove(id);
    await open.close();
    await silent.close();
  });
});
