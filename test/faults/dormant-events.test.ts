/**
 * The events of an account with many logins, where those are few among the events of many: they are those that a plain reading of all events finds,
 * and all of them are counted.
 */
import pg from 'pg';

import { loadConfig } from '../../src/config.ts';
import { ask as askLink, idsOf } from '../feed/link.ts';
import { ask } from '../scale/ask.ts';
import { type Caller, type SignedIn, signIn } from '../scale/callers.ts';
import { fill, fixedId, NAMES, PEOPLE } from '../scale/fill.ts';
import { untilCounted } from '../stats/figures.ts';
import { openExplainer, readingOf, statementsOf } from '../support/plans.ts';
import { clientEvent, publish } from '../support/scenario.ts';
import { ROOT_TOKEN, startServer, type TestServer } from '../support/server.ts';

/** The large account has 8,400 of these events, more than are judged in one statement. */
const SIZE = { webhooks: 2_000, deliveries: 12_000, days: 56, logins: 400, auditEntries: 1_500 };
/** So many may be read for a page: the first thousand of everybody, and those of the account. */
const MOST_READ = 4_000;

let server: TestServer;
let sql: pg.Client;
let callers: Record<Caller, SignedIn>;

beforeAll(async () => {
  // A sender's statements would be counted, too.
  server = await startServer({ BELLWIRE_ROLE: 'api', BELLWIRE_RATE_LIMIT: '1000000000' });
  sql = new pg.Client({ connectionString: server.database.url });
  await sql.connect();
  await fill(sql, SIZE, loadConfig({}), () => undefined);
  await untilCounted(sql);
  callers = await signIn(sql, server.app.url, ROOT_TOKEN);
}, 120_000);
afterAll(async () => {
  await sql?.end();
  await server?.stop();
});

const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();
const [FROM, TO] = [daysAgo(40), daysAgo(10)];
const DELIVERED = `exists (select from deliveries d where d.event_id = e.id and d.status = 'SUCCEEDED')`;
const FILTERS: Record<string, { filter: Record<string, unknown>; sql: string }> = {
  everything: { filter: {}, sql: 'true' },
  'a resource': { filter: { resource: ['resource3'] }, sql: `e.resource = 'resource3'` },
  'a name': { filter: { name: ['update'] }, sql: `e.name = 'update'` },
  'a hot entity': { filter: { entityId: NAMES.hotEntity }, sql: `e.entity_id = '${NAMES.hotEntity}'` },
  'a span of time': {
    filter: { occurredAt: { from: FROM, to: TO } },
    sql: `e.occurred_at >= '${FROM}' and e.occurred_at < '${TO}'`,
  },
  'a hot entity of a resource, not delivered': {
    filter: { entityId: NAMES.hotEntity, resource: ['resource2', 'resource7'], delivered: false },
    sql: `e.entity_id = '${NAMES.hotEntity}' and e.resource in ('resource2', 'resource7') and not ${DELIVERED}`,
  },
  delivered: { filter: { delivered: true }, sql: DELIVERED },
  'not delivered': { filter: { delivered: false }, sql: `not ${DELIVERED}` },
};
const PAGE = `query Page($filter: EventFilterInput, $first: Int, $after: String, $last: Int, $before: String) {
  list: events(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    nodes { id } pageInfo { startCursor endCursor }
  }
}`;
const COUNT = `query Count($filter: EventFilterInput) { list: events(first: 0, filter: $filter) { count(limit: 1000) { value precision } } }`;

async function plainly(by: Caller, condition: string): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>(
    `select e.id from events e where not e.test and $1 = any (e.path) and ${condition} order by e.id desc`,
    [fixedId('lgn', by === 'root' ? 0 : PEOPLE[by])],
  );
  return rows.map(({ id }) => id);
}

it.each(
  Object.keys(FILTERS).flatMap((name) => (['dormant', 'large'] as const).map((by) => [name, by] as const)),
)('they are those that a plain reading finds, from either end and page by page: %s, %s', async (name, by) => {
  const { filter, sql: condition } = FILTERS[name]!;
  const all = await plainly(by, condition);
  const page = (variables: Record<string, unknown>) =>
    ask(callers[by], { operation: { query: PAGE, variables: { filter, ...variables } } });
  for (const size of [7, 60]) {
    const [newest, oldest] = [await page({ first: size }), await page({ last: size })];
    const next = await page({ first: size, after: newest.endCursor });
    const before = await page({ last: size, before: oldest.startCursor });
    expect([...newest.ids, ...next.ids]).toEqual(all.slice(0, 2 * size));
    expect([...before.ids, ...oldest.ids]).toEqual(all.slice(-2 * size));
  }
});

it.each(Object.keys(FILTERS))('all of them are counted: %s', async (name) => {
  const { filter, sql: condition } = FILTERS[name]!;
  const { data } = await callers.dormant.api.send(COUNT, { filter });
  const count = { value: (await plainly('dormant', condition)).length, precision: 'EXACT' };
  expect(data).toEqual({ list: { count } });
});

// Of a name more is tried before: the first ones of each kind.
it.each([
  ...['everything', 'a resource', 'a hot entity', 'a span of time'].flatMap((name) =>
    [PAGE, COUNT].map((query) => ({ query, filter: FILTERS[name]!.filter })),
  ),
  '/events?scope=portfolio',
  '/feed?scope=portfolio&resource=resource19',
])('no more than those and the first thousand of everybody is read for them: %j', async (asked) => {
  const explainer = await openExplainer(server.database.url);
  try {
    const { link } = callers.dormant;
    const sent = await statementsOf(() =>
      typeof asked === 'string'
        ? askLink(`${link}${asked}`)
        : ask(callers.dormant, {
            operation: { query: asked.query, variables: { filter: asked.filter, first: 50 } },
          }),
    );
    const readings = [];
    for (const statement of sent) readings.push(await readingOf(explainer, statement));
    const read = readings.reduce((sum, reading) => sum + reading.read, 0);
    expect(read > MOST_READ ? readings.map(({ shown }) => shown()) : []).toEqual([]);
  } finally {
    await explainer.end();
  }
});

it('its feed tells them in their order, from the beginning and from each of them, and what follows', async () => {
  const { link, api } = callers.dormant;
  const all = (await plainly('dormant', 'true')).reverse();
  const after = async (id: string, more = ''): Promise<string[]> =>
    idsOf(await askLink(`${link}/feed?scope=portfolio&limit=100&lastEventId=${id}${more}`));
  expect(idsOf(await askLink(`${link}/events?scope=portfolio&limit=100`)).reverse()).toEqual(all);
  const told: string[] = [];
  for (let next = await after(''); next.length > 0; next = await after(told.at(-1)!)) told.push(...next);
  expect(told).toEqual(all);
  const next = await after(all[20]!);
  expect(next.length).toBeGreaterThan(0);
  expect(next).toEqual(all.slice(21, 21 + next.length));
  // In the middle of those of others, where none of its own is near.
  const waiting = after(all.at(-1)!, '&timeout=20000');
  const [published] = await publish(api, clientEvent('e9', { resource: 'resource3', payload: { id: 'e9' } }));
  expect(await waiting).toEqual([published!.event.id]);
}, 60_000);
