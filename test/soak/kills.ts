/** REL-01: of three servers under load one is killed, twenty times over, each time with requests on the wire. */
import { setTimeout as sleep } from 'node:timers/promises';

import { createWebhook } from '../support/scenario.ts';
import { account, drain, LEASE_MS, POLL_MS, startFleet } from './fleet.ts';
import { onGround } from './ground.ts';
import { rounded } from './numbers.ts';
import { RESOURCE } from './publisher.ts';
import { answers } from './receivers.ts';
import type { Scenario } from './scenario.ts';
import { TIMEOUT_MS } from './webhooks.ts';

const KILLS = 20;
const EVENTS_PER_SECOND = 40;
/** Each request takes so long, so that some are on the wire at every kill, ms. */
const ANSWER_MS = 300;
const WEBHOOKS = 4;
const BETWEEN_MS: [number, number] = [1_000, 3_000];
const DRAIN_MS = 60_000;
/** From a claim that was lost to the next one: the lease, a poll (jittered by a quarter), and some for a busy machine, ms. */
const RESCUE_MS = LEASE_MS + 1.25 * POLL_MS + 3_000;

/** The scenario. */
export const killsSoak: Scenario = ({ scale, seed, say }) =>
  onGround(async (ground) => {
    const fleet = await startFleet(ground, seed);
    const { steady, receivers, killer, chance } = fleet;
    for (let index = 1; index <= WEBHOOKS; index++) {
      const target = receivers.endpoint(`slow-${index}`, answers(204, ANSWER_MS));
      await createWebhook(steady.api, target, {
        triggers: [{ resource: RESOURCE, event: 'create' }],
        advanced: { timeoutMs: TIMEOUT_MS },
      });
    }
    const publisher = fleet.publisher({ perSecond: EVENTS_PER_SECOND, topics: ['create'] });
    publisher.start();
    const kills = Math.max(1, Math.round(KILLS * scale));
    for (let kill = 1; kill <= kills; kill++) {
      await sleep(chance.between(...BETWEEN_MS));
      await killer.kill('SIGKILL');
    }
    await publisher.stop();
    say(`${kills} kills, ${publisher.published.size} events; what is open drains …`);
    await drain(ground, DRAIN_MS);

    const { figures, broken } = await account(fleet, publisher);
    const [late] = await ground.rows<{ ms: number | null }>(
      `select max(extract(epoch from retry.started_at - lost.started_at) * 1000)::float8 as ms
       from attempts lost join attempts retry on retry.delivery_id = lost.delivery_id and retry.number = lost.number + 1
       where lost.outcome = 'LOST'`,
    );
    const rescueMs = late!.ms ?? 0;
    if (rescueMs > RESCUE_MS)
      broken.push(`a lost attempt was made up for after ${rounded(rescueMs)} ms, more than ${RESCUE_MS}`);
    const gone = receivers.arrivals.filter((arrival) => arrival.gone).length;
    if (gone === 0) broken.push('no request was on the wire at any kill');
    if (figures.pending > 0) broken.push(`${figures.pending} deliveries are still open`);
    if (figures.dead > 0) broken.push(`${figures.dead} deliveries failed`);
    return { figures: { seed, ...figures, onTheWireAtKills: gone, rescueMs: rounded(rescueMs) }, broken };
  });
