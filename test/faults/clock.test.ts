/** A process whose clock is wrong: what it sends carries the database's time, and the operator is told. */
import { pino } from 'pino';

import { asked, scrape } from '../support/probe.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { ROOT_TOKEN, startServer, type TestServer } from '../support/server.ts';

const HOURS_MS = 3_600_000;
/** Receivers refuse a signature that is five minutes off; a busy machine takes a part of a second. */
const TOLERANCE_S = 2;

const RealDate = Date;
const real = (): number => RealDate.now();
let aheadMs = 0;

/** This machine's clock, set to another time: for everybody who asks it, in whatever way. */
class WrongDate extends RealDate {
  constructor(...given: []) {
    if (given.length === 0) super(real() + aheadMs);
    else super(...given);
  }
  static override now(): number {
    return real() + aheadMs;
  }
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof RealDate;
  }
}
let server: TestServer;
let receiver: Receiver;
const log: Record<string, unknown>[] = [];
const logger = pino({ level: 'info' }, { write: (line) => void log.push(JSON.parse(line) as never) });

beforeEach(async () => {
  globalThis.Date = WrongDate as DateConstructor;
  receiver = await startReceiver();
});

afterEach(async () => {
  await server.stop();
  await receiver.close();
  globalThis.Date = RealDate;
  log.length = 0;
});

const skew = async () =>
  (await scrape(`${server.api.url}/metrics`, ROOT_TOKEN)).get('bellwire_clock_skew_seconds')!;

/** Publishes, and says how far the signature's time is from the receiver's, s. */
async function signatureOff(entityId: string): Promise<number> {
  await publish(server.api, clientEvent(entityId));
  const hit = await receiver.find((one) => one.body.includes(`"entityId":"${entityId}"`));
  return Number(hit.headers['webhook-timestamp']) - real() / 1000;
}

it.each([
  ['ahead', 2 * HOURS_MS],
  ['behind', -2 * HOURS_MS],
])('signs by the database’s clock when its own is two hours %s, and says so', async (_name, ms) => {
  aheadMs = ms;
  server = await startServer({}, { logger });
  await registerResource(server.api);
  await createWebhook(server.api, receiver.url);
  expect(Math.abs(await signatureOff('c-1'))).toBeLessThan(TOLERANCE_S);
  expect(await skew()).toBeCloseTo(ms / 1000, 0);
  const told = log.filter((line) => typeof line['skewMs'] === 'number');
  expect(told).toEqual([expect.objectContaining({ level: 40 })]);
  expect(Math.abs((told[0]!['skewMs'] as number) - ms)).toBeLessThan(1_000);
  // The recorded attempt is told by the same clock.
  const { startedAt } = await asked(
    async () => {
      const page = await server.api.run(
        '{ deliveries(first: 1) { nodes { attempts(first: 1) { nodes { startedAt } } } } }',
      );
      return page.nodes[0].attempts.nodes[0] as { startedAt: string };
    },
    (attempt) => attempt !== undefined,
  );
  expect(Math.abs(Date.parse(startedAt) - real())).toBeLessThan(10_000);
});

it('notices that its clock was set while it runs, and that it was set right again', async () => {
  aheadMs = 0;
  server = await startServer({}, { logger });
  await registerResource(server.api);
  await createWebhook(server.api, receiver.url);
  expect(Math.abs(await signatureOff('right'))).toBeLessThan(TOLERANCE_S);
  expect(Math.abs(await skew())).toBeLessThan(1);
  aheadMs = -2 * HOURS_MS;
  // The attempt that notices it begins a measurement; later ones are signed by it.
  await signatureOff('first');
  await asked(skew, (seconds) => Math.abs(seconds + 7_200) < 1);
  expect(Math.abs(await signatureOff('second'))).toBeLessThan(TOLERANCE_S);
  aheadMs = 0;
  await signatureOff('third');
  await asked(skew, (seconds) => Math.abs(seconds) < 1);
  expect(log.map((line) => line['msg']).filter((text) => /clock/.test(String(text)))).toEqual([
    expect.stringContaining('off from'),
    expect.stringContaining('agrees with'),
  ]);
});
