/**
 * REL-24: a mixed load on three servers whose processes and database are killed at random, whose endpoints fail in
 * every way, whose webhooks are switched and edited meanwhile. At the end every id must be accounted for, in the tables,
 * at the receivers and in the stream, and the server that was never killed must be as it was.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { inversions } from './books.ts';
import { startBusy } from './busy-start.ts';
import { account, drain, type Fleet, startFleet } from './fleet.ts';
import { type Ground, onGround } from './ground.ts';
import { Chance, mostWithin, percentile, rounded } from './numbers.ts';
import type { Published, Publisher } from './publisher.ts';
import type { Scenario } from './scenario.ts';
import { StreamBook } from './stream-book.ts';
import { Editor } from './unrest.ts';
import { leftovers, MemoryWatch, settledVitals } from './vitals.ts';
import { createWebhooks, heal, type SoakWebhook } from './webhooks.ts';

/** Each event has some five deliveries. */
const EVENTS_PER_SECOND = 40;
const KILL_EVERY_MS: [number, number] = [10_000, 30_000];
const MEDDLE_EVERY_MS: [number, number] = [2_000, 6_000];
const DRAIN_MS = 180_000;
/** How much memory may grow, MB a minute, where the watch is long enough to tell growth from warm-up. */
const GROWTH = { mbPerMinute: 1, minMinutes: 8 };
/** The share of a run that is watched when its servers have all their senders after a fifth of it. */
const WATCHED_SHARE = 0.6;
/** Files and sockets more than before that are no leak: pools grow to their size. */
const SPARE_FILES = 12;
/** Rates are judged over windows of this length, with one second's worth to spare: a request may be late on its way. */
const RATE_WINDOW_S = 10;

/** The scenario. */
export const ledgerSoak: Scenario = ({ minutes, seed, say }) =>
  onGround(async (ground) => {
    const fleet = await startFleet(ground, seed);
    const { steady, receivers, killer } = fleet;
    const webhooks = await createWebhooks(steady.api, receivers, fleet.chance);
    const before = steady.vitals();
    const stream = new StreamBook(steady, await steady.api.beginning());
    const beginning = await startBusy(fleet, seed + 3);
    const { senders, seconds } = beginning.figures;
    say(`${senders} senders after ${seconds} s, in which ${beginning.figures.events} events were published`);
    beginning.broken.forEach(say);
    const publisher = fleet.publisher({ perSecond: EVENTS_PER_SECOND });
    const editor = new Editor(steady, webhooks, new Chance(seed + 2));
    say(`${webhooks.length} webhooks, ${EVENTS_PER_SECOND} events/s for ${minutes} minutes …`);

    const memory = new MemoryWatch(steady);
    const stop = new AbortController();
    publisher.start();
    const unrest = [killer.rage(KILL_EVERY_MS, stop.signal), editor.meddle(MEDDLE_EVERY_MS, stop.signal)];
    await sleep(minutes * 60_000);
    stop.abort();
    await Promise.all(unrest);
    await publisher.stop();
    const growth = memory.stop();
    say(`${publisher.published.size} events published; what is open drains …`);
    heal(receivers, webhooks);
    await drain(ground, DRAIN_MS);

    const streamFaults = await stream.close(ground);
    const books = await account(fleet, beginning.publisher, publisher);
    const left = await leftovers(ground);
    const after = before && (await settledVitals(steady, before, SPARE_FILES, 90_000));
    const order = judgeOrder(fleet, webhooks);
    const rate = judgeRates(fleet, webhooks);
    const broken = [...beginning.broken, ...books.broken, ...streamFaults, ...order.broken, ...rate.broken];

    for (const [name, count] of await openElsewhere(ground, webhooks))
      broken.push(`${count} deliveries are open although their endpoint ${name} answers`);
    const whileOff = editor.arrivedWhileOff(receivers.arrivals);
    if (whileOff.length > 0)
      broken.push(`${whileOff.length} requests came to endpoints that were off, such as ${whileOff[0]}`);
    if (minutes * WATCHED_SHARE >= GROWTH.minMinutes && growth.minutes < GROWTH.minMinutes)
      broken.push(
        `memory was watched for ${rounded(growth.minutes, 1)} minutes with ${growth.senders} senders, less than ${GROWTH.minMinutes}`,
      );
    if (growth.minutes >= GROWTH.minMinutes && growth.mbPerMinute > GROWTH.mbPerMinute)
      broken.push(
        `memory grew by ${rounded(growth.mbPerMinute, 2)} MB a minute, more than ${GROWTH.mbPerMinute}`,
      );
    if (before && after && after.files > before.files + SPARE_FILES)
      broken.push(`${after.files} files and sockets are open, ${before.files} were`);
    if (left.locks + left.idleInTransaction > 0)
      broken.push(
        `${left.locks} locks and ${left.idleInTransaction} idle transactions are left: ${left.holders[0]}`,
      );
    return {
      figures: {
        seed,
        minutes,
        webhooks: webhooks.length,
        ...books.figures,
        beginning: beginning.figures,
        edits: editor.done,
        streamLines: stream.lines,
        streamBreaks: stream.breaks,
        streamDisorder: stream.disorder,
        inversions: order.count,
        orderedArrivals: order.of,
        ratePeaks: rate.peaks,
        rss: { ...growth, mbPerMinute: rounded(growth.mbPerMinute, 3), minutes: rounded(growth.minutes, 1) },
        files: before && after && { before: before.files, after: after.files },
        sockets: before && after && { before: before.sockets, after: after.sockets },
        ...left,
        latencyMs: latencies(fleet, webhooks, publisher),
      },
      broken,
    };
  });

/** Open deliveries of endpoints that can be reached: what is left to one whose name does not exist waits for it. */
async function openElsewhere(
  ground: Ground,
  webhooks: SoakWebhook[],
): Promise<[name: string, count: number][]> {
  const names = new Map(
    webhooks.filter(({ kind }) => kind !== 'gone').map((row) => [row.endpointId, row.name]),
  );
  const rows = await ground.rows<{ endpoint_id: string; open: number }>(
    'select endpoint_id, count(*)::int as open from delivery_queue where endpoint_id = any ($1) group by endpoint_id',
    [[...names.keys()]],
  );
  return rows.map((row) => [names.get(row.endpoint_id)!, row.open]);
}

/** From the first try to publish to the first arrival, at endpoints that always answer: everything, and what no kill was near. */
function latencies({ receivers, killer }: Fleet, webhooks: SoakWebhook[], publisher: Publisher) {
  const healthy = new Set(webhooks.filter(({ kind }) => kind === 'healthy').map(({ name }) => name));
  const byEvent = new Map<string, Published>(
    [...publisher.published.values()].map((event) => [event.eventId, event]),
  );
  const offset = Date.now() - performance.now();
  const near = (at: number): boolean =>
    killer.kills.some((kill) => at + offset > kill.at - 1_000 && at + offset < kill.until + 5_000);
  const all: number[] = [];
  const calm: number[] = [];
  for (const { endpoint, eventId, attempt, at } of receivers.arrivals) {
    const event = byEvent.get(eventId);
    if (attempt !== 1 || !event || !healthy.has(endpoint)) continue;
    all.push(at - event.sentAt);
    if (!near(event.sentAt)) calm.push(at - event.sentAt);
  }
  return {
    p50: rounded(percentile(all, 50), 1),
    p99: rounded(percentile(all, 99), 1),
    calmP50: rounded(percentile(calm, 50), 1),
    calmP99: rounded(percentile(calm, 99), 1),
  };
}

function judgeOrder({ receivers }: Fleet, webhooks: SoakWebhook[]) {
  const ordered = new Set(webhooks.filter((webhook) => webhook.ordered).map(({ name }) => name));
  const found = inversions(receivers.arrivals, ordered);
  return {
    count: found.length,
    of: receivers.arrivals.filter(({ endpoint }) => ordered.has(endpoint)).length,
    broken:
      found.length > 0 ? [`${found.length} requests came after a later event's, such as ${found[0]}`] : [],
  };
}

/** Of each endpoint with a rate: the most requests in one second, and in one long window, which must not be over. */
function judgeRates({ receivers }: Fleet, webhooks: SoakWebhook[]) {
  const broken: string[] = [];
  const peaks = Object.fromEntries(
    webhooks
      .filter(({ ratePerSecond }) => ratePerSecond !== null)
      .map(({ name, ratePerSecond }) => {
        const moments = receivers.arrivals.filter(({ endpoint }) => endpoint === name).map(({ at }) => at);
        const most = mostWithin(moments, RATE_WINDOW_S * 1000);
        const limit = ratePerSecond! * (RATE_WINDOW_S + 1);
        if (most > limit)
          broken.push(`${name} got ${most} requests in ${RATE_WINDOW_S} s, more than ${limit}`);
        return [
          name,
          { ratePerSecond, inOneSecond: mostWithin(moments, 1000), [`in${RATE_WINDOW_S}Seconds`]: most },
        ];
      }),
  );
  return { peaks, broken };
}
