import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';

import pg from 'pg';

import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts';
import { postgresAccount } from '../../src/db/postgres-account.ts';
import { findPackage, prepareBinaries } from '../../src/db/postgres-binaries.ts';
import { readPidFile } from '../../src/db/postmaster.ts';
import { createLogger } from '../../src/log.ts';
import { packageRoot } from '../../src/paths.ts';

const logger = createLogger('silent');
const asRoot = process.getuid?.() === 0;

describe('the embedded PostgreSQL', () => {
  let folder: string;
  const running: EmbeddedPostgres[] = [];
  const children: ChildProcess[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bellwire-embedded-'));
    chmodSync(folder, 0o711);
  });

  afterEach(async () => {
    await Promise.all(running.splice(0).map((server) => server.stop()));
    for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(dataDir: string, durable = false): Promise<EmbeddedPostgres> {
    const server = await startEmbeddedPostgres({ dataDir, logger, durable });
    running.push(server);
    return server;
  }

  /** The same in a process of its own, which can be killed; answers {url} or {refused}. */
  async function startProcess(dataDir: string) {
    const child = fork(join(packageRoot, 'test/support/embedded-postgres-process.ts'), [dataDir], {
      execArgv: ['--import', '@swc-node/register/esm-register'],
      cwd: packageRoot,
    });
    children.push(child);
    const [answer] = (await once(child, 'message')) as [{ url: string; refused?: string }];
    return { child, answer };
  }

  it('makes its data once and keeps it, on 127.0.0.1 with a password of its own', async () => {
    const dataDir = join(folder, 'new', 'data');
    const first = await start(dataDir);
    const { rows } = await query(
      first.url,
      `select current_setting('listen_addresses') as addresses, current_setting('unix_socket_directories') as sockets,
         current_setting('jit') as jit, upper('é') as upper, 'Z' < 'a' as by_bytes, pg_size_bytes(current_setting('shared_buffers'))::float8 as buffers`,
    );
    expect(rows).toEqual([
      {
        addresses: '127.0.0.1',
        sockets: '',
        jit: 'off',
        upper: 'É',
        by_bytes: true,
        buffers: expect.any(Number),
      },
    ]);
    // An eighth of the memory, where that is neither little nor much.
    const { buffers } = rows[0] as { buffers: number };
    const most = Math.min(totalmem(), process.constrainedMemory() || Infinity) / 8;
    expect(buffers).toBeGreaterThanOrEqual(
      Math.min(2_048, Math.max(128, Math.floor(most / 2 ** 20))) * 2 ** 20,
    );
    expect(buffers).toBeLessThanOrEqual(Math.max(128 * 2 ** 20, most));
    await query(first.url, `create table kept as select 'a row' as name`);
    expect(statSync(join(dataDir, 'postgres-password')).mode & 0o777).toBe(0o600);
    const guess = new URL(first.url);
    guess.password = 'bellwire';
    await expect(query(guess.href, 'select 1')).rejects.toThrow(/password authentication failed/);
    await first.stop();
    await expect(query(first.url, 'select 1')).rejects.toThrow(/ECONNREFUSED/);

    const second = await start(dataDir);
    expect((await query(second.url, 'select name from kept')).rows).toEqual([{ name: 'a row' }]);
    expect(new URL(second.url).password).toBe(new URL(first.url).password);
  });

  it('refuses a data directory that a living process has, naming it, and stops the orphan of a killed one', async () => {
    const { child, answer } = await startProcess(folder);
    await query(answer.url, `create table kept as select 'a row' as name`);
    const orphan = readPidFile(join(folder, 'postgres'))!.pid;
    await expect(start(folder)).rejects.toThrow(`Another Bellwire (process ${child.pid}) is using ${folder}`);

    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(() => process.kill(orphan, 0)).not.toThrow();
    const server = await start(folder);
    expect((await query(server.url, 'select name from kept')).rows).toEqual([{ name: 'a row' }]);
    expect(readPidFile(join(folder, 'postgres'))!.pid).not.toBe(orphan);
  });

  it('says so when the data directory cannot be made', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    for (const place of [file, join(file, 'below')])
      await expect(start(place)).rejects.toThrow(
        new RegExp(
          `^The data directory ${place} cannot be made \\(E\\w+\\)\\. Set BELLWIRE_DATA_DIR to a folder`,
        ),
      );
  });

  it('lets one of two that start at the same moment have the data directory', async () => {
    const [a, b] = await Promise.all([startProcess(folder), startProcess(folder)]);
    const [winner, loser] = a.answer.refused === undefined ? [a, b] : [b, a];
    expect(winner.answer.refused).toBeUndefined();
    expect(loser.answer.refused).toContain(`process ${winner.child.pid}`);
    const stopped = once(winner.child, 'exit');
    winner.child.disconnect();
    await stopped;
  });

  it('stops with a process that ends without stopping it', async () => {
    const { child, answer } = await startProcess(folder);
    child.disconnect();
    await once(child, 'exit');
    await untilRefused(answer.url);
  });

  it('is started again on its port when it dies, with all that was committed', async () => {
    const server = await start(folder, true);
    await query(server.url, `create table kept as select 'a row' as name`);
    process.kill(readPidFile(join(folder, 'postgres'))!.pid, 'SIGKILL');
    const { rows } = await eventually(() => query(server.url, 'select name from kept'));
    expect(rows).toEqual([{ name: 'a row' }]);
  });

  it('works in a folder that is closed to all others', async () => {
    const closed = join(folder, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const dataDir = join(closed, 'data');
    const first = await start(dataDir);
    await query(first.url, `create table kept as select 'a row' as name`);
    await first.stop();
    const second = await start(dataDir);
    expect((await query(second.url, 'select name from kept')).rows).toEqual([{ name: 'a row' }]);
    await second.stop();
    // Only root runs it as somebody else, who cannot enter: the data is then where that user can.
    expect(existsSync(join(dataDir, 'postgres'))).toBe(!asRoot);
    const place = join(dataDir, 'postgres-place');
    expect(existsSync(place)).toBe(asRoot);
    if (asRoot) rmSync(readFileSync(place, 'utf8').trim(), { recursive: true });
  });

  it('runs from a package that npm left without its links, and from one that its user cannot reach', () => {
    const { folder: installed, version } = findPackage();
    const source = join(folder, 'closed', 'package');
    cpSync(installed, source, { recursive: true, verbatimSymlinks: true });
    for (const name of readdirSync(join(source, 'native/lib'))) {
      const path = join(source, 'native/lib', name);
      if (lstatSync(path).isSymbolicLink()) rmSync(path);
    }
    const home = join(folder, 'home');
    mkdirSync(home);
    const account = postgresAccount(join(home, 'postgres'));
    const inPlace = prepareBinaries(account, home, logger, { folder: source, version });
    expect(inPlace.postgres.startsWith(source)).toBe(true);

    chmodSync(join(folder, 'closed'), 0o700);
    mkdirSync(join(home, 'native-0.0.1'));
    const reached = prepareBinaries(account, home, logger, { folder: source, version });
    expect(reached.postgres.startsWith(asRoot ? home : source)).toBe(true);
    expect(readdirSync(home)).toEqual(asRoot ? [`native-${version}`] : ['native-0.0.1']);
  });
});

async function query(url: string, text: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  // A server killed in between: the statement says so too.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await client.query(text);
  } finally {
    await client.end();
  }
}

/** Tries again, for up to 10 s, until it works. */
async function eventually<T>(work: () => Promise<T>): Promise<T> {
  const giveUpAt = Date.now() + 10_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isDown(error) || Date.now() > giveUpAt) throw error;
    }
  }
}

/** Whether an error says that the server is away for the moment. */
function isDown(error: unknown): boolean {
  const code = String((error as { code?: unknown }).code);
  return (
    ['ECONNREFUSED', 'ECONNRESET', '57P01', '57P02', '57P03'].includes(code) ||
    /terminated/.test(String(error))
  );
}

/** Waits, for up to 10 s, until nobody answers there any more. */
async function untilRefused(url: string): Promise<void> {
  const giveUpAt = Date.now() + 10_000;
  while (Date.now() < giveUpAt) {
    try {
      await query(url, 'select 1');
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ECONNREFUSED') return;
    }
  }
  throw new Error('the server still answers');
}
