/**
 * The mailboxes that endpoints write to: made when an endpoint is saved, and for a member who joined the team later when
 * something is published for it. Each new one gets a confirmation mail, by way of the outbox, and nothing else before
 * its owner has confirmed.
 */
import { randomBytes } from 'node:crypto';

import type { Sql } from '../db/sql.ts';
import { newId } from '../ids.ts';
import { cancelMailboxes } from '../queue/awaiting.ts';
import { parseMailAddress } from './address.ts';

/** What the owner of a mailbox, or its server, has said. */
export type MailboxStatus = 'UNCONFIRMED' | 'CONFIRMED' | 'SUPPRESSED' | 'UNSUBSCRIBED';

/** A mailbox that an endpoint is to write to. */
export interface WantedMailbox {
  endpointId: string;
  /** The address as it was given. */
  given: string;
  /** The member whose mailbox it is; null where the endpoint is the mailbox. */
  loginId: string | null;
}

/** Confirmation mails to one address, whichever endpoints ask for them, in a day: what is more waits. */
const ADDRESS_MAILS_A_DAY = 20;

/** Puts the confirmation mail of the mailboxes of a CTE (with id and address) into the outbox. */
export const ASK_SQL = (mailboxes: string): string => `
  asked as (
    insert into mail_outbox (id, mailbox_id, due_at)
    select m.mail_id, m.id, greatest(clock_timestamp(), (
      select earlier.at + interval '1 day' from mailboxes other cross join unnest(other.asked_at) as earlier (at)
      where lower(other.address) = lower(m.address) and other.id <> m.id
      order by earlier.at desc offset ${ADDRESS_MAILS_A_DAY - 1} limit 1))
    from ${mailboxes} m
    on conflict (mailbox_id) do update set due_at = excluded.due_at, tries = mail_outbox.tries + 1, leased = false
  )`;

/** A fresh nonce. */
export function newNonce(): string {
  return randomBytes(16).toString('base64url');
}

/**
 * Makes those that are missing, in the caller's transaction, and asks each to confirm; one whose address is none is made
 * as SUPPRESSED, with the reason.
 */
export async function ensureMailboxes(sql: Sql, wanted: WantedMailbox[]): Promise<void> {
  if (wanted.length === 0) return;
  const rows = wanted.map((one) => ({ ...one, parsed: parseMailAddress(one.given) }));
  await sql.query(
    `with given as (
       select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
         as t (id, mail_id, endpoint_id, login_id, address, given, reason, nonce)
     ),
     made as (
       insert into mailboxes (id, endpoint_id, login_id, address, given, status, reason, nonce, asked_at)
       select id, endpoint_id, login_id, address, lower(given), case when reason is null then 'UNCONFIRMED' else 'SUPPRESSED' end,
              reason, nonce, case when reason is null then array[clock_timestamp()] else '{}' end
       from given order by endpoint_id, given
       on conflict (endpoint_id, given) where removed_at is null do nothing
       returning id, address, status
     ),
     asking as (
       select m.id, m.address, g.mail_id from made m join given g on g.id = m.id where m.status = 'UNCONFIRMED'
     ),
     ${ASK_SQL('asking')}
     select count(*) from made`,
    [
      rows.map(() => newId('mailbox')),
      rows.map(() => newId('mail')),
      rows.map((row) => row.endpointId),
      rows.map((row) => row.loginId),
      rows.map(({ parsed, given }) => (parsed.ok ? parsed.address : given)),
      rows.map((row) => row.given),
      rows.map(({ parsed }) => (parsed.ok ? null : parsed.message)),
      rows.map(() => newNonce()),
    ],
  );
}

/**
 * Brings the mailboxes of a saved endpoint in line with what it is, in the caller's transaction: what waits for others is
 * cancelled, and one of kind EMAIL gets its own. Those of a team are made by addTeamMailboxes.
 */
export async function setMailboxes(
  sql: Sql,
  endpointId: string,
  kind: 'URL' | 'EMAIL' | 'TEAM_MAILBOXES',
  target: string,
): Promise<void> {
  const { rows } = await sql.query<{ id: string }>(
    `update mailboxes set removed_at = clock_timestamp(), changed_at = clock_timestamp()
     where endpoint_id = $1 and removed_at is null
       and case $2 when 'EMAIL' then login_id is not null or given <> lower($3)
                   when 'TEAM_MAILBOXES' then login_id is null else true end
     returning id`,
    [endpointId, kind, target],
  );
  await forget(
    sql,
    rows.map(({ id }) => id),
  );
  if (kind === 'EMAIL') await ensureMailboxes(sql, [{ endpointId, given: target, loginId: null }]);
}

/** Makes the mailboxes that the members of a webhook's team lack at its endpoints of that kind, in the caller's transaction. */
export async function addTeamMailboxes(sql: Sql, webhookId: string): Promise<void> {
  const { rows } = await sql.query<WantedMailbox>(
    `select distinct on (ep.id, lower(l.email)) ep.id as "endpointId", l.email as given, l.id as "loginId"
     from endpoints ep
     join webhooks w on w.id = ep.webhook_id
     join team_members tm on tm.team_id = w.team_id
     join logins l on l.id = tm.login_id and not l.disabled and l.email <> ''
     where ep.webhook_id = $1 and ep.kind = 'TEAM_MAILBOXES' and ep.removed_at is null
     order by ep.id, lower(l.email), l.id`,
    [webhookId],
  );
  await ensureMailboxes(sql, rows);
}

/** Takes the mailboxes of removed endpoints out of use, in the caller's transaction, which cancels what waits for them. */
export async function removeMailboxes(sql: Sql, endpointIds: string[]): Promise<void> {
  const { rows } = await sql.query<{ id: string }>(
    `update mailboxes set removed_at = clock_timestamp(), changed_at = clock_timestamp()
     where endpoint_id = any ($1::text[]) and removed_at is null
     returning id`,
    [endpointIds],
  );
  await forget(
    sql,
    rows.map(({ id }) => id),
  );
}

async function forget(sql: Sql, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await cancelMailboxes(sql, ids);
  await sql.query('delete from mail_outbox where mailbox_id = any ($1::text[])', [ids]);
}

/** Writes to a mailbox no more, since its server refused it; reason is what the server said. In the caller's transaction. */
export async function suppressMailbox(sql: Sql, id: string, reason: string): Promise<void> {
  await end(sql, id, 'SUPPRESSED', reason);
}

/** Writes to a mailbox no more, since its owner does not want it. In the caller's transaction. */
export async function unsubscribeMailbox(sql: Sql, id: string): Promise<void> {
  await end(sql, id, 'UNSUBSCRIBED', null);
}

async function end(sql: Sql, id: string, status: MailboxStatus, reason: string | null): Promise<void> {
  await sql.query(
    `update mailboxes set status = $2, reason = $3, changed_at = clock_timestamp() where id = $1`,
    [id, status, reason],
  );
  await forget(sql, [id]);
}

/**
 * What an endpoint that is turned on again may write to, in the caller's transaction: a mailbox that was refused is tried
 * once more, and one whose owner unsubscribed is asked anew where the endpoint is that mailbox.
 */
export async function reviveMailboxes(sql: Sql, endpointIds: string[]): Promise<void> {
  const { rows } = await sql.query<{ id: string; confirmed: boolean }>(
    `update mailboxes
     set status = case when status = 'SUPPRESSED' and confirmed_at is not null then 'CONFIRMED' else 'UNCONFIRMED' end,
         confirmed_at = case when status = 'SUPPRESSED' then confirmed_at end,
         reason = null, changed_at = clock_timestamp()
     where endpoint_id = any ($1::text[]) and removed_at is null
       and ((status = 'SUPPRESSED' and asked_at <> '{}') or (status = 'UNSUBSCRIBED' and login_id is null))
     returning id, confirmed_at is not null as confirmed`,
    [endpointIds],
  );
  await askAgain(
    sql,
    rows.filter((row) => !row.confirmed).map(({ id }) => id),
  );
}

/** Sends these mailboxes a confirmation mail with a new link, in the caller's transaction; those before it end. */
export async function askAgain(sql: Sql, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql.query(
    `with given as (
       select * from unnest($1::text[], $2::text[], $3::text[]) as t (id, mail_id, nonce)
     ),
     made as (
       update mailboxes m
       set status = 'UNCONFIRMED', nonce = g.nonce, reason = null, changed_at = clock_timestamp(),
           asked_at = (array[clock_timestamp()] || m.asked_at)[1:5]
       from given g where m.id = g.id
       returning m.id, m.address, g.mail_id
     ),
     ${ASK_SQL('made')}
     select count(*) from made`,
    [ids, ids.map(() => newId('mail')), ids.map(() => newNonce())],
  );
}

/** Counts a mail to a mailbox, over all senders; false when there were perMinute in this minute already. */
export async function takeTurn(sql: Sql, id: string, perMinute: number): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update mailboxes
     set window_count = case when window_began_at > clock_timestamp() - interval '1 minute' then window_count + 1 else 1 end,
         window_began_at = case when window_began_at > clock_timestamp() - interval '1 minute' then window_began_at
                                else clock_timestamp() end
     where id = $1 and (window_count < $2 or window_began_at is null or window_began_at <= clock_timestamp() - interval '1 minute')`,
    [id, perMinute],
  );
  return rowCount === 1;
}

/** Takes back a turn of this minute that no mail has come of. */
export async function giveTurnBack(sql: Sql, id: string): Promise<void> {
  await sql.query(
    `update mailboxes set window_count = window_count - 1
     where id = $1 and window_count > 0 and window_began_at > clock_timestamp() - interval '1 minute'`,
    [id],
  );
}
