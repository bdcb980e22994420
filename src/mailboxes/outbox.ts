/**
 * Confirmation mails that are to be sent. Comes in: rows that saving an endpoint, or asking once more, has put there. Goes
 * out: each to one sender at a time, under a lease, until the mail server has taken it or refused it for good. A crash
 * leaves the lease, which runs out: the mail is then sent again.
 */
import type { Sql } from '../db/sql.ts';

/** A confirmation mail under a lease. */
export interface ConfirmationMail {
  id: string;
  /** Raised by each try and each asking: how often it was tried, about, and which lease this is. */
  tries: number;
  mailboxId: string;
  endpointId: string;
  address: string;
  nonce: string;
  /** Whether the endpoint is this mailbox, and not those of a team. */
  alone: boolean;
  teamName: string | null;
  webhookName: string;
  webhookNumber: number;
  accountName: string;
  /** Who saved the webhook. */
  creatorName: string;
}

/** Leases at most limit mails that are due, for leaseMs; what is not wanted any more is dropped. */
export async function takeMails(sql: Sql, limit: number, leaseMs: number): Promise<ConfirmationMail[]> {
  const { rows } = await sql.query<ConfirmationMail & { wanted: boolean }>(
    `with due as materialized (
       select id from mail_outbox where due_at <= statement_timestamp() order by due_at limit $1 for update skip locked
     ),
     taken as (
       update mail_outbox o set due_at = clock_timestamp() + $2::int * interval '1 ms', tries = o.tries + 1
       where id = any (array(select id from due)) returning o.*
     ),
     sent as (
       update mailboxes m set confirmation_sent_at = clock_timestamp()
       where m.id = any (array(select mailbox_id from taken))
     )
     select t.id, t.tries, m.id as "mailboxId", m.endpoint_id as "endpointId", m.address, m.nonce, m.login_id is null as alone,
            tm.name as "teamName", w.name as "webhookName", w.number::int as "webhookNumber", a.name as "accountName",
            c.name as "creatorName",
            m.status = 'UNCONFIRMED' and m.removed_at is null and ep.removed_at is null and w.deleted_at is null as wanted
     from taken t
     join mailboxes m on m.id = t.mailbox_id
     join endpoints ep on ep.id = m.endpoint_id
     join webhooks w on w.id = ep.webhook_id
     join logins a on a.id = w.account_id
     join logins c on c.id = w.login_id
     left join teams tm on tm.id = w.team_id`,
    [limit, leaseMs],
  );
  for (const mail of rows.filter((row) => !row.wanted)) await dropMail(sql, mail);
  return rows.filter((row) => row.wanted).map(({ wanted: _, ...mail }) => mail);
}

/** The mail server has it, or nobody wants it; one that was asked for anew meanwhile stays. */
export async function dropMail(
  sql: Sql,
  { id, tries }: Pick<ConfirmationMail, 'id' | 'tries'>,
): Promise<void> {
  await sql.query('delete from mail_outbox where id = $1 and tries = $2', [id, tries]);
}

/** Tries a mail again in waitMs; reason, what the mail server said, is shown with the endpoint meanwhile. */
export async function retryMail(
  sql: Sql,
  mail: ConfirmationMail,
  waitMs: number,
  reason: string,
): Promise<void> {
  await sql.query(
    `with later as (
       update mail_outbox set due_at = clock_timestamp() + $2::int * interval '1 ms' where id = $1 and tries = $4 returning mailbox_id
     )
     update mailboxes set reason = $3 where id = (select mailbox_id from later) and status = 'UNCONFIRMED'`,
    [mail.id, waitMs, reason, mail.tries],
  );
}
