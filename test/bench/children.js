/** The processes that the bench starts: each in a group of its own, so that Ctrl-C reaches only the bench, which stops them in order. */
import { fork, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

/** How much of a process's output is kept for the message when it fails, characters. */
const TAIL = 4_000;

/**
 * @typedef {object} Child
 * @property {number} pid
 * @property {import('node:child_process').ChildProcess} process
 * @property {() => string} output The end of what it wrote.
 * @property {Promise<never>} died Rejects when it ends before stop() was called.
 * @property {(limitMs: number, receiver?: number) => Promise<number | null>} stop SIGTERM to it, or to another process (below 0 a group); after the limit SIGKILL to its group. Its exit code.
 */

/** Starts a program. @param {string} program @param {string[]} args @param {import('node:child_process').SpawnOptions} options @returns {Child} */
export function start(program, args, options) {
  return watch(
    program,
    spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options, detached: true }),
  );
}

/** Starts a script, named from this folder, that is talked to over IPC. @param {string} script @param {string[]} args @returns {Child} */
export function startScript(script, args = []) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  return watch(script, fork(path, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: true }));
}

/** @param {string} name @param {import('node:child_process').ChildProcess} child @returns {Child} */
function watch(name, child) {
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => (output = (output + chunk).slice(-TAIL)));
  const killGroup = () => signal(child.pid && -child.pid, 'SIGKILL');
  process.once('exit', killGroup);

  let stopping = false;
  /** @type {Promise<number | null>} */
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code));
  }).finally(() => process.removeListener('exit', killGroup));
  const died = ended.then(
    (code) => {
      if (!stopping) throw new Error(`${name} ended with ${code}. Its last words:\n${output}`);
      return /** @type {Promise<never>} */ (new Promise(() => undefined));
    },
    (error) => {
      throw Object.assign(new Error(`${name} did not start: ${error.message}`), { code: error.code });
    },
  );
  // Whoever waits for something races with it; nobody may be waiting.
  died.catch(() => undefined);

  return {
    pid: child.pid ?? 0,
    process: child,
    output: () => output,
    died,
    async stop(limitMs, receiver = child.pid) {
      if (!stopping) {
        stopping = true;
        signal(receiver, 'SIGTERM');
      }
      const timer = setTimeout(killGroup, limitMs);
      return ended
        .catch(() => null)
        .finally(() => {
          clearTimeout(timer);
          killGroup();
        });
    },
  };
}

/** @param {number | undefined} pid @param {NodeJS.Signals} name */
function signal(pid, name) {
  try {
    if (pid) process.kill(pid, name);
  } catch {
    // It is gone.
  }
}

/** The first match in what a process writes. Rejects when it ends first or the limit passes. @param {Child} child @param {RegExp} pattern @param {number} limitMs @returns {Promise<RegExpExecArray>} */
export function written(child, pattern, limitMs) {
  const found = new Promise((resolve) => {
    const streams = [child.process.stdout, child.process.stderr];
    const look = () => {
      const match = pattern.exec(child.output());
      if (!match) return;
      for (const stream of streams) stream?.off('data', look);
      resolve(match);
    };
    for (const stream of streams) stream?.on('data', look);
  });
  return within(found, child, limitMs, () => `nothing like ${pattern} in:\n${child.output()}`);
}

/** The first IPC message that fits. @param {Child} child @param {(message: any) => boolean} fits @param {number} limitMs @returns {Promise<any>} */
export function told(child, fits, limitMs) {
  const found = new Promise((resolve) => {
    const look = (/** @type {any} */ message) => {
      if (!fits(message)) return;
      child.process.off('message', look);
      resolve(message);
    };
    child.process.on('message', look);
  });
  return within(found, child, limitMs, () => `no answer; its last words:\n${child.output()}`);
}

/** @template T @param {Promise<T>} work @param {Child} child @param {number} limitMs @param {() => string} what @returns {Promise<T>} */
function within(work, child, limitMs, what) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`after ${limitMs / 1000} s: ${what()}`)), limitMs);
  });
  return /** @type {Promise<T>} */ (Promise.race([work, child.died, late])).finally(() =>
    clearTimeout(timer),
  );
}

/** A port of 127.0.0.1 that was free just now. @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/**
 * One promise for all processes of a system, those included that start later: it rejects when one of
 * them ends unasked.
 */
export function watchDeaths() {
  /** @type {(error: unknown) => void} */
  let reject;
  /** @type {Promise<never>} */
  const died = new Promise((_, rejected) => (reject = rejected));
  died.catch(() => undefined);
  return { died, watch: (/** @type {Child} */ child) => void child.died.catch((error) => reject(error)) };
}
