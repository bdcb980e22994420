/**
 * The saved table of a caller among many, and the audit log: what they read of a platform where others have more. The rows are counted that
 * the statements behind an answer look at.
 */
import pg from 'pg';

import { loadConfig } from '../../src/config.ts';
import { ask } from '../scale/ask.ts';
import { type Caller, type SignedIn, signIn } from '../scale/callers.ts';
import { fill, fixedId, PEOPLE } from '../scale/fill.ts';
import { untilCounted } from '../stats/figures.ts';
import { openExplainer, readingOf, statementsOf } from '../support/plans.ts';
import { ROOT_TOKEN, startServer, type TestServer } from '../support/server.ts';

const SIZE = { webhooks: 20_000, deliveries: 1_000, days: 7, logins: 5_000, auditEntries: 5_000 };

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

const PAGE = `query Page($first: Int, $after: String, $last: Int, $filter: WebhookFilterInput, $orderBy: [WebhookOrderInput!]) {
  list: webhooks(first: $first, after: $after, last: $last, filter: $filter, orderBy: $orderBy) {
    pageInfo { startCursor endCursor }
    nodes { id }
  }
}`;
const NEWEST = [{ field: 'NUMBER', direction: 'DESC' }];
/** What a list may look at that tries 1,000 rows: each with what is judged of it, and with what it takes to know the caller. */
const FEW_READ = 8_000;

/** The answer to a question, how many rows were looked at for it in all, and which tables from one end to the other. */
async function asked(
  by: Caller,
  variables: Record<string, unknown>,
  query = PAGE,
): Promise<{
  ids: string[];
  endCursor: string | null | undefined;
  read: number;
  scanned: string[];
  texts: string[];
}> {
  let answer: Awaited<ReturnType<typeof ask>> = { rows: 0, ids: [] };
  const sent = await statementsOf(async () => {
    answer = await ask(callers[by], { operation: { query, variables } });
  });
  let read = 0;
  const scanned: string[] = [];
  for (const statement of sent) {
    const reading = await readingOf(explainer, statement);
    read += reading.read;
    scanned.push(...reading.scans.filter(({ rows }) => rows > 1_500).map(({ table }) => table));
  }
  const { ids, endCursor } = answer;
  return { ids, endCursor, read, scanned, texts: sent.map(({ text }) => text) };
}

async function idsIn(condition: string, order: string): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>(
    `select w.id from webhooks w where w.deleted_at is null and (${condition}) order by ${order}`,
  );
  return rows.map(({ id }) => id);
}

const OF_LARGE = `w.account_id = '${fixedId('lgn', PEOPLE.large)}'`;

it.each([
  ['NUMBER', 'w.number'],
  ['CREATED_AT', 'w.created_at'],
  ['UPDATED_AT', 'w.updated_at'],
])(
  'an account finds its newest webhooks by %s though thousands of others are newer',
  async (field, column) => {
    // All of them newer than what the account has.
    await sql.query(
      `update webhooks set updated_at = created_at where updated_at <> created_at and account_id = $1`,
      [fixedId('lgn', PEOPLE.large)],
    );
    const all = await idsIn(OF_LARGE, `${column} desc, w.id desc`);
    expect(all.length).toBeGreaterThan(10_000);
    const orderBy = [{ field, direction: 'DESC' }];
    const first = await asked('large', { first: 50, orderBy });
    expect(first.ids).toEqual(all.slice(0, 50));
    expect(first.read).toBeLessThan(FEW_READ);
    const second = await asked('large', { first: 50, after: first.endCursor, orderBy });
    expect(second.ids).toEqual(all.slice(50, 100));
    expect(second.read).toBeLessThan(FEW_READ);
    const end = await asked('large', { last: 50, orderBy: [{ field, direction: 'ASC' }] });
    expect(end.ids).toEqual(all.slice(0, 50).toReversed());
    expect(end.read).toBeLessThan(FEW_READ);
  },
);

it('a filter that half of an account fits is judged along its own webhooks', async () => {
  const all = await idsIn(`${OF_LARGE} and w.enabled`, 'w.number desc');
  const page = await asked('large', { first: 50, filter: { status: ['ENABLED'] }, orderBy: NEWEST });
  expect(page.ids).toEqual(all.slice(0, 50));
  expect(page.read).toBeLessThan(FEW_READ);
});

it('webhooks on a resource are judged one by one along the table, however many there are', async () => {
  const onResource = `exists (select 1 from triggers t where t.webhook_id = w.id and t.resource = 'resource3')`;
  const all = await idsIn(onResource, 'w.number desc');
  expect(all.length).toBeGreaterThan(2_500);
  const page = await asked('root', { first: 50, filter: { resource: 'resource3' }, orderBy: NEWEST });
  expect(page.ids).toEqual(all.slice(0, 50));
  expect(page.read).toBeLessThan(2_000);
});

it('who watches a team of another account finds the webhooks of both in one order', async () => {
  // Of another account some newer ones, the others of which stay unseen.
  const member = fixedId('lgn', PEOPLE.large);
  const other = fixedId('lgn', PEOPLE.middle);
  const { rows } = await sql.query<{ id: string }>(
    `insert into teams (id, account_id, name) select 'tem_watched', $1, 'Watched' returning id`,
    [other],
  );
  await sql.query('insert into team_members (team_id, login_id) values ($1, $2)', [rows[0]!.id, member]);
  await sql.query('update webhooks set team_id = $1 where account_id = $2 and number % 3 = 0', [
    rows[0]!.id,
    other,
  ]);
  const all = await idsIn(`${OF_LARGE} or w.team_id = 'tem_watched'`, 'w.number desc');
  const watched = new Set(await idsIn(`w.team_id = 'tem_watched'`, 'w.id'));
  const page = await asked('large', { first: 100, filter: {}, orderBy: NEWEST });
  expect(page.ids).toEqual(all.slice(0, 100));
  expect(page.ids.filter((id) => watched.has(id)).length).toBeGreaterThan(10);
  expect(page.read).toBeLessThan(FEW_READ);
});

it('what is older is not told before what is newer of an account of which much must be looked through', async () => {
  const own = await idsIn(OF_LARGE, 'w.number desc');
  // One of its webhooks behind the first 1,500, and all those of a team of another account, which are older than all of its own.
  const { rows } = await sql.query<{ id: string }>(
    `update webhooks set name = 'needle ' || number, team_id = 'tem_watched'
     where account_id = $1 and team_id is null returning id`,
    [fixedId('lgn', PEOPLE.tiny)],
  );
  expect(rows.length).toBeGreaterThan(3);
  await sql.query(`update webhooks set name = 'needle' where id = $1`, [own[1_500]]);
  const page = await asked('large', { first: 3, filter: { search: 'needle' }, orderBy: NEWEST });
  expect(page.ids).toEqual((await idsIn(`w.name like 'needle%'`, 'w.number desc')).slice(0, 3));
  expect(page.ids[0]).toBe(own[1_500]);
});

it('of one letter that nearly all have only the first rows of the table are looked at, whoever asks', async () => {
  for (const by of ['root', 'above', 'large', 'sparse'] as const) {
    const page = await asked(by, { first: 50, filter: { search: 'a' } });
    const { rows } = await sql.query<{ id: string }>(
      `select w.id from webhooks w join logins l on l.id = w.login_id
       where w.id = any ($1::text[]) and concat_ws(' ', w.name, w.description, l.name, l.email) ilike '%a%'`,
      [page.ids],
    );
    expect(rows).toHaveLength(50);
    expect({ by, names: page.texts.filter((text) => text.includes('short_pieces')) }).toEqual({
      by,
      names: [],
    });
    expect(page.read).toBeLessThan(FEW_READ);
  }
  // A letter that only one has is still found.
  await sql.query(`update webhooks set name = name || ' ß' where number = 17`);
  const { ids, scanned } = await asked('root', { first: 50, filter: { search: 'ß' } });
  expect(scanned).toEqual([]);
  expect(ids).toEqual(await idsIn('w.number = 17', 'w.id'));
});

it('what cannot fire and what switched itself off are looked up together, not looked for among all', async () => {
  const only = async (status: string): Promise<string[]> =>
    (await asked('root', { first: 100, filter: { status: [status] } })).ids;
  const apart = [...(await only('INACTIVE')), ...(await only('AUTO_DISABLED'))];
  expect(apart.length).toBeGreaterThan(4);
  const { ids, read } = await asked('root', {
    first: 100,
    filter: { status: ['INACTIVE', 'AUTO_DISABLED'] },
  });
  expect(ids.toSorted()).toEqual(apart.toSorted());
  expect(read).toBeLessThan(2_000);
});

it('a page of the audit log looks up whose its entries are, and reads no portfolio for it', async () => {
  const query = `query Audit { list: auditLog(first: 100) { nodes { id } } }`;
  const { rows } = await sql.query<{ id: string }>('select id from audit_log order by id desc limit 100');
  for (const by of ['root', 'above'] as const) {
    const page = await asked(by, {}, query);
    expect(page.ids).toHaveLength(100);
    if (by === 'root') expect(page.ids).toEqual(rows.map(({ id }) => id));
    // The portfolio has over 5,000 logins; 1,000 entries are tried.
    expect(page.read).toBeLessThan(3_500);
  }
});

it('a letter that nearly all have takes no name to pieces either where the first rows make no page', async () => {
  const account = fixedId('lgn', PEOPLE.sparse);
  // Behind nearly all in the order of names.
  await sql.query(
    `update webhooks set account_id = $1 where id in (
       select id from webhooks where deleted_at is null order by lower(name) desc limit 1500)`,
    [account],
  );
  // As on a platform of some size: all have made one.
  await sql.query(
    `update webhooks w set login_id = l.id from (select id, row_number() over () as nth from (select * from logins limit 1200) x) l
     where w.number = 3000 + l.nth`,
  );
  const all = await idsIn(`w.account_id = '${account}'`, 'lower(w.name), w.id');
  // More than are looked through whatever is asked.
  expect(all.length).toBeGreaterThan(1_200);
  const orderBy = [{ field: 'NAME', direction: 'ASC' }];
  const page = await asked('sparse', { first: 100, filter: { search: 'a' }, orderBy });
  expect(page.ids).toEqual(all.slice(0, 100));
  expect(page.texts.filter((text) => text.includes('short_pieces'))).toEqual([]);
});
