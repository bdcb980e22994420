/** webhookCreate under an idempotency key: repeated or doubled, it makes one webhook. */
import { Api } from '../support/api.ts';
import { holdLock } from '../support/lock-holder.ts';
import { createPerson, createTeam } from '../support/people.ts';
import { registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const CREATE = `mutation ($input: WebhookInput!, $key: String) {
  webhookCreate(input: $input, idempotencyKey: $key) {
    errors { code field message } webhook { id version } newSecrets { value } } }`;

const OLD = `old:${Buffer.alloc(32, 1).toString('base64')}`;
const NEW = `new:${Buffer.alloc(32, 2).toString('base64')}`;

let server: TestServer;
beforeAll(async () => {
  // One test makes the server fail, which it would log.
  server = await startServer({ BELLWIRE_ENCRYPTION_KEYS: OLD, BELLWIRE_LOG_LEVEL: 'silent' });
  await registerResource(server.api);
});
afterAll(() => server?.stop());

function inputOf(name: string, secret = 'canary-of-keys') {
  return {
    details: { name },
    endpoints: [
      {
        kind: 'URL',
        target: 'http://127.0.0.1:9999/hooks',
        advanced: { headers: [{ name: 'X-Key', value: secret, secret: true }] },
      },
    ],
    triggers: [{ resource: 'clients', event: 'create' }],
  };
}

const create = (key: string | null, input: object = inputOf('One'), api = server.api) =>
  api.run(CREATE, { input, key });
const at = ({ errors }: any) => errors.map((error: any) => `${error.code} ${error.field?.join('.')}`);

async function count(): Promise<number> {
  return (await server.api.run('{ webhooks { totalCount } }')).totalCount as number;
}

it('fifty at once with one key make one webhook, and one of them shows its secret', async () => {
  const before = await count();
  const answers = await Promise.all(Array.from({ length: 50 }, () => create('fifty')));
  expect(answers.flatMap(at)).toEqual([]);
  expect(new Set(answers.map((answer) => answer.webhook.id)).size).toBe(1);
  expect(answers.filter((answer) => answer.newSecrets.length > 0)).toHaveLength(1);
  expect(await count()).toBe(before + 1);
});

it('the same key with the same input is the same webhook as it is now; with another input it is refused', async () => {
  const first = await create('same');
  const reordered = Object.fromEntries(Object.entries(inputOf('One')).reverse());
  const second = await create('same', reordered);
  expect(second).toMatchObject({ errors: [], webhook: { id: first.webhook.id }, newSecrets: [] });
  expect(at(await create('same', inputOf('Two')))).toEqual(['KEY_REUSED idempotencyKey']);
  expect(at(await create('same', inputOf('One', 'another secret')))).toEqual(['KEY_REUSED idempotencyKey']);
  await server.api.mutate(
    'mutation ($id: ID!) { webhookUpdate(id: $id, input: { details: { name: "Renamed" } }) { errors { code } } }',
    { id: first.webhook.id },
  );
  expect((await create('same')).webhook).toEqual({ id: first.webhook.id, version: 2 });
  await server.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', {
    id: first.webhook.id,
  });
  expect(at(await create('same'))).toEqual(['NOT_FOUND idempotencyKey']);
});

it('a refused input leaves the key free, and a key of another login is another key', async () => {
  expect(at(await create('free', inputOf('')))).toEqual(['REQUIRED details.name']);
  const made = await create('free', inputOf('Now right'));
  expect(made.errors).toEqual([]);
  const other = await createPerson(server, { name: 'Other', permissions: ['WEBHOOKS_MANAGE'] });
  const theirs = await create('free', inputOf('Now right'), other.api);
  expect(theirs.webhook.id).not.toBe(made.webhook.id);
  expect(at(await create(''))).toEqual(['REQUIRED idempotencyKey']);
  expect(at(await create('x'.repeat(201)))).toEqual(['TOO_LONG idempotencyKey']);
  for (const key of ['a\0', 'a\ud800']) expect(at(await create(key))).toEqual(['INVALID idempotencyKey']);
});

it('a key is forgotten after 24 hours', async () => {
  const first = await create('old');
  const age = (hours: number) =>
    server.app.db.engine.query(
      `update idempotency_keys set created_at = created_at - $1 * interval '1 hour' where key = 'old'`,
      [hours],
    );
  await age(23.9);
  expect((await create('old')).webhook.id).toBe(first.webhook.id);
  await age(0.2);
  const second = await create('old', inputOf('Another'));
  expect(second.errors).toEqual([]);
  expect(second.webhook.id).not.toBe(first.webhook.id);
  // From then on it stands for what it made now.
  expect((await create('old', inputOf('Another'))).webhook.id).toBe(second.webhook.id);
});

it('what is kept of an input for a day tells nothing of its secrets', async () => {
  await create('kept', inputOf('Kept', 'a'));
  const { rows } = await server.app.db.engine.query(
    `select k::text as text from idempotency_keys k where key = 'kept'`,
  );
  expect(rows).toHaveLength(1);
  expect(rows[0].text).not.toContain('Kept');
  // Made with a key: whoever has the table cannot try out what the secret was.
  const { canonical, inputFingerprint } = await import('../../src/db/idempotency-keys.ts');
  const plain = inputFingerprint(inputOf('Kept', 'a')).toString('hex');
  expect(canonical(inputOf('Kept', 'a'))).toContain('"value":"a"');
  expect(rows[0].text).not.toContain(plain);
});

it('a repeated call is not judged again: what was right at the first one may be wrong now', async () => {
  const permissions = ['WEBHOOKS_MANAGE' as const];
  const branch = await createPerson(server, { name: 'Branch', isAccount: true, permissions });
  const clerk = await createPerson(server, { name: 'Clerk', parentId: branch.id });
  const input = { ...inputOf('One'), details: { name: 'For the clerk', forLoginId: clerk.id } };
  const first = await create('judged', input, branch.api);
  expect(first.errors).toEqual([]);
  await server.api.mutate(
    `mutation ($id: ID!, $parentId: ID!) {
       loginUpdate(id: $id, input: { parentId: $parentId }) { errors { code } } }`,
    { id: clerk.id, parentId: (await server.api.run('{ viewer { id } }')).id },
  );
  expect(at(await create('another', input, branch.api))).toEqual(['NOT_FOUND details.forLoginId']);
  expect(await create('judged', input, branch.api)).toMatchObject({
    errors: [],
    webhook: { id: first.webhook.id },
  });
});

it('a call that dies leaves neither a webhook nor its key', async () => {
  const { engine } = server.app.db;
  const before = await count();
  await engine.query('alter table audit_log add constraint closed check (false) not valid');
  try {
    const died = await server.api.send(CREATE, { input: inputOf('One'), key: 'died' });
    expect(died.errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
  } finally {
    await engine.query('alter table audit_log drop constraint closed');
  }
  expect(await count()).toBe(before);
  expect(at(await create('died', inputOf('Two')))).toEqual([]);
  expect(await count()).toBe(before + 1);
});

it('a key is the same on servers of which one seals with a newer key of the ring', async () => {
  const newer = await startServer({
    ...{ BELLWIRE_ENCRYPTION_KEYS: `${NEW},${OLD}`, DATABASE_URL: server.database.url },
    BELLWIRE_LOG_LEVEL: 'silent',
  });
  try {
    const there = new Api(newer.api.url, server.api.token);
    const first = await create('ring');
    expect((await create('ring', inputOf('One'), there)).webhook).toEqual(first.webhook);
    expect(at(await create('ring', inputOf('Two'), there))).toEqual(['KEY_REUSED idempotencyKey']);
    // A server without the key that it was made with cannot tell: it makes nothing, rather than a second one.
    const theirs = await create('newer', inputOf('One'), there);
    expect(theirs.errors).toEqual([]);
    const before = await count();
    expect(at(await create('newer'))).toEqual(['KEY_REUSED idempotencyKey']);
    expect(await count()).toBe(before);
  } finally {
    await newer.stop();
  }
});

it('a team that is deleted meanwhile leaves the key free', async () => {
  const member = await createPerson(server, { name: 'Member' });
  const team = await createTeam(server, 'Gone', [member.id]);
  const input = { ...inputOf('One'), details: { name: 'One', teamId: team } };
  const row = await holdLock(server.database, 'select 1 from logins where id = $1 for no key update', [
    member.id,
  ]);
  // The delete has the team and waits for its member's row; the webhook waits for the team.
  const deleting = server.api.mutate('mutation ($id: ID!) { teamDelete(id: $id) { errors { code } } }', {
    id: team,
  });
  await row.waiting(1);
  const creating = create('team', input);
  await row.waiting(2);
  await row.letGo();
  await deleting;
  expect(at(await creating)).toEqual(['NOT_FOUND details.teamId']);
  expect(at(await create('team', inputOf('Without it')))).toEqual([]);
});
