/**
 * Publishes events at a steady rate in lanes: each lane waits for its answer before its next batch, so that the order
 * of an entity's events, which stay in one lane, is known. Every event has an idempotency key; a batch whose answer was
 * lost or failed is repeated until it is answered, as a host application would.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import type { Api } from '../support/api.ts';
import { Chance } from './numbers.ts';

/** The resource of the soak's events, and its events: what triggers listen to. */
export const RESOURCE = 'orders';
export const TOPICS = ['create', 'update', 'pay', 'ship', 'refund', 'close'] as const;
/** One more, which only the load of a beginning publishes (busy-start.ts). */
export const BUSY_TOPIC = 'open';

/** The name of one of its events. */
export type Topic = (typeof TOPICS)[number] | typeof BUSY_TOPIC;

/** An event that was answered for. */
export interface Published {
  eventId: string;
  topic: Topic;
  entityId: string;
  /** The number of the event in its entity. */
  seq: number;
  deliveryCount: number;
  /** When its batch was sent, first and last; performance.now(). */
  sentAt: number;
  answeredAt: number;
  /** How often it was sent before it was answered. */
  repeats: number;
}

/** How it publishes. */
export interface PublisherOptions {
  /** Where to send a batch to; asked anew for each try. */
  api: () => Api;
  perSecond: number;
  seed: number;
  lanes?: number;
  batch?: number;
  /** Events of these only; all when left out. */
  topics?: readonly Topic[];
  /** What the ids of its entities begin with: two publishers on one database need two. */
  prefix?: string;
}

const PUBLISH = `mutation Publish($input: [EventInput!]!) {
  eventsPublish(input: $input) {
    errors { code field message }
    events { duplicate deliveryCount event { id } }
  }
}`;

/** Entities of each lane: few, so that each has many events. */
const ENTITIES = 20;
/** How long an answer is waited for, then how long until the repeat, ms. */
const ANSWER_MS = 20_000;
const AGAIN_MS = 250;
/** How long a batch is repeated, ms; longer than any outage of a scenario. */
const GIVE_UP_MS = 180_000;

/** Registers the resource, with a model that holds what the ledger looks for. */
export async function registerOrders(api: Api): Promise<void> {
  await api.mutate(
    `mutation ($input: CatalogResourceInput!) { resourceRegister(input: $input) { errors { code field message } } }`,
    {
      input: {
        name: RESOURCE,
        label: 'Order',
        model: 'type Order { id: ID! seq: Int! note: String }',
        events: [...TOPICS, BUSY_TOPIC].map((name) => ({ name, label: name })),
      },
    },
  );
}

/** A publisher; run it once. */
export class Publisher {
  /** By idempotency key. */
  readonly published = new Map<string, Published>();
  /** Batches that were never answered, or refused: each is a fault. */
  readonly faults: string[] = [];
  /** Tries that brought no answer, or an error. */
  lostAnswers = 0;
  /** Events that a repeat found published already. */
  duplicates = 0;
  readonly #options: Required<PublisherOptions>;
  #running = false;
  #lanes: Promise<void>[] = [];

  constructor(options: PublisherOptions) {
    this.#options = { lanes: 8, batch: 4, topics: TOPICS, prefix: 'o', ...options };
  }

  /** Begins. */
  start(): void {
    this.#running = true;
    this.#lanes = Array.from({ length: this.#options.lanes }, (_, lane) => this.#run(lane));
  }

  /** Ends after the batches that are under way have been answered. */
  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#lanes);
  }

  async #run(lane: number): Promise<void> {
    const { lanes, batch, perSecond, topics, prefix, seed } = this.#options;
    const chance = new Chance(seed + lane);
    const everyMs = (lanes * batch * 1000) / perSecond;
    const sequences = new Map<string, number>();
    // Lanes take turns, so that load is even.
    let nextAt = performance.now() + (everyMs * lane) / lanes;
    while (this.#running) {
      await sleep(Math.max(0, nextAt - performance.now()));
      // What an outage held up is not made up for.
      nextAt = Math.max(nextAt + everyMs, performance.now());
      const events = Array.from({ length: batch }, () => {
        const entityId = `${prefix}-${lane}-${Math.floor(chance.next() * ENTITIES)}`;
        const seq = (sequences.get(entityId) ?? 0) + 1;
        sequences.set(entityId, seq);
        return { topic: chance.pick(topics), entityId, seq };
      });
      if (this.#running) await this.#publish(events);
    }
  }

  async #publish(events: { topic: Topic; entityId: string; seq: number }[]): Promise<void> {
    const input = events.map(({ topic, entityId, seq }) => ({
      resource: RESOURCE,
      event: topic,
      entityId,
      payload: { id: entityId, seq, note: 'Soaked.' },
      idempotencyKey: `${entityId}/${seq}`,
    }));
    const sentAt = performance.now();
    for (let repeats = 0; performance.now() - sentAt < GIVE_UP_MS; repeats++) {
      const answer = await within(ANSWER_MS, this.#options.api().send(PUBLISH, { input }));
      const payload = answer?.data?.eventsPublish;
      if (answer === null || answer.errors || !payload) {
        this.lostAnswers += 1;
        await sleep(AGAIN_MS);
        continue;
      }
      if (payload.errors.length > 0)
        return void this.faults.push(`a publish was refused: ${JSON.stringify(payload.errors)}`);
      for (const [index, made] of payload.events.entries()) {
        if (made.duplicate) this.duplicates += 1;
        this.published.set(input[index]!.idempotencyKey, {
          ...events[index]!,
          eventId: made.event.id,
          deliveryCount: made.deliveryCount,
          sentAt,
          answeredAt: performance.now(),
          repeats,
        });
      }
      return;
    }
    this.faults.push(`a batch was not answered within ${GIVE_UP_MS / 1000} s`);
  }
}

/** The answer, or null when there was none in time. */
async function within<T>(limitMs: number, work: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), limitMs)));
  try {
    return await Promise.race([work, late]);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}
