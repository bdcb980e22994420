/** Which documents the wrapper acts on, which it refuses, and what a sink that throws gets. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Kind, parse, type SelectionNode } from 'graphql';

import { type LiveClient, resumable, type Subscriber } from '../../src/client/index.ts';
import { packageRoot } from '../../src/paths.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { createWebhook, publishMany, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { type Batch, quickClient, Seen, WATCH } from './watching.ts';

const NO_CURSOR = /declares \$after but does not select "cursor"/;

let server: TestServer;
let receiver: Receiver;
let client: LiveClient;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  await registerResource(server.api);
  await createWebhook(server.api, receiver.url);
});

beforeEach(() => {
  client = quickClient(server.app.url);
});

afterEach(() => client.dispose());

afterAll(async () => {
  await server.stop();
  await receiver.close();
});

it('every document of schema/operations that declares $after for a stream selects the cursor of its root field', () => {
  const folder = join(packageRoot, 'schema/operations');
  const operations = readdirSync(folder)
    .filter((name) => name.endsWith('.graphql'))
    .flatMap((name) => parse(readFileSync(join(folder, name), 'utf8')).definitions)
    .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const resumable = operations.filter(({ variableDefinitions }) =>
    variableDefinitions?.some(
      ({ variable, type }) =>
        variable.name.value === 'after' &&
        type.kind === Kind.NAMED_TYPE &&
        type.name.value === 'StreamCursor',
    ),
  );
  const selectsCursor = (node: SelectionNode): boolean =>
    node.kind === Kind.FIELD &&
    (node.selectionSet?.selections.some(
      (field) => field.kind === Kind.FIELD && (field.alias ?? field.name).value === 'cursor',
    ) ??
      false);
  const without = resumable.filter(({ selectionSet }) => !selectionSet.selections.every(selectsCursor));
  expect(resumable.map(({ name }) => name?.value)).toEqual(['DeliveryEvents', 'WatchDeliveries']);
  expect(without).toEqual([]);
});

it.each([
  ['none', 'subscription ($after: StreamCursor) { deliveryEvents(after: $after) { caughtUp } }'],
  [
    'one in a comment and a text',
    `subscription ($after: StreamCursor) { # cursor
       deliveryEvents(after: $after, filter: { search: "the cursor" }) { caughtUp } }`,
  ],
])('a document that declares $after and names no cursor (%s) is refused at once', (_which, query) => {
  expect(() => client.subscribe({ query }, new Seen().sink())).toThrow(NO_CURSOR);
});

it.each([
  ['of its events only', 'caughtUp events { cursor }'],
  ['under another name', 'at: cursor'],
  ['that is left out', 'caughtUp cursor @include(if: false)'],
])('one that selects a cursor %s is refused by its first result', async (_which, selection) => {
  const seen = new Seen();
  const query = `subscription ($after: StreamCursor) { deliveryEvents(after: $after) { ${selection} } }`;
  client.subscribe({ query }, seen.sink());
  await seen.until(() => seen.ended !== undefined, 'the end');
  expect(seen.ended).toEqual(expect.objectContaining({ message: expect.stringMatching(NO_CURSOR) }));
  expect(seen.batches).toEqual([]);
});

it('a document without $after passes as it is, whatever its comments and texts say; the cursor may come by a fragment', async () => {
  for (const query of [
    'subscription { deliveryEvents(minIntervalMs: 0) { events { kind } } } # ($after: StreamCursor)',
    'subscription { deliveryEvents(filter: { search: """$after: \\""" $after:""" }) { caughtUp } }',
    `subscription ($after: StreamCursor) { stream: deliveryEvents(after: $after) { ...Batch } }
     fragment Batch on DeliveryEventBatch { cursor }`,
  ]) {
    const results: unknown[] = [];
    for await (const result of client.iterate({ query })) {
      results.push(result);
      break;
    }
    expect(results).toEqual([{ data: expect.anything() }]);
  }
});

it("leaves the caller's variables alone", async () => {
  const variables = Object.freeze({ after: await server.api.beginning() });
  const seen = new Seen();
  client.subscribe({ query: WATCH, variables }, seen.sink());
  await publishMany(server.api, 1);
  await seen.until(() => seen.rows().length >= 2, 'rows');
  expect(seen.ended).toBeUndefined();
});

describe('a sink that throws', () => {
  it('gets the same batch once more, and nothing is lost or repeated but that', async () => {
    const after = (await server.api.run('{ deliveries(first: 1) { streamCursor } }')).streamCursor;
    const seen = new Seen();
    const offered: Batch[] = [];
    let thrown = false;
    seen.onBatch = (batch) => {
      offered.push(batch);
      if (thrown || batch.events.length === 0) return;
      thrown = true;
      throw new Error('not now');
    };
    await publishMany(server.api, 30);
    client.subscribe({ query: WATCH, variables: { after, maxBatch: 7 } }, seen.sink());
    await seen.until(() => seen.rows().length === 60, 'all rows');
    expect(new Set(seen.lines()).size).toBe(60);
    const [first, second] = offered.filter((batch) => batch.events.length > 0);
    expect(second!.events.slice(0, first!.events.length)).toEqual(first!.events);
  });

  it('does not hear what was already on its way behind that batch', () => {
    const sent: unknown[] = [];
    const heard: unknown[] = [];
    // Frames that come in one packet are handed over in one go.
    const own: Subscriber = {
      subscribe: (payload, sink) => {
        sent.push(payload.variables?.['after']);
        if (sent.length === 1)
          setImmediate(() => {
            for (const cursor of ['a', 'b', 'c']) sink.next({ data: { root: { cursor } } } as never);
          });
        return () => undefined;
      },
    };
    resumable(own).subscribe(
      { query: 'subscription ($after: StreamCursor) { root(after: $after) { cursor } }' },
      {
        next: ({ data }) => {
          heard.push(data);
          if (heard.length === 2) throw new Error('not now');
        },
        error: () => undefined,
        complete: () => undefined,
      },
    );
    return new Promise(setImmediate).then(() => {
      expect(heard).toEqual([{ root: { cursor: 'a' } }, { root: { cursor: 'b' } }]);
      expect(sent).toEqual([undefined, 'a']);
    });
  });

  it('again for the same batch ends its subscription with that error, and no other one on the socket', async () => {
    const [poor, good] = [new Seen(), new Seen()];
    poor.onBatch = () => {
      throw new Error('never');
    };
    client.subscribe({ query: WATCH }, good.sink());
    client.subscribe({ query: WATCH }, poor.sink());
    await poor.until(() => poor.ended !== undefined, 'the end');
    expect(poor.ended).toEqual(new Error('never'));
    await publishMany(server.api, 1);
    await good.until(() => good.rows().length >= 2, 'rows of the other');
    expect(good.ended).toBeUndefined();
    expect(client.status).toBe('live');
  });
});

it("the server's refusal ends a subscription with its errors, and no other one", async () => {
  const [wrong, good] = [new Seen(), new Seen()];
  client.subscribe({ query: WATCH, variables: { maxBatch: 0 } }, wrong.sink());
  client.subscribe({ query: WATCH }, good.sink());
  await wrong.until(() => wrong.ended !== undefined, 'the end');
  expect(wrong.ended).toEqual([
    expect.objectContaining({ extensions: expect.objectContaining({ code: 'BAD_USER_INPUT' }) }),
  ]);
  await publishMany(server.api, 1);
  await good.until(() => good.rows().length >= 2, 'rows of the other');
});

it('a cursor that cannot be resumed is told by reset, and the stream goes on from the present', async () => {
  const seen = new Seen();
  client.subscribe({ query: WATCH, variables: { after: 'bm9uZQ' } }, seen.sink());
  await seen.until(() => seen.batches.length > 0, 'a batch');
  expect(seen.batches[0]).toMatchObject({ reset: 'CURSOR_UNKNOWN', events: [] });
  expect(client.status).toBe('live');
  await publishMany(server.api, 2);
  await seen.until(() => seen.rows().length >= 4, 'what came after');
});
