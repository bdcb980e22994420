/** The saved table with more rows than it reaches for at once (src/webhooks/list.ts): every order, page by page from either end. */
import type { Viewer } from '../../src/access/viewer.ts';
import type { Page } from '../../src/db/page.ts';
import { newId } from '../../src/ids.ts';
import type { WebhookFilter } from '../../src/webhooks/filter.ts';
import type { WebhookOrder } from '../../src/webhooks/order.ts';
import type { WebhookView } from '../../src/webhooks/read.ts';
import { good } from '../access/people.ts';
import { openWorkshop, type Workshop } from '../webhooks/workshop.ts';

const ROWS = 1_200;
/** Divides no group of equal keys. */
const PAGE = 97;

let shop: Workshop;
/** Administrator of a branch, and a login that only is a member of a team. */
let branch: Viewer;
let member: Viewer;

beforeAll(async () => {
  shop = await openWorkshop();
  const admin = await shop.join('Branch', { isAccount: true, permissions: ['WEBHOOKS_MANAGE'] });
  branch = admin.viewer;
  const joined = await shop.join('Member');
  const logins = [shop.root.loginId];
  for (const name of ['Zed', 'ann', 'Ann', 'Émile']) logins.push((await shop.join(name)).login.id);
  const teams: string[] = [];
  for (const name of ['night', 'Night', 'day'])
    teams.push(
      good(
        await shop.access.createTeam(shop.root, { name, memberIds: name === 'day' ? [joined.login.id] : [] }),
      ).id,
    );
  member = (await shop.access.refresh(joined.viewer))!;
  const ids = Array.from({ length: ROWS }, () => newId('webhook'));
  // Many equal keys, in upper and lower case, and times that differ in microseconds only. Every 12th is the
  // branch's, every 40th is the day team's, every 50th is deleted. The ids come in no order of the numbers.
  await shop.orm.query(
    `insert into webhooks (id, account_id, login_id, for_login_id, team_id, name, description, enabled, created_at, updated_at, deleted_at)
     select id, case when i % 12 = 0 then $2 else $3 end, ($4::text[])[1 + i % 5],
            case when i % 40 <> 0 and i % 3 = 0 then ($4::text[])[1 + i % 4] end,
            case when i % 40 = 0 then ($5::text[])[3] when i % 3 = 1 then ($5::text[])[1 + i % 2] end,
            (array['beta', 'Alpha', 'alpha', 'Beta', 'émile', 'Zoe'])[1 + i % 6],
            (array['', 'same', repeat('x', 200) || i])[1 + i % 3], i % 7 = 0,
            timestamptz '2026-01-01' + i / 10 * interval '1 microsecond',
            timestamptz '2026-01-01' + i % 10 * interval '1 microsecond',
            case when i % 50 = 7 then now() end
     from unnest($1::text[]) with ordinality as made (id, i)
     order by id collate "C" desc`,
    [ids, branch.accountId, shop.root.accountId, logins, teams],
  );
  // Each webhook has a trigger; these cannot fire.
  await shop.orm.query(
    `insert into triggers (id, webhook_id, position, resource, event, name, description)
     select 'trg' || substr(id, 4), id, 0, 'ghosts', 'create', '', '' from unnest($1::text[]) id`,
    [ids],
  );
});
afterAll(() => shop?.close());

/** The numbers of a list, walked from its start and from its end. */
async function walk(viewer: Viewer, filter: WebhookFilter | null, orderBy: WebhookOrder[]) {
  const numbers = (page: Page<WebhookView>) => page.edges.map((edge) => edge.node.number);
  const forward: number[] = [];
  for (let after: string | null = null, more = true; more;) {
    const page: Page<WebhookView> = good(
      await shop.webhooks.list(viewer, { first: PAGE, after }, filter, orderBy),
    );
    forward.push(...numbers(page));
    after = page.edges.at(-1)!.cursor;
    more = page.hasNextPage;
  }
  const backward: number[] = [];
  for (let before: string | null = null, more = true; more;) {
    const page: Page<WebhookView> = good(
      await shop.webhooks.list(viewer, { last: PAGE, before }, filter, orderBy),
    );
    backward.unshift(...numbers(page));
    before = page.edges[0]!.cursor;
    more = page.hasPreviousPage;
  }
  return { forward, backward };
}

/** The numbers in the order that one sort of the whole table gives. */
async function sorted(where: string, orderBy: string): Promise<number[]> {
  const rows = await shop.orm.query<{ number: number }[]>(
    `select w.number from webhooks w join logins l on l.id = w.login_id
     left join logins f on f.id = w.for_login_id left join teams t on t.id = w.team_id
     where w.deleted_at is null and ${where} order by ${orderBy}`,
  );
  return rows.map((row) => row.number);
}

/** Each order, and what it is in SQL; % stands for the direction. */
const ORDERS: [WebhookOrder['field'], string][] = [
  ['NUMBER', 'w.number %'],
  ['NAME', 'lower(w.name) %, w.id %'],
  ['DESCRIPTION', 'lower(left(w.description, 200)) %, w.id %'],
  ['LOGIN', 'lower(l.name) %, l.id %, w.id %'],
  ['FOR_LOGIN', 'lower(f.name) %, f.id %, w.id %'],
  ['TEAM', 'lower(t.name) %, t.id %, w.id %'],
  ['CREATED_AT', 'w.created_at %, w.id %'],
  ['UPDATED_AT', 'w.updated_at %, w.id %'],
];
const CASES = ORDERS.flatMap(([field, sql]) =>
  (['ASC', 'DESC'] as const).map((direction): [string, WebhookOrder, string] => [
    `${field} ${direction}`,
    { field, direction },
    sql.replaceAll('%', direction),
  ]),
);

it.each(CASES)(
  '%s is the same list from both ends, whole, filtered to many rows and to few',
  async (_, order, sql) => {
    const whole = await sorted('true', sql);
    expect(whole).toHaveLength(ROWS * 0.98);
    expect(await walk(shop.root, null, [order])).toEqual({ forward: whole, backward: whole });
    const many = await sorted('not w.enabled', sql);
    const disabled: WebhookFilter = { status: ['DISABLED'], createdAt: { from: new Date(0) } };
    expect(await walk(shop.root, disabled, [order])).toEqual({
      forward: many,
      backward: many,
    });
    const few = await sorted(`w.name = 'Zoe'`, sql);
    expect(few.length).toBeGreaterThan(PAGE);
    expect(await walk(shop.root, { search: 'zoe' }, [order])).toEqual({ forward: few, backward: few });
  },
);

it.each<[string, WebhookOrder[], string]>([
  [
    'two names',
    [{ field: 'LOGIN' }, { field: 'TEAM', direction: 'DESC' }],
    'lower(l.name), l.id, lower(t.name) desc, t.id desc, w.id desc',
  ],
  [
    'a name and a number',
    [{ field: 'NAME', direction: 'DESC' }, { field: 'NUMBER' }],
    'lower(w.name) desc, w.number, w.id',
  ],
  ['a time and a name', [{ field: 'UPDATED_AT' }, { field: 'NAME' }], 'w.updated_at, lower(w.name), w.id'],
])('%s sort together', async (_, orderBy, sql) => {
  const whole = await sorted('true', sql);
  expect(await walk(shop.root, null, orderBy)).toEqual({ forward: whole, backward: whole });
});

it.each(CASES)("%s shows a branch and a team's member their own", async (_, order, sql) => {
  const own = await sorted(`w.account_id = '${branch.accountId}'`, sql);
  expect(own.length).toBeGreaterThan(PAGE);
  expect(await walk(branch, null, [order])).toEqual({ forward: own, backward: own });
  const shared = await sorted(`w.team_id = '${member.teamIds[0]}'`, sql);
  expect(shared.length).toBeGreaterThan(20);
  expect(await walk(member, null, [order])).toEqual({ forward: shared, backward: shared });
});

it('counts what fits, however many pages it has', async () => {
  const count = async (viewer: Viewer, filter: WebhookFilter | null) =>
    good(await shop.webhooks.list(viewer, { first: 0 }, filter)).count();
  expect(await count(shop.root, null)).toBe(ROWS * 0.98);
  expect(await count(shop.root, { search: 'zoe', status: ['DISABLED'] })).toBe(
    (await sorted(`w.name = 'Zoe' and not w.enabled`, 'w.id')).length,
  );
  expect(await count(branch, { status: ['ENABLED'] })).toBe(0);
});
