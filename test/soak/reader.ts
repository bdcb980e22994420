/** GQL-09: a subscriber stops reading while 10,000 events are delivered: the server keeps nothing for it, drops nothing, and the others are on time. */
import { setTimeout as sleep } from 'node:timers/promises';

import { createWebhook } from '../support/scenario.ts';
import { drain } from './fleet.ts';
import { onGround } from './ground.ts';
import { percentile, rounded } from './numbers.ts';
import { Publisher, registerOrders, RESOURCE } from './publisher.ts';
import { answers, Receivers } from './receivers.ts';
import type { Scenario } from './scenario.ts';
import type { ServerNode } from './server-node.ts';
import { StreamReader } from './stream-reader.ts';

const EVENTS = 10_000;
const EVENTS_PER_SECOND = 150;
const OTHERS = 4;
const MEMORY_MB = 50;
const P99_MS = 500;
/** On a machine where others are not on time even while everybody reads, they may be later by this factor. */
const P99_RATIO = 1.5;
const CATCH_UP_MS = 60_000;

/** The scenario. */
export const readerSoak: Scenario = ({ scale, seed, say }) =>
  onGround(async (ground) => {
    const node = await ground.node({ name: 'server', role: 'all' });
    const receivers = await Receivers.start();
    ground.atEnd(() => receivers.down());
    await registerOrders(node.api);
    await createWebhook(node.api, receivers.endpoint('taker', answers(204)), {
      triggers: [{ resource: RESOURCE, event: 'create' }],
    });
    const cursor = await node.api.beginning();
    const others = Array.from({ length: OTHERS }, () => new StreamReader(node, cursor));
    const stopper = new StreamReader(node, cursor);
    const all = [...others, stopper];
    ground.atEnd(async () => all.forEach((reader) => reader.close()));
    const publish = async (count: number, prefix: string) => {
      const publisher = new Publisher({
        api: () => node.api,
        perSecond: EVENTS_PER_SECOND,
        batch: 5,
        seed,
        prefix,
        topics: ['create'],
      });
      const peak = peakMemory(node);
      publisher.start();
      while (publisher.published.size < count && publisher.faults.length === 0) await sleep(50);
      await publisher.stop();
      await drain(ground, 60_000);
      return { peakMb: peak.stop(), faults: publisher.faults, count: publisher.published.size };
    };

    const events = Math.round(EVENTS * scale);
    // The control is the same load while everybody reads: it warms up what is compared, too.
    const control = await publish(events, 'control');
    await untilEqual(all, 2 * control.count, CATCH_UP_MS);
    const controlP99 = percentile(
      others.flatMap((reader) => reader.delaysMs),
      99,
    );
    for (const reader of others) reader.delaysMs.length = 0;
    say(`everybody reads: ${rounded(control.peakMb)} MB; one stops …`);
    stopper.pause();
    const paused = await publish(events, 'paused');
    const expected = 2 * (control.count + paused.count);
    await untilEqual(others, expected, CATCH_UP_MS);
    const delays = others.flatMap((reader) => reader.delaysMs);
    const readWhilePaused = stopper.lines.size;
    const lossesWhilePaused = stopper.losses.length;
    stopper.resume();
    const resumedAt = performance.now();
    await untilEqual([stopper], expected, CATCH_UP_MS);
    const caughtUpMs = performance.now() - resumedAt;

    const growthMb = paused.peakMb - control.peakMb;
    const p99 = percentile(delays, 99);
    const missing = [...others[0]!.lines].filter((line) => !stopper.lines.has(line)).length;
    const repeats = all.reduce((sum, reader) => sum + reader.repeats, 0);
    const broken = [
      ...control.faults,
      ...paused.faults,
      ...all.flatMap((reader) => reader.faults),
      ...ground.deaths(),
    ];
    if (growthMb >= MEMORY_MB)
      broken.push(`memory grew by ${rounded(growthMb)} MB, not less than ${MEMORY_MB}`);
    const p99Limit = Math.max(P99_MS, P99_RATIO * controlP99);
    if (!(p99 < p99Limit))
      broken.push(`the others' p99 was ${rounded(p99)} ms, not below ${rounded(p99Limit)}`);
    if (others.some((reader) => reader.lines.size !== expected))
      broken.push(
        `the others read ${others.map((reader) => reader.lines.size).join(', ')} of ${expected} lines`,
      );
    if (missing > 0 || stopper.lines.size !== expected)
      broken.push(`who had stopped read ${stopper.lines.size} of ${expected} lines`);
    if (repeats > 0) broken.push(`${repeats} lines came twice`);
    if (others.some((reader) => reader.losses.length > 0)) broken.push('another reader lost its connection');
    return {
      figures: {
        seed,
        events: paused.count,
        lines: expected,
        othersP50Ms: rounded(percentile(delays, 50)),
        othersP99Ms: rounded(p99),
        controlP99Ms: rounded(controlP99),
        controlPeakMb: rounded(control.peakMb),
        pausedPeakMb: rounded(paused.peakMb),
        growthMb: rounded(growthMb),
        readWhilePaused: readWhilePaused - 2 * control.count,
        lossesWhilePaused,
        closeCodes: [...stopper.losses],
        caughtUpMs: rounded(caughtUpMs),
        missing,
        repeats,
        loggedErrors: ground.errors(),
      },
      broken,
    };
  });

/** Watches a server's memory until stop(), which tells the peak, MB. */
function peakMemory(node: ServerNode): { stop(): number } {
  let peak = node.vitals()?.rssMb ?? NaN;
  const timer = setInterval(() => (peak = Math.max(peak, node.vitals()?.rssMb ?? NaN)), 250);
  return {
    stop: () => {
      clearInterval(timer);
      return peak;
    },
  };
}

/** Waits until readers have so many lines, or the limit has passed. */
async function untilEqual(readers: StreamReader[], count: number, limitMs: number): Promise<void> {
  const end = performance.now() + limitMs;
  while (readers.some((reader) => reader.lines.size < count) && performance.now() < end) await sleep(20);
}
