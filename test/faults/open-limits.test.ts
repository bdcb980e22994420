/** The limits of an endpoint hold whatever its circuit does: for what is asked for by hand while it is open, over several senders, and with a short lease. */
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import { createWebhook, type MadeWebhook, publishMany, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const KEYS = { BELLWIRE_ENCRYPTION_KEYS: `shared:${Buffer.alloc(32, 7).toString('base64')}` };
const RETRY = 'mutation ($id: ID!) { deliveryRetry(id: $id) { errors { code message } } }';
const BY_HAND = 5;

let servers: TestServer[] = [];
let receiver: Receiver;

beforeEach(async () => {
  receiver = await startReceiver(status(500));
});
afterEach(async () => {
  // The first one has the database.
  for (const server of servers.slice(1)) await server.app.stop();
  await servers[0]?.stop();
  await receiver.close();
  servers = [];
});

async function start(settings: Record<string, string>): Promise<TestServer> {
  const shared: Record<string, string> = servers[0] ? { DATABASE_URL: servers[0].database.url } : {};
  const server = await startServer({ ...KEYS, ...settings, ...shared });
  servers.push(server);
  return server;
}

async function circuit({ endpointId }: MadeWebhook): Promise<{ state: string; leased: boolean } | undefined> {
  const { rows } = await servers[0]!.app.db.reads.query(
    'select state, coalesce(lease_until > clock_timestamp(), false) as leased from endpoint_circuits where endpoint_id = $1',
    [endpointId],
  );
  return rows[0];
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds()));
}

/** A webhook that failed until its circuit opened, nobody's any more, with deliveries that wait for an hour. */
async function opened(
  advanced: Record<string, unknown>,
): Promise<{ webhook: MadeWebhook; waiting: string[] }> {
  const [{ api }] = servers as [TestServer];
  await registerResource(api);
  const webhook = await createWebhook(api, receiver.url, {
    advanced: { retrySchedule: [0, 3_600], ...advanced },
  });
  await publishMany(api, 15);
  await until(async () => (await circuit(webhook))?.state === 'OPEN');
  await until(async () => !(await circuit(webhook))?.leased);
  const { nodes } = await api.run(
    'query ($filter: DeliveryFilterInput) { deliveries(first: 100, filter: $filter) { nodes { id } } }',
    { filter: { webhookId: webhook.id } },
  );
  return { webhook, waiting: nodes.map(({ id }: { id: string }) => id) };
}

/** Asks for some of them by hand, at all servers in turn. */
async function byHand(waiting: string[]): Promise<void> {
  const asked = waiting
    .slice(0, BY_HAND)
    .map((id, index) => servers[index % servers.length]!.api.mutate(RETRY, { id }));
  await Promise.all(asked);
}

/** When the requests from one on came, ms after it. */
const times = (from: number): number[] =>
  receiver.hits.slice(from).map(({ at }) => at - receiver.hits[from]!.at);

it('a rate holds for what is asked for by hand while the circuit is open, at a sender that meets the endpoint for the first time', async () => {
  await start({ BELLWIRE_ROLE: 'api' });
  const failing = await start({ BELLWIRE_PROBE_INTERVAL: '1h', BELLWIRE_ENDPOINT_LEASE: '500ms' });
  const { waiting } = await opened({ ratePerSecond: 2 });
  await failing.app.stop();
  servers = servers.slice(0, 1);
  const before = receiver.hits.length;
  await byHand(waiting);
  await start({ BELLWIRE_PROBE_INTERVAL: '1h' });
  await receiver.until(before + BY_HAND);
  // Half a second each; on a busy machine the first one may be late. Each sender by itself would let two senders take half of it.
  expect(times(before).at(-1)).toBeGreaterThan((BY_HAND - 1) * 500 - 500);
}, 60_000);

it('a rate holds for what is asked for by hand while the circuit is open, over two senders', async () => {
  const settings = { BELLWIRE_PROBE_INTERVAL: '1h', BELLWIRE_ENDPOINT_LEASE: '500ms' };
  await start(settings);
  await start(settings);
  const { waiting } = await opened({ ratePerSecond: 2 });
  const before = receiver.hits.length;
  await byHand(waiting);
  await receiver.until(before + BY_HAND);
  expect(times(before).at(-1)).toBeGreaterThan((BY_HAND - 1) * 500 - 500);
}, 60_000);

it('a limit of requests at once holds for what is asked for by hand while the circuit is open, over two senders', async () => {
  const settings = { BELLWIRE_PROBE_INTERVAL: '1h', BELLWIRE_ENDPOINT_LEASE: '500ms' };
  await start(settings);
  await start(settings);
  const { waiting } = await opened({ maxConcurrency: 1 });
  let [open, peak] = [0, 0];
  receiver.answer = (_hit, response) => {
    open += 1;
    peak = Math.max(peak, open);
    response.once('close', () => (open -= 1));
    setTimeout(() => response.writeHead(500).end(), 200);
  };
  const before = receiver.hits.length;
  await byHand(waiting);
  await receiver.until(before + BY_HAND);
  expect(peak).toBe(1);
}, 60_000);

it('an endpoint with a rate and a limit is probed, and gets what waited when it is back', async () => {
  const settings = { BELLWIRE_PROBE_INTERVAL: '200ms', BELLWIRE_ENDPOINT_LEASE: '500ms' };
  await start(settings);
  await start(settings);
  const [{ api }] = servers as [TestServer];
  await registerResource(api);
  const webhook = await createWebhook(api, receiver.url, {
    advanced: { ratePerSecond: 100, maxConcurrency: 2, retrySchedule: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] },
  });
  await publishMany(api, 15);
  await until(async () => (await circuit(webhook))?.state === 'OPEN');
  receiver.answer = status(204);
  const entities = Array.from({ length: 15 }, (_, index) => `c${index}`);
  const arrived = (): Set<unknown> =>
    new Set(receiver.hits.filter(({ body }) => body.length > 0).map(({ headers }) => headers['webhook-id']));
  await receiver.find(() => arrived().size === entities.length);
  await until(async () => (await circuit(webhook))?.state !== 'OPEN');
  await until(async () => {
    const { rows } = await servers[0]!.app.db.reads.query('select from delivery_queue limit 1');
    return rows.length === 0;
  });
}, 60_000);

it('a rate of one a second holds over two senders with the shortest lease', async () => {
  receiver.answer = status(204);
  const settings = { BELLWIRE_ENDPOINT_LEASE: '100ms' };
  await start(settings);
  await start(settings);
  const [{ api }] = servers as [TestServer];
  await registerResource(api);
  await createWebhook(api, receiver.url, { advanced: { ratePerSecond: 1 } });
  await publishMany(api, BY_HAND);
  await receiver.until(BY_HAND);
  expect(times(0).at(-1)).toBeGreaterThan((BY_HAND - 1) * 1_000 - 800);
}, 60_000);
