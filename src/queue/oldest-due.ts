/**
 * How long the oldest delivery that could be sent has been due, and is not: what tells a sender that is stuck (or not
 * there) from one that is busy. "Could be sent" leaves out whatever a receiver may be the reason of: an endpoint that is
 * off, paused, on a circuit that is not closed, or limited by a rate of its own, what waits for its turn, and an endpoint
 * with a request on the wire. So a receiver that hangs never counts, however much waits for it; a sender that claims
 * nothing always does, and so does a lease that ran out and that nobody takes over.
 *
 * Where this process can send mail, digests and the mails of the outbox count, too. The mail server is one receiver for all
 * of them: while it has one in its hands, none counts. What waits for the owner of a mailbox is not due to anybody.
 *
 * One probe into delivery_queue_ready for each endpoint that has something waiting, and for each rank: a million waiting
 * rows cost what their endpoints cost.
 */
import type { Sql } from '../db/sql.ts';
import { RANK } from './rank.ts';

/** A simple query is one transaction, so the planner's options hold for it alone: on a table without statistics it would scan. */
const oldestDue = (ranks: number[], outbox: string): string => `
  set local enable_seqscan = off;
  set local enable_bitmapscan = off;
  with recursive waiting (endpoint_id) as (
    (select endpoint_id from delivery_queue where sender is null and not blocked order by endpoint_id limit 1)
    union all
    select (select q.endpoint_id from delivery_queue q
            where q.sender is null and not q.blocked and q.endpoint_id > w.endpoint_id
            order by q.endpoint_id limit 1)
    from waiting w where w.endpoint_id is not null
  ),
  on_the_wire as materialized (
    select endpoint_id, bool_or(mailbox_id is not null) as mailed from delivery_queue
    where sender is not null and due_at > statement_timestamp() group by endpoint_id
  ),
  oldest (due_at) as (
    select first.due_at
    from waiting w
    join endpoints ep on ep.id = w.endpoint_id
    join webhooks wh on wh.id = ep.webhook_id
    left join endpoint_circuits c on c.endpoint_id = ep.id
    cross join lateral (
      select q.due_at from (values ${ranks.map((rank) => `(${rank}::smallint)`).join(', ')}) r (rank)
      cross join lateral (
        select d.due_at from delivery_queue d
        where d.endpoint_id = ep.id and d.rank = r.rank and d.sender is null and not d.blocked
          and (r.rank <> ${RANK.digest} or not exists (select from on_the_wire where mailed))
        order by d.due_at limit 1
      ) q
      order by q.due_at limit 1
    ) first
    where ep.removed_at is null and ep.disabled_as is null and ep.rate_per_second is null
      and wh.enabled and wh.deleted_at is null
      and coalesce(c.state, 'CLOSED') = 'CLOSED'
      and coalesce(c.hold_until <= statement_timestamp(), true)
      and ep.id not in (select endpoint_id from on_the_wire)
    union all
    (select due_at from delivery_queue
     where sender is not null and due_at <= statement_timestamp() order by due_at limit 1)
    ${outbox}
  )
  select greatest(0, extract(epoch from statement_timestamp() - min(due_at)))::float8 as seconds from oldest`;

/** A mail of the outbox that is due, unless another one is with the mail server. */
const OUTBOX = `union all
    (select due_at from mail_outbox
     where due_at <= statement_timestamp()
       and not exists (select from mail_outbox o where o.leased and o.due_at > statement_timestamp())
     order by due_at limit 1)`;

const WITHOUT_MAIL = oldestDue([RANK.byHand, RANK.first, RANK.retry], '');
const WITH_MAIL = oldestDue([RANK.byHand, RANK.first, RANK.retry, RANK.digest], OUTBOX);

/** The age of the oldest delivery or mail that could be sent, s; 0 when nothing of the kind is due. byMail: whether mail is configured. */
export async function oldestDueSeconds(sql: Sql, byMail: boolean): Promise<number> {
  // Of several statements node-postgres answers a list.
  const query = byMail ? WITH_MAIL : WITHOUT_MAIL;
  const answers = (await sql.query(query)) as unknown as { rows: { seconds: number | null }[] }[];
  return answers.at(-1)!.rows[0]!.seconds ?? 0;
}
