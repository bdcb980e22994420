/** Two that change one webhook at once: whoever comes second judges what the first has left. */
import { holdLock, type LockHolder } from '../support/lock-holder.ts';
import { createWebhook, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const UPDATE = `mutation ($id: ID!, $version: Int, $input: WebhookInput!) {
  webhookUpdate(id: $id, expectedVersion: $version, input: $input) {
    errors { code field } webhook { name version } } }`;
const DISABLE =
  'mutation ($id: ID!) { webhookDisable(id: $id) { errors { code field } webhook { version } } }';
const DELETE = 'mutation ($id: ID!) { webhookDelete(id: $id) { errors { code field } } }';
const LOG = 'query ($id: ID!) { auditLog(subjectId: $id) { nodes { action } } }';
const GONE = [{ code: 'NOT_FOUND', field: ['id'] }];

let server: TestServer;
let id: string;

beforeAll(async () => {
  server = await startServer();
  await registerResource(server.api);
});
beforeEach(async () => {
  id = (await createWebhook(server.api, 'http://127.0.0.1:9999/')).id;
});
afterAll(() => server?.stop());

const run = (mutation: string, variables: object = {}) => server.api.run(mutation, { id, ...variables });
const actions = async (): Promise<string[]> =>
  (await run(LOG)).nodes.map((node: { action: string }) => node.action);

/** Keeps the row of the webhook: who comes then waits, and goes on in the order of coming. */
function holdWebhook(): Promise<LockHolder> {
  return holdLock(server.database, 'select 1 from webhooks where id = $1 for update', [id]);
}

/** Lets two go for the webhook at once; what they are answered, in the order of coming. */
async function both(first: () => Promise<any>, second: () => Promise<any>): Promise<[any, any]> {
  const row = await holdWebhook();
  const one = first();
  await row.waiting(1);
  const two = second();
  await row.waiting(2);
  await row.letGo();
  return Promise.all([one, two]);
}

it('two edits of one version are one that is made and one that is told so', async () => {
  const edit = (name: string) => () => run(UPDATE, { version: 1, input: { details: { name } } });
  expect(await both(edit('One'), edit('Two'))).toEqual([
    { errors: [], webhook: { name: 'One', version: 2 } },
    {
      errors: [{ code: 'CONFLICT', field: ['expectedVersion'] }],
      webhook: { name: 'One', version: 2 },
    },
  ]);
  expect(await actions()).toEqual(['webhook.update', 'webhook.create']);
});

it('two that switch it off switch it off once', async () => {
  const off = { errors: [], webhook: { version: 2 } };
  expect(
    await both(
      () => run(DISABLE),
      () => run(DISABLE),
    ),
  ).toEqual([off, off]);
  expect(await actions()).toEqual(['webhook.disable', 'webhook.create']);
});

it('what is deleted first is neither edited nor switched, and deleted once', async () => {
  const edit = () => run(UPDATE, { input: { details: { name: 'Late' } } });
  expect(await both(() => run(DELETE), edit)).toEqual([{ errors: [] }, { errors: GONE, webhook: null }]);
  expect(await actions()).toEqual(['webhook.delete', 'webhook.create']);
  id = (await createWebhook(server.api, 'http://127.0.0.1:9999/')).id;
  const off = () => run(DISABLE);
  expect(await both(() => run(DELETE), off)).toEqual([{ errors: [] }, { errors: GONE, webhook: null }]);
  id = (await createWebhook(server.api, 'http://127.0.0.1:9999/')).id;
  expect(
    await both(
      () => run(DELETE),
      () => run(DELETE),
    ),
  ).toEqual([{ errors: [] }, { errors: [] }]);
  expect(await actions()).toEqual(['webhook.delete', 'webhook.create']);
});

it('what is deleted, or removed, first has no endpoint to switch', async () => {
  const made = (await createWebhook(server.api, 'http://127.0.0.1:9999/')).endpointId;
  const gone = { errors: GONE, endpoint: null };
  for (const name of ['endpointDisable', 'endpointEnable']) {
    const { endpointId, ...webhook } = await createWebhook(server.api, 'http://127.0.0.1:9999/');
    ({ id } = webhook);
    const turn = `mutation ($id: ID!) { ${name}(id: $id) { errors { code field } endpoint { id } } }`;
    const flip = () => run(turn, { id: endpointId });
    const replace = () =>
      run(UPDATE, { input: { endpoints: [{ kind: 'URL', target: 'http://127.0.0.1:9999/new' }] } });
    expect((await both(replace, flip))[1]).toEqual(gone);
    const other = await createWebhook(server.api, 'http://127.0.0.1:9999/');
    ({ id } = other);
    expect(
      (
        await both(
          () => run(DELETE),
          () => run(turn, { id: other.endpointId }),
        )
      )[1],
    ).toEqual(gone);
    expect(await run(turn, { id: made })).toEqual({ errors: [], endpoint: { id: made } });
  }
});

it('a stale edit of what is deleted at that moment is told that it is gone', async () => {
  // The edit has read the webhook and waits for its triggers; then the webhook is gone.
  const triggers = await holdLock(
    server.database,
    `lock table triggers in access exclusive mode;
     update webhooks set deleted_at = clock_timestamp() where id = '${id}'`,
  );
  const edit = run(UPDATE, { version: 7, input: { details: { name: 'Late' } } });
  await triggers.waiting(1);
  await triggers.letGo();
  expect(await edit).toEqual({ errors: GONE, webhook: null });
});
