/**
 * What the owner of a mailbox says by the links in its mails. Comes in: the token of a link. Goes out: what it is about, or
 * that there is no such link; one that has run out, and one whose mailbox or webhook is gone, are told from one that never
 * was by nobody. Nothing but a POST of a page's button changes anything: programs that look at mails open links.
 */
import type pg from 'pg';

import { recordAudit } from '../audit/audit-log.ts';
import { noteWebhookChanges } from '../audit/webhook-changes.ts';
import { readerOf, type Sql, transaction } from '../db/sql.ts';
import { releaseAwaiting } from '../queue/awaiting.ts';
import type { Keyring } from '../secrets/keyring.ts';
import { isToken, type LinkPurpose, mailboxOfToken } from './links.ts';
import { type MailboxStatus, unsubscribeMailbox } from './mailboxes.ts';

/** How long the link of a confirmation mail is good, days from when it was sent. */
export const LINK_DAYS = 7;

/** What a link is about. */
export interface LinkSubject {
  mailboxId: string;
  address: string;
  status: MailboxStatus;
  endpointId: string;
  /** Whether the endpoint is this mailbox, and not those of a team. */
  alone: boolean;
  webhookId: string;
  webhookName: string;
  webhookNumber: number;
  accountId: string;
  accountName: string;
}

/** What saying yes or no takes. */
export interface ConsentOptions {
  pool: pg.Pool;
  keyring: Keyring;
  /** Switches off the endpoint that is this mailbox, with all that goes with it, in the transaction given. */
  switchOff(sql: Sql, endpointId: string): Promise<void>;
}

/** Answers the pages of the links. */
export class Consent {
  readonly #options: ConsentOptions;

  constructor(options: ConsentOptions) {
    this.#options = options;
  }

  /** What a link is about; undefined where it is none, or none any more. */
  look(purpose: LinkPurpose, token: string): Promise<LinkSubject | undefined> {
    return this.#find(this.#options.pool, purpose, token, '');
  }

  /** Confirms a mailbox, and lets go what waits for it; undefined where the link is none. Doing it twice changes nothing. */
  confirm(token: string): Promise<LinkSubject | undefined> {
    return transaction(this.#options.pool, async (sql) => {
      // The webhook's row first, as everything that switches: both take what waits for it, each in an order of its own.
      const subject = await this.#find(sql, 'confirm', token, 'for update of w, m');
      if (subject === undefined || subject.status === 'CONFIRMED') return subject;
      const reader = readerOf(sql);
      await noteWebhookChanges(reader, (add) => `w.id = ${add(subject.webhookId)}`);
      await sql.query(
        `update mailboxes
         set status = 'CONFIRMED', confirmed_at = clock_timestamp(), changed_at = clock_timestamp(), reason = null where id = $1`,
        [subject.mailboxId],
      );
      await sql.query('delete from mail_outbox where mailbox_id = $1', [subject.mailboxId]);
      await releaseAwaiting(sql, subject.mailboxId);
      await record(sql, subject, 'CONFIRMED');
      return { ...subject, status: 'CONFIRMED' };
    });
  }

  /** Ends all mails to a mailbox; undefined where the link is none. Doing it twice changes nothing. */
  unsubscribe(token: string): Promise<LinkSubject | undefined> {
    return transaction(this.#options.pool, async (sql) => {
      const subject = await this.#find(sql, 'unsubscribe', token, 'for update of w, m');
      if (subject === undefined || subject.status === 'UNSUBSCRIBED') return subject;
      const reader = readerOf(sql);
      await noteWebhookChanges(reader, (add) => `w.id = ${add(subject.webhookId)}`);
      await unsubscribeMailbox(sql, subject.mailboxId);
      await record(sql, subject, 'UNSUBSCRIBED');
      if (subject.alone) await this.#options.switchOff(sql, subject.endpointId);
      return { ...subject, status: 'UNSUBSCRIBED' };
    });
  }

  async #find(
    sql: Sql,
    purpose: LinkPurpose,
    token: string,
    lock: '' | 'for update of w, m',
  ): Promise<LinkSubject | undefined> {
    const id = mailboxOfToken(token);
    if (id === undefined) return undefined;
    const { rows } = await sql.query<LinkSubject & { nonce: string; fresh: boolean }>(
      `select m.id as "mailboxId", m.address, m.status, m.endpoint_id as "endpointId", m.login_id is null as alone, m.nonce,
              w.id as "webhookId", w.name as "webhookName", w.number::int as "webhookNumber",
              a.id as "accountId", a.name as "accountName",
              coalesce(m.confirmation_sent_at > clock_timestamp() - interval '${LINK_DAYS} days', false) as fresh
       from mailboxes m
       join endpoints ep on ep.id = m.endpoint_id
       join webhooks w on w.id = ep.webhook_id
       join logins a on a.id = w.account_id
       where m.id = $1 and m.removed_at is null and ep.removed_at is null and w.deleted_at is null ${lock}`,
      [id],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    const { nonce, fresh, ...subject } = row;
    if (!isToken(this.#options.keyring, purpose, { id, nonce }, token)) return undefined;
    const good =
      purpose === 'unsubscribe' || (fresh && ['UNCONFIRMED', 'CONFIRMED'].includes(subject.status));
    return good ? subject : undefined;
  }
}

/** The owner has no login here: the entry is the server's own. */
async function record(sql: Sql, subject: LinkSubject, to: MailboxStatus): Promise<void> {
  await recordAudit(readerOf(sql), {
    loginId: null,
    action: to === 'CONFIRMED' ? 'webhook.mailboxConfirm' : 'webhook.mailboxUnsubscribe',
    subjectId: subject.webhookId,
    scopeId: subject.accountId,
    changes: { [`endpoints.${subject.endpointId}.mailbox ${subject.address}`]: { from: subject.status, to } },
  });
}
