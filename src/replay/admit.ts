/**
 * Lets the next items of a replay go: as many as its rate allows since the last time, in one transaction with the mark how
 * far it is. So a process that dies in it has queued nothing, and none goes twice, whoever goes on: who admits holds
 * the row of the replay, and a second one passes it by.
 */
import type pg from 'pg';

import type { Keep } from '../db/partitions.ts';
import { type Sql, transaction } from '../db/sql.ts';
import { sendableFrom } from '../history/retention-plan.ts';
import { LOG_CHANNEL, QUEUE_CHANNEL, queueHint } from '../queue/enqueue.ts';
import { openAmong, requeue } from '../queue/requeue.ts';
import { bear, type Unborn } from './bear.ts';

/** What its rate allowed longer ago than that is not made up for, s. */
const CATCH_UP_S = 2;

/** An item whose turn it is. */
interface Item extends Unborn {
  deliveryId: string | null;
}

/** What became of it. */
interface Admitted {
  position: number;
  state: 'QUEUED' | 'FAILED';
  deliveryId: string | null;
  version: number | null;
}

/** Admits; returns how many items, 0 where none may go now or somebody else is at it. */
export function admit(pool: pg.Pool, replayId: string, keep: Keep): Promise<number> {
  return transaction(pool, async (sql) => {
    const items = await nextItems(sql, replayId);
    if (items.length === 0) return 0;
    const known = items.filter((item) => item.deliveryId !== null);
    const unborn = items.filter((item) => item.deliveryId === null);
    const kept = await sendableFrom(sql, keep, Date.now());
    const ids = known.map((item) => item.deliveryId!);
    const requeued = await requeue(sql, ids, kept);
    const versions = new Map(requeued.map(({ id, version }) => [id, version]));
    // Behind the locks that requeue waited for: what another replay or a retry by hand has sent meanwhile is found there.
    const open = await openAmong(sql, ids);
    const admitted = known.map(({ position, deliveryId }): Admitted => ({
      ...{ position, deliveryId, version: versions.get(deliveryId!) ?? null },
      state: open.has(deliveryId!) ? 'QUEUED' : 'FAILED',
    }));
    const births = await bear(sql, unborn, kept.eventId);
    for (const { position } of unborn) {
      const born = births.get(position);
      const version = born?.fresh ? 1 : null;
      admitted.push({ position, state: born ? 'QUEUED' : 'FAILED', deliveryId: born?.id ?? null, version });
    }
    await mark(sql, replayId, admitted);
    // Last: from here to the commit nobody else's NOTIFY gets through.
    if (requeued.length > 0)
      await sql.query(`select pg_notify('${QUEUE_CHANNEL}', $1), pg_notify('${LOG_CHANNEL}', '')`, [
        queueHint(requeued.map(({ endpointId }) => endpointId)),
      ]);
    return items.length;
  });
}

/** Up to when its rate is used up; where that lies ahead, since the clock was set back, as if one had just become due. */
const PACED_AT = `case when paced_at > clock_timestamp() + interval '1 second'
  then clock_timestamp() - interval '2 seconds' / rate_per_second else paced_at end`;

/** Holds the replay, where nobody else does and it runs, and reads the items whose turn it is. */
async function nextItems(sql: Sql, replayId: string): Promise<Item[]> {
  const { rows: held } = await sql.query<{ admitted: number; allowed: number }>(
    `select admitted,
            floor(least(extract(epoch from clock_timestamp() - ${PACED_AT}), ${CATCH_UP_S}) * rate_per_second)::int as allowed
     from replays where id = $1 and status = 'RUNNING' and admitted < matched
     for update skip locked`,
    [replayId],
  );
  if (!held[0] || held[0].allowed < 1) return [];
  const { rows } = await sql.query<{
    position: number;
    delivery_id: string | null;
    event_id: string | null;
    webhook_id: string | null;
    endpoint_id: string | null;
    mailbox_id: string | null;
  }>(
    `select position, delivery_id, event_id, webhook_id, endpoint_id, mailbox_id from replay_items
     where replay_id = $1 and position > $2 order by position limit $3`,
    [replayId, held[0].admitted, held[0].allowed],
  );
  return rows.map((row) => ({
    ...{ position: row.position, deliveryId: row.delivery_id, eventId: row.event_id ?? '' },
    ...{ webhookId: row.webhook_id ?? '', endpointId: row.endpoint_id ?? '', mailboxId: row.mailbox_id },
  }));
}

async function mark(sql: Sql, replayId: string, admitted: Admitted[]): Promise<void> {
  await sql.query(
    `update replay_items i set state = t.state, delivery_id = t.delivery_id, version = t.version
     from unnest($2::int[], $3::text[], $4::text[], $5::int[]) as t (position, state, delivery_id, version)
     where i.replay_id = $1 and i.position = t.position`,
    [
      replayId,
      admitted.map(({ position }) => position),
      admitted.map(({ state }) => state),
      admitted.map(({ deliveryId }) => deliveryId),
      admitted.map(({ version }) => version),
    ],
  );
  await sql.query(
    `update replays
     set admitted = admitted + $2::int, failed = failed + $3::int,
         paced_at = greatest(${PACED_AT}, clock_timestamp() - interval '${CATCH_UP_S} seconds')
                    + $2::int * interval '1 second' / rate_per_second
     where id = $1`,
    [replayId, admitted.length, admitted.filter(({ state }) => state === 'FAILED').length],
  );
}
