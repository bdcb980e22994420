/**
 * What happened: events, the delivery queue, the history and the log that streams are read from.
 *
 * events, event_payloads, deliveries and attempts are partitioned by id (attempts by their
 * delivery's id): an id begins with its time, so a look-up by id finds one partition and retention
 * is a drop. The partitions themselves are made at start and ahead of time (src/db/partitions.ts).
 * No DEFAULT partition and no foreign key into these tables: both would lock on every attach.
 *
 * delivery_queue is the small hot table: a row lives there only while its delivery is open.
 * due_at is the time of the next attempt, and while a sender holds the row the end of its lease.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateEventsAndDeliveries1764000000002 implements MigrationInterface {
  name = 'CreateEventsAndDeliveries1764000000002';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create table events (
        id text collate "C" primary key,
        login_id text collate "C" not null,
        -- The tree and the teams of the login as they were at publish.
        path text[] collate "C" not null,
        team_ids text[] collate "C" not null,
        resource text not null,
        name text not null,
        entity_id text not null,
        test boolean not null default false,
        occurred_at timestamptz not null,
        published_at timestamptz not null default statement_timestamp()
      ) partition by range (id);
      create index events_entity on events (entity_id, id);
      create index events_login on events (login_id, id);

      create table event_payloads (
        event_id text collate "C" primary key,
        payload text not null
      ) partition by range (event_id);

      create table event_keys (
        login_id text collate "C" not null,
        key text not null,
        event_id text collate "C" not null,
        body_sha256 bytea not null,
        created_at timestamptz not null default now(),
        primary key (login_id, key)
      );
      create index event_keys_age on event_keys (created_at);

      create table delivery_queue (
        id text collate "C" primary key,
        event_id text collate "C" not null,
        webhook_id text collate "C" not null,
        endpoint_id text collate "C" not null,
        origin text not null check (origin in ('EVENT', 'TEST')),
        version int not null default 1,
        -- One attempt without a schedule, asked for by hand.
        manual boolean not null default false,
        -- Asked for by hand while it waited: the next attempt is a manual one and uses up no entry.
        hastened boolean not null default false,
        attempt_count int not null default 0,
        -- Attempts whose sender died: they use up no entry of the schedule.
        lost_count int not null default 0,
        -- Attempts that came before the last manual retry: they use up no entry either.
        prior_count int not null default 0,
        status_code int,
        due_at timestamptz not null default statement_timestamp(),
        sender text,
        -- Raised by every claim: a result is taken only from the holder of the newest claim.
        fence int not null default 0,
        claimed_at timestamptz,
        -- When it came into the queue (again); a webhook that was enabled later than that does not send it.
        queued_at timestamptz not null default statement_timestamp(),
        created_at timestamptz not null default statement_timestamp(),
        check ((sender is null) = (claimed_at is null))
      ) with (fillfactor = 80);
      create index delivery_queue_waiting on delivery_queue (due_at) where sender is null;
      create index delivery_queue_leased on delivery_queue (due_at) where sender is not null;
      create index delivery_queue_webhook on delivery_queue (webhook_id, id);
      create index delivery_queue_event on delivery_queue (event_id);

      create table deliveries (
        id text collate "C" primary key,
        event_id text collate "C" not null,
        webhook_id text collate "C" not null,
        endpoint_id text collate "C" not null,
        origin text not null,
        status text not null check (status in ('SUCCEEDED', 'FAILED', 'CANCELLED')),
        version int not null,
        attempt_count int not null,
        lost_count int not null,
        status_code int,
        created_at timestamptz not null,
        completed_at timestamptz not null
      ) partition by range (id);
      create index deliveries_webhook on deliveries (webhook_id, id);
      create index deliveries_event on deliveries (event_id);

      create table attempts (
        delivery_id text collate "C" not null,
        number int not null,
        origin text not null check (origin in ('FIRST', 'AUTOMATIC_RETRY', 'MANUAL_RETRY')),
        outcome text not null check (outcome in ('SUCCEEDED', 'REJECTED', 'TIMED_OUT', 'UNREACHABLE', 'BLOCKED', 'LOST')),
        started_at timestamptz not null,
        duration_ms int,
        failure_code text,
        request json not null,
        response json,
        phases json,
        primary key (delivery_id, number)
      ) partition by range (delivery_id);

      create table delivery_log (
        xid xid8 not null default pg_current_xact_id(),
        seq bigint generated always as identity,
        at timestamptz not null default statement_timestamp(),
        kind text not null check (kind in ('CREATED', 'RETRY_SCHEDULED', 'SUCCEEDED', 'FAILED', 'CANCELLED')),
        delivery_id text collate "C" not null,
        version int not null,
        event_id text collate "C" not null,
        webhook_id text collate "C" not null,
        endpoint_id text collate "C" not null,
        origin text not null,
        attempt_count int not null,
        -- The attempt that caused this transition, where one did.
        attempt_number int,
        status_code int,
        next_attempt_at timestamptz,
        created_at timestamptz not null,
        primary key (xid, seq)
      );

      -- The line of history that stream cursors belong to (src/live/epoch.ts).
      create table stream_epoch (
        only_row boolean primary key default true check (only_row),
        epoch int not null,
        system_identifier text not null,
        timeline int not null
      );
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      drop table stream_epoch, delivery_log, attempts, deliveries, delivery_queue,
        event_keys, event_payloads, events;
    `);
  }
}
