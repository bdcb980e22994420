/** Drafts that are changed from two sides at once, rows of a step, and secrets of drafts that do not open any more. */
import { jest } from '@jest/globals';

import { Api } from '../support/api.ts';
import { holdLock, type LockHolder } from '../support/lock-holder.ts';
import { createPerson, createTeam, type Person } from '../support/people.ts';
import { scriptedResolver } from '../support/resolver.ts';
import { registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { at, DISCARD, newDraft, READ, readyDraft, SAVE, STEPS } from './draft-documents.ts';

const TARGET = 'http://127.0.0.1:9999/hooks';
const ELSEWHERE = 'http://127.0.0.1:9998/hooks';
const DAY_MS = 86_400_000;
/** Everything but Date. */
const REAL = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;

const resolver = scriptedResolver({ 'one.example.com': ['1.1.1.1'] });

let server: TestServer;
let admin: Person;
let api: Api;

beforeAll(async () => {
  server = await startServer({}, { resolver });
  await registerResource(server.api);
});

beforeEach(async () => {
  admin = await createPerson(server, { name: 'Admin', isAccount: true, permissions: ['WEBHOOKS_MANAGE'] });
  api = admin.api;
});

afterAll(() => server?.stop());

/** Keeps the row of a draft: who comes then waits, and goes on in the order of coming. */
function holdDraft(id: string): Promise<LockHolder> {
  return holdLock(server.database, 'select 1 from webhook_drafts where id = $1 for update', [id]);
}

async function webhookNames(): Promise<string[]> {
  return (await api.run('{ webhooks { nodes { name } } }')).nodes.map((node: { name: string }) => node.name);
}

describe('two that change a draft at once', () => {
  it('and read the same version are one that is stored and one that is told so', async () => {
    const id = await newDraft(api);
    const row = await holdDraft(id);
    const steps = ['One', 'Two'].map((name) => api.run(STEPS.details, { id, version: 1, input: { name } }));
    await row.waiting(2);
    await row.letGo();
    const errors = (await Promise.all(steps)).map((answer) => at(answer.errors).join());
    expect(errors.sort()).toEqual(['', 'CONFLICT expectedVersion']);
    expect(await api.run(READ, { id })).toMatchObject({ version: 2 });
  });

  it('and type different steps keep both', async () => {
    const id = await newDraft(api, {});
    const row = await holdDraft(id);
    const details = api.run(STEPS.details, { id, input: { name: 'Kept' } });
    const triggers = api.run(STEPS.triggers, { id, input: [{ resource: 'clients', event: 'create' }] });
    await row.waiting(2);
    await row.letGo();
    expect([(await details).errors, (await triggers).errors]).toEqual([[], []]);
    expect(await api.run(READ, { id })).toMatchObject({
      name: 'Kept',
      triggers: [{ event: 'create' }],
      version: 3,
    });
  });

  it('are a save that a step overtakes: it saves what the step typed', async () => {
    const id = await readyDraft(api, TARGET);
    const row = await holdDraft(id);
    const step = api.mutate(STEPS.details, { id, input: { name: 'Typed meanwhile' } });
    await row.waiting(1);
    const save = api.mutate(SAVE, { id });
    await row.waiting(2);
    await row.letGo();
    await step;
    expect((await save).webhook).toMatchObject({ name: 'Typed meanwhile' });
    expect(await webhookNames()).toEqual(['Typed meanwhile']);
  });

  it('are a save that a discard overtakes: it makes nothing', async () => {
    const id = await readyDraft(api, TARGET);
    const row = await holdDraft(id);
    const discard = api.mutate(DISCARD, { id });
    await row.waiting(1);
    const save = api.run(SAVE, { id });
    await row.waiting(2);
    await row.letGo();
    await discard;
    expect(at((await save).errors)).toEqual(['NOT_FOUND id']);
    expect(await webhookNames()).toEqual([]);
    await api.mutate(SAVE, { id: await readyDraft(api, TARGET) });
    expect(await webhookNames()).toEqual(['Orders']);
  });
});

it('a save that is overtaken each time ends with CONFLICT, and makes nothing', async () => {
  const teamId = await createTeam(server, 'Desk', [admin.id]);
  const id = await readyDraft(api, TARGET, { details: { name: 'Orders', teamId } });
  // Whoever has read the draft and is about to judge it waits for its team.
  const holdTeams = () => holdLock(server.database, 'lock table teams in access exclusive mode');
  let teams = await holdTeams();
  const save = api.run(SAVE, { id });
  for (let race = 0; race < 5; race++) {
    await teams.waiting(1);
    const step = api.mutate(
      `mutation ($id: ID!, $input: WebhookDetailsInput!) {
         webhookDraftSetDetails(id: $id, input: $input) { errors { code } } }`,
      { id, input: { description: `Race ${race}` } },
    );
    await teams.waiting(2);
    const next = holdTeams();
    await teams.waiting(3);
    await teams.letGo();
    teams = await next;
    await step;
  }
  await teams.letGo();
  expect(at((await save).errors)).toEqual(['CONFLICT id']);
  expect(await webhookNames()).toEqual([]);
  expect((await api.mutate(SAVE, { id })).webhook).toMatchObject({ team: { id: teamId } });
});

describe('a draft', () => {
  it('is judged once for an answer: DNS is asked once for each address', async () => {
    const id = await readyDraft(api, 'http://one.example.com/hooks');
    resolver.asked.length = 0;
    expect(await api.run(READ, { id })).toMatchObject({ step: 'READY', problems: [] });
    expect(resolver.asked).toEqual(['one.example.com']);
  });

  it('ends by the clock of the database, whatever that of the server says', async () => {
    const id = await newDraft(api);
    const ended = await newDraft(api);
    await server.app.db.engine.query(
      `update webhook_drafts set expires_at = clock_timestamp() - interval '1 second' where id = $1`,
      [ended],
    );
    try {
      for (const days of [-30, 30]) {
        jest.useFakeTimers({ now: Date.now() + days * DAY_MS, doNotFake: [...REAL] });
        expect(await api.run('{ webhookDrafts { id } }')).toEqual([{ id }]);
        expect(await api.run(READ, { id })).toMatchObject({ id });
        expect(await api.run(READ, { id: ended })).toBeNull();
        jest.useRealTimers();
      }
    } finally {
      jest.useRealTimers();
    }
  });

  it('whose webhook was deleted says so when it is saved again', async () => {
    const id = await readyDraft(api, TARGET);
    const { webhook } = await api.mutate(SAVE, { id });
    await api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', {
      id: webhook.id,
    });
    const again = await api.run(SAVE, { id });
    expect(again).toMatchObject({
      errors: [{ code: 'NOT_FOUND', field: ['id'], message: expect.stringContaining('not there any more') }],
      draft: { step: 'SAVED', savedAs: null },
      webhook: null,
      newSecrets: [],
    });
    expect(await webhookNames()).toEqual([]);
  });

  it('is not found by what cannot be an id', async () => {
    expect(await api.run(READ, { id: 'drf_\0' })).toBeNull();
    for (const query of [SAVE, DISCARD])
      expect(at((await api.run(query, { id: 'drf_\0' })).errors)).toEqual(['NOT_FOUND id']);
  });
});

describe('the rows of a step', () => {
  const row = {
    kind: 'URL',
    target: TARGET,
    advanced: {
      timeoutMs: 5000,
      headers: [
        { name: 'X-Key', value: 'typed', secret: true },
        { name: 'X-Plain', value: 'seen' },
      ],
    },
  };

  async function typed(id: string, ...input: object[]) {
    return api.run(STEPS.endpoints, { id, input });
  }

  it('leave alone what is left out, clear what is null, and give an address to plain headers anywhere', async () => {
    const id = await newDraft(api, { name: 'Orders', description: 'typed' });
    const { draft } = await typed(id, row);
    const endpoint = draft.endpoints[0].id as string;
    expect(at((await typed(id, { id: endpoint, target: ELSEWHERE })).errors)).toEqual([
      'CREDENTIAL_MISMATCH endpoints.0.target',
    ]);
    // Only the secret was typed for the first address, and it is given again for the second.
    const headers = [
      { name: 'X-Key', value: 'again', secret: true },
      { name: 'X-Plain', value: 'seen' },
    ];
    const moved = await typed(id, { id: endpoint, target: ELSEWHERE, advanced: { headers } });
    expect(at(moved.errors)).toEqual([]);
    expect(moved.draft.endpoints).toMatchObject([
      { id: endpoint, kind: 'URL', target: ELSEWHERE, advanced: { timeoutMs: 5000 } },
    ]);
    const plain = await typed(id, { id: endpoint, advanced: { headers: headers.slice(1) } });
    expect(at(plain.errors)).toEqual([]);
    for (const target of [TARGET, ELSEWHERE])
      expect(at((await typed(id, { id: endpoint, target })).errors)).toEqual([]);
    const cleared = await typed(id, { id: endpoint, kind: null, advanced: null });
    expect(cleared.draft.endpoints).toEqual([
      { id: endpoint, kind: null, target: ELSEWHERE, advanced: null },
    ]);
    const details = await api.run(STEPS.details, { id, input: { description: null } });
    expect(details.draft).toMatchObject({ name: 'Orders', description: null });
  });

  it('keep a secret by the name of its header, however that is written, and lose it with the header', async () => {
    const id = await readyDraft(api, TARGET);
    const { draft } = await typed(id, row);
    const endpoint = draft.endpoints[0].id as string;
    const rename = (...names: string[]) =>
      typed(id, {
        id: endpoint,
        advanced: { headers: names.map((name) => ({ name, secret: true })) },
      });
    expect(at((await rename('x-KEY')).errors)).toEqual([]);
    expect(at((await rename('x-key', 'X-Other')).errors)).toEqual([
      'REQUIRED endpoints.0.advanced.headers.1.value',
    ]);
    expect(at((await rename('X-Other')).errors)).toEqual(['REQUIRED endpoints.0.advanced.headers.0.value']);
    expect(at((await rename('X-Key')).errors)).toEqual(['REQUIRED endpoints.0.advanced.headers.0.value']);
  });

  it('keep the secret of a header whose name a plain one bears, too', async () => {
    const id = await readyDraft(api, TARGET);
    const twice = [{ name: 'x-key', value: 'plain' }, row.advanced.headers[0]!];
    const { draft, errors } = await typed(id, { ...row, advanced: { headers: twice } });
    expect(at(errors)).toEqual(['DUPLICATE endpoints.0.advanced.headers.1.name']);
    const endpoint = draft.endpoints[0].id as string;
    const headers = [{ name: 'X-Key', secret: true }];
    expect(at((await typed(id, { id: endpoint, advanced: { headers } })).errors)).toEqual([]);
  });

  it('that name one row twice or a row that is not there become new ones, without its secrets', async () => {
    const id = await readyDraft(api, TARGET);
    const { draft } = await typed(id, row);
    const endpoint = draft.endpoints[0].id as string;
    const secret = { advanced: { headers: [{ name: 'X-Key', secret: true }] } };
    const twice = await typed(
      id,
      { id: endpoint },
      { ...row, ...secret, id: endpoint, target: `${TARGET}/b` },
      { ...row, ...secret, id: 'ep_nonsense', target: `${TARGET}/c` },
    );
    expect(at(twice.errors)).toEqual([
      'DUPLICATE endpoints.1.id',
      'NOT_FOUND endpoints.2.id',
      'REQUIRED endpoints.1.advanced.headers.0.value',
      'REQUIRED endpoints.2.advanced.headers.0.value',
    ]);
    const ids = twice.draft.endpoints.map((one: { id: string }) => one.id);
    expect(ids[0]).toBe(endpoint);
    expect(new Set([...ids, 'ep_nonsense']).size).toBe(4);

    const triggers = (...rows: object[]) => api.run(STEPS.triggers, { id, input: rows });
    const [{ id: trigger }] = (await api.run(READ, { id })).triggers;
    const doubled = await triggers({ id: trigger }, { id: trigger, resource: 'clients' });
    expect(at(doubled.errors)).toEqual(['DUPLICATE triggers.1.id', 'REQUIRED triggers.1.event']);
    expect(doubled.draft.triggers[1].id).not.toBe(trigger);

    // The rows have ids of their own, so what is mended is saved.
    const mended = ids.slice(1).map((one: string) => ({ id: one, advanced: null }));
    await typed(id, { id: endpoint }, ...mended);
    await triggers({ id: trigger }, { id: doubled.draft.triggers[1].id, event: 'update' });
    const { webhook } = await api.mutate(SAVE, { id });
    expect(webhook.endpoints.map((one: { id: string }) => one.id)).toEqual(ids);
    expect(webhook.triggers).toHaveLength(2);
  });
});

it('a secret that was sealed with a key that is gone counts as not given', async () => {
  const headers = [{ name: 'X-Key', value: 'typed', secret: true }];
  const id = await readyDraft(api, TARGET, { headers });
  const key = `other:${Buffer.alloc(32, 9).toString('base64')}`;
  const other = await startServer({ BELLWIRE_ENCRYPTION_KEYS: key, DATABASE_URL: server.database.url });
  try {
    const there = new Api(other.api.url, api.token);
    const missing = ['REQUIRED endpoints.0.advanced.headers.0.value'];
    expect(await there.run(READ, { id })).toMatchObject({ step: 'ENDPOINTS' });
    expect(at((await there.run(READ, { id })).problems)).toEqual(missing);
    expect(at((await there.run(SAVE, { id })).errors)).toEqual(['DRAFT_INCOMPLETE -', ...missing]);
  } finally {
    await other.stop();
  }
  // Where the key is, so is the secret.
  expect((await api.run(READ, { id })).step).toBe('READY');
});
