import { jest } from '@jest/globals';

import { Access } from '../../src/access/access.ts';
import { hashToken, isWellFormed, makeToken } from '../../src/access/token-format.ts';
import { behindTreeLock, faults, good, type People, startPeople } from './people.ts';

let people: People;
beforeAll(async () => {
  people = await startPeople();
});
afterAll(() => people.close());

describe('a token', () => {
  it('has a prefix, 30 random digits and a checksum that tells every single typing error', () => {
    const token = makeToken();
    expect(token).toMatch(/^bw_[0-9A-Za-z]{36}$/);
    expect(isWellFormed(token)).toBe(true);
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === 'x' ? 'y' : 'x';
      expect(isWellFormed(token.slice(0, at) + other + token.slice(at + 1))).toBe(false);
    }
    expect(isWellFormed(`${token}\n`)).toBe(false);
    expect(isWellFormed('')).toBe(false);
  });

  it('with a wrong checksum, or only a prefix, is refused without a query', async () => {
    const token = makeToken();
    const query = jest.spyOn(people.orm, 'query');
    try {
      const wrong = token.slice(0, -1) + (token.endsWith('0') ? '1' : '0');
      for (const value of [wrong, 'bw_', '', 'x'.repeat(40), `${token} `])
        expect(await people.access.viewerOfToken(value)).toBeUndefined();
      expect(query).toHaveBeenCalledTimes(0);
      expect(await people.access.viewerOfToken(token)).toBeUndefined();
      expect(query).toHaveBeenCalledTimes(1);
    } finally {
      query.mockRestore();
    }
  });

  it('is made with no more than its maker holds, and only its hash is stored', async () => {
    const { viewer } = await people.join('Publisher', { permissions: ['EVENTS_PUBLISH'] });
    expect(
      faults(
        await people.access.createToken(viewer, {
          name: ' ',
          permissions: ['EVENTS_PUBLISH', 'ACCESS_MANAGE'],
          expiresAt: new Date(Date.now() - 1000),
        }),
      ),
    ).toEqual(['REQUIRED name', 'FORBIDDEN permissions.1', 'INVALID expiresAt']);
    const made = good(
      await people.access.createToken(viewer, { name: 'CI', permissions: ['EVENTS_PUBLISH'] }),
    );
    expect(made.token.hint).toBe(`bw_…${made.value.slice(-4)}`);
    const rows = await people.orm.query<{ row: string }[]>(`select t::text as row from access_tokens t`);
    expect(rows.some(({ row }) => row.includes(made.value))).toBe(false);
    expect(rows.some(({ row }) => row.includes(hashToken(made.value).toString('hex')))).toBe(true);
    expect([...(await people.access.viewerOfToken(made.value))!.permissions]).toEqual(['EVENTS_PUBLISH']);
  });

  it('ends by revocation, by its date and with its login', async () => {
    const { login, viewer } = await people.join('Passing');
    const { value, viewer: second } = await people.signIn(login.id);
    expect(await people.access.refresh(second)).toBeDefined();
    good(await people.access.revokeToken(viewer, second.tokenId));
    expect(await people.access.viewerOfToken(value)).toBeUndefined();
    expect(await people.access.refresh(second)).toBeUndefined();
    expect(good(await people.access.revokeToken(viewer, second.tokenId))).toBe(second.tokenId);
    expect((await people.access.tokens(viewer)).map((token) => token.id)).toEqual([viewer.tokenId]);

    const third = await people.signIn(login.id);
    await people.orm.query(`update access_tokens set expires_at = clock_timestamp() where id = $1`, [
      third.viewer.tokenId,
    ]);
    expect(await people.access.viewerOfToken(third.value)).toBeUndefined();

    const fourth = await people.signIn(login.id);
    good(await people.access.updateLogin(people.root, login.id, { disabled: true }));
    expect(await people.access.viewerOfToken(fourth.value)).toBeUndefined();
    expect(await people.access.refresh(viewer)).toBeUndefined();
  });

  it('of another login is ended only by an ACCESS_MANAGE holder above it', async () => {
    const above = await people.join('Above', { permissions: ['ACCESS_MANAGE'] });
    const below = await people.join('Below', { parentId: above.login.id });
    const beside = await people.join('Beside', { permissions: ['ACCESS_MANAGE'] });
    const revoke = (viewer: typeof above.viewer) => people.access.revokeToken(viewer, below.viewer.tokenId);
    expect(faults(await revoke(beside.viewer))).toEqual(['NOT_FOUND id']);
    expect(faults(await people.access.revokeToken(below.viewer, above.viewer.tokenId))).toEqual([
      'NOT_FOUND id',
    ]);
    expect(faults(await revoke(above.viewer))).toEqual([]);
  });

  it('ends none that may do what it may not, and itself always', async () => {
    const { login, viewer } = await people.join('Two tokens', { permissions: ['EVENTS_PUBLISH'] });
    const { viewer: weak } = await people.signIn(login.id, []);
    const { viewer: keeper } = await people.join('Keeper', { permissions: ['ACCESS_MANAGE'] });
    const below = await people.join('Below', { parentId: keeper.loginId, permissions: ['EVENTS_PUBLISH'] });
    const { viewer: idle } = await people.signIn(below.login.id, ['ACCESS_MANAGE']);
    const end = async (by: typeof viewer, { tokenId }: typeof viewer) =>
      faults(await people.access.revokeToken(by, tokenId));
    expect(await end(weak, viewer)).toEqual(['FORBIDDEN id']);
    expect(await people.access.refresh(viewer)).toBeDefined();
    expect(await end(keeper, below.viewer)).toEqual(['FORBIDDEN id']);
    // What its login does not hold does not count.
    expect(await end(keeper, idle)).toEqual([]);
    expect(await end(viewer, weak)).toEqual([]);
    expect(await end(viewer, viewer)).toEqual([]);
    const { viewer: alone } = await people.signIn(login.id, []);
    expect(await end(alone, alone)).toEqual([]);
    expect(await people.access.refresh(alone)).toBeUndefined();
  });

  it('that ends makes none that ends later', async () => {
    const { viewer } = await people.join('Passing through');
    const make = (by: typeof viewer, expiresAt?: Date) =>
      people.access.createToken(by, { name: 'made', permissions: [], expiresAt });
    const hour = new Date(Date.now() + 3_600_000);
    const { value } = good(await make(viewer, hour));
    const short = (await people.access.viewerOfToken(value))!;
    expect(faults(await make(short))).toEqual(['INVALID expiresAt']);
    expect(faults(await make(short, new Date(hour.getTime() + 1)))).toEqual(['INVALID expiresAt']);
    expect(faults(await make(short, hour))).toEqual([]);
    expect(faults(await make(viewer))).toEqual([]);
  });

  it('is one of at most a hundred valid ones of its login', async () => {
    const { login, viewer } = await people.join('Collector');
    const { viewer: other } = await people.signIn(login.id);
    await Promise.all(Array.from({ length: 98 }, () => people.signIn(login.id)));
    const make = async () =>
      faults(await people.access.createToken(viewer, { name: 'one more', permissions: [] }));
    expect(await make()).toEqual(['TOO_MANY -']);
    good(await people.access.revokeToken(viewer, other.tokenId));
    expect(await make()).toEqual([]);
    expect(await make()).toEqual(['TOO_MANY -']);
    await people.orm.query(
      `update access_tokens set expires_at = clock_timestamp()
       where id = (select max(id) from access_tokens where login_id = $1 and id <> $2)`,
      [login.id, viewer.tokenId],
    );
    expect(await make()).toEqual([]);
  });

  it('acts with what both it and its login hold now', async () => {
    const { login, viewer } = await people.join('Changing', {
      permissions: ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH'],
    });
    const narrow = await people.signIn(login.id, ['WEBHOOKS_MANAGE']);
    expect([...narrow.viewer.permissions]).toEqual(['WEBHOOKS_MANAGE']);
    good(await people.access.updateLogin(people.root, login.id, { permissions: ['EVENTS_PUBLISH'] }));
    expect([...(await people.access.refresh(narrow.viewer))!.permissions]).toEqual([]);
    expect([...(await people.access.refresh(viewer))!.permissions]).toEqual(['EVENTS_PUBLISH']);
  });

  it('remembers its last use, written at most once a minute', async () => {
    const { login } = await people.join('Busy');
    const { value, viewer } = await people.signIn(login.id);
    const lastUse = async () =>
      (await people.access.tokens(viewer)).find((one) => one.id === viewer.tokenId)!.lastUsedAt!;
    const first = await lastUse();
    expect(first).toBeInstanceOf(Date);
    await people.access.viewerOfToken(value);
    expect(await lastUse()).toEqual(first);
    await people.orm.query(
      `update access_tokens set last_used_at = last_used_at - interval '61 s' where id = $1`,
      [viewer.tokenId],
    );
    await people.access.viewerOfToken(value);
    expect((await lastUse()).getTime()).toBeGreaterThanOrEqual(first.getTime());
  });
});

describe('the root administrator', () => {
  it('is made once, by one of two servers that start at once, with one token', async () => {
    const fresh = await startPeople();
    try {
      await fresh.orm.query('delete from access_tokens');
      await fresh.orm.query('delete from logins');
      const start = () => new Access(fresh.orm, { rootToken: null }).ensureRoot();
      const tokens = await behindTreeLock(fresh, [start, start, start]);
      expect(tokens.filter((token) => token !== null)).toHaveLength(1);
      expect(await fresh.orm.query('select name, is_account from logins')).toEqual([
        { name: 'Root administrator', is_account: true },
      ]);
    } finally {
      await fresh.close();
    }
  });

  it('has the token of the environment, whatever it looks like, as long as it stands there', async () => {
    const start = async (rootToken: string | null) => {
      const access = new Access(people.orm, { rootToken });
      expect(await access.ensureRoot()).toBeNull();
      return access;
    };
    const first = 'first operator token of 32 or more characters';
    const second = makeToken();
    const viewer = (await (await start(first)).viewerOfToken(first))!;
    expect(viewer.loginId).toBe(people.root.loginId);
    expect(viewer.permissions.size).toBe(4);

    const access = await start(second);
    expect(await access.viewerOfToken(second)).toBeDefined();
    expect(await access.viewerOfToken(first)).toBeUndefined();
    expect(await new Access(people.orm, { rootToken: first }).viewerOfToken(first)).toBeUndefined();
    expect(await (await start(null)).viewerOfToken(second)).toBeUndefined();
    expect(await (await start(first)).viewerOfToken(first)).toBeDefined();
  });
});
