/** Whole servers for tests: in this process, or as processes of their own that can be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type App, type Overrides, startApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { packageRoot } from '../../src/paths.ts';
import { Api } from './api.ts';
import { createTestDatabase, type TestDatabase } from './postgres.ts';

/** The root administrator's token on every test server. */
export const ROOT_TOKEN = 'root-token-of-the-tests-0123456789';

/**
 * Clocks short enough for tests: retries after 20 ms, a poll every 50 ms. One sender, so that tests can say what it has on the wire;
 * those of more spawn a server, since nothing that a test replaces reaches a thread.
 */
const QUICK = {
  BELLWIRE_PORT: '0',
  BELLWIRE_ROOT_TOKEN: ROOT_TOKEN,
  BELLWIRE_RETRY_SCHEDULE: '0s,20ms,20ms,20ms',
  BELLWIRE_POLL_INTERVAL: '50ms',
  BELLWIRE_SENDERS: '1',
  BELLWIRE_HEARTBEAT: '200ms',
  BELLWIRE_LOG_LEVEL: 'error',
};

/** A server, its database, and the API as the root administrator. */
export interface TestServer {
  app: App;
  api: Api;
  database: TestDatabase;
  dataDir: string;
  stop(): Promise<void>;
}

/** Starts a server in this process on a database of its own, which prepare may change before; settings are added to the quick ones. */
export async function startServer(
  settings: Record<string, string> = {},
  overrides: Overrides & { dev?: boolean; prepare?: (databaseUrl: string) => Promise<void> } = {},
): Promise<TestServer> {
  const database = await createTestDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), 'bellwire-server-'));
  const { dev = true, prepare, ...rest } = overrides;
  await prepare?.(database.url);
  const env = { ...QUICK, DATABASE_URL: database.url, BELLWIRE_DATA_DIR: dataDir, ...settings };
  const app = await startApp(loadConfig(env, { dev }), rest);
  return {
    app,
    api: new Api(app.url, ROOT_TOKEN),
    database,
    dataDir,
    stop: async () => {
      await app.stop();
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A server process. */
export interface ServerProcess {
  url: string;
  api: Api;
  process: ChildProcess;
  /** What it wrote so far. */
  output(): string;
  /** Of that its log. */
  log(): string;
  /** Sends a signal and waits for the end; the exit code, or null after a kill. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts the program itself (src/main.ts) on a database and data folder, ready to be killed; launcher is a program that starts it, such as faketime. */
export async function spawnServer(
  databaseUrl: string,
  dataDir: string,
  settings: Record<string, string> = {},
  flags: string[] = ['--dev'],
  launcher: string[] = [],
): Promise<ServerProcess> {
  const node = [process.execPath, '--enable-source-maps', '--import', '@swc-node/register/esm-register'];
  const [command, ...args] = [...launcher, ...node, 'src/main.ts', ...flags];
  const child = spawn(command!, args, {
    cwd: packageRoot,
    env: {
      ...cleanEnvironment(),
      ...QUICK,
      DATABASE_URL: databaseUrl,
      BELLWIRE_DATA_DIR: dataDir,
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let log = '';
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      // Of every role.
      const found = /(http:\/\/\S+?)\/healthz\b/.exec(output)?.[1];
      if (found) resolve(found);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
    void ended.then(([code]) => reject(new Error(`the server ended with ${code}: ${output}`)));
  });
  return {
    url,
    api: new Api(url, ROOT_TOKEN),
    process: child,
    output: () => output,
    log: () => log,
    end: async (signal) => {
      child.kill(signal);
      return (await ended)[0];
    },
  };
}

/** This process's environment without what jest or another server's settings put into it. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !name.startsWith('BELLWIRE_') && name !== 'DATABASE_URL' && name !== 'NODE_OPTIONS',
    ),
  );
}
