/** The wizard over GraphQL: left after every step, resumed by other clients, saved once. */
import { Webhook as SignatureCheck } from 'standardwebhooks';

import { Api } from '../support/api.ts';
import { createPerson, type Person } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { at, CREATE, DISCARD, newDraft, READ, readyDraft, SAVE, STEPS } from './draft-documents.ts';

let server: TestServer;
let receiver: Receiver;
let admin: Person;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  await registerResource(server.api);
  admin = await createPerson(server, { name: 'Admin', permissions: ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH'] });
});

afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

/** Another client of the same login: a token of its own. */
async function anotherClient(): Promise<Api> {
  const { value } = await admin.api.mutate(
    `mutation { accessTokenCreate(input: { name: "other", permissions: [WEBHOOKS_MANAGE] }) { errors { code } value } }`,
  );
  return new Api(server.api.url, value as string);
}

async function webhookCount(): Promise<number> {
  return (await server.api.run('{ webhooks { totalCount } }')).totalCount as number;
}

describe('the wizard', () => {
  it('is left after each step, resumed by another client where it was, and its webhook delivers', async () => {
    const id = await newDraft(admin.api, {});
    const before = await webhookCount();

    const second = await anotherClient();
    let draft = await second.run(READ, { id });
    expect(draft).toMatchObject({ step: 'DETAILS', version: 1, name: null, endpoints: [], triggers: [] });
    expect(at(draft.problems)).toEqual(['REQUIRED details.name', 'REQUIRED endpoints', 'REQUIRED triggers']);
    await second.mutate(STEPS.details, {
      id,
      version: 1,
      input: { name: 'New clients', description: 'for the CRM', forLoginId: admin.id },
    });

    const third = await anotherClient();
    draft = await third.run(READ, { id });
    expect(draft).toMatchObject({ step: 'ENDPOINTS', version: 2, forLogin: { id: admin.id } });
    const rows = [
      {
        kind: 'URL',
        target: `${receiver.url}/one`,
        advanced: { timeoutMs: 5000, headers: [{ name: 'X-Key', value: 'key-canary-1', secret: true }] },
      },
      { kind: 'URL', target: `${receiver.url}/two` },
    ];
    await third.mutate(STEPS.endpoints, { id, version: 2, input: rows });

    // Back to step 2 on yet another machine, which has read the secret's row but not its value.
    const fourth = await anotherClient();
    draft = await fourth.run(READ, { id });
    expect(draft.step).toBe('TRIGGERS');
    const [one, two] = draft.endpoints;
    expect(one.advanced).toEqual({
      timeoutMs: 5000,
      retrySchedule: expect.any(Array),
      headers: [{ name: 'X-Key', value: null, secret: true }],
    });
    expect(two.advanced).toBeNull();
    await fourth.mutate(STEPS.endpoints, { id, input: [two, { ...one, target: `${receiver.url}/first` }] });
    await fourth.mutate(STEPS.triggers, {
      id,
      input: [{ resource: 'clients', event: 'create', name: 'n', description: 'd' }],
    });

    const fifth = await anotherClient();
    draft = await fifth.run(READ, { id });
    expect(draft).toMatchObject({ step: 'READY', problems: [], savedAs: null });
    expect((await fifth.run('{ webhookDrafts { id } }')).map((row: { id: string }) => row.id)).toContain(id);
    expect(await webhookCount()).toBe(before);
    const saved = await fifth.mutate(SAVE, { id });
    expect(saved.draft).toMatchObject({ step: 'SAVED', savedAs: { id: saved.webhook.id } });
    // Rows keep the ids that they had in the draft.
    expect(saved.webhook).toMatchObject({
      status: 'ENABLED',
      login: { id: admin.id },
      endpoints: [
        { id: two.id, target: `${receiver.url}/two` },
        { id: one.id, target: `${receiver.url}/first` },
      ],
      triggers: [{ id: draft.triggers[0].id }],
    });
    expect(await fifth.run('{ webhookDrafts { id } }')).not.toContainEqual({ id });

    const [published] = await publish(admin.api, clientEvent('wizard-1'));
    expect(published!.deliveryCount).toBe(2);
    const hit = await receiver.find(({ path, body }) => path.endsWith('/first') && body.includes('wizard-1'));
    expect(hit.headers['x-key']).toBe('key-canary-1');
    const { value } = saved.newSecrets.find(
      (made: { endpoint: { id: string } }) => made.endpoint.id === one.id,
    );
    new SignatureCheck(value as string).verify(hit.body.toString(), hit.headers as Record<string, string>);
  });

  it('keeps whatever is typed, tells what of a step is wrong at its path, and saves nothing of it', async () => {
    const before = await webhookCount();
    const id = await newDraft(admin.api, { name: 'a\0b', forLoginId: 'nobody', teamId: 'nothing' });
    const endpoints = await admin.api.run(STEPS.endpoints, {
      id,
      input: [{}, { kind: 'URL', target: 'exam', advanced: { timeoutMs: 1, headers: [{ name: 'Host' }] } }],
    });
    expect(at(endpoints.errors)).toEqual([
      'REQUIRED endpoints.0.target',
      'INVALID endpoints.1.target',
      'REQUIRED endpoints.0.kind',
      'INVALID endpoints.1.advanced.timeoutMs',
      'INVALID endpoints.1.advanced.headers.0.name',
      'REQUIRED endpoints.1.advanced.headers.0.value',
    ]);
    const triggers = await admin.api.run(STEPS.triggers, { id, input: [{ event: '\ud800\0' }] });
    expect(at(triggers.errors)).toEqual(['REQUIRED triggers.0.resource', 'INVALID triggers.0.event']);
    const draft = await admin.api.run(READ, { id });
    expect(draft).toMatchObject({ step: 'DETAILS', version: 3, name: 'a\0b', forLogin: null, team: null });
    expect(draft.endpoints[1]).toMatchObject({ target: 'exam', advanced: { timeoutMs: 1 } });
    expect(draft.triggers[0].event).toBe('\ud800\0');
    expect(draft.problems).toHaveLength(10);
    const refused = await admin.api.run(SAVE, { id });
    expect(refused).toMatchObject({
      webhook: null,
      newSecrets: [],
      draft: { step: 'DETAILS', savedAs: null },
    });
    expect(at(refused.errors)).toEqual(['DRAFT_INCOMPLETE -', ...at(draft.problems)]);
    expect(await webhookCount()).toBe(before);
  });

  it('gives one webhook, and its secrets once, however often it is saved', async () => {
    const id = await readyDraft(admin.api, receiver.url);
    const before = await webhookCount();
    const answers = await Promise.all(Array.from({ length: 10 }, () => admin.api.mutate(SAVE, { id })));
    expect(new Set(answers.map((answer) => answer.webhook.id)).size).toBe(1);
    expect(answers.filter((answer) => answer.newSecrets.length > 0)).toHaveLength(1);
    expect(await webhookCount()).toBe(before + 1);
    const again = await admin.api.mutate(SAVE, { id });
    expect(again).toMatchObject({ newSecrets: [], webhook: { id: answers[0].webhook.id } });
    expect(at((await admin.api.run(STEPS.details, { id, input: { name: 'late' } })).errors)).toEqual([
      'INVALID_STATE id',
    ]);
    await admin.api.mutate(DISCARD, { id });
    expect(await webhookCount()).toBe(before + 1);
    expect(at((await admin.api.run(SAVE, { id })).errors)).toEqual(['NOT_FOUND id']);
  });

  it('knows a stale step by its version, and stores nothing of it', async () => {
    const id = await newDraft(admin.api);
    const { draft } = await admin.api.mutate(STEPS.details, { id, version: 1, input: { name: 'Mine' } });
    const stale = await admin.api.run(STEPS.details, { id, version: 1, input: { name: 'Theirs' } });
    expect(at(stale.errors)).toEqual(['CONFLICT expectedVersion']);
    expect(stale.draft).toEqual(draft);
    const typed = await admin.api.mutate(STEPS.details, { id, version: 2, input: { description: 'more' } });
    expect(typed.draft).toMatchObject({ name: 'Mine', description: 'more', version: 3 });
  });

  it('says of each trigger whether it could fire', async () => {
    const id = await newDraft(admin.api);
    const choices = [
      { resource: 'clients', event: 'create' },
      { resource: 'clients', event: 'delete' },
      { resource: 'clients', event: 'vanish' },
      { resource: 'ghosts', event: 'create' },
      { resource: 'ghosts' },
      { resource: 'clients' },
      {},
    ];
    const { draft } = await admin.api.run(STEPS.triggers, { id, input: choices });
    expect(draft.triggers.map((row: any) => [row.active, row.inactiveReason])).toEqual([
      [true, null],
      [false, 'EVENT_NOT_SUPPORTED'],
      [false, 'EVENT_UNKNOWN'],
      [false, 'RESOURCE_UNKNOWN'],
      [false, 'RESOURCE_UNKNOWN'],
      [false, null],
      [false, null],
    ]);
  });
});

describe('a secret of a draft', () => {
  const KEY = { name: 'X-Key', secret: true };

  it('stands in no table in clear, and goes to no other server than the one it was typed for', async () => {
    const id = await readyDraft(admin.api, receiver.url, { headers: [{ ...KEY, value: 'key-canary-2' }] });
    const { rows } = await server.app.db.engine.query('select d::text as text from webhook_drafts d');
    expect(JSON.stringify(rows)).toContain('X-Key');
    expect(JSON.stringify(rows)).not.toContain('key-canary-2');

    const [row] = (await admin.api.run(READ, { id })).endpoints;
    const moved = { ...row, target: receiver.url.replace('127.0.0.1', 'localhost') };
    const stolen = await admin.api.run(STEPS.endpoints, { id, input: [moved] });
    expect(at(stolen.errors)).toEqual(['CREDENTIAL_MISMATCH endpoints.0.target']);
    // Going there in two steps is no way round it.
    const nowhere = await admin.api.run(STEPS.endpoints, { id, input: [{ ...row, target: 'nowhere' }] });
    expect(at(nowhere.errors)).toEqual(['INVALID endpoints.0.target']);
    const detour = await admin.api.run(STEPS.endpoints, { id, input: [moved] });
    expect(at(detour.errors)).toEqual(['CREDENTIAL_MISMATCH endpoints.0.target']);
    expect(at((await admin.api.run(SAVE, { id })).errors)).toContain(
      'CREDENTIAL_MISMATCH endpoints.0.target',
    );

    // Nothing was cleared: at home again it is as it was.
    await admin.api.mutate(STEPS.endpoints, { id, input: [{ ...row, target: `${receiver.url}/home` }] });
    await admin.api.mutate(SAVE, { id });
    const kept = await server.app.db.engine.query(
      'select endpoints::text as text from webhook_drafts where id = $1',
      [id],
    );
    expect(kept.rows[0].text).not.toContain('sealed');
    await publish(admin.api, clientEvent('wizard-2'));
    const hit = await receiver.find(({ path, body }) => path.endsWith('/home') && body.includes('wizard-2'));
    expect(hit.headers['x-key']).toBe('key-canary-2');
  });

  it.each([
    ['an address that is none', '127.0.0.1'],
    ['an address without a server', 'mailto:hooks@example.com'],
  ])('typed for %s belongs to the first server, and is replaced when typed again', async (_, target) => {
    const id = await newDraft(admin.api);
    const input = [{ kind: 'URL', target, advanced: { headers: [{ ...KEY, value: 'first' }] } }];
    const { draft } = await admin.api.run(STEPS.endpoints, { id, input });
    const row = { ...draft.endpoints[0], target: `${receiver.url}/${id}` };
    expect((await admin.api.run(STEPS.endpoints, { id, input: [row] })).errors).toEqual([]);
    const moved = { ...row, target: receiver.url.replace('127.0.0.1', 'localhost') };
    expect(at((await admin.api.run(STEPS.endpoints, { id, input: [moved] })).errors)).toEqual([
      'CREDENTIAL_MISMATCH endpoints.0.target',
    ]);
    const advanced = { headers: [{ ...KEY, value: 'second' }] };
    await admin.api.mutate(STEPS.endpoints, { id, input: [{ ...row, advanced }] });
    await admin.api.mutate(STEPS.triggers, { id, input: [{ resource: 'clients', event: 'create' }] });
    await admin.api.mutate(SAVE, { id });
    await publish(admin.api, clientEvent('wizard-3'));
    const hit = await receiver.find(({ path, body }) => path.endsWith(id) && body.includes('wizard-3'));
    expect(hit.headers['x-key']).toBe('second');
  });
});

describe('drafts', () => {
  it('are at most 20 unfinished ones for each login, also when many begin at once', async () => {
    const { api } = await createPerson(server, { name: 'Busy', permissions: ['WEBHOOKS_MANAGE'] });
    const answers = await Promise.all(Array.from({ length: 25 }, () => api.run(CREATE)));
    expect(answers.filter((answer) => answer.draft !== null)).toHaveLength(20);
    const refused = answers.find((answer) => answer.draft === null);
    expect(refused.errors).toMatchObject([
      { code: 'TOO_MANY', message: expect.stringContaining('20 unfinished') },
    ]);
    const open = await api.run('{ webhookDrafts { id } }');
    expect(open).toHaveLength(20);
    await api.mutate(DISCARD, { id: open[0].id });
    expect((await api.run(CREATE)).errors).toEqual([]);
  });

  it('end 7 days after their last change', async () => {
    const id = await readyDraft(admin.api, receiver.url);
    const draft = await admin.api.run(READ, { id });
    expect(Date.parse(draft.expiresAt) - Date.parse(draft.updatedAt)).toBe(7 * 86_400_000);
    const age = (days: number) =>
      server.app.db.engine.query(
        `update webhook_drafts set expires_at = expires_at - $2 * interval '1 day' where id = $1`,
        [id, days],
      );
    await age(6.9);
    const { draft: typed } = await admin.api.mutate(STEPS.details, { id, input: { name: 'Still here' } });
    expect(Date.parse(typed.expiresAt)).toBeGreaterThan(Date.parse(draft.expiresAt));
    await age(7.1);
    expect(await admin.api.run(READ, { id })).toBeNull();
    expect(await admin.api.run('{ webhookDrafts { id } }')).not.toContainEqual({ id });
    for (const [query, input] of [
      [STEPS.details, {}],
      [STEPS.endpoints, []],
      [STEPS.triggers, []],
      [SAVE, undefined],
    ] as const)
      expect(at((await admin.api.run(query, { id, input })).errors)).toEqual(['DRAFT_EXPIRED id']);
    await server.app.rooms.drafts.forget();
    expect(at((await admin.api.run(SAVE, { id })).errors)).toEqual(['DRAFT_EXPIRED id']);
    await age(7.1);
    await server.app.rooms.drafts.forget();
    expect(at((await admin.api.run(SAVE, { id })).errors)).toEqual(['NOT_FOUND id']);
  });

  it('are nobody else’s business, and need the permission as long as they live', async () => {
    const id = await readyDraft(admin.api, receiver.url);
    expect(await server.api.run(READ, { id })).toBeNull();
    for (const [query, input] of [
      [STEPS.details, {}],
      [STEPS.endpoints, []],
      [STEPS.triggers, []],
      [SAVE, undefined],
      [DISCARD, undefined],
    ] as const)
      expect(at((await server.api.run(query, { id, input })).errors)).toEqual(['NOT_FOUND id']);
    const { login } = await server.api.mutate(
      `mutation ($id: ID!, $input: LoginInput!) { loginUpdate(id: $id, input: $input) { errors { code } login { id } } }`,
      { id: admin.id, input: { permissions: ['EVENTS_PUBLISH'] } },
    );
    expect(at((await admin.api.run(SAVE, { id })).errors)).toEqual(['FORBIDDEN -']);
    expect(at((await admin.api.run(CREATE)).errors)).toEqual(['FORBIDDEN -']);
    expect(await admin.api.run(READ, { id })).toBeNull();
    expect((await admin.api.send('{ webhookDrafts { id } }')).errors![0]!.extensions!['code']).toBe(
      'FORBIDDEN',
    );
    await server.api.mutate(
      `mutation ($id: ID!, $input: LoginInput!) { loginUpdate(id: $id, input: $input) { errors { code } } }`,
      { id: login.id, input: { permissions: ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH'] } },
    );
    expect((await admin.api.run(SAVE, { id })).errors).toEqual([]);
  });
});
