/**
 * Where the embedded PostgreSQL keeps its data. In the data directory, when the user that runs it can
 * enter that; else in a folder of its own under /var/lib/bellwire, whose name is remembered in the
 * data directory. The password stays in the data directory in both cases (mode 0600).
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { makeDataDir } from '../data-dir.ts';
import { StartupError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { type Account, canEnter, postgresAccount, run } from './postgres-account.ts';
import type { Binaries } from './postgres-binaries.ts';
import { acquireLock } from './process-lock.ts';

/** The role that owns everything in the embedded database. */
export const POSTGRES_USER = 'bellwire';
const PLACES = '/var/lib/bellwire';

/** The folders in use, held by this process until release(). */
export interface PostgresHome {
  /** Holds the cluster, the log and, where needed, a copy of the programs. */
  folder: string;
  cluster: string;
  account: Account | null;
  password: string;
  release(): void;
}

/**
 * Makes the data directory when it is missing, takes it for this process, and decides where the data goes. Throws
 * StartupError when another living process has it, or when there is no place that the account can reach.
 */
export function openHome(dataDir: string, logger: Logger): PostgresHome {
  // Root's PostgreSQL runs as somebody else, who must get through, but need not list what is inside.
  makeDataDir(dataDir, process.getuid?.() === 0 ? 0o711 : 0o700);
  const root = realpathSync(dataDir);
  const releases = [take(root, root)];
  const release = () => releases.forEach((each) => each());
  try {
    const folder = rememberedPlace(root) ?? choosePlace(root, logger);
    if (folder !== root) releases.push(take(folder, root));
    const cluster = join(folder, 'postgres');
    return {
      folder,
      cluster,
      account: postgresAccount(cluster),
      password: passwordIn(root, cluster),
      release,
    };
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * The cluster of a data directory and its password, as they lie there; undefined when nothing does. Takes nothing and
 * changes nothing: another process may be using them.
 */
export function lookIntoHome(dataDir: string): Pick<PostgresHome, 'cluster' | 'password'> | undefined {
  const password = join(dataDir, 'postgres-password');
  if (!existsSync(password)) return undefined;
  const root = realpathSync(dataDir);
  const cluster = join(rememberedPlace(root) ?? root, 'postgres');
  return { cluster, password: readFileSync(password, 'utf8').trim() };
}

/** Makes the cluster when there is none yet: beside its place and renamed, so that half a cluster is never started. */
export function initialize(home: PostgresHome, binaries: Binaries, options: { durable: boolean }): void {
  const { cluster, folder, account, password } = home;
  if (existsSync(join(cluster, 'PG_VERSION'))) {
    const found = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim();
    if (found === binaries.major) return;
    throw new StartupError(
      `The data in ${cluster} was written by PostgreSQL ${found}, but this program brings PostgreSQL ${binaries.major}. Dump it with the program's version that wrote it, or give this one another BELLWIRE_DATA_DIR.`,
    );
  }
  const draft = `${cluster}.new`;
  const passwordFile = join(folder, 'postgres-password.new');
  rmSync(draft, { recursive: true, force: true });
  rmSync(passwordFile, { force: true });
  try {
    mkdirSync(draft, { mode: 0o700 });
    writeFileSync(passwordFile, password, { mode: 0o600 });
    for (const path of [draft, passwordFile]) if (account) chownSync(path, account.uid, account.gid);
    const { status, stderr, error } = run(account, binaries.initdb, [
      `--pgdata=${draft}`,
      `--username=${POSTGRES_USER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      // The collation that comes with PostgreSQL itself, the same on every system and after every upgrade of it.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...(options.durable ? [] : ['--no-sync']),
    ]);
    if (status !== 0)
      throw new StartupError(
        `The embedded PostgreSQL could not make its data: ${error?.message ?? stderr.trim()}`,
      );
    renameSync(draft, cluster);
    if (options.durable) syncFolder(folder);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

function take(folder: string, dataDir: string): () => void {
  const lock = acquireLock(join(folder, 'bellwire.lock'));
  if ('heldBy' in lock)
    throw new StartupError(
      `Another Bellwire (process ${lock.heldBy}) is using ${dataDir}. Stop it, or give this one another BELLWIRE_DATA_DIR; to run several servers on one database, set DATABASE_URL.`,
    );
  return () => lock.release();
}

function rememberedPlace(root: string): string | undefined {
  const note = join(root, 'postgres-place');
  if (!existsSync(note)) return undefined;
  const place = readFileSync(note, 'utf8').trim();
  if (existsSync(place)) return realpathSync(place);
  throw new StartupError(
    `The database's data was in ${place}, as ${note} says, but that folder is gone. Bring it back, or remove ${note} to begin with an empty database.`,
  );
}

function choosePlace(root: string, logger: Logger): string {
  const cluster = join(root, 'postgres');
  const account = postgresAccount(cluster);
  if (canEnter(account, root)) return root;
  if (existsSync(cluster))
    throw new StartupError(
      `The data is in ${cluster}, but the user ${account?.name} that runs PostgreSQL for root cannot enter that folder any more. Let others pass through the folders above it (chmod o+x), or move the data directory.`,
    );
  // A random part, so that a data directory that was removed and made again begins with an empty database.
  const key = createHash('sha256').update(root).digest('hex').slice(0, 12);
  const place = join(PLACES, `${key}-${randomBytes(4).toString('hex')}`);
  try {
    mkdirSync(place, { recursive: true, mode: 0o711 });
  } catch (error) {
    throw new StartupError(
      `No folder for the database's data: ${(error as Error).message}. Set BELLWIRE_DATA_DIR.`,
    );
  }
  for (const folder of [PLACES, place]) chmodSync(folder, 0o711);
  if (!canEnter(account, place))
    throw new StartupError(
      `The user ${account?.name} that runs PostgreSQL for root can enter neither ${root} nor ${place}. Set BELLWIRE_DATA_DIR to a folder that it can enter.`,
    );
  writeDurably(join(root, 'postgres-place'), `${place}\n`);
  logger.info(
    { folder: place, user: account?.name },
    'the data directory is closed to the user that runs PostgreSQL, its data goes elsewhere',
  );
  return realpathSync(place);
}

function passwordIn(root: string, cluster: string): string {
  const file = join(root, 'postgres-password');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  if (existsSync(cluster))
    throw new StartupError(`The password of the database in ${cluster} is missing: bring back ${file}.`);
  const password = randomBytes(24).toString('base64url');
  writeDurably(file, password);
  return password;
}

/** Whole or not at all, and on the disk before it counts. */
function writeDurably(file: string, text: string): void {
  const draft = `${file}.draft`;
  const handle = openSync(draft, 'w', 0o600);
  try {
    writeFileSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(draft, file);
}

function syncFolder(folder: string): void {
  // Windows cannot open a folder for that, and does not need it.
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}
