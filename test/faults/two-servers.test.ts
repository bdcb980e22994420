/** Two servers on one database: any of them takes events, sends, and goes on with any stream. */
import { pino } from 'pino';

import type { Stream } from '../support/api.ts';
import { Api } from '../support/api.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, publishMany, registerResource } from '../support/scenario.ts';
import { ROOT_TOKEN, startServer, type TestServer } from '../support/server.ts';

const KEYS = { BELLWIRE_ENCRYPTION_KEYS: `shared:${Buffer.alloc(32, 7).toString('base64')}` };
const WATCH = `subscription ($after: StreamCursor) {
  deliveryEvents(after: $after, mode: EVERY_EVENT, minIntervalMs: 0) {
    cursor events { kind delivery { id version } }
  }
}`;

let first: TestServer;
let second: TestServer;
let receiver: Receiver;

beforeAll(async () => {
  first = await startServer(KEYS);
  second = await startServer({ ...KEYS, DATABASE_URL: first.database.url });
  receiver = await startReceiver();
  await registerResource(first.api);
  await createWebhook(first.api, receiver.url);
});

afterAll(async () => {
  await second?.stop();
  await first?.stop();
  await receiver?.close();
});

const keysOf = (
  batches: { events: { kind: string; delivery: { id: string; version: number } }[] }[],
): string[] =>
  batches.flatMap((batch) =>
    batch.events.map(({ kind, delivery }) => `${kind} ${delivery.id} ${delivery.version}`),
  );

describe('two servers on one database', () => {
  it('share the work: what is published on one is sent once, whoever sends it, and seen on both', async () => {
    const streams = [first.api.subscribe(WATCH), second.api.subscribe(WATCH)];
    for (const stream of streams) await stream.until((batches) => batches[0]);
    await publishMany(first.api, 200, 50, 'a');
    await publishMany(second.api, 200, 50, 'b');
    await receiver.until(400);
    const seen = await Promise.all(
      streams.map((stream) => stream.until((batches) => keysOf(batches).length >= 800 && keysOf(batches))),
    );
    expect(new Set(receiver.hits.map((hit) => hit.headers['webhook-id'])).size).toBe(400);
    expect(receiver.hits).toHaveLength(400);
    expect(new Set(seen[0]).size).toBe(800);
    expect([...seen[1]!].sort()).toEqual([...seen[0]!].sort());
    for (const stream of streams) await stream.close();
  });

  it('let a reader that lost one of them go on at the other, without a gap or a repeat', async () => {
    const third = await startServer({ ...KEYS, DATABASE_URL: first.database.url });
    let stream: Stream = third.api.subscribe(WATCH);
    await stream.until((batches) => batches[0]);
    await publishMany(first.api, 50, 10, 'c');
    await stream.until((batches) => keysOf(batches).length > 0);
    const stopped = third.stop();
    const ended = (await stream.end()) as { code: number };
    // 1001: graphql-ws clients come back from it by themselves.
    expect(ended.code).toBe(1001);
    const before = keysOf(stream.received);
    const cursor: string = stream.received.at(-1).cursor;
    await stopped;
    await publishMany(second.api, 50, 10, 'd');
    stream = second.api.subscribe(WATCH, { after: cursor });
    const rest = await stream.until(
      (batches) => before.length + keysOf(batches).length >= 200 && keysOf(batches),
    );
    const all = [...before, ...rest];
    expect(all).toHaveLength(200);
    expect(new Set(all).size).toBe(200);
    await stream.close();
  });

  it('see each other’s catalog at once: an event registered on one can be published on the other', async () => {
    await registerResource(first.api, 'fresh', 'type Fresh { id: ID! }');
    const [published] = await publish(second.api, {
      resource: 'fresh',
      event: 'create',
      entityId: '1',
      payload: { id: '1' },
    });
    expect(published!.duplicate).toBe(false);
    await registerResource(first.api, 'fresh', 'type Fresh { id: ID! more: String! }');
    const refused = await second.api.run(
      'mutation ($input: [EventInput!]!) { eventsPublish(input: $input) { errors { code field } } }',
      { input: [{ resource: 'fresh', event: 'create', entityId: '1', payload: { id: '1' } }] },
    );
    expect(refused.errors).toMatchObject([{ code: 'INVALID_PAYLOAD' }]);
  });

  it('say so at the start of one that lacks the other’s encryption keys', async () => {
    const lines: Record<string, unknown>[] = [];
    const logger = pino({ level: 'warn' }, { write: (line) => void lines.push(JSON.parse(line) as never) });
    const stranger = await startServer({ DATABASE_URL: first.database.url }, { logger });
    await stranger.stop();
    expect(lines).toContainEqual(expect.objectContaining({ level: 40, missing: ['shared'] }));
  });

  it('end a token on both at once', async () => {
    const made = await first.api.mutate(
      `mutation { accessTokenCreate(input: { name: "short", permissions: [EVENTS_PUBLISH, WEBHOOKS_MANAGE] }) {
         errors { code } value accessToken { id } } }`,
    );
    const guest = new Api(second.api.url, made.value as string);
    expect(made.value).not.toBe(ROOT_TOKEN);
    const stream = guest.subscribe(WATCH);
    await stream.until((batches) => batches[0]);
    expect((await guest.send('{ viewer { name } }')).status).toBe(200);
    await first.api.mutate('mutation ($id: ID!) { accessTokenRevoke(id: $id) { errors { code } } }', {
      id: made.accessToken.id,
    });
    expect((await guest.send('{ viewer { name } }')).status).toBe(401);
    expect(((await stream.end()) as { code: number }).code).toBe(4403);
    await publish(first.api, clientEvent('after'));
    const hit = await receiver.find((one) => one.body.includes('"after"'));
    expect(JSON.stringify(stream.received)).not.toContain(hit.headers['webhook-id']);
  });
});
