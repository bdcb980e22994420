/** A page that is hidden asks for nothing, and misses nothing. */
import { EventEmitter } from 'node:events';

import type { LiveClient, Page } from '../../src/client/index.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { createWebhook, publishMany, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { logLines, quickClient, Seen, Statuses, WATCH } from './watching.ts';

/** What a client sees of a document. */
class Tab extends EventEmitter implements Page {
  visibilityState = 'visible';

  addEventListener(type: string, listener: () => void): void {
    this.on(type, listener);
  }

  removeEventListener(type: string, listener: () => void): void {
    this.off(type, listener);
  }

  turn(state: 'visible' | 'hidden'): void {
    this.visibilityState = state;
    this.emit('visibilitychange');
  }
}

let server: TestServer;
let receiver: Receiver;
let proxy: FaultProxy;
let client: LiveClient;
let tab: Tab;

beforeEach(async () => {
  server = await startServer();
  receiver = await startReceiver();
  proxy = await startFaultProxy(server.app.url);
  await registerResource(server.api);
  await createWebhook(server.api, receiver.url);
  tab = new Tab();
  client = quickClient(proxy.url, { pauseWhileHidden: tab });
});

afterEach(async () => {
  await client.dispose();
  await proxy.close();
  await server.stop();
  await receiver.close();
});

it('rests while it is hidden, its socket closed, and then shows what came meanwhile, each line once', async () => {
  const statuses = new Statuses();
  client.onStatus(statuses.take);
  const seen = new Seen();
  const stop = client.subscribe(
    { query: WATCH, variables: { after: await server.api.beginning() } },
    seen.sink(),
  );
  await publishMany(server.api, 5);
  await seen.until(() => seen.rows().length >= 10, 'rows before');
  const closed = new Promise((resolve) => client.on('closed', resolve));
  tab.turn('hidden');
  expect(client.status).toBe('idle');
  await closed;
  await publishMany(server.api, 5);
  await receiver.until(10);
  expect(seen.rows()).toHaveLength(10);
  expect(proxy.connections).toBe(1);
  tab.turn('visible');
  await seen.until(() => seen.rows().length >= 20, 'rows meanwhile');
  await statuses.until('live', 2);
  expect(statuses.all.slice(-3)).toEqual(['connecting', 'catching-up', 'live']);
  expect(seen.lines().sort()).toEqual(await logLines(server.app));
  stop();
  expect(seen.ended).toBe('completed');
  expect(tab.listenerCount('visibilitychange')).toBe(0);
});

it('a subscription that begins while it is hidden waits, and one that ends then is not taken up again', async () => {
  tab.turn('hidden');
  const [gone, kept] = [new Seen(), new Seen()];
  const stop = client.subscribe({ query: WATCH }, gone.sink());
  client.subscribe({ query: WATCH }, kept.sink());
  stop();
  expect(gone.ended).toBe('completed');
  expect(proxy.connections).toBe(0);
  tab.turn('visible');
  await kept.until(() => kept.batches.length > 0, 'a batch');
  expect(gone.batches).toEqual([]);
});

it('a subscription that could not go on keeps running', async () => {
  const statuses = new Statuses();
  client.onStatus(statuses.take);
  const heard = new Promise<void>((resolve) =>
    client.subscribe<{ webhookChanges: { webhook: { name: string } } }>(
      { query: 'subscription { webhookChanges { webhook { name } } }' },
      {
        next: ({ data }) => data?.webhookChanges.webhook.name === 'Hidden' && resolve(),
        error: () => undefined,
        complete: () => undefined,
      },
    ),
  );
  await statuses.until('live');
  tab.turn('hidden');
  await createWebhook(server.api, receiver.url, { details: { name: 'Hidden' } });
  await heard;
  expect(client.status).toBe('live');
});
