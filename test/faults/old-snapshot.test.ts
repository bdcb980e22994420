/** A transaction that somebody leaves open keeps all dead rows of the queue (REL-20): what is due is still found as fast. */
import pg from 'pg';

import { figure } from '../support/figure.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, publishMany, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** So many deliveries come and go while the snapshot is held. */
const CHURN = 10_000;
const SAMPLES = 100;

let server: TestServer;
let receiver: Receiver;
let sql: pg.Client;
let holder: pg.Client;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  [sql, holder] = [0, 1].map(() => new pg.Client({ connectionString: server.database.url })) as [
    pg.Client,
    pg.Client,
  ];
  await sql.connect();
  await holder.connect();
  await registerResource(server.api);
  await createWebhook(server.api, receiver.url);
});

afterAll(async () => {
  await holder?.end();
  await sql?.end();
  await server?.stop();
  await receiver?.close();
});

/** The 95th percentile of the time from a publish to its arrival, ms, one event after the other. */
async function p95Ms(): Promise<number> {
  const times: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    const count = receiver.hits.length + 1;
    const publishedAt = performance.now();
    await publish(server.api, clientEvent(`sample-${count}`));
    await receiver.until(count);
    times.push(receiver.hits[count - 1]!.at - publishedAt);
  }
  return times.sort((one, other) => one - other)[Math.floor(SAMPLES * 0.95)]!;
}

/** Rows of the queue that are gone for everybody but the snapshot, after a vacuum has tried. */
async function deadRows(): Promise<number> {
  await sql.query('vacuum analyze delivery_queue');
  await sql.query('select pg_stat_clear_snapshot()');
  const { rows } = await sql.query<{ dead: number }>(
    `select n_dead_tup::int as dead from pg_stat_user_tables where relname = 'delivery_queue'`,
  );
  return rows[0]!.dead;
}

describe('REL-20: a transaction that is left open for a long time', () => {
  it('keeps dead rows in the queue, and deliveries go out as fast as before', async () => {
    await p95Ms();
    const quiet = await p95Ms();
    await holder.query('begin isolation level repeatable read');
    await holder.query('select count(*) from delivery_queue');
    const before = receiver.hits.length;
    await publishMany(server.api, CHURN);
    await receiver.until(before + CHURN, 60_000);
    const dead = await deadRows();
    const held = await p95Ms();
    await holder.query('commit');
    figure(
      'REL-20',
      {
        deadRows: dead,
        quietP95Ms: Math.round(quiet * 10) / 10,
        heldP95Ms: Math.round(held * 10) / 10,
        ratio: Math.round((held / quiet) * 100) / 100,
      },
      { deadRows: { atLeast: CHURN }, ratio: 3 },
    );
    // With the snapshot gone the rows can go.
    expect(await deadRows()).toBeLessThan(CHURN);
  }, 180_000);
});
