/** The feed of a Create Webhooks link, for programs that poll it (X10, P12, P13). */
import { CloudEvent, HTTP } from 'cloudevents';
import pg from 'pg';

import type { EventInput } from '../../src/events/event-input.ts';
import { createPerson, createTeam, type Person } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import {
  clientEvent,
  createWebhook,
  type MadeWebhook,
  publish,
  registerResource,
} from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { accepting, ask, follow, idsOf, makeLink, soon } from './link.ts';

const DISABLE = 'mutation ($id: ID!) { webhookDisable(id: $id) { errors { code } } }';

let server: TestServer;
let receiver: Receiver;
let link: string;
let webhook: MadeWebhook;
/** An account below the root, its administrator, and the link of that one. */
let branch: Person;
let branchLink: string;
let branchWebhook: MadeWebhook;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  await registerResource(server.api);
  link = await makeLink(server.api);
  branch = await createPerson(server, {
    ...{ name: 'Branch', isAccount: true, permissions: ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH'] },
  });
  branchLink = await makeLink(branch.api);
});
afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

async function ids(...events: Record<string, unknown>[]): Promise<string[]> {
  return (await publish(server.api, ...events)).map(({ event }) => event.id);
}
const entities = (answer: { json: { entityId?: string; subject?: string }[] }): string[] =>
  answer.json.map(({ entityId, subject }) => (entityId ?? subject)!);

describe('the feed before anything happened', () => {
  it('is a marked sample of what is asked for; an empty array where since, or going forward, says that none is wanted', async () => {
    const answer = await ask(`${link}/events`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.json).toEqual([
      {
        ...{ type: 'clients.create', id: 'sample_clients.create', resource: 'clients', event: 'create' },
        ...{ timestamp: '2000-01-01T00:00:00.000Z', entityId: 'sample', webhookNumbers: [], sample: true },
        data: expect.objectContaining({ id: expect.any(String), name: expect.any(String) }),
      },
    ]);
    expect((await ask(`${link}/events?event=update`)).json).toMatchObject([{ type: 'clients.update' }]);
    // Not supported: nothing of the kind will ever come.
    expect((await ask(`${link}/events?event=delete`)).json).toEqual([]);
    expect((await ask(`${link}/events?since=2026-01-01`)).json).toEqual([]);
    expect((await ask(`${link}/feed`)).json).toEqual([]);
    expect((await ask(`${link}/samples`)).json.map(({ type }: { type: string }) => type)).toEqual(
      expect.arrayContaining(['clients.create', 'clients.update']),
    );
  });
});

describe('the newest notifications', () => {
  let first: string[];

  beforeAll(async () => {
    webhook = await createWebhook(server.api, receiver.url);
    branchWebhook = await createWebhook(branch.api, receiver.url, {
      triggers: [
        { resource: 'clients', event: 'create' },
        { resource: 'clients', event: 'update' },
      ],
    });
    first = await ids(
      clientEvent('a', { payloadText: '{ "name":"A",  "id": "a" }', payload: undefined }),
      clientEvent('b', { loginId: branch.id }),
      clientEvent('c', { loginId: branch.id, event: 'update' }),
      clientEvent('d', { event: 'update' }),
    );
  });

  it('X10: are the newest first, each as it was published, with the webhooks that it fired, and without a sample', async () => {
    const answer = await ask(`${link}/events`);
    expect(entities(answer)).toEqual(['c', 'b', 'a']);
    expect(idsOf(answer)).toEqual([first[2], first[1], first[0]]);
    expect(answer.json.map((one: any) => one.webhookNumbers)).toEqual([
      [branchWebhook.number],
      [webhook.number, branchWebhook.number],
      [webhook.number],
    ]);
    expect(answer.text).toContain('"data":{ "name":"A",  "id": "a" }}');
    expect(answer.text).not.toContain('sample');
    // Stable: the same ids and bytes however often one asks.
    expect((await ask(`${link}/events`)).text).toBe(answer.text);
  });

  it('P12: are those of webhooks that the login may see, and no others', async () => {
    expect(entities(await ask(`${branchLink}/events`))).toEqual(['c', 'b']);
    expect((await ask(`${branchLink}/events`)).json[1].webhookNumbers).toEqual([branchWebhook.number]);
    const empty = await createPerson(server, {
      ...{ name: 'Beside', isAccount: true, permissions: ['WEBHOOKS_MANAGE'] },
    });
    expect(entities(await ask(`${await makeLink(empty.api)}/events`))).toEqual(['sample']);
  });

  it('with scope=portfolio are everything that happens below, for those who may read events', async () => {
    expect(entities(await ask(`${link}/events?scope=portfolio`))).toEqual(['d', 'c', 'b', 'a']);
    expect(entities(await ask(`${branchLink}/events?scope=portfolio`))).toEqual(['c', 'b']);
    const member = await createPerson(server, { name: 'Member' });
    const teamId = await createTeam(server, 'Readers', [member.id]);
    await createWebhook(server.api, receiver.url, { details: { teamId } });
    const memberLink = await makeLink(member.api);
    expect((await ask(`${memberLink}/events`)).status).toBe(200);
    const refused = await ask(`${memberLink}/events?scope=portfolio`);
    expect([refused.status, refused.json.code]).toEqual([403, 'FORBIDDEN']);
  });

  it.each([
    ['resource=clients&event=update', ['c']],
    ['event=create', ['b', 'a']],
    ['resource=orders', ['sample?']],
    ['limit=2', ['c', 'b']],
    ['scope=portfolio&event=update', ['d', 'c']],
  ])('can be narrowed by %s', async (query, expected) => {
    const found = entities(await ask(`${link}/events?${query}`));
    expect(found).toEqual(expected[0] === 'sample?' ? [] : expected);
  });

  it('can be narrowed to a webhook, by its number or its id, and to a time', async () => {
    for (const name of [branchWebhook.number, branchWebhook.id])
      expect(entities(await ask(`${link}/events?webhook=${name}`))).toEqual(['c', 'b']);
    expect(entities(await ask(`${branchLink}/events?webhook=${webhook.number}`))).toEqual(['sample']);
    const { json } = await ask(`${link}/events?scope=portfolio&since=2020-01-01T00:00:00%2B01:00`);
    expect(json).toHaveLength(4);
    const later = new Date(Date.now() + 3_600_000).toISOString();
    expect((await ask(`${link}/events?since=${later}`)).json).toEqual([]);
  });

  it('have an entity tag: 304 without a body as long as it is the same, whatever else the poller has', async () => {
    const url = `${link}/events?limit=3`;
    const tag = (await ask(url)).headers.get('etag')!;
    const same = await ask(url, { headers: { 'if-none-match': `"other", W/${tag}` } });
    expect([same.status, same.text, same.headers.get('etag')]).toEqual([304, '', tag]);
    await ids(clientEvent('e'));
    const fresh = await ask(url, { headers: { 'if-none-match': tag } });
    expect([fresh.status, entities(fresh)]).toEqual([200, ['e', 'c', 'b']]);
  });

  it('leave out test events, and keep what fired a webhook that was switched off or deleted since', async () => {
    const other = await createWebhook(server.api, receiver.url, {
      triggers: [{ resource: 'clients', event: 'update' }],
    });
    await server.api.mutate(
      `mutation ($input: TestEventInput!) { testEventSend(input: $input) { errors { code } } }`,
      { input: { webhookId: other.id, resource: 'clients', event: 'update' } },
    );
    await ids(clientEvent('f', { event: 'update' }));
    await server.api.mutate(DISABLE, { id: other.id });
    await ids(clientEvent('g', { event: 'update' }));
    const found = await ask(`${link}/events?webhook=${other.number}`);
    expect(entities(found)).toEqual(['f']);
    await server.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', {
      id: other.id,
    });
    expect(idsOf(await ask(`${link}/events?webhook=${other.number}`))).toEqual(idsOf(found));
  });

  it('hold what fired a webhook whose only endpoint is off: the feed is a way out of its own', async () => {
    await server.api.mutate('mutation ($id: ID!) { endpointDisable(id: $id) { errors { code } } }', {
      id: webhook.endpointId,
    });
    const [id] = await ids(clientEvent('h'));
    expect((await ask(`${link}/events?webhook=${webhook.number}&limit=1`)).json[0].id).toBe(id);
  });
});

describe('a parameter that is wrong', () => {
  it.each([
    ['events?limit=0', 'limit'],
    ['events?limit=1001', 'limit'],
    ['events?limit=ten', 'limit'],
    ['events?limit=1&limit=2', 'limit'],
    ['events?since=yesterday', 'since'],
    ['events?since=2026-02-30T00:00:00', 'since'],
    ['events?scope=all', 'scope'],
    ['events?webhook=ep_1', 'webhook'],
    ['events?resource=Clients%00', 'resource'],
    ['events?lastEventId=evt_1', 'lastEventId'],
    ['feed?timeout=60001', 'timeout'],
    ['feed?timeout=-1', 'timeout'],
    ['feed?since=2026-01-01', 'since'],
    ['feed?last=1', 'last'],
  ])('is named with its rule: %s', async (path, parameter) => {
    const { status, json, headers } = await ask(`${link}/${path}`);
    expect([status, json.code, json.parameter]).toEqual([400, 'INVALID', parameter]);
    expect(json.detail).toContain(parameter);
    expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  });
});

describe('going forward', () => {
  it('P13: gives CloudEvents in the order of their commits, behind the event that is named', async () => {
    const made = await ids(
      ...Array.from({ length: 5 }, (_, index) => clientEvent(`p${index}`, { loginId: branch.id })),
    );
    const seen = await follow(branchLink, made.at(-1)!, { limit: 2 });
    expect(seen.filter((id) => made.includes(id))).toEqual(made);
    expect(new Set(seen).size).toBe(seen.length);
    const answer = await ask(`${branchLink}/feed?lastEventId=${made[2]}`);
    expect(answer.headers.get('content-type')).toBe('application/cloudevents-batch+json');
    expect(idsOf(answer)).toEqual(made.slice(3));
    const [one] = answer.json;
    expect(one).toMatchObject({
      ...{ specversion: '1.0', source: '/events', type: 'clients.create', subject: 'p3' },
      ...{ webhooknumbers: String(branchWebhook.number), datacontenttype: 'application/json' },
      data: { id: 'p3', name: 'Client p3' },
    });
    // Judged by the package of the specification.
    expect(new CloudEvent(one).validate()).toBe(true);
    const batch = { headers: { 'content-type': 'application/cloudevents-batch+json' }, body: answer.text };
    expect((HTTP.toEvent(batch) as CloudEvent[]).map(({ id }) => id)).toEqual(made.slice(3));
    // The address itself, for those who accept that and nothing else.
    const accepted = await accepting(
      `${branchLink}?lastEventId=${made[2]}`,
      'application/cloudevents-batch+json',
    );
    expect(accepted.text).toBe(answer.text);
  });

  it('waits for what has begun before and commits later, and then gives it in its place', async () => {
    const [start] = await ids(clientEvent('start'));
    await soon(link, start!);
    const host = new pg.Client({ connectionString: server.database.url });
    await host.connect();
    await host.query('begin');
    const { access, events } = server.app.rooms;
    const held = await events.publishIn(host, await access.rootViewer(), [
      clientEvent('held') as unknown as EventInput,
    ]);
    const heldId = held.ok ? held.value[0]!.eventId : '';
    const [after] = await ids(clientEvent('after'));
    // Committed, and shown to those who ask for the newest; but whoever goes forward would miss the other one.
    expect(idsOf(await ask(`${link}/events?limit=1`))).toEqual([after]);
    expect((await ask(`${link}/feed?lastEventId=${start}`)).json).toEqual([]);
    await host.query('commit');
    await host.end();
    await soon(link, after!);
    expect(idsOf(await ask(`${link}/feed?lastEventId=${start}`))).toEqual([heldId, after]);
  });

  it('with a timeout waits for what comes, answers as soon as it does, and with nothing when the time is over', async () => {
    const [last] = await ids(clientEvent('last'));
    await soon(link, last!);
    const startedAt = performance.now();
    expect((await ask(`${link}/feed?lastEventId=${last}&timeout=300`)).json).toEqual([]);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(300);
    const waiting = ask(`${link}/feed?lastEventId=${last}&timeout=30000`);
    const [next] = await ids(clientEvent('next'));
    expect(idsOf(await waiting)).toEqual([next]);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    // Nothing was queued for what fires no webhook, so nobody is told of it: it is found all the same.
    const portfolio = ask(`${link}/feed?scope=portfolio&event=update&lastEventId=${next}&timeout=30000`);
    const [quiet] = await ids(clientEvent('quiet', { event: 'update' }));
    expect(idsOf(await portfolio)).toEqual([quiet]);
  });

  it('from an event that others see only, or behind many of others, misses nothing', async () => {
    const [start] = await ids(clientEvent('own', { loginId: branch.id }));
    const foreign = await ids(...Array.from({ length: 1000 }, (_, index) => clientEvent(`f${index}`)));
    await ids(...Array.from({ length: 500 }, (_, index) => clientEvent(`g${index}`)));
    await soon(link, foreign.at(-1)!);
    expect((await ask(`${branchLink}/feed?lastEventId=${start}`)).json).toEqual([]);
    const [mine] = await ids(clientEvent('mine', { loginId: branch.id }));
    await soon(link, mine!);
    // Once looked through, it is not looked through again: the same answer from the same event.
    for (const last of [start, start, foreign.at(-1)])
      expect(idsOf(await ask(`${branchLink}/feed?lastEventId=${last}&timeout=5000`))).toEqual([mine]);
  });

  it('from an event that is not kept any more, or never was, is refused with what to do', async () => {
    const old = await ask(`${link}/feed?lastEventId=evt_01h2xcejqtf2nbrexx3vqjhp41`);
    expect([old.status, old.json.code]).toEqual([410, 'CURSOR_EXPIRED']);
    const recent = `${(await ids(clientEvent('x')))[0]!.slice(0, -3)}zzz`;
    for (const id of [recent, 'nonsense', 'whk_01h2xcejqtf2nbrexx3vqjhp41']) {
      const unknown = await ask(`${link}/feed?lastEventId=${id}`);
      expect([unknown.status, unknown.json.code]).toEqual([410, 'CURSOR_UNKNOWN']);
      expect(unknown.json.detail).toContain('without lastEventId');
    }
  });
});

describe('by what a program accepts', () => {
  it.each([
    ['*/*', 'application/json; charset=utf-8'],
    ['application/json', 'application/json; charset=utf-8'],
    ['application/cloudevents-batch+json', 'application/cloudevents-batch+json'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html; charset=utf-8'],
  ])('%s gets %s', async (accept, type) => {
    const { status, headers } = await accepting(link, accept);
    expect([status, headers.get('content-type'), headers.get('vary')]).toEqual([200, type, 'Accept']);
  });

  it('that cannot be had is told what can', async () => {
    const { status, json } = await accepting(link, 'image/png');
    expect([status, json.code]).toEqual([406, 'NOT_ACCEPTABLE']);
  });
});
