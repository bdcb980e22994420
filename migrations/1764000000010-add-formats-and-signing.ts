/**
 * What a request looks like, and what proves whose it is.
 *
 * endpoints.format is the shape of the body for events from now on. A delivery takes it at birth and keeps it, in the
 * queue and in the history, so that its bytes are the same on every attempt, a retry by hand included, whatever becomes
 * of the endpoint. Its values are checked where they come from; the history takes them over, and is not read through
 * for a check of what it cannot hold.
 *
 * endpoints.signing is the scheme, and a signing secret is of the scheme that it was made for. Of a key pair the private
 * key is sealed like a shared secret, and public_key is what everybody may know. A secret that was rotated away has an
 * end: it signs until then, by the database's clock, and is forgotten after it.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const FORMATS = `('STANDARD_WEBHOOKS', 'CLOUDEVENTS_STRUCTURED', 'CLOUDEVENTS_BINARY', 'ENTITY')`;

export class AddFormatsAndSigning1764000000010 implements MigrationInterface {
  name = 'AddFormatsAndSigning1764000000010';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      alter table endpoints
        add column format text not null default 'STANDARD_WEBHOOKS' check (format in ${FORMATS}),
        add column signing text not null default 'STANDARD_WEBHOOKS_HMAC'
          check (signing in ('STANDARD_WEBHOOKS_HMAC', 'STANDARD_WEBHOOKS_ED25519', 'NONE'));
      alter table secrets
        add column scheme text not null default 'HMAC' check (scheme in ('HMAC', 'ED25519')),
        -- whpk_ and base64.
        add column public_key text,
        add constraint secrets_public_key check ((scheme = 'ED25519') = (public_key is not null));
      create index secrets_ending on secrets (expires_at) where expires_at is not null;
      alter table delivery_queue
        add column format text not null default 'STANDARD_WEBHOOKS' check (format in ${FORMATS});
      alter table deliveries add column format text not null default 'STANDARD_WEBHOOKS';
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      alter table deliveries drop column format;
      alter table delivery_queue drop column format;
      drop index secrets_ending;
      alter table secrets drop constraint secrets_public_key, drop column public_key, drop column scheme;
      alter table endpoints drop column signing, drop column format;
    `);
  }
}
