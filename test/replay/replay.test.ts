/** What a replay matches, who may ask for it, and what is refused. */
import { newId } from '../../src/ids.ts';
import { createPerson, type Person } from '../support/people.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import {
  act,
  askReplay,
  deliveryOf,
  ended,
  finished,
  history as historyOf,
  idsOf,
  moveReplay,
  preview,
  type ReplayWish,
  startReplay,
} from '../support/replays.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const UPDATE = { resource: 'clients', event: 'update' };

let server: TestServer;
let receiver: Receiver;
/** Another account, with webhooks of its own. */
let beside: Person;

beforeAll(async () => {
  server = await startServer({ BELLWIRE_MAX_REPLAY: '4' });
  await registerResource(server.api);
  const permissions = ['WEBHOOKS_MANAGE' as const, 'EVENTS_PUBLISH' as const];
  beside = await createPerson(server, { name: 'Beside', isAccount: true, permissions });
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

/** Filters that can match nothing, whatever happened, and what is said of them; foreign is the id of a webhook of somebody else. */
function wrongFilters(foreign: string): [Record<string, unknown>, string, string, RegExp][] {
  const [from, to] = ['2026-03-02T00:00:00.000Z', '2026-03-01T00:00:00.000Z'];
  const unknown = /There is no such (webhook|endpoint|replay) that you may manage/;
  return [
    [{ createdAt: { from, to } }, 'INVALID', 'createdAt.to', /must be later than from, 2026-03-02/],
    [{ createdAt: { from, to: from } }, 'INVALID', 'createdAt.to', /must be later/],
    [{ status: [] }, 'INVALID', 'status', /The list is empty/],
    [{ statusCode: [] }, 'INVALID', 'statusCode', /The list is empty/],
    [{ webhookId: newId('webhook') }, 'NOT_FOUND', 'webhookId', unknown],
    [{ webhookId: foreign }, 'NOT_FOUND', 'webhookId', unknown],
    [{ webhookId: 'whk_\0' }, 'NOT_FOUND', 'webhookId', unknown],
    [{ webhookNumber: 987_654 }, 'NOT_FOUND', 'webhookNumber', unknown],
    [{ endpointId: newId('endpoint') }, 'NOT_FOUND', 'endpointId', unknown],
    [{ replayId: newId('replay') }, 'NOT_FOUND', 'replayId', unknown],
  ];
}

describe('a replay', () => {
  it('matches what the list of deliveries shows for the same filter, whatever is combined', async () => {
    receiver.answer = (hit, response) => void response.writeHead(hit.body.includes('"bad') ? 500 : 204).end();
    const first = await history(['good1', 'bad1', 'good2'], { details: { name: 'Northwind' } });
    const { webhook, filter } = await history(['good1', 'bad2'], {
      triggers: [{ resource: 'clients', event: 'create' }, UPDATE],
    });
    await publish(server.api, clientEvent('good3', { event: 'update' }));
    const own = await ended(server.api, filter, 3);
    const all = [...(await ended(server.api, first.filter, 5)), ...own];
    const middle = { from: first.deliveries[1]!.createdAt, to: own[1]!.createdAt };
    const within = { webhookId: webhook.id };
    const cases: [Record<string, unknown>, (delivery: any) => boolean][] = [
      [{ ...within, status: ['FAILED'] }, (d) => own.includes(d) && d.status === 'FAILED'],
      [{ ...within, status: ['FAILED', 'SUCCEEDED'], event: 'update' }, (d) => d.event.name === 'update'],
      [{ ...within, entityId: 'good1' }, (d) => own.includes(d) && d.event.entityId === 'good1'],
      [
        { webhookNumber: first.webhook.number, statusCode: [500] },
        (d) => all.indexOf(d) < 5 && d.latestAttempt.response.statusCode === 500,
      ],
      [{ ...within, createdAt: middle }, (d) => own.includes(d) && d.createdAt < middle.to],
      [{ endpointId: webhook.endpointId, resource: 'clients' }, (d) => own.includes(d)],
      [{ eventId: own[2]!.event.id }, (d) => d === own[2]],
      [{ search: 'northwind' }, (d) => d.webhookNumber === first.webhook.number],
      [{ ...within, search: 'bad2', status: ['SUCCEEDED'] }, () => false],
      [{ ...within, status: ['PENDING', 'IN_FLIGHT'] }, () => false],
      [{ ...within, resource: 'nothing' }, () => false],
    ];
    for (const [given, fits] of cases)
      expect([given, await matched({ filter: given })]).toEqual([given, all.filter(fits).length]);
    receiver.hits.length = 0;
    receiver.answer = status(204);
    const replay = await startReplay(server.api, { filter: { ...within, status: ['FAILED'] } });
    await finished(server.api, replay.id);
    expect(receiver.hits.map(deliveryOf)).toEqual([own[1]!.id]);
    expect(await matched({ filter: { ...within, status: ['FAILED'] } })).toBe(0);
  });

  it('is started once for a key, and refused with what is wrong', async () => {
    const { filter } = await history(['a', 'b']);
    await history(['c', 'd', 'e'], { event: 'update' });
    const key = newId('event');
    const [one, two] = await Promise.all([
      askReplay(server.api, { filter }, key),
      askReplay(server.api, { filter }, key),
    ]);
    expect(one.errors).toEqual([]);
    expect(two.replay.id).toBe(one.replay.id);
    expect((await finished(server.api, one.replay.id)).matched).toBe(2);
    expect(receiver.hits).toHaveLength(2);
    const refusals: [ReplayWish, string, string, RegExp][] = [
      [{ filter, ratePerSecond: 0 }, 'INVALID', 'ratePerSecond', /from 1 to 1000 a second, it is 0/],
      [{ filter, ratePerSecond: 1001 }, 'INVALID', 'ratePerSecond', /it is 1001/],
      [{ filter, missingFor: newId('webhook') }, 'NOT_FOUND', 'missingFor', /no such webhook/],
      [{ filter, missingFor: 'whk_\0' }, 'NOT_FOUND', 'missingFor', /no such webhook/],
      [{ filter: { search: 'a\0' } }, 'INVALID_STATE', 'filter', /Nothing that matches has come to its end/],
      [{ filter: { ...filter, status: ['PENDING'] } }, 'INVALID', 'filter.status', /name SUCCEEDED, FAILED/],
    ];
    for (const [input, code, field, message] of refusals)
      expect(await askReplay(server.api, input)).toEqual({
        errors: [{ code, field: field.split('.'), message: expect.stringMatching(message) }],
        replay: null,
      });
    for (const [wrong, code, field, message] of wrongFilters(filter.webhookId))
      expect(await askReplay(beside.api, { filter: wrong })).toEqual({
        errors: [{ code, field: ['filter', ...field.split('.')], message: expect.stringMatching(message) }],
        replay: null,
      });
    expect((await askReplay(server.api, { filter, ratePerSecond: 2 }, key)).errors).toMatchObject([
      { code: 'KEY_REUSED' },
    ]);
    expect((await moveReplay(server.api, 'Pause', newId('replay'))).errors).toMatchObject([
      { code: 'NOT_FOUND' },
    ]);
    // More than one may have: nothing of it goes.
    expect(await askReplay(server.api, { filter: {} })).toMatchObject({
      errors: [
        { code: 'TOO_MANY', field: ['filter'], message: expect.stringContaining('More than 4 deliveries') },
      ],
      replay: null,
    });
    expect(receiver.hits).toHaveLength(2);
  });

  it('never touches what its caller does not manage, and is seen by those above alone', async () => {
    const own = await createWebhook(beside.api, receiver.url, { advanced: { retrySchedule: [0] } });
    await publish(beside.api, clientEvent('own', { loginId: beside.id }));
    const [mine] = await ended(beside.api, { webhookId: own.id }, 1);
    const foreign = await history(['foreign']);
    expect(await preview(beside.api, { filter: foreign.filter })).toEqual({ value: 0, precision: 'EXACT' });
    expect(
      (await askReplay(beside.api, { filter: {}, missingFor: foreign.webhook.id })).errors,
    ).toMatchObject([{ code: 'NOT_FOUND', field: ['missingFor'] }]);
    const { id } = await startReplay(beside.api, { filter: {} });
    expect(await finished(beside.api, id)).toMatchObject({ matched: 1 });
    expect(receiver.hits.map(deliveryOf)).toEqual([mine!.id]);
    const ids = async (api = server.api) => idsOf(await api.run('{ replays { id } }'));
    expect(await ids(beside.api)).toEqual([id]);
    expect((await ids())[0]).toBe(id);
    const powerless = await createPerson(server, { name: 'Powerless', permissions: ['EVENTS_PUBLISH'] });
    const refusal = await powerless.api.send('{ replays { id } }');
    expect(refusal.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    const { id: above } = await startReplay(server.api, { filter: foreign.filter });
    expect(await ids(beside.api)).toEqual([id]);
    expect((await moveReplay(beside.api, 'Cancel', above)).errors).toMatchObject([{ code: 'NOT_FOUND' }]);
    expect(await finished(server.api, above)).toMatchObject({ succeeded: 1 });
  });

  it('stands in the audit log with what it was started with, and each step', async () => {
    const { filter } = await history(['a']);
    const { id } = await startReplay(server.api, { filter, ratePerSecond: 1 });
    for (const step of ['Pause', 'Resume', 'Cancel'] as const) await moveReplay(server.api, step, id);
    const { nodes } = await server.api.run(
      'query ($id: ID!) { auditLog(subjectId: $id) { nodes { action login { id } subject { id } changes } } }',
      { id },
    );
    expect(nodes.map(({ action }: { action: string }) => action)).toEqual([
      ...['replay.cancel', 'replay.resume', 'replay.pause', 'replay.start'],
    ]);
    expect(nodes[3]).toMatchObject({
      subject: { id },
      changes: { filter: { to: filter }, matched: { to: 1 }, ratePerSecond: { to: 1 } },
    });
  });
});
