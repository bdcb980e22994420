/**
 * What the server does by itself stands in the audit log, too: without a login. And an index of the endpoints that
 * switched themselves off, which the status of every webhook asks for and which next to none are in.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddOwnChanges1764000000009 implements MigrationInterface {
  name = 'AddOwnChanges1764000000009';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      -- Null: the server itself.
      alter table audit_log alter column login_id drop not null;
      create index endpoints_auto_disabled on endpoints (webhook_id)
        where disabled_as = 'AUTO_DISABLED' and removed_at is null;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      drop index endpoints_auto_disabled;
      -- There is no other name for the server then; nearest to it is whose the thing is.
      alter table audit_log disable trigger audit_log_only_grows;
      update audit_log set login_id = scope_id where login_id is null;
      alter table audit_log enable trigger audit_log_only_grows;
      alter table audit_log alter column login_id set not null;
    `);
  }
}
