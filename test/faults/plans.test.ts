/**
 * No list of the API reads through what it does not show: every question of `npm run scale` is asked on a database made by SQL, and the
 * rows are counted that the statements behind it look at. A scan of any of its tables would be beyond the bound.
 */
import pg from 'pg';

import { loadConfig } from '../../src/config.ts';
import { ask, inPlace, mostReads } from '../scale/ask.ts';
import { type Caller, CALLERS, type SignedIn, signIn, signInAs } from '../scale/callers.ts';
import { fill, fixedId, NAMES, PEOPLE } from '../scale/fill.ts';
import { FILTERS, readPages, readPlainly } from '../scale/plainly.ts';
import { allQuestions, type Question } from '../scale/questions.ts';
import { untilCounted } from '../stats/figures.ts';
import { figure } from '../support/figure.ts';
import { openExplainer, readingOf, type SentStatement, statementsOf } from '../support/plans.ts';
import { ROOT_TOKEN, startServer, type TestServer } from '../support/server.ts';

const SIZE = { webhooks: 20_000, deliveries: 60_000, days: 56, logins: 2_000, auditEntries: 20_000 };

let server: TestServer;
let sql: pg.Client;
let explainer: pg.Client;
let callers: Record<Caller, SignedIn>;

beforeAll(async () => {
  server = await startServer({ BELLWIRE_RATE_LIMIT: '1000000000' });
  sql = new pg.Client({ connectionString: server.database.url });
  await sql.connect();
  await fill(sql, SIZE, loadConfig({}), () => undefined);
  // The statistics count what was filled in, by statements of the server that would be taken for those of an answer.
  await untilCounted(sql);
  explainer = await openExplainer(server.database.url);
  callers = await signIn(sql, server.app.url, ROOT_TOKEN);
}, 240_000);
afterAll(async () => {
  await Promise.all([sql?.end(), explainer?.end()]);
  await server?.stop();
});

/** Where the planner rightly reads a table of this size whole, or all that there is must be looked through, only `npm run scale` can tell. */
function isTelling({ name, by }: Question): boolean {
  if (by === 'sparse' || by === 'tiny' || by === 'member') return true;
  // A table of this size is not read whole for what the index of short pieces finds nothing for.
  if (/^webhooks, search of [12], rare/.test(name)) return true;
  return !/^webhooks|webhook=|search of a name/.test(name);
}

it.each([...CALLERS, 'dormant'] as const)(
  'no list reads far more than it shows: %s',
  async (by) => {
    const beyond: string[] = [];
    const questions = allQuestions(SIZE).filter((question) => question.by === by && isTelling(question));
    const known = new Set<string>();
    let [statements, read] = [0, 0];
    for (const question of questions) {
      const asked = await inPlace(callers[by], question);
      let rows = 0;
      const sent = await statementsOf(async () => {
        ({ rows } = await ask(callers[by], asked));
      });
      if (rows < (question.rows ?? 1)) beyond.push(`${question.name}: only ${rows} rows came`);
      for (const statement of sent) {
        // Who asks is looked up each time.
        const key = JSON.stringify(statement);
        if (known.has(key)) continue;
        known.add(key);
        const reading = await readingOf(explainer, statement);
        statements += 1;
        read += reading.read;
        if (reading.read > mostReads(question, reading))
          beyond.push(`${question.name}: ${reading.read} rows for ${reading.returned}\n${reading.shown()}`);
      }
    }
    figure('plans', { by, questions: questions.length, statements, read, beyond: beyond.length });
    expect(beyond).toEqual([]);
  },
  300_000,
);

it.each(CALLERS)(
  'whichever way deliveries are found, they are those that a plain reading of all tables finds: %s',
  async (by) => {
    // Small, so that a list is left and taken up again often.
    const pages = { pages: 4, size: 10 };
    let compared = 0;
    for (const [name, { filter, sql: condition }] of Object.entries(FILTERS)) {
      const all = await readPlainly(sql, by, condition);
      const { newest, oldest } = await readPages(callers[by], filter, pages);
      expect({ name, newest }).toEqual({ name, newest: all.slice(0, pages.pages * pages.size) });
      expect({ name, oldest }).toEqual({ name, oldest: all.slice(-pages.pages * pages.size) });
      compared += newest.length + oldest.length;
    }
    expect(compared).toBeGreaterThan(20);
  },
  120_000,
);

const PAGE = `query Page($filter: DeliveryFilterInput) {
  list: deliveries(filter: $filter, first: 50) { nodes { id event { id } latestAttempt { id } } }
}`;

const sentFor = (by: Caller, filter: Record<string, unknown>): Promise<SentStatement[]> =>
  statementsOf(() => ask(callers[by], { operation: { query: PAGE, variables: { filter } } }));

/** How many partitions of a table the planner looked into for the statement of a list that has this in its text. */
async function partitionsPlanned(
  table: string,
  by: Caller,
  { filter, part }: { filter: Record<string, unknown>; part: string },
): Promise<number> {
  const [statement] = (await sentFor(by, filter)).filter(({ text }) => text.includes(part));
  const { tables } = await readingOf(explainer, statement!);
  return tables.filter((name) => name.startsWith(`${table}_`)).length;
}

async function partitionsOf(table: string): Promise<number> {
  const { rowCount } = await sql.query('select from pg_inherits where inhparent = $1::regclass', [table]);
  return rowCount!;
}

it('what a list has to know of its reader is looked up once for an answer', async () => {
  const { rowCount } = await sql.query('select from webhooks where account_id = $1', [
    fixedId('lgn', PEOPLE.sparse),
  ]);
  // More than are looked through one by one, so that the list asks several times how many there are.
  expect(rowCount).toBeGreaterThan(200);
  const sent = await sentFor('sparse', {});
  const times = (statements: SentStatement[], part: string) =>
    statements.filter(({ text }) => text.includes(part)).length;
  expect(times(sent, 'as account (id)')).toBe(1);
  expect(times(sent, 'join logins l on l.id = m.id')).toBe(1);
  // Of a portfolio with many logins the accounts with webhooks are, which nobody has to be asked about again.
  const large = await sentFor('large', {});
  for (const part of ['recursive owner', 'as account (id)', 'join logins l on l.id = m.id'])
    expect([part, times(large, part)]).toEqual([part, 1]);
  expect([times(sent, 'as o (id)'), times(large, 'as o (id)')]).toEqual([1, 0]);
});

/** What is read for a question of `npm run scale`, by the statements that have this in their text. */
async function readFor(by: Caller, name: string, part: string) {
  const question = allQuestions(SIZE).find((one) => one.by === by && one.name === name)!;
  const asked = await inPlace(callers[by], question);
  const sent = await statementsOf(() => ask(callers[by], asked));
  const statements = sent.filter(({ text }) => text.includes(part));
  return Promise.all(
    statements.map(async (one) => ({ text: one.text, ...(await readingOf(explainer, one)) })),
  );
}

it.each(['LOGIN', 'FOR_LOGIN'])(
  'the webhooks of an account are sorted by %s without a look at all logins',
  async (field) => {
    const pages = await readFor('sparse', `webhooks by ${field}, from the end`, 'as keys');
    expect(pages.at(-1)!.returned).toBe(51);
    expect(pages.at(-1)!.scans.map(({ table }) => table)).not.toContain('logins');
  },
);

it.each(['root', 'large'] as const)(
  'the logins of more webhooks than can be named are not looked up one by one to sort what a search finds: %s',
  async (by) => {
    const query = `query Found($filter: WebhookFilterInput) {
      list: webhooks(first: 50, filter: $filter, orderBy: [{ field: LOGIN, direction: ASC }]) { nodes { id } } }`;
    const sent = await statementsOf(() =>
      ask(callers[by], { operation: { query, variables: { filter: { search: 'b1 9' } } } }),
    );
    const pages = sent.filter(({ text }) => text.includes('as keys'));
    expect(pages).toHaveLength(2);
    expect(pages[1]!.text).toContain('join logins by_login on');
  },
);

it.each(['above', 'large'] as const)(
  'where one of 20 webhooks fits a page is found among their first ones, without a look-up of all that fit: %s',
  async (by) => {
    const pages = await readFor(by, 'webhooks, search of 2', 'as keys');
    expect(pages.map(({ returned }) => returned === 51)).toEqual([false, true]);
    expect(pages.filter(({ text }) => text.includes('short_pieces'))).toEqual([]);
  },
);

it('the webhooks of a reader are sent once in a statement', async () => {
  const judged = (await sentFor('sparse', {})).filter(({ text }) => text.includes('d.webhook_id = any'));
  expect(judged.length).toBeGreaterThan(0);
  for (const { values } of judged)
    expect(
      values.filter((value) => Array.isArray(value) && String(value[0]).startsWith('whk_')),
    ).toHaveLength(1);
});

it('the attempts of a page are planned for the partitions of its time alone', async () => {
  expect(await partitionsOf('attempts')).toBeGreaterThan(20);
  const wanted = { filter: {}, part: 'from attempts t' };
  expect(await partitionsPlanned('attempts', 'root', wanted)).toBeLessThan(4);
});

it('the deliveries of some events are planned for the partitions of their time alone', async () => {
  expect(await partitionsOf('deliveries')).toBeGreaterThan(8);
  const updates = { resource: 'resource3', event: 'update' };
  const lastDays = { createdAt: { from: new Date(Date.now() - 6 * 86_400_000).toISOString() } };
  const wanted = { filter: { ...updates, ...lastDays }, part: 'd.event_id = any' };
  expect(await partitionsPlanned('deliveries', 'above', wanted)).toBeLessThan(5);
  const monthAgo = { createdAt: { to: new Date(Date.now() - 28 * 86_400_000).toISOString() } };
  expect(
    await partitionsPlanned('deliveries', 'above', {
      filter: { ...updates, ...monthAgo },
      part: 'd.event_id = any',
    }),
  ).toBeLessThan(4);
});

it('what one of 30 events is of is found along those events, and of what replays bore only what the page can hold', async () => {
  const sent = (await sentFor('above', { resource: 'resource3', event: 'create' })).filter(({ text }) =>
    text.includes('judged (fits)'),
  );
  // The first look, the events, what replays bore: no further look through the deliveries of others, of which 29 of 30 do not fit.
  expect(sent).toHaveLength(3);
  const replayed = sent.filter(({ text }) => text.includes(`d.origin = 'REPLAY'`));
  expect(replayed).toHaveLength(1);
  // The page spans some 1,500 deliveries, one of 20 of which a replay bore; the events that are read span four times as many.
  expect((await readingOf(explainer, replayed[0]!)).read).toBeLessThan(200);
});

it('an account with little among much finds what seldom fits among its own deliveries alone, and what failed among its failures', async () => {
  const middle = fixedId('lgn', PEOPLE.middle);
  const api = await signInAs(sql, server.app.url, PEOPLE.middle);
  const own = async (condition: string): Promise<number> => {
    const { rows } = await sql.query<{ count: number }>(
      `select count(*)::int as count from deliveries d join webhooks w on w.id = d.webhook_id where w.account_id = $1 and ${condition}`,
      [middle],
    );
    return rows[0]!.count;
  };
  const [all, failed] = [await own('true'), await own(`d.status <> 'SUCCEEDED'`)];
  expect(all).toBeGreaterThan(400);
  expect(failed).toBeGreaterThan(2);
  // Its webhooks are too many to be looked through one by one.
  const { rowCount: hooks } = await sql.query('select from webhooks where account_id = $1', [middle]);
  expect(hooks).toBeGreaterThan(200);
  for (const [filter, condition, most] of [
    // Of each of its deliveries the entry in the index, the row, and the event.
    [{ resource: 'resource3' }, `e.resource = 'resource3'`, 3 * all],
    [{ event: 'update', resource: 'resource3' }, `e.name = 'update' and e.resource = 'resource3'`, 3 * all],
    [{ status: ['FAILED', 'CANCELLED'] }, `d.status <> 'SUCCEEDED'`, 2 * failed],
    [{ statusCode: [500, 404] }, 'd.status_code in (500, 404)', 2 * failed],
  ] as const) {
    let ids: string[] = [];
    const variables = { filter: { status: ['SUCCEEDED', 'FAILED', 'CANCELLED'], ...filter } };
    const sent = await statementsOf(async () => {
      ({ ids } = await ask({ api, link: '' }, { operation: { query: PAGE, variables } }));
    });
    const { rows } = await sql.query<{ id: string }>(
      `select d.id from deliveries d join webhooks w on w.id = d.webhook_id join events e on e.id = d.event_id
       where w.account_id = $1 and ${condition} order by d.id desc limit 50`,
      [middle],
    );
    expect(ids).toEqual(rows.map(({ id }) => id));
    expect(ids.length).toBeGreaterThan(2);
    const lists = sent.filter(({ text }) => text.includes('judged (fits)'));
    const read = await Promise.all(lists.map(async (one) => (await readingOf(explainer, one)).read));
    expect({ filter, beyond: read.filter((rows) => rows > most) }).toEqual({ filter, beyond: [] });
    expect(lists).toHaveLength(1);
  }
});

it('of what is open only what had an answer is looked at for it, however much is open and newer', async () => {
  const { rows } = await sql.query<{ id: string }>('select id from delivery_queue order by id desc limit 1');
  // Never tried, and newer than all that had an answer.
  await sql.query(
    `insert into delivery_queue (id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, due_at, created_at, queued_at, attempt_count, rank)
     select left(q.id, -4) || lpad(n::text, 4, 'z'), q.event_id, q.resource, q.event, q.entity_id, q.webhook_id, q.endpoint_id, q.origin, q.due_at, q.created_at, q.queued_at, 0, 1
     from delivery_queue q, generate_series(1, 5000) n where q.id = $1`,
    [rows[0]!.id],
  );
  const { rows: wanted } = await sql.query<{ id: string }>(
    `select id from (select id, status_code from delivery_queue union all select id, status_code from deliveries) d
     where status_code = 500 order by id desc limit 50`,
  );
  let ids: string[] = [];
  const sent = await statementsOf(async () => {
    ({ ids } = await ask(callers.root, {
      operation: { query: PAGE, variables: { filter: { statusCode: [500] } } },
    }));
  });
  expect(ids).toEqual(wanted.map(({ id }) => id));
  expect(ids).toHaveLength(50);
  const lists = sent.filter(({ text }) => text.includes('judged (fits)'));
  expect(lists).toHaveLength(1);
  expect((await readingOf(explainer, lists[0]!)).read).toBeLessThan(1_000);
});

it('of some events the first ones are read for a page, and what a replay bore of another one long after it', async () => {
  const filter = { entityId: NAMES.hotEntity };
  const condition = `e.entity_id = '${NAMES.hotEntity}'`;
  const { rows: events } = await sql.query(`select from events e where ${condition}`);
  // More than are read at once, and not more than are looked up.
  expect(events.length).toBeGreaterThan(500);
  expect(events.length).toBeLessThan(2_000);
  const { rows: born } = await sql.query<{ id: string }>(
    `insert into deliveries
     select copy.* from deliveries d
     cross join lateral jsonb_populate_record(d, jsonb_build_object(
       'id', (select left(max(id), -2) || '00' from deliveries where entity_id = $1), 'origin', 'REPLAY')) copy
     where d.id = (select min(id) from deliveries where entity_id = $1)
     returning id`,
    [NAMES.hotEntity],
  );
  const all = await readPlainly(sql, 'root', condition);
  expect(all.slice(0, 3)).toContain(born[0]!.id);
  const { newest, oldest } = await readPages(callers.root, filter, { pages: 4, size: 10 });
  expect({ newest, oldest }).toEqual({ newest: all.slice(0, 40), oldest: all.slice(-40) });
  const found = (await sentFor('root', filter)).filter(({ text }) => text.includes('d.event_id = any'));
  const read = await Promise.all(found.map(async (one) => (await readingOf(explainer, one)).read));
  expect(read.reduce((sum, rows) => sum + rows, 0)).toBeLessThan(events.length / 2);
});

it('an entity with much history is found along its events alone, but not by who has few logins, whose they hardly are', async () => {
  const filter = { entityId: NAMES.hotEntity };
  const { rowCount } = await sql.query(`update events set entity_id = $1 where resource = 'resource3'`, [
    NAMES.hotEntity,
  ]);
  // More than are looked up at once.
  expect(rowCount).toBeGreaterThan(2_000);
  for (const table of ['deliveries', 'delivery_queue'])
    await sql.query(`update ${table} set entity_id = $1 where resource = 'resource3'`, [NAMES.hotEntity]);
  const listsOf = async (by: Caller): Promise<SentStatement[]> =>
    (await sentFor(by, filter)).filter(({ text }) => text.includes('judged (fits)'));
  for (const by of ['root', 'above', 'large'] as const) {
    const lists = await listsOf(by);
    expect(lists).toHaveLength(2);
    const along = lists.map(({ text }) => /d\.event_id = any|d\.origin = 'REPLAY'/.test(text));
    expect({ by, along }).toEqual({ by, along: [true, true] });
  }
  const [first] = await listsOf('sparse');
  expect(first!.text).not.toContain('d.event_id = any');
});

it('a reader of little is shown what is open of its own webhooks, however much is open of others, and in its order when that is much', async () => {
  /** So many open deliveries like one of an account's, behind it. */
  const open = (login: number, count: number): Promise<unknown> =>
    sql.query(
      `insert into delivery_queue (id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, due_at, created_at, queued_at, attempt_count, rank)
       select left(d.id, -5) || 'o' || lpad(n::text, 4, '0'), d.event_id, d.resource, d.event, d.entity_id, d.webhook_id, d.endpoint_id, d.origin,
              now() + interval '3 days', d.created_at, d.created_at, 0, 1
       from (select * from deliveries where account_id = $1 order by id desc limit 1) d, generate_series(1, $2::int) n
       on conflict do nothing`,
      [fixedId('lgn', login), count],
    );
  await open(PEOPLE.large, 5_000);
  const filter = { status: ['PENDING'], resource: 'resource7' };
  const lists = async () => {
    const { rows } = await sql.query<{ id: string }>(
      `select q.id from delivery_queue q join webhooks w on w.id = q.webhook_id
       where w.account_id = $1 and q.resource = 'resource7' and q.attempt_count = 0 order by q.id desc limit 50`,
      [fixedId('lgn', PEOPLE.sparse)],
    );
    let ids: string[] = [];
    const sent = await statementsOf(
      async () =>
        ({ ids } = await ask(callers.sparse, { operation: { query: PAGE, variables: { filter } } })),
    );
    expect(ids).toEqual(rows.map(({ id }) => id));
    let read = 0;
    for (const statement of sent.filter(({ text }) => text.includes('judged (fits)')))
      read += (await readingOf(explainer, statement)).read;
    return { count: ids.length, read };
  };
  // The first thousand of everybody, which are all of others, and its own.
  const of7 = await sql.query(
    `update deliveries set resource = 'resource7' where id = (select max(id) from deliveries where account_id = $1) returning id`,
    [fixedId('lgn', PEOPLE.sparse)],
  );
  expect(of7.rows).toHaveLength(1);
  await open(PEOPLE.sparse, 30);
  const few = await lists();
  expect(few.count).toBe(30);
  expect(few.read).toBeLessThan(2_000);
  await open(PEOPLE.sparse, 1_200);
  expect((await lists()).count).toBe(50);
});

// It renames webhooks, so it comes last.
it('deliveries by the name of a webhook are looked for among the webhooks of their reader, not among all that bear it', async () => {
  const middle = fixedId('lgn', PEOPLE.middle);
  const api = await signInAs(sql, server.app.url, PEOPLE.middle);
  const { rowCount: own } = await sql.query('select from webhooks where account_id = $1', [middle]);
  const { rows: rarest } = await sql.query<{ webhook: string; deliveries: string[] }>(
    `select d.webhook_id as webhook, array_agg(d.id order by d.id desc) as deliveries
     from deliveries d join webhooks w on w.id = d.webhook_id where w.account_id = $1 group by 1 order by count(*), 1 limit 1`,
    [middle],
  );
  const { webhook, deliveries } = rarest[0]!;
  const { rowCount: renamed } = await sql.query(
    `update webhooks set name = 'quince' where account_id = $2 or id = $1`,
    [webhook, fixedId('lgn', PEOPLE.large)],
  );
  expect(renamed).toBeGreaterThan(10 * own!);
  await sql.query('analyze webhooks');
  let found: string[] = [];
  const sent = await statementsOf(async () => {
    const { nodes } = await api.run(PAGE, { filter: { search: 'quince' } });
    found = nodes.map(({ id }: { id: string }) => id);
  });
  expect(found).toEqual(deliveries);
  const byName = sent.filter(({ text }) => /w\.id from .*lower\(w\.name\) like/s.test(text));
  expect(byName).toHaveLength(1);
  const { read } = await readingOf(explainer, byName[0]!);
  // Each of its own is met twice: in the index of accounts, and itself.
  expect(read).toBeLessThanOrEqual(2 * own!);
});
