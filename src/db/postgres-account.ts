/**
 * Who runs the embedded PostgreSQL, which refuses to run as root: this user, or for root an
 * unprivileged one that the system knows.
 */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';

import { StartupError } from '../errors.ts';

/** A system user other than the one of this process. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}

/** Every Unix has one of them; PostgreSQL wants a uid that has a name. */
const CANDIDATES = ['nobody', 'daemon'];

/** The account to run PostgreSQL as, null for the own one. A cluster that exists keeps its owner. */
export function postgresAccount(cluster: string): Account | null {
  if (process.getuid?.() !== 0) return null;
  const owner = statSync(cluster, { throwIfNoEntry: false })?.uid;
  const names = owner === undefined || owner === 0 ? CANDIDATES : [String(owner)];
  for (const name of names) {
    const account = lookUp(name);
    if (account && account.uid !== 0) return account;
  }
  throw new StartupError(
    `PostgreSQL does not run as root, and there is no user ${names.join(' or ')} on this machine to run it as. Start Bellwire as another user, or set DATABASE_URL.`,
  );
}

/** Whether the account may enter a folder: asked of the system itself, which knows about modes and ACLs. */
export function canEnter(account: Account | null, folder: string): boolean {
  if (account === null) return true;
  return run(account, '/bin/sh', ['-c', 'cd "$1"', 'sh', folder]).status === 0;
}

/** What spawn() needs to run something as the account, in a folder it can be in, without our secrets in its environment. */
export function runAs(account: Account | null) {
  const env: NodeJS.ProcessEnv = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
  if (process.platform === 'win32')
    Object.assign(env, { SystemRoot: process.env.SystemRoot, TEMP: process.env.TEMP });
  return {
    env,
    ...(process.platform === 'win32' ? {} : { cwd: '/' }),
    ...(account ? { uid: account.uid, gid: account.gid } : {}),
  };
}

/** Runs a program to its end as the account. */
export function run(account: Account | null, program: string, args: string[]) {
  return spawnSync(program, args, { ...runAs(account), encoding: 'utf8', windowsHide: true });
}

function lookUp(nameOrUid: string): Account | undefined {
  // id(1) asks whatever the system keeps its users in, which /etc/passwd is only a part of.
  const [name, uid, gid] = ['-un', '-u', '-g'].map((flag) => {
    const { status, stdout } = spawnSync('id', [flag, nameOrUid], { encoding: 'utf8' });
    return status === 0 ? stdout.trim() : undefined;
  });
  return name && uid && gid ? { name, uid: Number(uid), gid: Number(gid) } : undefined;
}
