import { sqlOf } from '../../src/db/sql.ts';
import { newId } from '../../src/ids.ts';
import { enqueue } from '../../src/queue/enqueue.ts';
import { SecretUnavailableError } from '../../src/secrets/keyring.ts';
import { openEndpointSecrets } from '../../src/webhooks/open-secrets.ts';
import type { WebhookOutcome } from '../../src/webhooks/outcome.ts';
import { statusReason } from '../../src/webhooks/status.ts';
import { good } from '../access/people.ts';
import { inputOf, openWorkshop, problemsOf, saved, type Workshop } from './workshop.ts';

let shop: Workshop;
beforeAll(async () => {
  shop = await openWorkshop();
});
afterAll(() => shop.close());

const create = async (parts = {}) => saved(await shop.webhooks.create(shop.root, inputOf(parts)));
const update = (id: string, input: object, version: number | null = null) =>
  shop.webhooks.update(shop.root, id, version, input);
const endpointsOf = async (id: string) => (await shop.webhooks.endpointsOf([id])).get(id)!;
const triggersOf = async (id: string) => (await shop.webhooks.triggersOf([id])).get(id)!;
const routesOf = (id: string) =>
  shop.orm.query<{ trigger_id: string }[]>(
    `select trigger_id, scope, scope_id, resource, event, ctid::text from trigger_routes where webhook_id = $1 order by trigger_id`,
    [id],
  );

/** Queues a delivery for an endpoint, as publishing does. */
async function queue(webhookId: string, endpointId: string): Promise<string> {
  const id = newId('delivery');
  const [{ now }] = await shop.orm.query<[{ now: string }]>(`select clock_timestamp()::text as now`);
  const subject = { resource: 'clients', event: 'create', entityId: 'c' };
  const place = { eventId: newId('event'), ...subject, webhookId, endpointId, mailbox: null };
  const delivery = { id, ...place, delayMs: 60_000, entityKey: null };
  await shop.orm.transaction(async (manager) => {
    await enqueue(await sqlOf(manager), [delivery], 'EVENT', now);
  });
  return id;
}
const queued = async (ids: string[]) =>
  (await shop.orm.query<{ id: string }[]>(`select id from delivery_queue where id = any ($1)`, [ids])).map(
    (row) => row.id,
  );

/** What a sender would put on the wire for an endpoint. */
async function opened(endpointId: string) {
  const [row] = await shop.orm.query<[{ headers: unknown }]>(`select headers from endpoints where id = $1`, [
    endpointId,
  ]);
  const secrets = await shop.orm.query<{ id: string; sealed: Buffer }[]>(
    `select id, sealed from secrets where endpoint_id = $1`,
    [endpointId],
  );
  return openEndpointSecrets(shop.keyring, { endpointId, headers: row.headers, secrets });
}

describe('creating', () => {
  it('makes everything at once: enabled, with defaults, a route for each trigger and a secret for each endpoint', async () => {
    const outcome = await shop.webhooks.create(
      shop.root,
      inputOf({
        details: { name: 'Two', description: 'of each' },
        endpoints: [
          { kind: 'URL', target: 'https://one.example.com' },
          {
            kind: 'URL',
            target: 'https://two.example.com/x',
            advanced: { timeoutMs: 100, retrySchedule: [1, 2] },
          },
        ],
        triggers: [
          { resource: 'clients', event: 'create', name: 'n', description: 'd' },
          { resource: 'clients', event: 'create' },
        ],
      }),
    );
    const webhook = saved(outcome);
    expect(webhook).toMatchObject({
      status: 'ENABLED',
      version: 1,
      loginId: shop.root.loginId,
      accountId: shop.root.accountId,
      description: 'of each',
    });
    const endpoints = await endpointsOf(webhook.id);
    expect(endpoints).toMatchObject([
      { target: 'https://one.example.com/', timeoutMs: 15_000, retrySchedule: [0, 5], headers: [] },
      { target: 'https://two.example.com/x', timeoutMs: 100, retrySchedule: [1, 2] },
    ]);
    expect(outcome.newSecrets.map((one) => one.endpoint.id)).toEqual(endpoints.map((one) => one.id));
    for (const { endpoint, secret, value } of outcome.newSecrets) {
      expect(value).toMatch(/^whsec_/);
      expect(secret.hint).toBe(value.slice(-4));
      expect((await opened(endpoint.id)).signingKeys).toEqual([value]);
      expect((await shop.webhooks.secretsOf([endpoint.id])).get(endpoint.id)).toEqual([secret]);
    }
    expect((await triggersOf(webhook.id))[0]).toMatchObject({
      label: 'Clients: Create',
      active: true,
      name: 'n',
    });
    expect(await routesOf(webhook.id)).toHaveLength(2);
  });

  it('belongs to the account of the login that creates it', async () => {
    const north = await shop.join('North', { isAccount: true });
    const admin = await shop.join('Admin', { parentId: north.login.id, permissions: ['WEBHOOKS_MANAGE'] });
    const webhook = saved(await shop.webhooks.create(admin.viewer, inputOf()));
    expect(webhook).toMatchObject({ loginId: admin.login.id, accountId: north.login.id });
    expect(await routesOf(webhook.id)).toMatchObject([{ scope: 'ACCOUNT', scope_id: north.login.id }]);
  });

  it('leaves nothing behind when it is refused', async () => {
    const counts = () =>
      shop.orm.query(
        `select (select count(*) from webhooks) w, (select count(*) from endpoints) e, (select count(*) from secrets) s`,
      );
    const before = await counts();
    await shop.webhooks.create(shop.root, inputOf({ triggers: [] }));
    expect(await counts()).toEqual(before);
  });
});

describe('secrets', () => {
  const secretHeader = (value?: string) => ({ headers: [{ name: 'X-Key', value, secret: true }] });

  it('stand in no table in clear, differ at every save and are never read back', async () => {
    const make = () =>
      shop.webhooks.create(
        shop.root,
        inputOf({
          endpoints: [{ kind: 'URL', target: 'https://one.example.com', advanced: secretHeader('canary-7') }],
        }),
      );
    const [one, two] = [await make(), await make()];
    const text = async (outcome: WebhookOutcome) => {
      const rows = await shop.orm.query<{ row: string }[]>(
        `select ep::text as row from endpoints ep where webhook_id = $1
         union all select s::text from secrets s join endpoints ep on ep.id = s.endpoint_id where webhook_id = $1`,
        [outcome.webhook!.id],
      );
      return rows.map((each) => each.row).join();
    };
    const value = one.newSecrets[0]!.value;
    expect(await text(one)).not.toContain('canary-7');
    expect(await text(one)).not.toContain(value.slice(6));
    expect(await text(one)).not.toContain(Buffer.from(value).toString('hex'));
    const sealedOf = async (outcome: WebhookOutcome) => /sealed[^}]*/.exec(await text(outcome))![0];
    expect(await sealedOf(one)).not.toBe(await sealedOf(two));
    const [endpoint] = await endpointsOf(one.webhook!.id);
    expect(endpoint!.headers).toEqual([{ name: 'X-Key', value: null, secret: true }]);
    expect((await opened(endpoint!.id)).headers).toEqual({ 'X-Key': 'canary-7' });
  });

  it('of headers are kept on edit when left out or blank, replaced when given, gone when not listed', async () => {
    const target = 'https://one.example.com/';
    const webhook = await create({ endpoints: [{ kind: 'URL', target, advanced: secretHeader('first') }] });
    const { id } = (await endpointsOf(webhook.id))[0]!;
    const edit = async (advanced: object) => {
      saved(await update(webhook.id, { endpoints: [{ id, advanced }] }));
      return { headers: (await opened(id)).headers, version: (await endpointsOf(webhook.id))[0]!.version };
    };
    expect(await edit({})).toEqual({ headers: { 'X-Key': 'first' }, version: 1 });
    expect(await edit(secretHeader())).toEqual({ headers: { 'X-Key': 'first' }, version: 1 });
    expect(await edit({ headers: [{ name: 'x-key', value: '', secret: true }] })).toEqual({
      headers: { 'x-key': 'first' },
      version: 2,
    });
    expect(await edit(secretHeader('second'))).toEqual({ headers: { 'X-Key': 'second' }, version: 3 });
    const asPlain = { endpoints: [{ id, advanced: { headers: [{ name: 'X-Key' }] } }] };
    expect(problemsOf(await update(webhook.id, asPlain))).toEqual([
      'REQUIRED endpoints.0.advanced.headers.0.value',
    ]);
    expect(await edit({ headers: [] })).toEqual({ headers: {}, version: 4 });
  });

  it('do not follow an endpoint to another scheme, host or port', async () => {
    const webhook = await create({
      endpoints: [{ kind: 'URL', target: 'https://one.example.com/a', advanced: secretHeader('key') }],
    });
    const { id } = (await endpointsOf(webhook.id))[0]!;
    const move = async (target: string, advanced?: object) =>
      problemsOf(await update(webhook.id, { endpoints: [{ id, target, advanced }] }));
    expect(await move('https://one.example.com/b')).toEqual([]);
    for (const target of ['https://evil.example.com/b', 'https://one.example.com:8443/b'])
      for (const advanced of [undefined, secretHeader(), {}])
        expect(await move(target, advanced)).toEqual(['CREDENTIAL_MISMATCH endpoints.0.target']);
    expect((await opened(id)).headers).toEqual({ 'X-Key': 'key' });
    expect(await move('https://two.example.com/b', secretHeader('new'))).toEqual([]);
    expect((await opened(id)).headers).toEqual({ 'X-Key': 'new' });
    expect(await move('https://three.example.com/', { headers: [] })).toEqual([]);
  });

  it('open for no other endpoint', async () => {
    const webhook = await create({
      endpoints: [{ kind: 'URL', target: 'https://one.example.com', advanced: secretHeader('key') }],
    });
    const { id } = (await endpointsOf(webhook.id))[0]!;
    const [row] = await shop.orm.query<[{ headers: unknown }]>(
      `select headers from endpoints where id = $1`,
      [id],
    );
    expect(() =>
      openEndpointSecrets(shop.keyring, { endpointId: newId('endpoint'), headers: row.headers, secrets: [] }),
    ).toThrow(SecretUnavailableError);
  });
});

describe('editing', () => {
  it('raises the version, and refuses a stale expectedVersion with the webhook as it is', async () => {
    const webhook = await create();
    expect(saved(await update(webhook.id, { details: { name: 'B' } }, 1))).toMatchObject({
      version: 2,
      name: 'B',
    });
    const stale = await update(webhook.id, { details: { name: 'C' } }, 1);
    expect(problemsOf(stale)).toEqual(['CONFLICT expectedVersion']);
    expect(stale.webhook).toMatchObject({ version: 2, name: 'B' });
    expect(saved(await update(webhook.id, { details: { name: 'D' } }))).toMatchObject({
      version: 3,
      name: 'D',
    });
  });

  it('at the same time: one of two with the same expectedVersion wins, and without one all are carried out', async () => {
    const webhook = await create();
    const race = (version: number | null) =>
      Promise.all(['a', 'b', 'c'].map((name) => update(webhook.id, { details: { name } }, version)));
    expect((await race(1)).map(problemsOf).flat()).toEqual([
      'CONFLICT expectedVersion',
      'CONFLICT expectedVersion',
    ]);
    expect((await race(null)).flatMap(problemsOf)).toEqual([]);
    expect((await shop.webhooks.byId(shop.root, webhook.id))!.version).toBe(5);
  });

  it('leaves what is left out alone, and rows that stay equal untouched', async () => {
    const webhook = await create({ details: { name: 'A', description: 'kept' } });
    const [endpoint] = await endpointsOf(webhook.id);
    const [trigger] = await triggersOf(webhook.id);
    const routes = await routesOf(webhook.id);
    const outcome = await update(webhook.id, {
      details: { name: 'B' },
      endpoints: [{ id: endpoint!.id, kind: 'URL', target: endpoint!.target }],
      triggers: [{ id: trigger!.id }],
    });
    expect(saved(outcome).description).toBe('kept');
    expect(outcome.newSecrets).toEqual([]);
    expect(await endpointsOf(webhook.id)).toEqual([endpoint]);
    expect(await triggersOf(webhook.id)).toEqual([trigger]);
    expect(await routesOf(webhook.id)).toEqual(routes);
  });

  it('replaces lists: rows with an id stay, others come with a secret or go with what waits for them', async () => {
    const webhook = await create({
      endpoints: ['a', 'b'].map((path) => ({ kind: 'URL', target: `https://one.example.com/${path}` })),
      triggers: [
        { resource: 'clients', event: 'create' },
        { resource: 'clients', event: 'update' },
      ],
    });
    const [first, second] = await endpointsOf(webhook.id);
    const [, kept] = await triggersOf(webhook.id);
    const deliveries = [await queue(webhook.id, first!.id), await queue(webhook.id, second!.id)];
    const outcome = await update(webhook.id, {
      endpoints: [{ kind: 'URL', target: 'https://one.example.com/c' }, { id: second!.id }],
      triggers: [
        { id: kept!.id, event: 'delete' },
        { resource: 'clients', event: 'create' },
      ],
    });
    saved(outcome);
    const now = await endpointsOf(webhook.id);
    expect(now.map((one) => new URL(one.target).pathname)).toEqual(['/c', '/b']);
    expect(now[1]).toEqual(second);
    expect(outcome.newSecrets.map((one) => one.endpoint.id)).toEqual([now[0]!.id]);
    expect(await queued(deliveries)).toEqual([deliveries[1]]);
    expect((await shop.webhooks.endpointsByIds(shop.root, [first!.id])).size).toBe(0);
    expect((await shop.webhooks.secretsOf([first!.id])).get(first!.id)).toEqual([]);
    const triggers = await triggersOf(webhook.id);
    expect(triggers.map((one) => one.event)).toEqual(['delete', 'create']);
    expect((await routesOf(webhook.id)).map((route) => route.trigger_id).sort()).toEqual(
      triggers.map((one) => one.id).sort(),
    );
    expect(
      problemsOf(
        await update(webhook.id, { endpoints: [{ id: second!.id }, { id: second!.id }, { id: first!.id }] }),
      ),
    ).toEqual(expect.arrayContaining(['DUPLICATE endpoints.1.id', 'NOT_FOUND endpoints.2.id']));
  });

  it('of the scope moves the routes', async () => {
    const clerk = await shop.join('Clerk');
    const team = good(await shop.access.createTeam(shop.root, { name: 'Team' }));
    const webhook = await create();
    const scoped = async (details: object) => {
      saved(await update(webhook.id, { details }));
      return (await routesOf(webhook.id))[0];
    };
    expect(await scoped({ forLoginId: clerk.login.id })).toMatchObject({
      scope: 'LOGIN',
      scope_id: clerk.login.id,
    });
    expect(await scoped({ forLoginId: null, teamId: team.id })).toMatchObject({
      scope: 'TEAM',
      scope_id: team.id,
    });
    expect(await scoped({ teamId: null })).toMatchObject({ scope: 'ACCOUNT', scope_id: shop.root.accountId });
  });
});

describe('switching', () => {
  it('off cancels what waits, on again takes only what is queued later', async () => {
    const webhook = await create();
    const [endpoint] = await endpointsOf(webhook.id);
    const delivery = await queue(webhook.id, endpoint!.id);
    expect(saved(await shop.webhooks.disable(shop.root, webhook.id))).toMatchObject({
      status: 'DISABLED',
      version: 2,
    });
    expect(await queued([delivery])).toEqual([]);
    expect(await shop.orm.query(`select status from deliveries where id = $1`, [delivery])).toEqual([
      { status: 'CANCELLED' },
    ]);
    const [{ now }] = await shop.orm.query<[{ now: Date }]>(`select clock_timestamp() as now`);
    expect(saved(await shop.webhooks.enable(shop.root, webhook.id))).toMatchObject({
      status: 'ENABLED',
      version: 3,
    });
    const [row] = await shop.orm.query<[{ enabled_at: Date }]>(
      `select enabled_at from webhooks where id = $1`,
      [webhook.id],
    );
    expect(row.enabled_at.getTime()).toBeGreaterThanOrEqual(now.getTime());
  });

  it('on what is on already costs no waiting delivery', async () => {
    const webhook = await create();
    const enabledAt = () => shop.orm.query(`select enabled_at from webhooks where id = $1`, [webhook.id]);
    const before = await enabledAt();
    expect(saved(await shop.webhooks.enable(shop.root, webhook.id)).version).toBe(1);
    expect(await enabledAt()).toEqual(before);
  });

  it('to deleted hides it everywhere, cancels what waits and forgets its secrets; twice is no error', async () => {
    const webhook = await create();
    const [endpoint] = await endpointsOf(webhook.id);
    const [trigger] = await triggersOf(webhook.id);
    const delivery = await queue(webhook.id, endpoint!.id);
    expect(good(await shop.webhooks.remove(shop.root, webhook.id))).toBe(webhook.id);
    expect(good(await shop.webhooks.remove(shop.root, webhook.id))).toBe(webhook.id);
    expect(await queued([delivery])).toEqual([]);
    expect(await shop.webhooks.byId(shop.root, webhook.id)).toBeUndefined();
    expect(await shop.webhooks.byNumber(shop.root, webhook.number)).toBeUndefined();
    expect((await shop.webhooks.triggersByIds(shop.root, [trigger!.id])).size).toBe(0);
    expect(await routesOf(webhook.id)).toEqual([]);
    expect(await shop.orm.query(`select 1 from secrets where endpoint_id = $1`, [endpoint!.id])).toEqual([]);
    expect(problemsOf(await shop.webhooks.enable(shop.root, webhook.id))).toEqual(['NOT_FOUND id']);
    expect(problemsOf(await update(webhook.id, {}))).toEqual(['NOT_FOUND id']);
  });
});

describe('status', () => {
  it('is INACTIVE with the reason while no trigger can fire, and follows the catalog by itself', async () => {
    await shop.catalog('audits', 'create', { allowed: false });
    await shop.catalog('cases', 'delete', { supported: false });
    const webhook = await create({
      triggers: [
        { resource: 'ghosts', event: 'create' },
        { resource: 'audits', event: 'create' },
        { resource: 'cases', event: 'close' },
        { resource: 'cases', event: 'delete' },
      ],
    });
    expect(webhook.status).toBe('INACTIVE');
    const triggers = () => triggersOf(webhook.id);
    const endpointsOff = () => Promise.resolve([]);
    expect(await statusReason(webhook.status, { triggers, endpointsOff })).toBe(
      'No trigger can fire: ghosts: create (the catalog has no such resource), Audits: Create (webhooks may not listen to this resource), Cases: close (the resource has no such event), and 1 more.',
    );
    expect((await triggersOf(webhook.id)).map((trigger) => trigger.inactiveReason)).toEqual([
      'RESOURCE_UNKNOWN',
      'RESOURCE_NOT_ALLOWED',
      'EVENT_UNKNOWN',
      'EVENT_NOT_SUPPORTED',
    ]);
    await shop.catalog('cases', 'delete');
    expect(await shop.webhooks.byId(shop.root, webhook.id)).toMatchObject({ status: 'ENABLED' });
    expect(await statusReason('ENABLED', { triggers, endpointsOff })).toBeNull();
    expect((await triggersOf(webhook.id)).map((trigger) => trigger.active)).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });
});
