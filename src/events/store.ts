/** The tables events and event_payloads: what publishing and test events write. */
import type { Sql, Statement } from '../db/sql.ts';
import { firedSql, type Matches, matchesSql, type MatchRow, toMatches } from '../matching/match.ts';
import type { CheckedEvent } from './event-input.ts';

/** Whose activity an event is, with its place in the tree and its teams as they are now. */
export interface EventLogin {
  id: string;
  number: number;
  path: string[];
  teamIds: string[];
}

/** An event about to be stored. */
export interface StoredEvent extends CheckedEvent {
  id: string;
  login: EventLogin;
}

/** The database's time to the millisecond: when events occurred that do not say when. */
export const NOW_SQL = `date_trunc('milliseconds', statement_timestamp())`;

/** Stores the events of a relation with their columns as they came; test and fired are expressions, fired one of g, a row of it. */
export const storedSql = (given: string, test: string, fired: string): string => `
       insert into events (id, login_id, path, team_ids, resource, name, entity_id, test, occurred_at, fired, epoch, xid)
       select g.id, g.login_id, g.path, g.team_ids, g.resource, g.name, g.entity_id, ${test},
              coalesce(g.occurred_at, ${NOW_SQL}), ${fired},
              coalesce((select s.epoch from stream_epoch s), 0), pg_current_xact_id()
       from ${given} g`;

const INSERT_EVENTS: Statement = {
  name: 'insert_events',
  text: `with given as materialized (
       select t.id, t.login_id, t.path::text[], t.team_ids::text[], t.resource, t.name, t.entity_id, t.occurred_at, t.payload
       from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                   $8::timestamptz[], $9::text[])
         as t (id, login_id, path, team_ids, resource, name, entity_id, occurred_at, payload)
     ),
     stored as (
       ${storedSql('given', '$10', `case when $10 then '{}' else ${firedSql('g', '$11::text')} end`)}
       returning id, fired, resource, entity_id
     ),
     payloads as (
       insert into event_payloads (event_id, payload) select id, payload from given
     )
     select statement_timestamp()::text as at, ${NOW_SQL} as now, m.*
     from (select count(*) from stored) all_of_them
     left join (${matchesSql('stored', '$12')}) m on true`,
};

/** What storing events told. */
export interface Stored {
  /** The database's time when the webhooks were chosen that they fire, as text to the microsecond. */
  at: string;
  /** The same to the millisecond: when events occurred that do not say when. */
  now: Date;
  /** Who gets them. */
  found: Matches;
}

/**
 * Stores events with the webhooks that they fire and their payloads, in the order given, and says who gets them: at most limit + 1
 * matches are read. Test events fire none, and the webhook except, if there is one, is not among them.
 */
export async function insertEvents(
  sql: Sql,
  events: StoredEvent[],
  { test = false, except = null, limit = 0 }: { test?: boolean; except?: string | null; limit?: number } = {},
): Promise<Stored> {
  const { rows } = await sql.query<{ at: string; now: Date } & (MatchRow | { event_id: null })>(
    INSERT_EVENTS,
    [
      events.map((event) => event.id),
      events.map((event) => event.login.id),
      events.map((event) => `{${event.login.path.join(',')}}`),
      events.map((event) => `{${event.login.teamIds.join(',')}}`),
      events.map((event) => event.resource),
      events.map((event) => event.event),
      events.map((event) => event.entityId),
      events.map((event) => event.occurredAt),
      events.map((event) => event.text),
      test,
      except,
      limit + 1,
    ],
  );
  const { at, now } = rows[0]!;
  // Without any match there is one row of nulls.
  return { at, now, found: toMatches(rows.filter((row) => row.event_id !== null)) };
}

/** How many deliveries each of some events has, open and closed. */
export async function countDeliveries(sql: Sql, eventIds: string[]): Promise<[string, number][]> {
  if (eventIds.length === 0) return [];
  const { rows } = await sql.query<{ event_id: string; count: number }>(
    `select event_id, count(*)::int as count
     from (select event_id from delivery_queue where event_id = any ($1::text[])
           union all
           select event_id from deliveries where event_id = any ($1::text[])) d
     group by event_id`,
    [eventIds],
  );
  return rows.map((row) => [row.event_id, row.count]);
}
