/** One server process of the soak: the built program, started, killed and started again at its address. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import { packageRoot } from '../../src/paths.ts';
import { Api } from '../support/api.ts';

/** The root administrator's token on every server of the soak. */
export const SOAK_TOKEN = 'root-token-of-the-soak-0123456789abcdef';

const PROGRAM = join(packageRoot, 'dist', 'src', 'main.js');
const FLAKY_DNS = pathToFileURL(join(import.meta.dirname, 'flaky-dns.js')).href;
/** How often a server is started before it counts as broken. */
const SUPERVISED_STARTS = 15;
const READY_MS = 60_000;
/** How much of what a server wrote is kept for the message when it ends unasked, characters. */
const TAIL = 4_000;

/** What a node is started with. */
export interface NodeOptions {
  name: string;
  databaseUrl: string;
  dataDir: string;
  /** Settings beyond those of the soak. */
  settings?: Record<string, string>;
  /** --role; all serves the API and sends. */
  role?: 'all' | 'api' | 'worker';
}

/** A process as the system sees it. */
export interface Vitals {
  rssMb: number;
  files: number;
  sockets: number;
}

/** Whether the built program knows roles; one that does not serves and sends in every process. */
function rolesKnown(): boolean {
  return readFileSync(join(dirname(PROGRAM), 'config.js'), 'utf8').includes('BELLWIRE_ROLE');
}

/** A server process; start() once, then as often as it was ended. */
export class ServerNode {
  readonly name: string;
  /** Its errors so far, by message: what it logged at level error and above. */
  readonly errors: Record<string, number> = {};
  /** Why it ended although nobody asked. */
  readonly deaths: string[] = [];
  readonly #options: NodeOptions;
  #port = 0;
  #child: ChildProcess | undefined;
  #tail = '';

  constructor(options: NodeOptions) {
    this.#options = options;
    this.name = options.name;
  }

  /** Whether it answers the API; false for a worker. */
  get serves(): boolean {
    return this.#options.role !== 'worker';
  }

  /** The end of what it wrote. */
  get tail(): string {
    return this.#tail;
  }

  /** Whether its process runs. */
  get running(): boolean {
    return this.#child !== undefined;
  }

  /** The API as the root administrator; while it runs. */
  get api(): Api {
    return new Api(this.url, SOAK_TOKEN);
  }

  /** Its address without a path. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** How many senders are at work in it. */
  async senders(): Promise<number> {
    const response = await fetch(`${this.url}/metrics`, {
      headers: { authorization: `Bearer ${SOAK_TOKEN}` },
      signal: AbortSignal.timeout(1_000),
    });
    return Number(/^bellwire_senders (\d+)$/m.exec(await response.text())![1]);
  }

  /** Starts it, on the port that it had before; resolves when it says that it is ready. */
  async start(): Promise<void> {
    this.#port ||= await freePort();
    const { role, dataDir, databaseUrl, settings } = this.#options;
    const roles = role !== undefined && rolesKnown() ? ['--role', role] : [];
    const child = spawn(
      process.execPath,
      ['--enable-source-maps', '--import', FLAKY_DNS, PROGRAM, '--dev', ...roles],
      {
        cwd: packageRoot,
        env: {
          ...inherited(),
          DATABASE_URL: databaseUrl,
          BELLWIRE_DATA_DIR: dataDir,
          BELLWIRE_PORT: String(this.#port),
          BELLWIRE_ROOT_TOKEN: SOAK_TOKEN,
          BELLWIRE_LOG_LEVEL: 'warn',
          // One login publishes, reads and follows here for everybody.
          BELLWIRE_RATE_LIMIT: '1000000000',
          ...settings,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
        // Ctrl-C is for the soak, which ends its servers in order.
        detached: true,
      },
    );
    this.#child = child;
    this.#tail = '';
    const killLater = (): void => void child.kill('SIGKILL');
    process.once('exit', killLater);
    child.once('exit', (code, signal) => {
      process.removeListener('exit', killLater);
      if (this.#child !== child) return;
      this.#child = undefined;
      this.deaths.push(`${this.name} ended by itself with ${signal ?? code}: ${this.#tail}`);
    });
    await this.#untilReady(child);
  }

  /**
   * Starts it as a supervisor does: again and again while it ends at its start with a word that the database is away.
   * It may have been killed just then.
   */
  async keepStarting(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.start();
      } catch (error) {
        const away = /recovery mode|starting up|shutting down|cannot be reached|went away|terminated/.test(
          this.#tail,
        );
        if (!away || tries === SUPERVISED_STARTS) throw error;
        this.deaths.pop();
        await sleep(1_000);
      }
    }
  }

  /** Sends a signal and waits for the end; the exit code, null after a kill. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const child = this.#child;
    if (!child) return null;
    this.#child = undefined;
    const ended = once(child, 'exit') as Promise<[number | null]>;
    child.kill(signal);
    return (await ended)[0];
  }

  /** Memory and open files now; undefined where the system has no /proc, or while it does not run. */
  vitals(): Vitals | undefined {
    const pid = this.#child?.pid;
    if (pid === undefined || process.platform !== 'linux') return undefined;
    const resident = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    const names = readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`);
      } catch {
        return '';
      }
    });
    const sockets = names.filter((name) => name.startsWith('socket:')).length;
    return { rssMb: Number(resident) / 1024, files: names.filter((name) => name !== '').length, sockets };
  }

  #untilReady(child: ChildProcess): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.name} is not ready: ${this.#tail}`)), READY_MS);
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        act();
      };
      let line = '';
      const read = (chunk: Buffer): void => {
        this.#tail = (this.#tail + chunk.toString()).slice(-TAIL);
        if (this.#tail.includes('is ready')) settle(resolve);
        const lines = (line + chunk.toString()).split('\n');
        line = lines.pop()!;
        for (const whole of lines) this.#note(whole);
      };
      child.stdout!.on('data', read);
      child.stderr!.on('data', read);
      child.once('exit', (code) =>
        settle(() => reject(new Error(`${this.name} ended with ${code} at its start: ${this.#tail}`))),
      );
    });
  }

  /** Counts a line of the log when it tells of an error. */
  #note(line: string): void {
    if (!line.startsWith('{')) return;
    try {
      const { level, msg } = JSON.parse(line) as { level: number | string; msg?: string };
      if (level !== 50 && level !== 60 && level !== 'error' && level !== 'fatal') return;
      const name = msg ?? 'without a message';
      this.errors[name] = (this.errors[name] ?? 0) + 1;
    } catch {
      // Not a line of the log.
    }
  }
}

/** This process's environment without a server's settings in it. */
function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !name.startsWith('BELLWIRE_') && name !== 'DATABASE_URL' && name !== 'NODE_OPTIONS',
    ),
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
