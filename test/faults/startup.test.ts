import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { readPidFile } from '../../src/db/postmaster.ts';
import { packageRoot } from '../../src/paths.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

/** The program itself, from its sources. */
function bellwire(args: string[], env: NodeJS.ProcessEnv = {}, detached = false): ChildProcess {
  return spawn(
    process.execPath,
    ['--import', '@swc-node/register/esm-register', join(packageRoot, 'src/main.ts'), ...args],
    { cwd: packageRoot, env: { ...process.env, BELLWIRE_PORT: '0', ...env }, stdio: 'pipe', detached },
  );
}

/** At the end of a process, in which mode its libraries were. */
const TELLS_MODE = encodeURIComponent(
  `process.on('exit', () => process.stdout.write('as ' + process.env.NODE_ENV));`,
);

async function outcome(args: string[], env?: NodeJS.ProcessEnv) {
  const child = bellwire(args, env);
  const [errors, [code]] = await Promise.all([text(child.stderr!), once(child, 'close')]);
  return { code: code as number, errors };
}

describe('the program', () => {
  let database: TestDatabase;
  let dataDir: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    dataDir = mkdtempSync(join(tmpdir(), 'bellwire-startup-'));
    chmodSync(dataDir, 0o711);
  });

  afterAll(async () => {
    await database.drop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('ends with one sentence and exit code 1 when its database cannot be used, and 2 on a wrong command line', async () => {
    const [unreachable, misspelt] = await Promise.all([
      outcome([], { DATABASE_URL: 'postgres://me:pa55word@127.0.0.1:1/db', BELLWIRE_DATA_DIR: dataDir }),
      outcome(['serve', '--demmo']),
    ]);
    expect(unreachable).toEqual({
      code: 1,
      errors:
        'The PostgreSQL at 127.0.0.1:1, database "db", cannot be reached: nothing listens there. Is DATABASE_URL right?\n',
    });
    expect(misspelt).toEqual({ code: 2, errors: "Unknown option '--demmo'. --help shows what there is.\n" });
  });

  it('spares what libraries check for developers when it is started by npm start, unless NODE_ENV says otherwise', async () => {
    const started = async (mode?: string) => {
      const { NODE_ENV: _ofTheTests, ...env } = process.env;
      const child = spawn(
        process.execPath,
        ['--import', `data:text/javascript,${TELLS_MODE}`, join(packageRoot, 'src/start.js'), '--help'],
        { env: { ...env, ...(mode && { NODE_ENV: mode }) }, stdio: ['ignore', 'pipe', 'inherit'] },
      );
      return (await text(child.stdout)).split('\n').at(-1);
    };
    expect(await started()).toBe('as production');
    expect(await started('development')).toBe('as development');
  });

  it('stops its PostgreSQL in order when Ctrl-C reaches the whole process group', async () => {
    const child = bellwire([], { BELLWIRE_DATA_DIR: dataDir }, true);
    const output = text(child.stdout!);
    const errors = text(child.stderr!);
    await new Promise<void>((ready) => {
      child.stdout!.on('data', (chunk: Buffer) => chunk.includes('is ready') && ready());
    });
    expect(readPidFile(join(dataDir, 'postgres'))?.ready).toBe(true);
    process.kill(-child.pid!, 'SIGINT');
    const [code] = (await once(child, 'exit')) as [number];
    expect({ code, output: await output }).toEqual({ code: 0, output: expect.stringContaining('Stopping…') });
    // Nothing of ours was cut off from its database on the way, and nothing does what a library warns of.
    expect(await errors).not.toMatch(/"level":"(warn|error)"|Warning/);
    expect(readPidFile(join(dataDir, 'postgres'))).toBeUndefined();
  });
});
