/** The cursor of the stream: no line is missed, whatever order transactions commit in. */
import pg from 'pg';

import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const POLL = `query ($after: StreamCursor, $first: Int! = 200) {
  deliveryEvents(after: $after, first: $first) {
    cursor caughtUp reset events { kind cursor delivery { id version } }
  }
}`;

interface PolledBatch {
  cursor: string;
  caughtUp: boolean;
  reset: string | null;
  events: { kind: string; cursor: string; delivery: { id: string; version: number } }[];
}

let server: TestServer;
let receiver: Receiver;
let other: pg.Client;

beforeEach(async () => {
  server = await startServer();
  receiver = await startReceiver();
  other = new pg.Client({ connectionString: server.database.url });
  await other.connect();
  await registerResource(server.api);
  await createWebhook(server.api, receiver.url);
});

afterEach(async () => {
  await other.end();
  await server.stop();
  await receiver.close();
});

const poll = (after: string | null, first = 200): Promise<PolledBatch> =>
  server.api.run(POLL, { after, first }) as Promise<PolledBatch>;

/** Reads until nothing is left, as a poller does. */
async function drain(after: string | null): Promise<PolledBatch['events']> {
  const seen: PolledBatch['events'] = [];
  for (let cursor = after; ;) {
    const batch = await poll(cursor);
    seen.push(...batch.events);
    cursor = batch.cursor;
    if (batch.caughtUp) return seen;
  }
}

/** What a reader of "seq > last" would have seen: the mistake that the cursor exists to avoid. */
class NaiveReader {
  #last = 0n;
  readonly seen: string[] = [];

  async read(): Promise<void> {
    const { rows } = await server.app.db.streams.query<{ seq: string; line: string }>(
      `select seq, delivery_id || ' ' || version as line from delivery_log where seq > $1 order by seq`,
      [this.#last.toString()],
    );
    for (const row of rows) {
      this.#last = BigInt(row.seq);
      this.seen.push(row.line);
    }
  }
}

describe('the cursor', () => {
  it('waits for an older transaction that is still open, and then misses none of its lines, where seq > last loses them', async () => {
    const start = (await poll(null)).cursor;
    const naive = new NaiveReader();

    // A writer takes its transaction id and its place in the sequence first, and commits last.
    await publish(server.api, clientEvent('template'));
    await receiver.until(1);
    const before = await drain(start);
    await naive.read();
    await other.query('begin');
    await other.query(
      `insert into delivery_log (kind, delivery_id, version, event_id, webhook_id, endpoint_id, origin,
                                 attempt_count, created_at)
       select kind, delivery_id, 99, event_id, webhook_id, endpoint_id, origin, attempt_count, created_at
       from delivery_log order by seq limit 1`,
    );
    await publish(server.api, clientEvent('later-1'), clientEvent('later-2'));
    await receiver.until(3);
    await naive.read();
    const held = await poll(before.at(-1)!.cursor);
    expect(held.events.filter((event) => event.kind === 'CREATED')).toEqual([]);
    expect(held.caughtUp).toBe(false);

    await other.query('commit');
    await naive.read();
    const after = [...held.events, ...(await drain(held.cursor))];
    const lines = [...before, ...after].map((event) => `${event.delivery.id} ${event.delivery.version}`);
    const { rows } = await other.query<{ line: string }>(
      `select delivery_id || ' ' || version as line from delivery_log`,
    );
    expect(after.some((event) => event.delivery.version === 99)).toBe(true);
    expect([...new Set(lines)].sort()).toEqual(rows.map((row) => row.line).sort());
    expect(lines).toHaveLength(new Set(lines).size);
    expect(naive.seen.some((line) => line.endsWith(' 99'))).toBe(false);
  });

  it('goes on in small steps without a gap or a repeat', async () => {
    await publish(server.api, ...Array.from({ length: 25 }, (_, index) => clientEvent(`c${index}`)));
    await receiver.until(25);
    const seen: string[] = [];
    let cursor: string | null = null;
    while (seen.length < 50) {
      const batch = await poll(cursor, 7);
      expect(batch.events.length).toBeLessThanOrEqual(7);
      seen.push(...batch.events.map((event) => `${event.delivery.id} ${event.kind}`));
      cursor = batch.cursor;
    }
    expect(new Set(seen).size).toBe(50);
  });

  it('is answered with CURSOR_UNKNOWN and a fresh start when it is of another history, or garbage', async () => {
    const own = (await poll(null)).cursor;
    const foreign = Buffer.from(Buffer.from(own, 'base64url').toString().replace(/^\d+/, '77')).toString(
      'base64url',
    );
    for (const cursor of [foreign, 'garbage']) {
      const batch = await poll(cursor);
      expect(batch).toMatchObject({ reset: 'CURSOR_UNKNOWN', events: [] });
      await publish(server.api, clientEvent('proof'));
      await receiver.until(1);
      expect((await drain(batch.cursor)).length).toBeGreaterThan(0);
    }
  });

  it('of a page lets a subscriber go on from exactly there', async () => {
    await publish(server.api, clientEvent('first'));
    await receiver.until(1);
    const page = await server.api.run('{ deliveries(first: 10) { streamCursor nodes { id } } }');
    const [second] = await publish(server.api, clientEvent('second'));
    const stream = server.api.subscribe(
      `subscription ($after: StreamCursor) { deliveryEvents(after: $after, minIntervalMs: 0) {
         cursor events { delivery { event { id } } } } }`,
      { after: page.streamCursor },
    );
    const seen = await stream.until((batches) =>
      batches
        .flatMap((batch: { events: { delivery: { event: { id: string } } }[] }) => batch.events)
        .find((line) => line.delivery.event.id === second!.event.id),
    );
    expect(seen).toBeDefined();
    await stream.close();
  });
});

it('a cursor names no transaction but one that wrote a line, since ids of others are given out anew after a crash', async () => {
  await publish(server.api, clientEvent('first'));
  await receiver.until(1);
  await drain(null);
  // Transactions that write no line: after a kill -9 of PostgreSQL their ids may come again.
  for (let index = 0; index < 20; index += 1)
    await other.query(`update logins set name = name where parent_id is null`);
  const { rows } = await other.query<{ xid: string }>('select max(xid)::text as xid from delivery_log');
  const newest = BigInt(rows[0]!.xid);
  const xidOf = (cursor: string): bigint =>
    BigInt(Buffer.from(cursor, 'base64url').toString().split('.')[2]!);
  const { streamCursor } = await server.api.run('{ deliveries { streamCursor } }');
  const batch = await poll(streamCursor);
  expect([xidOf(streamCursor), xidOf(batch.cursor)]).toEqual([newest, newest]);
  await publish(server.api, clientEvent('second'));
  await receiver.until(2);
  expect((await drain(batch.cursor))[0]!.kind).toBe('CREATED');
});
