/** What the database does to a server under load: all connections ended at once (REL-12), a full disk (REL-19). */
import pg from 'pg';
import { pino } from 'pino';

import { figure } from '../support/figure.ts';
import { onServer } from '../support/postgres.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, publishMany, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let receiver: Receiver;
let log: string[];

beforeEach(async () => {
  log = [];
  const logger = pino({ level: 'warn' }, { write: (line) => void log.push(line) });
  // Of its slots an endpoint gets 16 before it has answered quickly.
  server = await startServer({ BELLWIRE_CONCURRENCY: '32', BELLWIRE_LEASE_MARGIN: '1s' }, { logger });
  receiver = await startReceiver();
  await registerResource(server.api);
  await createWebhook(server.api, receiver.url, { advanced: { timeoutMs: 2_000 } });
});

afterEach(async () => {
  await server.stop();
  await receiver.close();
});

/** Runs work on a connection that the test made only for that. */
async function withSql<T>(work: (sql: pg.Client) => Promise<T>): Promise<T> {
  const sql = new pg.Client({ connectionString: server.database.url });
  await sql.connect();
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

/** Resolves when every delivery has ended. */
function untilAllEnded(limitMs = 30_000): Promise<void> {
  return withSql(async (sql) => {
    for (const end = performance.now() + limitMs; ;) {
      const { rows } = await sql.query<{ open: number }>('select count(*)::int as open from delivery_queue');
      if (rows[0]!.open === 0) return;
      if (performance.now() > end) throw new Error(`${rows[0]!.open} deliveries are still open`);
      await sql.query('select pg_sleep(0.02)');
    }
  });
}

/** The entities whose deliveries succeeded. */
async function delivered(): Promise<string[]> {
  const { rows } = await withSql((sql) =>
    sql.query<{ id: string }>(
      `select e.entity_id as id from deliveries d join events e on e.id = d.event_id where d.status = 'SUCCEEDED'`,
    ),
  );
  return rows.map((row) => row.id);
}

/** The webhook-ids that came, each with how often. */
function arrivals(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const hit of receiver.hits) {
    const id = String(hit.headers['webhook-id']);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

describe('REL-12: pg_terminate_backend of all connections under load', () => {
  it('is outlived: claims go on within five seconds, publishes are taken again, nothing is lost', async () => {
    // Slow enough that requests are on the wire, claims and completions under way, whenever it happens.
    receiver.answer = (_hit, response) => void setTimeout(() => response.writeHead(204).end(), 10);
    const taken: string[] = [];
    let failures = 0;
    let publishing = true;
    const load = (async () => {
      for (let batch = 0; publishing; batch++) {
        const ids = Array.from({ length: 20 }, (_, index) => `${batch}-${index}`);
        // With keys, so that a publish whose answer was lost can be repeated.
        const events = ids.map((id) => clientEvent(id, { idempotencyKey: id }));
        const answered = () =>
          publish(server.api, ...events).then(
            () => true,
            () => false,
          );
        let answer = false;
        while (publishing && !answer) {
          answer = await answered();
          failures += Number(!answer);
        }
        if (answer) taken.push(...ids);
      }
    })();

    const name = new URL(server.database.url).pathname.slice(1);
    let slowestMs = 0;
    let ended = 0;
    try {
      for (let round = 1; round <= 3; round++) {
        await receiver.until(receiver.hits.length + 100);
        const { rows } = await onServer((sql) =>
          sql.query<{ ended: number }>(
            `select count(pg_terminate_backend(pid))::int as ended from pg_stat_activity where datname = $1`,
            [name],
          ),
        );
        ended += rows[0]!.ended;
        const endedAt = performance.now();
        // Whatever was claimed before is at most a full load of requests; one more has been claimed since.
        await receiver.until(receiver.hits.length + 16 + 1, 20_000);
        slowestMs = Math.max(slowestMs, performance.now() - endedAt);
      }
    } finally {
      publishing = false;
      await load;
    }
    await untilAllEnded();
    const listening = await withSql((sql) =>
      sql.query(`select 1 from pg_stat_activity where datname = $1 and application_name = 'bellwire hints'`, [
        name,
      ]),
    );
    expect(listening.rows).toHaveLength(1);

    const succeeded = await delivered();
    expect(new Set(succeeded).size).toBe(succeeded.length);
    const lost = taken.filter((id) => !succeeded.includes(id)).length;
    const counts = [...arrivals().values()];
    figure(
      'REL-12',
      {
        connectionsEnded: ended,
        publishesRepeated: failures,
        events: taken.length,
        claimsAgainMs: Math.round(slowestMs),
        lost,
        repeats: counts.reduce((sum, count) => sum + count - 1, 0),
      },
      { connectionsEnded: { atLeast: 15 }, claimsAgainMs: 5_000, lost: 0, repeats: 3 * 2 * 16 },
    );
  }, 120_000);
});

describe('REL-19: a disk that is full (SQLSTATE 53100)', () => {
  /** From now on whatever writes a table of the engine fails as on a full disk. */
  async function fillDisk(...tables: string[]): Promise<void> {
    await withSql(async (sql) => {
      await sql.query(
        `create or replace function disk_full() returns trigger language plpgsql as $$
         begin
           raise exception 'could not extend file "base/16384/2610": No space left on device'
             using errcode = 'disk_full', hint = 'Check free disk space.';
         end $$`,
      );
      for (const table of tables)
        await sql.query(
          `create trigger disk_full before insert or update on ${table} for each statement execute function disk_full()`,
        );
    });
  }

  function freeDisk(): Promise<void> {
    // The triggers stay: to drop those of several tables at once waits for who waits for it.
    return withSql(
      async (sql) =>
        void (await sql.query(
          `create or replace function disk_full() returns trigger language plpgsql as 'begin return null; end'`,
        )),
    );
  }

  it('refuses publishes clearly and stores nothing of them; what was taken is delivered when there is space again', async () => {
    // On the wire while the disk fills: their results cannot be recorded.
    const held: (() => void)[] = [];
    receiver.answer = (_hit, response) => void held.push(() => response.writeHead(204).end());
    const taken = await publishMany(server.api, 40, 40, 'before');
    await receiver.until(16);
    await fillDisk('events', 'delivery_queue', 'delivery_log', 'deliveries', 'attempts');

    const startedAt = performance.now();
    const refused = await server.api.send(
      'mutation ($input: [EventInput!]!) { eventsPublish(input: $input) { errors { code } events { event { id } } } }',
      { input: [clientEvent('refused')] },
    );
    const refusedMs = performance.now() - startedAt;
    expect(refused.data?.eventsPublish ?? null).toBeNull();
    expect(refused.errors).toEqual([expect.objectContaining({ extensions: { code: 'UNAVAILABLE' } })]);
    expect(JSON.stringify(refused)).not.toMatch(/16384|space|53100/);
    expect(log.find((line) => line.includes('no room for a request'))).toMatch(/"code":"53100"/);
    // The process is there, and reads go on.
    expect((await fetch(`${server.app.url}/healthz`)).status).toBe(200);
    expect((await server.api.run('{ events(first: 50) { nodes { id } } }')).nodes).toHaveLength(40);

    receiver.answer = status(204);
    for (const answer of held) answer();
    const failed = () => log.filter((line) => line.includes('completion.failed')).length;
    for (const end = performance.now() + 10_000; failed() < 2 && performance.now() < end;)
      await withSql((sql) => sql.query('select pg_sleep(0.02)'));
    expect(failed()).toBeGreaterThanOrEqual(2);
    // The slots are held until the results are recorded: nothing more is sent that could not be.
    const whileFull = receiver.hits.length;
    await freeDisk();
    const freedAt = performance.now();
    await receiver.until(whileFull + 1);
    const resumedMs = performance.now() - freedAt;
    await untilAllEnded();

    const succeeded = await delivered();
    expect(new Set(succeeded).size).toBe(succeeded.length);
    await publish(server.api, clientEvent('after'));
    await receiver.find((hit) => hit.body.includes('"after"'));
    const counts = [...arrivals().values()];
    figure(
      'REL-19',
      {
        refusedMs: Math.round(refusedMs),
        sentWhileFull: whileFull,
        resumedMs: Math.round(resumedMs),
        lost: taken.filter((id) => !succeeded.includes(id)).length,
        phantoms: receiver.hits.filter((hit) => hit.body.includes('"refused"')).length,
        repeats: counts.reduce((sum, count) => sum + count - 1, 0),
      },
      { refusedMs: 1_000, sentWhileFull: 16, resumedMs: 5_000, lost: 0, phantoms: 0, repeats: 0 },
    );
  }, 120_000);
});
