/** Makes the deliveries of events that had none to an endpoint, as a publish would make them now, with the origin REPLAY. */
import type { Sql } from '../db/sql.ts';
import { newId } from '../ids.ts';
import { entityKeySql } from '../matching/match.ts';
import { enqueue } from '../queue/enqueue.ts';
import { RANK } from '../queue/rank.ts';
import { sendable, settingsJoin } from '../queue/sendable.ts';

const LOCK_CLASS = 7_215_104;

/** An item that is an event for an endpoint, or for one of its mailboxes. */
export interface Unborn {
  position: number;
  eventId: string;
  webhookId: string;
  endpointId: string;
  mailboxId: string | null;
}

/** Its delivery; not fresh where another replay has made it meanwhile. */
export interface Born {
  id: string;
  fresh: boolean;
}

/** Queues deliveries for those that may be sent and whose events are not older than is kept; by position. */
export async function bear(sql: Sql, items: Unborn[], keptFrom: string): Promise<Map<number, Born>> {
  const born = new Map<number, Born>();
  if (items.length === 0) return born;
  // Two replays of the same missing events would both find none. All items are of one webhook.
  await sql.query('select pg_advisory_xact_lock($1, hashtext($2))', [LOCK_CLASS, items[0]!.webhookId]);
  const { rows } = await sql.query<{
    position: number;
    existing: string | null;
    sendable: boolean;
    resource: string | null;
    event: string;
    entity_id: string;
    entity_key: string | null;
    at: string;
  }>(
    `select x.position, ${sendable('x')} as sendable, statement_timestamp()::text as at,
            e.resource, e.name as event, e.entity_id, ${entityKeySql('e', 'x.mailbox_id')} as entity_key,
            coalesce(
              (select q.id from delivery_queue q where q.event_id = x.event_id and q.endpoint_id = x.endpoint_id
                                                   and q.mailbox_id is not distinct from x.mailbox_id limit 1),
              (select c.id from deliveries c where c.event_id = x.event_id and c.endpoint_id = x.endpoint_id
                                               and c.mailbox_id is not distinct from x.mailbox_id limit 1)) as existing
     from (select t.*, 'REPLAY' as origin, statement_timestamp() as queued_at, ${RANK.retry} as rank
           from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[])
             as t (position, event_id, webhook_id, endpoint_id, mailbox_id)) x
     left join lateral (select e.* from events e where e.id = x.event_id) e on true
     ${settingsJoin('x')}`,
    [
      items.map((item) => item.position),
      items.map((item) => item.eventId),
      items.map((item) => item.webhookId),
      items.map((item) => item.endpointId),
      items.map((item) => item.mailboxId),
    ],
  );
  const found = new Map(rows.map((row) => [row.position, row]));
  const deliveries = items.flatMap(({ position, eventId, webhookId, endpointId, mailboxId }) => {
    const row = found.get(position)!;
    if (row.existing !== null) born.set(position, { id: row.existing, fresh: false });
    const { resource, event, entity_id: entityId } = row;
    if (row.existing !== null || !row.sendable || resource === null || eventId < keptFrom) return [];
    const id = newId('delivery');
    born.set(position, { id, fresh: true });
    return [
      {
        ...{ id, eventId, webhookId, endpointId, delayMs: 0, entityKey: row.entity_key },
        ...{ resource, event, entityId },
        mailbox: mailboxId === null ? null : { id: mailboxId, awaiting: false },
      },
    ];
  });
  if (deliveries.length > 0) await enqueue(sql, deliveries, 'REPLAY', rows[0]!.at);
  return born;
}
