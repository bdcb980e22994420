/**
 * What is kept for how long (src/history/retention.ts). The delivery log becomes partitioned by day, like the
 * rest of the history: what is old is dropped with its partition. Its lines so far become one partition up to the
 * next midnight, without being copied. Numbers come from a sequence of its own, because the identity columns of
 * partitioned tables differ between PostgreSQL 15 and 17.
 *
 * stream_epoch.floor_* is the last position that was dropped: a cursor from before it cannot be resumed.
 * deliveries.failure_code says why a delivery ended where no attempt says it; a line of the log carries it, too.
 * partition_drops holds what is being dropped, for whoever has to go on with it after a crash.
 * retention_jobs says what runs and how far it is, one row a job.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class KeepHistory1764000000008 implements MigrationInterface {
  name = 'KeepHistory1764000000008';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      alter table deliveries add column failure_code text;
      alter table stream_epoch
        add column floor_xid xid8 not null default '0',
        add column floor_seq bigint not null default 0;

      create table partition_drops (
        partition text primary key,
        parent text not null,
        began_at timestamptz not null default clock_timestamp()
      );
      create table retention_jobs (
        job text primary key,
        done int not null,
        total int not null,
        started_at timestamptz not null,
        finished_at timestamptz,
        -- Why it ended early.
        failure text
      );

      alter table delivery_log rename to delivery_log_start;
      alter table delivery_log_start add column failure_code text;
      alter table delivery_log_start alter column seq drop identity;
      alter table delivery_log_start drop constraint delivery_log_pkey;
      create sequence delivery_log_numbers;
      select setval('delivery_log_numbers', (select coalesce(max(seq), 0) from delivery_log_start) + 1, false);
      alter table delivery_log_start alter column seq set default nextval('delivery_log_numbers');
      alter table delivery_log_start add primary key (xid, seq, at);
      create table delivery_log (like delivery_log_start including all) partition by range (at);
      alter sequence delivery_log_numbers owned by delivery_log.seq;
      do $$
      begin
        if exists (select from delivery_log_start) then
          execute format(
            'alter table delivery_log attach partition delivery_log_start for values from (minvalue) to (%L)',
            (select date_trunc('day', greatest(max(at), now()) at time zone 'UTC') + interval '1 day'
             from delivery_log_start) at time zone 'UTC');
        else
          drop table delivery_log_start;
        end if;
      end $$;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      create table delivery_log_whole (like delivery_log including constraints);
      insert into delivery_log_whole select * from delivery_log;
      drop table delivery_log;
      alter table delivery_log_whole rename to delivery_log;
      alter table delivery_log drop column failure_code;
      alter table delivery_log alter column xid set default pg_current_xact_id();
      alter table delivery_log alter column at set default statement_timestamp();
      alter table delivery_log add primary key (xid, seq);
      alter table delivery_log alter column seq add generated always as identity;
      select setval(pg_get_serial_sequence('delivery_log', 'seq'),
                    (select coalesce(max(seq), 0) from delivery_log) + 1, false);
      drop table retention_jobs, partition_drops;
      alter table stream_epoch drop column floor_xid, drop column floor_seq;
      alter table deliveries drop column failure_code;
    `);
  }
}
