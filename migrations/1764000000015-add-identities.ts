/**
 * Who a login is at the identity provider of the host platform.
 *
 * A person is known by issuer and subject, which no provider gives to another one; names and addresses change hands. A
 * login may have several. The row is what a JWT of the provider is a credential by: the token itself is kept nowhere.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddIdentities1764000000015 implements MigrationInterface {
  name = 'AddIdentities1764000000015';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create table identities (
        id text collate "C" primary key,
        login_id text collate "C" not null references logins (id),
        issuer text collate "C" not null,
        subject text collate "C" not null,
        created_at timestamptz not null default clock_timestamp(),
        last_used_at timestamptz,
        unique (issuer, subject)
      );
      create index identities_login on identities (login_id);
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      drop table identities;
    `);
  }
}
