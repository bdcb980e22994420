/**
 * A lock file that names the living process which owns a folder. A lock whose process is gone is
 * taken over; a process id that meanwhile belongs to somebody else is told apart by its start time.
 */
import { spawnSync } from 'node:child_process';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Either the lock, to be released at the end, or the process id of its living owner. */
export type LockResult = { release(): void } | { heldBy: number };

interface Owner {
  pid: number;
  /** When the process started, in the system's own words; null where that cannot be told. */
  started: string | null;
}

/** Takes the lock, or says who has it. Throws only when the folder cannot be written. */
export function acquireLock(file: string): LockResult {
  const mine = JSON.stringify({ pid: process.pid, started: startOf(process.pid) } satisfies Owner);
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, mine, { mode: 0o600 });
  try {
    for (;;) {
      if (linked(draft, file)) return { release: () => release(file, mine) };
      const text = read(file);
      const owner = text === undefined ? undefined : parse(text);
      if (owner && isSameProcess(owner)) return { heldBy: owner.pid };
      if (text !== undefined) removeStale(file, text, `${draft}.stale`);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Whether a process with this id exists, be it somebody else's or a zombie. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Linking, unlike writing, makes a whole file appear at once or fails because there is one. */
function linked(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Moves the lock aside and looks again: between reading and moving, another process may have taken it over. */
function removeStale(file: string, judged: string, aside: string): void {
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (read(aside) !== judged) linked(aside, file);
  rmSync(aside, { force: true });
}

function release(file: string, mine: string): void {
  if (read(file) === mine) rmSync(file, { force: true });
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parse(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Owner;
    return Number.isInteger(owner.pid) ? owner : undefined;
  } catch {
    return undefined;
  }
}

function isSameProcess(owner: Owner): boolean {
  if (!isAlive(owner.pid)) return false;
  const started = startOf(owner.pid);
  return started !== DEAD && (owner.started === null || started === null || owner.started === started);
}

/** A zombie: it has ended, only its parent has not taken notice yet. */
const DEAD = 'dead';

function startOf(pid: number): string | null {
  if (process.platform === 'win32') return null;
  if (process.platform !== 'linux') {
    const { stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' });
    const [, state, started] = /^\s*(\S+)\s+(.+?)\s*$/.exec(stdout ?? '') ?? [];
    return state?.startsWith('Z') ? DEAD : (started ?? null);
  }
  try {
    // Behind the name, which may hold spaces and parentheses: the state, and 19 fields later the start in ticks since boot (proc(5)).
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return DEAD;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${fields[19]}`;
  } catch {
    return null;
  }
}
