/** Signing secrets as the API makes, changes, rotates and shows them. */
import pg from 'pg';

import { forgetEndedSecrets } from '../../src/webhooks/endpoint-secrets.ts';
import { createPerson, type Person } from '../support/people.ts';
import { createWebhook, type MadeWebhook } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const SECRETS = 'secrets { id hint publicKey createdAt expiresAt }';
const REVEALED = `errors { code field message } revealed { value endpoint { id } secret { id hint publicKey expiresAt } }`;
const ROTATE = `mutation ($id: ID!, $graceSeconds: Int! = 86400, $key: String) {
  endpointRotateSecret(id: $id, graceSeconds: $graceSeconds, idempotencyKey: $key) { ${REVEALED} } }`;
const REVEAL = `mutation ($id: ID!) { endpointRevealSecret(id: $id) { ${REVEALED} } }`;
const READ = `query ($id: ID!) { webhook(id: $id) { version endpoints { ${SECRETS} } } }`;
const UPDATE = `mutation ($id: ID!, $input: WebhookInput!) { webhookUpdate(id: $id, input: $input) {
  errors { code field } newSecrets { value secret { id publicKey } } webhook { endpoints { ${SECRETS} } } } }`;
const LOG = `query ($id: ID!) { auditLog(subjectId: $id) { nodes { action login { id } changes } } }`;
const TARGET = 'http://127.0.0.1:9999/hooks';
const DAY_MS = 86_400_000;

let server: TestServer;
let sql: pg.Client;
let admin: Person;
let webhook: MadeWebhook;

beforeAll(async () => {
  // One test makes the database refuse, which is an error of the log.
  server = await startServer({ BELLWIRE_LOG_LEVEL: 'silent' });
  sql = new pg.Client({ connectionString: server.database.url });
  await sql.connect();
  admin = await createPerson(server, { name: 'Admin', permissions: ['WEBHOOKS_MANAGE'] });
});
afterAll(async () => {
  await sql?.end();
  await server?.stop();
});
beforeEach(async () => {
  webhook = await createWebhook(admin.api, TARGET);
});

const rotate = (variables: Record<string, unknown> = {}): Promise<any> =>
  admin.api.run(ROTATE, { id: webhook.endpointId, ...variables });
const reveal = (): Promise<any> => admin.api.run(REVEAL, { id: webhook.endpointId });
const secrets = async (): Promise<any[]> =>
  (await admin.api.run(READ, { id: webhook.id })).endpoints[0].secrets;
const edit = (advanced: object): Promise<any> =>
  admin.api.mutate(UPDATE, {
    id: webhook.id,
    input: { endpoints: [{ id: webhook.endpointId, advanced }] },
  });
/** Gives the endpoint another scheme. */
const sign = (signing: string | null): Promise<any> => edit({ signing });
const trail = async (): Promise<any[]> => (await admin.api.run(LOG, { id: webhook.id })).nodes;
/** Lets time pass for the secrets that have an end: as if it had been so long since they were rotated away. */
const pass = (seconds: number): Promise<unknown> =>
  sql.query(`update secrets set expires_at = expires_at - $2 * interval '1 second' where endpoint_id = $1`, [
    webhook.endpointId,
    seconds,
  ]);
/** How many rows the endpoint has, ended ones included. */
const kept = async (): Promise<number> =>
  (await sql.query('select 1 from secrets where endpoint_id = $1', [webhook.endpointId])).rows.length;

describe('a rotation', () => {
  it('makes a secret without an end, tells it once, and gives the older one an end after a day', async () => {
    const before = await secrets();
    const asked = Date.now();
    const { errors, revealed } = await rotate();
    expect(errors).toEqual([]);
    expect(revealed.value).toMatch(/^whsec_/);
    expect(revealed.value).not.toBe(webhook.secret);
    expect(revealed.endpoint.id).toBe(webhook.endpointId);
    expect(revealed.secret).toMatchObject({
      hint: revealed.value.slice(-4),
      publicKey: null,
      expiresAt: null,
    });
    const [newest, older] = await secrets();
    expect(newest).toMatchObject(revealed.secret);
    expect(older).toMatchObject({ id: before[0].id, hint: webhook.secret.slice(-4) });
    const endsIn = Date.parse(older.expiresAt as string) - asked;
    expect(endsIn).toBeGreaterThan(DAY_MS - 60_000);
    expect(endsIn).toBeLessThan(DAY_MS + 60_000);
  });

  it('leaves an earlier end as it is, and brings a later one forward', async () => {
    await rotate({ graceSeconds: 1_000 });
    await rotate({ graceSeconds: 50_000 });
    const [, second, first] = await secrets();
    expect(Date.parse(second.expiresAt) - Date.parse(first.expiresAt)).toBeGreaterThan(48_000_000);
    await rotate({ graceSeconds: 2_000 });
    const [, third, secondNow, firstNow] = await secrets();
    expect(firstNow).toEqual(first);
    expect(secondNow.expiresAt).toBe(third.expiresAt);
    expect(Date.parse(secondNow.expiresAt as string)).toBeLessThan(Date.parse(second.expiresAt as string));
  });

  it('without a grace period forgets the older ones at once', async () => {
    await rotate();
    const { revealed } = await rotate({ graceSeconds: 0 });
    expect(await secrets()).toMatchObject([{ id: revealed.secret.id, expiresAt: null }]);
    expect(await kept()).toBe(1);
  });

  it.each([-1, 604_801])(
    'with a grace period of %d s is refused, and changes nothing',
    async (graceSeconds) => {
      const before = await secrets();
      expect(await rotate({ graceSeconds })).toMatchObject({
        errors: [{ code: 'INVALID', field: ['graceSeconds'], message: expect.stringContaining('604800') }],
        revealed: null,
      });
      expect(await secrets()).toEqual(before);
      expect((await rotate({ graceSeconds: 604_800 })).errors).toEqual([]);
    },
  );

  it('beyond five secrets that sign is refused until the next one has ended, and forgets what has', async () => {
    for (let made = 1; made < 5; made++)
      expect((await rotate({ graceSeconds: 1_000 * made })).errors).toEqual([]);
    const five = await secrets();
    expect(five).toHaveLength(5);
    const refusal = await rotate();
    expect(refusal).toMatchObject({ errors: [{ code: 'TOO_MANY', field: ['id'] }], revealed: null });
    expect(refusal.errors[0].message).toContain(five.at(-1).expiresAt);
    expect(await secrets()).toEqual(five);
    await pass(1_000);
    expect(await secrets()).toHaveLength(4);
    expect(await kept()).toBe(5);
    expect((await rotate({ graceSeconds: 1_000 })).errors).toEqual([]);
    expect(await kept()).toBe(5);
    expect((await rotate({ graceSeconds: 0 })).errors).toEqual([]);
    expect(await kept()).toBe(1);
  });

  it('under an idempotency key is made once, however often and late it is repeated', async () => {
    const [first, ...others] = await Promise.all(
      Array.from({ length: 5 }, () => rotate({ key: 'rotate-once', graceSeconds: 60 })),
    );
    const answers = [first, ...others];
    expect(answers.flatMap((answer) => answer.errors as unknown[])).toEqual([]);
    const told = answers.filter((answer) => answer.revealed !== null);
    expect(told).toHaveLength(1);
    expect(await secrets()).toHaveLength(2);
    // What has changed since does not make the repeat a new call.
    await sign('NONE');
    expect(await rotate({ key: 'rotate-once', graceSeconds: 60 })).toEqual({ errors: [], revealed: null });
    await sign(null);
    const reused = [{ code: 'KEY_REUSED', field: ['idempotencyKey'] }];
    expect((await rotate({ key: 'rotate-once', graceSeconds: 61 })).errors).toMatchObject(reused);
    expect((await rotate({ key: '' })).errors).toMatchObject([
      { code: 'REQUIRED', field: ['idempotencyKey'] },
    ]);
    expect(await secrets()).toHaveLength(1);
  });

  it('that was refused leaves no key', async () => {
    await sign('NONE');
    expect((await rotate({ key: 'refused-first' })).errors).toMatchObject([{ code: 'INVALID_STATE' }]);
    await sign(null);
    expect((await rotate({ key: 'refused-first' })).revealed).not.toBeNull();
  });

  it('stands in the audit log with the secrets by their ids, and is no change of what an edit could overwrite', async () => {
    const before = await admin.api.run(READ, { id: webhook.id });
    const { revealed } = await rotate({ graceSeconds: 600 });
    const [entry] = await trail();
    expect(entry).toEqual({
      action: 'webhook.endpointRotateSecret',
      login: { id: admin.id },
      changes: {
        [`endpoints.${webhook.endpointId}.signingSecret`]: {
          from: before.endpoints[0].secrets[0].id,
          to: revealed.secret.id,
        },
        [`endpoints.${webhook.endpointId}.graceSeconds`]: { from: null, to: 600 },
      },
    });
    const after = await admin.api.run(READ, { id: webhook.id });
    expect(after.version).toBe(before.version);
  });

  it('is told to open pages of the webhook', async () => {
    const changes = admin.api.subscribe('subscription { webhookChanges { kind webhook { id } } }');
    try {
      // Until the subscription stands nobody can see what it misses.
      await changes.until((received) => {
        const told = received.find(({ kind, webhook: { id } }) => id === webhook.id && kind === 'UPDATED');
        if (!told) void rotate({ graceSeconds: 0 });
        return told;
      });
    } finally {
      await changes.close();
    }
  });
});

describe('a secret that is shown again', () => {
  it('is the newest one, and each time is in the audit log under its id, without its value', async () => {
    expect((await reveal()).revealed).toMatchObject({ value: webhook.secret });
    const { revealed: made } = await rotate();
    const { errors, revealed } = await reveal();
    expect(errors).toEqual([]);
    expect(revealed).toEqual(made);
    await reveal();
    const entries = await trail();
    const shown = entries.filter((entry) => entry.action === 'webhook.endpointRevealSecret');
    expect(shown).toHaveLength(3);
    expect(shown[0]).toEqual({
      action: 'webhook.endpointRevealSecret',
      login: { id: admin.id },
      changes: { [`endpoints.${webhook.endpointId}.revealedSecret`]: { from: null, to: made.secret.id } },
    });
    expect(JSON.stringify(entries)).not.toMatch(/whsec_/);
  });

  it('is not shown when the entry cannot be written', async () => {
    await sql.query(
      `create function refuse() returns trigger language plpgsql as $$ begin raise 'full'; end $$`,
    );
    // At the commit, behind everything that the call does.
    await sql.query(`create constraint trigger refuse after insert on audit_log
                     deferrable initially deferred for each row execute function refuse()`);
    try {
      const answer = await admin.api.send(REVEAL, { id: webhook.endpointId });
      expect(answer.errors).toHaveLength(1);
      expect(JSON.stringify(answer)).not.toContain(webhook.secret);
    } finally {
      await sql.query('drop trigger refuse on audit_log; drop function refuse()');
    }
    expect((await reveal()).revealed.value).toBe(webhook.secret);
  });

  it('of a pair is the public key; the private one is in no answer', async () => {
    const changed = await sign('STANDARD_WEBHOOKS_ED25519');
    const [{ value, secret }] = changed.newSecrets;
    expect(value).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
    expect(secret.publicKey).toBe(value);
    const { revealed } = await reveal();
    expect(revealed).toMatchObject({ value, secret: { publicKey: value, hint: value.slice(-4) } });
    const rotated = await rotate();
    expect(rotated.revealed.value).toMatch(/^whpk_/);
    expect(rotated.revealed.secret.publicKey).toBe(rotated.revealed.value);
    expect((await secrets()).map((one) => one.publicKey)).toEqual([rotated.revealed.value, value]);
    expect(JSON.stringify([changed, revealed, rotated, await trail()])).not.toContain('whsk_');
  });

  it('cannot be shown by a server that lacks its key, which says so and can make a new one', async () => {
    await sql.query(`update secrets set sealed = set_byte(sealed, 3, 0) where endpoint_id = $1`, [
      webhook.endpointId,
    ]);
    expect(await reveal()).toMatchObject({
      errors: [{ code: 'INVALID_STATE', field: ['id'], message: expect.stringContaining('encryption key') }],
      revealed: null,
    });
    const { revealed } = await rotate({ graceSeconds: 0 });
    expect((await reveal()).revealed.value).toBe(revealed.value);
  });
});

describe('a change of the scheme', () => {
  it('makes a secret of the new kind at once and forgets those of the old one; without a change they stay', async () => {
    await rotate();
    const old = await secrets();
    const { newSecrets } = await sign('STANDARD_WEBHOOKS_ED25519');
    expect(newSecrets).toHaveLength(1);
    expect(await secrets()).toMatchObject([{ id: newSecrets[0].secret.id, publicKey: newSecrets[0].value }]);
    expect(old.map((one) => one.id)).not.toContain(newSecrets[0].secret.id);
    expect(await kept()).toBe(1);
    for (const same of [{}, { signing: 'STANDARD_WEBHOOKS_ED25519' }])
      expect((await edit({ ...same, timeoutMs: 1_000 + Object.keys(same).length })).newSecrets).toEqual([]);
    expect(await secrets()).toMatchObject([{ id: newSecrets[0].secret.id }]);
  });

  it('to none forgets all, and what has no secret can neither rotate nor show one', async () => {
    expect((await sign('NONE')).newSecrets).toEqual([]);
    expect(await kept()).toBe(0);
    const refusal = [
      { code: 'INVALID_STATE', field: ['id'], message: expect.stringContaining('set advanced.signing') },
    ];
    expect(await rotate()).toEqual({ errors: refusal, revealed: null });
    expect(await reveal()).toEqual({ errors: refusal, revealed: null });
    const { newSecrets } = await sign(null);
    expect(newSecrets[0].value).toMatch(/^whsec_/);
    expect((await reveal()).revealed.value).toBe(newSecrets[0].value);
  });

  it('is what a webhook is created with, too', async () => {
    const { newSecrets } = await admin.api.mutate(
      `mutation ($input: WebhookInput!) { webhookCreate(input: $input) {
         errors { code } newSecrets { value endpoint { target } } } }`,
      {
        input: {
          details: { name: 'Two' },
          endpoints: [
            { kind: 'URL', target: `${TARGET}/none`, advanced: { signing: 'NONE' } },
            { kind: 'URL', target: `${TARGET}/pair`, advanced: { signing: 'STANDARD_WEBHOOKS_ED25519' } },
          ],
          triggers: [{ resource: 'clients', event: 'create' }],
        },
      },
    );
    expect(newSecrets).toEqual([
      { value: expect.stringMatching(/^whpk_/), endpoint: { target: `${TARGET}/pair` } },
    ]);
  });
});

it('a wizard keeps the scheme and the format that were chosen, and is saved with them', async () => {
  const chosen = { signing: 'STANDARD_WEBHOOKS_ED25519', format: 'ENTITY' };
  const { draft } = await admin.api.mutate(
    'mutation { webhookDraftCreate(input: { name: "Wizard" }) { errors { code } draft { id } } }',
  );
  const step = (advanced: object, id?: string): Promise<any> =>
    admin.api.mutate(
      `mutation ($id: ID!, $input: [EndpointInput!]!) { webhookDraftSetEndpoints(id: $id, input: $input) {
         errors { code } draft { endpoints { id advanced { signing format } } } } }`,
      { id: draft.id, input: [{ id, kind: 'URL', target: TARGET, advanced }] },
    );
  const [row] = (await step({ ...chosen, format: 'CLOUDEVENTS_BINARY' })).draft.endpoints;
  expect((await step({ format: 'ENTITY' }, row.id as string)).draft.endpoints).toEqual([
    { id: row.id, advanced: chosen },
  ]);
  await admin.api.mutate(
    `mutation ($id: ID!) { webhookDraftSetTriggers(id: $id, input: [{ resource: "clients", event: "create" }]) { errors { code } } }`,
    { id: draft.id },
  );
  const { webhook: made, newSecrets } = await admin.api.mutate(
    `mutation ($id: ID!) { webhookDraftSave(id: $id) { errors { code } newSecrets { value }
       webhook { endpoints { advanced { signing format } secrets { publicKey } } } } }`,
    { id: draft.id },
  );
  expect(made.endpoints).toEqual([{ advanced: chosen, secrets: [{ publicKey: newSecrets[0].value }] }]);
});

it('secrets that have ended are forgotten by and by', async () => {
  await rotate({ graceSeconds: 100 });
  await forgetEndedSecrets(sql);
  expect(await kept()).toBe(2);
  await pass(100);
  await forgetEndedSecrets(sql);
  expect(await kept()).toBe(1);
  expect((await reveal()).errors).toEqual([]);
});
