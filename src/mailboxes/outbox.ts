/**
 * Mails that are no deliveries and are to be sent: confirmation mails, and notices of endpoints that switched themselves off.
 * Comes in: rows that the transaction has put there which wants them sent. Goes
 * out: each to one sender at a time, under a lease, until the mail server has taken it or refused it for good. A crash
 * leaves the lease, which runs out: the mail is then sent again.
 *
 * Locks, here and wherever mailboxes change: the webhook, then the mailbox, then its row of the outbox, then its deliveries.
 */
import type { Sql } from '../db/sql.ts';
import { newId } from '../ids.ts';
import { parseMailAddress } from './address.ts';

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

/**
 * Leases at most limit mails that are due, for leaseMs; what is not wanted any more is dropped, and what somebody holds at this
 * moment is left to the next look. The mailbox is read where it is locked: a link with a nonce that was followed
 * by another one meanwhile would be good for nothing.
 */
export async function takeMails(sql: Sql, limit: number, leaseMs: number): Promise<ConfirmationMail[]> {
  const { rows } = await sql.query<ConfirmationMail & { wanted: boolean }>(
    `with due as materialized (
       select o.id, m.id as mailbox_id, m.endpoint_id, m.address, m.nonce, m.login_id, m.status, m.removed_at
       from mail_outbox o join mailboxes m on m.id = o.mailbox_id
       where o.due_at <= statement_timestamp() order by o.due_at limit $1 for update of m, o skip locked
     ),
     taken as (
       update mail_outbox o set due_at = clock_timestamp() + $2::int * interval '1 ms', tries = o.tries + 1, leased = true
       where id = any (array(select id from due)) returning o.id, o.tries
     ),
     sent as (
       update mailboxes m set confirmation_sent_at = clock_timestamp(), reason = null
       where m.id = any (array(select mailbox_id from due where status = 'UNCONFIRMED'))
     )
     select t.id, t.tries, d.mailbox_id as "mailboxId", d.endpoint_id as "endpointId", d.address, d.nonce, d.login_id is null as alone,
            tm.name as "teamName", w.name as "webhookName", w.number::int as "webhookNumber", a.name as "accountName",
            c.name as "creatorName",
            d.status = 'UNCONFIRMED' and d.removed_at is null and ep.removed_at is null and w.deleted_at is null as wanted
     from taken t
     join due d on d.id = t.id
     join endpoints ep on ep.id = d.endpoint_id
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
    `with held as materialized (select id from mailboxes where id = $5 for no key update),
     later as (
       update mail_outbox set due_at = clock_timestamp() + $2::int * interval '1 ms', leased = false
       where id = $1 and tries = $4 and mailbox_id = (select id from held) returning mailbox_id
     )
     update mailboxes set reason = $3 where id = (select mailbox_id from later) and status = 'UNCONFIRMED'`,
    [mail.id, waitMs, reason, mail.tries, mail.mailboxId],
  );
}

/** What a notice tells: an endpoint that switched itself off. */
export interface OffNotice {
  webhookName: string;
  webhookNumber: number;
  accountName: string;
  kind: string;
  host: string;
  /** The sentence of the failure. */
  reason: string;
  /** ISO 8601; failingSince is null where one answer ended it. */
  failingSince: string | null;
  disabledAt: string;
}

/** A notice under a lease. */
export interface NoticeMail {
  id: string;
  tries: number;
  address: string;
  notice: OffNotice;
}

/**
 * Puts a notice for each login that manages webhooks in an account into the outbox, in the caller's transaction: those whose
 * account it is, that hold WEBHOOKS_MANAGE and are not disabled.
 */
export async function queueNotices(
  sql: Sql,
  accountId: string,
  notice: Omit<OffNotice, 'accountName'>,
): Promise<void> {
  const { rows } = await sql.query<{ email: string; account: string }>(
    `select distinct on (lower(l.email)) l.email, acc.name as account
     from logins acc
     join logins l on acc.id = any (l.path) and not l.disabled and l.email <> '' and 'WEBHOOKS_MANAGE' = any (l.permissions)
     where acc.id = $1 and not exists (
       select 1 from logins nearer
       where nearer.id = any (l.path) and nearer.is_account and cardinality(nearer.path) > cardinality(acc.path))
     order by lower(l.email)`,
    [accountId],
  );
  const mails = rows.flatMap(({ email, account }) => {
    const parsed = parseMailAddress(email);
    return parsed.ok ? [{ address: parsed.address, notice: { ...notice, accountName: account } }] : [];
  });
  if (mails.length === 0) return;
  await sql.query(
    `insert into mail_outbox (id, address, notice)
     select * from unnest($1::text[], $2::text[], $3::json[])`,
    [
      mails.map(() => newId('mail')),
      mails.map((mail) => mail.address),
      mails.map((mail) => JSON.stringify(mail.notice)),
    ],
  );
}

/** Leases at most limit notices that are due, for leaseMs. */
export async function takeNotices(sql: Sql, limit: number, leaseMs: number): Promise<NoticeMail[]> {
  const { rows } = await sql.query<NoticeMail>(
    `with due as materialized (
       select id from mail_outbox where notice is not null and due_at <= statement_timestamp()
       order by due_at limit $1 for update skip locked
     )
     update mail_outbox o set due_at = clock_timestamp() + $2::int * interval '1 ms', tries = o.tries + 1, leased = true
     where id = any (array(select id from due)) returning o.id, o.tries, o.address, o.notice`,
    [limit, leaseMs],
  );
  return rows;
}

/** Tries a notice again in waitMs. */
export async function retryNotice(sql: Sql, { id, tries }: NoticeMail, waitMs: number): Promise<void> {
  await sql.query(
    `update mail_outbox set due_at = clock_timestamp() + $3::int * interval '1 ms', leased = false where id = $1 and tries = $2`,
    [id, tries, waitMs],
  );
}
