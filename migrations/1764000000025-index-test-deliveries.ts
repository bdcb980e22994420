/**
 * Deliveries of test events. Whoever sends one may be of no login that causes what is sent else, so a list that is found along those
 * logins has to look for them beside, in the order of ids. Partial: nothing else pays for it.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class IndexTestDeliveries1764000000025 implements MigrationInterface {
  name = 'IndexTestDeliveries1764000000025';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`create index deliveries_tests on deliveries (id) where origin = 'TEST'`);
    await db.query(`create index delivery_queue_tests on delivery_queue (id) where origin = 'TEST'`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('drop index delivery_queue_tests, deliveries_tests');
  }
}
