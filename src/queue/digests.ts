/**
 * Deliveries that go together in one mail, because their mailbox gets too many for one each. What waits for that has
 * RANK.digest, and due_at is when the mail goes at the latest. A claim takes all that one mail holds, under a lease for each,
 * so that each has its own result, and a crash leaves each to the rescue.
 */
import type { Sql, Statement } from '../db/sql.ts';
import { TAKEN_SQL, takeSql } from './claim.ts';
import type { Job, TakenRow } from './job.ts';
import { RANK } from './rank.ts';
import { readJobs } from './read-jobs.ts';

/** How many mailboxes one claim looks after. */
const MAILBOXES = 5;

/** Exported for the test of its plan. */
export const CLAIM_DIGESTS: Statement = {
  name: 'claim_digests',
  text: `
  with ripe as materialized (
    select mailbox_id from delivery_queue where rank = ${RANK.digest}
    group by mailbox_id
    having min(due_at) <= statement_timestamp() or count(*) >= $3
    order by min(due_at) limit ${MAILBOXES}
  ),
  picked as materialized (
    select r.* from ripe
    cross join lateral (
      select q.id, q.rank, q.due_at, q.endpoint_id, q.webhook_id, q.origin, q.queued_at, q.hastened, q.mailbox_id from delivery_queue q
      where q.mailbox_id = ripe.mailbox_id and q.rank = ${RANK.digest} and q.sender is null and not q.blocked
      order by q.id limit $3 for update skip locked
    ) r
  ),
  ${takeSql('$1', '$2')}
  select * from (${TAKEN_SQL}) taken order by id`,
};

/** Claims at most size deliveries for each mailbox whose digest is due or full; in groups by mailbox. */
export async function claimDigests(
  sql: Sql,
  { sender, leaseMarginMs, size }: { sender: string; leaseMarginMs: number; size: number },
): Promise<Job[][]> {
  const { rows } = await sql.query<TakenRow>(CLAIM_DIGESTS, [sender, leaseMarginMs, size]);
  const groups = new Map<string, Job[]>();
  for (const job of await readJobs(sql, rows)) {
    const group = groups.get(job.mailboxId!);
    if (group) group.push(job);
    else groups.set(job.mailboxId!, [job]);
  }
  return [...groups.values()];
}
