/**
 * Changes to the tree of logins. A caller with ACCESS_MANAGE edits its own portfolio (itself and all
 * below), and nothing it does gives anybody, itself included, a right that it does not hold: not by
 * a grant, not by moving a login, and not by taking away the mark that makes a login an account.
 */
import { isEmail } from 'class-validator';
import type { DataSource, EntityManager } from 'typeorm';

import { ok, type Problem, problem, refused, type Result } from '../errors.ts';
import { kindOfId, newId } from '../ids.ts';
import { LoginEntity } from './login.entity.ts';
import { loginManaged, loginVisible, may, missing } from './policy.ts';
import { MAX_NAME, readText } from './text-input.ts';
import { lockTree, moveBranch, permissionsInBranch } from './tree.ts';
import type { Permission, Viewer } from './viewer.ts';

/** The longest e-mail address (RFC 5321, 4.5.3.1.3, less the angle brackets). */
const MAX_EMAIL = 254;

/** A login as given; in an update, what is left out or null stays as it is. */
export interface LoginInput {
  name?: string | null;
  email?: string | null;
  /** Left out on create: the caller. */
  parentId?: string | null;
  isAccount?: boolean | null;
  permissions?: Permission[] | null;
  disabled?: boolean | null;
}

/** Creates a login below one of the caller's portfolio. */
export async function createLogin(
  orm: DataSource,
  viewer: Viewer,
  input: LoginInput,
): Promise<Result<LoginEntity>> {
  if (!may(viewer, 'ACCESS_MANAGE')) return refused(missing('ACCESS_MANAGE'));
  return orm.transaction(async (manager) => {
    await lockTree(manager);
    const problems = checkTexts({ ...input, name: input.name ?? '' });
    const parent = await findParent(manager, viewer, input.parentId ?? viewer.loginId, problems);
    problems.push(...checkGrants(viewer, input.permissions ?? [], []));
    if (parent === null || problems.length > 0) return refused(...problems);
    const id = newId('login');
    await manager.insert(LoginEntity, {
      id,
      name: input.name!,
      email: input.email ?? '',
      parentId: parent.id,
      path: [...parent.path, id],
      isAccount: input.isAccount ?? false,
      permissions: [...new Set(input.permissions ?? [])],
      disabled: input.disabled ?? false,
    });
    return ok(await manager.findOneByOrFail(LoginEntity, { id }));
  });
}

/** Edits a login of the caller's portfolio: names, grants, takes back, moves with all below, disables. */
export async function updateLogin(
  orm: DataSource,
  viewer: Viewer,
  id: string,
  input: LoginInput,
): Promise<Result<LoginEntity>> {
  if (!may(viewer, 'ACCESS_MANAGE')) return refused(missing('ACCESS_MANAGE'));
  return orm.transaction(async (manager) => {
    await lockTree(manager);
    const login = kindOfId(id) === 'login' ? await manager.findOneBy(LoginEntity, { id }) : null;
    if (login === null || !loginVisible(viewer, login))
      return refused(problem('NOT_FOUND', ['id'], 'There is no such login.'));
    if (!loginManaged(viewer, login))
      return refused(problem('FORBIDDEN', ['id'], 'Only logins at or below the caller may be edited.'));
    const problems = checkTexts(input);
    const permissions = input.permissions ? [...new Set(input.permissions)] : login.permissions;
    problems.push(...checkGrants(viewer, input.permissions ?? [], login.permissions));
    const moved = input.parentId != null && input.parentId !== login.parentId;
    const isAccount = input.isAccount ?? login.isAccount;
    if (login.parentId === null) problems.push(...checkRoot(input));
    else if (isAccount !== login.isAccount && login.id === viewer.loginId)
      problems.push(problem('FORBIDDEN', ['isAccount'], 'Nobody may change which account they act in.'));
    const parent =
      moved && login.parentId !== null
        ? await findParent(manager, viewer, input.parentId!, problems, login)
        : null;
    if (parent !== null || (login.isAccount && !isAccount)) {
      const field = [parent !== null ? 'parentId' : 'isAccount'];
      problems.push(...(await checkWidening(manager, viewer, login, field)));
    }
    if (problems.length > 0) return refused(...problems);
    if (parent !== null) await moveBranch(manager, id, parent);
    await manager.update(LoginEntity, id, {
      name: input.name ?? login.name,
      email: input.email ?? login.email,
      isAccount,
      permissions,
      disabled: input.disabled ?? login.disabled,
    });
    return ok(await manager.findOneByOrFail(LoginEntity, { id }));
  });
}

/** A problem for each permission that is new to its holder and that the caller does not hold. */
export function checkGrants(viewer: Viewer, asked: Permission[], held: Permission[]): Problem[] {
  return asked.flatMap((permission, index) =>
    held.includes(permission) || may(viewer, permission)
      ? []
      : [
          problem(
            'FORBIDDEN',
            ['permissions', String(index)],
            `${permission} cannot be granted by a caller that does not hold it.`,
          ),
        ],
  );
}

function checkTexts(input: LoginInput): Problem[] {
  const problems: Problem[] = [];
  if (input.name != null)
    readText(input.name, ['name'], { what: 'The name', max: MAX_NAME, required: true }, problems);
  if (input.email != null && input.email !== '') {
    readText(input.email, ['email'], { what: 'The e-mail address', max: MAX_EMAIL }, problems);
    if (!isEmail(input.email) && !problems.some((found) => found.field?.[0] === 'email'))
      problems.push(problem('INVALID', ['email'], 'This is not an e-mail address, such as ann@example.com.'));
  }
  return problems;
}

/** The server must never be left without somebody who can administer it. */
function checkRoot(input: LoginInput): Problem[] {
  const problems: Problem[] = [];
  const refuse = (field: string, message: string) =>
    problems.push(problem('INVALID_STATE', [field], message));
  if (input.parentId != null) refuse('parentId', 'The root login cannot be moved.');
  if (input.disabled) refuse('disabled', 'The root login cannot be disabled.');
  if (input.isAccount === false) refuse('isAccount', 'The root login is always an account.');
  if (input.permissions && !input.permissions.includes('ACCESS_MANAGE'))
    refuse('permissions', 'The root login keeps ACCESS_MANAGE.');
  return problems;
}

/** The new parent: in the caller's portfolio, and not inside the branch that moves. */
async function findParent(
  manager: EntityManager,
  viewer: Viewer,
  parentId: string,
  problems: Problem[],
  moving?: LoginEntity,
): Promise<LoginEntity | null> {
  const parent =
    kindOfId(parentId) === 'login' ? await manager.findOneBy(LoginEntity, { id: parentId }) : null;
  if (parent === null || !loginManaged(viewer, parent)) {
    problems.push(problem('NOT_FOUND', ['parentId'], "There is no such login in the caller's portfolio."));
    return null;
  }
  if (moving && parent.path.includes(moving.id)) {
    problems.push(problem('INVALID', ['parentId'], 'A login cannot be moved below itself.'));
    return null;
  }
  return parent;
}

/** In another account every permission of the branch reaches other data: that is a grant, too. */
async function checkWidening(
  manager: EntityManager,
  viewer: Viewer,
  login: LoginEntity,
  field: string[],
): Promise<Problem[]> {
  const beyond = (await permissionsInBranch(manager, login.id)).filter(
    (permission) => !may(viewer, permission),
  );
  if (beyond.length === 0) return [];
  return [
    problem(
      'FORBIDDEN',
      field,
      `This would let ${beyond.join(', ')} act in another account, and the caller does not hold that.`,
    ),
  ];
}
