/** What all sections stand on: a folder, what must be undone at the end, the built server and the installed peers. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The repository. */
export const ROOT = join(import.meta.dirname, '..', '..');

/** @typedef {() => Promise<unknown> | unknown} Stop */

/**
 * @typedef {object} Ground
 * @property {(name: string) => string} folder Makes a folder that PostgreSQL can enter when it is run by another user for root.
 * @property {(stop: Stop) => void} onStop What must be undone; the last thing is undone first.
 */

/** @type {Stop[]} */
const stops = [];
let folders = 0;

/** A ground for one section; whatever is put on it is gone after clearGround(). @returns {Ground} */
export function layGround() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'bellwire-bench-')));
  chmodSync(root, 0o711);
  stops.push(() => rmSync(root, { recursive: true, force: true }));
  return {
    folder(name) {
      const folder = join(root, `${++folders}-${name}`);
      mkdirSync(folder, { mode: 0o711 });
      return folder;
    },
    onStop: (stop) => void stops.push(stop),
  };
}

/** Stops everything even when something does not stop well; then throws what went wrong first. */
export async function clearGround() {
  /** @type {unknown[]} */
  const errors = [];
  for (let stop = stops.pop(); stop; stop = stops.pop()) {
    try {
      await stop();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

/** Installs the peers where they are missing or older than their lock file. */
export function installPeers() {
  const folder = import.meta.dirname;
  const installed = join(folder, 'node_modules', '.package-lock.json');
  const lock = join(folder, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  say('Installing the peers (npm ci in test/bench) …');
  run('npm', ['ci'], folder);
}

/** Builds the server where it is missing or older than its sources. */
export function buildServer() {
  run('npm', ['run', '--silent', 'build'], ROOT);
}

/** @param {string} program @param {string[]} args @param {string} cwd */
function run(program, args, cwd) {
  const { status } = spawnSync(program, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed; what it said is above.`);
}

/** A line on stderr: what is under way. @param {string} line */
export function say(line) {
  process.stderr.write(`${line}\n`);
}
