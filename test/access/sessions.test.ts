/** What a session may: never more than the token behind it, and as of now, also for changes that wait and for open sockets. */
import { jest } from '@jest/globals';

import { Access } from '../../src/access/access.ts';
import { Sessions } from '../../src/access/sessions.ts';
import { makeToken } from '../../src/access/token-format.ts';
import { behindTreeLock, faults, good, type People, startPeople } from './people.ts';

const limits = { sessionIdleMs: 1_800_000, sessionLifetimeMs: 43_200_000, signInLinkLifetimeMs: 900_000 };

let people: People;
let sessions: Sessions;
beforeAll(async () => {
  people = await startPeople();
  sessions = new Sessions({ sql: people.orm, access: people.access, limits });
});
afterAll(() => people.close());

async function enter(value: string) {
  const { cookie } = (await sessions.begin(value))!;
  return { cookie, viewer: (await sessions.viewerOf(cookie, { isUse: true }))! };
}

it('is read again together with tokens, in one statement, and is gone with its token', async () => {
  const { login } = await people.join('Reader', { permissions: ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH'] });
  const token = await people.signIn(login.id, ['WEBHOOKS_MANAGE']);
  const other = await people.signIn(login.id, ['EVENTS_PUBLISH']);
  const { viewer } = await enter(token.value);
  const link = await enter((await sessions.createLink(login.number))!.secret);
  expect(viewer).toEqual({ ...token.viewer, credentialId: viewer.credentialId, expiresAt: viewer.expiresAt });
  expect(viewer.credentialId).toMatch(/^ses_/);
  expect([link.viewer.tokenId, link.viewer.tokensEndBy]).toEqual(['', null]);
  const ids = [token.viewer, other.viewer, viewer, link.viewer].map(({ credentialId }) => credentialId);
  const query = jest.spyOn(people.orm, 'query');
  const before = await people.access.refreshAll(ids);
  expect(query).toHaveBeenCalledTimes(1);
  query.mockRestore();
  expect([...before].map(([id, { permissions }]) => [id, [...permissions]])).toEqual(
    expect.arrayContaining([
      [ids[0], ['WEBHOOKS_MANAGE']],
      [ids[1], ['EVENTS_PUBLISH']],
      [ids[2], ['WEBHOOKS_MANAGE']],
      [ids[3], ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH']],
    ]),
  );
  good(await people.access.revokeToken(viewer, token.viewer.tokenId));
  expect([...(await people.access.refreshAll(ids)).keys()].sort()).toEqual([ids[1], ids[3]].sort());
});

it('that ended while its change waited changes nothing', async () => {
  const { login } = await people.join('Waiting', { permissions: ['ACCESS_MANAGE'] });
  const { value } = await people.signIn(login.id);
  const { cookie, viewer } = await enter(value);
  const create = () => people.access.createLogin(viewer, { name: 'Late' });
  const [late] = await behindTreeLock(people, [create], (manager) =>
    manager.query('update sessions set ended_at = clock_timestamp() where id = $1', [viewer.credentialId]),
  );
  expect(faults(late!)).toEqual(['FORBIDDEN -']);
  expect(await sessions.find(cookie)).toBeUndefined();
  expect(faults(await people.access.createLogin((await enter(value)).viewer, { name: 'In time' }))).toEqual(
    [],
  );
});

it("of the operator's token is none of a server that does not have that token", async () => {
  const rootToken = makeToken();
  const having = new Access(people.orm, { rootToken });
  await having.ensureRoot();
  const here = new Sessions({ sql: people.orm, access: having, limits });
  const { cookie } = (await here.begin(rootToken))!;
  expect(await here.viewerOf(cookie, { isUse: true })).toBeDefined();
  expect(await sessions.viewerOf(cookie, { isUse: true })).toBeUndefined();
  expect(await sessions.find(cookie)).toBeUndefined();
});

it('that is malformed is refused without a query', async () => {
  const { cookie } = await enter((await sessions.createLink(null))!.secret);
  const query = jest.spyOn(people.orm, 'query');
  const wrong = cookie.slice(0, -1) + (cookie.endsWith('0') ? '1' : '0');
  for (const value of [wrong, makeToken(), makeToken('link'), '', 'bws_']) {
    expect(await sessions.viewerOf(value, { isUse: true })).toBeUndefined();
    expect(await sessions.find(value)).toBeUndefined();
    await sessions.end(value);
  }
  expect(query).not.toHaveBeenCalled();
  query.mockRestore();
  expect(await sessions.find(cookie)).toMatchObject({ login: { name: 'Root administrator' } });
});
