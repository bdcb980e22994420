/** A PostgreSQL server process as seen from outside: its pid file, whether it is still that one, how to stop it. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { isAlive } from './process-lock.ts';

/** The lines of postmaster.pid that matter here (PostgreSQL's miscadmin.h, "LOCK_FILE_LINE"). */
export interface PidFile {
  pid: number;
  port: number;
  ready: boolean;
}

/** How long a fast shutdown may take, then an immediate one (ms). */
const FAST_MS = 10_000;
const IMMEDIATE_MS = 5_000;

/** Reads <cluster>/postmaster.pid; undefined when there is none or it is half written. */
export function readPidFile(cluster: string): PidFile | undefined {
  let lines: string[];
  try {
    lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[3] ?? 0), ready: lines[7]?.trim() === 'ready' };
}

/**
 * Whether pid is the living server of this cluster: the file outlives a power cut, and its process id
 * may then belong to a stranger, which must not be signalled. A zombie is not living.
 */
export function isPostmasterOf(pid: number, cluster: string): boolean {
  if (!isAlive(pid)) return false;
  if (process.platform === 'linux') {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === cluster;
    } catch {
      return false;
    }
  }
  if (process.platform === 'win32') {
    const { stdout } = spawnSync('tasklist', ['/fi', `pid eq ${pid}`, '/fo', 'csv'], { encoding: 'utf8' });
    return /postgres\.exe/i.test(stdout ?? '');
  }
  const { stdout } = spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  return (stdout ?? '').includes(cluster);
}

/**
 * Stops a server: SIGINT (running transactions are rolled back, then a checkpoint), SIGQUIT when that takes longer
 * than 10 s, SIGKILL 5 s later. Committed rows survive all three. Resolves when it is gone.
 */
export async function stopPostmaster(pid: number, pgCtl: string, gone: () => boolean): Promise<void> {
  for (const [signal, waitMs] of [
    ['INT', FAST_MS],
    ['QUIT', IMMEDIATE_MS],
    ['KILL', IMMEDIATE_MS],
  ] as const) {
    signalPostmaster(pid, signal, pgCtl);
    const until = Date.now() + waitMs;
    while (Date.now() < until) {
      if (gone()) return;
      await sleep(10);
    }
  }
  throw new Error(`PostgreSQL (process ${pid}) does not stop`);
}

/** Sends a signal without waiting; a process that is gone already is fine. */
export function signalPostmaster(pid: number, signal: 'INT' | 'QUIT' | 'KILL', pgCtl: string): void {
  if (process.platform === 'win32') {
    // Windows has no signals; PostgreSQL listens to pg_ctl on a pipe instead.
    spawn(pgCtl, ['kill', signal, String(pid)], { stdio: 'ignore', detached: true }).on(
      'error',
      () => undefined,
    );
    return;
  }
  try {
    process.kill(pid, `SIG${signal}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
