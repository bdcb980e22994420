/** Replays as tests ask for them, and the deliveries that they are about. */
import type { Api } from './api.ts';
import type { Hit, Receiver } from './receiver.ts';
import { clientEvent, createWebhook, publish } from './scenario.ts';

const FIELDS = 'id status matched done succeeded failed ratePerSecond startedAt finishedAt';

/** What a replay sends: as the API's ReplayInput. */
export interface ReplayWish {
  filter: Record<string, unknown>;
  missingFor?: string;
  ratePerSecond?: number;
}

/** How many a replay would send. */
export function preview(api: Api, input: ReplayWish): Promise<{ value: number; precision: string }> {
  return api.run('query ($input: ReplayInput!) { replayPreview(input: $input) { value precision } }', {
    input,
  }) as Promise<{ value: number; precision: string }>;
}

/** Asks for a replay; as fast as may be, unless told otherwise. */
export function askReplay(api: Api, input: ReplayWish, idempotencyKey?: string): Promise<any> {
  return api.run(
    `mutation ($input: ReplayInput!, $key: String) { replayStart(input: $input, idempotencyKey: $key) {
       errors { code field message } replay { ${FIELDS} } } }`,
    { input: { ratePerSecond: 1000, ...input }, key: idempotencyKey },
  );
}

/** Starts one that must be taken. */
export async function startReplay(api: Api, input: ReplayWish): Promise<any> {
  const { errors, replay } = await askReplay(api, input);
  if (errors.length > 0) throw new Error(`refused: ${JSON.stringify(errors)}`);
  return replay;
}

/** Pauses, resumes or cancels one. */
export function moveReplay(api: Api, step: 'Pause' | 'Resume' | 'Cancel', id: string): Promise<any> {
  return api.run(
    `mutation ($id: ID!) { replay${step}(id: $id) { errors { code field message } replay { ${FIELDS} } } }`,
    { id },
  );
}

/** How one stands. */
export function readReplay(api: Api, id: string): Promise<any> {
  return api.run(`query ($id: ID!) { node(id: $id) { ... on Replay { ${FIELDS} } } }`, { id });
}

/** Resolves with a replay once it stands as is asked; the log of deliveries is the clock. */
export async function replayUntil(api: Api, id: string, holds: (replay: any) => boolean): Promise<any> {
  const stream = api.subscribe(
    'subscription { deliveryEvents(mode: EVERY_EVENT, minIntervalMs: 0) { cursor } }',
  );
  try {
    for (let looks = 0; ; looks += 1) {
      const replay = await readReplay(api, id);
      if (holds(replay)) return replay;
      if (looks === 300) throw new Error(`still ${JSON.stringify(replay)}`);
      const before = stream.received.length;
      await stream.until((received) => received.length > before);
    }
  } finally {
    await stream.close();
  }
}

/** Resolves with a replay once it has finished. */
export function finished(api: Api, id: string): Promise<any> {
  return replayUntil(api, id, ({ status }) => status === 'FINISHED');
}

/** The deliveries that a filter matches, the oldest first. */
export async function deliveriesOf(api: Api, filter: Record<string, unknown>): Promise<any[]> {
  const { nodes } = await api.run(
    `query ($filter: DeliveryFilterInput) { deliveries(first: 100, filter: $filter) { nodes {
       id status origin version attemptCount createdAt webhookNumber event { id resource name entityId }
       endpoint { id } latestAttempt { origin response { statusCode } } } } }`,
    { filter },
  );
  return nodes.reverse();
}

/** Resolves with the deliveries that a filter matches once there are so many and all have ended. */
export async function ended(api: Api, filter: Record<string, unknown>, count: number): Promise<any[]> {
  const stream = api.subscribe(
    'subscription { deliveryEvents(mode: EVERY_EVENT, minIntervalMs: 0) { cursor } }',
  );
  try {
    for (let looks = 0; ; looks += 1) {
      const found = await deliveriesOf(api, filter);
      const open = found.filter(({ status }) => !['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(status));
      if (found.length === count && open.length === 0) return found;
      if (looks === 100) throw new Error(`still ${JSON.stringify(found.map(({ status }) => status))}`);
      const before = stream.received.length;
      await stream.until((received) => received.length > before);
    }
  } finally {
    await stream.close();
  }
}

/** A webhook of its own, and as many of its deliveries as events, all of which have ended, the oldest first. */
export async function history(
  api: Api,
  receiver: Receiver,
  entities: string[],
  { event = 'create', ...options }: Parameters<typeof createWebhook>[2] & { event?: string } = {},
) {
  const webhook = await createWebhook(api, receiver.url, {
    triggers: [{ resource: 'clients', event }],
    ...options,
    advanced: { retrySchedule: [0], ...options.advanced },
  });
  for (const entity of entities) await publish(api, clientEvent(entity, { event }));
  const filter = { webhookId: webhook.id };
  const deliveries = await ended(api, filter, entities.length);
  receiver.hits.length = 0;
  return { webhook, filter, deliveries };
}

/** The ids of deliveries. */
export function idsOf(deliveries: { id: string }[]): string[] {
  return deliveries.map(({ id }) => id);
}

/** The delivery of a request. */
export function deliveryOf({ headers }: Hit): string {
  return headers['webhook-id'] as string;
}

/** Does what takes an id alone, such as webhookDisable, and must succeed. */
export function act(api: Api, mutation: string, id: string): Promise<unknown> {
  return api.mutate(`mutation ($id: ID!) { ${mutation}(id: $id) { errors { code message } } }`, { id });
}
