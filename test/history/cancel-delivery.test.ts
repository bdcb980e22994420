/** deliveryCancel: what waits ends, what is on the wire is the last attempt, what is over stays as it is. */
import type { ServerResponse } from 'node:http';

import { newId } from '../../src/ids.ts';
import type { Api } from '../support/api.ts';
import { createPerson } from '../support/people.ts';
import { type Answer, type Receiver, startReceiver, status } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const CANCEL = `mutation ($id: ID!) { deliveryCancel(id: $id) {
  errors { code field message } delivery { id status version attemptCount nextAttemptAt } } }`;
const WATCH = `subscription ($after: StreamCursor, $webhookId: ID) {
  deliveryEvents(after: $after, filter: { webhookId: $webhookId }, mode: EVERY_EVENT, minIntervalMs: 0) {
    events { kind delivery { id status version } } } }`;

const DELIVERY = `query ($id: ID!) { delivery(id: $id) { status version attemptCount nextAttemptAt
  attempts(first: 5) { nodes { number origin outcome failure { code } } } } }`;

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
afterEach(() => receiver.close());

const cancel = (id: string, api: Api = server.api): Promise<any> => api.run(CANCEL, { id });

/** Sends one event to a webhook of its own. */
async function begin(retrySchedule: number[], answer: Answer = status(204)) {
  receiver.answer = answer;
  const webhook = await createWebhook(server.api, receiver.url, { advanced: { retrySchedule } });
  await publish(server.api, clientEvent(`of ${webhook.number}`));
  const { nodes } = await server.api.run(
    'query ($id: ID!) { deliveries(filter: { webhookId: $id }) { nodes { id } } }',
    { id: webhook.id },
  );
  return { webhook, id: nodes[0].id as string };
}

/** The leases of all that is on the wire run out: the server takes it over as lost. */
async function endLease(): Promise<void> {
  await server.app.db.engine.query(
    'update delivery_queue set due_at = clock_timestamp() where sender is not null',
  );
}

/** The kinds of a delivery's log, up to the one that is waited for. */
async function logUntil(webhookId: string, last: string): Promise<string[]> {
  const stream = server.api.subscribe(WATCH, { after: await server.api.beginning(), webhookId });
  try {
    return await stream.until((batches) => {
      const kinds = batches.flatMap((batch) => batch.events.map((event: any) => event.kind)) as string[];
      return kinds.includes(last) && kinds;
    });
  } finally {
    await stream.close();
  }
}

describe('deliveryCancel', () => {
  it('ends a delivery that waits for its first attempt, once, however often it is asked for', async () => {
    const { webhook, id } = await begin([600]);
    const cancelled = {
      errors: [],
      delivery: { id, status: 'CANCELLED', version: 2, attemptCount: 0, nextAttemptAt: null },
    };
    expect(await Promise.all([cancel(id), cancel(id), cancel(id)])).toEqual([
      cancelled,
      cancelled,
      cancelled,
    ]);
    expect(await cancel(id)).toEqual(cancelled);
    expect(await logUntil(webhook.id, 'CANCELLED')).toEqual(['CREATED', 'CANCELLED']);
  });

  it('ends one that waits for another attempt, which is never made', async () => {
    const { webhook, id } = await begin([0, 600], status(500));
    await logUntil(webhook.id, 'RETRY_SCHEDULED');
    expect((await cancel(id)).delivery).toMatchObject({ status: 'CANCELLED', attemptCount: 1, version: 3 });
    // Its time comes, and passes: what is published then arrives, and nothing before it.
    await server.app.db.engine.query(
      'update delivery_queue set due_at = clock_timestamp() where sender is null',
    );
    receiver.answer = status(204);
    await publish(server.api, clientEvent('proof'));
    await receiver.find((hit) => hit.body.includes('"proof"'));
    expect(receiver.hits.filter((hit) => hit.headers['webhook-id'] === id)).toHaveLength(1);
  });

  it('of one that is on the wire lets the result count', async () => {
    let open: ServerResponse | undefined;
    const { webhook, id } = await begin([0, 600], (_hit, response) => {
      open = response;
    });
    await receiver.until(1);
    const flying = { errors: [], delivery: { id, status: 'IN_FLIGHT', attemptCount: 1 } };
    expect(await cancel(id)).toMatchObject(flying);
    expect(await cancel(id)).toMatchObject(flying);
    const { rows } = await server.app.db.engine.query('select cancelled from delivery_queue where id = $1', [
      id,
    ]);
    expect(rows).toEqual([{ cancelled: true }]);
    open!.writeHead(204).end();
    expect(await logUntil(webhook.id, 'SUCCEEDED')).toEqual(['CREATED', 'SUCCEEDED']);
  });

  it.each([
    ['answers that it failed', (open) => open.writeHead(500).end(), 'REJECTED', 'STATUS'],
    ['breaks off', (open) => open.destroy(), 'UNREACHABLE', 'CONNECTION_RESET'],
    ['is lost with its sender', () => endLease(), 'LOST', 'SENDER_LOST'],
  ] satisfies [string, (open: ServerResponse) => unknown, string, string][])(
    'of one that is on the wire, and then %s, leaves that attempt the last one',
    async (_title, fail, outcome, code) => {
      const flying: ServerResponse[] = [];
      // Retries would come at once.
      const { webhook, id } = await begin([0, 0, 0], (_hit, response) => void flying.push(response));
      await receiver.until(1);
      // Beside it one of the same webhook that succeeds.
      await publish(server.api, clientEvent('beside'));
      const beside = (await receiver.until(2))[1]!.headers['webhook-id'] as string;
      for (const one of [id, beside])
        expect(await cancel(one)).toMatchObject({
          errors: [],
          delivery: { status: 'IN_FLIGHT', version: 1 },
        });
      receiver.answer = status(204);
      flying[1]!.writeHead(204).end();
      await logUntil(webhook.id, 'SUCCEEDED');
      await fail(flying[0]!);
      expect((await logUntil(webhook.id, 'CANCELLED')).sort()).toEqual([
        ...['CANCELLED', 'CREATED', 'CREATED', 'SUCCEEDED'],
      ]);
      const ended = { version: 2, attemptCount: 1, nextAttemptAt: null };
      const attempt = { number: 1, origin: 'FIRST' };
      expect(await server.api.run(DELIVERY, { id })).toEqual({
        ...{ ...ended, status: 'CANCELLED' },
        attempts: { nodes: [{ ...attempt, outcome, failure: { code } }] },
      });
      expect(await server.api.run(DELIVERY, { id: beside })).toEqual({
        ...{ ...ended, status: 'SUCCEEDED' },
        attempts: { nodes: [{ ...attempt, outcome: 'SUCCEEDED', failure: null }] },
      });
      // To ask again is answered as before, and no request follows: the next one is of something else.
      expect((await cancel(id)).delivery).toMatchObject({ status: 'CANCELLED', version: 2 });
      await publish(server.api, clientEvent('proof'));
      await receiver.find((hit) => hit.body.includes('"proof"'));
      expect(receiver.hits).toHaveLength(3);
    },
  );

  it.each([
    ['arrived', 204, 'SUCCEEDED', /arrived already/],
    ['failed', 500, 'FAILED', /no further attempt is planned/],
  ] as const)('of one that has %s is refused with the reason', async (_title, code, kind, message) => {
    const { webhook, id } = await begin([0], status(code));
    await logUntil(webhook.id, kind);
    expect(await cancel(id)).toEqual({
      errors: [{ code: 'INVALID_STATE', field: ['id'], message: expect.stringMatching(message) }],
      delivery: null,
    });
  });

  it('of what the caller does not manage answers like what does not exist, and does nothing', async () => {
    const { id } = await begin([600]);
    const stranger = await createPerson(server, {
      ...{ name: 'Stranger', isAccount: true },
      permissions: ['WEBHOOKS_MANAGE'],
    });
    const unknown = { errors: [{ code: 'NOT_FOUND', field: ['id'] }], delivery: null };
    for (const [asked, api] of [
      [id, stranger.api],
      [newId('delivery'), server.api],
      ['dlv_\0', server.api],
    ] as const)
      expect(await cancel(asked, api)).toMatchObject(unknown);
    const powerless = await createPerson(server, { name: 'Powerless', permissions: [] });
    expect(await cancel(id, powerless.api)).toMatchObject({ errors: [{ code: 'FORBIDDEN' }] });
    expect((await cancel(id)).delivery).toMatchObject({ status: 'CANCELLED', version: 2 });
  });
});
