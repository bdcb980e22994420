/** A login's own API tokens: made, listed, ended. */
import { type DataSource, IsNull } from 'typeorm';

import { ok, type Problem, problem, refused, type Result } from '../errors.ts';
import { kindOfId, newId } from '../ids.ts';
import { AccessTokenEntity } from './access-token.entity.ts';
import { checkGrants } from './logins.ts';
import { MAX_NAME, readText } from './text-input.ts';
import { hashToken, hintOf, makeToken } from './token-format.ts';
import type { Permission, Viewer } from './viewer.ts';

/** What a new token may do and until when. */
export interface AccessTokenInput {
  name: string;
  permissions: Permission[];
  /** Null: no end. */
  expiresAt?: Date | null;
}

/** Makes a token for the caller's login, with no more than the caller may; the value is in this answer only. */
export async function createToken(
  orm: DataSource,
  viewer: Viewer,
  input: AccessTokenInput,
): Promise<Result<{ token: AccessTokenEntity; value: string }>> {
  const problems: Problem[] = [];
  const name = readText(input.name, ['name'], { what: 'The name', max: MAX_NAME, required: true }, problems);
  problems.push(...checkGrants(viewer, input.permissions, []));
  if (input.expiresAt && !(input.expiresAt.getTime() > Date.now()))
    problems.push(problem('INVALID', ['expiresAt'], 'The end of a token must lie in the future.'));
  if (problems.length > 0) return refused(...problems);
  const value = makeToken();
  const id = newId('accessToken');
  const tokens = orm.getRepository(AccessTokenEntity);
  await tokens.insert({
    id,
    loginId: viewer.loginId,
    origin: 'USER',
    name,
    sha256: hashToken(value),
    hint: hintOf(value),
    permissions: [...new Set(input.permissions)],
    expiresAt: input.expiresAt ?? null,
  });
  return ok({ token: await tokens.findOneByOrFail({ id }), value });
}

/** The caller's tokens, oldest first; revoked ones are gone, expired ones still show. */
export async function ownTokens(orm: DataSource, viewer: Viewer): Promise<AccessTokenEntity[]> {
  return orm.getRepository(AccessTokenEntity).find({
    where: { loginId: viewer.loginId, revokedAt: IsNull() },
    order: { id: 'ASC' },
  });
}

/** One of the caller's own tokens that is not revoked. */
export async function ownToken(
  orm: DataSource,
  viewer: Viewer,
  id: string,
): Promise<AccessTokenEntity | null> {
  if (kindOfId(id) !== 'accessToken') return null;
  return orm.getRepository(AccessTokenEntity).findOneBy({ id, loginId: viewer.loginId, revokedAt: IsNull() });
}

/**
 * Ends a token at once: one of the caller's, or with ACCESS_MANAGE one of a login in its portfolio.
 * Revoking twice is no error. Returns the id.
 */
export async function revokeToken(orm: DataSource, viewer: Viewer, id: string): Promise<Result<string>> {
  const unknown = refused(problem('NOT_FOUND', ['id'], 'There is no such access token.'));
  if (kindOfId(id) !== 'accessToken') return unknown;
  const [, count] = await orm.query<[unknown[], number]>(
    `update access_tokens t set revoked_at = coalesce(t.revoked_at, clock_timestamp())
     from logins l
     where t.id = $1 and l.id = t.login_id and (l.id = $2 or ($3 and $2 = any (l.path)))`,
    [id, viewer.loginId, viewer.permissions.has('ACCESS_MANAGE')],
  );
  return count === 1 ? ok(id) : unknown;
}
