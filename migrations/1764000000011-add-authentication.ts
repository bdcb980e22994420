/**
 * How requests to an endpoint authenticate. The credential is sealed like the secret headers and stands beside them: there
 * is at most one for an endpoint, it is written and forgotten with it, and a claim reads it without a join.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddAuthentication1764000000011 implements MigrationInterface {
  name = 'AddAuthentication1764000000011';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      alter table endpoints
        add column auth_type text not null default 'NONE' check (auth_type in
          ('NONE', 'BASIC', 'BEARER', 'API_KEY', 'CUSTOM_HEADER', 'OAUTH2_CLIENT_CREDENTIALS', 'MUTUAL_TLS')),
        -- What may be shown of the credential.
        add column auth_hint text,
        add column auth_sealed bytea,
        -- When the client certificate ends.
        add column auth_expires_at timestamptz,
        add constraint endpoints_credential check ((auth_type = 'NONE') = (auth_sealed is null)),
        add constraint endpoints_credential_shown check (auth_hint is null or auth_sealed is not null),
        add constraint endpoints_credential_end check ((auth_type = 'MUTUAL_TLS') = (auth_expires_at is not null));
      -- For the warning of certificates that end soon; next to no endpoint is in it.
      create index endpoints_credential_ends on endpoints (auth_expires_at) where auth_expires_at is not null;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      alter table endpoints
        drop column auth_type, drop column auth_hint, drop column auth_sealed, drop column auth_expires_at;
    `);
  }
}
