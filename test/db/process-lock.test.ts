import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { acquireLock } from '../../src/db/process-lock.ts';

describe('a process lock', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bellwire-lock-'));
    file = join(folder, 'lock');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('is refused while its owner lives, names it, and is free after release', () => {
    const lock = acquireLock(file);
    expect(acquireLock(file)).toEqual({ heldBy: process.pid });
    if ('release' in lock) lock.release();
    const again = acquireLock(file);
    expect(again).toHaveProperty('release');
    expect(readdirSync(folder)).toEqual(['lock']);
  });

  it('is taken over from a process that is gone', async () => {
    const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
    await once(child, 'exit');
    writeFileSync(file, JSON.stringify({ pid: child.pid, started: null }));
    expect(acquireLock(file)).toHaveProperty('release');
  });

  it('is taken over when the process id now belongs to a process that started later', () => {
    writeFileSync(file, JSON.stringify({ pid: process.pid, started: 'in another life' }));
    expect(acquireLock(file)).toHaveProperty('release');
  });

  it('is taken over when a crash left half a file', () => {
    writeFileSync(file, '{"pid":');
    expect(acquireLock(file)).toHaveProperty('release');
  });
});
