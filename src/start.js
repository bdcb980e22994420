/**
 * `npm start`: builds what is missing or older than its sources, then becomes the server. Plain
 * JavaScript without dependencies, since it runs before anything is built. With --build-only it ends
 * after the build. Two starts at once build one after the other; a killed build is made again.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const entry = join(dist, 'src', 'main.js');
const lockFile = join(dist, '.build-lock');
/** A lock this old is of a process that is gone, whoever has its number now. */
const LOCK_LIFE_MS = 600_000;

/** What is built: from which files, to which one, how. */
const PARTS = [
  {
    name: 'server',
    sources: ['src', 'migrations', 'ormconfig.ts', 'tsconfig.json', 'tsconfig.build.json', 'package.json'],
    except: ['src/console', 'src/start.js'],
    output: entry,
    tool: ['typescript', 'bin/tsc', '-p', 'tsconfig.build.json'],
  },
  {
    name: 'types of the client',
    sources: ['src/client', 'tsconfig.json', 'tsconfig.client.json', 'package.json'],
    except: [],
    output: join(dist, 'src', 'client', 'index.d.ts'),
    tool: ['typescript', 'bin/tsc', '-p', 'tsconfig.client.json'],
  },
  {
    name: 'console',
    sources: ['src/console', 'src/client', 'schema', 'package.json'],
    except: [],
    output: join(dist, 'console'),
    tool: ['vite', 'bin/vite.js', 'build', '--config', 'src/console/vite.config.ts'],
  },
].filter(({ name }) => name !== 'console' || existsSync(join(root, 'src/console/vite.config.ts')));

/** A hash over names and contents: unlike times, it survives a checkout and a copy. */
function stampOf({ sources, except }) {
  const hash = createHash('sha256');
  const add = (path) => {
    const full = join(root, path);
    if (except.includes(path) || !existsSync(full)) return;
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort()) add(`${path}/${name}`);
    } else {
      hash.update(`${path}\0`).update(readFileSync(full)).update('\0');
    }
  };
  sources.forEach(add);
  return hash.digest('hex');
}

function stampFile({ name }) {
  return join(dist, `.${name.replaceAll(' ', '-')}-stamp`);
}

/** The parts that must be built, each with the stamp of its present sources. */
function staleParts() {
  return PARTS.map((part) => ({ ...part, stamp: stampOf(part) })).filter(
    (part) =>
      !existsSync(part.output) ||
      !existsSync(stampFile(part)) ||
      readFileSync(stampFile(part), 'utf8') !== part.stamp,
  );
}

/** A tool's script by its package; undefined in an installation without development dependencies. */
function toolPath([packageName, script]) {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${packageName}/package.json`)), script);
  } catch {
    return undefined;
  }
}

async function build(part) {
  const started = Date.now();
  const [, , ...args] = part.tool;
  // Without it tsc would trust its notes and not write again what somebody deleted.
  if (!existsSync(part.output)) rmSync(join(dist, '.tsbuildinfo'), { force: true });
  rmSync(stampFile(part), { force: true });
  console.log(`Building the ${part.name} …`);
  const { code, output } = await run([toolPath(part.tool), ...args]);
  if (code !== 0) throw new BuildError(`Building the ${part.name} failed:\n\n${output}`);
  // What changed while it was built is built again by the next start.
  writeFileSync(stampFile(part), part.stamp);
  console.log(`Built the ${part.name} in ${((Date.now() - started) / 1000).toFixed(1)} s.`);
}

class BuildError extends Error {}

function run(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

/** Holds the lock while work runs. */
async function locked(work) {
  mkdirSync(dist, { recursive: true });
  for (let told = false; !takeLock(); await sleep(100)) {
    if (!told) console.log('Waiting for another build …');
    told = true;
  }
  const drop = () => rmSync(lockFile, { force: true });
  process.once('exit', drop);
  try {
    return await work();
  } finally {
    process.removeListener('exit', drop);
    drop();
  }
}

function takeLock() {
  try {
    writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const age = Date.now() - (statSync(lockFile, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  let owner;
  try {
    owner = Number(readFileSync(lockFile, 'utf8'));
  } catch {
    return false;
  }
  // An empty file is one that is just being written.
  if (age > LOCK_LIFE_MS || (owner > 0 ? !isAlive(owner) : age > 1000)) rmSync(lockFile, { force: true });
  return false;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

async function bringUpToDate() {
  const stale = staleParts();
  if (stale.length === 0) return;
  const missing = stale.filter((part) => toolPath(part.tool) === undefined);
  if (missing.length > 0) {
    // An installation without development dependencies runs what it was built with.
    if (existsSync(entry)) return;
    throw new BuildError(
      `The ${missing[0].name} is not built, and ${missing[0].tool[0]} is not installed to build it. Run npm ci (with development dependencies) first.`,
    );
  }
  await locked(() => Promise.all(staleParts().map(build)));
}

try {
  await bringUpToDate();
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(error.message);
  process.exit(1);
}

const argument = process.argv.indexOf('--build-only');
if (argument === -1) {
  process.setSourceMapsEnabled(true);
  process.argv[1] = entry;
  // What the libraries check for developers at each field of each answer is a tenth of a server's work.
  process.env.NODE_ENV ??= 'production';
  await import(pathToFileURL(entry).href);
}
