/**
 * Deliveries that a replay opened again were not counted as open, only as no longer open at their end, so that the statistics of
 * databases with replays tell too few, down to less than none. The next roll-up counts the queue anew.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CountReplayedAsOpen1764000000021 implements MigrationInterface {
  name = 'CountReplayedAsOpen1764000000021';

  async up(db: QueryRunner): Promise<void> {
    await db.query('update delivery_stats_cursor set recount = true');
  }

  async down(): Promise<void> {
    // What is counted right may stay.
  }
}
