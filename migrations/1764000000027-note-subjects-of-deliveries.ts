/**
 * A delivery says what its event is about, which never changes: the resource, the event's name and the entity. Lists and counts that are asked
 * for it judge thousands of deliveries, and looked up the event of each in the partitions of all times.
 *
 * It writes each delivery anew, which takes a while where there are millions.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = ['delivery_queue', 'deliveries'];

export class NoteSubjectsOfDeliveries1764000000027 implements MigrationInterface {
  name = 'NoteSubjectsOfDeliveries1764000000027';

  async up(db: QueryRunner): Promise<void> {
    for (const table of TABLES)
      await db.query(`
        -- Of an event that somebody has removed by hand nothing is known.
        alter table ${table}
          add column resource text collate "C" not null default '', add column event text collate "C" not null default '',
          add column entity_id text collate "C" not null default '';
        update ${table} d set resource = e.resource, event = e.name, entity_id = e.entity_id from events e where e.id = d.event_id;
        alter table ${table} alter column resource drop default, alter column event drop default, alter column entity_id drop default;
      `);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const table of TABLES)
      await db.query(`alter table ${table} drop column resource, drop column event, drop column entity_id`);
  }
}
