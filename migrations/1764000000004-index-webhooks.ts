/**
 * Indexes for the saved table: every column sorts, everything in it is searched, and a page stays
 * fast with 100,000 webhooks (npm run bench -- --only table).
 *
 * One index for each order, texts without regard to case and ties by id, so that a page is read off
 * it. Of a description the first 200 characters count, since a row of a btree holds 2,704 bytes at
 * most. The names behind LOGIN, FOR_LOGIN and TEAM lie in other tables: those are walked by their
 * names, and for each of them its webhooks by id. Deleted webhooks are in none of these indexes. The few
 * that are disabled have one of their own, for the filter.
 *
 * A search finds a text anywhere by trigrams where pg_trgm can be had. It is a trusted extension, but
 * a host may not have it, a role may not create it, and some hosts refuse it by an allow-list with an
 * error of their own: without it a search finds beginnings, by text_pattern_ops, because LIKE cannot
 * use an index in another collation than C. src/db/text-search.ts looks which of the two is there. The extension may
 * lie in any schema, whether or not that is on the search path. It stays when this is taken back:
 * nobody knows whose it is.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class IndexWebhooks1764000000004 implements MigrationInterface {
  name = 'IndexWebhooks1764000000004';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create index webhooks_by_name on webhooks (lower(name), id) where deleted_at is null;
      create index webhooks_by_description on webhooks (lower(left(description, 200)), id) where deleted_at is null;
      create index webhooks_by_creation on webhooks (created_at, id) where deleted_at is null;
      create index webhooks_by_change on webhooks (updated_at, id) where deleted_at is null;
      create index webhooks_by_login on webhooks (login_id, id) where deleted_at is null;
      create index webhooks_by_for_login on webhooks (for_login_id, id) where deleted_at is null;
      create index webhooks_by_team on webhooks (team_id, id) where deleted_at is null;
      create index webhooks_disabled on webhooks (id) where not enabled and deleted_at is null;
      create index logins_by_name on logins (lower(name), id);
      create index teams_by_name on teams (lower(name), id);
      create index triggers_by_resource on triggers (resource, event, webhook_id);

      do $$
      declare
        home text;
      begin
        if exists (select from pg_available_extensions where name = 'pg_trgm' and installed_version is null) then
          begin
            create extension pg_trgm;
          exception when others then
            raise notice 'pg_trgm cannot be had, a search will find beginnings only: %', sqlerrm;
          end;
        end if;
        select n.nspname into home
        from pg_extension e join pg_namespace n on n.oid = e.extnamespace
        where e.extname = 'pg_trgm';
        if home is not null then
          execute format('
            create index webhooks_trigrams on webhooks
              using gin (lower(name) %1$I.gin_trgm_ops, lower(description) %1$I.gin_trgm_ops) where deleted_at is null;
            create index logins_trigrams on logins
              using gin (lower(name) %1$I.gin_trgm_ops, lower(email) %1$I.gin_trgm_ops);
            create index teams_trigrams on teams using gin (lower(name) %1$I.gin_trgm_ops)', home);
        else
          create index webhooks_name_prefix on webhooks (lower(name) text_pattern_ops) where deleted_at is null;
          create index webhooks_description_prefix on webhooks (lower(left(description, 200)) text_pattern_ops)
            where deleted_at is null;
          create index logins_name_prefix on logins (lower(name) text_pattern_ops);
          create index logins_email_prefix on logins (lower(email) text_pattern_ops);
          create index teams_name_prefix on teams (lower(name) text_pattern_ops);
        end if;
      end $$;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      drop index if exists webhooks_trigrams, logins_trigrams, teams_trigrams, webhooks_name_prefix,
        webhooks_description_prefix, logins_name_prefix, logins_email_prefix, teams_name_prefix;
      drop index triggers_by_resource, teams_by_name, logins_by_name, webhooks_disabled, webhooks_by_team,
        webhooks_by_for_login, webhooks_by_login, webhooks_by_change, webhooks_by_creation, webhooks_by_description,
        webhooks_by_name;
    `);
  }
}
