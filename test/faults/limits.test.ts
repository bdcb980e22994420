/** Limits of an endpoint, kept over all servers: a rate, and requests at once. */
import { figure } from '../support/figure.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import { createWebhook, publishMany, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const KEYS = { BELLWIRE_ENCRYPTION_KEYS: `shared:${Buffer.alloc(32, 7).toString('base64')}` };

let first: TestServer;
let second: TestServer;
let receiver: Receiver;

beforeEach(async () => {
  const settings = { ...KEYS, BELLWIRE_ENDPOINT_LEASE: '500ms' };
  first = await startServer(settings);
  second = await startServer({ ...settings, DATABASE_URL: first.database.url });
  receiver = await startReceiver();
  await registerResource(first.api);
});

afterEach(async () => {
  await second.stop();
  await first.stop();
  await receiver.close();
});

/** The most arrivals in any second. */
function busiestSecond(times: number[]): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length));
}

it('a rate is kept exactly by two servers together, and goes on when the one that kept it leaves', async () => {
  receiver.answer = status(204);
  await createWebhook(first.api, receiver.url, { advanced: { ratePerSecond: 20 } });
  await publishMany(first.api, 40);
  await publishMany(second.api, 40, 500, 'd');
  await receiver.until(30);
  // Whichever of them it was.
  await second.app.stop();
  await receiver.until(50);
  const third = await startServer({
    ...KEYS,
    DATABASE_URL: first.database.url,
    BELLWIRE_ENDPOINT_LEASE: '500ms',
  });
  await first.app.stop();
  const hits = await receiver.until(80);
  await third.stop();
  const times = hits.map((hit) => hit.at);
  const seconds = (times.at(-1)! - times[0]!) / 1_000;
  figure('rate', {
    ratePerSecond: 20,
    busiestSecond: busiestSecond(times),
    seconds: Math.round(seconds * 100) / 100,
  });
  expect(new Set(hits.map((hit) => hit.headers['webhook-id'])).size).toBe(80);
  // One more for the way to the receiver, whose length varies.
  expect(busiestSecond(times)).toBeLessThanOrEqual(21);
  expect(seconds).toBeGreaterThanOrEqual(79 / 20 - 0.05);
}, 30_000);

it('requests at once are never more than the endpoint takes, from two servers together', async () => {
  let open = 0;
  let peak = 0;
  receiver.answer = (_hit, response) => {
    open += 1;
    peak = Math.max(peak, open);
    setTimeout(() => {
      open -= 1;
      response.writeHead(204).end();
    }, 10);
  };
  await createWebhook(first.api, receiver.url, { advanced: { maxConcurrency: 3 } });
  await Promise.all([publishMany(first.api, 100, 20), publishMany(second.api, 100, 20, 'd')]);
  await receiver.until(200, 20_000);
  figure('max-concurrency', { limit: 3, peak });
  expect(peak).toBe(3);
});
