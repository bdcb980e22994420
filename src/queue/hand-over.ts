/**
 * Deliveries that are born with a sender: one that runs in the process that publishes takes as many as it has places for, and
 * needs neither a hint nor a claim. Comes in: places that the sender has set aside, and the settings that the statement of the
 * birth read and judged, as a claim would. Goes out: jobs, once the publish has committed. What dies in between leaves a
 * lease behind, as a claim does.
 */
import { type Job, unpack } from './job.ts';
import type { PayloadFormat } from './payload-format.ts';
import { isSince } from './sendable.ts';

/** A sender that takes deliveries at their birth. */
export interface HandOver {
  /** Its name, and how long a lease outlives the deadline of its request, ms. */
  readonly sender: string;
  readonly leaseMarginMs: number;
  /** Sets places aside, at most so many. */
  reserve(most: number): Places;
}

/** Places that a sender has set aside, for a moment: what is born later for them is given back. Either start() or release() is called, once. */
export interface Places {
  /** How many. */
  readonly count: number;
  /** How many of them are for one endpoint at most, and for those that have less left. */
  readonly each: number;
  readonly busy: ReadonlyMap<string, number>;
  /**
   * Sends what was born for some of the places, and frees the others; sinceMs is performance.now() when its birth was judged, or
   * before. Never rejects: what it cannot send, or what took too long to commit, it gives back.
   */
  start(jobs: Job[], sinceMs: number): Promise<void>;
  /** Frees all of them: nothing was born. */
  release(): void;
}

/** Which deliveries are offered to places: one endpoint for each in turn, null for what may not go at once. */
export function offer(places: Places, endpointIds: readonly (string | null)[]): boolean[] {
  const free = new Map(places.busy);
  let left = places.count;
  return endpointIds.map((endpointId) => {
    if (endpointId === null || left === 0) return false;
    const room = free.get(endpointId) ?? places.each;
    if (room <= 0) return false;
    free.set(endpointId, room - 1);
    left -= 1;
    return true;
  });
}

/** What a birth read of an endpoint that may be sent to at once. */
export interface BirthPlace extends Omit<BirthPlaceRow, 'secrets'> {
  secrets: Job['secrets'];
}

/** The same as a row. */
export interface BirthPlaceRow {
  endpoint_id: string;
  endpoint_version: number;
  webhook_id: string;
  webhook_number: number;
  target: string;
  headers: unknown;
  timeout_ms: number;
  retry_schedule: number[] | null;
  format: PayloadFormat;
  signed: boolean;
  auth_type: string;
  auth_sealed: Buffer | null;
  secrets: { id: string; sealed: string }[] | null;
}

/** What a request tells of an event. */
export interface BornEvent {
  id: string;
  resource: string;
  event: string;
  entityId: string;
  occurredAt: Date;
  /** The entity as it was published. */
  text: string;
}

/**
 * A settings row of an endpoint for which deliveries are born with a sender, in SQL: what a claim asks of it (claim.ts, sendable.ts),
 * and besides that it keeps neither rate nor limit nor order, and that its circuit is closed and nobody else's. given has the
 * column endpoint_id and offered; matchedAt is when the deliveries were matched.
 */
export function birthPlacesSql(given: string, matchedAt: string, sender: string): string {
  return `
    select ep.id as endpoint_id, ep.version as endpoint_version, w.id as webhook_id, w.number as webhook_number, ep.target,
           ep.headers, ep.timeout_ms, ep.retry_schedule, ep.format, ep.signing <> 'NONE' as signed, ep.auth_type, ep.auth_sealed,
           (select json_agg(json_build_object('id', s.id, 'sealed', encode(s.sealed, 'base64')) order by s.expires_at desc nulls first, s.id desc)
            from secrets s
            where s.endpoint_id = ep.id and (s.expires_at is null or s.expires_at > now())) as secrets
    from endpoints ep
    join webhooks w on w.id = ep.webhook_id
    left join endpoint_circuits c on c.endpoint_id = ep.id
    where ep.id = any (array(select distinct endpoint_id from ${given} where offered))
      and ep.kind = 'URL' and ep.rate_per_second is null and ep.max_concurrency is null and ep.ordering = 'NONE'
      and w.enabled and w.deleted_at is null and ep.removed_at is null and ep.disabled_as is null
      and ${isSince(matchedAt)}
      and coalesce(c.state, 'CLOSED') = 'CLOSED'
      and coalesce(c.hold_until <= clock_timestamp(), true)
      and coalesce(c.holder = ${sender} or c.lease_until <= clock_timestamp(), true)`;
}

/** A row as a place. */
export function toBirthPlace(row: BirthPlaceRow): BirthPlace {
  return { ...row, secrets: (row.secrets ?? []).map(unpack) };
}

/** A delivery that was born with a sender, as a claim would have brought it. */
export function bornJob(id: string, event: BornEvent, place: BirthPlace, leaseMarginMs: number): Job {
  return {
    id,
    fence: 1,
    attempt: 1,
    lostCount: 0,
    priorCount: 0,
    manual: false,
    byHand: false,
    hastened: false,
    origin: 'EVENT',
    ordered: false,
    kind: 'URL',
    mailboxId: null,
    format: place.format,
    leaseMs: place.timeout_ms + leaseMarginMs,
    eventId: event.id,
    resource: event.resource,
    event: event.event,
    entityId: event.entityId,
    occurredAt: event.occurredAt,
    payload: event.text,
    webhookId: place.webhook_id,
    webhookNumber: place.webhook_number,
    endpointId: place.endpoint_id,
    endpointVersion: place.endpoint_version,
    target: place.target,
    authType: place.auth_type,
    authSealed: place.auth_sealed,
    headers: place.headers,
    timeoutMs: place.timeout_ms,
    retrySchedule: place.retry_schedule,
    signed: place.signed,
    secrets: place.secrets,
  };
}
