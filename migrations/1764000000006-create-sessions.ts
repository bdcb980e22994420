/**
 * Sessions of the browser console, and the one-time links that begin one.
 *
 * A session is a row and not a signed cookie, so that signing out, disabling a login and revoking a token
 * count at once, on every server. Of the cookie and of the link only the SHA-256 is stored. A session made
 * from an access token is never more than that token: it names it, and is valid only as long as it is.
 * idle_ms and expires_at are those of the settings at its beginning, so that servers with different settings,
 * and statements that know none, agree on its end.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateSessions1764000000006 implements MigrationInterface {
  name = 'CreateSessions1764000000006';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create table sessions (
        id text collate "C" primary key,
        login_id text collate "C" not null references logins (id),
        -- Null: it was begun by a one-time link, and may what its login may.
        access_token_id text collate "C" references access_tokens (id),
        sha256 bytea not null unique check (octet_length(sha256) = 32),
        idle_ms int not null check (idle_ms > 0),
        created_at timestamptz not null default clock_timestamp(),
        last_used_at timestamptz not null default clock_timestamp(),
        -- The absolute end, however busy it is.
        expires_at timestamptz not null,
        ended_at timestamptz
      );
      create index sessions_login on sessions (login_id) where ended_at is null;
      create index sessions_end on sessions (expires_at);

      create table sign_in_links (
        id text collate "C" primary key,
        login_id text collate "C" not null references logins (id),
        sha256 bytea not null unique check (octet_length(sha256) = 32),
        created_at timestamptz not null default clock_timestamp(),
        expires_at timestamptz not null,
        used_at timestamptz
      );
      create index sign_in_links_end on sign_in_links (expires_at);
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      drop table sign_in_links, sessions;
    `);
  }
}
