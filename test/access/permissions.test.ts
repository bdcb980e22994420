/** GQL-06: every root field of the schema, played by every caller of the permission table of ARCHITECTURE.md. */
import { apiSchema } from '../../src/graphql/schema.ts';
import { Api } from '../support/api.ts';
import { figure } from '../support/figure.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { createWebhook, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { CALLS, verdictOf } from './permission-calls.ts';
import { type Caller, CALLERS, readPermissionTable, type Verdict } from './permission-table.ts';
import { buildPlatform, type Platform } from './platform.ts';

const TABLE = readPermissionTable();
const schema = apiSchema();
const FIELDS = [schema.getQueryType()!, schema.getMutationType()!, schema.getSubscriptionType()!].flatMap(
  (type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`),
);

let server: TestServer;
let receiver: Receiver;
let platform: Platform;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  platform = await buildPlatform(server, receiver);
});

afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

it('has a row for every root field, and no row of a field that is gone (GQL-06)', () => {
  expect([...TABLE.keys()].sort()).toEqual([...FIELDS].sort());
  figure('GQL-06', { fields: FIELDS.length, callers: CALLERS.length, cells: FIELDS.length * CALLERS.length });
});

const REQUESTS = FIELDS.filter((field) => !field.startsWith('Subscription.'));

it.each(REQUESTS)('%s is answered, refused or hidden as the table says (GQL-06)', async (field) => {
  const found = {} as Record<Caller, Verdict>;
  for (const caller of CALLERS) {
    if (field === 'Mutation.resourceRemove') await registerResource(server.api, 'spares');
    const call = CALLS[field]!(platform.objects);
    found[caller] = verdictOf(await platform.callers[caller].api.send(call.document, call.variables), call);
    // What was carried out may have used the objects up.
    if (field.startsWith('Mutation.') && found[caller] === 'yes') await platform.renew(field);
  }
  expect(found).toEqual(TABLE.get(field)!);
});

it.each(REQUESTS)('%s is answered with 401 to nobody (GQL-06)', async (field) => {
  const call = CALLS[field]!(platform.objects);
  for (const token of [undefined, 'bw_nonsense']) {
    const answer = await new Api(server.api.url, token).send(call.document, call.variables);
    expect([answer.status, answer.errors![0]!.extensions!['code']]).toEqual([401, 'UNAUTHENTICATED']);
  }
});

it('a token that holds less than its login may do no more than the token', async () => {
  const { value } = await server.api.mutate(
    'mutation { accessTokenCreate(input: { name: "less", permissions: [] }) { errors { code } value } }',
  );
  const api = new Api(server.api.url, value as string);
  for (const field of REQUESTS.filter((name) => TABLE.get(name)!.none === 'no')) {
    const call = CALLS[field]!(platform.objects);
    expect([field, verdictOf(await api.send(call.document, call.variables), call)]).toEqual([field, 'no']);
  }
});

/** Lets the webhook of X and one of Y send and change, in this order; the ids that tell of each in a stream. */
async function cause(): Promise<{ object: string; proof: string }> {
  await platform.renew('Mutation.webhookUpdate');
  const object = platform.objects.webhookId;
  const { api } = platform.callers.beside;
  const { id: proof } = await createWebhook(api, receiver.url);
  await api.mutate(
    `mutation ($id: ID!) { testEventSend(input: { webhookId: $id, resource: "clients", event: "create" }) {
       errors { code } } }`,
    { id: proof },
  );
  return { object, proof };
}

/** What of the webhook of X comes to a caller; that of Y, which comes behind it, is the proof for Y's. */
async function watch(caller: Caller, document: string): Promise<Verdict> {
  const stream = platform.callers[caller].api.subscribe(document);
  const saw = (id: string) => JSON.stringify(stream.received).includes(id);
  try {
    for (;;) {
      // Until the subscription listens, nothing comes.
      const { object, proof } = await cause();
      await stream.until(() => saw(object) || saw(proof), 500).catch(() => undefined);
      if (saw(object)) return 'yes';
      if (saw(proof)) return 'hidden';
      const [error] = (stream.ended ?? []) as { extensions?: { code?: string } }[];
      if (error?.extensions?.code === 'FORBIDDEN') return 'no';
      if (stream.ended !== undefined) throw new Error(`it ended: ${JSON.stringify(stream.ended)}`);
    }
  } finally {
    await stream.close();
  }
}

it('Subscription.replayProgress comes to those whom the table names', async () => {
  const document = 'subscription ($id: ID!) { replayProgress(id: $id) { id } }';
  const found = {} as Record<Caller, Verdict>;
  for (const caller of CALLERS) {
    const stream = platform.callers[caller].api.subscribe(document, { id: platform.objects.replayId });
    const told = await stream.until((states) => states.length > 0).catch(() => false);
    const [error] = (Array.isArray(stream.ended) ? stream.ended : []) as { extensions: { code: string } }[];
    found[caller] = told ? 'yes' : error!.extensions.code === 'FORBIDDEN' ? 'no' : 'hidden';
    await stream.close();
  }
  expect(found).toEqual(TABLE.get('Subscription.replayProgress')!);
});

it.each([
  [
    'Subscription.deliveryEvents',
    'subscription { deliveryEvents(mode: EVERY_EVENT, minIntervalMs: 0) { cursor events { delivery { webhook { id } } } } }',
  ],
  ['Subscription.webhookChanges', 'subscription { webhookChanges { kind id } }'],
])('%s comes to those whom the table names', async (field, document) => {
  const found = {} as Record<Caller, Verdict>;
  for (const caller of CALLERS) found[caller] = await watch(caller, document);
  expect(found).toEqual(TABLE.get(field)!);
});

it('Subscription.deliveryStats comes to those whom the table names', async () => {
  const found = {} as Record<Caller, Verdict>;
  for (const caller of CALLERS) {
    const stream = platform.callers[caller].api.subscribe(
      'subscription ($id: ID!) { deliveryStats(webhookId: $id) { total } }',
      { id: platform.objects.webhookId },
    );
    await stream.until((frames) => frames[0]).catch(() => undefined);
    await stream.close();
    const [refusal] = (stream.received.length > 0 ? [] : stream.ended) as {
      extensions?: { code?: string };
    }[];
    const verdicts: Record<string, Verdict> = { FORBIDDEN: 'no', NOT_FOUND: 'hidden' };
    found[caller] = refusal ? verdicts[refusal.extensions!.code!]! : 'yes';
  }
  expect(found).toEqual(TABLE.get('Subscription.deliveryStats')!);
});
