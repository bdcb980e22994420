/**
 * Indexes for what was switched off, or on again, a moment ago, asked by every sender at each poll
 * (src/queue/sweep.ts). They hold only rows that were ever switched, so that asking costs next to nothing.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class IndexSwitches1764000000005 implements MigrationInterface {
  name = 'IndexSwitches1764000000005';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create index webhooks_switched_off on webhooks (updated_at) where not enabled or deleted_at is not null;
      -- Made and enabled in one transaction, a webhook was never off.
      create index webhooks_switched_on on webhooks (enabled_at) where enabled_at > created_at;
      create index endpoints_removed on endpoints (removed_at) where removed_at is not null;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      drop index endpoints_removed, webhooks_switched_on, webhooks_switched_off;
    `);
  }
}
