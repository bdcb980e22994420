/** The webhooks of the ledger: some thirty, whose endpoints behave as endpoints do. */
import type { Api } from '../support/api.ts';
import { createWebhook } from '../support/scenario.ts';
import type { Chance } from './numbers.ts';
import { RESOURCE, type Topic, TOPICS } from './publisher.ts';
import { answers, breaksOff, hangs, type Manner, type Receivers, resets } from './receivers.ts';

/** How long a request may take at these endpoints, ms. */
export const TIMEOUT_MS = 2_000;

/** Waits before attempts, s. */
const RETRY_SCHEDULE = [0, 1, 1, 2, 3, 5];

/** One webhook with one endpoint. */
export interface SoakWebhook {
  /** Also the path of its endpoint. */
  name: string;
  /** The first word of the name: what it stands for. */
  kind: string;
  id: string;
  endpointId: string;
  topic: Topic;
  ordered: boolean;
  ratePerSecond: number | null;
}

/** What a kind of endpoint is made of. */
interface Kind {
  kind: string;
  count: number;
  manner: Manner;
  host?: string;
  advanced?: Record<string, unknown>;
}

/** Sometimes this, else that. */
function sometimes(chance: Chance, probability: number, rare: Manner, usual: Manner): Manner {
  return (response, arrival) => (chance.happens(probability) ? rare : usual)(response, arrival);
}

function kinds(chance: Chance): Kind[] {
  const healthy = answers(204, 5);
  return [
    { kind: 'healthy', count: 10, manner: answers(204) },
    { kind: 'slow', count: 3, manner: answers(200, 150) },
    {
      kind: 'failing',
      count: 4,
      manner: sometimes(chance, 0.3, answers(500), healthy),
      // So that some are dead in the end, one in eleven.
      advanced: { retrySchedule: [0, 1] },
    },
    { kind: 'resetting', count: 2, manner: sometimes(chance, 0.3, resets, healthy) },
    { kind: 'hanging', count: 2, manner: sometimes(chance, 0.1, hangs, healthy) },
    { kind: 'breaking', count: 1, manner: breaksOff },
    {
      kind: 'throttling',
      count: 2,
      manner: sometimes(chance, 0.15, answers(429, 0, { 'retry-after': '1' }), healthy),
    },
    { kind: 'unresolved', count: 2, manner: healthy, host: 'flaky.soak.test' },
    { kind: 'gone', count: 1, manner: healthy, host: 'gone.soak.test' },
    { kind: 'dead', count: 1, manner: answers(503) },
    {
      kind: 'ordered',
      count: 2,
      manner: sometimes(chance, 0.1, answers(500), healthy),
      advanced: { ordering: 'PER_ENTITY' },
    },
    {
      kind: 'rated',
      count: 2,
      manner: healthy,
      // A little more than comes: what outages leave behind is caught up with at this rate.
      advanced: { ratePerSecond: 8 },
    },
  ];
}

/** Creates them all; the topics go round, so that every event has several listeners. */
export async function createWebhooks(api: Api, receivers: Receivers, chance: Chance): Promise<SoakWebhook[]> {
  const made: SoakWebhook[] = [];
  for (const { kind, count, manner, host, advanced } of kinds(chance)) {
    for (let index = 1; index <= count; index++) {
      const name = `${kind}-${index}`;
      const topic = TOPICS[made.length % TOPICS.length]!;
      const { id, endpointId } = await createWebhook(api, receivers.endpoint(name, manner, host), {
        details: { name },
        triggers: [{ resource: RESOURCE, event: topic }],
        advanced: { timeoutMs: TIMEOUT_MS, retrySchedule: RETRY_SCHEDULE, ...advanced },
      });
      const ratePerSecond = (advanced?.['ratePerSecond'] as number | undefined) ?? null;
      made.push({ name, kind, id, endpointId, topic, ordered: kind === 'ordered', ratePerSecond });
    }
  }
  return made;
}

/** The world recovers: what failed by its receiver answers from now on. Names stay as they are. */
export function heal(receivers: Receivers, webhooks: SoakWebhook[]): void {
  for (const { name } of webhooks) receivers.behave(name, answers(204));
}
