/** The root administrator: made once per database, and its first token. */
import { type DataSource, type EntityManager, IsNull } from 'typeorm';

import { newId } from '../ids.ts';
import { AccessTokenEntity } from './access-token.entity.ts';
import { LoginEntity } from './login.entity.ts';
import { hashToken, hintOf, makeToken } from './token-format.ts';
import { lockTree } from './tree.ts';
import { PERMISSIONS } from './viewer.ts';

/**
 * Makes the root login if there is none, under a lock, since two servers may start at once. With a
 * token from the environment that one becomes the root's, and earlier ones from there end. Without,
 * a token is made together with the login and returned to be printed once; null otherwise.
 */
export async function ensureRoot(orm: DataSource, rootToken: string | null): Promise<string | null> {
  return orm.transaction(async (manager) => {
    await lockTree(manager);
    const found = await manager.findOneBy(LoginEntity, { parentId: IsNull() });
    const rootId = found?.id ?? (await createRoot(manager));
    if (rootToken !== null) {
      await keepEnvironmentToken(manager, rootId, rootToken);
      return null;
    }
    if (found) return null;
    const value = makeToken();
    await manager.insert(AccessTokenEntity, {
      id: newId('accessToken'),
      loginId: rootId,
      origin: 'ROOT',
      name: 'Root token of the first start',
      sha256: hashToken(value),
      hint: hintOf(value),
      permissions: [...PERMISSIONS],
    });
    return value;
  });
}

async function createRoot(manager: EntityManager): Promise<string> {
  const id = newId('login');
  await manager.insert(LoginEntity, {
    id,
    name: 'Root administrator',
    email: '',
    parentId: null,
    path: [id],
    isAccount: true,
    permissions: [...PERMISSIONS],
    disabled: false,
  });
  return id;
}

/** The operator's word is final: the same value is valid again even where it had been revoked. */
async function keepEnvironmentToken(manager: EntityManager, rootId: string, value: string): Promise<void> {
  const sha256 = hashToken(value);
  await manager.query(
    `update access_tokens set revoked_at = clock_timestamp()
     where origin = 'ENVIRONMENT' and revoked_at is null and sha256 <> $1`,
    [sha256],
  );
  await manager.query(
    `insert into access_tokens (id, login_id, origin, name, sha256, hint, permissions)
     values ($1, $2, 'ENVIRONMENT', 'BELLWIRE_ROOT_TOKEN', $3, $4, $5)
     on conflict (sha256) do update
     set login_id = excluded.login_id, origin = excluded.origin, name = excluded.name,
         permissions = excluded.permissions, expires_at = null, revoked_at = null`,
    [newId('accessToken'), rootId, sha256, hintOf(value), [...PERMISSIONS]],
  );
}
