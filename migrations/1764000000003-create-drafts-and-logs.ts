/**
 * The wizard's drafts, idempotency keys, the audit log, and the log of changes that open pages follow.
 *
 * A draft holds what was typed, whether or not it is valid: JSON as text (json, not jsonb, which refuses
 * the character NUL), secret values sealed. audit_log can be added to and nothing else, by whatever
 * program. webhook_changes says who could see a webhook before a change (the ids of its account's path and
 * of its team), so that each reader learns whether it came, changed or went for that reader; rows are of
 * use for as long as a subscription may lag behind. logins.rights_lost is the transaction that last took
 * a right from a login: a stream cursor from before it is not resumed in silence.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateDraftsAndLogs1764000000003 implements MigrationInterface {
  name = 'CreateDraftsAndLogs1764000000003';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      alter table logins add column rights_lost xid8;

      create table webhook_drafts (
        id text collate "C" primary key,
        login_id text collate "C" not null references logins (id),
        version int not null default 1,
        details json not null,
        endpoints json not null default '[]',
        triggers json not null default '[]',
        -- The draft's id is the idempotency key of its save.
        saved_as text collate "C" references webhooks (id),
        created_at timestamptz not null default clock_timestamp(),
        updated_at timestamptz not null default clock_timestamp(),
        expires_at timestamptz not null
      );
      create index webhook_drafts_login on webhook_drafts (login_id, id);
      create index webhook_drafts_end on webhook_drafts (expires_at);

      create table idempotency_keys (
        login_id text collate "C" not null references logins (id),
        key text collate "C" not null,
        -- What the key was used for: the operation and a fingerprint of its input.
        operation text not null,
        fingerprint bytea not null,
        -- Ids of what came of it.
        result text[] collate "C" not null,
        created_at timestamptz not null default clock_timestamp(),
        primary key (login_id, key)
      );
      create index idempotency_keys_age on idempotency_keys (created_at);

      create table audit_log (
        id text collate "C" primary key,
        at timestamptz not null default clock_timestamp(),
        login_id text collate "C" not null references logins (id),
        action text not null,
        subject_kind text not null,
        subject_id text collate "C" not null,
        -- The account or login by whose place in the tree it is decided who may read the entry; null: the catalog.
        scope_id text collate "C" references logins (id),
        changes json not null
      );
      create index audit_log_subject on audit_log (subject_id, id);

      create function audit_log_only_grows() returns trigger language plpgsql as $$
      begin
        raise exception 'audit_log can only be added to';
      end $$;
      create trigger audit_log_only_grows before update or delete or truncate on audit_log
        for each statement execute function audit_log_only_grows();

      create table webhook_changes (
        xid xid8 not null default pg_current_xact_id(),
        seq bigint generated always as identity,
        at timestamptz not null default clock_timestamp(),
        webhook_id text collate "C" not null,
        -- Empty for a webhook that is new.
        seen_by text[] collate "C" not null,
        primary key (xid, seq)
      );
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      drop table webhook_changes, audit_log, idempotency_keys, webhook_drafts;
      drop function audit_log_only_grows();
      alter table logins drop column rights_lost;
    `);
  }
}
