/**
 * The Create Webhooks link of a login, and what its feed is read from.
 *
 * An event holds the webhooks that it fired, as they were at publish, and its place in the order in which a reader that
 * goes forward meets events: the epoch of the stream (live/epoch.ts), the transaction that wrote it, its id. Sequences and
 * times are given out in another order than transactions commit in; these three let a reader stop before whatever may still
 * commit. Events from before have no place of their own and come first, in the order of their ids.
 *
 * webhooks_links holds at most one link for each login. Its secret is looked up by its hash and kept sealed, so that its
 * owner can read it again. permissions is what the credential held that made it, where that was less than its login holds;
 * null follows the login. webhooks.subscription marks those that were made by such a link, and that it may end.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddFeed1764000000014 implements MigrationInterface {
  name = 'AddFeed1764000000014';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      alter table events
        add column fired text[] collate "C" not null default '{}',
        add column epoch int not null default 0,
        add column xid xid8 not null default '0';
      create index events_feed on events (epoch, xid, id);

      create table webhooks_links (
        id text collate "C" primary key,
        login_id text collate "C" not null unique references logins (id),
        sha256 bytea not null unique check (octet_length(sha256) = 32),
        sealed bytea not null,
        permissions text[],
        created_at timestamptz not null default clock_timestamp(),
        last_used_at timestamptz
      );
      alter table webhooks add column subscription boolean not null default false;
      create index webhooks_subscriptions on webhooks (login_id) where subscription and deleted_at is null;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      alter table webhooks drop column subscription;
      drop table webhooks_links;
      drop index events_feed;
      alter table events drop column fired, drop column epoch, drop column xid;
    `);
  }
}
