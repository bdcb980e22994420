/** The two measurements. Each checks its books first: published = attempts in the database, all succeeded = hits at the sink. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Events in one publish. */
export const BATCH = 500;
/** How long the results of requests that have arrived may take to be recorded, ms. */
const SETTLE_MS = 20_000;
const LOOK_MS = 20;

/**
 * What is measured. publish() returns how many were taken for one delivery each; settled() is true
 * when nothing is left to be sent or recorded; cpu() is in microseconds since the start, by role.
 * @typedef {object} System
 * @property {string} name
 * @property {Record<string, string>} versions
 * @property {Promise<never>} died Rejects when one of its processes ends unasked.
 * @property {(ids: string[]) => Promise<number>} publish
 * @property {() => Promise<boolean>} settled
 * @property {() => Promise<{ made: number, succeeded: number }>} attempts Since the start.
 * @property {() => Record<string, number>} cpu
 */

/** @typedef {import('./receiver.js').Receiver} Receiver */

/** What the books say when they do not agree. */
export class CountError extends Error {}

let phases = 0;

/** Ids of entities that no other phase has. @param {number} count */
function freshIds(count) {
  phases += 1;
  return Array.from({ length: count }, (_, index) => `p${phases}-${index}`);
}

/**
 * Publishes in batches, one after the other as fast as they are taken, while deliveries go out.
 * Deliveries per second from the first publish to the last arrival; CPU in microseconds a delivery,
 * until the last result is recorded.
 * @param {System} system @param {Receiver} receiver @param {number} count
 */
export async function drain(system, receiver, count) {
  const ids = freshIds(count);
  const open = await openBooks(system, receiver);
  const cpuBefore = system.cpu();
  const publisherBefore = process.cpuUsage();
  const startedAt = now();
  let published = 0;
  for (let from = 0; from < count; from += BATCH)
    published += await orDeath(system, system.publish(ids.slice(from, from + BATCH)));
  const publishMs = now() - startedAt;
  const publisher = process.cpuUsage(publisherBefore);
  const { lastAt } = await orDeath(system, receiver.wait(count, limitFor(count)));
  await settle(system);
  const cpuAfter = system.cpu();
  await closeBooks(system, receiver, open, { published, count });
  /** @type {Record<string, number>} */
  const used = Object.fromEntries(
    Object.entries(cpuAfter).map(([role, total]) => [role, (total - cpuBefore[role]) / count]),
  );
  const together = Object.values(used).reduce((sum, one) => sum + one, 0);
  return {
    perSecond: count / ((lastAt - startedAt) / 1000),
    publishedPerSecond: count / (publishMs / 1000),
    cpu: /** @type {Record<string, number>} */ ({
      ...used,
      together,
      publisher: (publisher.user + publisher.system) / count,
    }),
  };
}

/**
 * Publishes single events at a steady rate, whether or not the one before has been answered.
 * Milliseconds from the start of the publish call to the arrival at the sink.
 * @param {System} system @param {Receiver} receiver @param {{ perSecond: number, seconds: number }} load
 */
export async function latency(system, receiver, { perSecond, seconds }) {
  const ids = freshIds(perSecond * seconds);
  const open = await openBooks(system, receiver);
  /** @type {Map<string, number>} */
  const starts = new Map();
  /** @type {Promise<number>[]} */
  const calls = [];
  const startedAt = now();
  for (const [index, id] of ids.entries()) {
    await sleep(Math.max(0, startedAt + (index * 1000) / perSecond - now()));
    starts.set(id, now());
    const call = system.publish([id]);
    call.catch(() => undefined);
    calls.push(call);
  }
  const taken = await orDeath(system, Promise.all(calls));
  const published = taken.reduce((sum, one) => sum + one, 0);
  await orDeath(system, receiver.wait(ids.length, limitFor(ids.length)));
  await settle(system);
  const { arrivals = [] } = await closeBooks(system, receiver, open, { published, count: ids.length });
  const sorted = arrivals.map(([id, at]) => at - Number(starts.get(id))).sort((a, b) => a - b);
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
}

/** The monotonic clock that all processes of this machine share, ms. */
function now() {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** A minute, and the time that a hundredth of the usual rate would take, ms. @param {number} count */
function limitFor(count) {
  return 60_000 + count * 20;
}

/** @template T @param {System} system @param {Promise<T>} work @returns {Promise<T>} */
function orDeath(system, work) {
  return Promise.race([work, system.died]);
}

/** Waits until the results are recorded; the books tell if they never are. @param {System} system */
async function settle(system) {
  for (const until = now() + SETTLE_MS; now() < until; await sleep(LOOK_MS))
    if (await orDeath(system, system.settled())) return;
}

/** @param {System} system @param {Receiver} receiver */
async function openBooks(system, receiver) {
  await receiver.begin();
  return system.attempts();
}

/** @param {System} system @param {Receiver} receiver @param {{ made: number, succeeded: number }} before @param {{ published: number, count: number }} expected */
async function closeBooks(system, receiver, before, { published, count }) {
  const after = await system.attempts();
  const report = await receiver.report(true);
  const books = {
    wanted: count,
    published,
    attempts: after.made - before.made,
    succeeded: after.succeeded - before.succeeded,
    hits: report.hits,
    'different hits': report.distinct,
    'signed hits': report.hits - report.unsigned,
  };
  if (Object.values(books).some((value) => value !== count)) {
    const numbers = Object.entries(books).map(([name, value]) => `${name} ${value}`);
    throw new CountError(`The books of ${system.name} do not agree: ${numbers.join(', ')}.`);
  }
  return report;
}

/** The value that a share of the sorted ones does not exceed (nearest rank). @param {number[]} sorted @param {number} share */
function quantile(sorted, share) {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
