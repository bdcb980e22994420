/** Statistics through the API: what they count, of whom, over which points, and who sees them. */
import type { ServerResponse } from 'node:http';

import { forgetStats } from '../../src/stats/forget.ts';
import { DIVISIONS } from '../../src/stats/windows.ts';
import type { Api } from '../support/api.ts';
import { createPerson, createTeam, type Person } from '../support/people.ts';
import { type Answer, type Receiver, startReceiver, status } from '../support/receiver.ts';
import { finished, moveReplay, startReplay } from '../support/replays.ts';
import {
  clientEvent,
  createWebhook,
  type MadeWebhook,
  publish,
  registerResource,
} from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { STATS, statsUntil, sumOf } from './figures.ts';

let server: TestServer;
let receiver: Receiver;
/** Two accounts side by side, both below the root. */
let owner: Person;
let neighbour: Person;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver((hit, response) => answers.get(hit.path)!(hit, response, 0));
  await registerResource(server.api);
  const account = {
    isAccount: true,
    permissions: ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH', 'ACCESS_MANAGE'] as const,
  };
  owner = await createPerson(server, { name: 'Owner', ...account, permissions: [...account.permissions] });
  neighbour = await createPerson(server, {
    name: 'Neighbour',
    ...account,
    permissions: [...account.permissions],
  });
});

afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

const answers = new Map<string, Answer>();
let made = 0;

/** A webhook with an address of its own for events of the owner's account. */
async function createTarget(
  answer: Answer,
  options: { api?: Api; details?: Record<string, unknown>; retrySchedule?: number[]; paths?: number } = {},
): Promise<MadeWebhook> {
  const { api = owner.api, details = {}, retrySchedule = [0], paths = 1 } = options;
  const targets = Array.from({ length: paths }, () => {
    made += 1;
    answers.set(`/hooks/${made}`, answer);
    return `${receiver.url}/${made}`;
  });
  return createWebhook(api, targets, { details, advanced: { retrySchedule } });
}

/** Publishes so many events of the owner. */
const happen = (count: number, api = owner.api) =>
  publish(api, ...Array.from({ length: count }, (_, index) => clientEvent(`c${index}`)));

const remove = (id: string) =>
  owner.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', { id });

describe('statistics', () => {
  it('count what was made and how it ended, time each attempt once, and leave test deliveries out', async () => {
    let count = 0;
    const webhook = await createTarget((_hit, response) => {
      count += 1;
      response.writeHead(count % 2 === 1 ? 500 : 204).end();
    });
    await owner.api.mutate(
      `mutation ($id: ID!) { testEventSend(input: { webhookId: $id, resource: "clients", event: "create" }) { errors { code } } }`,
      { id: webhook.id },
    );
    await receiver.find((hit) => hit.path === `/hooks/${made}`);
    await happen(6);
    const stats = await statsUntil(server, owner.api, ({ succeeded, failed }) => succeeded + failed === 6, {
      webhookId: webhook.id,
    });
    expect(stats).toMatchObject({ total: 6, pending: 0, successRate: stats.succeeded / 6 });
    expect(stats.succeeded).toBeGreaterThan(0);
    expect(stats.failed).toBeGreaterThan(0);
    expect(sumOf(stats.latency, 'count')).toBe(6);
    expect(stats.latency.map(({ upToMs }: any) => upToMs)).toEqual([
      ...[10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, null],
    ]);
    expect([sumOf(stats.series, 'succeeded'), sumOf(stats.series, 'failed')]).toEqual([
      stats.succeeded,
      stats.failed,
    ]);
    expect(stats.p50Ms).toBeGreaterThanOrEqual(0);
    expect(stats.p99Ms).toBeGreaterThanOrEqual(stats.p50Ms);
    expect(stats.series.filter(({ p95Ms }: any) => p95Ms !== null).length).toBeGreaterThan(0);
    await remove(webhook.id);
  });

  it('count what is open, and a delivery that is sent again by hand once more at its end', async () => {
    const held: ServerResponse[] = [];
    const webhook = await createTarget((_hit, response) => void held.push(response));
    await happen(1);
    const follow = (fits: (stats: any) => boolean) =>
      statsUntil(server, owner.api, fits, { webhookId: webhook.id });
    await follow(({ total, pending }) => total === 1 && pending === 1);
    await receiver.find(() => held.length > 0);
    held.pop()!.writeHead(500).end();
    await follow(({ pending, failed }) => pending === 0 && failed === 1);
    const { nodes } = await owner.api.run(
      'query ($id: ID!) { deliveries(filter: { webhookId: $id }) { nodes { id } } }',
      { id: webhook.id },
    );
    await owner.api.mutate('mutation ($id: ID!) { deliveryRetry(id: $id) { errors { code } } }', {
      id: nodes[0].id,
    });
    await follow(({ pending }) => pending === 1);
    await receiver.find(() => held.length > 0);
    held.pop()!.writeHead(204).end();
    const stats = await follow(({ succeeded }) => succeeded === 1);
    expect(stats).toMatchObject({ total: 1, succeeded: 1, failed: 1, pending: 0, successRate: 0.5 });
    await remove(webhook.id);
  });

  it('count what a replay has opened again, until it has come to its end or was taken back', async () => {
    const held: ServerResponse[] = [];
    const webhook = await createTarget(status(204), { paths: 1 });
    const follow = (fits: (stats: any) => boolean) =>
      statsUntil(server, owner.api, fits, { webhookId: webhook.id });
    await happen(3);
    await follow(({ succeeded, pending }) => succeeded === 3 && pending === 0);
    answers.set(`/hooks/${made}`, (_hit, response) => void held.push(response));
    const filter = { webhookId: webhook.id };
    const { id } = await startReplay(owner.api, { filter });
    await follow(({ pending }) => pending === 3);
    await receiver.find(() => held.length === 3);
    held.pop()!.writeHead(204).end();
    await follow(({ succeeded, pending }) => succeeded === 4 && pending === 2);
    for (const response of held.splice(0)) response.writeHead(500).end();
    await follow(({ failed, pending }) => failed === 2 && pending === 0);
    await finished(owner.api, id);
    // Of a second one, all but what is on the wire is taken back.
    const second = await startReplay(owner.api, { filter, ratePerSecond: 1 });
    await receiver.find(() => held.length > 0);
    await moveReplay(owner.api, 'Cancel', second.id);
    for (const response of held.splice(0)) response.writeHead(204).end();
    await follow(({ succeeded, pending }) => succeeded > 4 && pending === 0);
    await remove(webhook.id);
  });

  it('count what was cancelled as neither delivered nor failed', async () => {
    const webhook = await createTarget(status(204), { retrySchedule: [600] });
    await happen(2);
    const follow = (fits: (stats: any) => boolean) =>
      statsUntil(server, owner.api, fits, { webhookId: webhook.id });
    await follow(({ pending }) => pending === 2);
    await owner.api.mutate('mutation ($id: ID!) { webhookDisable(id: $id) { errors { code } } }', {
      id: webhook.id,
    });
    const stats = await follow(({ pending }) => pending === 0);
    expect(stats).toMatchObject({
      total: 2,
      succeeded: 0,
      failed: 0,
      successRate: null,
      p50Ms: null,
      p99Ms: null,
    });
    await remove(webhook.id);
  });

  it.each([
    ['LAST_HOUR', 60, 60],
    ['LAST_24_HOURS', 96, 900],
    ['LAST_7_DAYS', 84, 7_200],
    ['LAST_30_DAYS', 120, 21_600],
  ])('over %s have %i points without gaps, the last of which is now', async (window, points, step) => {
    const { series } = await owner.api.run(STATS, { window });
    const times = series.map(({ at }: { at: string }) => Date.parse(at) / 1000);
    expect(times).toHaveLength(points);
    const [first, last] = [times[0], times.at(-1)];
    expect([last - first, first % step]).toEqual([(points - 1) * step, 0]);
    expect(Date.now() / 1000 - last).toBeLessThan(step);
  });

  it('of a page of webhooks and their endpoints take one statement for each thing that is asked', async () => {
    const webhooks = [await createTarget(status(204), { paths: 2 }), await createTarget(status(204))];
    await happen(3);
    await statsUntil(server, owner.api, ({ succeeded }) => succeeded === 6, { webhookId: webhooks[0]!.id });
    await statsUntil(server, owner.api, ({ succeeded }) => succeeded === 3, { webhookId: webhooks[1]!.id });
    const asked: string[] = [];
    const { reads } = server.app.db;
    const query = reads.query.bind(reads) as (...args: any[]) => any;
    reads.query = ((text: any, ...rest: any[]) => {
      if (String(text).includes('delivery_stats')) asked.push(text);
      return query(text, ...rest);
    }) as typeof reads.query;
    const { nodes } = await owner.api
      .run(
        `{ webhooks(first: 100) { nodes { id stats { succeeded pending p95Ms series { succeeded } }
             endpoints { stats { succeeded p95Ms } } } } }`,
      )
      .finally(() => (reads.query = query as typeof reads.query));
    // Of all together counts, latencies and what is open; endpoints are a list that comes later.
    expect(asked.length).toBeLessThanOrEqual(5);
    const of = (id: string) => nodes.find((node: any) => node.id === id);
    expect(of(webhooks[0]!.id).stats).toMatchObject({ succeeded: 6, pending: 0 });
    expect(of(webhooks[0]!.id).endpoints.map(({ stats }: any) => stats.succeeded)).toEqual([3, 3]);
    expect(of(webhooks[1]!.id).endpoints.map(({ stats }: any) => stats.succeeded)).toEqual([3]);
    await Promise.all(webhooks.map(({ id }) => remove(id)));
  });

  it('of all are those of the account and the accounts below, for a member those of its teams', async () => {
    const member = await createPerson(neighbour, { name: 'Member' });
    const teamId = await createTeam(neighbour, 'Team', [member.id]);
    await createTarget(status(204), { api: neighbour.api, details: { teamId } });
    await createTarget(status(204), { api: neighbour.api });
    const before = await owner.api.run(STATS);
    await publish(neighbour.api, clientEvent('n1', { loginId: member.id }), clientEvent('n2'));
    // Both webhooks of the neighbour match the first event, one of them the second.
    expect(await statsUntil(server, neighbour.api, ({ succeeded }) => succeeded === 3)).toMatchObject({
      total: 3,
    });
    expect(await statsUntil(server, member.api, ({ succeeded }) => succeeded === 1)).toMatchObject({
      total: 1,
    });
    // Who manages the webhooks of a team that he is in counts them once.
    const both = await createPerson(neighbour, { name: 'Both', permissions: ['WEBHOOKS_MANAGE'] });
    await neighbour.api.mutate(
      'mutation ($id: ID!, $ids: [ID!]) { teamUpdate(id: $id, input: { memberIds: $ids }) { errors { code } } }',
      { id: teamId, ids: [member.id, both.id] },
    );
    expect(await both.api.run(STATS)).toMatchObject({ total: 3, succeeded: 3 });
    expect(await owner.api.run(STATS)).toMatchObject({ total: before.total, succeeded: before.succeeded });
    await statsUntil(server, server.api, ({ succeeded }) => succeeded === 3 + before.succeeded);
  });

  it('are forgotten when no window reaches them any more, and not before', async () => {
    const { engine } = server.app.db;
    await engine.query(
      `insert into delivery_stats (scope_id, step, at, part_id, created, succeeded, failed, cancelled)
       select 'old', step, date_bin(step * interval '1 second', now(), 'epoch') - n * step * interval '1 second', '', 1, 1, 0, 0
       from unnest(array[60, 900, 7200, 21600]) step cross join generate_series(0, 150) n`,
    );
    await forgetStats(engine);
    const { rows } = await engine.query(
      `select step, count(*)::int as kept from delivery_stats where scope_id = 'old' group by step order by step`,
    );
    expect(rows.map(({ step }) => step)).toEqual(DIVISIONS.map(({ step }) => step));
    for (const [index, { step, keep, points }] of DIVISIONS.entries()) {
      // The one that is under way, and those that began within the time.
      expect([keep / step, keep / step + 1]).toContain(rows[index]!.kept);
      expect(points * step).toBeLessThan(keep);
    }
    await engine.query(`delete from delivery_stats where scope_id = 'old'`);
  });
});
