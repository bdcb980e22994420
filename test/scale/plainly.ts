/** What a list of deliveries must hold, read plainly: all rows there are, joined and sorted. */
import type pg from 'pg';

import { ask } from './ask.ts';
import type { Caller, SignedIn } from './callers.ts';
import { fixedId, NAMES, PEOPLE, TEAM } from './fill.ts';

/** Filters, as the API takes them and as SQL over deliveries d, their events e and their webhooks w. */
export const FILTERS: Record<string, { filter: Record<string, unknown>; sql: string }> = {
  everything: { filter: {}, sql: 'true' },
  'a resource': { filter: { resource: 'resource3' }, sql: `e.resource = 'resource3'` },
  'a hot entity': { filter: { entityId: NAMES.hotEntity }, sql: `e.entity_id = '${NAMES.hotEntity}'` },
  'an event': { filter: { event: 'update' }, sql: `e.name = 'update'` },
  'a rare event': { filter: { event: NAMES.rareEvent }, sql: `e.name = '${NAMES.rareEvent}'` },
  'an event of a resource': {
    filter: { event: 'update', resource: 'resource3' },
    sql: `e.name = 'update' and e.resource = 'resource3'`,
  },
  'what failed': { filter: { status: ['FAILED'] }, sql: `d.status = 'FAILED'` },
  'what waits or was cancelled': {
    filter: { status: ['PENDING', 'CANCELLED'] },
    sql: `d.status in ('PENDING', 'CANCELLED')`,
  },
  'a rare answer of a resource': {
    filter: { statusCode: [404, 418], resource: 'resource3' },
    sql: `d.status_code in (404, 418) and e.resource = 'resource3'`,
  },
  'an answer, twice, whether it was the last one or not': {
    filter: { statusCode: [500, 500, 404] },
    sql: 'd.status_code in (500, 404)',
  },
  'a search of a name': { filter: { search: 'BILLING' }, sql: `w.name ilike '%billing%'` },
  'a search of an entity and of names': {
    filter: { search: 'e77' },
    sql: `(e.entity_id = 'e77' or w.name ilike '%e77%')`,
  },
};

const SEEN: Record<Caller, string> = {
  root: 'true',
  above: `a.path @> array['${fixedId('lgn', PEOPLE.above)}']`,
  large: `a.path @> array['${fixedId('lgn', PEOPLE.large)}']`,
  sparse: `a.path @> array['${fixedId('lgn', PEOPLE.sparse)}']`,
  tiny: `a.path @> array['${fixedId('lgn', PEOPLE.tiny)}']`,
  dormant: `a.path @> array['${fixedId('lgn', PEOPLE.dormant)}']`,
  member: `(w.team_id = '${fixedId('tem', TEAM)}' or a.path @> array['${fixedId('lgn', PEOPLE.member)}'])`,
};

/** The ids of all deliveries that a caller may see and that fit, the newest first. */
export async function readPlainly(sql: pg.Client, by: Caller, condition: string): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>(
    `select d.id from (
       select id, event_id, webhook_id, status, status_code from deliveries
       union all
       select id, event_id, webhook_id, case when attempt_count = 0 then 'PENDING' else 'RETRY_SCHEDULED' end, status_code
       from delivery_queue) d
     join events e on e.id = d.event_id join webhooks w on w.id = d.webhook_id join logins a on a.id = w.account_id
     where ${SEEN[by]} and ${condition} order by d.id desc`,
  );
  return rows.map(({ id }) => id);
}

const PAGE = `query Page($filter: DeliveryFilterInput, $first: Int, $after: String, $last: Int, $before: String) {
  list: deliveries(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    nodes { id } pageInfo { startCursor endCursor }
  }
}`;

/** The ids of the first pages of the list, and those of its last ones, as the API tells them. */
export async function readPages(
  caller: SignedIn,
  filter: Record<string, unknown>,
  { pages, size }: { pages: number; size: number },
): Promise<{ newest: string[]; oldest: string[] }> {
  const newest: string[] = [];
  const oldest: string[] = [];
  let [after, before]: (string | null | undefined)[] = [null, null];
  for (let page = 0; page < pages; page += 1) {
    const forward = await ask(caller, {
      operation: { query: PAGE, variables: { filter, first: size, after } },
    });
    newest.push(...forward.ids);
    after = forward.endCursor ?? after;
    const backward = await ask(caller, {
      operation: { query: PAGE, variables: { filter, last: size, before } },
    });
    oldest.unshift(...backward.ids);
    before = backward.startCursor ?? before;
  }
  return { newest, oldest };
}
