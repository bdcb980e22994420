/**
 * Whether a row of mail_outbox is with a sender right now, so that one that waits behind a mail server which hangs is told from
 * one that nobody takes (src/queue/oldest-due.ts): due_at alone is when it goes next, for a lease and for a wait alike.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class LeaseMails1764000000013 implements MigrationInterface {
  name = 'LeaseMails1764000000013';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`alter table mail_outbox add column leased boolean not null default false`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`alter table mail_outbox drop column leased`);
  }
}
