/**
 * Who and what: the tree of logins, teams, access tokens, and the catalog of resources.
 *
 * logins.path holds the ids from the root down to the login itself, so that "in the portfolio of X"
 * is one array test. Ids compare as bytes (collation "C") everywhere, because their order is time.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateAccessAndCatalog1764000000000 implements MigrationInterface {
  name = 'CreateAccessAndCatalog1764000000000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create table logins (
        id text collate "C" primary key,
        number int generated always as identity unique,
        name text not null,
        email text not null,
        parent_id text collate "C" references logins (id),
        path text[] collate "C" not null,
        is_account boolean not null default false,
        permissions text[] not null default '{}',
        disabled boolean not null default false,
        created_at timestamptz not null default now(),
        check (path[cardinality(path)] = id),
        check ((parent_id is null) = (cardinality(path) = 1)),
        check (parent_id is not null or is_account),
        check (permissions <@ array['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH', 'CATALOG_MANAGE', 'ACCESS_MANAGE'])
      );
      create unique index logins_one_root on logins ((true)) where parent_id is null;
      create index logins_parent on logins (parent_id);
      create index logins_path on logins using gin (path);

      create table teams (
        id text collate "C" primary key,
        number int generated always as identity unique,
        account_id text collate "C" not null references logins (id),
        name text not null,
        created_at timestamptz not null default now()
      );
      create index teams_account on teams (account_id);

      create table team_members (
        team_id text collate "C" not null references teams (id) on delete cascade,
        login_id text collate "C" not null references logins (id) on delete cascade,
        primary key (team_id, login_id)
      );
      create index team_members_login on team_members (login_id);

      create table access_tokens (
        id text collate "C" primary key,
        login_id text collate "C" not null references logins (id),
        origin text not null check (origin in ('ROOT', 'ENVIRONMENT', 'USER')),
        name text not null,
        sha256 bytea not null unique check (octet_length(sha256) = 32),
        hint text not null,
        permissions text[] not null,
        created_at timestamptz not null default now(),
        last_used_at timestamptz,
        expires_at timestamptz,
        revoked_at timestamptz
      );
      create index access_tokens_login on access_tokens (login_id);

      create table resources (
        id text collate "C" primary key,
        name text not null unique,
        label text not null,
        description text not null,
        model text not null,
        payload_schema jsonb not null,
        allowed boolean not null,
        version int not null default 1,
        updated_at timestamptz not null default now()
      );

      create table resource_events (
        resource_id text collate "C" not null references resources (id) on delete cascade,
        name text not null,
        position int not null,
        label text not null,
        description text not null,
        supported boolean not null,
        example_payload json not null,
        primary key (resource_id, name)
      );
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      drop table resource_events, resources, access_tokens, team_members, teams, logins;
    `);
  }
}
