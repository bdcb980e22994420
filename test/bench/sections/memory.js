/** Whether a server that sends and sends keeps what it sent, and what one costs that has nothing to do. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { startBellwire } from '../bellwire.js';
import { say } from '../ground.js';
import { BATCH, closeBooks, freshIds, limitFor, openBooks, orDeath, settle } from '../measure.js';
import { median, now, slope } from '../numbers.js';
import { startReceiver } from '../receiver.js';

/** How far the publisher is ahead of the arrivals, deliveries. */
const AHEAD = 10_000;
/** Samples of a run; the share of them that is warm-up: compilers, caches and pools fill. */
const SAMPLES = 400;
const WARM_UP = 0.25;
/** Of so many samples in a row the lowest counts: the heap goes from 75 to 255 MB and back within some 16 of them, and RSS with it. */
const WINDOW = 40;
/** Before what is idle is measured, ms: a start has an aftermath. */
const REST_MS = 5_000;
/** When the last of that is over, ms after the start: a collection of V8 after some 20 s (0.34 s of CPU), the first housekeeping after 60 s. */
const SETTLED_MS = 75_000;

/** How often all garbage of the main thread is collected on the way: what is held then is what a leak would add to. */
const COLLECTIONS = 40;

/** @typedef {{ sent: number, rss: number, heap: number, senders: number, held?: number }} Sample Memory in MB after so many deliveries, and how many senders were at work: each has a thread with a heap of its own. held: what was left of the heap by a collection just before. */

/** @param {import('../server.js').Server} server @param {number} sent @returns {Promise<Sample>} */
async function sampleOf({ pid, metrics }, sent) {
  const text = await metrics();
  const gauge = (/** @type {string} */ name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  const heap = gauge('nodejs_heap_size_used_bytes') / 2 ** 20;
  return { sent, rss: rssOf(pid), heap, senders: gauge('bellwire_senders') };
}

/** Of a process, MB; NaN where the system does not tell. @param {number} pid */
function rssOf(pid) {
  if (process.platform !== 'linux') return NaN;
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Publishes all, ever so far ahead of the arrivals, and samples. @param {Awaited<ReturnType<typeof startBellwire>>} system @param {import('../receiver.js').Receiver} receiver @param {number} jobs */
async function sendAll(system, receiver, jobs) {
  const books = await openBooks(system, receiver);
  const ids = freshIds(jobs);
  const samples = [await sampleOf(system.server, 0)];
  let published = 0;
  let nextTold = 0.1;
  for (let from = 0; from < jobs; from += BATCH) {
    const waitFor = Math.max(0, from - AHEAD);
    await orDeath(system, receiver.wait(waitFor, limitFor(AHEAD)));
    if (waitFor > (samples.length * jobs) / SAMPLES) {
      const due = samples.length % (SAMPLES / COLLECTIONS) === 0;
      const held = due ? await orDeath(system, system.server.collect()) : undefined;
      samples.push({ ...(await sampleOf(system.server, waitFor)), ...(due && { held }) });
    }
    if (waitFor >= nextTold * jobs) {
      const { rss, heap } = samples[samples.length - 1];
      say(`memory: ${waitFor} of ${jobs} sent, RSS ${rss.toFixed(0)} MB, heap ${heap.toFixed(0)} MB …`);
      nextTold += 0.1;
    }
    published += await orDeath(system, system.publish(ids.slice(from, from + BATCH)));
  }
  const { firstAt, lastAt } = await orDeath(system, receiver.wait(jobs, limitFor(AHEAD)));
  await settle(system);
  await closeBooks(system, receiver, books, { published, count: jobs });
  samples.push(await sampleOf(system.server, jobs));
  return { samples, perSecond: (jobs - 1) / ((lastAt - firstAt) / 1000) };
}

/** CPU of a server with nothing to do: the share of one core, %, for the server and for PostgreSQL. @param {Awaited<ReturnType<typeof startBellwire>>} system @param {number} seconds */
async function idleCpu(system, seconds) {
  const [before, startedAt] = [system.cpu(), now()];
  await orDeath(system, sleep(seconds * 1000));
  const after = system.cpu();
  const share = (/** @type {string} */ role) =>
    (after[role] - before[role]) / 1e4 / ((now() - startedAt) / 1000);
  return { service: share('service'), postgres: share('postgres') };
}

/**
 * How much memory rises with what is sent, MB for 1,000,000 deliveries, and from the first point to the last, by the value in the middle, %.
 * A further sender is a step and no rise: points with as many senders lie on a line, and those of all numbers have one slope. NaN of less
 * than three points, which tell nothing.
 * @param {{ x: number, y: number, senders: number }[]} points
 */
function growthOf(points) {
  if (points.length < 3) return { perMillion: NaN, percent: NaN };
  const level = points.map((point) => {
    const alike = points.filter(({ senders }) => senders === point.senders);
    const mean = (/** @type {'x' | 'y'} */ key) =>
      alike.reduce((sum, one) => sum + one[key], 0) / alike.length;
    return { x: point.x - mean('x'), y: point.y - mean('y') };
  });
  const perDelivery = slope(level);
  const span = points[points.length - 1].x - points[0].x;
  const middle = median(points.map(({ y }) => y));
  return { perMillion: perDelivery * 1e6, percent: (100 * perDelivery * span) / middle };
}

/** The lowest of each few samples: what lies above it is garbage that has not been collected yet. A window in which a sender started is none. @param {Sample[]} samples */
function lowestOf(samples) {
  const points = [];
  for (let from = 0; from < samples.length; from += WINDOW) {
    const window = samples.slice(from, from + WINDOW);
    const [{ sent, senders }] = window;
    if (window.every((sample) => sample.senders === senders))
      points.push({ x: sent, y: Math.min(...window.map(({ rss }) => rss)), senders });
  }
  return points;
}

/** What was held after each collection. @param {Sample[]} samples */
function heldOf(samples) {
  return samples.flatMap(({ sent, senders, held }) =>
    held === undefined ? [] : [{ x: sent, y: held, senders }],
  );
}

export const memory = {
  name: 'memory',
  about: `The CPU of a server that is idle (--seconds), as it has started and when that is over; then its memory over many deliveries, published as they go out.`,
  options: { jobs: 1_000_000, seconds: 60 },

  /** @param {import('../ground.js').Ground} ground @param {{ jobs: number, seconds: number }} options @returns {Promise<import('../report.js').Section>} */
  async run(ground, { jobs, seconds }) {
    const receiver = await startReceiver(ground);
    const system = await startBellwire(ground, { target: receiver.url, role: 'all', collects: true });
    const startedAt = now();
    await orDeath(system, sleep(REST_MS));
    say(`memory: idle for ${seconds} s …`);
    const started = await idleCpu(system, seconds);
    await orDeath(system, sleep(Math.max(0, startedAt + SETTLED_MS - now())));
    say(`memory: idle for ${seconds} s more …`);
    const idle = await idleCpu(system, seconds);
    const { samples, perSecond } = await sendAll(system, receiver, jobs);
    const warm = samples.filter(({ sent }) => sent >= jobs * WARM_UP);
    const [rss, held] = [growthOf(lowestOf(warm)), growthOf(heldOf(warm))];
    const quarters = [0, 1, 2, 3].map((quarter) =>
      samples.filter(({ sent }) => sent >= (quarter / 4) * jobs && sent <= ((quarter + 1) / 4) * jobs),
    );
    const of = (/** @type {Sample[]} */ some, /** @type {'senders' | 'rss' | 'heap'} */ key) =>
      some.map((sample) => sample[key]);
    return {
      title: `one server over ${jobs} deliveries at ${Math.round(perSecond)}/s, ${samples.length} samples. Medians [min-max] of each quarter.`,
      columns: [
        'senders',
        'RSS, MB',
        'heap used, MB',
        'held after a collection, MB',
        'idle: server, % of a core',
        'idle: PostgreSQL, % of a core',
      ],
      rows: [
        {
          label: `nothing to do since the start, ${seconds} s`,
          values: [[], [], [], [], [started.service], [started.postgres]],
        },
        {
          label: `nothing to do later, ${seconds} s`,
          values: [[], [], [], [], [idle.service], [idle.postgres]],
        },
        ...quarters.map((some, index) => ({
          label: `quarter ${index + 1} of the deliveries`,
          values: [of(some, 'senders'), of(some, 'rss'), of(some, 'heap'), heldOf(some).map(({ y }) => y)],
        })),
        {
          label: 'slope after quarter 1 by number of senders, MB per 1,000,000',
          values: [[], [rss.perMillion], [], [held.perMillion]],
        },
      ],
      notes: [
        `Bellwire: ${system.configuration}. The garbage of its main thread is collected ${COLLECTIONS} times on the way.`,
        `The slope of RSS is that of the lowest of ${WINDOW} samples in a row.`,
      ],
      options: { jobs, seconds },
      versions: [system.versions],
      targets: [
        { name: 'growth of RSS after quarter 1, %', wanted: { atMost: 10 }, measured: rss.percent },
        {
          name: 'growth of what is held after quarter 1, %',
          wanted: { atMost: 10 },
          measured: held.percent,
        },
        { name: 'idle CPU of the server, % of a core', wanted: { atMost: 1 }, measured: idle.service },
        { name: 'idle CPU of PostgreSQL, % of a core', wanted: { atMost: 1 }, measured: idle.postgres },
      ],
    };
  },
};
