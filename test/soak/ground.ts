/** What every scenario stands on: a PostgreSQL of its own, server processes, a look into the database. All of it goes again at the end. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pg from 'pg';

import { OwnPostgres } from './own-postgres.ts';
import { type NodeOptions, ServerNode } from './server-node.ts';

/** How long the last servers may take to stop at the end of a scenario, ms. */
const STOP_MS = 30_000;

/** What must be undone when the soak is interrupted. */
const standing = new Set<Ground>();

/** One scenario's ground. */
export class Ground {
  readonly postgres: OwnPostgres;
  readonly nodes: ServerNode[] = [];
  readonly #folder: string;
  readonly #pool: pg.Pool;
  readonly #keys = `soak:${randomBytes(32).toString('base64')}`;
  readonly #undo: (() => Promise<unknown>)[] = [];

  private constructor(folder: string, postgres: OwnPostgres) {
    this.#folder = folder;
    this.postgres = postgres;
    this.#pool = new pg.Pool({
      connectionString: postgres.url,
      max: 2,
      idleTimeoutMillis: 0,
      application_name: 'soak',
    });
    this.#pool.on('error', () => undefined);
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** Starts PostgreSQL; servers come by node(). */
  static async make(): Promise<Ground> {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'bellwire-soak-')));
    chmodSync(folder, 0o711);
    const ground = new Ground(folder, await OwnPostgres.start(join(folder, 'postgres')));
    standing.add(ground);
    return ground;
  }

  /** Starts a server on the database; all of them have the same keys. */
  async node(options: Pick<NodeOptions, 'name' | 'role' | 'settings'>): Promise<ServerNode> {
    const dataDir = join(this.#folder, options.name);
    mkdirSync(dataDir);
    const node = new ServerNode({
      ...options,
      dataDir,
      databaseUrl: this.postgres.url,
      settings: { BELLWIRE_ENCRYPTION_KEYS: this.#keys, ...options.settings },
    });
    this.nodes.push(node);
    await node.start();
    return node;
  }

  /** Rows of the database, as a stranger to the servers sees it. */
  async rows<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.#pool.query<Row>(text, values)).rows;
  }

  /** A connection of its own to the database, ended at the end. */
  async connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.postgres.url, application_name: 'soak' });
    client.on('error', () => undefined);
    await client.connect();
    this.atEnd(() => client.end().catch(() => undefined));
    return client;
  }

  /** Does something at the end, what came last first. */
  atEnd(work: () => Promise<unknown>): void {
    this.#undo.push(work);
  }

  /** Ended servers that nobody had ended, in words. */
  deaths(): string[] {
    return this.nodes.flatMap((node) => node.deaths);
  }

  /** Errors that the servers logged, by message. */
  errors(): Record<string, number> {
    const all: Record<string, number> = {};
    for (const node of this.nodes)
      for (const [message, count] of Object.entries(node.errors)) all[message] = (all[message] ?? 0) + count;
    return all;
  }

  /** Takes everything away. */
  async clear(): Promise<void> {
    if (!standing.delete(this)) return;
    for (let undo = this.#undo.pop(); undo; undo = this.#undo.pop()) await undo().catch(() => undefined);
    await Promise.all(
      this.nodes.map(async (node) => {
        const late = setTimeout(() => void node.end('SIGKILL'), STOP_MS);
        await node.end('SIGTERM');
        clearTimeout(late);
      }),
    );
    await this.#pool.end().catch(() => undefined);
    await this.postgres.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Runs work on a ground of its own. */
export async function onGround<T>(work: (ground: Ground) => Promise<T>): Promise<T> {
  const ground = await Ground.make();
  try {
    return await work(ground);
  } finally {
    await ground.clear();
  }
}

/** Takes all grounds away, after an interruption. */
export async function clearAll(): Promise<void> {
  await Promise.all([...standing].map((ground) => ground.clear()));
}
