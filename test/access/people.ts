/** A database of its own with a tree of logins, and viewers made of real tokens. */
import type { DataSource, EntityManager } from 'typeorm';

import { createDataSource } from '../../ormconfig.ts';
import { Access } from '../../src/access/access.ts';
import type { LoginEntity } from '../../src/access/login.entity.ts';
import type { LoginInput } from '../../src/access/logins.ts';
import { hashToken, hintOf, makeToken } from '../../src/access/token-format.ts';
import { lockTree } from '../../src/access/tree.ts';
import { type Permission, PERMISSIONS, type Viewer } from '../../src/access/viewer.ts';
import type { Result } from '../../src/errors.ts';
import { newId } from '../../src/ids.ts';
import { createTestDatabase } from '../support/postgres.ts';

/** The parts that tests of settings share. */
export interface People {
  orm: DataSource;
  access: Access;
  root: Viewer;
  /** Creates a login below root (or parentId) and signs it in, with the permissions given. */
  join(name: string, input?: LoginInput): Promise<{ login: LoginEntity; viewer: Viewer }>;
  /** Signs a login in anew, by a fresh token with these permissions. */
  signIn(loginId: string, permissions?: readonly Permission[]): Promise<{ viewer: Viewer; value: string }>;
  close(): Promise<void>;
}

/** Starts with a root administrator and nobody else. */
export async function startPeople(): Promise<People> {
  const database = await createTestDatabase();
  const orm = await createDataSource(database.url).initialize();
  const access = new Access(orm, { rootToken: null });
  const root = (await access.viewerOfToken((await access.ensureRoot())!))!;

  async function signIn(loginId: string, permissions: readonly Permission[] = PERMISSIONS) {
    const value = makeToken();
    await orm.query(
      `insert into access_tokens (id, login_id, origin, name, sha256, hint, permissions)
       values ($1, $2, 'USER', 'test', $3, $4, $5)`,
      [newId('accessToken'), loginId, hashToken(value), hintOf(value), permissions],
    );
    return { viewer: (await access.viewerOfToken(value))!, value };
  }

  return {
    orm,
    access,
    root,
    signIn,
    async join(name, input = {}) {
      const login = good(await access.createLogin(root, { name, ...input }));
      return { login, viewer: (await signIn(login.id)).viewer };
    },
    async close() {
      await orm.destroy();
      await database.drop();
    },
  };
}

/** The value of a result that must be good. */
export function good<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.problems)}`);
  return result.value;
}

/** The problems of a result as "CODE path", '' for a good one. */
export function faults(result: Result<unknown>): string[] {
  return result.ok ? [] : result.problems.map((one) => `${one.code} ${one.field?.join('.') ?? '-'}`);
}

/**
 * Holds the lock of the tree inside a transaction, starts the contenders, and returns their results
 * after work has been done and committed in front of all of them. Fails when one of them does not wait.
 */
export async function behindTreeLock<T>(
  people: People,
  contenders: (() => Promise<T>)[],
  work: (manager: EntityManager) => Promise<unknown> = async () => undefined,
): Promise<T[]> {
  const started: Promise<T>[] = [];
  let settled = 0;
  await people.orm.transaction(async (manager) => {
    await lockTree(manager);
    await work(manager);
    for (const contender of contenders) started.push(contender().finally(() => (settled += 1)));
    for (let waiting = 0; waiting < contenders.length && settled === 0;) {
      const [row] = await manager.query<[{ count: number }]>(
        `select count(*)::int as count from pg_locks
         where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`,
      );
      waiting = row.count;
    }
    if (settled > 0) throw new Error('a contender did not wait for the lock');
  });
  return Promise.all(started);
}
