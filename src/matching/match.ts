/**
 * Which webhooks an event fires, and which endpoints get it. Comes in: an event as it is stored, then its id. Goes out: the ids
 * of webhooks, which stay with the event, then one row per event and recipient (an endpoint, or each of its mailboxes), however
 * many triggers overlap. One index look-up per event: the routes of its resource and event whose scope is among the ids
 * of its path and teams, in accounts that its path passes through, so that nothing leaks out of a branch.
 */
import type { Sql, Statement } from '../db/sql.ts';

/** One event for one endpoint. */
export interface Match {
  eventId: string;
  webhookId: string;
  endpointId: string;
  /** The wait before the first attempt that the endpoint asks for, seconds; null takes the server's default. */
  firstDelaySeconds: number | null;
  /** The entity whose order the endpoint keeps; null where it keeps none. */
  entityKey: string | null;
  /** The mailbox that it goes to, and whether its owner has yet to confirm it; null for an address that takes requests. */
  mailbox: { id: string; awaiting: boolean } | null;
}

/** The matches, in the order of the events. */
export interface Matches {
  /** Members of teams whose mailboxes endpoints do not know yet: they are not among the matches. */
  newMembers: { endpointId: string; given: string; loginId: string }[];
  matches: Match[];
}

/**
 * The ids of the webhooks that an event fires, in their order, as an expression: event is an alias with the columns resource, name,
 * path and team_ids; except an expression of a webhook that is not to be among them, or of null.
 */
export const firedSql = (event: string, except: string): string => `array(
  select distinct r.webhook_id ${liveRoutes(`${event}.resource`, `${event}.name`)}
  where r.resource = ${event}.resource and r.event = ${event}.name and r.webhook_id is distinct from ${except}
    and ${covers('r', event)}
  order by r.webhook_id)`;

/** The routes of one webhook (an expression of its id), as a query: for many events at once, see covers. */
export const routesOfSql = (webhook: string): string =>
  `select r.resource, r.event, r.scope_id, r.account_id ${liveRoutes('r.resource', 'r.event')} where r.webhook_id = ${webhook}`;

/** Whether a route of the event's resource and name covers whose activity the event is. */
export const covers = (route: string, event: string): string =>
  `${route}.scope_id = any (${event}.path || ${event}.team_ids) and ${route}.account_id = any (${event}.path)`;

/** Routes r of enabled webhooks, where the resource and the event (expressions) may be listened to. */
const liveRoutes = (resource: string, event: string): string => `
  from trigger_routes r
  join resources res on res.name = ${resource} and res.allowed
  join resource_events rev on rev.resource_id = res.id and rev.name = ${event} and rev.supported
  join webhooks w on w.id = r.webhook_id and w.enabled and w.deleted_at is null`;

/**
 * Who gets an event at an endpoint ep of a webhook (an expression of its id), as the subquery of a lateral join: nobody but
 * the endpoint itself (id null), or its mailboxes; of a member of a team whose mailbox is not known yet, login_id and email.
 */
export const recipientsSql = (webhook: string): string => `(
         select null::text as id, false as awaiting, null::text as login_id, null::text as email where ep.kind = 'URL'
         union all
         select mb.id, mb.status = 'UNCONFIRMED', null, null from mailboxes mb
         where ep.kind = 'EMAIL' and mb.endpoint_id = ep.id and mb.removed_at is null
           and mb.status in ('UNCONFIRMED', 'CONFIRMED')
         union all
         (select distinct on (lower(l.email)) mb.id, mb.status is distinct from 'CONFIRMED', l.id, l.email
          from webhooks w
          join team_members tm on tm.team_id = w.team_id
          join logins l on l.id = tm.login_id and not l.disabled and l.email <> ''
          left join mailboxes mb on mb.endpoint_id = ep.id and mb.given = lower(l.email) and mb.removed_at is null
          where ep.kind = 'TEAM_MAILBOXES' and w.id = ${webhook}
            and (mb.id is null or mb.status in ('UNCONFIRMED', 'CONFIRMED'))
          order by lower(l.email), l.id)
       )`;

/** The entity whose order the endpoint ep keeps, for an event and the recipient's id; null where it keeps none. */
export const entityKeySql = (event: string, recipient: string): string =>
  `case ep.ordering when 'PER_ENTITY' then concat_ws('/', ${event}.resource, ${event}.entity_id, ${recipient}) end`;

/**
 * Who gets events, one row for each event and recipient, as a query; events is a relation with the columns id, fired, resource and
 * entity_id, limit an expression.
 */
export const matchesSql = (events: string, limit: string): string => `
       select e.id as event_id, fired.webhook_id, ep.id as endpoint_id, ep.retry_schedule[1] as first_delay,
              ${entityKeySql('e', 'whom.id')} as entity_key,
              whom.id as mailbox_id, whom.awaiting, whom.login_id, whom.email
       from ${events} e
       cross join lateral unnest(e.fired) as fired (webhook_id)
       join endpoints ep on ep.webhook_id = fired.webhook_id and ep.removed_at is null and ep.disabled_as is null
       cross join lateral ${recipientsSql('fired.webhook_id')} whom
       order by e.id, fired.webhook_id, ep.position, whom.id
       limit ${limit}`;

const MATCH: Statement = {
  name: 'match',
  text: matchesSql('(select id, fired, resource, entity_id from events where id = any ($1::text[]))', '$2'),
};

/** A row of a match. */
export interface MatchRow {
  event_id: string;
  webhook_id: string;
  endpoint_id: string;
  first_delay: number | null;
  entity_key: string | null;
  mailbox_id: string | null;
  awaiting: boolean;
  login_id: string | null;
  email: string | null;
}

/** Who gets events that are stored; reads at most limit + 1 rows, so the caller can see that there are too many. */
export async function match(sql: Sql, eventIds: string[], limit: number): Promise<Matches> {
  return toMatches((await sql.query<MatchRow>(MATCH, [eventIds, limit + 1])).rows);
}

/** The rows of a match. */
export function toMatches(rows: MatchRow[]): Matches {
  const isNew = (row: MatchRow) => row.login_id !== null && row.mailbox_id === null;
  return {
    newMembers: rows.filter(isNew).map((row) => ({
      endpointId: row.endpoint_id,
      given: row.email!,
      loginId: row.login_id!,
    })),
    matches: rows
      .filter((row) => !isNew(row))
      .map((row) => ({
        eventId: row.event_id,
        webhookId: row.webhook_id,
        endpointId: row.endpoint_id,
        firstDelaySeconds: row.first_delay,
        entityKey: row.entity_key,
        mailbox: row.mailbox_id === null ? null : { id: row.mailbox_id, awaiting: row.awaiting },
      })),
  };
}
