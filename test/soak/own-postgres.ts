/** A PostgreSQL of the soak's own, as it is shipped (durable), that can be crashed and taken away. */
import { chmodSync, mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import pg from 'pg';

import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts';
import { lookIntoHome } from '../../src/db/postgres-home.ts';
import { readPidFile } from '../../src/db/postmaster.ts';
import { createLogger } from '../../src/log.ts';
import { withDatabase } from '../support/postgres.ts';

const DATABASE = 'soak';
/** How long a crashed server may take until it takes connections again, ms. */
const BACK_MS = 60_000;

/** The server; its address stays the same whatever happens to it. */
export class OwnPostgres {
  /** Of the database that the servers under test use. */
  readonly url: string;
  readonly #dataDir: string;
  #server: EmbeddedPostgres | undefined;

  private constructor(dataDir: string, server: EmbeddedPostgres) {
    this.#dataDir = dataDir;
    this.#server = server;
    this.url = withDatabase(server.url, DATABASE);
  }

  /** Makes a cluster in a folder, which is made too, and an empty database in it. */
  static async start(dataDir: string): Promise<OwnPostgres> {
    mkdirSync(dataDir, { recursive: true });
    // For root's sake: the user that PostgreSQL then runs as must get in.
    chmodSync(dataDir, 0o711);
    const server = await launch(dataDir);
    const admin = new pg.Client({ connectionString: server.url });
    await admin.connect();
    await admin.query(`create database ${DATABASE}`);
    await admin.end();
    return new OwnPostgres(dataDir, server);
  }

  /** Ends the server process as `pg_ctl stop -m immediate` (QUIT) or kill -9 does; resolves when it is started again and ready. */
  async crash(signal: 'SIGQUIT' | 'SIGKILL'): Promise<void> {
    const before = this.#state();
    process.kill(before!.pid, signal);
    for (const end = performance.now() + BACK_MS; ;) {
      await sleep(10);
      const now = this.#state();
      if (now?.ready && now.pid !== before!.pid) return;
      if (performance.now() > end) throw new Error('PostgreSQL did not come back after a crash');
    }
  }

  /** Shuts the server down; it stays away until start(). */
  async stop(): Promise<void> {
    await this.#server?.stop();
    this.#server = undefined;
  }

  /** Starts it again at its address. */
  async start(): Promise<void> {
    this.#server = await launch(this.#dataDir, Number(new URL(this.url).port));
  }

  #state(): ReturnType<typeof readPidFile> {
    return readPidFile(lookIntoHome(this.#dataDir)!.cluster);
  }
}

function launch(dataDir: string, port?: number): Promise<EmbeddedPostgres> {
  // Its crashes are wanted, and told by the scenario.
  return startEmbeddedPostgres({ dataDir, logger: createLogger('silent'), ...(port ? { port } : {}) });
}
