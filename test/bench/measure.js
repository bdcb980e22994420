/** What is measured of a system, whatever it is. Each measurement checks its books first: published = attempts in the database, all succeeded = hits at the sink. */
import { setTimeout as sleep } from 'node:timers/promises';

import { now, quantile } from './numbers.js';

/** Events in one publish. */
export const BATCH = 500;
/** How long the results of requests that have arrived may take to be recorded, ms. */
const SETTLE_MS = 20_000;
const LOOK_MS = 20;

/**
 * What is measured. Its senders are off until they are started. publish() returns how many were taken
 * for one delivery each; settled() is true when nothing is left to be sent or recorded; cpu() is in
 * microseconds since the start of what runs now, by role.
 * @typedef {object} System
 * @property {string} name
 * @property {string} configuration
 * @property {Record<string, string>} versions
 * @property {Promise<never>} died Rejects when one of its processes ends unasked.
 * @property {(senders?: number) => Promise<unknown>} startSenders
 * @property {() => Promise<unknown>} stopSenders
 * @property {(ids: string[]) => Promise<number>} publish
 * @property {() => Promise<boolean>} settled
 * @property {() => Promise<Attempts>} attempts Since the start.
 * @property {() => Record<string, number>} cpu
 */

/** @typedef {{ made: number, succeeded: number }} Attempts */
/** @typedef {import('./receiver.js').Receiver} Receiver */
/** @typedef {{ perSecond: number, cpu: Record<string, number> }} Drained Deliveries per second, and microseconds of CPU for each of them, by role. */

/** What the books say when they do not agree. */
export class CountError extends Error {}

let phases = 0;

/** Ids of entities that no other phase has. @param {number} count */
export function freshIds(count) {
  phases += 1;
  return Array.from({ length: count }, (_, index) => `p${phases}-${index}`);
}

/**
 * Publishes while no sender runs, then starts them: deliveries per second from the first arrival to the
 * last; CPU from the first arrival until the last result is recorded, so that no process is measured at its start.
 * @param {System} system @param {Receiver} receiver @param {{ jobs: number, senders?: number }} load @returns {Promise<Drained>}
 */
export async function drain(system, receiver, { jobs, senders }) {
  const ids = freshIds(jobs);
  const open = await openBooks(system, receiver);
  let published = 0;
  for (let from = 0; from < jobs; from += BATCH)
    published += await orDeath(system, system.publish(ids.slice(from, from + BATCH)));
  const cpu = () => ({ ...system.cpu(), receiver: receiver.cpu() });
  const started = system.startSenders(senders);
  started.catch(() => undefined);
  const before = await orDeath(system, receiver.wait(1, limitFor(0)).then(cpu));
  await orDeath(system, started);
  const { firstAt, lastAt } = await orDeath(system, receiver.wait(jobs, limitFor(jobs)));
  await settle(system);
  const after = cpu();
  await closeBooks(system, receiver, open, { published, count: jobs });
  await system.stopSenders();
  return { perSecond: (jobs - 1) / ((lastAt - firstAt) / 1000), cpu: perJob(before, after, jobs) };
}

/** Who is no part of the system. */
const APART = 'receiver';

/** @param {Record<string, number>} before @param {Record<string, number>} after @param {number} jobs @returns {Record<string, number>} */
export function perJob(before, after, jobs) {
  const used = Object.entries(after).map(
    ([role, total]) => /** @type {const} */ ([role, (total - (before[role] ?? 0)) / jobs]),
  );
  const together = used.filter(([role]) => role !== APART).reduce((sum, [, one]) => sum + one, 0);
  return { ...Object.fromEntries(used), together };
}

/**
 * Publishes single events at a steady rate, whether or not the one before has been answered.
 * Milliseconds from the start of each publish call to the arrival at the sink.
 * @param {System} system @param {Receiver} receiver @param {{ rate: number, seconds: number }} load
 */
export async function latency(system, receiver, { rate, seconds }) {
  const ids = freshIds(rate * seconds);
  const open = await openBooks(system, receiver);
  /** @type {Map<string, number>} */
  const starts = new Map();
  /** @type {Promise<number>[]} */
  const calls = [];
  const startedAt = now();
  for (const [index, id] of ids.entries()) {
    await sleep(Math.max(0, startedAt + (index * 1000) / rate - now()));
    starts.set(id, now());
    const call = system.publish([id]);
    call.catch(() => undefined);
    calls.push(call);
  }
  const taken = await orDeath(system, Promise.all(calls));
  const published = taken.reduce((sum, one) => sum + one, 0);
  await orDeath(system, receiver.wait(ids.length, limitFor(ids.length)));
  await settle(system);
  await closeBooks(system, receiver, open, { published, count: ids.length });
  const { arrivals = [] } = await receiver.report(true);
  const times = arrivals.map(([id, at]) => at - Number(starts.get(id)));
  return { p50: quantile(times, 0.5), p90: quantile(times, 0.9), p99: quantile(times, 0.99) };
}

/** A minute, and the time that a hundredth of the usual rate would take, ms. @param {number} count */
export function limitFor(count) {
  return 60_000 + count * 20;
}

/** @template T @param {{ died: Promise<never> }} system @param {Promise<T>} work @returns {Promise<T>} */
export function orDeath(system, work) {
  return Promise.race([work, system.died]);
}

/** Waits until the results are recorded; the books tell if they never are. @param {System} system */
export async function settle(system) {
  for (const until = now() + SETTLE_MS; now() < until; await sleep(LOOK_MS))
    if (await orDeath(system, system.settled())) return;
}

/** Begins to count. @param {System} system @param {Receiver} receiver */
export async function openBooks(system, receiver) {
  await receiver.begin();
  return system.attempts();
}

/** Throws CountError when what was published, recorded and received since then is not the same. @param {System} system @param {Receiver} receiver @param {Attempts} before @param {{ published: number, count: number }} expected */
export async function closeBooks(system, receiver, before, { published, count }) {
  const after = await system.attempts();
  checkBooks(system.name, count, {
    published,
    attempts: after.made - before.made,
    succeeded: after.succeeded - before.succeeded,
    ...hitsOf(await receiver.report()),
  });
}

/** What the sink has to say. @param {import('./receiver.js').Report} report */
export function hitsOf({ hits, distinct, unsigned }) {
  return { hits, 'different hits': distinct, 'signed hits': hits - unsigned };
}

/** Throws CountError unless all are as many. @param {string} name @param {number} wanted @param {Record<string, number>} books */
export function checkBooks(name, wanted, books) {
  if (Object.values(books).every((value) => value === wanted)) return;
  const numbers = Object.entries(books).map(([what, value]) => `${what} ${value}`);
  throw new CountError(`The books of ${name} do not agree: wanted ${wanted}, ${numbers.join(', ')}.`);
}
