/**
 * So that no list reads through what happened to others (npm run scale).
 *
 * An event is found by its login, in the order of ids. Whose events a caller may see is told by their paths, and which of
 * them fired a webhook by their `fired`; neither is indexed, since both would cost every publish. Instead two small tables
 * say where to look. scope_members: of each account, login and team the logins that are or ever were in it or below it, so
 * that the events of an account, also those from before a login was moved, are among those of its members. webhook_scopes: of
 * each webhook the scopes that its routes watch or ever watched. Both only grow, with changes of people and webhooks, never
 * with events. Triggers of the tables keep them, whoever writes there; they name what may be gone.
 *
 * What was told five minutes later than it happened, or earlier, lies elsewhere in the order of ids than its time says: events_untimely
 * holds these few, so that a filter of time looks into them and into the ids of that time.
 *
 * A search of one or two characters has no trigram. short_pieces takes a text apart into these, and the tables that people write
 * have an index of them. Its cost keeps the planner from asking it of every row.
 *
 * events_resource finds what seldom happens. It is the one index here that costs each event: 2.8 us of PostgreSQL's CPU, where 11.8 go without.
 *
 * deliveries_by_status and deliveries_by_code hold what a filter looks for in vain otherwise: everything but the usual
 * success, which costs the writing of a success nothing.
 *
 * deliveries_replayed and delivery_queue_replayed hold what replays bear: everything else follows the order of its events.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const UNTIMELY = `case when published_at - occurred_at > interval '5 minutes'
  or published_at - occurred_at < interval '-5 minutes' then 1 end`;

export class IndexHistory1764000000018 implements MigrationInterface {
  name = 'IndexHistory1764000000018';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create table scope_members (
        -- An account, any other login, or a team.
        scope_id text collate "C" not null,
        login_id text collate "C" not null,
        primary key (scope_id, login_id)
      );
      create table webhook_scopes (
        webhook_id text collate "C" not null,
        scope_id text collate "C" not null,
        primary key (webhook_id, scope_id)
      );

      create function note_place_of_login() returns trigger language plpgsql as $$
      begin
        insert into scope_members (scope_id, login_id)
        select place, new.id from unnest(new.path) as place on conflict do nothing;
        return null;
      end $$;
      create trigger note_place after insert or update of path on logins
        for each row execute function note_place_of_login();
      create function note_member_of_team() returns trigger language plpgsql as $$
      begin
        insert into scope_members (scope_id, login_id) values (new.team_id, new.login_id) on conflict do nothing;
        return null;
      end $$;
      create trigger note_member after insert or update on team_members
        for each row execute function note_member_of_team();
      create function note_scope_of_webhook() returns trigger language plpgsql as $$
      begin
        insert into webhook_scopes (webhook_id, scope_id) values (new.webhook_id, new.scope_id) on conflict do nothing;
        return null;
      end $$;
      create trigger note_scope after insert or update on trigger_routes
        for each row execute function note_scope_of_webhook();

      insert into scope_members (scope_id, login_id)
      select unnest(path), id from logins
      union select team_id, login_id from team_members
      union select unnest(path || team_ids), login_id from (select distinct login_id, path, team_ids from events) known;
      -- What a webhook watched before it was edited nobody knows; it lay in its account.
      insert into webhook_scopes (webhook_id, scope_id)
      select webhook_id, scope_id from trigger_routes
      union select id, account_id from webhooks where version > 1 or deleted_at is not null;

      create index deliveries_by_status on deliveries (status, id) where status <> 'SUCCEEDED';
      create index deliveries_by_code on deliveries (status_code, id) where status_code <> 200;
      create index deliveries_replayed on deliveries (id) where origin = 'REPLAY';
      create index delivery_queue_replayed on delivery_queue (id) where origin = 'REPLAY';
      create index events_resource on events (resource, id);
      -- An expression has a selectivity of its own; of the two comparisons the planner thinks that half of all events fit.
      create index events_untimely on events ((${UNTIMELY}), id) where (${UNTIMELY}) = 1;
      create index audit_log_scope on audit_log (scope_id, id);

      create function short_pieces(whole text) returns text[] language sql immutable strict parallel safe cost 100000
      as $$
        select coalesce(array_agg(distinct piece.text), '{}')
        from (select c, lead(c) over (order by place) as next
              from unnest(string_to_array(whole, null)) with ordinality as t (c, place)) chars
        cross join lateral (values (chars.c), (chars.c || chars.next)) piece (text)
        where piece.text is not null
      $$;
      create index webhooks_short on webhooks using gin (short_pieces(lower(name)), short_pieces(lower(description)))
        where deleted_at is null;
      create index logins_short on logins using gin (short_pieces(lower(name)), short_pieces(lower(email)));
      create index teams_short on teams using gin (short_pieces(lower(name)));
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      drop index teams_short, logins_short, webhooks_short;
      drop function short_pieces(text);
      drop index audit_log_scope, events_untimely, events_resource, delivery_queue_replayed, deliveries_replayed, deliveries_by_code, deliveries_by_status;
      drop trigger note_scope on trigger_routes;
      drop trigger note_member on team_members;
      drop trigger note_place on logins;
      drop function note_scope_of_webhook(), note_member_of_team(), note_place_of_login();
      drop table webhook_scopes, scope_members;
    `);
  }
}
