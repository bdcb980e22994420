import type { Page } from '../../src/db/page.ts';
import { newId } from '../../src/ids.ts';
import type { WebhookFilter } from '../../src/webhooks/filter.ts';
import type { WebhookOrder } from '../../src/webhooks/order.ts';
import type { WebhookView } from '../../src/webhooks/read.ts';
import { faults, good } from '../access/people.ts';
import { inputOf, openWorkshop, problemsOf, saved, type Workshop } from './workshop.ts';

let shop: Workshop;
/** Webhooks by name; Ann's account holds a and b, the root's the others. */
const ids: Record<string, string> = {};
let ann: Awaited<ReturnType<Workshop['join']>>;
let member: Awaited<ReturnType<Workshop['join']>>;
let teamId: string;

beforeAll(async () => {
  shop = await openWorkshop();
  ann = await shop.join('Ann', {
    isAccount: true,
    permissions: ['WEBHOOKS_MANAGE'],
    email: 'ann@example.com',
  });
  member = await shop.join('Member');
  teamId = good(
    await shop.access.createTeam(shop.root, { name: 'Night 100%', memberIds: [member.login.id] }),
  ).id;
  const make = async (viewer: typeof shop.root, name: string, details: object, resource = 'clients') => {
    const input = inputOf({ details: { name, ...details }, triggers: [{ resource, event: 'create' }] });
    ids[name] = saved(await shop.webhooks.create(viewer, input)).id;
  };
  await make(ann.viewer, 'a', { forLoginId: ann.login.id });
  await make(ann.viewer, 'b', { description: 'under_score' });
  await make(shop.root, 'c', { teamId });
  await make(shop.root, 'd', { forLoginId: member.login.id }, 'ghosts');
  await make(shop.root, 'e', {});
  await shop.webhooks.disable(shop.root, ids['e']!);
});
afterAll(() => shop.close());

/** The names of all pages of a list, page by page of size, forward and then backward. */
async function walk(
  orderBy: WebhookOrder[] | null,
  size: number,
  viewer = shop.root,
): Promise<[string, string]> {
  const names = { forward: '', backward: '' };
  let after: string | null = null;
  let before: string | null = null;
  for (;;) {
    const page: Page<WebhookView> = good(
      await shop.webhooks.list(viewer, { first: size, after }, null, orderBy),
    );
    names.forward += page.edges.map((edge) => edge.node.name).join('');
    if (!page.hasNextPage) break;
    after = page.edges.at(-1)!.cursor;
  }
  for (;;) {
    const page: Page<WebhookView> = good(
      await shop.webhooks.list(viewer, { last: size, before }, null, orderBy),
    );
    names.backward = page.edges.map((edge) => edge.node.name).join('') + names.backward;
    if (!page.hasPreviousPage) break;
    before = page.edges[0]!.cursor;
  }
  return [names.forward, names.backward];
}

const found = async (filter: WebhookFilter) => {
  const page = good(await shop.webhooks.list(shop.root, {}, filter, [{ field: 'NAME' }]));
  expect(await page.count()).toBe(page.edges.length);
  return page.edges.map((edge) => edge.node.name).join('');
};

it.each<[string, WebhookOrder[] | null, string]>([
  ['the newest first unless told otherwise', null, 'edcba'],
  ['by name', [{ field: 'NAME', direction: 'ASC' }], 'abcde'],
  ['by time of creation, which has more digits than a Date', [{ field: 'CREATED_AT' }], 'abcde'],
  ['by time of change', [{ field: 'UPDATED_AT', direction: 'DESC' }], 'edcba'],
  ['by creator, then by name downwards', [{ field: 'LOGIN' }, { field: 'NAME', direction: 'DESC' }], 'baedc'],
  [
    'by watched login, those without one last, ties by id',
    [{ field: 'FOR_LOGIN', direction: 'ASC' }],
    'adbce',
  ],
  [
    'by watched login downwards, those without one first, the exact reverse',
    [{ field: 'FOR_LOGIN', direction: 'DESC' }],
    'ecbda',
  ],
  ['by team, then number', [{ field: 'TEAM' }, { field: 'NUMBER', direction: 'DESC' }], 'cedba'],
])('is listed %s, page by page in both directions', async (_, orderBy, expected) => {
  for (const size of [1, 2, 5]) expect(await walk(orderBy, size)).toEqual([expected, expected]);
});

it('is filtered by each field, and by all of them together', async () => {
  expect(await found({ search: 'ANN' })).toBe('ab');
  expect(await found({ search: 'ann@example' })).toBe('ab');
  expect(await found({ search: 'night' })).toBe('c');
  expect(await found({ search: '100%' })).toBe('c');
  expect(await found({ search: '%' })).toBe('c');
  expect(await found({ search: '_' })).toBe('b');
  expect(await found({ search: '\\' })).toBe('');
  expect(await found({ search: String((await shop.webhooks.byId(shop.root, ids['d']!))!.number) })).toBe('d');
  expect(await found({ status: ['DISABLED', 'INACTIVE'] })).toBe('de');
  expect(await found({ status: ['ENABLED'] })).toBe('abc');
  expect(await found({ status: [] })).toBe('abcde');
  expect(await found({ loginId: ann.login.id })).toBe('ab');
  expect(await found({ forLoginId: ann.login.id })).toBe('a');
  expect(await found({ teamId })).toBe('c');
  expect(await found({ resource: 'ghosts' })).toBe('d');
  const { createdAt } = (await shop.webhooks.byId(shop.root, ids['c']!))!;
  const later = new Date(createdAt.getTime() + 1);
  expect(await found({ createdAt: { from: new Date(0), to: later }, loginId: shop.root.loginId })).toMatch(
    /^c/,
  );
  expect(await found({ createdAt: { to: new Date(0) } })).toBe('');
  expect(await found({ loginId: ann.login.id, status: ['DISABLED'] })).toBe('');
});

it('refuses cursors of another order or made by hand, and NUL', async () => {
  const byName: WebhookOrder[] = [{ field: 'NAME' }];
  const cursor = good(await shop.webhooks.list(shop.root, { first: 1 }, null, byName)).edges[0]!.cursor;
  expect(faults(await shop.webhooks.list(shop.root, { after: cursor }, null, [{ field: 'TEAM' }]))).toEqual([
    'INVALID after',
  ]);
  const forged = (...key: unknown[]) => Buffer.from(JSON.stringify(key)).toString('base64url');
  for (const before of [
    forged('NUMBER DESC', 'x', 'y'),
    forged('NUMBER DESC', null, 'y'),
    forged('NUMBER DESC', '1', '\0'),
  ])
    expect(faults(await shop.webhooks.list(shop.root, { before }))).toEqual(['INVALID before']);
  expect(faults(await shop.webhooks.list(shop.root, {}, { search: '\0' }))).toEqual([
    'INVALID filter.search',
  ]);
  expect(faults(await shop.webhooks.list(shop.root, {}, { teamId: '\0', search: 's'.repeat(201) }))).toEqual([
    'TOO_LONG filter.search',
    'INVALID filter.teamId',
  ]);
});

describe('what a caller sees', () => {
  it('is its account and below with WEBHOOKS_MANAGE, never what lies above or beside', async () => {
    expect(await walk(null, 5, ann.viewer)).toEqual(['ba', 'ba']);
    expect(await good(await shop.webhooks.list(ann.viewer, { first: 1 })).count()).toBe(2);
    expect(await shop.webhooks.byId(ann.viewer, ids['c']!)).toBeUndefined();
    const endpoint = (await shop.webhooks.endpointsOf([ids['c']!])).get(ids['c']!)![0]!;
    expect((await shop.webhooks.endpointsByIds(ann.viewer, [endpoint.id])).size).toBe(0);
    expect((await shop.webhooks.endpointsByIds(shop.root, [endpoint.id])).size).toBe(1);
    for (const id of [ids['c']!, newId('webhook'), 'whk_\0'])
      expect(problemsOf(await shop.webhooks.update(ann.viewer, id, null, {}))).toEqual(['NOT_FOUND id']);
  });

  it("is a team's webhook for its members, who may not edit it", async () => {
    const viewer = (await shop.access.refresh(member.viewer))!;
    expect(await walk(null, 5, viewer)).toEqual(['c', 'c']);
    expect(problemsOf(await shop.webhooks.disable(viewer, ids['c']!))).toEqual(['FORBIDDEN -']);
    const other = await shop.join('Other', { isAccount: true, permissions: ['WEBHOOKS_MANAGE'] });
    good(await shop.access.updateTeam(shop.root, teamId, { memberIds: [member.login.id, other.login.id] }));
    const manager = (await shop.access.refresh(other.viewer))!;
    expect((await shop.webhooks.byId(manager, ids['c']!))!.name).toBe('c');
    expect(problemsOf(await shop.webhooks.disable(manager, ids['c']!))).toEqual(['FORBIDDEN id']);
    expect(faults(await shop.webhooks.remove(manager, ids['c']!))).toEqual(['FORBIDDEN id']);
  });

  it('is nothing without a permission and a team', async () => {
    const { viewer } = await shop.join('Nobody');
    expect(await walk(null, 5, viewer)).toEqual(['', '']);
    expect(problemsOf(await shop.webhooks.create(viewer, inputOf()))).toEqual(['FORBIDDEN -']);
  });
});
