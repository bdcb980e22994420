/** Endpoints that fail, through the whole server: paused, probed, ramped up; told to wait; never asked again. */
import { figure } from '../support/figure.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, publishMany, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const ENDPOINT = `query ($id: ID!) { node(id: $id) { ... on Endpoint { status statusReason failingSince } } }`;
const DELIVERIES = `query ($filter: DeliveryFilterInput) {
  deliveries(first: 100, filter: $filter) { nodes { id status attemptCount nextAttemptAt latestAttempt { startedAt failure { code } } } }
}`;
const WATCH = `subscription ($after: StreamCursor, $filter: DeliveryFilterInput) {
  deliveryEvents(after: $after, filter: $filter, mode: EVERY_EVENT, minIntervalMs: 0) { cursor events { kind } }
}`;

let server: TestServer;
const opened: { close(): Promise<unknown> }[] = [];

async function start(settings: Record<string, string> = {}): Promise<void> {
  server = await startServer({
    BELLWIRE_PROBE_INTERVAL: '300ms',
    BELLWIRE_RETRY_SCHEDULE: '0s,20ms,20ms,20ms,20ms,20ms,20ms,20ms',
    ...settings,
  });
  await registerResource(server.api);
}

async function receiverOf(answer: Parameters<typeof startReceiver>[0]): Promise<Receiver> {
  const receiver = await startReceiver(answer);
  opened.push(receiver);
  return receiver;
}

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  await server.stop();
});

async function endpoint(id: string): Promise<any> {
  return await server.api.run(ENDPOINT, { id });
}

/** Waits for a state that no stream tells of. */
async function until<T>(read: () => Promise<T>, fits: (value: T) => boolean): Promise<T> {
  const end = performance.now() + 15_000;
  for (;;) {
    const value = await read();
    if (fits(value)) return value;
    if (performance.now() > end) throw new Error(`still ${JSON.stringify(value)}`);
    await server.app.db.reads.query('select pg_sleep(0.02)');
  }
}

/** Resolves when so many deliveries of a webhook have reached a state, by the stream. */
async function counted(webhookId: string, kind: string, count: number): Promise<void> {
  const stream = server.api.subscribe(WATCH, {
    after: await server.api.beginning(),
    filter: { webhookId },
  });
  opened.push(stream);
  await stream.until(
    (batches) =>
      batches.flatMap((batch) => batch.events).filter((event: { kind: string }) => event.kind === kind)
        .length >= count,
    30_000,
  );
}

describe('an endpoint that fails', () => {
  it('is paused after ten requests, probed one by one, and gets what waited when it is back, two, four, eight at a time (REL-08)', async () => {
    await start();
    let down = true;
    let open = 0;
    const peaks: number[] = [];
    const receiver = await receiverOf((_hit, response) => {
      open += 1;
      peaks.push(open);
      setTimeout(() => {
        open -= 1;
        response.writeHead(down ? 503 : 204).end();
      }, 20);
    });
    const webhook = await createWebhook(server.api, receiver.url, {
      advanced: { retrySchedule: [0, ...Array.from({ length: 15 }, () => 0)], maxConcurrency: 8 },
    });
    await publishMany(server.api, 100);
    const paused = await until(
      () => endpoint(webhook.endpointId),
      ({ status: state }) => state === 'PAUSED',
    );
    expect(paused.failingSince).not.toBeNull();
    // Paused, nothing comes but probes, one at a time.
    const atPause = receiver.hits.length;
    peaks.splice(0);
    await receiver.until(atPause + 3);
    expect(Math.max(...peaks)).toBe(1);
    // Twice the wait before the next one, each time (300 ms at first, ±20 %).
    const probes = receiver.hits.slice(atPause).map((hit) => hit.at);
    expect(probes[1]! - probes[0]!).toBeGreaterThan(470);
    expect(probes[2]! - probes[1]!).toBeGreaterThan(950);
    down = false;
    peaks.splice(0);
    await counted(webhook.id, 'SUCCEEDED', 100);
    expect(peaks[0]).toBe(1);
    expect(Math.max(...peaks)).toBeLessThanOrEqual(8);
    expect(await endpoint(webhook.endpointId)).toEqual({
      status: 'ACTIVE',
      statusReason: null,
      failingSince: null,
    });
    expect(new Set(receiver.hits.map((hit) => hit.headers['webhook-id'])).size).toBe(100);
    figure('REL-08', {
      requestsBeforePause: atPause,
      peakAfter: Math.max(...peaks),
      firstAfter: peaks[0],
      lost: 0,
    });
  });

  it('eight times of ten is paused, although successes come in between (REL-08)', async () => {
    await start({ BELLWIRE_PROBE_INTERVAL: '1h' });
    // Many at once: results of one moment are recorded together, successes among them.
    const receiver = await receiverOf(
      (_hit, response, count) => void response.writeHead(count % 10 < 8 ? 500 : 204).end(),
    );
    const webhook = await createWebhook(server.api, receiver.url, { advanced: { retrySchedule: [0, 600] } });
    await publishMany(server.api, 300);
    const paused = await until(
      () => endpoint(webhook.endpointId),
      ({ status: state }) => state === 'PAUSED',
    );
    expect(paused.statusReason).toContain('status other than 2xx');
    expect(receiver.hits.length).toBeLessThan(150);
  });

  it('again after its pause, before it had all it takes, is paused at once (REL-08)', async () => {
    await start();
    let answer: (count: number) => number = () => 500;
    const receiver = await receiverOf(
      (_hit, response, count) => void response.writeHead(answer(count)).end(),
    );
    const webhook = await createWebhook(server.api, receiver.url, {
      advanced: { retrySchedule: [0, ...Array.from({ length: 15 }, () => 0)] },
    });
    /** How often it was paused, a failed probe included; 0 while it is not. */
    const trips = async (): Promise<number> => {
      const { rows } = await server.app.db.reads.query<{ trips: number }>(
        `select trips from endpoint_circuits where endpoint_id = $1 and state = 'OPEN'`,
        [webhook.endpointId],
      );
      return rows[0]?.trips ?? 0;
    };
    await publishMany(server.api, 40);
    await until(trips, (count) => count >= 2);
    // One probe succeeds, and nothing after it.
    let succeeded: number | undefined;
    answer = (count) => ((succeeded ??= count) === count ? 204 : 500);
    await receiver.find(() => succeeded !== undefined);
    await until(trips, (count) => count >= 1);
    // Two at once after the probe, and not ten more to see that it fails.
    expect(receiver.hits.length - succeeded!).toBeLessThan(6);
  });

  it('by a fault of this server is not paused for it', async () => {
    // What goes wrong is on purpose: no lines of it.
    await start({ BELLWIRE_PROBE_INTERVAL: '1h', BELLWIRE_LOG_LEVEL: 'silent' });
    const receiver = await receiverOf(status(204));
    const webhook = await createWebhook(server.api, receiver.url, { advanced: { retrySchedule: [600] } });
    await publishMany(server.api, 15);
    const { engine } = server.app.db;
    await engine.query('delete from event_payloads');
    await engine.query('update delivery_queue set due_at = clock_timestamp()');
    await counted(webhook.id, 'FAILED', 15);
    const { nodes } = await server.api.run(DELIVERIES, { filter: { webhookId: webhook.id } });
    expect(nodes[0].latestAttempt.failure.code).toBe('INTERNAL');
    expect(receiver.hits).toEqual([]);
    await publish(server.api, clientEvent('proof'));
    await engine.query('update delivery_queue set due_at = clock_timestamp() where sender is null');
    await receiver.until(1);
    expect(await endpoint(webhook.endpointId)).toEqual({
      ...{ status: 'ACTIVE', statusReason: null, failingSince: null },
    });
  });

  it('now and then is never paused (REL-08)', async () => {
    await start();
    const receiver = await receiverOf(
      (_hit, response, count) => void response.writeHead(count % 2 ? 500 : 204).end(),
    );
    const webhook = await createWebhook(server.api, receiver.url);
    await publishMany(server.api, 60);
    await counted(webhook.id, 'SUCCEEDED', 60);
    expect((await endpoint(webhook.endpointId)).status).toBe('ACTIVE');
    expect((await server.app.db.reads.query(`select 1 from endpoint_circuits where trips > 0`)).rows).toEqual(
      [],
    );
  });

  it('gets what somebody asks for by hand although it is paused, and its success ends the pause', async () => {
    await start({ BELLWIRE_PROBE_INTERVAL: '1h' });
    let answer = 500;
    const receiver = await receiverOf((_hit, response) => void response.writeHead(answer).end());
    const webhook = await createWebhook(server.api, receiver.url);
    await publishMany(server.api, 12);
    await until(
      () => endpoint(webhook.endpointId),
      ({ status: state }) => state === 'PAUSED',
    );
    answer = 204;
    const before = receiver.hits.length;
    const { nodes } = await server.api.run(DELIVERIES, {
      filter: { webhookId: webhook.id, status: ['RETRY_SCHEDULED', 'PENDING'] },
    });
    expect(nodes.length).toBeGreaterThan(0);
    await server.api.mutate(`mutation ($id: ID!) { deliveryRetry(id: $id) { errors { code message } } }`, {
      id: nodes[0].id,
    });
    const hit = await receiver.find(
      (other) => other.headers['webhook-id'] === nodes[0].id && receiver.hits.indexOf(other) >= before,
    );
    expect(hit.method).toBe('POST');
    await counted(webhook.id, 'SUCCEEDED', nodes.length);
    expect((await endpoint(webhook.endpointId)).status).toBe('ACTIVE');
  });
});

describe('a receiver that says when to come back', () => {
  it.each([
    [429, () => '2', 2_000],
    [503, () => new Date(Date.now() + 3_000).toUTCString(), 2_000],
  ])(
    'with %i and Retry-After is left alone until then, by all deliveries (REL-10)',
    async (code, header, waitMs) => {
      await start();
      const receiver = await receiverOf((_hit, response, count) =>
        count === 1
          ? void response.writeHead(code, { 'retry-after': header() }).end()
          : void response.writeHead(204).end(),
      );
      const webhook = await createWebhook(server.api, receiver.url);
      await publish(server.api, clientEvent('first'));
      await counted(webhook.id, 'RETRY_SCHEDULED', 1);
      expect((await endpoint(webhook.endpointId)).statusReason).toMatch(/asked/i);
      await publish(server.api, clientEvent('second'));
      const hits = await receiver.until(3);
      const gap = hits[1]!.at - hits[0]!.at;
      expect(gap).toBeGreaterThanOrEqual(waitMs - 5);
      expect(gap).toBeLessThan(waitMs + 3_000);
      figure('REL-10', { status: code, askedMs: waitMs, waitedMs: Math.round(gap) });
    },
  );

  it.each(['315360000', '-5', 'soon'])(
    'in a way that cannot be meant (%s) is not waited for beyond the limit (REL-10)',
    async (value) => {
      await start({ BELLWIRE_MAX_RETRY_AFTER: '400ms' });
      const receiver = await receiverOf(
        (_hit, response, count) =>
          void response.writeHead(count === 1 ? 503 : 204, count === 1 ? { 'retry-after': value } : {}).end(),
      );
      await createWebhook(server.api, receiver.url);
      await publish(server.api, clientEvent('first'));
      const hits = await receiver.until(2);
      const gap = hits[1]!.at - hits[0]!.at;
      expect(gap).toBeLessThan(2_500);
      if (value === '315360000') expect(gap).toBeGreaterThanOrEqual(395);
      figure('REL-10', { value, capMs: 400, waitedMs: Math.round(gap) });
    },
  );

  it('gets half as many requests at once when it says that it has too much to do, and more again while it does not', async () => {
    await start();
    let open = 0;
    const peaks: number[] = [];
    const first: (() => void)[] = [];
    const receiver = await receiverOf((_hit, response, count) => {
      open += 1;
      peaks.push(open);
      const answer = (code: number): void => {
        open -= 1;
        response.writeHead(code).end();
      };
      // Eight failures do not open a circuit; all of them are on the wire before the first is answered.
      if (count > 8) setTimeout(() => answer(204), 50);
      else if (first.push(() => answer(429)) === 8) first.forEach((reply) => reply());
    });
    const webhook = await createWebhook(server.api, receiver.url, { advanced: { maxConcurrency: 8 } });
    await publishMany(server.api, 80);
    await counted(webhook.id, 'SUCCEEDED', 80);
    expect(Math.max(...peaks.slice(0, 8))).toBe(8);
    expect(Math.max(...peaks.slice(8, 12))).toBeLessThanOrEqual(4);
    expect(Math.max(...peaks.slice(60))).toBeGreaterThan(4);
  });
});

it('a redirect is a failure, and is never followed (REL-08)', async () => {
  await start();
  const receiver = await receiverOf((hit, response) =>
    hit.path === '/hooks'
      ? void response.writeHead(307, { location: '/elsewhere' }).end()
      : status(204)(hit, response, 0),
  );
  const webhook = await createWebhook(server.api, receiver.url, { advanced: { retrySchedule: [0] } });
  await publish(server.api, clientEvent('first'));
  await counted(webhook.id, 'FAILED', 1);
  expect(receiver.hits.map((hit) => hit.path)).toEqual(['/hooks']);
});
