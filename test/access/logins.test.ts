import { eventVisible, loginVisible, webhookManaged, webhookVisible } from '../../src/access/policy.ts';
import { moveBranch } from '../../src/access/tree.ts';
import { collect } from '../../src/db/fragment.ts';
import type { Result } from '../../src/errors.ts';
import { behindTreeLock, faults, good, type People, startPeople } from './people.ts';

let people: People;
beforeAll(async () => {
  people = await startPeople();
});
afterAll(() => people.close());

const names = (page: { edges: { node: { name: string } }[] }) => page.edges.map((edge) => edge.node.name);

/** Two branches below the root: an account with a clerk in it, and an account beside. */
async function branches() {
  const north = await people.join('North', {
    isAccount: true,
    permissions: ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH', 'ACCESS_MANAGE'],
  });
  const clerk = await people.join('Clerk', { parentId: north.login.id });
  const south = await people.join('South', {
    isAccount: true,
    permissions: ['WEBHOOKS_MANAGE', 'ACCESS_MANAGE'],
  });
  return { north, clerk, south };
}

describe('the tree of logins', () => {
  it('gives each login the path from the root and the nearest account at or above', async () => {
    const { north, clerk } = await branches();
    expect(clerk.login.path).toEqual([people.root.loginId, north.login.id, clerk.login.id]);
    expect(clerk.viewer.accountId).toBe(north.login.id);
    expect(north.viewer.accountPath).toEqual([people.root.loginId, north.login.id]);
    const accounts = await people.access.accountsOf([clerk.login.id, people.root.loginId]);
    expect(accounts.get(clerk.login.id)!.id).toBe(north.login.id);
    expect(accounts.get(people.root.loginId)!.id).toBe(people.root.loginId);
  });

  it('shows the account to who manages webhooks or publishes, and to others only their own portfolio', async () => {
    const { north, clerk, south } = await branches();
    const junior = await people.join('Junior', { parentId: clerk.login.id });
    const page = async (viewer: typeof clerk.viewer) => good(await people.access.loginsPage(viewer, {}));
    expect(names(await page(north.viewer))).toEqual(['North', 'Clerk', 'Junior']);
    expect(names(await page(clerk.viewer))).toEqual(['Clerk', 'Junior']);
    expect(await (await page(clerk.viewer)).count()).toBe(2);
    expect(await people.access.visibleLogin(clerk.viewer, north.login.id)).toBeUndefined();
    expect(await people.access.visibleLogin(south.viewer, junior.login.id)).toBeUndefined();
    expect(loginVisible(people.root, junior.login)).toBe(true);
    expect(names(good(await people.access.childrenPage(north.viewer, north.login.id, {})))).toEqual([
      'Clerk',
    ]);
    expect(names(good(await people.access.childrenPage(south.viewer, north.login.id, {})))).toEqual([]);
  });

  it('is paged by number in both directions, and a forged cursor is refused', async () => {
    const { login, viewer } = await people.join('Pager', { permissions: ['ACCESS_MANAGE'] });
    for (const name of ['a', 'b', 'c']) await people.join(name, { parentId: login.id });
    const first = good(await people.access.loginsPage(viewer, { first: 2 }));
    expect(names(first)).toEqual(['Pager', 'a']);
    const next = good(await people.access.loginsPage(viewer, { first: 9, after: first.edges[1]!.cursor }));
    expect(names(next)).toEqual(['b', 'c']);
    expect(names(good(await people.access.loginsPage(viewer, { last: 2 })))).toEqual(['b', 'c']);
    for (const key of [['x'], [1.5], [1e10], [null]]) {
      const after = Buffer.from(JSON.stringify(key)).toString('base64url');
      expect(faults(await people.access.loginsPage(viewer, { after }))).toEqual(['INVALID after']);
    }
  });

  it('is edited with ACCESS_MANAGE only, inside the own portfolio only', async () => {
    const { north, clerk, south } = await branches();
    expect(faults(await people.access.createLogin(clerk.viewer, { name: 'x' }))).toEqual(['FORBIDDEN -']);
    expect(
      faults(await people.access.createLogin(north.viewer, { name: 'x', parentId: south.login.id })),
    ).toEqual(['NOT_FOUND parentId']);
    expect(faults(await people.access.updateLogin(south.viewer, clerk.login.id, { name: 'x' }))).toEqual([
      'NOT_FOUND id',
    ]);
    const deputy = await people.join('Deputy', {
      parentId: north.login.id,
      permissions: ['ACCESS_MANAGE', 'WEBHOOKS_MANAGE'],
    });
    expect(faults(await people.access.updateLogin(deputy.viewer, clerk.login.id, { name: 'x' }))).toEqual([
      'FORBIDDEN id',
    ]);
    expect(good(await people.access.createLogin(north.viewer, { name: 'Temp' })).parentId).toBe(
      north.login.id,
    );
  });

  it('names every mistake of an input at once', async () => {
    expect(
      faults(
        await people.access.createLogin(people.root, {
          name: ' ',
          email: 'not an address',
          parentId: 'lgn_\0',
        }),
      ),
    ).toEqual(['REQUIRED name', 'INVALID email', 'NOT_FOUND parentId']);
    expect(faults(await people.access.createLogin(people.root, { name: 'a\0b', email: '\0' }))).toEqual([
      'INVALID name',
      'INVALID email',
    ]);
    expect(faults(await people.access.createLogin(people.root, { name: '🙂'.repeat(201) }))).toEqual([
      'TOO_LONG name',
    ]);
    expect(faults(await people.access.createLogin(people.root, { name: '🙂'.repeat(200) }))).toEqual([]);
  });

  it('never grants what the granter does not hold, and lets what is held be taken back', async () => {
    const { north, clerk } = await branches();
    const grant = (permissions: ['CATALOG_MANAGE'] | ['EVENTS_PUBLISH'] | []) =>
      people.access.updateLogin(north.viewer, clerk.login.id, { permissions });
    expect(faults(await grant(['CATALOG_MANAGE']))).toEqual(['FORBIDDEN permissions.0']);
    expect(good(await grant(['EVENTS_PUBLISH'])).permissions).toEqual(['EVENTS_PUBLISH']);
    expect(good(await grant([])).permissions).toEqual([]);
    good(await people.access.updateLogin(people.root, clerk.login.id, { permissions: ['CATALOG_MANAGE'] }));
    expect(faults(await grant(['CATALOG_MANAGE']))).toEqual([]);
    expect(
      faults(
        await people.access.updateLogin(north.viewer, north.login.id, {
          permissions: ['ACCESS_MANAGE', 'CATALOG_MANAGE'],
        }),
      ),
    ).toEqual(['FORBIDDEN permissions.1']);
  });

  it('enables no login that holds what the caller does not, but disables it', async () => {
    const keeper = await people.join('Keeper', { permissions: ['ACCESS_MANAGE'] });
    const { login } = await people.join('Publisher', {
      parentId: keeper.login.id,
      permissions: ['EVENTS_PUBLISH'],
    });
    await people.join('Below', { parentId: login.id, permissions: ['CATALOG_MANAGE'] });
    const set = async (viewer: typeof keeper.viewer, disabled: boolean) =>
      faults(await people.access.updateLogin(viewer, login.id, { disabled }));
    expect(await set(keeper.viewer, true)).toEqual([]);
    expect(await set(keeper.viewer, false)).toEqual(['FORBIDDEN disabled']);
    expect(await set(keeper.viewer, true)).toEqual([]);
    // What lies below counts for itself.
    good(
      await people.access.updateLogin(people.root, keeper.login.id, {
        permissions: ['ACCESS_MANAGE', 'EVENTS_PUBLISH'],
      }),
    );
    expect(await set(keeper.viewer, false)).toEqual([]);
    expect(await set(keeper.viewer, false)).toEqual([]);
  });

  it('does not let an account administrator act in the account above by unmarking its own', async () => {
    const { north } = await branches();
    expect(
      faults(await people.access.updateLogin(north.viewer, north.login.id, { isAccount: false })),
    ).toEqual(['FORBIDDEN isAccount']);
  });

  it('does not carry permissions into another account by hands that do not hold them', async () => {
    const { north } = await branches();
    const keeper = await people.join('Keeper', { parentId: north.login.id, permissions: ['ACCESS_MANAGE'] });
    const shop = await people.join('Shop', { parentId: keeper.login.id, isAccount: true });
    const seller = await people.join('Seller', { parentId: shop.login.id, permissions: ['WEBHOOKS_MANAGE'] });
    expect(
      faults(await people.access.updateLogin(keeper.viewer, shop.login.id, { isAccount: false })),
    ).toEqual(['FORBIDDEN isAccount']);
    expect(
      faults(await people.access.updateLogin(keeper.viewer, seller.login.id, { parentId: keeper.login.id })),
    ).toEqual(['FORBIDDEN parentId']);
    expect(
      faults(await people.access.updateLogin(people.root, seller.login.id, { parentId: keeper.login.id })),
    ).toEqual([]);
  });

  it('moves a login with all below, and never below itself', async () => {
    const { north, clerk, south } = await branches();
    const junior = await people.join('Junior', { parentId: clerk.login.id });
    expect(
      faults(await people.access.updateLogin(people.root, clerk.login.id, { parentId: junior.login.id })),
    ).toEqual(['INVALID parentId']);
    expect(
      faults(await people.access.updateLogin(north.viewer, clerk.login.id, { parentId: south.login.id })),
    ).toEqual(['NOT_FOUND parentId']);
    const moved = good(
      await people.access.updateLogin(people.root, clerk.login.id, { parentId: south.login.id }),
    );
    expect(moved.path).toEqual([people.root.loginId, south.login.id, clerk.login.id]);
    const now = (await people.access.refresh(junior.viewer))!;
    expect(now.loginPath).toEqual([...moved.path, junior.login.id]);
    expect(now.accountId).toBe(south.login.id);
  });

  it('makes no circle when two moves cross', async () => {
    const one = await people.join('One');
    const two = await people.join('Two');
    const results = await behindTreeLock(
      people,
      [() => people.access.updateLogin(people.root, two.login.id, { parentId: one.login.id })],
      (manager) => moveBranch(manager, one.login.id, two.login),
    );
    expect(results.flatMap(faults)).toEqual(['INVALID parentId']);
  });

  it.each<[string, string, string[]]>([
    ['lost ACCESS_MANAGE', `permissions = '{}'`, ['NOT_FOUND id', 'FORBIDDEN permissions.0']],
    ['was disabled', 'disabled = true', ['FORBIDDEN -', 'FORBIDDEN -']],
  ])('is not changed by a caller that %s while it waited', async (_name, loss, ofTokens) => {
    const { access } = people;
    const late = await people.join('Late', { permissions: ['ACCESS_MANAGE'] });
    const { login, viewer } = await people.join('Below', { parentId: late.login.id });
    const team = good(await access.createTeam(late.viewer, { name: 'Team' }));
    const token = { name: 'Back door', permissions: ['ACCESS_MANAGE' as const] };
    // With the holder of the lock they fill the eight connections.
    const attempts: (() => Promise<Result<unknown>>)[] = [
      () => access.createLogin(late.viewer, { name: 'Back door' }),
      () => access.updateLogin(late.viewer, login.id, { name: 'x' }),
      () => access.createTeam(late.viewer, { name: 'x' }),
      () => access.updateTeam(late.viewer, team.id, { name: 'x' }),
      () => access.createToken(late.viewer, { ...token, permissions: [], loginId: login.id }),
      () => access.revokeToken(late.viewer, viewer.tokenId),
      () => access.createToken(late.viewer, token),
    ];
    const results = await behindTreeLock(people, attempts, (manager) =>
      manager.query(`update logins set ${loss} where id = $1`, [late.login.id]),
    );
    expect(results.map((result) => faults(result).join())).toEqual([
      ...Array.from({ length: 5 }, () => 'FORBIDDEN -'),
      ...ofTokens,
    ]);
  });

  it('keeps its root where it is, enabled and able to administer', async () => {
    const { north } = await branches();
    expect(
      faults(
        await people.access.updateLogin(people.root, people.root.loginId, {
          parentId: north.login.id,
          disabled: true,
          isAccount: false,
          permissions: ['EVENTS_PUBLISH'],
        }),
      ),
    ).toEqual([
      'INVALID_STATE parentId',
      'INVALID_STATE disabled',
      'INVALID_STATE isAccount',
      'INVALID_STATE permissions',
    ]);
  });
});

describe('teams', () => {
  it('belong to the account of their maker and take members of its portfolio only', async () => {
    const { north, clerk, south } = await branches();
    const input = { name: 'Desk', memberIds: [clerk.login.id, south.login.id, 'nobody'] };
    expect(faults(await people.access.createTeam(north.viewer, input))).toEqual([
      'NOT_FOUND memberIds.1',
      'NOT_FOUND memberIds.2',
    ]);
    const team = good(
      await people.access.createTeam(north.viewer, { ...input, memberIds: [clerk.login.id] }),
    );
    expect(team.accountId).toBe(north.login.id);
    expect((await people.access.refresh(clerk.viewer))!.teamIds).toEqual([team.id]);
    expect(await people.access.visibleTeam(south.viewer, team.id)).toBeUndefined();
    expect(faults(await people.access.updateTeam(south.viewer, team.id, { name: 'x' }))).toEqual([
      'NOT_FOUND id',
    ]);
    expect(faults(await people.access.updateTeam(clerk.viewer, team.id, { name: 'x' }))).toEqual([
      'FORBIDDEN -',
    ]);
  });

  it('are renamed and get other members, one without touching the other', async () => {
    const { north, clerk } = await branches();
    const team = good(
      await people.access.createTeam(north.viewer, { name: 'Desk', memberIds: [clerk.login.id] }),
    );
    expect(good(await people.access.updateTeam(north.viewer, team.id, { name: 'Office' })).name).toBe(
      'Office',
    );
    const members = async () => names(good(await people.access.membersPage(north.viewer, team.id, {})));
    expect(await members()).toEqual(['Clerk']);
    good(await people.access.updateTeam(north.viewer, team.id, { memberIds: [north.login.id] }));
    expect(await members()).toEqual(['North']);
    expect(
      (await people.access.teamsOfLogins(north.viewer, [north.login.id])).get(north.login.id),
    ).toMatchObject([{ id: team.id, name: 'Office' }]);
  });

  it('are seen by members from outside the account, who may not edit them', async () => {
    const { north, clerk } = await branches();
    const team = good(
      await people.access.createTeam(people.root, { name: 'All', memberIds: [north.login.id] }),
    );
    const member = (await people.access.refresh(north.viewer))!;
    expect(names(good(await people.access.teamsPage(member, {})))).toContain('All');
    expect(faults(await people.access.updateTeam(member, team.id, { name: 'x' }))).toEqual(['FORBIDDEN id']);
    expect(await people.access.visibleTeam(clerk.viewer, team.id)).toBeUndefined();
  });
});

describe('policy', () => {
  it('finds the logins to publish for inside the account only', async () => {
    const { north, clerk, south } = await branches();
    const found = await people.access.loginsForPublish(clerk.viewer, {
      ids: [clerk.login.id, south.login.id, 'x\0'],
      numbers: [north.login.number, people.root.loginPath.length],
    });
    expect(found.map((login) => login.id).sort()).toEqual([north.login.id, clerk.login.id].sort());
    expect(found.find((login) => login.id === clerk.login.id)).toMatchObject({
      path: clerk.login.path,
      number: clerk.login.number,
      teamIds: [],
    });
  });

  it('costs the root nothing and gives who holds nothing nothing', async () => {
    const { clerk } = await branches();
    expect(collect(webhookVisible(people.root))).toEqual({ text: 'true', values: [] });
    expect(collect(webhookVisible(clerk.viewer))).toEqual({ text: 'false', values: [] });
    expect(collect(webhookManaged(clerk.viewer))).toEqual({ text: 'false', values: [] });
    expect(collect(eventVisible(clerk.viewer))).toEqual({ text: 'false', values: [] });
  });
});
