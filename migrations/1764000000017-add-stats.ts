/**
 * Statistics of deliveries (src/stats/). delivery_stats holds one row for each scope, step and instant in which something
 * happened: what began and ended then, and how long requests took. A scope is a webhook, in one part for each of its
 * endpoints, or an account with all below it as the tree was then. Each window of a chart has rows of its own step, so that
 * it reads as many as it has points.
 *
 * delivery_stats_open is how many deliveries are open: by endpoint, and by account without what lies below, since the
 * tree may change while they wait. delivery_stats_cursor is how far the delivery log has been counted. It moves in the
 * transaction that writes the rows, so that each line counts once.
 *
 * The log says how long the exchange of an attempt took, and which retry by hand opened a closed delivery again: neither
 * can be told from what it held.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddStats1764000000017 implements MigrationInterface {
  name = 'AddStats1764000000017';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      alter table delivery_log
        add column duration_ms int,
        -- Null but where it is true: a column that is null takes no room.
        add column reopened boolean;

      create table delivery_stats (
        scope_id text collate "C" not null,
        -- How long a row stands for, s.
        step int not null,
        at timestamptz not null,
        -- The endpoint of a webhook; empty for an account.
        part_id text collate "C" not null,
        created int not null,
        succeeded int not null,
        failed int not null,
        cancelled int not null,
        -- A sketch (src/stats/sketch.ts); null where no attempt had an exchange.
        latency bytea,
        primary key (scope_id, step, at, part_id)
      ) with (fillfactor = 70);
      create index delivery_stats_age on delivery_stats (step, at);

      create table delivery_stats_open (
        scope_id text collate "C" not null,
        part_id text collate "C" not null,
        open bigint not null,
        primary key (scope_id, part_id)
      ) with (fillfactor = 50);

      create table delivery_stats_cursor (
        only_row boolean primary key default true check (only_row),
        -- Null until a first look.
        epoch int,
        xid xid8 not null,
        seq bigint not null,
        rolled_at timestamptz not null default '-infinity',
        -- What is open has to be counted in the queue: the log does not tell of all that is there.
        recount boolean not null default true
      ) with (fillfactor = 50);
      insert into delivery_stats_cursor (xid, seq)
      select coalesce(max(floor_xid), '0'), coalesce(max(floor_seq), 0) from stream_epoch;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      drop table delivery_stats_cursor, delivery_stats_open, delivery_stats;
      alter table delivery_log drop column reopened, drop column duration_ms;
    `);
  }
}
