/**
 * The events of an account with some logins among much: they are those that a plain reading of all events finds, whichever way they are found, and
 * no more of them are read than a page takes.
 */
import pg from 'pg';

import { createDataSource } from '../../ormconfig.ts';
import { loadConfig } from '../../src/config.ts';
import { ask } from '../scale/ask.ts';
import { type Caller, type SignedIn, signIn } from '../scale/callers.ts';
import { fill, fixedId, NAMES, PEOPLE } from '../scale/fill.ts';
import { untilCounted } from '../stats/figures.ts';
import { openExplainer, readingOf, statementsOf } from '../support/plans.ts';
import { ROOT_TOKEN, startServer, type TestServer } from '../support/server.ts';

const SIZE = { webhooks: 2_000, deliveries: 20_000, days: 56, logins: 400, auditEntries: 1_500 };
/** What the sparse account has, all of it older than the newest thousand events of others and newer than the oldest thousand. */
const EVENTS = 9_000;
const SPARSE = fixedId('lgn', PEOPLE.sparse);

let server: TestServer;
let sql: pg.Client;
let explainer: pg.Client;
let callers: Record<Caller, SignedIn>;

beforeAll(async () => {
  // A sender's statements would be counted, too.
  server = await startServer({ BELLWIRE_ROLE: 'api', BELLWIRE_RATE_LIMIT: '1000000000' });
  sql = new pg.Client({ connectionString: server.database.url });
  await sql.connect();
  await fill(sql, SIZE, loadConfig({}), () => undefined);
  // The statistics count what was filled in, by statements of the server that would be taken for those of an answer.
  await untilCounted(sql);
  await sql.query(
    `insert into resource_events (resource_id, name, position, label, description, supported, example_payload)
     select r.id, 'rarely', 3, '', '', true, '{}' from resources r where r.name <> $1`,
    [NAMES.rareResource],
  );
  // A third of them by one login; one of 50 was told 20 days late, one of nine is delivered to nobody, and another one failed.
  await sql.query(
    `with others as (select e.*, row_number() over (order by e.id) as n from events e),
          logins as (select l.id, l.path, row_number() over (order by l.id) as n from scope_members m
                     join logins l on l.id = m.login_id where m.scope_id = $1)
     insert into events (id, login_id, path, team_ids, resource, name, entity_id, occurred_at, published_at, fired, epoch, xid)
     select left(o.id, 14) || 'x' || lpad(k::text, 15, '0'), l.id, l.path, '{}', 'resource' || 1 + k % 20,
            case when k % 25 = 0 then 'rarely' else 'create' end, case when k % 60 = 0 then $2 else 'e' || k end,
            o.published_at - case when k % 50 = 0 then interval '20 days' else '0' end, o.published_at, '{}', o.epoch, o.xid
     from generate_series(1, ${EVENTS}) k
     join others o on o.n = 1500 + (k::bigint * 7919) % ${SIZE.deliveries - 3_000}
     join logins l on l.n = case when k % 3 = 0 then 1 else 2 + k % 50 end`,
    [SPARSE, NAMES.hotEntity],
  );
  await sql.query(
    `insert into deliveries (id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, status, version, attempt_count,
                             lost_count, status_code, created_at, completed_at, account_id)
     select 'dlv_' || substr(e.id, 5), e.id, e.resource, e.name, e.entity_id, w.id, 'ep' || substr(w.id, 4), 'EVENT', case when k % 9 = 1 then 'FAILED' else 'SUCCEEDED' end,
            2, 1, 0, 200, e.published_at, e.published_at, $1
     from (select e.*, right(e.id, 15)::int as k from events e where substr(e.id, 15, 1) = 'x') e
     cross join (select id from webhooks where account_id = $1 limit 1) w
     where k % 9 <> 0`,
    [SPARSE],
  );
  await sql.query('vacuum analyze events, deliveries');
  explainer = await openExplainer(server.database.url);
  callers = await signIn(sql, server.app.url, ROOT_TOKEN);
}, 120_000);
afterAll(async () => {
  await Promise.all([sql?.end(), explainer?.end()]);
  await server?.stop();
});

const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();
const DELIVERED = `exists (select from deliveries d where d.event_id = e.id and d.status = 'SUCCEEDED')`;
const [FROM, DAYS_LATER, TO] = [daysAgo(33), daysAgo(30), daysAgo(20)];
/** Filters, as the API takes them and as SQL over events e. */
const FILTERS: Record<string, { filter: Record<string, unknown>; sql: string }> = {
  everything: { filter: {}, sql: 'true' },
  'a resource': { filter: { resource: ['resource3'] }, sql: `e.resource = 'resource3'` },
  'a name that is rare': { filter: { name: ['rarely'] }, sql: `e.name = 'rarely'` },
  'a rare name of a resource': {
    filter: { name: ['rarely', 'create'], resource: ['resource6', 'resource11'] },
    sql: `e.name in ('rarely', 'create') and e.resource in ('resource6', 'resource11')`,
  },
  'nothing: of no resource': { filter: { resource: [] }, sql: 'false' },
  'a name that nothing has': { filter: { name: ['never'] }, sql: `e.name = 'never'` },
  'of some days what is rare': {
    filter: { name: ['rarely'], occurredAt: { from: FROM, to: DAYS_LATER } },
    sql: `e.name = 'rarely' and e.occurred_at >= '${FROM}' and e.occurred_at < '${DAYS_LATER}'`,
  },
  'a hot entity': { filter: { entityId: NAMES.hotEntity }, sql: `e.entity_id = '${NAMES.hotEntity}'` },
  'a span of time': {
    filter: { occurredAt: { from: FROM, to: TO } },
    sql: `e.occurred_at >= '${FROM}' and e.occurred_at < '${TO}'`,
  },
  'up to a time': { filter: { occurredAt: { to: TO } }, sql: `e.occurred_at < '${TO}'` },
  delivered: { filter: { delivered: true }, sql: DELIVERED },
  'not delivered': { filter: { delivered: false }, sql: `not ${DELIVERED}` },
  'not delivered of a span of time': {
    filter: { delivered: false, occurredAt: { from: FROM } },
    sql: `not ${DELIVERED} and e.occurred_at >= '${FROM}'`,
  },
};
const PAGE = `query Page($filter: EventFilterInput, $first: Int, $after: String, $last: Int, $before: String) {
  list: events(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    nodes { id } pageInfo { startCursor endCursor }
  }
}`;
const COUNT = `query Count($filter: EventFilterInput) { list: events(first: 0, filter: $filter) { count(limit: 20000) { value precision } } }`;

async function pageOf(by: Caller, variables: Record<string, unknown>) {
  return ask(callers[by], { operation: { query: PAGE, variables } });
}

it.each(['sparse', 'tiny', 'large'] as const)(
  'whichever way events are found, they are those that a plain reading finds: %s',
  async (by) => {
    for (const [name, { filter, sql: condition }] of Object.entries(FILTERS)) {
      const { rows } = await sql.query<{ id: string }>(
        `select e.id from events e where not e.test and $1 = any (e.path) and ${condition} order by e.id desc`,
        [fixedId('lgn', PEOPLE[by])],
      );
      const all = rows.map(({ id }) => id);
      for (const size of [20, 60]) {
        const first = await pageOf(by, { filter, first: size });
        const second = await pageOf(by, { filter, first: size, after: first.endCursor });
        expect({ name, ids: [...first.ids, ...second.ids] }).toEqual({ name, ids: all.slice(0, 2 * size) });
        const last = await pageOf(by, { filter, last: size });
        const before = await pageOf(by, { filter, last: size, before: last.startCursor });
        expect({ name, ids: [...before.ids, ...last.ids] }).toEqual({ name, ids: all.slice(-2 * size) });
      }
      if (by === 'large') continue;
      const counted = await ask(callers[by], { operation: { query: COUNT, variables: { filter } } });
      expect({ name, count: counted.rows }).toEqual({ name, count: all.length });
    }
  },
  60_000,
);

// Of what is rare all are read.
it.each(Object.keys(FILTERS).filter((name) => !/rare$|nothing/.test(name)))(
  'of an account with some logins no more events are read than a page takes: %s',
  async (name) => {
    const { filter } = FILTERS[name]!;
    for (const variables of [
      { filter, first: 50 },
      { filter, last: 50 },
    ]) {
      let ids: string[] = [];
      const sent = await statementsOf(async () => ({ ids } = await pageOf('sparse', variables)));
      expect(ids).toHaveLength(50);
      const readings = [];
      for (const statement of sent) readings.push(await readingOf(explainer, statement));
      // The first thousand of everybody, and of its own a part.
      const most = 0.75 * EVENTS;
      const read = readings.reduce((sum, reading) => sum + reading.read, 0);
      const beyond = read > most ? readings.map(({ shown }) => shown()) : [];
      expect({ variables, beyond }).toEqual({ variables, beyond: [] });
    }
  },
);

/** Of so many a count gives up where each has to be judged. */
const COUNTED = 5_000;

it.each(
  (['sparse', 'root'] as const).flatMap((by) => [true, false].map((delivered) => [by, delivered] as const)),
)(
  'which of many events have been delivered is asked of all of them together: %s, delivered %s',
  async (by, delivered) => {
    const newest =
      by === 'sparse' ? `where $1 = any (e.path)` : `where $1 <> '' order by e.id desc limit ${COUNTED}`;
    const { rows } = await sql.query<{ count: number }>(
      `select count(*)::int as count from (select e.* from events e ${newest}) e where ${DELIVERED} = ${delivered}`,
      [SPARSE],
    );
    let counted;
    const query = { query: COUNT, variables: { filter: { delivered } } };
    const sent = await statementsOf(async () => (counted = await ask(callers[by], { operation: query })));
    expect(counted).toMatchObject({ rows: rows[0]!.count });
    expect(rows[0]!.count).toBeGreaterThan(500);
    const once: string[] = [];
    const often: string[] = [];
    for (const statement of sent) {
      const { looks, shown } = await readingOf(explainer, statement);
      const times = [...looks].flatMap(([table, count]) => (/^deliveries/.test(table) ? [count] : []));
      if (times.length > 0) (Math.max(...times) > 1 ? often : once).push(shown());
    }
    expect(once).not.toEqual([]);
    // One look into each partition, for as many as make the count and then for all.
    expect(often).toEqual([]);
  },
);

it('counts deliveries among the newest 5,000 where each is judged, half of them open ones at most, and says that there may be more', async () => {
  const query = `query Count($filter: DeliveryFilterInput) { list: deliveries(first: 0, filter: $filter) { count(limit: 9000) { value precision } } }`;
  const counted = async () => callers.root.api.send(query, { filter: { event: 'update' } });
  const among = async (open: number, closed: number): Promise<number> => {
    const newest = (table: string, most: number): string =>
      `(select d.event_id from ${table} d order by d.id desc limit ${most})`;
    const { rows } = await sql.query<{ count: number }>(
      `select count(*)::int as count from (${newest('delivery_queue', open)} union all ${newest('deliveries', closed)}) d
       join events e on e.id = d.event_id where e.name = 'update'`,
    );
    return rows[0]!.count;
  };
  // Little is open.
  expect(await counted()).toMatchObject({
    data: { list: { count: { value: await among(2_500, 5_000), precision: 'AT_LEAST' } } },
  });
  await sql.query(
    `insert into delivery_queue (id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, due_at, created_at, queued_at, attempt_count, rank)
     select left(d.id, 14) || 'o' || right(d.id, 15), d.event_id, d.resource, d.event, d.entity_id, d.webhook_id, d.endpoint_id, d.origin, now() + interval '3 days', d.created_at, d.created_at, 0, 1
     from deliveries d order by d.id limit 3000`,
  );
  expect(await counted()).toMatchObject({
    data: { list: { count: { value: await among(2_500, 2_500), precision: 'AT_LEAST' } } },
  });
  await sql.query(`delete from delivery_queue where id like '%o%'`);
});

it.each(
  (['sparse', 'root'] as const).flatMap((by) =>
    [
      { event: 'rarely' },
      { event: 'rarely', resource: 'resource6' },
      { entityId: NAMES.hotEntity },
      { resource: 'resource3' },
      { search: NAMES.hotEntity },
    ].map((filter) => [by, filter] as const),
  ),
)('deliveries say themselves what their events are about: %s, %j', async (by, filter) => {
  const query = `query Page($filter: DeliveryFilterInput) {
    list: deliveries(first: 50, filter: $filter) { count(limit: 1000) { value } nodes { id } } }`;
  let ids: string[] = [];
  const sent = await statementsOf(
    async () => ({ ids } = await ask(callers[by], { operation: { query, variables: { filter } } })),
  );
  expect(ids).toHaveLength(50);
  const ofDeliveries = [];
  for (const statement of sent) {
    const reading = await readingOf(explainer, statement);
    const tables = [...reading.looks.keys()];
    if (tables.some((table) => /^deliver(ies|y_queue)/.test(table)))
      ofDeliveries.push(tables.some((table) => table.startsWith('events')) ? reading.shown() : 'alone');
  }
  // One for the page and one for the count at least.
  expect(ofDeliveries.length).toBeGreaterThan(1);
  expect(ofDeliveries.filter((shown) => shown !== 'alone')).toEqual([]);
});

it('finds what is of a kind that the catalog has no more, and that only the events told of when the index was made', async () => {
  const found = async (): Promise<string[]> => {
    const variables = { filter: FILTERS['a name that is rare']!.filter, first: 60 };
    const lists = await Promise.all((['sparse', 'root'] as const).map((by) => pageOf(by, variables)));
    expect(lists[0]!.ids).toEqual(lists[1]!.ids);
    return lists[0]!.ids;
  };
  const before = await found();
  expect(before).toHaveLength(60);
  const { rowCount } = await sql.query(`delete from resource_events where name = 'rarely'`);
  expect(rowCount).toBeGreaterThan(0);
  expect(await found()).toEqual(before);
  const source = await createDataSource(server.database.url).initialize();
  for (let undone = 0; undone < 2; undone += 1) await source.undoLastMigration();
  const { rows: gone } = await sql.query<{ none: boolean }>(
    `select to_regclass('event_kinds') is null as none`,
  );
  expect(gone).toEqual([{ none: true }]);
  await source.runMigrations();
  await source.destroy();
  expect(await found()).toEqual(before);
});
