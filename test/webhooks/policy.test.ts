/** The policy of an endpoint: its rate, how many requests at once, whether deliveries keep their order, how they look and are signed. */
import type { Api } from '../support/api.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const POLICY = 'ratePerSecond maxConcurrency ordering signing format';
const READ = `query ($id: ID!) { webhook(id: $id) { endpoints { id advanced { ${POLICY} } } } }`;
const CREATE = `mutation ($input: WebhookInput!) { webhookCreate(input: $input) {
  errors { code field message } webhook { endpoints { advanced { ${POLICY} } } } } }`;
const UPDATE = `mutation ($id: ID!, $input: WebhookInput!) { webhookUpdate(id: $id, input: $input) {
  errors { code field } webhook { endpoints { advanced { ${POLICY} } } } } }`;
const STEP = `mutation ($id: ID!, $input: [EndpointInput!]!) { webhookDraftSetEndpoints(id: $id, input: $input) {
  errors { code field message } draft { endpoints { id advanced { ${POLICY} } } } } }`;
const TARGET = 'http://127.0.0.1:9999/hooks';
const CHOSEN = {
  ...{ ratePerSecond: 5, maxConcurrency: 2, ordering: 'PER_ENTITY' },
  ...{ signing: 'STANDARD_WEBHOOKS_ED25519', format: 'CLOUDEVENTS_BINARY' },
};
const NOTHING = {
  ...{ ratePerSecond: null, maxConcurrency: 64, ordering: 'NONE' },
  ...{ signing: 'STANDARD_WEBHOOKS_HMAC', format: 'STANDARD_WEBHOOKS' },
};

let server: TestServer;
let api: Api;

beforeAll(async () => {
  server = await startServer();
  api = server.api;
  await registerResource(api);
});
afterAll(() => server?.stop());

const create = async (advanced?: object): Promise<any> =>
  api.run(CREATE, {
    input: {
      details: { name: 'Orders' },
      endpoints: [{ kind: 'URL', target: TARGET, advanced }],
      triggers: [{ resource: 'clients', event: 'create' }],
    },
  });

/** Edits the one endpoint of a webhook; what its policy is then. */
async function edit(id: string, endpointId: string, advanced: object | null): Promise<any> {
  const { errors, webhook } = await api.run(UPDATE, {
    id,
    input: { endpoints: [{ id: endpointId, advanced }] },
  });
  expect(errors).toEqual([]);
  return webhook.endpoints[0].advanced;
}

async function startDraft(): Promise<string> {
  const { draft } = await api.mutate(
    'mutation { webhookDraftCreate(input: { name: "Orders" }) { errors { code } draft { id } } }',
  );
  return draft.id as string;
}

describe('what is chosen', () => {
  it('is kept, and what is not is the default of the server', async () => {
    expect((await create(CHOSEN)).webhook.endpoints[0].advanced).toEqual(CHOSEN);
    for (const advanced of [
      undefined,
      null,
      {},
      { ratePerSecond: null, maxConcurrency: null, ordering: null, signing: null, format: null },
    ])
      expect((await create(advanced as object)).webhook.endpoints[0].advanced).toEqual(NOTHING);
  });

  it('of an endpoint without a maximum follows the setting', async () => {
    const other = await startServer({ BELLWIRE_ENDPOINT_CONCURRENCY: '7' });
    try {
      await registerResource(other.api);
      const { id } = await createWebhook(other.api, TARGET);
      const { endpoints } = await other.api.run(READ, { id });
      expect(endpoints[0].advanced).toEqual({ ...NOTHING, maxConcurrency: 7 });
    } finally {
      await other.stop();
    }
  });

  it('stays on an edit that leaves it out, and goes with null', async () => {
    const { id, endpointId } = await createWebhook(api, TARGET, { advanced: CHOSEN });
    expect(await edit(id, endpointId, {})).toEqual(CHOSEN);
    expect(await edit(id, endpointId, { ratePerSecond: 6 })).toEqual({ ...CHOSEN, ratePerSecond: 6 });
    expect(await edit(id, endpointId, { ratePerSecond: null })).toEqual({ ...CHOSEN, ratePerSecond: null });
    expect(
      await edit(id, endpointId, { maxConcurrency: null, ordering: null, signing: null, format: null }),
    ).toEqual(NOTHING);
    expect(await edit(id, endpointId, CHOSEN)).toEqual(CHOSEN);
    expect(await edit(id, endpointId, null)).toEqual(NOTHING);
  });

  it('stands in the audit log with what it was before', async () => {
    const { id, endpointId } = await createWebhook(api, TARGET);
    await edit(id, endpointId, CHOSEN);
    const { nodes } = await api.run(
      'query ($id: ID!) { auditLog(subjectId: $id, first: 1) { nodes { changes } } }',
      {
        id,
      },
    );
    expect(nodes[0].changes).toEqual({
      [`endpoints.${endpointId}.ratePerSecond`]: { from: null, to: 5 },
      [`endpoints.${endpointId}.maxConcurrency`]: { from: null, to: 2 },
      [`endpoints.${endpointId}.ordering`]: { from: 'NONE', to: 'PER_ENTITY' },
      [`endpoints.${endpointId}.signing`]: { from: NOTHING.signing, to: CHOSEN.signing },
      [`endpoints.${endpointId}.signingSecret`]: { changed: true },
      [`endpoints.${endpointId}.format`]: { from: NOTHING.format, to: CHOSEN.format },
    });
  });
});

const REFUSED: [title: string, advanced: object, field: string][] = [
  ['no request a second', { ratePerSecond: 0 }, 'ratePerSecond'],
  ['10,001 a second', { ratePerSecond: 10_001 }, 'ratePerSecond'],
  ['none at once', { maxConcurrency: 0 }, 'maxConcurrency'],
  ['1,001 at once', { maxConcurrency: 1_001 }, 'maxConcurrency'],
];

describe('the row of an endpoint', () => {
  it.each(REFUSED)('with %s is refused where it is, and kept in a draft', async (_title, advanced, name) => {
    const problem = {
      code: 'INVALID',
      field: ['endpoints', '0', 'advanced', name],
      message: expect.stringMatching(/ from 1 to 10{3,4} requests/),
    };
    expect(await create(advanced)).toEqual({ errors: [problem], webhook: null });
    const input = [{ kind: 'URL', target: TARGET, advanced }];
    expect(await api.run(STEP, { id: await startDraft(), input })).toEqual({
      errors: [problem],
      draft: { endpoints: [{ id: expect.any(String), advanced: { ...NOTHING, ...advanced } }] },
    });
  });

  it.each([
    ['the lowest', { ...NOTHING, ratePerSecond: 1, maxConcurrency: 1 }],
    ['the highest', { ...CHOSEN, ratePerSecond: 10_000, maxConcurrency: 1_000 }],
  ])('takes %s values', async (_title, advanced) => {
    expect(await create(advanced)).toEqual({ errors: [], webhook: { endpoints: [{ advanced }] } });
  });

  it('tells all that is wrong at once', async () => {
    const { errors } = await create({ ratePerSecond: -1, maxConcurrency: -1, timeoutMs: -1 });
    expect(errors.map((error: { field: string[] }) => error.field.at(-1)).sort()).toEqual([
      ...['maxConcurrency', 'ratePerSecond', 'timeoutMs'],
    ]);
  });
});

it('a draft keeps the policy through its steps and hands it to the webhook', async () => {
  const id = await startDraft();
  const first = await api.run(STEP, { id, input: [{ kind: 'URL', target: TARGET, advanced: CHOSEN }] });
  const [row] = first.draft.endpoints;
  expect([first.errors, row.advanced]).toEqual([[], CHOSEN]);
  const again = await api.run(STEP, { id, input: [{ id: row.id, advanced: { maxConcurrency: null } }] });
  expect(again.draft.endpoints).toEqual([{ id: row.id, advanced: { ...CHOSEN, maxConcurrency: 64 } }]);
  await api.mutate(
    `mutation ($id: ID!) { webhookDraftSetTriggers(id: $id, input: [{ resource: "clients", event: "create" }]) { errors { code } } }`,
    { id },
  );
  const { webhook } = await api.mutate(
    `mutation ($id: ID!) { webhookDraftSave(id: $id) { errors { code } webhook { id } } }`,
    { id },
  );
  const { endpoints } = await api.run(READ, { id: webhook.id });
  expect(endpoints).toEqual([{ id: row.id, advanced: { ...CHOSEN, maxConcurrency: 64 } }]);
});

it('what waits in order for an endpoint goes by itself once that keeps none any more', async () => {
  const sql = server.app.db.engine;
  const advanced = { retrySchedule: [600], ordering: 'PER_ENTITY' };
  // No other webhook of this file listens to updates.
  const triggers = [{ resource: 'clients', event: 'update' }];
  const { id, endpointId } = await createWebhook(api, TARGET, { advanced, triggers });
  await publish(api, ...['a', 'a', 'a', 'b', 'b'].map((entity) => clientEvent(entity, { event: 'update' })));
  const rows = async (): Promise<unknown[]> =>
    (
      await sql.query(
        `select entity_key, entity_seq is not null as ordered, blocked, sender from delivery_queue
         where endpoint_id = $1 order by id`,
        [endpointId],
      )
    ).rows;
  const inOrder = (entity: string, blocked: boolean) => ({
    ...{ entity_key: `clients/${entity}`, ordered: true, blocked, sender: null },
  });
  expect(await rows()).toEqual([
    ...[inOrder('a', false), inOrder('a', true), inOrder('a', true)],
    ...[inOrder('b', false), inOrder('b', true)],
  ]);
  // The first one is on the wire.
  await sql.query(
    `update delivery_queue set sender = 'test', claimed_at = now(), attempt_count = 1, fence = 1
     where id = (select min(id) from delivery_queue where endpoint_id = $1)`,
    [endpointId],
  );
  // An edit of something else leaves the order alone.
  await edit(id, endpointId, { ratePerSecond: 3 });
  expect(await rows()).toMatchObject([
    { sender: 'test' },
    { blocked: true },
    { blocked: true },
    {},
    { blocked: true },
  ]);
  await edit(id, endpointId, { ordering: 'NONE' });
  const free = { entity_key: null, ordered: false, blocked: false, sender: null };
  expect(await rows()).toEqual([{ ...inOrder('a', false), sender: 'test' }, free, free, free, free]);
});
