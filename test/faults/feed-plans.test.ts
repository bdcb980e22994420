/**
 * The feed of a webhook that seldom fires is found without reading through the events of everybody, and holds the same as a plain reading of them:
 * also what fired it when its endpoint was off, and when its deliveries are not kept any more.
 */
import pg from 'pg';

import { loadConfig } from '../../src/config.ts';
import { listPartitions } from '../../src/db/partitions.ts';
import { ofLogins } from '../../src/events/event-keys.ts';
import { FEED_BEGINNING, positionOf } from '../../src/feed/read-feed.ts';
import { readForwardOf, readForwardOfWebhooks, readHorizon } from '../../src/feed/read-few.ts';
import { newId } from '../../src/ids.ts';
import { ask, idsOf } from '../feed/link.ts';
import { type Caller, type SignedIn, signIn } from '../scale/callers.ts';
import { fill, fixedId, NAMES, PEOPLE } from '../scale/fill.ts';
import { untilCounted } from '../stats/figures.ts';
import { openExplainer, readingOf, statementsOf } from '../support/plans.ts';
import { ROOT_TOKEN, startServer, type TestServer } from '../support/server.ts';

const SIZE = { webhooks: 2_000, deliveries: 20_000, days: 56, logins: 400, auditEntries: 1_500 };
/** Of the large account, of all that happens in it, and fired by some of its events. */
const PLAIN = 600;
const WITH_GAP = 605;

let server: TestServer;
let sql: pg.Client;
let link: string;
let callers: Record<Caller, SignedIn>;

beforeAll(async () => {
  // A sender's statements would be counted, too.
  server = await startServer({ BELLWIRE_ROLE: 'api' });
  sql = new pg.Client({ connectionString: server.database.url });
  await sql.connect();
  await fill(sql, SIZE, loadConfig({}), () => undefined);
  // The statistics count what was filled in, by statements of the server that would be taken for those of an answer.
  await untilCounted(sql);
  callers = await signIn(sql, server.app.url, ROOT_TOKEN);
  ({ link } = callers.root);
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

/** All that the feed tells of a filter, going forward. */
async function forward(filter: string): Promise<string[]> {
  const told: string[] = [];
  for (;;) {
    const ids = idsOf(await ask(`${link}/feed?${filter}&limit=4&lastEventId=${told.at(-1) ?? ''}`));
    if (ids.length === 0) return told;
    told.push(...ids);
  }
}

/** The newest that the feed tells of a webhook, turned round, and all that it tells going forward. */
async function told(webhook: number): Promise<{ newest: string[]; forward: string[] }> {
  const newest = idsOf(await ask(`${link}/events?webhook=${webhook}`)).reverse();
  return { newest, forward: await forward(`webhook=${webhook}`) };
}

async function rowsRead(path: string, of = link): Promise<number> {
  const explainer = await openExplainer(server.database.url);
  try {
    let read = 0;
    for (const statement of await statementsOf(() => ask(`${of}${path}`)))
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
  const source = [fixedId('whk', PLAIN)];
  const wish = { webhooks: () => 'true', where: () => 'true', resources: null, names: null, limit: 4 };
  const horizon = await readHorizon(sql);
  const fromTheBeginning = await readForwardOfWebhooks(sql, source, horizon, FEED_BEGINNING, wish);
  expect(fromTheBeginning!.items.map(({ id }) => id)).toEqual(all.slice(0, 4));
  for (const { name } of [oldest!, second!]) await sql.query(`drop table ${name}`);
  expect(await told(PLAIN)).toEqual({ newest: all, forward: all });
  // Going forward, deliveries do not tell of the beginning any more.
  expect(await readForwardOfWebhooks(sql, source, horizon, FEED_BEGINNING, wish)).toBeNull();
});

it.each([
  { what: `resource=${NAMES.rareResource}`, sql: `resource = '${NAMES.rareResource}'`, count: 1 },
  {
    what: `resource=resource11&event=${NAMES.rareEvent}`,
    sql: `resource = 'resource11' and name = '${NAMES.rareEvent}'`,
    count: 1,
  },
  { what: `event=${NAMES.rareEvent}`, sql: `name = '${NAMES.rareEvent}'`, count: 4 },
  { what: 'event=archived', sql: `name = 'archived'`, count: 0 },
])(
  'finds what comes next of what is rare without reading the events of everybody, whoever asks: $what',
  async ({ what, sql: condition, count }) => {
    const { rows } = await sql.query<{ id: string }>(`select id from events where ${condition} order by id`);
    expect(rows).toHaveLength(count);
    // Behind those there are there are 20,000 of others. A page of those is tried before.
    const behind = `&lastEventId=${rows.at(-1)?.id ?? ''}`;
    for (const by of ['root', 'above', 'large', 'sparse'] as const)
      for (const scope of ['', 'scope=portfolio&'])
        for (const from of ['', behind]) {
          const read = await rowsRead(`/feed?${scope}${what}${from}`, callers[by].link);
          expect({ by, scope, from, beyond: read > 2_500 ? read : null }).toEqual({
            by,
            scope,
            from,
            beyond: null,
          });
        }
    expect(await forward(`scope=portfolio&${what}`)).toEqual(rows.map(({ id }) => id));
  },
);

it('tells what many logins caused stretch by stretch, in the order of transactions though their ids stand otherwise', async () => {
  // A transaction may have begun up to a day before it made an id.
  await sql.query(
    `update events e set xid = (3 + floor(extract(epoch from e.published_at - s.first) / 14400
                                          + abs(hashtext(e.id)) % 1000 * 0.006))::bigint::text::xid8
     from (select min(published_at) as first from events) s`,
  );
  const large = fixedId('lgn', PEOPLE.large);
  const members = await sql.query<{ id: string }>(
    'select login_id as id from scope_members where scope_id = $1',
    [large],
  );
  const sources = {
    horizon: await readHorizon(sql),
    subject: () => Promise.resolve(null),
    logins: () => Promise.resolve(ofLogins(members.rows.map(({ id }) => id))),
    within: () => Promise.resolve(null),
    webhooks: () => Promise.resolve(null),
  };
  for (const [resource, limit] of [
    ['resource3', 100],
    [null, 20_000],
  ] as const) {
    const { rows } = await sql.query<{ id: string }>(
      `select id from events where $1 = any (path) and not test and ($2::text is null or resource = $2) order by epoch, xid, id`,
      [large, resource],
    );
    expect(rows.length).toBeGreaterThan(500);
    expect(rows.map(({ id }) => id)).not.toEqual(rows.map(({ id }) => id).toSorted());
    const wish = {
      webhooks: () => 'true',
      where: (add: (value: unknown) => string) =>
        resource === null ? 'true' : `e.resource = ${add(resource)}`,
      ...{ resources: null, names: null, limit },
    };
    const ids = rows.map(({ id }) => id);
    // From the beginning, and from behind one that had many of those that follow it before it by its id.
    const places = new Map(ids.toSorted().map((id, place) => [id, place]));
    const early = ids
      .map((id, place) => ({ place, before: places.get(id)! - place }))
      .reduce((a, b) => (b.before > a.before ? b : a));
    expect(early.before).toBeGreaterThan(5);
    for (const from of [-1, early.place]) {
      let position = from < 0 ? FEED_BEGINNING : (await positionOf(sql, ids[from]!))!;
      const told: string[] = [];
      let stretches = 0;
      for (let more = true; more; stretches += 1) {
        const read = (await readForwardOf(sql, sources, position, wish, resource === null))!;
        told.push(...read.items.map(({ id }) => id));
        ({ position, more } = read);
      }
      expect(told).toEqual(ids.slice(from + 1));
      if (from < 0) expect(stretches).toBeGreaterThan(1);
    }
  }
}, 60_000);

it('passes by nobody who comes and publishes while it is being looked up whose events a reader gets', async () => {
  const { rows: newest } = await sql.query<{ id: string }>(
    'select id from events order by epoch desc, xid desc, id desc limit 1',
  );
  const start = (await positionOf(sql, newest[0]!.id))!;
  const [known, comer] = [fixedId('lgn', 1_001), fixedId('lgn', 1_002)];
  const logins = [known];
  const published: string[] = [];
  const publish = async (login: string): Promise<void> => {
    const id = newId('event');
    await sql.query(
      `insert into events (id, login_id, path, team_ids, resource, name, entity_id, occurred_at, fired, epoch, xid)
       select $1, $2, array[$2], '{}', 'resource3', 'create', 'e1', now(), '{}', (select epoch from stream_epoch), pg_current_xact_id()`,
      [id, login],
    );
    published.push(id);
  };
  const wish = { webhooks: () => 'true', where: () => 'true', resources: null, names: null, limit: 10 };
  const lookUp = async (meanwhile: () => Promise<void>) => {
    const sources = {
      horizon: await readHorizon(sql),
      subject: () => Promise.resolve(null),
      within: () => Promise.resolve(null),
      webhooks: () => Promise.resolve(null),
      logins: async () => {
        const found = [...logins];
        await meanwhile();
        return ofLogins(found);
      },
    };
    return (await readForwardOf(sql, sources, start, wish))!;
  };
  await publish(known);
  const first = await lookUp(async () => {
    logins.push(comer);
    await publish(comer);
  });
  expect(first.items.map(({ id }) => id)).toEqual([published[0]]);
  const sources = async () => ({
    horizon: await readHorizon(sql),
    subject: () => Promise.resolve(null),
    within: () => Promise.resolve(null),
    webhooks: () => Promise.resolve(null),
    logins: () => Promise.resolve(ofLogins(logins)),
  });
  const next = await readForwardOf(sql, await sources(), first.position, wish);
  expect(next!.items.map(({ id }) => id)).toEqual([published[1]]);
  // One that names what is not settled yet is not set back.
  const ahead = { ...start, xid: start.xid + 1_000_000_000n };
  const nothing = await readForwardOf(sql, await sources(), ahead, wish);
  expect(nothing).toEqual({ items: [], position: ahead, more: false });
});
