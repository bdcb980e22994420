/** The tree of logins as stored: every login carries the ids from the root down to itself. */
import type { EntityManager } from 'typeorm';

import type { Permission } from './viewer.ts';

/**
 * Lets one transaction at a time change the tree: a path is computed from the parent's, and two
 * moves at once could make a circle that neither of them sees.
 */
export async function lockTree(manager: EntityManager): Promise<void> {
  await manager.query(`select pg_advisory_xact_lock(hashtextextended('bellwire login tree', 0))`);
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

/**
 * Notes that a login, or its whole branch, loses a right in this transaction: stream cursors from before
 * are then not resumed in silence. The caller holds the lock, so that two losses cannot deadlock.
 */
export async function noteLostRights(
  manager: EntityManager,
  loginIds: string[],
  reach: 'ALONE' | 'BRANCH' = 'ALONE',
): Promise<void> {
  if (loginIds.length === 0) return;
  const where = reach === 'BRANCH' ? 'path && $1::text[]' : 'id = any ($1::text[])';
  await manager.query(`update logins set rights_lost = pg_current_xact_id() where ${where}`, [loginIds]);
}

/** Every permission that a login or one below it holds. */
export async function permissionsInBranch(manager: EntityManager, loginId: string): Promise<Permission[]> {
  const rows = await manager.query<{ permission: Permission }[]>(
    `select distinct unnest(permissions) as permission from logins where path @> array[$1::text] order by 1`,
    [loginId],
  );
  return rows.map((row) => row.permission);
}
