/**
 * What is saved on the Webhooks page, and the routes that matching reads.
 *
 * A trigger has exactly one row in trigger_routes: scope_id is the account, the login or the team
 * whose activity is watched, and matching is one index look-up with the ids of an event's path and
 * teams. Whether a trigger is active is derived by join with the catalog, never stored.
 * Deleted webhooks stay as rows (deleted_at): their history is still read under their number.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateWebhooks1764000000001 implements MigrationInterface {
  name = 'CreateWebhooks1764000000001';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create table webhooks (
        id text collate "C" primary key,
        number int generated always as identity unique,
        account_id text collate "C" not null references logins (id),
        login_id text collate "C" not null references logins (id),
        for_login_id text collate "C" references logins (id),
        team_id text collate "C" references teams (id),
        name text not null,
        description text not null,
        enabled boolean not null default true,
        -- Only deliveries made since then may be sent: what was matched before a disable stays unsent.
        enabled_at timestamptz not null default now(),
        version int not null default 1,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        deleted_at timestamptz,
        check (for_login_id is null or team_id is null)
      );
      create index webhooks_account on webhooks (account_id);
      create index webhooks_team on webhooks (team_id) where team_id is not null;

      create table endpoints (
        id text collate "C" primary key,
        webhook_id text collate "C" not null references webhooks (id),
        position int not null,
        kind text not null check (kind in ('URL')),
        target text not null,
        -- [{"name", "value" | null, "secret", "sealed"?}]: a secret header has no value, only its ciphertext.
        headers jsonb not null default '[]',
        timeout_ms int not null check (timeout_ms between 100 and 60000),
        -- Seconds before each attempt; null takes the server's default.
        retry_schedule int[] check (cardinality(retry_schedule) between 1 and 20),
        -- Raised by every change that a request under way must notice.
        version int not null default 1,
        created_at timestamptz not null default now(),
        removed_at timestamptz
      );
      create index endpoints_webhook on endpoints (webhook_id, position);

      create table secrets (
        id text collate "C" primary key,
        endpoint_id text collate "C" not null references endpoints (id),
        sealed bytea not null,
        hint text not null,
        created_at timestamptz not null default now(),
        expires_at timestamptz
      );
      create index secrets_endpoint on secrets (endpoint_id);

      create table triggers (
        id text collate "C" primary key,
        webhook_id text collate "C" not null references webhooks (id),
        position int not null,
        resource text not null,
        event text not null,
        name text not null,
        description text not null
      );
      create index triggers_webhook on triggers (webhook_id, position);

      create table trigger_routes (
        trigger_id text collate "C" primary key references triggers (id) on delete cascade,
        webhook_id text collate "C" not null references webhooks (id),
        account_id text collate "C" not null,
        scope text not null check (scope in ('ACCOUNT', 'LOGIN', 'TEAM')),
        scope_id text collate "C" not null,
        resource text not null,
        event text not null
      );
      create index trigger_routes_match on trigger_routes (resource, event, scope_id) include (account_id, webhook_id);
      create index trigger_routes_webhook on trigger_routes (webhook_id);
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`drop table trigger_routes, triggers, secrets, endpoints, webhooks;`);
  }
}
