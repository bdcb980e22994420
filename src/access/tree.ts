/** The tree of logins as stored: every login carries the ids from the root down to itself. */
import type { DataSource, EntityManager } from 'typeorm';

import { problem, refused, type Result } from '../errors.ts';
import { may, missing } from './policy.ts';
import { type Permission, readOwners, type Viewer } from './viewer.ts';

/**
 * Lets one transaction at a time change the tree: a path is computed from the parent's, and two
 * moves at once could make a circle that neither of them sees.
 */
export async function lockTree(manager: EntityManager): Promise<void> {
  await manager.query(`select pg_advisory_xact_lock(hashtextextended('bellwire login tree', 0))`);
}

/**
 * Runs a change of who may do what: one transaction behind the lock, with the caller's rights as they are
 * there. They may have gone while it waited; what was granted meanwhile counts as well. FORBIDDEN when the
 * permission is missing, or the caller's token, session or login has ended.
 */
export async function changeTree<T>(
  orm: DataSource,
  caller: Viewer,
  permission: Permission | null,
  change: (manager: EntityManager, viewer: Viewer) => Promise<Result<T>>,
): Promise<Result<T>> {
  return orm.transaction(async (manager) => {
    await lockTree(manager);
    const viewer = await readAgain(manager, caller);
    if (viewer === undefined)
      return refused(problem('FORBIDDEN', null, "The caller's token, session or login has ended."));
    if (permission !== null && !may(viewer, permission)) return refused(missing(permission));
    return change(manager, viewer);
  });
}

/** The server itself, which acts without a credential, loses nothing. */
async function readAgain(manager: EntityManager, caller: Viewer): Promise<Viewer | undefined> {
  if (caller.credentialId === '') return caller;
  const [owner] = await readOwners(manager, { ids: [caller.credentialId] });
  return owner?.viewer;
}

/** Hangs a login with all below it under another parent, in one statement; the caller holds the lock. */
export async function moveBranch(
  manager: EntityManager,
  loginId: string,
  parent: { id: string; path: string[] },
): Promise<void> {
  await manager.query(
    `update logins
     set path = $3::text[] || path[array_position(path, $1):],
         parent_id = case when id = $1 then $2 else parent_id end
     where path @> array[$1::text]`,
    [loginId, parent.id, parent.path],
  );
}

/** Whom a loss concerns: the logins themselves, also all below them, or all that act in them as their account. */
const REACHES = {
  ALONE: 'id = any ($1::text[])',
  BRANCH: 'path && $1::text[]',
  ACCOUNT: `path && $1::text[] and (
    select a.id from logins a where a.id = any (logins.path) and a.is_account
    order by cardinality(a.path) desc limit 1) = any ($1::text[])`,
};

/**
 * Notes that logins lose a right in this transaction: stream cursors from before are then not resumed in
 * silence. The caller holds the lock, so that two losses cannot deadlock.
 */
export async function noteLostRights(
  manager: EntityManager,
  loginIds: string[],
  reach: keyof typeof REACHES = 'ALONE',
): Promise<void> {
  if (loginIds.length === 0) return;
  await manager.query(`update logins set rights_lost = pg_current_xact_id() where ${REACHES[reach]}`, [
    loginIds,
  ]);
}

/** Every permission that a login or one below it holds. */
export async function permissionsInBranch(manager: EntityManager, loginId: string): Promise<Permission[]> {
  const rows = await manager.query<{ permission: Permission }[]>(
    `select distinct unnest(permissions) as permission from logins where path @> array[$1::text] order by 1`,
    [loginId],
  );
  return rows.map((row) => row.permission);
}
