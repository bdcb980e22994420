/** API tokens: made, listed, ended; of the caller itself, and with ACCESS_MANAGE of a login of its portfolio. */
import type { DataSource, EntityManager } from 'typeorm';

import { ok, type Problem, problem, refused, type Result } from '../errors.ts';
import { kindOfId, newId } from '../ids.ts';
import { AccessTokenEntity } from './access-token.entity.ts';
import { bound } from './bound.ts';
import { LoginEntity } from './login.entity.ts';
import { checkGrants } from './logins.ts';
import { loginManaged, loginVisible, may, tokenManaged } from './policy.ts';
import { recordChange } from './record-change.ts';
import { TeamMemberEntity } from './team.entity.ts';
import { hideWebhooks } from './teams.ts';
import { MAX_NAME, readText } from './text-input.ts';
import { hashToken, hintOf, makeToken } from './token-format.ts';
import { changeTree } from './tree.ts';
import type { Permission, Viewer } from './viewer.ts';

/** The most tokens of one login that are neither revoked nor expired. */
export const MAX_TOKENS = 100;

/** What a new token may do and until when. */
export interface AccessTokenInput {
  name: string;
  permissions: Permission[];
  /** Null: no end. */
  expiresAt?: Date | null;
  /** Whose it is; the caller's when left out or null. */
  loginId?: string | null;
}

/**
 * Makes a token, with no more than the caller may and no longer than the token behind the caller; the value is
 * in this answer only. One for another login needs ACCESS_MANAGE, and holds no more than that login either.
 */
export async function createToken(
  orm: DataSource,
  caller: Viewer,
  input: AccessTokenInput,
): Promise<Result<{ token: AccessTokenEntity; value: string }>> {
  const loginId = input.loginId ?? caller.loginId;
  const forOther = loginId !== caller.loginId;
  return changeTree(orm, caller, forOther ? 'ACCESS_MANAGE' : null, async (manager, viewer) => {
    const problems: Problem[] = [];
    const name = readText(
      input.name,
      ['name'],
      { what: 'The name', max: MAX_NAME, required: true },
      problems,
    );
    problems.push(...checkGrants(viewer, input.permissions, []));
    if (forOther) problems.push(...(await checkHolder(manager, viewer, loginId, input.permissions)));
    problems.push(...checkEnd(viewer, input.expiresAt ?? null));
    if (problems.length > 0) return refused(...problems);
    if ((await countValid(manager, loginId)) >= MAX_TOKENS) {
      const message = `A login may have at most ${MAX_TOKENS} valid tokens: revoke one that is not used any more.`;
      return refused(problem('TOO_MANY', null, message));
    }
    const value = makeToken();
    const id = newId('accessToken');
    await manager.insert(AccessTokenEntity, {
      id,
      loginId,
      origin: 'USER',
      name,
      sha256: hashToken(value),
      hint: hintOf(value),
      permissions: [...new Set(input.permissions)],
      expiresAt: input.expiresAt ?? null,
    });
    const token = await manager.findOneByOrFail(AccessTokenEntity, { id });
    const what = { action: 'accessToken.create', subjectId: id, scopeId: loginId };
    await recordChange(manager, viewer, what, {}, audited(token));
    return ok({ token, value });
  });
}

/** The tokens of a login that the caller may list, oldest first; revoked ones are gone, expired ones still show. */
export async function tokensOf(
  orm: DataSource,
  viewer: Viewer,
  loginId: string,
): Promise<AccessTokenEntity[]> {
  if (kindOfId(loginId) !== 'login') return [];
  return managedTokens(orm.manager, viewer)
    .andWhere('t.loginId = :loginId and t.revokedAt is null', { loginId })
    .orderBy('t.id')
    .getMany();
}

/** One token that the caller may list and that is not revoked. */
export async function tokenById(
  orm: DataSource,
  viewer: Viewer,
  id: string,
): Promise<AccessTokenEntity | null> {
  if (kindOfId(id) !== 'accessToken') return null;
  return managedTokens(orm.manager, viewer).andWhere('t.id = :id and t.revokedAt is null', { id }).getOne();
}

/**
 * Ends a token at once: one of the caller's, or with ACCESS_MANAGE one of a login in its portfolio, and
 * none that may do what the caller may not; the caller's own token always. Revoking twice is no error.
 * Returns the id.
 */
export async function revokeToken(orm: DataSource, caller: Viewer, id: string): Promise<Result<string>> {
  const unknown = refused(problem('NOT_FOUND', ['id'], 'There is no such access token.'));
  if (kindOfId(id) !== 'accessToken') return unknown;
  return changeTree(orm, caller, null, async (manager, viewer) => {
    const token = await managedTokens(manager, viewer)
      .addSelect('t.revokedAt')
      .andWhere('t.id = :id', { id })
      .getOne();
    if (token === null) return unknown;
    if (token.revokedAt !== null) return ok(id);
    const problems = id === viewer.tokenId ? [] : await checkEnding(manager, viewer, token);
    if (problems.length > 0) return refused(...problems);
    await manager.update(AccessTokenEntity, id, { revokedAt: () => 'clock_timestamp()' });
    const what = { action: 'accessToken.revoke', subjectId: id, scopeId: token.loginId };
    await recordChange(manager, viewer, what, audited(token), {});
    return ok(id);
  });
}

/** The tokens that the caller may list and end, revoked ones included. */
function managedTokens(manager: Pick<EntityManager, 'createQueryBuilder'>, viewer: Viewer) {
  const { text, parameters } = bound(tokenManaged(viewer));
  return manager.createQueryBuilder(AccessTokenEntity, 't').where(text, parameters);
}

/** What the audit log shows of a token: neither its value nor its hash, nor a part of them. */
function audited({ loginId, name, permissions, expiresAt }: AccessTokenEntity): object {
  return { loginId, name, permissions, expiresAt };
}

/** A token that ends would not end, if it could make one that stays. */
function checkEnd(viewer: Viewer, expiresAt: Date | null): Problem[] {
  if (expiresAt !== null && !(expiresAt.getTime() > Date.now()))
    return [problem('INVALID', ['expiresAt'], 'The end of a token must lie in the future.')];
  const bound = viewer.tokensEndBy;
  if (bound === null || (expiresAt !== null && expiresAt <= bound)) return [];
  const message = `The token of the caller ends at ${bound.toISOString()}: one that it makes must end by then.`;
  return [problem('INVALID', ['expiresAt'], message)];
}

/** To end what may do more would take a right back that the caller does not hold. */
async function checkEnding(
  manager: EntityManager,
  viewer: Viewer,
  token: AccessTokenEntity,
): Promise<Problem[]> {
  const holder = await manager.findOneByOrFail(LoginEntity, { id: token.loginId });
  const beyond = token.permissions.filter(
    (permission) => holder.permissions.includes(permission) && !may(viewer, permission),
  );
  if (beyond.length === 0) return [];
  const message = `This token may do what the caller may not: ${beyond.join(', ')}.`;
  return [problem('FORBIDDEN', ['id'], message)];
}

function countValid(manager: EntityManager, loginId: string): Promise<number> {
  return manager
    .createQueryBuilder(AccessTokenEntity, 't')
    .where('t.loginId = :loginId and t.revokedAt is null', { loginId })
    .andWhere('(t.expiresAt is null or t.expiresAt > clock_timestamp())')
    .getCount();
}

/** Whose token the caller may make: who bears it acts as that login, and reads what its teams read. */
async function checkHolder(
  manager: EntityManager,
  viewer: Viewer,
  loginId: string,
  permissions: Permission[],
): Promise<Problem[]> {
  const login = kindOfId(loginId) === 'login' ? await manager.findOneBy(LoginEntity, { id: loginId }) : null;
  if (login === null || !loginVisible(viewer, login))
    return [problem('NOT_FOUND', ['loginId'], 'There is no such login.')];
  if (!loginManaged(viewer, login)) {
    const message = 'Only logins at or below the caller may be given tokens.';
    return [problem('FORBIDDEN', ['loginId'], message)];
  }
  const problems = permissions.flatMap((permission, index) =>
    login.permissions.includes(permission) || !may(viewer, permission)
      ? []
      : [
          problem(
            'FORBIDDEN',
            ['permissions', String(index)],
            `${permission} is not held by the login that the token is for.`,
          ),
        ],
  );
  if (login.disabled)
    problems.push(problem('INVALID_STATE', ['loginId'], 'This login is disabled: its tokens are refused.'));
  const memberships = await manager.findBy(TeamMemberEntity, { loginId });
  const teamIds = memberships.map((member) => member.teamId);
  if (await hideWebhooks(manager, viewer, teamIds)) {
    const message =
      'A team of this login is used by a webhook that the caller may not read, and the bearer of the token would.';
    problems.push(problem('FORBIDDEN', ['loginId'], message));
  }
  return problems;
}
