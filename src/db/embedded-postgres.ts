/**
 * The PostgreSQL that comes along, for those who set no DATABASE_URL. In comes a data directory, out
 * comes the address of a server on 127.0.0.1 with a password of its own. It outlives Ctrl-C, so that
 * our own orderly stop still has its database, and is started again on the same port when it dies.
 * What was committed survives kill -9 of either process: the next start stops the orphan first.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { StartupError } from '../errors.ts';
import { describeError, type Logger } from '../log.ts';
import { runAs } from './postgres-account.ts';
import { type Binaries, prepareBinaries } from './postgres-binaries.ts';
import { initialize, lookIntoHome, openHome, POSTGRES_USER, type PostgresHome } from './postgres-home.ts';
import { isPostmasterOf, readPidFile, signalPostmaster, stopPostmaster } from './postmaster.ts';

/** What startEmbeddedPostgres needs. */
export interface EmbeddedPostgresOptions {
  dataDir: string;
  logger: Logger;
  /** A fixed port; a free one is picked otherwise. */
  port?: number;
  /** False only for data that may be lost with the machine, as in tests. Default true. */
  durable?: boolean;
}

/** A running server; url holds its password. */
export interface EmbeddedPostgres {
  url: string;
  /** Stops it: running transactions are rolled back. Safe to call twice. */
  stop(): Promise<void>;
}

/** How long the remains of a killed server (a zombie, shared memory) may stand in the way of a start. */
const REMAINS_MS = 5_000;
const LOG_LIMIT_BYTES = 1_048_576;
const FEWEST_BUFFERS_MB = 128;
const MOST_BUFFERS_MB = 2_048;

/** Starts the server, making its data at the first time. Throws StartupError when that cannot be. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { logger, durable = true } = options;
  const home = openHome(options.dataDir, logger);
  try {
    const binaries = prepareBinaries(home.account, home.folder, logger);
    await stopOrphan(home, binaries, logger);
    initialize(home, binaries, { durable });
    const server = new Supervisor(home, binaries, { logger, durable });
    const port = await server.start(options.port);
    return {
      url: addressOf(home, port),
      stop: () => server.stop(),
    };
  } catch (error) {
    home.release();
    throw error;
  }
}

/** The address of the server that another process runs on this data directory; undefined when none does. */
export function runningEmbeddedPostgres(dataDir: string): string | undefined {
  const home = lookIntoHome(dataDir);
  const server = home && readPidFile(home.cluster);
  if (!server?.ready || !isPostmasterOf(server.pid, home!.cluster)) return undefined;
  return addressOf(home!, server.port);
}

function addressOf({ password }: Pick<PostgresHome, 'password'>, port: number): string {
  return `postgres://${POSTGRES_USER}:${password}@127.0.0.1:${port}/postgres`;
}

/** Our process was killed and its server lives on: nobody knows it any more, and its port is not ours to choose. */
async function stopOrphan(home: PostgresHome, binaries: Binaries, logger: Logger): Promise<void> {
  const { pid } = readPidFile(home.cluster) ?? {};
  if (pid === undefined || !isPostmasterOf(pid, home.cluster)) return;
  logger.warn({ pid }, 'a killed run left its PostgreSQL behind, stopping it');
  await stopPostmaster(pid, binaries.pgCtl, () => !isPostmasterOf(pid, home.cluster));
}

/** Why a server did not come up: what its log says, and what may help. */
class LaunchError extends Error {
  readonly remedy: 'wait' | 'other port' | 'none';
  constructor(log: string) {
    super(log.trim().split('\n').slice(-5).join(' / ') || 'it wrote no reason');
    this.remedy = /lock file ".*" already exists|shared memory block .* still in use/.test(log)
      ? 'wait'
      : /could not bind|address already in use/i.test(log)
        ? 'other port'
        : 'none';
  }
}

/** starting -> running -> (died -> starting)* -> stopped. */
class Supervisor {
  readonly #home: PostgresHome;
  readonly #binaries: Binaries;
  readonly #options: { logger: Logger; durable: boolean };
  readonly #stopping = new AbortController();
  #child: ChildProcess | undefined;
  #restarting: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;
  /** process.exit() and an uncaught error must not leave a server behind. */
  readonly #onExit = () => {
    if (this.#child?.pid !== undefined) signalPostmaster(this.#child.pid, 'INT', this.#binaries.pgCtl);
  };

  constructor(home: PostgresHome, binaries: Binaries, options: { logger: Logger; durable: boolean }) {
    this.#home = home;
    this.#binaries = binaries;
    this.#options = options;
  }

  /** Returns the port once the server takes connections. */
  async start(fixedPort?: number): Promise<number> {
    process.once('exit', this.#onExit);
    const giveUpAt = Date.now() + REMAINS_MS;
    for (;;) {
      const port = fixedPort ?? (await freePort());
      try {
        await this.#launch(port);
        return port;
      } catch (error) {
        const remedy = error instanceof LaunchError ? error.remedy : 'none';
        const again = remedy === 'wait' || (remedy === 'other port' && fixedPort === undefined);
        if (!again || Date.now() > giveUpAt) {
          process.removeListener('exit', this.#onExit);
          throw new StartupError(`The embedded PostgreSQL did not start: ${(error as Error).message}`);
        }
        await sleep(100);
      }
    }
  }

  stop(): Promise<void> {
    this.#stopped ??= (async () => {
      this.#stopping.abort();
      const child = this.#child;
      if (child?.pid !== undefined)
        await stopPostmaster(child.pid, this.#binaries.pgCtl, () => this.#child === undefined);
      await this.#restarting;
      process.removeListener('exit', this.#onExit);
      this.#home.release();
    })();
    return this.#stopped;
  }

  async #launch(port: number): Promise<void> {
    const { cluster, account, folder } = this.#home;
    const log = openLog(join(folder, 'postgres.log'));
    const child = spawn(this.#binaries.postgres, this.#arguments(port), {
      ...runAs(account),
      // A process group of its own: Ctrl-C is sent to the whole group of the terminal.
      detached: true,
      stdio: ['ignore', log.handle, log.handle],
      windowsHide: true,
    });
    closeSync(log.handle);
    this.#child = child;
    child.unref();
    let failure: Error | undefined;
    child.once('error', (error) => (failure = error));
    child.once('exit', () => (this.#child = undefined));

    const slowAt = Date.now() + 5_000;
    for (let told = false; ;) {
      if (failure) throw failure;
      if (this.#child !== child) throw new LaunchError(readFileSync(log.path, 'utf8').slice(log.offset));
      const state = readPidFile(cluster);
      if (state?.pid === child.pid && state?.ready) break;
      if (!told && Date.now() > slowAt) {
        told = true;
        this.#options.logger.info('PostgreSQL is still recovering from its last end');
      }
      await sleep(10);
    }
    child.once('exit', (code, signal) => {
      if (!this.#stopping.signal.aborted) this.#restarting = this.#restart(port, { code, signal });
    });
  }

  /** On the same port, so that the pools find it again by themselves; for ever, since without it nothing works. */
  async #restart(port: number, end: { code: number | null; signal: string | null }): Promise<void> {
    const { logger } = this.#options;
    logger.warn(end, 'the embedded PostgreSQL died, starting it again');
    for (let waitMs = 100; !this.#stopping.signal.aborted; waitMs = Math.min(waitMs * 2, 5_000)) {
      try {
        await this.#launch(port);
        logger.info('the embedded PostgreSQL is back');
        return;
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        const { error: reason } = describeError(error);
        if (!(error instanceof LaunchError && error.remedy === 'wait'))
          logger.error({ error: reason }, 'the embedded PostgreSQL does not start');
      }
      await sleep(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  #arguments(port: number): string[] {
    const settings = {
      listen_addresses: '127.0.0.1',
      port,
      unix_socket_directories: '',
      jit: 'off',
      shared_buffers: `${sharedBuffersMb()}MB`,
      timezone: 'UTC',
      log_timezone: 'UTC',
      // What a statement did wrong is for its caller; the log must not hold the values of other people's rows.
      log_min_messages: 'log',
      log_min_error_statement: 'panic',
      log_checkpoints: 'off',
      ...(this.#options.durable ? {} : { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }),
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    return ['-D', this.#home.cluster, ...flags];
  }
}

/**
 * How much of the database it keeps at hand, MB: an eighth of the memory that this process may have, for it is not alone on its machine, where
 * PostgreSQL advises a quarter (https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-SHARED-BUFFERS). With the 128 MB that are its
 * default, what lies scattered came from the system page by page: of ten million deliveries a count of 10,000 took four times as long.
 */
function sharedBuffersMb(): number {
  // Without a limit it is 0, or more than there is.
  const limit = process.constrainedMemory() || Infinity;
  const eighth = Math.floor(Math.min(totalmem(), limit) / 8 / 2 ** 20);
  return Math.min(MOST_BUFFERS_MB, Math.max(FEWEST_BUFFERS_MB, eighth));
}

/** A file rather than a pipe: a server that outlives us must not block on what nobody reads. */
function openLog(path: string): { path: string; handle: number; offset: number } {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_LIMIT_BYTES) renameSync(path, `${path}.old`);
  const handle = openSync(path, 'a', 0o600);
  return { path, handle, offset: fstatSync(handle).size };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve((address as { port: number }).port));
    });
  });
}
