/** A network that lets requests through and no sockets: the client polls, and misses and repeats nothing where it changes over. */
import type { LiveClient, Polling } from '../../src/client/index.ts';
import { logLines, quickClient, Seen, Statuses, WATCH } from '../client/watching.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { createWebhook, publishMany, registerResource } from '../support/scenario.ts';
import { ROOT_TOKEN, startServer, type TestServer } from '../support/server.ts';

const TWIN = `query Twin($after: StreamCursor, $mode: StreamMode! = EVERY_EVENT) {
  deliveryEvents(after: $after, mode: $mode, first: 20) {
    cursor caughtUp reset events { kind delivery { id version status } }
  }
}`;

let server: TestServer;
let receiver: Receiver;
let proxy: FaultProxy;
let client: LiveClient;
let polls: number;

beforeEach(async () => {
  server = await startServer();
  receiver = await startReceiver();
  proxy = await startFaultProxy(server.app.url);
  polls = 0;
  await registerResource(server.api);
  await createWebhook(server.api, receiver.url);
});

afterEach(async () => {
  await client.dispose();
  await proxy.close();
  await server.stop();
  await receiver.close();
});

/** Polls through the proxy, too. */
function polling(options: Partial<Polling> = {}): Polling {
  return {
    queries: { Watch: TWIN },
    everyMs: 20,
    execute: async (request, signal) => {
      polls++;
      const response = await fetch(`${proxy.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${ROOT_TOKEN}` },
        body: JSON.stringify(request),
        signal,
      });
      if (response.status >= 429) throw new Error(`HTTP ${response.status}`);
      return (await response.json()) as Awaited<ReturnType<Polling['execute']>>;
    },
    ...options,
  };
}

it('polls after three refusals, goes back to the socket when one gets through, and shows every line once', async () => {
  proxy.fault = 'no-upgrades';
  client = quickClient(proxy.url, { polling: polling() });
  const statuses = new Statuses();
  client.onStatus(statuses.take);
  const seen = new Seen();
  client.subscribe({ query: WATCH, variables: { after: await server.api.beginning() } }, seen.sink());
  await statuses.until('polling');
  expect(polls).toBeGreaterThan(0);
  expect(statuses.all).toEqual(['connecting', 'reconnecting', 'polling']);
  const published = publishMany(server.api, 200, 10);
  await seen.until(() => seen.rows().length > 20, 'rows by polling');
  for (let turn = 0; turn < 3; turn++) {
    proxy.fault = 'pass';
    await statuses.until('catching-up', turn + 1);
    const had = polls;
    const rows = seen.rows().length;
    await seen.until(() => seen.rows().length > rows || rows === 400, 'rows by socket');
    expect(polls).toBe(had);
    proxy.fault = 'no-upgrades';
    proxy.cutAll();
    await statuses.until('polling', turn + 2);
  }
  await published;
  await seen.until(() => seen.rows().length >= 400, 'all rows');
  expect(seen.lines().sort()).toEqual(await logLines(server.app));
  expect(proxy.upgrades).toBe(3);
});

it('drops the answer of a poll that is on its way when the socket connects', async () => {
  proxy.fault = 'no-upgrades';
  let release: () => void = () => undefined;
  const plain = polling();
  client = quickClient(proxy.url, {
    polling: {
      ...plain,
      // It has been answered, but its answer does not arrive before the socket is there.
      execute: async (request) => {
        const result = await plain.execute(request, new AbortController().signal);
        await new Promise<void>((resolve) => (release = resolve));
        return result;
      },
    },
  });
  const statuses = new Statuses();
  client.onStatus(statuses.take);
  const after = await server.api.beginning();
  await publishMany(server.api, 5);
  await receiver.until(5);
  const seen = new Seen();
  client.subscribe({ query: WATCH, variables: { after } }, seen.sink());
  await proxy.until(5);
  proxy.fault = 'pass';
  await statuses.until('live');
  await seen.until(() => seen.rows().length >= 10, 'rows by socket');
  release();
  await publishMany(server.api, 1);
  await seen.until(() => seen.rows().length >= 12, 'rows after it');
  expect(seen.lines().sort()).toEqual(await logLines(server.app));
});

it('without a cursor begins at the present, and says so by reset', async () => {
  await publishMany(server.api, 5);
  await receiver.until(5);
  proxy.fault = 'no-upgrades';
  client = quickClient(proxy.url, { polling: polling() });
  const seen = new Seen();
  client.subscribe({ query: WATCH }, seen.sink());
  await seen.until(() => seen.batches.length > 0, 'a batch');
  expect(seen.batches[0]).toMatchObject({ events: [], reset: 'CURSOR_UNKNOWN' });
  const [event] = await publishMany(server.api, 1);
  expect(event).toBeDefined();
  await seen.until(() => seen.rows().some(({ kind }) => kind === 'SUCCEEDED'), 'the new event');
});

it('says that it is reconnecting while polls fail, too, and a refused poll ends the subscription', async () => {
  proxy.fault = 'refuse';
  let query = TWIN;
  const plain = polling();
  client = quickClient(proxy.url, {
    polling: { ...plain, execute: (request, signal) => plain.execute({ ...request, query }, signal) },
  });
  const seen = new Seen();
  const statuses = new Statuses();
  client.onStatus(statuses.take);
  client.subscribe({ query: WATCH }, seen.sink());
  await proxy.until(8);
  expect(client.status).toBe('reconnecting');
  proxy.fault = 'no-upgrades';
  await statuses.until('polling');
  query = 'query { deliveryEvents { nonsense } }';
  await seen.until(() => seen.ended !== undefined, 'the end');
  expect(seen.ended).toEqual([
    expect.objectContaining({ extensions: expect.objectContaining({ code: 'GRAPHQL_VALIDATION_FAILED' }) }),
  ]);
});

it('a subscription without a twin waits for the socket', async () => {
  proxy.fault = 'no-upgrades';
  client = quickClient(proxy.url, { polling: polling({ queries: {} }) });
  const seen = new Seen();
  client.subscribe({ query: WATCH, variables: { after: await server.api.beginning() } }, seen.sink());
  await proxy.until(6);
  expect(polls).toBe(0);
  proxy.fault = 'pass';
  await publishMany(server.api, 1);
  await seen.until(() => seen.rows().length >= 2, 'rows by socket');
});
