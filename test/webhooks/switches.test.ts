/** The switch of an endpoint: what its status says and follows from, who may turn it, and what that does. */
import { type FailureCode, FAILURES } from '../../src/errors.ts';
import { newId } from '../../src/ids.ts';
import { type Api, Stream } from '../support/api.ts';
import { holdLock } from '../support/lock-holder.ts';
import { createPerson, createTeam } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import {
  clientEvent,
  createWebhook,
  type MadeWebhook,
  publish,
  registerResource,
} from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const STATUS = 'status statusReason failingSince';
const ENDPOINTS = `query ($id: ID!) { webhook(id: $id) {
  status statusReason version updatedAt endpoints { id ${STATUS} } } }`;
const ENABLE = `mutation ($id: ID!) { endpointEnable(id: $id) { errors { code field } endpoint { id ${STATUS} } } }`;
const DISABLE = `mutation ($id: ID!) { endpointDisable(id: $id) { errors { code field } endpoint { id ${STATUS} } } }`;
const WEBHOOK_ENABLE =
  'mutation ($id: ID!) { webhookEnable(id: $id) { errors { code } webhook { status version } } }';
const WEBHOOK_DISABLE =
  'mutation ($id: ID!) { webhookDisable(id: $id) { errors { code } webhook { status } } }';
const LOG = 'query ($id: ID!) { auditLog(subjectId: $id) { nodes { action login { id } changes } } }';
const LIST = `query ($status: [WebhookStatus!]) {
  webhooks(first: 100, filter: { status: $status }) { totalCount nodes { id } } }`;
const SINCE = '2026-01-02T03:04:05.678Z';
const ACTIVE = { status: 'ACTIVE', statusReason: null, failingSince: null };
const INSTANT = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC';

let server: TestServer;
let receiver: Receiver;
let api: Api;
let webhook: MadeWebhook;

beforeAll(async () => {
  server = await startServer();
  api = server.api;
  receiver = await startReceiver();
  await registerResource(api);
});
afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});
beforeEach(async () => {
  webhook = await createWebhook(api, [receiver.url, `${receiver.url}/second`], {
    advanced: { retrySchedule: [600] },
  });
});
afterEach(() =>
  api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', { id: webhook.id }),
);

const sql = (text: string, values: unknown[] = []) => server.app.db.engine.query(text, values);
const enable = (id = webhook.endpointId, by = api): Promise<any> => by.run(ENABLE, { id });
const disable = (id = webhook.endpointId, by = api): Promise<any> => by.run(DISABLE, { id });
const shown = (): Promise<any> => api.run(ENDPOINTS, { id: webhook.id });
const trail = async (): Promise<any[]> => (await api.run(LOG, { id: webhook.id })).nodes;

/** Puts an endpoint's circuit into a state, as a sender does. */
async function circuit(
  state: 'CLOSED' | 'OPEN' | 'HALF_OPEN',
  more: Record<string, string> = {},
): Promise<void> {
  const row: Record<string, string> = {
    ...{ state, failing_since: `'${SINCE}'`, failures: '12', failure_code: `'TIMEOUT'` },
    ...(state === 'CLOSED' ? {} : { opened_at: 'now()', trips: '2' }),
    ...(state === 'OPEN' ? { probe_at: `'2026-01-02T05:00:00Z'` } : {}),
    ...{ holder: `'one'`, lease_until: `'2030-01-01T00:00:00Z'` },
    ...more,
  };
  row['state'] = `'${state}'`;
  await sql(
    `insert into endpoint_circuits (endpoint_id, ${Object.keys(row).join()})
     values ($1, ${Object.values(row).join()})`,
    [webhook.endpointId],
  );
}

/** Switches endpoints off as failing ones. */
async function autoDisabled(ids: string[], code: FailureCode = 'TIMEOUT'): Promise<void> {
  await sql(
    `update endpoints set disabled_as = 'AUTO_DISABLED', disabled_at = now(), disabled_code = $2,
       disabled_failing_since = $3 where id = any ($1)`,
    [ids, code, SINCE],
  );
}

async function waiting(): Promise<number> {
  const { rows } = await sql('select count(*)::int as count from delivery_queue where endpoint_id = $1', [
    webhook.endpointId,
  ]);
  return (rows as { count: number }[])[0]!.count;
}

describe('the status of an endpoint', () => {
  const failing = { failingSince: SINCE };

  it('is ACTIVE while its circuit is closed, also when it fails', async () => {
    expect((await shown()).endpoints).toMatchObject([ACTIVE, ACTIVE]);
    await circuit('CLOSED');
    expect((await shown()).endpoints).toMatchObject([{ ...ACTIVE, ...failing }, ACTIVE]);
  });

  it('is ACTIVE with a word while the receiver asked to wait, and without one afterwards', async () => {
    await circuit('CLOSED', { hold_until: `'2030-01-02T03:04:05Z'` });
    expect((await shown()).endpoints[0]).toMatchObject({
      status: 'ACTIVE',
      statusReason: 'The receiver asked to wait until 2030-01-02 03:04:05 UTC.',
    });
    await sql(`update endpoint_circuits set hold_until = now() where endpoint_id = $1`, [webhook.endpointId]);
    expect((await shown()).endpoints[0]).toMatchObject({ status: 'ACTIVE', statusReason: null });
  });

  it('is PAUSED while it is open, with the cause, since when, and when it is tried again', async () => {
    await circuit('OPEN');
    expect((await shown()).endpoints).toMatchObject([
      {
        status: 'PAUSED',
        statusReason:
          'Paused after 12 failures and no success since 2026-01-02 03:04:05 UTC. The receiver did not answer in time. ' +
          'What is to be sent waits; the next try is due at 2026-01-02 05:00:00 UTC.',
        ...failing,
      },
      ACTIVE,
    ]);
    expect(await shown()).toMatchObject({ status: 'ENABLED', statusReason: null });
  });

  it('is PAUSED while a probe is under way', async () => {
    await circuit('HALF_OPEN', { failures: '1' });
    expect((await shown()).endpoints[0]).toMatchObject({
      status: 'PAUSED',
      statusReason: expect.stringMatching(/^Paused after one failure .* waits for the outcome of the try/),
      ...failing,
    });
    // Its success is recorded, and ends the pause in a moment.
    await sql(
      'update endpoint_circuits set failing_since = null, failures = 0, failure_code = null where endpoint_id = $1',
      [webhook.endpointId],
    );
    expect((await shown()).endpoints[0]).toMatchObject({
      ...{ status: 'PAUSED', failingSince: null },
      statusReason: 'What is to be sent waits for the outcome of the try that is under way.',
    });
  });

  it.each(Object.keys(FAILURES) as FailureCode[])('is AUTO_DISABLED with the cause %s', async (code) => {
    await autoDisabled([webhook.endpointId], code);
    const [endpoint] = (await shown()).endpoints;
    expect(endpoint).toMatchObject({ status: 'AUTO_DISABLED', ...failing });
    expect(endpoint.statusReason).toMatch(
      new RegExp(`^Switched off by itself at ${INSTANT}\\. .* It had failed since 2026-01-02 03:04:05 UTC`),
    );
    expect(endpoint.statusReason).toContain(FAILURES[code][1]);
    expect(
      await api.run(`query ($id: ID!) { node(id: $id) { ... on Endpoint { ${STATUS} } } }`, {
        id: webhook.endpointId,
      }),
    ).toEqual({ status: 'AUTO_DISABLED', ...failing, statusReason: endpoint.statusReason });
  });
});

describe('endpointDisable and endpointEnable (X04, REL-09)', () => {
  it('stop what waits and what comes, for this endpoint alone; enabled again it gets what happens then', async () => {
    await publish(api, clientEvent('before'));
    expect(await waiting()).toBe(1);
    const off = await disable();
    expect(off).toEqual({
      errors: [],
      endpoint: {
        ...{ id: webhook.endpointId, status: 'DISABLED', failingSince: null },
        statusReason: expect.stringMatching(new RegExp(`^Somebody switched it off at ${INSTANT}\\.$`)),
      },
    });
    expect(await waiting()).toBe(0);
    const [published] = await publish(api, clientEvent('meanwhile'));
    expect(published!.deliveryCount).toBe(1);
    expect((await enable()).endpoint).toEqual({ id: webhook.endpointId, ...ACTIVE });
    await publish(api, clientEvent('after'));
    // The time of all that waits has come.
    await sql('update delivery_queue set due_at = clock_timestamp() where sender is null');
    await receiver.find((hit) => hit.path === '/hooks' && hit.body.includes('"after"'));
    for (const entity of ['before', 'meanwhile', 'after'])
      await receiver.find((hit) => hit.path.endsWith('/second') && hit.body.includes(`"${entity}"`));
    const got = receiver.hits.filter((hit) => hit.path === '/hooks').map((hit) => hit.body.toString());
    expect(got.map((body) => JSON.parse(body).entityId)).toEqual(['after']);
  });

  it('are told to the audit log and to open pages, once each, however often they are repeated', async () => {
    const client = api.socket();
    const connected = new Promise<void>((resolve) => client.on('connected', () => resolve()));
    const page = new Stream(client, 'subscription { webhookChanges { kind id } }', {});
    // What comes behind the connection is told, and so may be what is older and not read yet: it is told before this one.
    await connected;
    const { id: beginning } = await createWebhook(api, receiver.url);
    await page.until((changes) => changes.some((change) => change.id === beginning));
    const older = page.received.length;
    const { version, updatedAt } = await shown();
    const [first, second] = [await disable(), await disable()];
    expect(second).toEqual(first);
    // Two changes of a webhook that are read at once are told as one.
    await page.until((changes) => changes.slice(older).some((change) => change.id === webhook.id));
    const off = await shown();
    expect(off.version).toBe(version + 1);
    expect(Date.parse(off.updatedAt)).toBeGreaterThan(Date.parse(updatedAt));
    expect(await enable()).toEqual(await enable());
    expect((await shown()).version).toBe(version + 2);
    // Behind all that was told of them.
    const { id: proof } = await createWebhook(api, receiver.url);
    await page.until((changes) => changes.some((change) => change.id === proof));
    await page.close();
    expect(page.received.slice(older).filter(({ id }) => id === webhook.id)).toEqual([
      { kind: 'UPDATED', id: webhook.id },
      { kind: 'UPDATED', id: webhook.id },
    ]);
    const path = `endpoints.${webhook.endpointId}.status`;
    const login = { id: expect.stringMatching(/^lgn_/) };
    expect((await trail()).slice(0, 2)).toEqual([
      { action: 'webhook.endpointEnable', login, changes: { [path]: { from: 'DISABLED', to: 'ACTIVE' } } },
      { action: 'webhook.endpointDisable', login, changes: { [path]: { from: 'ACTIVE', to: 'DISABLED' } } },
    ]);
  });

  it('at once are one after the other: two that disable do it once, and the last word holds', async () => {
    // Two at a time: of more, PostgreSQL lets those behind the second take a row that was changed meanwhile in any order.
    const statuses: string[] = [];
    for (const pair of [
      [disable, disable],
      [enable, disable],
    ]) {
      const row = await holdLock(server.database, 'select 1 from webhooks where id = $1 for update', [
        webhook.id,
      ]);
      const calls: Promise<any>[] = [];
      for (const call of pair) {
        calls.push(call());
        await row.waiting(calls.length);
      }
      await row.letGo();
      statuses.push(...(await Promise.all(calls)).map(({ endpoint }) => endpoint.status));
    }
    expect(statuses).toEqual(['DISABLED', 'DISABLED', 'ACTIVE', 'DISABLED']);
    expect((await trail()).map(({ action }) => action)).toEqual([
      ...['webhook.endpointDisable', 'webhook.endpointEnable', 'webhook.endpointDisable', 'webhook.create'],
    ]);
  });

  it.each(['OPEN', 'HALF_OPEN'] as const)(
    'end a pause at once (%s), and keep what waits and the lease',
    async (state) => {
      await circuit(state, { hold_until: `'2030-01-01T00:00:00Z'` });
      await publish(api, clientEvent('waits'));
      expect((await enable()).endpoint).toEqual({ id: webhook.endpointId, ...ACTIVE });
      const { rows } = await sql(
        `select state, failing_since, failures, failure_code, opened_at, trips, probe_at, hold_until, holder,
              lease_until is not null as leased
       from endpoint_circuits where endpoint_id = $1`,
        [webhook.endpointId],
      );
      expect(rows).toEqual([
        {
          ...{
            state: 'CLOSED',
            failing_since: null,
            failures: 0,
            failure_code: null,
            opened_at: null,
            trips: 0,
          },
          ...{ probe_at: null, hold_until: null, holder: 'one', leased: true },
        },
      ]);
      expect(await waiting()).toBe(1);
      const { rows: late } = await sql(
        `select count(*)::int as count from delivery_queue q join endpoints ep on ep.id = q.endpoint_id
       where q.endpoint_id = $1 and q.queued_at >= ep.enabled_at`,
        [webhook.endpointId],
      );
      // A pause is no switch: what was queued before its end may go.
      expect(late).toEqual([{ count: 1 }]);
      expect((await trail())[0]).toMatchObject({
        action: 'webhook.endpointEnable',
        changes: { [`endpoints.${webhook.endpointId}.status`]: { from: 'PAUSED', to: 'ACTIVE' } },
      });
    },
  );

  it('change nothing of an active one, not even of its failures', async () => {
    await circuit('CLOSED');
    const before = await shown();
    expect((await enable()).endpoint).toEqual({ id: webhook.endpointId, ...ACTIVE, failingSince: SINCE });
    expect(await shown()).toEqual(before);
    expect((await trail()).map(({ action }) => action)).toEqual(['webhook.create']);
  });

  it('start one afresh that switched itself off, or take it for switched off by hand', async () => {
    const causes = async (): Promise<unknown> =>
      (
        await sql('select disabled_as, disabled_code, disabled_failing_since from endpoints where id = $1', [
          webhook.endpointId,
        ])
      ).rows;
    await autoDisabled([webhook.endpointId]);
    await circuit('OPEN');
    expect((await enable()).endpoint).toEqual({ id: webhook.endpointId, ...ACTIVE });
    const noCause = { disabled_code: null, disabled_failing_since: null };
    expect(await causes()).toEqual([{ disabled_as: null, ...noCause }]);
    await autoDisabled([webhook.endpointId]);
    expect((await disable()).endpoint).toMatchObject({
      status: 'DISABLED',
      statusReason: expect.stringMatching(/^Somebody switched it off/),
    });
    expect(await causes()).toEqual([{ disabled_as: 'DISABLED', ...noCause }]);
    expect((await trail()).slice(0, 2).map(({ changes }) => Object.values(changes))).toEqual([
      [{ from: 'AUTO_DISABLED', to: 'DISABLED' }],
      [{ from: 'AUTO_DISABLED', to: 'ACTIVE' }],
    ]);
  });

  it('are in the log of the account whose webhook it is, whoever switched', async () => {
    const owner = await createPerson(server, {
      ...{ name: 'Owner', isAccount: true },
      permissions: ['WEBHOOKS_MANAGE'],
    });
    const own = await createWebhook(owner.api, receiver.url);
    expect((await disable(own.endpointId)).errors).toEqual([]);
    const { nodes } = await owner.api.run(LOG, { id: own.id });
    expect(nodes.map(({ action }: { action: string }) => action)).toEqual([
      ...['webhook.endpointDisable', 'webhook.create'],
    ]);
  });

  it('are refused for what the caller does not manage, and for what is gone', async () => {
    const stranger = await createPerson(server, {
      ...{ name: 'Stranger', isAccount: true },
      permissions: ['WEBHOOKS_MANAGE'],
    });
    const member = await createPerson(server, {
      name: 'Member',
      parentId: stranger.id,
      permissions: ['WEBHOOKS_MANAGE'],
    });
    const teamId = await createTeam(server, 'Watched', [stranger.id]);
    const removed = webhook.endpointId;
    const calls: [by: Api, id: string, error: object][] = [
      [member.api, removed, { code: 'NOT_FOUND', field: ['id'] }],
      [api, newId('endpoint'), { code: 'NOT_FOUND', field: ['id'] }],
      [api, webhook.id, { code: 'NOT_FOUND', field: ['id'] }],
      [api, 'ep_\0', { code: 'NOT_FOUND', field: ['id'] }],
    ];
    for (const call of [enable, disable])
      for (const [by, id, error] of calls)
        expect(await call(id, by)).toEqual({ errors: [error], endpoint: null });
    const { errors } = await api.run(ENABLE.replace('code', 'message'), { id: newId('endpoint') });
    expect(errors).toEqual([{ message: 'There is no such endpoint.', field: ['id'] }]);
    await api.mutate(
      'mutation ($id: ID!, $input: WebhookInput!) { webhookUpdate(id: $id, input: $input) { errors { code message } } }',
      { id: webhook.id, input: { details: { teamId } } },
    );
    // Of its team now: it reads the webhook, and edits nothing of it.
    for (const call of [enable, disable])
      expect(await call(removed, stranger.api)).toEqual({
        errors: [{ code: 'FORBIDDEN', field: ['id'] }],
        endpoint: null,
      });
    await api.mutate(
      'mutation ($id: ID!, $input: WebhookInput!) { webhookUpdate(id: $id, input: $input) { errors { code message } } }',
      { id: webhook.id, input: { endpoints: [{ kind: 'URL', target: `${receiver.url}/new` }] } },
    );
    for (const call of [enable, disable])
      for (const by of [api, stranger.api])
        expect(await call(removed, by)).toEqual({
          errors: [{ code: 'NOT_FOUND', field: ['id'] }],
          endpoint: null,
        });
  });
});

describe('a webhook whose endpoints switched themselves off', () => {
  const both = async (): Promise<string[]> =>
    (await shown()).endpoints.map((endpoint: { id: string }) => endpoint.id);
  const listedAs = async (status: string): Promise<boolean> => {
    const { nodes, totalCount } = await api.run(LIST, { status: [status] });
    expect(totalCount).toBe(nodes.length);
    return nodes.some((node: { id: string }) => node.id === webhook.id);
  };
  const statuses = async () => {
    const all: string[] = [];
    for (const status of ['ENABLED', 'DISABLED', 'INACTIVE', 'AUTO_DISABLED'])
      if (await listedAs(status)) all.push(status);
    expect(all).toEqual([(await shown()).status]);
    return all[0];
  };

  it('is AUTO_DISABLED with the reason once none is left, and found by the filter', async () => {
    const [first, second] = await both();
    await autoDisabled([first!]);
    expect(await statuses()).toBe('ENABLED');
    await disable(second);
    expect(await statuses()).toBe('AUTO_DISABLED');
    const { host } = new URL(receiver.url);
    expect((await shown()).statusReason).toBe(
      `Every endpoint is off after failures: ${host} (The receiver did not answer in time), ${host} (somebody switched it off). Enable the webhook again when they work.`,
    );
    const { nodes } = await api.run(LIST.replace('{ id }', '{ id statusReason }'), {
      status: ['AUTO_DISABLED'],
    });
    expect(nodes).toEqual([
      { id: webhook.id, statusReason: expect.stringContaining('did not answer in time') },
    ]);
  });

  it('is ENABLED when both were switched off by hand, and DISABLED before all', async () => {
    const ids = await both();
    for (const id of ids) await disable(id);
    expect(await statuses()).toBe('ENABLED');
    await autoDisabled(ids);
    expect(await statuses()).toBe('AUTO_DISABLED');
    await api.mutate(WEBHOOK_DISABLE, { id: webhook.id });
    expect(await statuses()).toBe('DISABLED');
  });

  it('is AUTO_DISABLED rather than INACTIVE', async () => {
    await autoDisabled(await both());
    await api.mutate(
      'mutation ($id: ID!, $input: WebhookInput!) { webhookUpdate(id: $id, input: $input) { errors { code } } }',
      { id: webhook.id, input: { triggers: [{ resource: 'nothing', event: 'create' }] } },
    );
    expect(await statuses()).toBe('AUTO_DISABLED');
    await enable();
    expect(await statuses()).toBe('INACTIVE');
  });

  it('is ENABLED, and found as nothing else, with one trigger that can fire among others that cannot', async () => {
    const listenTo = (...resources: string[]) =>
      api.mutate(
        'mutation ($id: ID!, $input: WebhookInput!) { webhookUpdate(id: $id, input: $input) { errors { code } } }',
        {
          id: webhook.id,
          input: { triggers: resources.map((resource) => ({ resource, event: 'create' })) },
        },
      );
    await listenTo('nothing', 'clients', 'ghosts');
    expect(await statuses()).toBe('ENABLED');
    await listenTo('nothing', 'ghosts');
    expect(await statuses()).toBe('INACTIVE');
  });

  it('is found as INACTIVE behind thousands of triggers of another that cannot fire', async () => {
    const other = await createWebhook(api, receiver.url);
    await sql(
      `insert into triggers (id, webhook_id, position, resource, event, name, description)
       select 'trg_02' || lpad(i::text, 24, '0'), $1, i, 'aaa', 'create', '', '' from generate_series(1, 5001) i`,
      [other.id],
    );
    await api.mutate(
      'mutation ($id: ID!, $input: WebhookInput!) { webhookUpdate(id: $id, input: $input) { errors { code } } }',
      { id: webhook.id, input: { triggers: [{ resource: 'nothing', event: 'create' }] } },
    );
    expect(await statuses()).toBe('INACTIVE');
    const { nodes } = await api.run(LIST, { status: ['ENABLED'] });
    expect(nodes).toContainEqual({ id: other.id });
    await sql(`delete from triggers where resource = 'aaa'`);
  });

  it('sends again by webhookEnable, but not to those that somebody switched off', async () => {
    const [first, second] = await both();
    await disable(second);
    await autoDisabled([first!]);
    const { version } = await shown();
    const on = { errors: [], webhook: { status: 'ENABLED', version: version + 1 } };
    expect(await api.run(WEBHOOK_ENABLE, { id: webhook.id })).toEqual(on);
    expect(await api.run(WEBHOOK_ENABLE, { id: webhook.id })).toEqual(on);
    expect((await shown()).endpoints).toMatchObject([ACTIVE, { status: 'DISABLED' }]);
    expect((await trail())[0]).toMatchObject({
      action: 'webhook.enable',
      changes: { [`endpoints.${first}.status`]: { from: 'AUTO_DISABLED', to: 'ACTIVE' } },
    });
  });

  it('that is disabled, too, is on again by one webhookEnable', async () => {
    const [first] = await both();
    await autoDisabled([first!]);
    // One of two is off: the webhook sends, and to enable it again changes nothing.
    await api.mutate(WEBHOOK_ENABLE, { id: webhook.id });
    expect((await shown()).endpoints[0].status).toBe('AUTO_DISABLED');
    await api.mutate(WEBHOOK_DISABLE, { id: webhook.id });
    expect((await shown()).endpoints[0].status).toBe('AUTO_DISABLED');
    await api.mutate(WEBHOOK_ENABLE, { id: webhook.id });
    expect((await shown()).endpoints).toMatchObject([ACTIVE, ACTIVE]);
    expect((await trail())[0].changes).toEqual({
      enabled: { from: false, to: true },
      [`endpoints.${first}.status`]: { from: 'AUTO_DISABLED', to: 'ACTIVE' },
    });
  });
});
