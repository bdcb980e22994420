/**
 * Changes to the tree of logins. A caller with ACCESS_MANAGE edits its own portfolio (itself and all
 * below), and nothing it does gives anybody, itself included, a right that it does not hold: not by
 * a grant, not by enabling or moving a login, and not by taking away the mark that makes a login an
 * account. Nor does it take one back that it does not hold, save by disabling a login. Each change is
 * one transaction with its audit entry.
 */
import type { DataSource, EntityManager } from 'typeorm';
import isEmail from 'validator/lib/isEmail.js';

import { noteWebhookChanges } from '../audit/webhook-changes.ts';
import { ok, type Problem, problem, refused, type Result } from '../errors.ts';
import { kindOfId, newId } from '../ids.ts';
import { LoginEntity } from './login.entity.ts';
import { loginManaged, loginVisible, may, within } from './policy.ts';
import { recordChange } from './record-change.ts';
import { MAX_NAME, readText } from './text-input.ts';
import { changeTree, moveBranch, noteLostRights, permissionsInBranch } from './tree.ts';
import { type Permission, PERMISSIONS, type Viewer } from './viewer.ts';

/** The longest e-mail address (RFC 5321, 4.5.3.1.3, less the angle brackets). */
export const MAX_EMAIL = 254;

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
  caller: Viewer,
  input: LoginInput,
): Promise<Result<LoginEntity>> {
  return changeTree(orm, caller, 'ACCESS_MANAGE', async (manager, viewer) => {
    const problems = checkTexts({ ...input, name: input.name ?? '' });
    const parent = await findParent(manager, viewer, input.parentId ?? viewer.loginId, problems);
    problems.push(...checkGrants(viewer, input.permissions ?? [], []));
    if (parent === null || problems.length > 0) return refused(...problems);
    const id = newId('login');
    const settings = settingsOf({
      name: input.name!,
      email: input.email ?? '',
      parentId: parent.id,
      isAccount: input.isAccount ?? false,
      permissions: input.permissions ?? [],
      disabled: input.disabled ?? false,
    });
    await manager.insert(LoginEntity, { id, path: [...parent.path, id], ...settings });
    const what = { action: 'login.create', subjectId: id, scopeId: id };
    await recordChange(manager, viewer, what, {}, settings);
    return ok(await manager.findOneByOrFail(LoginEntity, { id }));
  });
}

/** Edits a login of the caller's portfolio: names, grants, takes back, moves with all below, disables. */
export async function updateLogin(
  orm: DataSource,
  caller: Viewer,
  id: string,
  input: LoginInput,
): Promise<Result<LoginEntity>> {
  return changeTree(orm, caller, 'ACCESS_MANAGE', async (manager, viewer) => {
    const login = kindOfId(id) === 'login' ? await manager.findOneBy(LoginEntity, { id }) : null;
    if (login === null || !loginVisible(viewer, login))
      return refused(problem('NOT_FOUND', ['id'], 'There is no such login.'));
    if (!loginManaged(viewer, login))
      return refused(problem('FORBIDDEN', ['id'], 'Only logins at or below the caller may be edited.'));
    const problems = checkTexts(input);
    const after = settingsOf({
      name: input.name ?? login.name,
      email: input.email ?? login.email,
      parentId: input.parentId ?? login.parentId,
      isAccount: input.isAccount ?? login.isAccount,
      permissions: input.permissions ?? login.permissions,
      disabled: input.disabled ?? login.disabled,
    });
    problems.push(...checkGrants(viewer, input.permissions ?? [], login.permissions));
    problems.push(...checkTakenBack(viewer, login.permissions, after.permissions));
    if (login.disabled && !after.disabled) problems.push(...checkEnabling(viewer, login));
    if (login.parentId === null) problems.push(...checkRoot(input));
    else if (after.isAccount !== login.isAccount && login.id === viewer.loginId)
      problems.push(problem('FORBIDDEN', ['isAccount'], 'Nobody may change which account they act in.'));
    const parent =
      after.parentId !== login.parentId && login.parentId !== null
        ? await findParent(manager, viewer, after.parentId!, problems, login)
        : null;
    if (parent !== null || (login.isAccount && !after.isAccount)) {
      const field = [parent !== null ? 'parentId' : 'isAccount'];
      problems.push(...(await checkWidening(manager, viewer, login, field)));
    }
    if (problems.length > 0) return refused(...problems);
    await change(manager, viewer, login, after, parent);
    return ok(await manager.findOneByOrFail(LoginEntity, { id }));
  });
}

/** What can be set of a login. */
type Settings = Pick<LoginEntity, 'name' | 'email' | 'parentId' | 'isAccount' | 'permissions' | 'disabled'>;

/** The settings alone, the permissions in one order: as a set they are the same however they were given. */
function settingsOf({ name, email, parentId, isAccount, permissions, disabled }: Settings): Settings {
  const sorted = PERMISSIONS.filter((permission) => permissions.includes(permission));
  return { name, email, parentId, isAccount, permissions: sorted, disabled };
}

/** Carries out a checked edit with what follows from it; parent is the new one of a login that moves. */
async function change(
  manager: EntityManager,
  viewer: Viewer,
  login: LoginEntity,
  after: Settings,
  parent: LoginEntity | null,
): Promise<void> {
  const { id } = login;
  if (parent !== null) await noteWebhookChanges(manager, within('w.account_id', id));
  if (after.name !== login.name)
    await noteWebhookChanges(manager, (add) => `${add(id)} in (w.login_id, w.for_login_id)`);
  if (parent !== null || after.isAccount !== login.isAccount) await noteLostRights(manager, [id], 'BRANCH');
  else if (!login.permissions.every((held) => after.permissions.includes(held)))
    await noteLostRights(manager, [id]);
  if (parent !== null) {
    // Who acts in an account that the branch leaves sees it no more.
    const left = login.path.filter((above) => above !== id && !parent.path.includes(above));
    await noteLostRights(manager, left, 'ACCOUNT');
    await moveBranch(manager, id, parent);
  }
  await manager.update(LoginEntity, id, after);
  // Its tokens are back when it is enabled again; a browser that was signed in is not.
  if (after.disabled && !login.disabled) {
    await manager.query(
      `update sessions set ended_at = clock_timestamp() where login_id = $1 and ended_at is null`,
      [id],
    );
    await manager.query(
      `update sign_in_links set used_at = clock_timestamp() where login_id = $1 and used_at is null`,
      [id],
    );
  }
  const what = { action: 'login.update', subjectId: id, scopeId: id };
  await recordChange(manager, viewer, what, settingsOf(login), after);
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

/** A problem that names the permissions which the holder would lose and the caller does not hold. */
function checkTakenBack(viewer: Viewer, held: Permission[], kept: Permission[]): Problem[] {
  const beyond = held.filter((permission) => !kept.includes(permission) && !may(viewer, permission));
  if (beyond.length === 0) return [];
  const message = `${beyond.join(', ')} cannot be taken back by a caller that does not hold it.`;
  return [problem('FORBIDDEN', ['permissions'], message)];
}

/** A login that is enabled may do again what it holds: to enable it is to grant that. */
function checkEnabling(viewer: Viewer, login: LoginEntity): Problem[] {
  const beyond = login.permissions.filter((permission) => !may(viewer, permission));
  if (beyond.length === 0) return [];
  const message = `This login holds ${beyond.join(', ')}: it cannot be enabled by a caller that does not.`;
  return [problem('FORBIDDEN', ['disabled'], message)];
}

function checkTexts(input: LoginInput): Problem[] {
  const problems: Problem[] = [];
  if (input.name != null)
    readText(input.name, ['name'], { what: 'The name', max: MAX_NAME, required: true }, problems);
  if (input.email != null && input.email !== '') {
    readText(input.email, ['email'], { what: 'The e-mail address', max: MAX_EMAIL }, problems);
    if (!isEmail.default(input.email) && !problems.some((found) => found.field?.[0] === 'email'))
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
