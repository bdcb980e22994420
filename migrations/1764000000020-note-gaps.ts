/**
 * So that the feed of a webhook which seldom fires is not looked for among the events of everybody (npm run scale).
 *
 * What fired a webhook has a delivery to one of its endpoints, and those are found by their webhook. It has none where no
 * endpoint took requests at that time: one was off, or it is a mailbox, whose owner may not have confirmed. webhook_gaps says
 * when that may have been, endpoint by endpoint; it grows with the switches of endpoints, never with events, and a trigger of the table
 * keeps it, whoever writes there. An index of events.fired would say the same, and cost every publish.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class NoteGaps1764000000020 implements MigrationInterface {
  name = 'NoteGaps1764000000020';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create table webhook_gaps (
        id bigint generated always as identity primary key,
        webhook_id text collate "C" not null,
        endpoint_id text collate "C" not null,
        began_at timestamptz not null,
        -- Null as long as it lasts.
        ended_at timestamptz
      );
      create index webhook_gaps_webhook on webhook_gaps (webhook_id);
      create unique index webhook_gaps_open on webhook_gaps (endpoint_id) where ended_at is null;

      create function note_gap_of_endpoint() returns trigger language plpgsql as $$
      begin
        if new.removed_at is null and (new.disabled_as is not null or new.kind <> 'URL') then
          insert into webhook_gaps (webhook_id, endpoint_id, began_at)
          values (new.webhook_id, new.id, clock_timestamp()) on conflict do nothing;
        else
          update webhook_gaps set ended_at = clock_timestamp() where endpoint_id = new.id and ended_at is null;
        end if;
        return null;
      end $$;
      create trigger note_gap after insert or update of kind, disabled_as, removed_at on endpoints
        for each row execute function note_gap_of_endpoint();

      -- What was off before nobody has noted: of a webhook that was ever changed, or switched off by itself, it may have been all the time.
      insert into webhook_gaps (webhook_id, endpoint_id, began_at, ended_at)
      select ep.webhook_id, ep.id, 'epoch',
             case when ep.removed_at is not null or (ep.disabled_as is null and ep.kind = 'URL') then clock_timestamp() end
      from endpoints ep join webhooks w on w.id = ep.webhook_id
      where w.version > 1 or w.deleted_at is not null or ep.disabled_as is not null or ep.kind <> 'URL'
         or exists (select from audit_log a where a.subject_id = w.id and a.action = 'webhook.endpointAutoDisable');
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      drop trigger note_gap on endpoints;
      drop function note_gap_of_endpoint();
      drop table webhook_gaps;
    `);
  }
}
