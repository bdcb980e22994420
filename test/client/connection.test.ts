/** When the client comes back, when it does not, and what it says of it. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import WebSocket, { WebSocketServer } from 'ws';

import { createLiveClient, type LiveClient, type LiveEnd } from '../../src/client/index.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { createWebhook, publishMany, registerResource } from '../support/scenario.ts';
import { ROOT_TOKEN, startServer, type TestServer } from '../support/server.ts';
import { QUICK, quickClient, Seen, Statuses, WATCH } from './watching.ts';

let server: TestServer;
let receiver: Receiver;
let proxy: FaultProxy;
const clients: LiveClient[] = [];

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  await registerResource(server.api);
  await createWebhook(server.api, receiver.url);
});

beforeEach(async () => {
  proxy = await startFaultProxy(server.app.url);
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.dispose();
  await proxy.close();
});

afterAll(async () => {
  await server.stop();
  await receiver.close();
});

/** A client through the proxy, with its statuses. */
function watched(options: Parameters<typeof quickClient>[1] = {}, url = proxy.url) {
  const client = quickClient(url, options);
  clients.push(client);
  const statuses = new Statuses();
  client.onStatus(statuses.take);
  return { client, statuses };
}

it('says how it stands: connecting, live, after a break reconnecting and catching up, and idle', async () => {
  const { client, statuses } = watched();
  const seen = new Seen();
  const own = new Statuses();
  expect(client.status).toBe('idle');
  const stop = client.subscribe({ query: WATCH }, seen.sink(), { onStatus: own.take });
  await statuses.until('live');
  await seen.until(() => seen.batches.length > 0, 'a cursor');
  proxy.fault = 'refuse';
  proxy.cutAll();
  await statuses.until('reconnecting');
  await publishMany(server.api, 5);
  await receiver.until(5);
  const before = proxy.connections;
  await proxy.until(before + 2);
  expect(client.status).toBe('reconnecting');
  proxy.fault = 'pass';
  await statuses.until('live', 2);
  expect(seen.rows().length).toBeGreaterThanOrEqual(10);
  stop();
  const story = ['connecting', 'live', 'reconnecting', 'catching-up', 'live', 'idle'];
  expect(statuses.all).toEqual(story);
  expect(own.all).toEqual(story);
  expect(seen.ended).toBe('completed');
});

it('a subscription without a cursor is live as soon as it is connected', async () => {
  const { client, statuses } = watched();
  client.subscribe({ query: 'subscription { webhookChanges { kind } }' }, new Seen().sink());
  await statuses.until('live');
  expect(statuses.all).toEqual(['connecting', 'live']);
});

it('ends without a valid token, tells everybody once, and connects again for whoever subscribes again', async () => {
  let token = 'wrong';
  const ends: LiveEnd[] = [];
  const { client, statuses } = watched({
    connectionParams: () => ({ Authorization: `Bearer ${token}` }),
    onEnd: (end) => ends.push(end),
  });
  const [one, other] = [new Seen(), new Seen()];
  client.subscribe({ query: WATCH }, one.sink());
  client.subscribe({ query: WATCH }, other.sink());
  await one.until(() => one.ended !== undefined, 'the end');
  await other.until(() => other.ended !== undefined, 'the end');
  expect(one.ended).toMatchObject({ code: 4401, reason: 'Unauthorized' });
  expect(ends).toEqual([{ code: 4401, reason: 'Unauthorized', signedOut: true }]);
  expect(statuses.all).toEqual(['connecting', 'ended']);
  expect(proxy.connections).toBe(1);

  token = ROOT_TOKEN;
  const again = new Seen();
  client.subscribe({ query: WATCH }, again.sink());
  await again.until(() => again.batches.length > 0, 'a batch');
  expect(client.status).toBe('live');
});

it('comes back with a fresh token when the old one is revoked, and with a later one when it cannot be had at once', async () => {
  const make = () =>
    server.api.mutate(
      `mutation { accessTokenCreate(input: { name: "live", permissions: [WEBHOOKS_MANAGE] }) {
         errors { message } accessToken { id } value } }`,
    );
  const first = await make();
  const second = await make();
  const asked: string[] = [];
  const { client, statuses } = watched({
    connectionParams: async () => {
      asked.push(asked.length === 0 ? first.value : second.value);
      if (asked.length === 2) throw new Error('the token server is away');
      return { Authorization: `Bearer ${asked.at(-1)}` };
    },
  });
  const seen = new Seen();
  client.subscribe({ query: WATCH, variables: { after: await server.api.beginning() } }, seen.sink());
  await statuses.until('live');
  // So the socket without a token closes, with a code that is final, when the next attempt is under way.
  proxy.delayMs = 100;
  await server.api.mutate('mutation ($id: ID!) { accessTokenRevoke(id: $id) { errors { message } } }', {
    id: first.accessToken.id,
  });
  await statuses.until('live', 2);
  expect(asked).toHaveLength(3);
  expect(seen.ended).toBeUndefined();
});

it('gives up a connection through which nothing comes, standing or not yet made, and finds another', async () => {
  const { client, statuses } = watched({ timing: { keepAliveMs: 50, answerMs: 150 } });
  const seen = new Seen();
  client.subscribe({ query: WATCH }, seen.sink());
  await statuses.until('live');
  await seen.until(() => seen.batches.length > 0, 'a cursor');
  proxy.fault = 'freeze';
  await statuses.until('reconnecting');
  const before = proxy.connections;
  await proxy.until(before + 3);
  await publishMany(server.api, 3);
  proxy.fault = 'pass';
  await statuses.until('live', 2);
  await seen.until(() => seen.rows().length >= 6, 'what came meanwhile');
  expect(new Set(seen.lines()).size).toBe(seen.lines().length);
});

it('outlives a server that is slow to answer', async () => {
  proxy.delayMs = 60;
  const { client, statuses } = watched({ timing: { keepAliveMs: 500, answerMs: 400 } });
  client.subscribe({ query: WATCH }, new Seen().sink());
  await statuses.until('live');
  const pongs = new Promise<void>((resolve) => {
    let count = 0;
    client.on('pong', (received) => received && ++count === 2 && resolve());
  });
  await pongs;
  expect(statuses.all).toEqual(['connecting', 'live']);
  expect(proxy.connections).toBe(1);
});

describe('a server that closes sockets with', () => {
  let strange: WebSocketServer;
  let connections: number;
  let code: number;

  beforeEach(async () => {
    connections = 0;
    strange = new WebSocketServer({
      port: 0,
      host: '127.0.0.1',
      handleProtocols: () => 'graphql-transport-ws',
    });
    strange.on('connection', (socket) => {
      connections++;
      socket.on('message', () => socket.close(code, 'because'));
    });
    await once(strange, 'listening');
  });

  afterEach(() => new Promise((resolve) => strange.close(resolve)));

  const connect = () => watched({}, `http://127.0.0.1:${(strange.address() as AddressInfo).port}`);

  it.each([1001, 1008, 1011, 1012, 1013, 4403, 4408, 4500])('%i is tried again', async (given) => {
    code = given;
    const { client, statuses } = connect();
    const seen = new Seen();
    client.subscribe({ query: WATCH }, seen.sink());
    while (connections < 3) await once(strange, 'connection');
    expect(client.status).toBe('reconnecting');
    expect(statuses.all).toEqual(['connecting', 'reconnecting']);
    expect(seen.ended).toBeUndefined();
  });

  it.each([1009, 4400, 4401, 4406, 4409, 4429])('%i is not', async (given) => {
    code = given;
    const { client, statuses } = connect();
    const seen = new Seen();
    client.subscribe({ query: WATCH }, seen.sink());
    await seen.until(() => seen.ended !== undefined, 'the end');
    expect(seen.ended).toMatchObject({ code, reason: 'because' });
    expect(statuses.all).toEqual(['connecting', 'ended']);
    expect(connections).toBe(1);
  });
});

it('closes the socket when nothing is subscribed to for a while, and uses it again until then', async () => {
  const { client } = watched({ timing: { lazyCloseMs: 100 } });
  const closed = new Promise<{ code: number }>((resolve) =>
    client.on('closed', (event) => resolve(event as { code: number })),
  );
  for (let turn = 0; turn < 3; turn++) {
    const seen = new Seen();
    const stop = client.subscribe({ query: WATCH }, seen.sink());
    await seen.until(() => seen.batches.length > 0, 'a batch');
    stop();
  }
  expect((await closed).code).toBe(1000);
  expect(proxy.connections).toBe(1);
});

it('does not wait out a long pause when somebody subscribes', async () => {
  proxy.fault = 'refuse';
  const { client, statuses } = watched({ timing: { longestRetryMs: 60_000, firstRetryMs: 60_000 } });
  const [early, late] = [new Seen(), new Seen()];
  client.subscribe({ query: WATCH }, early.sink());
  await statuses.until('reconnecting');
  await new Promise(setImmediate);
  proxy.fault = 'pass';
  client.subscribe({ query: WATCH }, late.sink());
  await early.until(() => early.batches.length > 0, 'a batch');
  await late.until(() => late.batches.length > 0, 'a batch');
});

it('dispose completes what is subscribed to, also while no server is there', async () => {
  proxy.fault = 'refuse';
  const { client, statuses } = watched({
    timing: { ...QUICK, longestRetryMs: 60_000, firstRetryMs: 60_000 },
  });
  const seen = new Seen();
  client.subscribe({ query: WATCH }, seen.sink());
  await statuses.until('reconnecting');
  await client.dispose();
  expect(seen.ended).toBe('completed');
  expect(statuses.all).toEqual(['connecting', 'reconnecting', 'idle']);
});

it('says what to do where there is no WebSocket', () => {
  const { WebSocket: kept } = globalThis as { WebSocket?: unknown };
  Object.assign(globalThis, { WebSocket: undefined });
  try {
    expect(() => createLiveClient({ url: proxy.url })).toThrow(/give webSocketImpl that of the package "ws"/);
    expect(createLiveClient({ url: proxy.url, webSocketImpl: WebSocket }).status).toBe('idle');
  } finally {
    Object.assign(globalThis, { WebSocket: kept });
  }
});
