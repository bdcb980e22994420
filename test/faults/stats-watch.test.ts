/** The subscription deliveryStats: one frame for all who see the same, at most once a second, and only while it changes. */
import type { Api, Stream } from '../support/api.ts';
import { createPerson, createTeam } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const FOLLOW = `subscription ($webhookId: ID) {
  deliveryStats(webhookId: $webhookId) { total succeeded p95Ms latency { count } series { at succeeded } } }`;

let server: TestServer;
let receiver: Receiver;
/** How often counts were read from the database. */
let reads = 0;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  await registerResource(server.api);
  const { stats } = server.app.rooms;
  const counts = stats.counts.bind(stats);
  stats.counts = (...args) => {
    reads += 1;
    return counts(...args);
  };
});

afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

const open: Stream[] = [];
afterEach(() => Promise.all(open.splice(0).map((stream) => stream.close())));

function follow(api: Api, webhookId?: string): Stream {
  const stream = api.subscribe(FOLLOW, { webhookId });
  open.push(stream);
  return stream;
}

const happen = (count: number) =>
  publish(server.api, ...Array.from({ length: count }, (_, index) => clientEvent(`c${index}`)));

describe('deliveryStats, followed', () => {
  it('is read once for all who follow the same, at most once a second, and not at all while nothing happens', async () => {
    const webhook = await createWebhook(server.api, receiver.url);
    const streams = [
      follow(server.api, webhook.id),
      follow(server.api, webhook.id),
      follow(server.api, webhook.id),
    ];
    await Promise.all(streams.map((stream) => stream.until((frames) => frames[0])));
    expect(reads).toBe(1);
    const began = performance.now();
    for (let total = 1; total <= 10; total += 1) {
      await happen(1);
      await receiver.until(total);
    }
    const last = await Promise.all(
      streams.map((stream) => stream.until((frames) => frames.find(({ succeeded }) => succeeded === 10))),
    );
    expect(last[0]).toMatchObject({ total: 10, latency: expect.any(Array) });
    expect(last[0].series).toHaveLength(60);
    expect(last[0].p95Ms).toBeGreaterThanOrEqual(0);
    const seconds = (performance.now() - began) / 1000;
    expect(reads).toBeLessThanOrEqual(2 + seconds);
    for (const stream of streams) expect(stream.received).toHaveLength(reads);
  });

  it('is not read for what happens to other webhooks, or when nobody follows any more', async () => {
    const quiet = await createWebhook(server.api, receiver.url, {
      triggers: [{ resource: 'clients', event: 'update' }],
    });
    const loud = await createWebhook(server.api, receiver.url);
    const still = follow(server.api, quiet.id);
    await still.until((frames) => frames[0]);
    const loudly = follow(server.api, loud.id);
    await loudly.until((frames) => frames[0]);
    await happen(2);
    await loudly.until((frames) => frames.find(({ succeeded }) => succeeded === 2));
    expect(still.received).toHaveLength(1);
    await loudly.close();
    await publish(server.api, clientEvent('u1', { event: 'update' }));
    await still.until((frames) => frames.find(({ succeeded }) => succeeded === 1));
  });

  it('is refused for a webhook that the caller may not see, and ends when he may no longer', async () => {
    const member = await createPerson(server, { name: 'Member' });
    const teamId = await createTeam(server, 'Team', [member.id]);
    const [own, other] = [
      await createWebhook(server.api, receiver.url, { details: { teamId } }),
      await createWebhook(server.api, receiver.url),
    ];
    expect(await follow(member.api, other.id).end()).toEqual([
      expect.objectContaining({ extensions: { code: 'NOT_FOUND' } }),
    ]);
    const stream = follow(member.api, own.id);
    await stream.until((frames) => frames[0]);
    await server.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', {
      id: own.id,
    });
    expect(await stream.end()).toBe('completed');
    const all = follow(member.api);
    await all.until((frames) => frames[0]);
    await server.api.mutate(
      'mutation ($id: ID!) { teamUpdate(id: $id, input: { memberIds: [] }) { errors { code } } }',
      { id: teamId },
    );
    expect(await all.end()).toMatchObject({ code: 4403 });
  });
});
