/** After a restore or a move of the database old cursors are unknown, and nothing stays hidden. */
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const POLL = `query ($after: StreamCursor) {
  deliveryEvents(after: $after) { cursor caughtUp reset events { kind delivery { event { entityId } } } } }`;
const KEYS = { BELLWIRE_ENCRYPTION_KEYS: `shared:${Buffer.alloc(32, 7).toString('base64')}` };

let first: TestServer;
let receiver: Receiver;

beforeEach(async () => {
  first = await startServer(KEYS);
  receiver = await startReceiver();
  await registerResource(first.api);
  await createWebhook(first.api, receiver.url);
  await publish(first.api, clientEvent('old'));
  await receiver.until(1);
});

afterEach(async () => {
  await first.stop();
  await receiver.close();
});

describe('a server that starts on a database', () => {
  it.each([
    ['of another cluster', `update stream_epoch set system_identifier = 'another'`],
    ['of another timeline', 'update stream_epoch set timeline = timeline + 1'],
    [
      'whose log speaks of transactions to come',
      `insert into delivery_log (xid, kind, delivery_id, version, event_id, webhook_id, endpoint_id, origin, attempt_count, created_at)
       select '99999999', kind, delivery_id, 9, event_id, webhook_id, endpoint_id, origin, attempt_count, created_at
       from delivery_log limit 1`,
    ],
  ])('%s answers old cursors with CURSOR_UNKNOWN and shows what comes', async (_name, change) => {
    const { cursor } = await first.api.run(POLL);
    const changes = async (server: TestServer) =>
      (await server.app.db.engine.query('select 1 from webhook_changes')).rowCount;
    await first.api.mutate(
      'mutation ($id: ID!) { loginUpdate(id: $id, input: { name: "Renamed" }) { errors { code } } }',
      { id: (await first.api.run('{ viewer { id } }')).id },
    );
    expect(await changes(first)).toBeGreaterThan(0);
    await first.app.db.engine.query(change);
    await first.app.stop();
    const second = await startServer({ ...KEYS, DATABASE_URL: first.database.url });
    try {
      const batch = await second.api.run(POLL, { after: cursor });
      expect(batch).toMatchObject({ reset: 'CURSOR_UNKNOWN', events: [] });
      expect(await changes(second)).toBe(0);
      await publish(second.api, clientEvent('new'));
      await receiver.until(2);
      // A transaction of another test, open anywhere in the cluster, may hold new lines back for a moment.
      let next = await second.api.run(POLL, { after: batch.cursor });
      while (next.events.length === 0) next = await second.api.run(POLL, { after: next.cursor });
      expect(next.reset).toBeNull();
      expect(next.events[0]).toMatchObject({ kind: 'CREATED', delivery: { event: { entityId: 'new' } } });
    } finally {
      await second.stop();
    }
  });

  it('as it was goes on with the cursors of before', async () => {
    const { cursor } = await first.api.run(POLL);
    await first.app.stop();
    const second = await startServer({ ...KEYS, DATABASE_URL: first.database.url });
    try {
      await publish(second.api, clientEvent('new'));
      await receiver.until(2);
      expect(await second.api.run(POLL, { after: cursor })).toMatchObject({ reset: null });
    } finally {
      await second.stop();
    }
  });
});
