/**
 * The ledger's books. Comes in: what was published, what arrived, when something was killed. Goes out: an account of
 * every id, and one sentence for each kind of thing that does not add up. What the servers' tables say is read as a
 * stranger reads it, after the last server is quiet.
 */
import type { Ground } from './ground.ts';
import { tally } from './numbers.ts';
import type { Publisher } from './publisher.ts';
import type { Arrival } from './receivers.ts';

/** Something that took requests or results with it. */
export interface Kill {
  kind: string;
  /** By the soak's clock, Date.now(), when it began and when all was back. */
  at: number;
  until: number;
  /** Claimed deliveries when it began; null where nobody could be asked. */
  inFlight: number | null;
}

/** What the books are made from. */
export interface Evidence {
  ground: Pick<Ground, 'rows'>;
  publisher: Pick<Publisher, 'published' | 'faults'>;
  arrivals: Arrival[];
  kills: Kill[];
  /** How long a lease outlives its request's deadline, and the deadline, ms. */
  leaseMs: number;
}

/** The account. */
export interface Account {
  published: number;
  deliveries: number;
  delivered: number;
  dead: number;
  cancelled: number;
  pending: number;
  /** Deliveries that a publish answered for and nobody knows any more. */
  lost: number;
  /** Requests that were taken with 2xx although an earlier one of the same delivery had been. */
  duplicates: number;
  /** Attempts whose sender died, taken over by another. */
  rescued: number;
  /** Requests that were taken with 2xx after their sender had given up waiting. */
  crossed: number;
  attempts: Record<string, number>;
  broken: string[];
}

/** A delivery as the tables have it. */
interface DeliveryRow {
  id: string;
  event_id: string;
  endpoint_id: string;
  status: string;
  attempt_count: number;
  [column: string]: unknown;
}

interface AttemptRow {
  delivery_id: string;
  number: number;
  outcome: string;
  started_ms: number;
  [column: string]: unknown;
}

const DELIVERIES = `
  select id, event_id, endpoint_id, status, attempt_count from deliveries
  union all
  select id, event_id, endpoint_id, 'OPEN', attempt_count from delivery_queue`;

const ATTEMPTS = `
  select delivery_id, number, outcome, (extract(epoch from started_at) * 1000)::float8 as started_ms from attempts`;

/** What the clocks of a machine that is busy may differ by, ms. */
const SLACK_MS = 3_000;
/** What a request that a receiver took may be recorded as. */
const EXPLAINED = new Set(['SUCCEEDED', 'LOST', 'TIMED_OUT']);
/** How many examples a sentence names. */
const EXAMPLES = 3;

/** Closes the books. */
export async function closeBooks(evidence: Evidence): Promise<Account> {
  const { ground, publisher, arrivals, kills, leaseMs } = evidence;
  const broken = [...publisher.faults];
  const complain = (what: string, ids: Iterable<string>): void => {
    const all = [...ids];
    if (all.length > 0) broken.push(`${all.length} ${what}, such as ${all.slice(0, EXAMPLES).join(', ')}`);
  };

  const eventIds = (await ground.rows<{ id: string }>('select id from events')).map(({ id }) => id);
  const rows = await ground.rows<DeliveryRow>(DELIVERIES);
  const attempts = await ground.rows<AttemptRow>(ATTEMPTS);
  const published = new Map([...publisher.published.values()].map((event) => [event.eventId, event]));

  // Published is what is stored, one event for each key, however often it was sent.
  complain('keys share an event with another', sharedEvents(publisher));
  complain(
    'events were stored that no answer named',
    eventIds.filter((id) => !published.has(id)),
  );
  const stored = new Set(eventIds);
  complain(
    'events were answered for and are gone',
    [...published.keys()].filter((id) => !stored.has(id)),
  );

  // Each event has the deliveries that its answer counted, each in one place.
  const byId = new Map(rows.map((row) => [row.id, row]));
  if (byId.size < rows.length)
    broken.push(`${rows.length - byId.size} deliveries are open and closed at once`);
  const perEvent = tally(byId.values(), (row) => row.event_id);
  const counted = [...published.values()];
  let lost = 0;
  for (const event of counted) lost += Math.max(0, event.deliveryCount - (perEvent[event.eventId] ?? 0));
  complain(
    'events have other deliveries than their answers counted',
    counted
      .filter((event) => event.deliveryCount !== (perEvent[event.eventId] ?? 0))
      .map(({ eventId }) => eventId),
  );

  // Nothing arrived that was not published, and no claim was sent twice.
  complain(
    'requests came for deliveries that nobody published',
    arrivals
      .filter(
        ({ deliveryId, eventId, entityId }) =>
          byId.get(deliveryId)?.event_id !== eventId || published.get(eventId)?.entityId !== entityId,
      )
      .map(({ deliveryId }) => deliveryId),
  );
  complain('attempts were sent twice', sentTwice(arrivals));

  const outcomes = new Map(attempts.map((row) => [`${row.delivery_id}/${row.number}`, row]));
  const taken = takenByDelivery(arrivals);
  complain('deliveries count as delivered and no receiver took them', falseSuccesses(rows, taken, outcomes));
  complain('deliveries have other attempts than were counted', miscounted(rows, attempts));

  // A 2xx that is not recorded as one came from a sender that died, or that had given up waiting.
  const takenAttempts = [...taken.entries()].flatMap(([id, numbers]) =>
    numbers.map((number) => `${id}/${number}`),
  );
  const outcomeOf = (key: string): string => outcomes.get(key)?.outcome ?? 'NONE';
  const isOpen = (key: string): boolean => byId.get(key.split('/')[0]!)?.status === 'OPEN';
  const crossed = takenAttempts.filter((key) => outcomeOf(key) === 'TIMED_OUT');
  complain(
    'requests were taken and neither recorded nor lost in a kill',
    takenAttempts.filter(
      (key) => !EXPLAINED.has(outcomeOf(key)) && !(outcomeOf(key) === 'NONE' && isOpen(key)),
    ),
  );
  const lostAttempts = attempts.filter(({ outcome }) => outcome === 'LOST');
  complain(
    'attempts were lost without a kill',
    lostAttempts
      .filter(({ started_ms }) => !kills.some((kill) => covers(kill, started_ms, leaseMs)))
      .map((row) => `${row.delivery_id}/${row.number} (${sinceKill(kills, row.started_ms)})`),
  );

  const status = tally(byId.values(), (row) => row.status);
  return {
    published: published.size,
    deliveries: byId.size,
    delivered: status['SUCCEEDED'] ?? 0,
    dead: status['FAILED'] ?? 0,
    cancelled: status['CANCELLED'] ?? 0,
    pending: status['OPEN'] ?? 0,
    lost,
    duplicates: [...taken.values()].reduce((sum, numbers) => sum + numbers.length - 1, 0),
    rescued: lostAttempts.length,
    crossed: crossed.length,
    attempts: tally(attempts, ({ outcome }) => outcome),
    broken,
  };
}

/** Of entities at endpoints that keep their order: requests that came after one of a later event. */
export function inversions(arrivals: Arrival[], endpoints: ReadonlySet<string>): string[] {
  const latest = new Map<string, number>();
  const found: string[] = [];
  for (const { endpoint, entityId, seq, deliveryId } of arrivals) {
    if (!endpoints.has(endpoint)) continue;
    const key = `${endpoint} ${entityId}`;
    if (seq < (latest.get(key) ?? 0)) found.push(deliveryId);
    else latest.set(key, seq);
  }
  return found;
}

/** The attempts of each delivery that a receiver took with 2xx. */
function takenByDelivery(arrivals: Arrival[]): Map<string, number[]> {
  const taken = new Map<string, number[]>();
  for (const { deliveryId, attempt, status } of arrivals) {
    if (status === null || status < 200 || status > 299) continue;
    taken.set(deliveryId, [...(taken.get(deliveryId) ?? []), attempt]);
  }
  return taken;
}

function sharedEvents(publisher: Evidence['publisher']): string[] {
  const keys = tally(publisher.published.values(), (event) => event.eventId);
  return Object.keys(keys).filter((id) => keys[id]! > 1);
}

function sentTwice(arrivals: Arrival[]): string[] {
  const sent = tally(arrivals, ({ deliveryId, attempt }) => `${deliveryId}/${attempt}`);
  return Object.keys(sent).filter((key) => sent[key]! > 1);
}

function falseSuccesses(
  rows: DeliveryRow[],
  taken: Map<string, number[]>,
  outcomes: Map<string, AttemptRow>,
): string[] {
  const proven = ({ id }: DeliveryRow): boolean =>
    (taken.get(id) ?? []).some((number) => outcomes.get(`${id}/${number}`)?.outcome === 'SUCCEEDED');
  return rows.filter((row) => row.status === 'SUCCEEDED' && !proven(row)).map(({ id }) => id);
}

function miscounted(rows: DeliveryRow[], attempts: AttemptRow[]): string[] {
  const recorded = tally(attempts, (row) => row.delivery_id);
  return rows
    .filter((row) => row.status !== 'OPEN' && (recorded[row.id] ?? 0) !== row.attempt_count)
    .map(({ id }) => id);
}

/** How long before an instant the last kill ended, in words. */
function sinceKill(kills: Kill[], startedMs: number): string {
  const before = kills.filter(({ until }) => until <= startedMs).sort((a, b) => b.until - a.until)[0];
  if (!before) return 'before any kill';
  return `begun ${((startedMs - before.until) / 1000).toFixed(1)} s after ${before.kind}`;
}

/** Whether a kill fell into the lease of an attempt that began then. */
function covers({ at, until }: Kill, startedMs: number, leaseMs: number): boolean {
  return startedMs - SLACK_MS <= until && at <= startedMs + leaseMs + SLACK_MS;
}
