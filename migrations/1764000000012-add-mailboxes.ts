/**
 * Endpoints that are mailboxes: one address, or the mailboxes of the webhook's team.
 *
 * mailboxes has a row for each address that an endpoint writes to, and what its owner said to that. Rows are kept
 * for the history when the endpoint turns to another address.
 *
 * mail_outbox holds mails that are not deliveries, from the transaction that wants them sent until the mail server
 * has taken them: a sender leases a row by moving due_at, so that a crash repeats a mail rather than losing it.
 *
 * Rows of delivery_queue with a mailbox whose owner has not confirmed have rank 3, and due_at says until when they
 * wait (src/queue/rank.ts); those that wait to go together in one mail have rank 4, and due_at says when that is.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddMailboxes1764000000012 implements MigrationInterface {
  name = 'AddMailboxes1764000000012';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      alter table endpoints
        drop constraint endpoints_kind_check,
        add constraint endpoints_kind_check check (kind in ('URL', 'EMAIL', 'TEAM_MAILBOXES'));

      create table mailboxes (
        id text collate "C" primary key,
        endpoint_id text collate "C" not null references endpoints (id),
        -- The member of the team whose mailbox it is; null where the endpoint is the mailbox.
        login_id text collate "C" references logins (id),
        address text not null,
        -- What it was made of, in small letters: an endpoint writes to it once.
        given text not null,
        status text not null default 'UNCONFIRMED'
          check (status in ('UNCONFIRMED', 'CONFIRMED', 'SUPPRESSED', 'UNSUBSCRIBED')),
        -- What the mail server said last, where it refused.
        reason text,
        -- Part of the link in its confirmation mail: a new one ends the links before it.
        nonce text not null,
        -- When confirmation mails were asked for, the last five.
        asked_at timestamptz[] not null default '{}',
        confirmation_sent_at timestamptz,
        confirmed_at timestamptz,
        -- The minute in which its mails are counted, and how many there were.
        window_began_at timestamptz,
        window_count int not null default 0,
        changed_at timestamptz not null default clock_timestamp(),
        created_at timestamptz not null default clock_timestamp(),
        removed_at timestamptz
      );
      create unique index mailboxes_of_endpoint on mailboxes (endpoint_id, given) where removed_at is null;
      create index mailboxes_address on mailboxes (lower(address));
      create index mailboxes_changed on mailboxes (changed_at);

      create table mail_outbox (
        id text collate "C" primary key,
        -- Whom a confirmation mail asks; null for the notice to an address that an endpoint switched itself off.
        mailbox_id text collate "C" unique references mailboxes (id),
        address text,
        notice json,
        tries int not null default 0,
        due_at timestamptz not null default clock_timestamp(),
        created_at timestamptz not null default clock_timestamp(),
        check ((mailbox_id is null) = (notice is not null) and (notice is null) = (address is null))
      );
      create index mail_outbox_due on mail_outbox (due_at);

      alter table delivery_queue
        add column mailbox_id text collate "C",
        drop constraint delivery_queue_rank_check,
        add constraint delivery_queue_rank_check check (rank between 0 and 4),
        -- What waits for an owner's word or for a digest is nobody's to send.
        add constraint delivery_queue_awaiting check (rank < 3 or (mailbox_id is not null and sender is null));
      create index delivery_queue_mailbox on delivery_queue (mailbox_id, id) where mailbox_id is not null;
      create index delivery_queue_awaiting on delivery_queue (due_at) where rank = 3;
      create index delivery_queue_digests on delivery_queue (mailbox_id, due_at) where rank = 4;
      alter table deliveries add column mailbox_id text collate "C";
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      delete from delivery_queue where mailbox_id is not null;
      alter table deliveries drop column mailbox_id;
      drop index delivery_queue_digests, delivery_queue_awaiting, delivery_queue_mailbox;
      alter table delivery_queue
        drop constraint delivery_queue_awaiting,
        drop constraint delivery_queue_rank_check,
        add constraint delivery_queue_rank_check check (rank between 0 and 2),
        drop column mailbox_id;
      drop table mail_outbox, mailboxes;
      update endpoints set kind = 'URL', removed_at = coalesce(removed_at, now()) where kind <> 'URL';
      alter table endpoints
        drop constraint endpoints_kind_check,
        add constraint endpoints_kind_check check (kind in ('URL'));
    `);
  }
}
