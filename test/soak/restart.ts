/** REL-12: PostgreSQL goes away under load, for half a minute and by immediate restarts; deliveries go on when it is back. */
import { setTimeout as sleep } from 'node:timers/promises';

import { createWebhook } from '../support/scenario.ts';
import { account, drain, type Fleet, openDeliveries, startFleet } from './fleet.ts';
import { onGround } from './ground.ts';
import { rounded } from './numbers.ts';
import { RESOURCE } from './publisher.ts';
import { answers } from './receivers.ts';
import type { Scenario } from './scenario.ts';
import { TIMEOUT_MS } from './webhooks.ts';

const DOWN_MS = 30_000;
const RESTARTS = 3;
const EVENTS_PER_SECOND = 40;
/** With answers so slow more comes in than goes out at once, so that something is due when the database comes back, ms. */
const ANSWER_MS = 400;
const WEBHOOKS = 6;
const LOAD_MS = 8_000;
const CLAIMS_AGAIN_MS = 5_000;
const DRAIN_MS = 120_000;

/** The scenario. */
export const restartSoak: Scenario = ({ scale, seed, say }) =>
  onGround(async (ground) => {
    const fleet = await startFleet(ground, seed);
    const { steady, receivers } = fleet;
    for (let index = 1; index <= WEBHOOKS; index++) {
      const target = receivers.endpoint(`slow-${index}`, answers(204, ANSWER_MS));
      await createWebhook(steady.api, target, {
        triggers: [{ resource: RESOURCE, event: 'create' }],
        advanced: { timeoutMs: TIMEOUT_MS },
      });
    }
    const publisher = fleet.publisher({ perSecond: EVENTS_PER_SECOND, topics: ['create'] });
    publisher.start();
    const downMs = Math.max(2_000, DOWN_MS * scale);
    const outages: { name: string; openBefore: number; claimsAgainMs: number | null }[] = [];
    for (let restart = 0; restart <= RESTARTS; restart++) {
      await sleep(LOAD_MS);
      const openBefore = await openDeliveries(ground);
      const down = restart === 0;
      const name = down ? `down ${rounded(downMs / 1000)} s` : 'restart immediate';
      const claimsAgainMs = await outage(fleet, name, async () => {
        if (!down) return ground.postgres.crash('SIGQUIT');
        await ground.postgres.stop();
        await sleep(downMs);
        await ground.postgres.start();
      });
      say(`${name}: claims again after ${rounded(claimsAgainMs)} ms`);
      outages.push({ name, openBefore, claimsAgainMs: rounded(claimsAgainMs) });
    }
    await sleep(LOAD_MS);
    await publisher.stop();
    await drain(ground, DRAIN_MS);
    const { figures, broken } = await account(fleet, publisher);
    for (const { name, claimsAgainMs } of outages)
      if (claimsAgainMs === null || claimsAgainMs > CLAIMS_AGAIN_MS)
        broken.push(`after "${name}" nothing was claimed for ${claimsAgainMs ?? 'more than 30,000'} ms`);
    if (figures.pending > 0) broken.push(`${figures.pending} deliveries are still open`);
    return { figures: { seed, outages, ...figures }, broken };
  });

/** Runs an outage; how long after its end (the database takes connections) the first newly claimed request arrives, ms. */
async function outage(fleet: Fleet, name: string, work: () => Promise<void>): Promise<number> {
  const { killer, receivers } = fleet;
  const kill = { kind: name, at: Date.now(), until: Infinity, inFlight: null };
  killer.kills.push(kill);
  await work();
  const backAt = performance.now();
  const first = new Promise<number>((resolve) => {
    const timer = setTimeout(() => resolve(NaN), 30_000);
    receivers.onArrival = () => {
      receivers.onArrival = () => undefined;
      clearTimeout(timer);
      resolve(performance.now() - backAt);
    };
  });
  kill.until = Date.now();
  return first;
}
