/**
 * Events of one kind, the resource and the name of the event, lie together: what seldom happens to what much happens to (a client deleted,
 * among millions that were updated) is found, and so is that nothing of a kind is there.
 *
 * event_kinds says which kinds there are or ever were, for who asks by a name alone: all that is published is in the catalog first. A
 * trigger keeps it, it only grows, and it names what may be gone. The index costs each event a few us of PostgreSQL's CPU, a delivery nothing.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class IndexKindsOfEvents1764000000026 implements MigrationInterface {
  name = 'IndexKindsOfEvents1764000000026';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create table event_kinds (
        name text collate "C" not null,
        resource text collate "C" not null,
        primary key (name, resource)
      );

      create function note_kind_of_event() returns trigger language plpgsql as $$
      begin
        insert into event_kinds (name, resource)
        select new.name, r.name from resources r where r.id = new.resource_id on conflict do nothing;
        return null;
      end $$;
      create trigger note_kind after insert or update of name, resource_id on resource_events
        for each row execute function note_kind_of_event();

      insert into event_kinds (name, resource)
      select re.name, r.name from resource_events re join resources r on r.id = re.resource_id
      union select name, resource from events;

      -- As one: with three columns the planner would read what a resource has by the index of resources, and judge the names.
      create index events_kind on events ((resource || ' ' || name), id);
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      drop index events_kind;
      drop trigger note_kind on resource_events;
      drop function note_kind_of_event();
      drop table event_kinds;
    `);
  }
}
