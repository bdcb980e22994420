/**
 * What the delivery engine needs to be fair and to explain itself: a policy and a switch for each endpoint, its
 * circuit, and a queue that is read endpoint by endpoint.
 *
 * delivery_queue.rank says who goes first at an endpoint: 0 what somebody asked for by hand (a manual retry, a
 * test), 1 first attempts, 2 retries. entity_key is set for endpoints that keep the order of an entity: rows of one
 * endpoint and entity go in the order of entity_seq, and all but the first of them are blocked. A blocked row is in
 * no index that a claim reads.
 *
 * endpoint_circuits has a row for an endpoint once it has failed or was leased: no row means closed. It changes
 * with transitions, never with each delivery, so that a long transaction elsewhere cannot make it slow.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddEndpointPolicy1764000000007 implements MigrationInterface {
  name = 'AddEndpointPolicy1764000000007';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      alter table endpoints
        -- Requests a second over all senders; null: no limit.
        add column rate_per_second int check (rate_per_second between 1 and 10000),
        -- Requests at once over all senders; null takes the server's default, for each sender.
        add column max_concurrency int check (max_concurrency between 1 and 1000),
        add column ordering text not null default 'NONE' check (ordering in ('NONE', 'PER_ENTITY')),
        -- Null while the endpoint is on.
        add column disabled_as text check (disabled_as in ('DISABLED', 'AUTO_DISABLED')),
        add column disabled_at timestamptz,
        -- The failure that switched it off, where one did.
        add column disabled_code text,
        -- When its last success before that was missing for the first time.
        add column disabled_failing_since timestamptz,
        -- Only deliveries queued since then may be sent.
        add column enabled_at timestamptz,
        add check ((disabled_as is null) = (disabled_at is null)),
        add check (disabled_code is null or disabled_as = 'AUTO_DISABLED');
      update endpoints set enabled_at = created_at;
      alter table endpoints
        alter column enabled_at set not null,
        alter column enabled_at set default now();
      -- For the sweep, like those of webhooks (migration 5).
      create index endpoints_switched_off on endpoints (disabled_at) where disabled_at is not null;
      create index endpoints_switched_on on endpoints (enabled_at) where enabled_at > created_at;

      create table endpoint_circuits (
        endpoint_id text collate "C" primary key references endpoints (id),
        state text not null default 'CLOSED' check (state in ('CLOSED', 'OPEN', 'HALF_OPEN')),
        -- The first failure since the last success, how many there were, and the code of the last one.
        failing_since timestamptz,
        failures int not null default 0 check (failures >= 0),
        failure_code text,
        -- When it was opened, how often in a row, and when it is probed next.
        opened_at timestamptz,
        trips int not null default 0 check (trips >= 0),
        probe_at timestamptz,
        -- The receiver asked for a pause (Retry-After) until then.
        hold_until timestamptz,
        -- The one sender that may send while there is a limit to be kept over all of them, and until when.
        holder text,
        lease_until timestamptz,
        check ((state = 'CLOSED') = (opened_at is null)),
        check ((state = 'OPEN') = (probe_at is not null)),
        check ((failing_since is null) = (failures = 0)),
        check ((failing_since is null) = (failure_code is null)),
        check ((holder is null) = (lease_until is null))
      );
      create index endpoint_circuits_failing on endpoint_circuits (failing_since) where failing_since is not null;

      create sequence delivery_queue_entity_seq as bigint;
      alter table delivery_queue
        add column rank smallint not null default 1 check (rank between 0 and 2),
        add column entity_key text collate "C",
        add column entity_seq bigint,
        add column blocked boolean not null default false,
        -- No further attempt, whatever becomes of the one under way.
        add column cancelled boolean not null default false,
        add check ((entity_key is null) = (entity_seq is null)),
        add check (not blocked or (entity_key is not null and sender is null)),
        add check (not cancelled or sender is not null),
        add constraint delivery_queue_by_hand check (not (manual and hastened)),
        add constraint delivery_queue_counts check (version >= 1 and attempt_count >= 0 and fence >= 0),
        add constraint delivery_queue_shares check (lost_count between 0 and attempt_count and prior_count between 0 and attempt_count),
        -- A claim has been counted, whoever holds it.
        add constraint delivery_queue_claimed check (sender is null or (attempt_count >= 1 and fence >= 1));
      update delivery_queue set rank = case
        when manual or hastened or origin = 'TEST' then 0 when attempt_count > 0 then 2 else 1 end;
      drop index delivery_queue_waiting;
      create index delivery_queue_ready on delivery_queue (endpoint_id, rank, due_at)
        where sender is null and not blocked;
      create index delivery_queue_entity on delivery_queue (endpoint_id, entity_key, entity_seq)
        where entity_key is not null;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      drop index delivery_queue_entity, delivery_queue_ready;
      create index delivery_queue_waiting on delivery_queue (due_at) where sender is null;
      alter table delivery_queue
        drop column rank, drop column entity_key, drop column entity_seq, drop column blocked,
        drop column cancelled, drop constraint delivery_queue_by_hand, drop constraint delivery_queue_counts,
        drop constraint delivery_queue_shares, drop constraint delivery_queue_claimed;
      drop sequence delivery_queue_entity_seq;
      drop table endpoint_circuits;
      alter table endpoints
        drop column rate_per_second, drop column max_concurrency, drop column ordering, drop column disabled_as,
        drop column disabled_at, drop column disabled_code, drop column disabled_failing_since,
        drop column enabled_at;
    `);
  }
}
