/**
 * The feed of a webhook that seldom fires is found without reading through the events of everybody, and holds the same as a plain reading of them:
 * also what fired it when its endpoint was off, and when its deliveries are not kept any more.
 */
import pg from 'pg';

import { loadConfig } from '../../src/config.ts';
import { listPartitions } from '../../src/db/partitions.ts';
import { FEED_BEGINNING, readForwardOf } from '../../src/feed/read-feed.ts';
import { ask, idsOf } from '../feed/link.ts';
import { signIn } from '../scale/callers.ts';
import { fill, fixedId } from '../scale/fill.ts';
import { openExplainer, readingOf, statementsOf } from '../support/plans.ts';
import { ROOT_TOKEN, startServer, type TestServer } from '../support/server.ts';

const SIZE = { webhooks: 2_000, deliveries: 20_000, days: 56, logins: 400, auditEntries: 1_500 };
/** Of the large account, of all that happens in it, and fired by some of its events. */
const PLAIN = 600;
const WITH_GAP = 605;

let server: TestServer;
let sql: pg.Client;
let link: string;

beforeAll(async () => {
  server = await startServer();
  sql = new pg.Client({ connectionString: server.database.url });
  await sql.connect();
  await fill(sql, SIZE, loadConfig({}), () => undefined);
  ({
    root: { link },
  } = await signIn(sql, server.app.url, ROOT_TOKEN));
}, 60_000);
afterAll(async () => {
  await sql?.end();
  await server?.stop();
});

/** The ids of the events that fired a webhook, the oldest first in both orders, since the database was filled in that of ids. */
async function firedPlainly(webhook: number): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>(
    'select id from events where $1 = any (fired) and not test order by id',
    [fixedId('whk', webhook)],
  );
  return rows.map(({ id }) => id);
}

/** The newest that the feed tells, turned round, and all that it tells going forward. */
async function told(webhook: number): Promise<{ newest: string[]; forward: string[] }> {
  const newest = idsOf(await ask(`${link}/events?webhook=${webhook}`)).reverse();
  const forward: string[] = [];
  for (let from = ''; ;) {
    const ids = idsOf(await ask(`${link}/feed?webhook=${webhook}&limit=4&lastEventId=${from}`));
    if (ids.length === 0) return { newest, forward };
    forward.push(...ids);
    from = ids.at(-1)!;
  }
}

async function rowsRead(path: string): Promise<number> {
  const explainer = await openExplainer(server.database.url);
  try {
    let read = 0;
    for (const statement of await statementsOf(() => ask(`${link}${path}`)))
      read += (await readingOf(explainer, statement)).read;
    return read;
  } finally {
    await explainer.end();
  }
}

it('finds what fired a webhook by its deliveries', async () => {
  const all = await firedPlainly(PLAIN);
  expect(all.length).toBeGreaterThan(5);
  expect(await told(PLAIN)).toEqual({ newest: all, forward: all });
  const [newest] = all.slice(-1);
  expect(idsOf(await ask(`${link}/events?webhook=${PLAIN}&limit=1`))).toEqual([newest]);
  // The first thousand events of everybody are tried before; all of them are 20,000.
  expect(await rowsRead(`/events?webhook=${PLAIN}`)).toBeLessThan(5_000);
  expect(await rowsRead(`/feed?webhook=${PLAIN}&lastEventId=${newest}`)).toBeLessThan(5_000);
});

it('finds what fired a webhook while its endpoint was off', async () => {
  const switchTo = (state: string | null, daysAgo: number): Promise<unknown> =>
    sql
      .query(
        'update endpoints set disabled_as = $2, disabled_at = case when $2::text is not null then now() end where id = $1',
        [fixedId('ep', WITH_GAP), state],
      )
      .then(() =>
        sql.query(
          `update webhook_gaps set began_at = case when ended_at is null then now() - $2 * interval '1 day' else began_at end,
                                   ended_at = case when ended_at is not null then now() - $2 * interval '1 day' end
           where webhook_id = $1`,
          [fixedId('whk', WITH_GAP), daysAgo],
        ),
      );
  const all = await firedPlainly(WITH_GAP);
  expect(all.length).toBeGreaterThan(5);
  await switchTo('DISABLED', 40);
  await switchTo(null, 20);
  const { rows: gaps } = await sql.query('select * from webhook_gaps where webhook_id = $1', [
    fixedId('whk', WITH_GAP),
  ]);
  expect(gaps).toHaveLength(1);
  const { rowCount: gone } = await sql.query(
    `delete from deliveries d using events e
     where d.webhook_id = $1 and e.id = d.event_id
       and e.published_at between now() - interval '40 days' and now() - interval '20 days'`,
    [fixedId('whk', WITH_GAP)],
  );
  expect(gone).toBeGreaterThan(0);
  expect(await told(WITH_GAP)).toEqual({ newest: all, forward: all });
  // Off for good: nobody knows any more, and all events are looked through.
  await switchTo('DISABLED', 10);
  expect(await told(WITH_GAP)).toEqual({ newest: all, forward: all });
});

it('finds what fired a webhook and is kept for longer than its deliveries', async () => {
  const all = await firedPlainly(PLAIN);
  const [oldest, second] = (await listPartitions(sql)).filter(({ of }) => of.table === 'deliveries');
  expect(oldest!.toMs).toBeLessThan(Date.now() - 40 * 86_400_000);
  const source = { webhooks: [fixedId('whk', PLAIN)] };
  const wish = { webhooks: () => 'true', where: () => 'true', resources: null, limit: 4 };
  const fromTheBeginning = await readForwardOf(sql, source, FEED_BEGINNING, wish);
  expect(fromTheBeginning!.items.map(({ id }) => id)).toEqual(all.slice(0, 4));
  for (const { name } of [oldest!, second!]) await sql.query(`drop table ${name}`);
  expect(await told(PLAIN)).toEqual({ newest: all, forward: all });
  // Going forward, deliveries do not tell of the beginning any more.
  expect(await readForwardOf(sql, source, FEED_BEGINNING, wish)).toBeNull();
});
