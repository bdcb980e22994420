/**
 * Replays: sending again what a filter matched. replays has one row for each, replay_items the matched set as it was at
 * the start, in the order in which it goes.
 *
 * An item is WAITING until its turn comes; then it is QUEUED, with its delivery in delivery_queue, until that has come to
 * its end. admitted is the position of the last item whose turn has come, so that nobody looks for it; it moves in the
 * transaction that queues the deliveries. WITHDRAWN were queued and taken back before they went, by a cancel. Items are
 * named by no foreign key: they are written before their replay, and forgotten in batches.
 *
 * Deliveries of origin REPLAY are born by a replay, of events that had none to a webhook.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddReplays1764000000016 implements MigrationInterface {
  name = 'AddReplays1764000000016';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create table replays (
        id text collate "C" primary key,
        -- Whose managers see it and may stop it: that of the login that started it.
        account_id text collate "C" not null references logins (id),
        login_id text collate "C" not null references logins (id),
        status text not null default 'RUNNING' check (status in ('RUNNING', 'PAUSED', 'FINISHED', 'CANCELLED')),
        -- As it was given, for people to read.
        filter json not null,
        missing_for text collate "C",
        matched int not null check (matched > 0),
        admitted int not null default 0,
        succeeded int not null default 0,
        failed int not null default 0,
        withdrawn int not null default 0,
        rate_per_second int not null check (rate_per_second > 0),
        -- Up to when the rate is used up.
        paced_at timestamptz not null default clock_timestamp(),
        started_at timestamptz not null default clock_timestamp(),
        finished_at timestamptz,
        check (admitted between 0 and matched),
        check (succeeded >= 0 and failed >= 0 and withdrawn >= 0 and succeeded + failed + withdrawn <= admitted),
        check ((finished_at is not null) = (status in ('FINISHED', 'CANCELLED')))
      );
      create index replays_account on replays (account_id, id);
      -- Those with something to do.
      create index replays_active on replays (id)
        where status = 'RUNNING' or admitted > succeeded + failed + withdrawn;
      create index replays_finished on replays (finished_at) where finished_at is not null;

      create table replay_items (
        replay_id text collate "C" not null,
        position int not null,
        -- Null for an event that had no delivery yet, which then says where it goes.
        delivery_id text collate "C",
        event_id text collate "C",
        webhook_id text collate "C",
        endpoint_id text collate "C",
        mailbox_id text collate "C",
        state text not null default 'WAITING'
          check (state in ('WAITING', 'QUEUED', 'SUCCEEDED', 'FAILED', 'WITHDRAWN')),
        -- Of its delivery as this replay queued it; null where somebody else had.
        version int,
        primary key (replay_id, position),
        check (delivery_id is not null or (event_id is not null and webhook_id is not null and endpoint_id is not null)),
        check (delivery_id is not null or state in ('WAITING', 'FAILED'))
      );
      create index replay_items_queued on replay_items (replay_id, position) where state = 'QUEUED';
      create index replay_items_delivery on replay_items (replay_id, delivery_id) where delivery_id is not null;

      alter table delivery_queue
        drop constraint delivery_queue_origin_check,
        add constraint delivery_queue_origin_check check (origin in ('EVENT', 'TEST', 'REPLAY'));
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      update delivery_queue set origin = 'EVENT' where origin = 'REPLAY';
      update deliveries set origin = 'EVENT' where origin = 'REPLAY';
      update delivery_log set origin = 'EVENT' where origin = 'REPLAY';
      alter table delivery_queue
        drop constraint delivery_queue_origin_check,
        add constraint delivery_queue_origin_check check (origin in ('EVENT', 'TEST'));
      drop table replay_items, replays;
    `);
  }
}
