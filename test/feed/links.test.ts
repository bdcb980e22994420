/** The Create Webhooks link itself: whose it is, how it ends, and what nobody gets to see (X10, P12). */
import { pino } from 'pino';

import { PERMISSIONS } from '../../src/access/viewer.ts';
import { Api } from '../support/api.ts';
import { createPerson, createTeam } from '../support/people.ts';
import { registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { ask, makeLink } from './link.ts';

const FIND = '{ webhooksLink { url createdAt lastUsedAt } }';
const REVOKE = 'mutation { webhooksLinkRevoke { errors { code message } deletedId } }';
const logged: string[] = [];

let server: TestServer;

beforeAll(async () => {
  const logger = pino({ level: 'debug' }, { write: (line) => void logged.push(line) });
  server = await startServer({}, { logger });
  await registerResource(server.api);
});
afterAll(() => server?.stop());

async function manager(name: string) {
  return createPerson(server, { name, isAccount: true, permissions: [...PERMISSIONS] });
}

describe('a Create Webhooks link', () => {
  it('is not there before it is made; then it is one of its login, and shown again as it is', async () => {
    const [one, other] = [await manager('One'), await manager('Other')];
    expect(await one.api.run(FIND)).toBeNull();
    const url = await makeLink(one.api);
    expect(url).toMatch(new RegExp(`^${server.app.url}/link/bwf_[0-9A-Za-z]{36}$`));
    expect(await one.api.run(FIND)).toMatchObject({ url, lastUsedAt: null });
    expect(await other.api.run(FIND)).toBeNull();
    expect(await makeLink(other.api)).not.toBe(url);
  });

  it('says when it was used', async () => {
    const { api } = await manager('Used');
    const url = await makeLink(api);
    const before = Date.now();
    expect((await ask(url)).status).toBe(200);
    const { lastUsedAt, createdAt } = await api.run(FIND);
    expect(Date.parse(lastUsedAt)).toBeGreaterThan(Date.parse(createdAt));
    expect(Math.abs(Date.parse(lastUsedAt) - before)).toBeLessThan(60_000);
  });

  it('that was made anew or revoked ends at once, and looks like one that never was', async () => {
    const { api } = await manager('Ended');
    const first = await makeLink(api);
    const second = await makeLink(api);
    expect((await ask(second)).status).toBe(200);
    expect(await api.run(REVOKE)).toMatchObject({ errors: [], deletedId: expect.any(String) });
    expect(await api.run(FIND)).toBeNull();
    const never = `${server.app.url}/link/bwf_${'0'.repeat(36)}`;
    const answers = await Promise.all(
      [first, second, never, `${server.app.url}/link/x`, `${first}/events`, `${second}/info`].map((url) =>
        ask(url, { headers: { accept: 'text/html' } }),
      ),
    );
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect([answers[0]!.status, answers[0]!.json.code]).toEqual([404, 'NOT_FOUND']);
    // Twice is no error, and a new one can be made.
    expect((await api.run(REVOKE)).errors).toEqual([]);
    expect((await ask(await makeLink(api))).status).toBe(200);
  });

  it('does not work while its login is disabled', async () => {
    const { api, id } = await manager('Disabled');
    const url = await makeLink(api);
    const disable = (disabled: boolean) =>
      server.api.mutate(
        'mutation ($id: ID!, $input: LoginInput!) { loginUpdate(id: $id, input: $input) { errors { code } } }',
        { id, input: { disabled } },
      );
    await disable(true);
    expect((await ask(url)).status).toBe(404);
    await disable(false);
    expect((await ask(url)).status).toBe(200);
  });

  it('is for those who may read webhooks, and follows their rights', async () => {
    const plain = await createPerson(server, { name: 'Plain', permissions: ['EVENTS_PUBLISH'] });
    expect((await plain.api.send(FIND)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    const rotate = 'mutation { webhooksLinkRotate { errors { code } link { url } } }';
    expect(await plain.api.run(rotate)).toEqual({ errors: [{ code: 'FORBIDDEN' }], link: null });
    expect((await plain.api.run(REVOKE)).errors).toMatchObject([{ code: 'FORBIDDEN' }]);
    const teamId = await createTeam(server, 'Team', [plain.id]);
    const url = await makeLink(plain.api);
    expect((await ask(`${url}/events`)).status).toBe(200);
    await server.api.mutate(
      'mutation ($id: ID!) { teamUpdate(id: $id, input: { memberIds: [] }) { errors { code } } }',
      { id: teamId },
    );
    expect((await ask(`${url}/events`)).status).toBe(403);
  });

  it('made by a token with less than its login holds no more than that token, and cannot be read by one with less', async () => {
    const { api } = await manager('Narrow');
    const make = (permissions: string[]) =>
      api
        .mutate(
          'mutation ($input: AccessTokenInput!) { accessTokenCreate(input: $input) { errors { code } value } }',
          { input: { name: 'narrow', permissions } },
        )
        .then(({ value }) => new Api(api.url, value));
    const narrow = await make(['WEBHOOKS_MANAGE']);
    const own = await makeLink(narrow);
    expect((await ask(`${own}/events?scope=portfolio`)).status).toBe(200);
    await makeLink(api);
    const refused = await narrow.send(FIND);
    expect(refused.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    expect(refused.errors![0]!.message).toContain('EVENTS_PUBLISH');
    expect((await narrow.run(REVOKE)).errors).toMatchObject([{ code: 'FORBIDDEN' }]);
    expect(await api.run(FIND)).not.toBeNull();
  });

  it('is stored by its hash and sealed, stands in no log, and each change of it in the audit log', async () => {
    const { api, id } = await manager('Secret');
    const url = await makeLink(api);
    const secret = url.split('/').at(-1)!;
    for (const path of ['', '/events', '/feed', '/info', '/openapi.json', '/nothing', '/events?limit=x'])
      await ask(url + path);
    await makeLink(api);
    await api.run(REVOKE);
    const { rows } = await server.app.db.engine.query(
      `select count(*)::int as tables, coalesce(sum(hits), 0)::int as hits
       from (select (xpath('/row/c/text()', query_to_xml(format(
               'select count(*) as c from %I.%I t where t::text like %L', table_schema, table_name, $1::text), false, true, '')))[1]::text::int as hits
             from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE') found`,
      [`%${secret}%`],
    );
    expect(rows[0].tables).toBeGreaterThan(20);
    expect(rows[0].hits).toBe(0);
    expect(logged.join('')).not.toContain(secret);
    const { nodes } = await api.run(`{ auditLog(subjectId: "${id}") { nodes { action changes } } }`);
    expect(nodes.map(({ action }: { action: string }) => action).slice(0, 3)).toEqual([
      'login.webhooksLinkRevoke',
      'login.webhooksLinkRotate',
      'login.webhooksLinkCreate',
    ]);
    expect(JSON.stringify(nodes)).not.toContain('bwf_');
  });

  it('is never stored by what is in between, and tells no other site where its reader came from', async () => {
    const url = await makeLink(server.api);
    for (const path of ['', '/events', '/feed', '/info', '/openapi.json', '/subscriptions', '/nothing']) {
      const { headers } = await ask(url + path, { headers: { accept: '*/*' } });
      expect([path, headers.get('cache-control'), headers.get('referrer-policy')]).toEqual([
        path,
        'no-store',
        'no-referrer',
      ]);
      expect(headers.get('x-robots-tag')).toBe('noindex');
    }
  });

  it('that waits for notifications is told within a second that it has ended', async () => {
    const { api } = await manager('Waiting');
    const url = await makeLink(api);
    const waiting = ask(`${url}/feed?timeout=60000`);
    // It waits by the time that a request behind it has been answered.
    await ask(`${url}/feed`);
    await api.run(REVOKE);
    const revokedAt = performance.now();
    const answer = await waiting;
    expect([answer.status, answer.json.code]).toEqual([404, 'NOT_FOUND']);
    expect(performance.now() - revokedAt).toBeLessThan(1_500);
  });
});
