/**
 * A beginning in which a server gets all its senders. It starts further ones only when it is busy and leaves work waiting; under a load
 * that it keeps up with that may be in its first minute or, as seen, in the thirteenth of 20, and its memory is judged only from then on.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { createWebhook } from '../support/scenario.ts';
import { drain, type Fleet, openDeliveries, SENDERS } from './fleet.ts';
import { rounded } from './numbers.ts';
import { BUSY_TOPIC, Publisher, RESOURCE } from './publisher.ts';
import { answers } from './receivers.ts';

/** Endpoints that answer at once: each event is work for the sender more than for who publishes it. */
const ENDPOINTS = 4;
/** In large batches a server takes more than one sender gets sent. */
const BATCH = 100;
const LOOK_EVERY_MS = 250;
/** How long it may take until all senders are at work: a server asks each second whether it was busy; and until all is sent, ms. */
const BUSY_MS = 60_000;
const DRAIN_MS = 120_000;

/** What it came to. */
export interface BusyStart {
  /** Has published what is to be in the books. */
  publisher: Publisher;
  figures: { senders: number; seconds: number | null; events: number };
  broken: string[];
}

/** Publishes through the steady server until it has all its senders, and waits until all of that is sent. */
export async function startBusy({ ground, steady, receivers }: Fleet, seed: number): Promise<BusyStart> {
  for (let index = 1; index <= ENDPOINTS; index += 1)
    await createWebhook(steady.api, receivers.endpoint(`busy-${index}`, answers(204)), {
      triggers: [{ resource: RESOURCE, event: BUSY_TOPIC }],
    });
  const publisher = new Publisher({
    ...{ api: () => steady.api, perSecond: Infinity, batch: BATCH, topics: [BUSY_TOPIC], prefix: 'b', seed },
  });
  const startedAt = performance.now();
  publisher.start();
  let senders = 1;
  while (senders < SENDERS && performance.now() < startedAt + BUSY_MS) {
    await sleep(LOOK_EVERY_MS);
    // One that does not answer in time has as many as before.
    senders = await steady.senders().catch(() => senders);
  }
  const seconds = rounded((performance.now() - startedAt) / 1000, 1);
  await publisher.stop();
  await drain(ground, DRAIN_MS);
  const broken: string[] = [];
  if (senders < SENDERS)
    broken.push(
      `${steady.name} had ${senders} of ${SENDERS} senders after ${seconds} s of more than it got sent`,
    );
  const open = await openDeliveries(ground);
  if (open > 0) broken.push(`${open} deliveries of the beginning are still open`);
  return { publisher, figures: { senders, seconds, events: publisher.published.size }, broken };
}
