/**
 * What a replay would send, as SQL. Closed deliveries that the filter matches and that could be retried by hand now; and,
 * where it is asked for, events that a webhook's triggers cover as they are now and that never had a delivery to it, one
 * row for each endpoint or mailbox. What is on its way, or may not or cannot be sent, is not among them, nor are tests.
 */
import { ENDPOINTS } from '../catalog/own-resources.ts';
import { allOf } from '../db/fragment.ts';
import type { SqlFragment } from '../db/sql.ts';
import { type DeliveryFilter, deliveryFilter, undeliveredFilter } from '../history/delivery-filter.ts';
import { covers, recipientsSql, routesOfSql } from '../matching/match.ts';
import { RANK } from '../queue/rank.ts';
import type { KeptFrom } from '../queue/requeue.ts';
import { sendable, settingsJoin } from '../queue/sendable.ts';

/** What is asked for. */
export interface Wish {
  filter: DeliveryFilter;
  /** The webhook whose missing deliveries are to be made, too. */
  missingFor: string | null;
}

/** Within what it is looked for. */
export interface Reach {
  /** The webhooks w that the caller manages. */
  managed: SqlFragment;
  /** What is kept for long enough, and from which event on it is known whether it had deliveries. */
  kept: KeptFrom & { missingFrom: string };
}

/** Rows with the columns at, id, delivery_id, event_id, webhook_id, endpoint_id, mailbox_id; in no order. */
export function matchedSql(wish: Wish, reach: Reach): SqlFragment {
  const { missingFor } = wish;
  if (missingFor === null) return closedSql(wish, reach);
  const missing = missingSql(wish.filter, missingFor, reach);
  return (add) => `${closedSql(wish, reach)(add)} union all ${missing(add)}`;
}

/** The deliveries that a filter matches and that have come to their end, tests aside; of webhooks that are managed. */
export function endedSql(filter: DeliveryFilter, managed: SqlFragment): SqlFragment {
  const where = allOf([managed, deliveryFilter(filter)]);
  return (add) =>
    `select 1 from deliveries d join webhooks w on w.id = d.webhook_id where ${where(add)} and d.origin <> 'TEST'`;
}

function closedSql({ filter }: Wish, { managed, kept }: Reach): SqlFragment {
  const where = allOf([managed, deliveryFilter(filter)]);
  return (add) => `
    select d.created_at as at, d.id, d.id as delivery_id, null::text as event_id, null::text as webhook_id,
           null::text as endpoint_id, null::text as mailbox_id
    from (select c.*, statement_timestamp() as queued_at, ${RANK.retry} as rank from deliveries c) d
    ${settingsJoin('d')}
    where ${where(add)} and ${sendable('d')} and d.origin <> 'TEST'
      and d.id >= ${add(kept.deliveryId)} and d.event_id >= ${add(kept.eventId)}`;
}

function missingSql(filter: DeliveryFilter, webhookId: string, { managed, kept }: Reach): SqlFragment {
  const where = undeliveredFilter(filter, webhookId);
  return (add) => {
    const webhook = add(webhookId);
    const endpoint = filter.endpointId == null ? '' : `and ep.id = ${add(filter.endpointId)}`;
    return `
    select x.at, x.event_id as id, null, x.event_id, x.webhook_id, x.endpoint_id, x.mailbox_id
    from (
      -- Read once: to look for them anew for each event took 16 of its 21 µs.
      with routes as materialized (${routesOfSql(webhook)})
      select e.published_at as at, e.id as event_id, ep.webhook_id, ep.id as endpoint_id, whom.id as mailbox_id,
             'REPLAY' as origin, statement_timestamp() as queued_at, ${RANK.retry} as rank
      from events e
      join endpoints ep on ep.webhook_id = ${webhook} ${endpoint}
      cross join lateral ${recipientsSql(webhook)} whom
      where not e.test and e.id >= ${add(kept.missingFrom)} and (${where(add)})
        and exists (select 1 from routes f where f.resource = e.resource and f.event = e.name and ${covers('f', 'e')})
        and (whom.login_id is null or whom.id is not null)
        -- A webhook is told nothing of its own endpoints.
        and not (e.resource = '${ENDPOINTS}' and exists (
          select 1 from endpoints own where own.id = e.entity_id and own.webhook_id = ${webhook}))
        and not exists (select 1 from delivery_queue q where q.event_id = e.id and q.webhook_id = ${webhook})
        and not exists (select 1 from deliveries c where c.event_id = e.id and c.webhook_id = ${webhook})
    ) x
    ${settingsJoin('x')}
    where (${managed(add)}) and ${sendable('x')}`;
  };
}
