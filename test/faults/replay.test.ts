/** Replays as they go: in which order, behind what, until when, and how they are held and cancelled. */
import type { ServerResponse } from 'node:http';

import { createPerson } from '../support/people.ts';
import { type Hit, type Receiver, startReceiver, status } from '../support/receiver.ts';
import {
  act,
  askReplay,
  deliveriesOf,
  deliveryOf,
  ended,
  finished,
  history as historyOf,
  idsOf,
  moveReplay,
  preview,
  readReplay,
  replayUntil,
  type ReplayWish,
  startReplay,
} from '../support/replays.ts';
import { clientEvent, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const PROGRESS = `subscription ($id: ID!) {
  replayProgress(id: $id) { id status matched done succeeded failed pending } }`;

let server: TestServer;
let receiver: Receiver;

beforeAll(async () => {
  server = await startServer();
  await registerResource(server.api);
});
afterAll(() => server?.stop());
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  await receiver.close();
  // Their deliveries can be sent no more: each test has its own.
  const { nodes } = await server.api.run('{ webhooks { nodes { id } } }');
  for (const { id } of nodes) await act(server.api, 'webhookDelete', id);
});

const matched = async (input: ReplayWish) => (await preview(server.api, input)).value;
const history = (entities: string[], options?: Parameters<typeof historyOf>[3]) =>
  historyOf(server.api, receiver, entities, options);
const turn = (mutation: string, id: string) => act(server.api, mutation, id);

/** New deliveries; of eight claims in a row one takes retries, and what a replay sends, before them. */
const FRESH = ['new1', 'new2', 'new3', 'new4'].map((id) => clientEvent(id));
const freshAmong = (hits: Hit[]) => hits.filter(({ body }) => body.includes('"new')).length;

describe('a replay', () => {
  it('sends again what its filter matches and has ended, each once and under its id, in the order of time', async () => {
    const { filter, deliveries, webhook } = await history(['a', 'b', 'c', 'd'], {
      advanced: { maxConcurrency: 1 },
    });
    expect(await preview(server.api, { filter })).toEqual({ value: 4, precision: 'EXACT' });
    const replay = await startReplay(server.api, { filter });
    expect(replay).toMatchObject({ status: 'RUNNING', matched: 4, done: 0, finishedAt: null });
    expect(await finished(server.api, replay.id)).toMatchObject({
      ...{ matched: 4, done: 4, succeeded: 4, failed: 0, ratePerSecond: 1000 },
      finishedAt: expect.any(String),
    });
    expect(receiver.hits.map(deliveryOf)).toEqual(idsOf(deliveries));
    for (const delivery of await deliveriesOf(server.api, { replayId: replay.id }))
      expect(delivery).toMatchObject({
        ...{ status: 'SUCCEEDED', origin: 'EVENT', attemptCount: 2, webhookNumber: webhook.number },
        latestAttempt: { origin: 'MANUAL_RETRY' },
      });
  });

  it('leaves out what is on its way, and what goes to a webhook or an endpoint that is off', async () => {
    const { webhook, filter } = await history(['a', 'b']);
    const flying: ServerResponse[] = [];
    receiver.answer = (_hit, response) => void flying.push(response);
    await publish(server.api, clientEvent('open'));
    await receiver.until(1);
    expect(await matched({ filter })).toBe(2);
    await turn('endpointDisable', webhook.endpointId);
    expect(await matched({ filter })).toBe(0);
    const nothing = { errors: [{ code: 'INVALID_STATE', field: ['filter'] }], replay: null };
    expect(await askReplay(server.api, { filter })).toMatchObject(nothing);
    await turn('endpointEnable', webhook.endpointId);
    await turn('webhookDisable', webhook.id);
    expect(await askReplay(server.api, { filter })).toMatchObject(nothing);
    await turn('webhookEnable', webhook.id);
    expect(await matched({ filter })).toBe(2);
    flying[0]!.writeHead(204).end();
    await replayUntilMatched(filter, 3);
  });

  it('leaves out tests, which would go to a webhook that is off', async () => {
    const { webhook, filter } = await history(['a']);
    await server.api.mutate(
      `mutation ($id: ID!) { testEventSend(input: { webhookId: $id, resource: "clients", event: "create" }) { errors { code } } }`,
      { id: webhook.id },
    );
    const [test] = (await ended(server.api, filter, 2)).filter(({ origin }) => origin === 'TEST');
    expect(test).toMatchObject({ status: 'SUCCEEDED' });
    receiver.hits.length = 0;
    expect(await matched({ filter })).toBe(1);
    const replay = await startReplay(server.api, { filter });
    expect(await finished(server.api, replay.id)).toMatchObject({ matched: 1, succeeded: 1 });
    expect(receiver.hits.map(deliveryOf)).not.toContain(test!.id);
    await turn('webhookDisable', webhook.id);
    expect(await matched({ filter })).toBe(0);
    // Asked for by itself it goes.
    await turn('deliveryRetry', test!.id);
    await receiver.find((hit) => deliveryOf(hit) === test!.id);
  });

  async function replayUntilMatched(filter: Record<string, unknown>, count: number): Promise<void> {
    await ended(server.api, filter, count);
    expect(await matched({ filter })).toBe(count);
  }

  it('counts as failed what fails again, and what may no longer go when its turn comes', async () => {
    const { webhook } = await history(['fine', 'broken', 'late']);
    const off = await history(['gone'], { event: 'update' });
    receiver.answer = (hit, response) =>
      void response.writeHead(hit.body.includes('"broken"') ? 500 : 204).end();
    const replay = await startReplay(server.api, { filter: {}, ratePerSecond: 1 });
    await moveReplay(server.api, 'Pause', replay.id);
    await turn('webhookDisable', off.webhook.id);
    await hurry(replay.id);
    await moveReplay(server.api, 'Resume', replay.id);
    expect(await finished(server.api, replay.id)).toMatchObject({
      matched: 4,
      succeeded: 2,
      failed: 2,
      done: 4,
    });
    expect(receiver.hits).toHaveLength(3);
    expect(await deliveriesOf(server.api, { webhookId: webhook.id, status: ['FAILED'] })).toMatchObject([
      { attemptCount: 2, event: { entityId: 'broken' } },
    ]);
    expect(await deliveriesOf(server.api, off.filter)).toMatchObject([
      { status: 'SUCCEEDED', attemptCount: 1 },
    ]);
  });

  /** From now on it goes as fast as it can. */
  async function hurry(id: string): Promise<void> {
    await server.app.db.engine.query('update replays set rate_per_second = 1000 where id = $1', [id]);
  }

  it('goes behind new deliveries of its endpoint', async () => {
    const { filter, deliveries } = await history(['a', 'b', 'c', 'd'], { advanced: { maxConcurrency: 1 } });
    const flying: ServerResponse[] = [];
    receiver.answer = (_hit, response) => void flying.push(response);
    const replay = await startReplay(server.api, { filter });
    await receiver.until(1);
    await queued(replay.id, 4);
    await publish(server.api, ...FRESH);
    receiver.answer = status(204);
    flying[0]!.writeHead(204).end();
    await finished(server.api, replay.id);
    const hits = await receiver.until(8);
    expect(hits[0]!.headers['webhook-id']).toBe(deliveries[0]!.id);
    expect(freshAmong(hits.slice(1, 5))).toBeGreaterThanOrEqual(3);
    expect(hits.map(deliveryOf).filter((id) => idsOf(deliveries).includes(id))).toEqual(idsOf(deliveries));
  });

  it('goes behind them also with what never had a delivery', async () => {
    await publish(server.api, clientEvent('missed1'), clientEvent('missed2'), clientEvent('missed3'));
    const { webhook, filter } = await history([], { advanced: { maxConcurrency: 1 } });
    const flying: ServerResponse[] = [];
    receiver.answer = (_hit, response) => void flying.push(response);
    const about = { ...filter, createdAt: { from: new Date(Date.now() - 10_000).toISOString() } };
    const replay = await startReplay(server.api, { filter: about, missingFor: webhook.id });
    await receiver.until(1);
    await queued(replay.id, 3);
    await publish(server.api, ...FRESH);
    receiver.answer = status(204);
    flying[0]!.writeHead(204).end();
    await finished(server.api, replay.id);
    expect(freshAmong((await receiver.until(5)).slice(1, 5))).toBeGreaterThanOrEqual(3);
  });

  it('waits for an endpoint whose circuit is open, which a retry by hand does not', async () => {
    const { filter, deliveries, webhook } = await history(['a', 'b', 'c']);
    await server.app.db.engine.query(
      `insert into endpoint_circuits (endpoint_id, state, opened_at, trips, probe_at)
       values ($1, 'OPEN', now(), 1, now() + interval '1 hour')
       on conflict (endpoint_id) do update set state = 'OPEN', opened_at = now(), probe_at = now() + interval '1 hour'`,
      [webhook.endpointId],
    );
    const replay = await startReplay(server.api, { filter: { ...filter, status: ['SUCCEEDED'] } });
    await queued(replay.id, 3);
    expect(receiver.hits).toEqual([]);
    // That one arrives, first of all, and its success closes the circuit.
    await turn('deliveryRetry', deliveries[2]!.id);
    await finished(server.api, replay.id);
    expect(receiver.hits.map(deliveryOf)[0]).toBe(deliveries[2]!.id);
    expect(receiver.hits.map(deliveryOf).sort()).toEqual(idsOf(deliveries).sort());
  });

  /** Resolves when a replay has put so many deliveries into the queue. */
  async function queued(id: string, count: number): Promise<void> {
    await replayUntil(server.api, id, () => true);
    for (let admitted = -1; admitted < count;) {
      await server.api.run('{ viewer { id } }');
      const { rows } = await server.app.db.engine.query('select admitted from replays where id = $1', [id]);
      admitted = rows[0].admitted;
    }
  }

  it('keeps the order of an entity at an endpoint that keeps it', async () => {
    const { filter, deliveries } = await history(['a', 'a', 'b', 'a'], {
      advanced: { ordering: 'PER_ENTITY' },
    });
    const flying: ServerResponse[] = [];
    receiver.answer = (_hit, response) => void flying.push(response);
    const replay = await startReplay(server.api, { filter });
    const first = (await receiver.until(2)).map(deliveryOf);
    expect(first.sort()).toEqual([deliveries[0]!.id, deliveries[2]!.id].sort());
    receiver.answer = status(204);
    for (const response of flying) response.writeHead(204).end();
    await finished(server.api, replay.id);
    expect(receiver.hits.slice(2).map(deliveryOf)).toEqual([deliveries[1]!.id, deliveries[3]!.id]);
  });

  it('that is paused lets nothing go until it is resumed', async () => {
    const { filter, deliveries } = await history(['a', 'b', 'c', 'd', 'e', 'f']);
    const { id } = await startReplay(server.api, { filter, ratePerSecond: 10 });
    await receiver.until(1);
    expect((await moveReplay(server.api, 'Pause', id)).replay).toMatchObject({ status: 'PAUSED' });
    expect((await moveReplay(server.api, 'Pause', id)).errors).toEqual([]);
    const { rows } = await server.app.db.engine.query('select admitted from replays where id = $1', [id]);
    const { admitted } = rows[0];
    await replayUntil(server.api, id, ({ done }) => done === admitted);
    expect(await deliveriesOf(server.api, { replayId: id })).toHaveLength(admitted);
    // Its rate would have allowed the others since; another one goes, beside it.
    await server.app.db.engine.query(
      `update replays set paced_at = now() - interval '1 hour' where id = $1`,
      [id],
    );
    const proof = await history(['proof'], { event: 'update' });
    await finished(server.api, (await startReplay(server.api, { filter: proof.filter })).id);
    expect(await readReplay(server.api, id)).toMatchObject({ status: 'PAUSED', done: admitted });
    expect(admitted).toBeLessThan(6);
    expect((await moveReplay(server.api, 'Resume', id)).replay).toMatchObject({ status: 'RUNNING' });
    await hurry(id);
    expect(await finished(server.api, id)).toMatchObject({ done: 6, succeeded: 6 });
    for (const { id: delivery } of await deliveriesOf(server.api, {
      replayId: id,
      webhookId: filter.webhookId,
    }))
      expect(idsOf(deliveries)).toContain(delivery);
    expect((await moveReplay(server.api, 'Resume', id)).errors).toMatchObject([{ code: 'INVALID_STATE' }]);
  });

  it('makes up for two seconds without a sender, and no more', async () => {
    const { filter } = await history(['a', 'b', 'c', 'd', 'e']);
    const { id } = await startReplay(server.api, { filter, ratePerSecond: 1 });
    await server.app.db.engine.query(
      `update replays set paced_at = now() - interval '1 hour' where id = $1`,
      [id],
    );
    await receiver.until(2);
    const { rows } = await server.app.db.engine.query('select admitted from replays where id = $1', [id]);
    expect(rows).toEqual([{ admitted: 2 }]);
    await moveReplay(server.api, 'Cancel', id);
  });

  it('that is cancelled takes back what it has queued, and what is on the wire counts', async () => {
    const { filter, deliveries } = await history(['a', 'b', 'c'], { advanced: { maxConcurrency: 1 } });
    const flying: ServerResponse[] = [];
    receiver.answer = (_hit, response) => void flying.push(response);
    const { id } = await startReplay(server.api, { filter });
    const page = server.api.subscribe(PROGRESS, { id });
    await receiver.until(1);
    await queued(id, 3);
    // Somebody wants just this one: it is not the replay's any more.
    await turn('deliveryRetry', deliveries[2]!.id);
    const cancelled = { status: 'CANCELLED', matched: 3, finishedAt: expect.any(String) };
    expect((await moveReplay(server.api, 'Cancel', id)).replay).toMatchObject(cancelled);
    await ended(server.api, { ...filter, entityId: 'b' }, 1);
    await page.until((states) => states.find((state) => state.status === 'CANCELLED' && state.pending === 2));
    receiver.answer = status(204);
    flying[0]!.writeHead(204).end();
    expect(await replayUntil(server.api, id, ({ done }) => done === 2)).toMatchObject({
      ...cancelled,
      ...{ succeeded: 2, failed: 0 },
    });
    expect((await deliveriesOf(server.api, filter)).map(({ status: state }) => state)).toEqual([
      ...['SUCCEEDED', 'CANCELLED', 'SUCCEEDED'],
    ]);
    expect(receiver.hits.map(deliveryOf)).toEqual([deliveries[0]!.id, deliveries[2]!.id]);
    expect(await page.end()).toBe('completed');
    expect(page.received.at(-1)).toMatchObject({ status: 'CANCELLED', succeeded: 2, failed: 0, pending: 0 });
    expect((await moveReplay(server.api, 'Resume', id)).errors).toMatchObject([{ code: 'INVALID_STATE' }]);
    expect((await moveReplay(server.api, 'Cancel', id)).errors).toEqual([]);
  });

  it('tells open pages how it gets on, at once and to its end, and those who lose their rights no more', async () => {
    const { filter } = await history(['a', 'b', 'c']);
    const flying: ServerResponse[] = [];
    receiver.answer = (_hit, response) => void flying.push(response);
    const { id } = await startReplay(server.api, { filter });
    const reader = await createPerson(server, { name: 'Reader', permissions: ['WEBHOOKS_MANAGE'] });
    const page = server.api.subscribe(PROGRESS, { id });
    const other = server.api.subscribe(PROGRESS, { id });
    const losing = reader.api.subscribe(PROGRESS, { id });
    for (const stream of [page, other, losing]) await stream.until((states) => states.length === 1);
    expect(page.received).toMatchObject([{ id, status: 'RUNNING', matched: 3, done: 0 }]);
    await receiver.until(3);
    flying[0]!.writeHead(204).end();
    flying[1]!.writeHead(500).end();
    await page.until((states) => states.find(({ done, failed }) => done === 2 && failed === 1));
    await server.api.mutate(
      'mutation ($id: ID!) { loginUpdate(id: $id, input: { permissions: [] }) { errors { code } } }',
      { id: reader.id },
    );
    expect(await losing.end()).toMatchObject({ code: 4403 });
    flying[2]!.writeHead(204).end();
    for (const stream of [page, other]) expect(await stream.end()).toBe('completed');
    expect(page.received.at(-1)).toMatchObject({ status: 'FINISHED', succeeded: 2, failed: 1 });
    expect(other.received.at(-1)).toEqual(page.received.at(-1));
    expect(page.received.length).toBeLessThanOrEqual(4);
    expect(losing.received.some(({ status: state }) => state === 'FINISHED')).toBe(false);
    // One that has ended is told once more; what nobody may see is not there.
    const late = server.api.subscribe(PROGRESS, { id });
    expect(await late.end()).toBe('completed');
    expect(late.received).toEqual([page.received.at(-1)]);
    const stranger = await createPerson(server, {
      ...{ name: 'Stranger', isAccount: true },
      permissions: ['WEBHOOKS_MANAGE'],
    });
    const foreign = stranger.api.subscribe(PROGRESS, { id });
    expect(await foreign.end()).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  });
});
