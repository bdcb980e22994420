/** One database, processes with different roles: what each of them does, loads and refuses. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import pg from 'pg';

import { packageRoot } from '../../src/paths.ts';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { asked, scrape } from '../support/probe.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { createWebhook, publishMany, registerResource } from '../support/scenario.ts';
import { ROOT_TOKEN, type ServerProcess, spawnServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let database: TestDatabase;
let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
const running: ServerProcess[] = [];

async function start(flags: string[], settings: Record<string, string> = {}): Promise<ServerProcess> {
  const server = await spawnServer(database.url, folder.path, settings, ['--dev', ...flags]);
  running.push(server);
  return server;
}

async function rows<R extends pg.QueryResultRow>(query: string): Promise<R[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query<R>(query)).rows;
  } finally {
    await client.end();
  }
}

beforeEach(async () => {
  database = await createTestDatabase();
  folder = temporaryFolder();
  receiver = await startReceiver();
});

afterEach(async () => {
  const left = running.splice(0).filter(({ process: child }) => child.exitCode === null && !child.signalCode);
  await Promise.all(left.map((server) => server.end('SIGKILL')));
  await receiver.close();
  await database.drop();
  folder.remove();
});

describe('the roles of processes', () => {
  it('an API takes events and claims none of them; workers that join later send them, and may leave at will', async () => {
    const api = await start(['--role', 'api']);
    await registerResource(api.api);
    await createWebhook(api.api, receiver.url);
    await publishMany(api.api, 100, 50, 'a');
    // Three heartbeats of 200 ms each: a sender looks every 50 ms, and at once when something was published.
    const stream = api.api.subscribe('subscription { deliveryEvents { cursor } }');
    await stream.until((batches) => batches.length > 3);
    await stream.close();
    expect(receiver.hits).toHaveLength(0);
    const waiting = `select count(*)::int as open, count(sender)::int as claimed, max(attempt_count) as tried from delivery_queue`;
    expect(await rows(waiting)).toEqual([{ open: 100, claimed: 0, tried: 0 }]);

    const first = await start([], { BELLWIRE_ROLE: 'worker' });
    const second = await start(['--role', 'worker'], { BELLWIRE_ROLE: 'all' });
    await receiver.until(100);
    const gone = first.end('SIGTERM');
    await publishMany(api.api, 100, 50, 'b');
    expect(await gone).toBe(0);
    await receiver.until(200);
    const ids = new Set(receiver.hits.map((hit) => hit.headers['webhook-id']));
    expect([ids.size, receiver.hits.length]).toEqual([200, 200]);
    // All roles stop as asked.
    expect([await second.end('SIGTERM'), await api.end('SIGTERM')]).toEqual([0, 0]);
  }, 60_000);

  it('a worker serves its probes and nothing else, and an API has the same probes', async () => {
    const worker = await start(['--role', 'worker']);
    expect(worker.output()).toContain('as a worker');
    for (const [path, status] of [
      ['/healthz', 200],
      ['/readyz', 200],
      ['/metrics', 401],
      ['/graphql', 404],
      ['/', 404],
      ['/graphiql/', 404],
      ['/session', 404],
    ] as const) {
      const response = await fetch(`${worker.url}${path}`);
      expect([path, response.status]).toEqual([path, status]);
      expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(response.headers.get('cache-control')).toBe('no-store');
      await response.json();
    }
    const posted = await fetch(`${worker.url}/graphql`, { method: 'POST', body: '{}' });
    expect(posted.status).toBe(404);
    // Nobody has made the root yet, whose token opens the metrics: an API does.
    const api = await start(['--role', 'api']);
    expect(await (await fetch(`${api.url}/readyz`)).json()).toEqual({ ready: true });
    const ofWorker = await scrape(`${worker.url}/metrics`, ROOT_TOKEN);
    const ofApi = await scrape(`${api.url}/metrics`, ROOT_TOKEN);
    const has = (series: Map<string, number>) => [
      series.has('bellwire_requests_in_flight'),
      series.has('bellwire_sockets_open'),
    ];
    expect([has(ofWorker), has(ofApi)]).toEqual([
      [true, false],
      [false, true],
    ]);
  }, 60_000);

  it('a worker never loads the API: no type-graphql, Apollo, Express or socket server', async () => {
    const loadedBy = async (role: string): Promise<string[]> => {
      const directory = join(folder.path, `loaded-${role}`);
      mkdirSync(directory);
      // V8 writes down every script that a process has loaded, whichever way it was imported.
      const server = await start(['--role', role], { NODE_V8_COVERAGE: directory });
      expect(await server.end('SIGTERM')).toBe(0);
      return readdirSync(directory).flatMap((file) => {
        const report = JSON.parse(readFileSync(join(directory, file), 'utf8')) as {
          result: { url: string }[];
        };
        return report.result.map(({ url }) => url);
      });
    };
    const [worker, all] = await Promise.all([loadedBy('worker'), loadedBy('all')]);
    const names = ['type-graphql', '@apollo/server', 'express', 'graphql-ws', 'ws'];
    const has = (urls: string[]) =>
      names.filter((name) => urls.some((url) => url.includes(`/node_modules/${name}/`)));
    expect(has(worker)).toEqual([]);
    expect(worker.filter((url) => /\/src\/(graphql|console)\//.test(url))).toEqual([]);
    expect(worker.filter((url) => url.endsWith('/src/sending/sender.ts'))).toHaveLength(1);
    // What a server loads is found in the same way.
    expect(has(all)).toEqual(names);
  }, 60_000);

  it('two servers that start at once on an empty database share one schema, one root and one key', async () => {
    const empty = await createEmptyDatabase();
    try {
      const two = await Promise.all(
        [0, 1].map(() => spawnServer(empty.url, folder.path, { BELLWIRE_ROOT_TOKEN: '' })),
      );
      running.push(...two);
      const client = new pg.Client({ connectionString: empty.url });
      await client.connect();
      const { rows: made } = await client.query<{ migrations: number; names: number; roots: number }>(
        `select count(*)::int as migrations, count(distinct name)::int as names,
                (select count(*)::int from logins where parent_id is null) as roots from migrations`,
      );
      await client.end();
      expect(made[0]).toEqual({ migrations: made[0]!.names, names: expect.any(Number), roots: 1 });
      expect(made[0]!.names).toBeGreaterThan(5);
      // Exactly one of them made the root, and showed its token.
      const tokens = await asked(
        () => Promise.resolve(two.map((server) => /\bbw_\w+/.exec(server.output())?.[0]).filter(Boolean)),
        (found) => found.length === 1,
      );
      for (const server of two) {
        const answer = await fetch(`${server.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens[0]}` },
          body: JSON.stringify({ query: '{ viewer { name } }' }),
        });
        expect(await answer.json()).toEqual({ data: { viewer: { name: 'Root administrator' } } });
        expect(server.output()).not.toContain('sealed with keys');
      }
      expect(await Promise.all(two.map((server) => server.end('SIGTERM')))).toEqual([0, 0]);
    } finally {
      await empty.drop();
    }
  }, 60_000);
});

describe('the command line', () => {
  async function bellwire(args: string[], settings: Record<string, string> = {}) {
    const child = spawn(
      process.execPath,
      ['--import', '@swc-node/register/esm-register', 'src/main.ts', ...args],
      {
        cwd: packageRoot,
        env: { PATH: process.env.PATH, BELLWIRE_DATA_DIR: folder.path, ...settings },
      },
    );
    const [output, errors, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit') as Promise<[number]>,
    ]);
    return { code, output, errors };
  }

  it('refuses what a role cannot do with one sentence: exit code 2, or 1 where a setting says it', async () => {
    const demo = (role: string) =>
      `--demo shows all of it in one process: it goes with the role all, not ${role}. --help shows what there is.\n`;
    const cases: [string[], Record<string, string>, number, string][] = [
      [
        ['--role', 'sender'],
        {},
        2,
        "--role must be one of all, api, worker, not 'sender'. --help shows what there is.\n",
      ],
      [
        ['migrate', '--role', 'api'],
        {},
        2,
        '--role goes with the command serve only. --help shows what there is.\n',
      ],
      [['--demo', '--role', 'worker'], {}, 2, demo('worker')],
      [['--demo'], { BELLWIRE_ROLE: 'api' }, 2, demo('api')],
      [
        [],
        { BELLWIRE_ROLE: 'sender' },
        1,
        'The configuration has mistakes:\n  BELLWIRE_ROLE: "sender" must be one of all, api, worker\n',
      ],
      [
        ['--role', 'worker'],
        {},
        1,
        'A worker has no database of its own: set DATABASE_URL to the PostgreSQL of the servers that it sends for.\n',
      ],
    ];
    const ended = await Promise.all(cases.map(([args, settings]) => bellwire(args, settings)));
    expect(ended).toEqual(cases.map(([, , code, errors]) => ({ code, output: '', errors })));
    const help = await bellwire(['--help']);
    expect(help.output).toMatch(/--role ROLE +What this process does: all \(default\), api/);
  }, 60_000);
});
