/** What is kept, as the command storage prints it beside a running server, and as the metrics get it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

import { listPartitions } from '../../src/db/partitions.ts';
import type { Sql } from '../../src/db/sql.ts';
import { Retention, retentionProgress, storageReport } from '../../src/history/retention.ts';
import { storageText } from '../../src/history/storage.ts';
import { createLogger } from '../../src/log.ts';
import { packageRoot } from '../../src/paths.ts';
import { makeOldRows } from '../support/old-rows.ts';
import { createWebhook, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const DAY = 86_400_000;

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  await registerResource(server.api);
});

afterAll(() => server.stop());

async function command(): Promise<{ output: string; code: number }> {
  const { NODE_OPTIONS: _jest, ...inherited } = process.env;
  const child = spawn(
    process.execPath,
    ['--import', '@swc-node/register/esm-register', 'src/main.ts', 'storage'],
    {
      cwd: packageRoot,
      env: { ...inherited, DATABASE_URL: server.database.url, BELLWIRE_LOG_LEVEL: 'error' },
    },
  );
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close') as Promise<[number]>]);
  return { output, code };
}

/** A line of the table, cut into its cells. */
function row(output: string, table: string): string[] {
  const line = output.split('\n').find((one) => one.startsWith(`${table} `));
  return line!.split(/ {2,}/);
}

it('size, partitions, the oldest row and the next drop of each table, and how far the jobs are', async () => {
  const { engine } = server.app.db;
  const { config } = server.app;
  const webhook = await createWebhook(server.api, 'http://127.0.0.1:9999/hooks');
  expect((await command()).output).toContain('none has run yet');

  const atMs = Date.now() - 20 * DAY;
  const nextMidnight = (Math.floor(atMs / DAY) + 1) * DAY;
  await makeOldRows({ sql: engine, keep: config, api: server.api }, { atMs, count: 50, webhook });
  const before = await storageReport(engine, config);
  const payloads = before.find(({ table }) => table === 'event_payloads')!;
  expect(payloads).toMatchObject({ oldest: new Date(atMs), nextDrop: new Date(nextMidnight + 30 * DAY) });
  expect(payloads.bytes).toBeGreaterThan(8_192);
  expect(before.find(({ table }) => table === 'delivery_log')).toMatchObject({ oldest: new Date(atMs) });
  expect((await storageReport(engine)).every(({ nextDrop }) => nextDrop === null)).toBe(true);
  expect(before.find(({ table }) => table === 'delivery_queue')).toMatchObject({
    partitions: 0,
    oldest: null,
  });

  await new Retention({ url: server.database.url, keep: config, logger: createLogger('error'), pace: 0 }).run(
    Date.now(),
  );
  const drop = retentionProgress().find(({ job }) => job === 'drop')!;
  expect(drop.done).toBeGreaterThan(0);
  const { output, code } = await command();
  expect(code).toBe(0);
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  expect(row(output, 'event_payloads').slice(3)).toEqual([day(atMs), day(nextMidnight + 30 * DAY)]);
  expect(row(output, 'event_payloads')[1]).toMatch(/^\d+\.\d (KiB|MiB)$/);
  // The lines of 20 days ago are gone with their partition.
  expect(row(output, 'delivery_log').slice(3)).toEqual(['-', '-']);
  expect(output).toContain(
    `drop: ${drop.done} of ${drop.total}, begun ${drop.startedAt.toISOString()}, ended `,
  );
  expect(output).toContain('expire: 0 of 0');
});

it('a partition that goes while the report is made is passed over', async () => {
  const { engine } = server.app.db;
  const [first] = (await listPartitions(engine)).filter(({ of }) => of.table === 'attempts');
  const going: Sql = {
    query: async (statement, values) => {
      // Behind the list of the partitions.
      if (typeof statement === 'string' && statement.includes('pg_total_relation_size'))
        await engine.query(`drop table ${first!.name}`);
      return engine.query(statement as string, values);
    },
  };
  const attempts = (await storageReport(going)).find(({ table }) => table === 'attempts')!;
  expect(attempts.bytes).toBeGreaterThan(0);
  const after = (await storageReport(engine)).find(({ table }) => table === 'attempts')!;
  expect(after).toEqual({ ...attempts, partitions: attempts.partitions - 1 });
});

it('a job that runs, and one that failed, with its cause, are told apart', async () => {
  const { engine } = server.app.db;
  const { config } = server.app;
  const webhook = await createWebhook(server.api, 'http://127.0.0.1:9999/hooks');
  await makeOldRows(
    { sql: engine, keep: config, api: server.api },
    { atMs: Date.now() - 40 * DAY, count: 1, webhook, series: 1 },
  );
  await engine.query(`
    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'not now'; end $$;
    create trigger refuse before insert on partition_drops for each row execute function refuse()`);
  const options = { url: server.database.url, keep: config, logger: createLogger('silent'), pace: 0 };
  await expect(new Retention(options).run(Date.now())).rejects.toThrow('not now');
  expect(await storageText(engine, config)).toMatch(
    /^ {2}drop: 0 of \d+, begun \S+, failed: error: not now$/m,
  );
  await engine.query('update retention_jobs set finished_at = null, failure = null');
  expect(await storageText(engine, config)).toMatch(/^ {2}drop: 0 of \d+, begun \S+, running$/m);
  await engine.query('drop trigger refuse on partition_drops');
  await new Retention(options).run(Date.now());
  expect(await storageText(engine, config)).toMatch(/^ {2}drop: (\d+) of \1, begun \S+, ended \S+$/m);
});
