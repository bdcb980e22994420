/** What is due to go, and when: partitions and the settings decide it, nothing else. */
import { type Keep, listPartitions, type Partition, partitionDays, PARTITIONED } from '../db/partitions.ts';
import type { Sql } from '../db/sql.ts';
import { idFloor, idTime } from '../ids.ts';
import type { OlderThan } from '../queue/expire.ts';
import type { KeptFrom } from '../queue/requeue.ts';

const DAY_MS = 86_400_000;
/** What still waits ends so long before the partition goes that it needs, and no retry is taken any more. */
export const EXPIRY_LEAD_MS = DAY_MS;

/** Which column of a delivery tells that it needs a row of the table. */
const NEEDED_BY = { event: 'event_id', delivery: 'id' } as const;

/** When a partition may be dropped, ms: when its newest row has been kept for as long as is set. */
export function dueMs({ of, toMs }: Pick<Partition, 'of' | 'toMs'>, keep: Keep): number {
  return toMs + keep[of.keep];
}

/** The partitions that may be dropped at an instant, table by table, the oldest first. */
export function duePartitions(partitions: readonly Partition[], keep: Keep, atMs: number): Partition[] {
  return PARTITIONED.flatMap((of) =>
    partitions.filter((partition) => partition.of === of && dueMs(partition, keep) <= atMs),
  );
}

/**
 * Whether a line of the log can name an event of a partition. The last line of a delivery is written while its
 * payload is there, so lines of a day name no event that is older than payloads were on that day.
 */
export function namedByLog(events: Partition, partitions: readonly Partition[], keep: Keep): boolean {
  const oldest = partitions.find(({ of }) => of.by === 'time');
  if (oldest === undefined) return false;
  const lifeMs = keep.keepPayloadsMs + partitionDays(keep.keepPayloadsMs) * DAY_MS;
  return oldest.fromMs === null || events.toMs > oldest.fromMs - lifeMs;
}

/** The deliveries that need rows of a partition; none need lines of the log. */
export function needing({ of, to }: Partition): OlderThan | null {
  return of.by === 'event' || of.by === 'delivery' ? { by: NEEDED_BY[of.by], below: to } : null;
}

/** The deliveries that end when they still wait at an instant: those that need what goes within a day. */
export function expiring(partitions: readonly Partition[], keep: Keep, nowMs: number): OlderThan[] {
  const bounds = new Map<OlderThan['by'], string>();
  for (const partition of duePartitions(partitions, keep, nowMs + EXPIRY_LEAD_MS)) {
    const needed = needing(partition);
    if (needed && needed.below > (bounds.get(needed.by) ?? '')) bounds.set(needed.by, needed.below);
  }
  return [...bounds].map(([by, below]) => ({ by, below }));
}

/** Whether what a further attempt of a delivery needs is there, and stays for longer than a day. */
export async function staysSendable(
  sql: Sql,
  delivery: { id: string; eventId: string },
  keep: Keep,
  nowMs: number,
): Promise<boolean> {
  const partitions = await listPartitions(sql);
  return (['event_payloads', 'attempts'] as const).every((table) => {
    const atMs = idTime(table === 'attempts' ? delivery.id : delivery.eventId);
    const home = partitions.find(
      ({ of, fromMs, toMs }) => of.table === table && (fromMs ?? 0) <= atMs && atMs < toMs,
    );
    return home !== undefined && dueMs(home, keep) > nowMs + EXPIRY_LEAD_MS;
  });
}

/** The same for all deliveries at once; missingFrom is the oldest event of which it is known whether it had deliveries. */
export async function sendableFrom(
  sql: Sql,
  keep: Keep,
  nowMs: number,
): Promise<KeptFrom & { missingFrom: string }> {
  const partitions = await listPartitions(sql);
  const beginningOf = (table: string, keptUntilMs: number): number => {
    const kept = partitions.find(
      (partition) => partition.of.table === table && dueMs(partition, keep) > keptUntilMs,
    );
    return kept === undefined ? nowMs : (kept.fromMs ?? 0);
  };
  const payloadsFrom = beginningOf('event_payloads', nowMs + EXPIRY_LEAD_MS);
  return {
    deliveryId: idFloor('delivery', beginningOf('attempts', nowMs + EXPIRY_LEAD_MS)),
    eventId: idFloor('event', payloadsFrom),
    missingFrom: idFloor('event', Math.max(payloadsFrom, beginningOf('deliveries', -Infinity))),
  };
}
